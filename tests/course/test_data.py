"""The drawn data set is the same every time and laid out as the public one; its loader says what is wrong."""

from __future__ import annotations

import csv
import os
import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import emergency_vehicles
from emergency_vehicles import DatasetError, dataset, drawing
from tests.builders import ROOT

FEW = 12


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A sound folder of a few images."""
    return emergency_vehicles.make(tmp_path / "small", images=FEW)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """`folder()` as in a new process, with a cache of its own and a small data set."""
    emergency_vehicles.folder.cache_clear()
    monkeypatch.setattr(dataset, "IMAGES", FEW)
    monkeypatch.setattr(dataset.make, "__defaults__", (FEW, None, dataset.SEED))
    monkeypatch.delenv(dataset.REAL, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield tmp_path / "cache"
    emergency_vehicles.folder.cache_clear()


def problems(root: Path) -> list[str]:
    with pytest.raises(DatasetError) as caught:
        emergency_vehicles.load(root)
    return caught.value.problems


def rewrite(root: Path, old: str, new: str) -> None:
    table = root / dataset.CSV
    text = table.read_text(encoding="utf-8")
    assert old in text
    table.write_text(text.replace(old, new), encoding="utf-8")


def test_the_folder_has_the_layout_of_the_public_data_set(small: Path):
    """A csv with the two columns, and a file in images/ for each of its lines."""
    with (small / "emergency_classification.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["image_names", "emergency_or_not"]
    assert [name for name, _ in rows[1:]] == [f"{k}.jpg" for k in range(FEW)]
    assert {label for _, label in rows[1:]} == {"0", "1"}
    assert sorted(path.name for path in (small / "images").iterdir()) == sorted(name for name, _ in rows[1:])


def test_what_is_written_is_what_is_read(small: Path):
    """Images are RGB of one size, labels whole numbers, all in the order of the csv."""
    X, y, names = emergency_vehicles.load(small)
    assert X.shape == (FEW, drawing.HEIGHT, drawing.WIDTH, 3)
    assert X.dtype == np.uint8
    assert y.dtype.kind == "i"
    assert names == [f"{k}.jpg" for k in range(FEW)]
    with Image.open(small / "images" / "7.jpg") as image:
        assert np.array_equal(X[7], np.asarray(image))


def test_the_same_seed_draws_the_same_images(small: Path, tmp_path: Path):
    """Twice the same bytes, and other images for another seed."""
    again = emergency_vehicles.make(tmp_path / "again", images=FEW)
    for path in sorted(small.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (again / path.relative_to(small)).read_bytes()
    other = emergency_vehicles.make(tmp_path / "other", images=FEW, seed=5)
    assert not np.array_equal(emergency_vehicles.load(small)[0], emergency_vehicles.load(other)[0])


def test_details_explain_every_label(tmp_path: Path):
    """A label says what was drawn, unless it was flipped; 42 % are emergency vehicles, 2 % flipped."""
    root = emergency_vehicles.make(tmp_path, images=300)
    _, y, _ = emergency_vehicles.load(root)
    seen = emergency_vehicles.details(root)
    drawn = np.isin(seen["kind"], drawing.EMERGENCY)
    assert np.array_equal(y == 1, drawn != seen["flipped"])
    assert drawn.sum() == 126
    assert seen["flipped"].sum() == 6


@pytest.mark.parametrize("view", ["side", "front"])
@pytest.mark.parametrize("kind", drawing.DRAWN)
def test_a_vehicle_is_drawn_whole_in_every_colour(kind: str, view: str):
    """What is drawn differs from the road without it, and stays inside the image."""
    for colour in drawing.COLOURS[kind]:
        vehicle = drawing.Vehicle(kind, colour, view, "day")
        image = drawing.picture(vehicle, np.random.default_rng(3))
        assert image.shape == (drawing.HEIGHT, drawing.WIDTH, 3)
        assert image.std() > 10


def test_red_and_white_are_met_on_both_sides():
    """No colour gives a vehicle away."""
    rng = np.random.default_rng(1)
    for emergency in (True, False):
        colours = [drawing.any_vehicle(emergency, rng).colour for _ in range(300)]
        assert colours.count("red") > 40
        assert colours.count("white") > 60


def test_a_missing_image_is_named(small: Path):
    """Also when another is missing as well."""
    (small / "images" / "3.jpg").unlink()
    (small / "images" / "5.jpg").unlink()
    assert problems(small) == ["images/3.jpg is missing", "images/5.jpg is missing"]


@pytest.mark.parametrize("content", [b"", b"this is no image"], ids=["empty", "text"])
def test_an_unreadable_image_is_named(small: Path, content: bytes):
    """A file that Pillow does not know."""
    (small / "images" / "3.jpg").write_bytes(content)
    assert problems(small) == ["images/3.jpg can't be read as an image (UnidentifiedImageError)"]


def test_an_image_that_ends_too_soon_is_named(small: Path):
    """A download that broke off: the head is right, the rest is missing."""
    path = small / "images" / "3.jpg"
    path.write_bytes(path.read_bytes()[:-1500])
    (problem,) = problems(small)
    assert problem.startswith("images/3.jpg can't be read as an image")


@pytest.mark.parametrize("label", ["2", "yes", "", "1.0"])
def test_an_unknown_label_is_named_with_its_line(small: Path, label: str):
    """Labels are 0 or 1, and nothing else."""
    _, y, _ = emergency_vehicles.load(small)
    rewrite(small, f"3.jpg,{y[3]}", f"3.jpg,{label}")
    assert problems(small) == [
        f"emergency_classification.csv, line 5: the label of 3.jpg is {label!r}, neither 0 nor 1"
    ]


def test_a_name_that_is_there_twice_is_named_with_both_lines(small: Path):
    """Two labels for one image may contradict each other."""
    rewrite(small, "5.jpg,", "3.jpg,")
    assert problems(small) == ["emergency_classification.csv, line 7: 3.jpg is there already, in line 5"]


def test_images_of_different_sizes_are_named(small: Path):
    """They can't be one array."""
    Image.new("RGB", (10, 20)).save(small / "images" / "3.jpg", format="PNG")
    assert problems(small) == ["images of different sizes: 0.jpg is 48 x 32, but 3.jpg is 10 x 20"]


