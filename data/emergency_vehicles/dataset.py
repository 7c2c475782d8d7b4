"""The folder that holds the images: made on first use, read, and told what is wrong with it.

    python -m emergency_vehicles.dataset SOMEWHERE

writes it to a place of your own.
"""

from __future__ import annotations

import atexit
import csv
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy import ndarray
from PIL import Image

from emergency_vehicles.drawing import HEIGHT, WIDTH, Vehicle, any_vehicle, picture

IMAGES = 2352  # as many as the public data set has,
EMERGENCY = 988  # of which as large a share
FLIPPED = 47  # 2 %: labels that say the opposite of what is to be seen
SEED = 16

CSV, OTHER_CSV = "emergency_classification.csv", "train.csv"  # the two names under which it is met
DETAILS = "details.csv"
COLUMNS = ["image_names", "emergency_or_not"]
REAL = "EMERGENCY_VEHICLES"  # names a folder to use in place of the drawn one
SHOWN = 5


class DatasetError(ValueError):
    """A folder that is not what it should be, with every problem that was found."""

    def __init__(self, root: Path, problems: list[str]) -> None:
        super().__init__(root, problems)
        self.root, self.problems = root, problems

    def __str__(self) -> str:
        more = len(self.problems) - SHOWN
        lines = [*self.problems[:SHOWN], *([f"and {more} more"] if more > 0 else [])]
        return f"{self.root}: " + "; ".join(lines)


def load(root: str | os.PathLike[str]) -> tuple[ndarray, ndarray, list[str]]:
    """Read a folder in the layout of the public data set, the drawn one or the real one.

    Args:
        root: holds `emergency_classification.csv` or `train.csv`, and `images/`.

    Returns:
        images (n, height, width, 3), uint8, RGB; labels (n,), 1 for an emergency vehicle; names. All in the
        order of the csv.

    Raises:
        DatasetError: anything is missing, unreadable, unknown or there twice.
    """
    root = Path(root)
    names, labels, problems = _rows(root)
    images: list[ndarray] = []
    for name in names:
        try:
            with Image.open(
                root / "images" / name
            ) as image:  # by content: PNG data is met under the name .jpg
                images.append(np.asarray(image.convert("RGB")))
        except FileNotFoundError:
            problems.append(f"images/{name} is missing")
        except (
            OSError,
            SyntaxError,
            ValueError,
        ) as error:  # what Pillow raises for a damaged file differs by format
            problems.append(f"images/{name} can't be read as an image ({type(error).__name__})")
    if images:
        odd = [
            f"{name} is {i.shape[1]} x {i.shape[0]}"
            for name, i in zip(names, images)
            if i.shape != images[0].shape
        ]
        if odd and not problems:
            first = images[0].shape
            problems.append(f"images of different sizes: {names[0]} is {first[1]} x {first[0]}, but {odd[0]}")
    if problems:
        raise DatasetError(root, problems)
    return np.stack(images), np.array(labels, dtype=int), names


def _rows(root: Path) -> tuple[list[str], list[int], list[str]]:
    """Names, labels and problems of the csv."""
    path = next((root / name for name in (CSV, OTHER_CSV) if (root / name).is_file()), None)
    if path is None:
        raise DatasetError(root, [f"there is no {CSV} and no {OTHER_CSV}"])
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        if not set(COLUMNS) <= set(reader.fieldnames or []):
            seen = ", ".join(reader.fieldnames or []) or "nothing"
            raise DatasetError(
                root, [f"{path.name} should have the columns {', '.join(COLUMNS)}; it has {seen}"]
            )
        rows = [((row[COLUMNS[0]] or "").strip(), (row[COLUMNS[1]] or "").strip()) for row in reader]
    if not rows:
        raise DatasetError(root, [f"{path.name} lists no image"])
    return _checked(path.name, rows)


def _checked(csv_name: str, rows: list[tuple[str, str]]) -> tuple[list[str], list[int], list[str]]:
    names: list[str] = []
    labels: list[int] = []
    problems: list[str] = []
    line_of: dict[str, int] = {}
    for line, (name, label) in enumerate(rows, start=2):
        if not name:
            problems.append(f"{csv_name}, line {line}: no name")
        elif name in line_of:
            problems.append(f"{csv_name}, line {line}: {name} is there already, in line {line_of[name]}")
        elif label not in ("0", "1"):
            problems.append(f"{csv_name}, line {line}: the label of {name} is {label!r}, neither 0 nor 1")
        else:
            names.append(name)
            labels.append(int(label))
        line_of.setdefault(name, line)
    return names, labels, problems


def details(root: str | os.PathLike[str]) -> dict[str, ndarray]:
    """What was drawn, in the order of the csv: kind, colour, view, light, and whether the label was flipped.

    Empty for a folder that was not drawn.
    """
    path = Path(root) / DETAILS
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = {name: np.array([row[name] for row in rows]) for name in ("kind", "colour", "view", "light")}
    return {**found, "flipped": np.array([row["flipped"] == "1" for row in rows])}