def test_all_problems_are_told_at_once_and_the_first_few_shown(small: Path):
    """Nobody mends a folder one error a run."""
    for k in range(8):
        (small / "images" / f"{k}.jpg").unlink()
    with pytest.raises(DatasetError, match=r"0.jpg is missing; .*4.jpg is missing; and 3 more$") as caught:
        emergency_vehicles.load(small)
    assert len(caught.value.problems) == 8


def test_a_folder_without_a_csv_or_with_another_says_so(small: Path, tmp_path: Path):
    """The folder above or a table of something else is an easy slip."""
    assert problems(tmp_path) == ["there is no emergency_classification.csv and no train.csv"]
    rewrite(small, "emergency_or_not", "label")
    assert problems(small) == [
        "emergency_classification.csv should have the columns image_names, emergency_or_not; "
        "it has image_names, label"
    ]
    (small / dataset.CSV).write_text("image_names,emergency_or_not\n")
    assert problems(small) == ["emergency_classification.csv lists no image"]


def test_the_real_folders_are_read_too(small: Path):
    """The hackathon's: train.csv lists some of the images; JPEGs, grey ones and PNGs with alpha occur."""
    (small / dataset.CSV).rename(small / "train.csv")
    lines = (small / "train.csv").read_text(encoding="utf-8").splitlines()
    chosen = "\r\n".join([lines[0], lines[8], lines[3], lines[5], ""])
    (small / "train.csv").write_text(chosen, encoding="utf-8-sig", newline="")
    (small / "test.csv").write_text("image_names\n1.jpg\n")
    Image.new("L", (48, 32), 90).save(small / "images" / "7.jpg", format="JPEG")
    Image.new("RGBA", (48, 32), (10, 20, 30, 40)).save(small / "images" / "2.jpg", format="PNG")
    X, _, names = emergency_vehicles.load(small)
    assert names == ["7.jpg", "2.jpg", "4.jpg"]
    assert X[0].tolist() == np.full((32, 48, 3), 90).tolist()
    assert X[1, 0, 0].tolist() == [10, 20, 30]
    (small / dataset.DETAILS).unlink()
    assert emergency_vehicles.details(small) == {}


def test_the_folder_is_made_once_and_kept(fresh: Path):
    """In the cache, from where the next process takes it; a damaged one is made anew."""
    root = emergency_vehicles.folder()
    assert root.parent.parent == fresh
    before = (root / "images" / "1.jpg").stat().st_mtime_ns
    emergency_vehicles.folder.cache_clear()
    assert emergency_vehicles.folder() == root
    assert (root / "images" / "1.jpg").stat().st_mtime_ns == before
    (root / "images" / "1.jpg").unlink()
    emergency_vehicles.folder.cache_clear()
    assert len(emergency_vehicles.load(emergency_vehicles.folder())[2]) == FEW
    assert [path.name for path in root.parent.iterdir()] == [root.name], "nothing is left behind"


def test_without_a_place_to_write_the_folder_is_temporary(fresh: Path, tmp_path: Path, monkeypatch):
    """A read-only home does not stop the lesson."""
    fresh.write_text("a file where the cache should be")
    monkeypatch.setattr(dataset.tempfile, "tempdir", str(tmp_path))
    root = emergency_vehicles.folder()
    assert root.parent == tmp_path
    assert len(emergency_vehicles.load(root)[2]) == FEW


def test_another_folder_can_be_named(fresh: Path, small: Path, monkeypatch):
    """The real data set, for whoever has it."""
    monkeypatch.setenv("EMERGENCY_VEHICLES", str(small))
    assert emergency_vehicles.folder() == small


@pytest.mark.slow
def test_the_package_is_found_from_any_folder(tmp_path: Path):
    """nbgrader runs a lesson in a copy of its folder: the loader comes with the installed project."""
    command = "import emergency_vehicles; print(emergency_vehicles.__file__)"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert Path(done.stdout.strip()) == ROOT / "data" / "emergency_vehicles" / "__init__.py", done.stderr


def test_drawn_into_memory_they_are_the_same(small: Path):
    """A study needs no folder; what is known of an image is what details.csv says."""
    drawn = emergency_vehicles.draw(FEW, dataset.SEED)
    X, y, _ = emergency_vehicles.load(small)
    seen = emergency_vehicles.details(small)
    assert np.array_equal(drawn.images, X)
    assert np.array_equal(drawn.labels, y)
    assert [vehicle.kind for vehicle in drawn.vehicles] == seen["kind"].tolist()
    assert np.array_equal(drawn.labels != drawn.truth, seen["flipped"])


def test_a_vehicle_can_be_changed_and_nothing_else():
    """A taxi loses its sign: the other images stay, and in its own few pixels differ, all near the roof."""

    def plain(vehicle: drawing.Vehicle) -> drawing.Vehicle:
        return replace(vehicle, kind="car") if vehicle.kind == "taxi" else vehicle

    before, after = emergency_vehicles.draw(150, 3), emergency_vehicles.draw(150, 3, change=plain)
    taxis = np.array([vehicle.kind == "taxi" for vehicle in before.vehicles])
    differs = np.any(before.images != after.images, axis=3)
    assert taxis.sum() > 5
    assert not differs[~taxis].any()
    share = differs[taxis].mean(axis=(1, 2))
    assert np.all(share > 0)
    assert np.all(share < 0.06)
    assert np.array_equal(before.truth, after.truth)


def test_an_image_is_the_same_alone():
    """Some of many, in any order: pixels, labels, truth and vehicles are theirs."""
    every, some = emergency_vehicles.draw(60, 3), [41, 7, 0]
    few = emergency_vehicles.draw(60, 3, only=some)
    assert np.array_equal(few.images, every.images[some])
    assert np.array_equal(few.labels, every.labels[some]) and np.array_equal(few.truth, every.truth[some])
    assert few.vehicles == [every.vehicles[k] for k in some]
    assert len(emergency_vehicles.draw(60, 3, only=[]).images) == 0


def test_images_can_be_drawn_as_large_as_photographs():
    """The same street and vehicle at another size."""
    large = emergency_vehicles.draw(3, 3, size=(224, 224)).images
    assert large.shape == (3, 224, 224, 3)
    assert large.std() > 20


def test_the_stored_study_is_the_one_its_script_makes():
    """Names and shape as in the script: a table for each draw, a row every so many epochs, seven columns."""
    studies = ROOT / "data" / "studies"
    script = runpy.run_path(str(studies / "make_capstone.py"))
    with np.load(studies / "capstone.npz") as stored:
        names = [*script["REMEDIES"], "convolutional", "convolutional, mirrored and shifted"]
        assert stored.files == names
        for name in names:
            conv = name.startswith("convolutional")
            kind = "CNN_" if conv else ""
            draws, last, every = (script[kind + word] for word in ("DRAWS", "EPOCHS", "EVERY"))
            assert stored[name].shape == (len(draws), last // every, 7)
            assert stored[name][0, -1, 0] == last


@pytest.mark.slow
@pytest.mark.keras
def test_the_lesson_runs_on_a_folder_in_the_public_layout(tmp_path: Path):
    """JPEGs of 224 x 224 pixels with a train.csv and no details: every cell of the solution notebook runs."""
    root = tmp_path / "Dataset"
    (root / "images").mkdir(parents=True)
    drawn = emergency_vehicles.draw(260, 5, size=(224, 224))
    for k, image in enumerate(drawn.images):
        Image.fromarray(image).save(root / "images" / f"{k}.jpg", format="JPEG")
    lines = [f"{k}.jpg,{label}" for k, label in enumerate(drawn.labels)]
    (root / "train.csv").write_text("\n".join(["image_names,emergency_or_not", *lines]) + "\n")
    (lesson,) = (ROOT / "solutions").glob("16_*")
    (tmp_path / "checks.json").write_bytes((lesson / "checks.json").read_bytes())
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute", "--output-dir"]
    done = subprocess.run(
        [*command, str(tmp_path), str(lesson / f"{lesson.name}.ipynb")],
        cwd=tmp_path,
        env={**os.environ, "EMERGENCY_VEHICLES": str(root)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