@cache
def folder() -> Path:
    """Where the images are; makes them if they are not there yet, which takes some seconds.

    The environment variable EMERGENCY_VEHICLES names another folder, the real data set's for instance. The
    drawn images go to the user's cache, or where that can't be written, to a temporary folder that ends with
    the process.
    """
    if os.environ.get(REAL):
        return Path(os.environ[REAL])
    try:
        return _cached(_cache() / f"emergency-vehicles-{_version()}")
    except (OSError, RuntimeError):  # no home, or one that is read-only
        temporary = Path(tempfile.mkdtemp(prefix="emergency-vehicles-"))
        atexit.register(shutil.rmtree, temporary, ignore_errors=True)
        return make(temporary)


def _cache() -> Path:
    given = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(given) if given else Path.home() / ".cache") / "deep-nets-that-train"


def _version() -> str:
    """Changes with the code that draws, so that a cache never holds another version's images."""
    sources = (Path(__file__), Path(__file__).with_name("drawing.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


def _cached(place: Path) -> Path:
    """The folder at a place; made aside and moved there whole, so that two notebooks may start at once."""
    if _is_complete(place):
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=place.parent))
    try:
        made = make(aside / "made")
        if place.exists() and not _is_complete(place):
            shutil.rmtree(place)
        if not place.exists():
            made.rename(place)
    except OSError:
        if not _is_complete(place):  # else another process was quicker
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return place


def _is_complete(place: Path) -> bool:
    return (place / CSV).is_file() and sum(1 for _ in (place / "images").glob("*.jpg")) == IMAGES


class Drawn(NamedTuple):
    """Images that were never in a file, and what is known of them."""

    images: ndarray  # (n, height, width, 3), uint8
    labels: ndarray  # (n,), of which some say the opposite of
    truth: ndarray  # (n,), 1 for an emergency vehicle
    vehicles: list[Vehicle]


def make(
    root: str | os.PathLike[str], images: int = IMAGES, emergency: int | None = None, seed: int = SEED
) -> Path:
    """Draw the images into a folder. The same arguments give the same images.

    Args:
        root: made if it is not there.
        images: how many.
        emergency: how many of them show an emergency vehicle; 42 % unless told.
        seed: of everything that is drawn.
    """
    root = Path(root)
    (root / "images").mkdir(parents=True, exist_ok=True)
    drawn = draw(images, seed, emergency)
    names = [f"{i}.jpg" for i in range(images)]
    for name, image in zip(names, drawn.images):
        # PNG data under the name .jpg, as the public set seems to have it: no pixel is lost.
        Image.fromarray(image).save(root / "images" / name, format="PNG", compress_level=1)
    with (root / CSV).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *zip(names, drawn.labels)])
    with (root / DETAILS).open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["image_names", "kind", "colour", "view", "light", "flipped"])
        for name, label, truth, v in zip(names, drawn.labels, drawn.truth, drawn.vehicles):
            table.writerow([name, v.kind, v.colour, v.view, v.light, int(label != truth)])
    return root


def draw(
    images: int,
    seed: int,
    emergency: int | None = None,
    change: Callable[[Vehicle], Vehicle] | None = None,
    size: tuple[int, int] = (HEIGHT, WIDTH),
    only: Sequence[int] | None = None,
) -> Drawn:
    """Draw images into memory: those that `make` writes for the same arguments.

    Args:
        images: how many.
        seed: of everything that is drawn.
        emergency: how many of them show an emergency vehicle; 42 % unless told.
        change: from a vehicle the one that is drawn in its place, on the same spot of the same scene. Truth
            and labels are those of the vehicle before.
        size: height and width in pixels.
        only: the numbers of those that are wanted; all unless told. An image is the same alone.
    """
    rng = np.random.default_rng(seed)
    emergency = round(images * EMERGENCY / IMAGES) if emergency is None else emergency
    truth = rng.permutation(np.arange(images) < emergency)
    flipped = rng.permutation(np.arange(images) < round(images * FLIPPED / IMAGES))
    wanted = np.arange(images) if only is None else np.asarray(only, int)
    pixels, vehicles = np.empty((len(wanted), *size, 3), np.uint8), []
    for place, i in enumerate(wanted):
        own = np.random.default_rng([seed, int(i)])  # a stream for each image
        vehicle = any_vehicle(bool(truth[i]), own)
        pixels[place] = picture(change(vehicle) if change else vehicle, own, *size)
        vehicles.append(vehicle)
    labels = (truth != flipped).astype(int)
    return Drawn(pixels, labels[wanted], truth[wanted].astype(int), vehicles)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m emergency_vehicles.dataset FOLDER")
    print(f"{IMAGES} images in {make(sys.argv[1])}")
