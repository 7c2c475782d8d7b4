"""Downloads as platforms name them, with what students' names, browsers and wishes put into them."""

from __future__ import annotations

import json
import os
import stat
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from autograder.classroom import archive
from autograder.classroom.archive import open_source, safe_parts
from autograder.classroom.collect import Asked, Collected, collect
from autograder.classroom.roster import read_roster
from autograder.errors import AutograderError
from autograder.nbgrader.course import Course
from tests.builders import ROOT
from tests.sample_class import LESSON, Classroom

FILE = f"{LESSON}.ipynb"
OTHER = "02_powers_and_precision"
WEB_PAGE = b"<!DOCTYPE html><html><title>Sign in</title></html>"
GRADESCOPE = """\
submission_11:
  :submitters:
  - :name: Ada Lovelace
    :sid: "4711"
    :email: ada@uni.example
  :created_at: 2026-11-28 10:00:00.000000000 Z
  :score: 0.0
submission_12:
  :submitters:
  - :name: Wu 吴
    :sid: "4712"
    :email: wu@uni.example
  - :name: Zoë Ångström
    :email: zoe@uni.example
  :created_at: !ruby/object:ActiveSupport::TimeWithZone
    utc: 2026-11-28 11:30:00 Z
"""
RECEIPT = "Name: Ada Lovelace (ada_l)\nAssignment: Lesson_0\nDate Submitted: Saturday\n"


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    room = Classroom.made(tmp_path_factory.mktemp("collect") / "course")
    for folder in ("solutions", "notebooks"):
        other = room.root / folder / OTHER
        other.mkdir()
        (other / f"{OTHER}.ipynb").write_bytes((ROOT / folder / OTHER / f"{OTHER}.ipynb").read_bytes())
    return room


class Desk:
    """A course's folder of submissions, emptied for each test, and what is put on the desk."""

    def __init__(self, room: Classroom, folder: Path) -> None:
        self.room, self.folder = room, folder
        self.notebook = json.dumps(room.solution()).encode()
        self.release = json.dumps(room.release()).encode()
        other = room.root / "notebooks" / OTHER / f"{OTHER}.ipynb"
        self.other = other.read_bytes()

    def zip(self, files: Mapping[str, bytes | str], name: str = "download.zip") -> Path:
        path = self.folder / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            for inside, data in files.items():
                made.writestr(inside, data)
        return path

    def unpacked(self, files: Mapping[str, bytes | str], name: str = "download") -> Path:
        for inside, data in files.items():
            path = self.folder / name / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return self.folder / name

    def roster(self, text: str) -> Any:
        path = self.folder / "class.csv"
        path.write_text(text, encoding="utf-8")
        return read_roster(path)

    def collect(self, source: Path, **asked: Any) -> Collected:
        return collect(Course(self.room.root), "00", source, Asked(**asked))

    def submitted(self) -> dict[str, list[str]]:
        where = self.room.root / "submitted"
        return {
            student.name: sorted(p.name for p in (student / LESSON).iterdir())
            for student in sorted(where.glob("*"))
        }

    def text(self, student: str, name: str) -> str:
        return (self.room.root / "submitted" / student / LESSON / name).read_text(encoding="utf-8")

    def data(self, student: str) -> bytes:
        return (self.room.root / "submitted" / student / LESSON / FILE).read_bytes()


@pytest.fixture
def desk(classroom: Classroom, tmp_path: Path) -> Desk:
    import shutil

    for name in ("submitted", ".autograder", "gradebook.db"):
        path = classroom.root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return Desk(classroom, tmp_path)


def notes(found: Collected) -> dict[str, str]:
    return {row.student: f"{row.what}: {'; '.join(row.notes)}" for row in found.rows}


# Naming schemes, as zip and unpacked, with the names that browsers and platforms make of one file

ODD = {
    "ada": FILE,
    "bob": "00_start_here (1).ipynb",
    "cleo": "00_start_here+(2).ipynb",
    "dan": "my answers.ipynb",
    "eve": "ÜBUNG 吴.ipynb",
    "fay": "00_start_here.ipynb.txt",
    "gil": "00_start_here-3.ipynb",
    "hal": "a_1_2_b.ipynb",
    "ivy": "x_assignsubmission_attempt_2026.ipynb",
}
PLACES = {
    "canvas": "{who}_12{k}_77001_{odd}",
    "canvas late": "{who}_LATE_12{k}_77001_{odd}",
    "moodle": "{who}_65771{k}_assignsubmission_file_/{odd}",
    "moodle, newer": "{who}_65771{k}_assignsubmission_file/{odd}",
    "moodle, flat": "{who}_65771{k}_assignsubmission_file_{odd}",
    "blackboard": "Lesson 0_{who}_attempt_2026-11-28-10-00-00_{odd}",
    "github": "lesson-0-submissions/lesson-0-{who}/{odd}",
    "folder": "{who}/{odd}",
    "folder of nbgrader": "{who}/00_start_here/{odd}",
    "gradescope": "submission_{k}/{odd}",
}


@pytest.mark.slow
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "folder"])
@pytest.mark.parametrize("place", PLACES)
def test_a_notebook_is_known_by_its_cells_wherever_and_whatever_it_is_called(
    desk: Desk, place: str, zipped: bool
) -> None:
    """Every scheme with every odd name: found, filed under the lesson's name, unchanged."""
    scheme = place.replace(",", "").split()[0]
    files: dict[str, bytes | str] = {
        PLACES[place].format(who=who, odd=odd, k=k): desk.notebook for k, (who, odd) in enumerate(ODD.items())
    }
    if scheme == "gradescope":
        files["submission_metadata.yml"] = "".join(
            f"submission_{k}:\n  :submitters:\n  - :email: {who}@uni.example\n" for k, who in enumerate(ODD)
        )
    source = (desk.zip if zipped else desk.unpacked)(files)
    found = desk.collect(source, scheme="github" if scheme == "github" else "")
    assert found.scheme == scheme
    assert [(row.student, row.what) for row in found.rows] == [(who, "new") for who in ODD], notes(found)
    assert {desk.data(who) for who in ODD} == {desk.notebook}
    assert found.whole and not found.strangers and not found.refused
    assert {row.late for row in found.rows} == {place == "canvas late"}


def test_a_class_of_blackboard(desk: Desk) -> None:
    """The newest attempt counts; its time is the server's; name and login stand in the receipt."""
    head = "Lesson_0_ada_l_attempt_"
    files = {
        f"{head}2026-11-28-10-00-00.txt": RECEIPT,
        f"{head}2026-11-28-10-00-00_{FILE}": desk.release,
        f"{head}2026-11-29-09-30-00.txt": RECEIPT,
        f"{head}2026-11-29-09-30-00_{FILE}": desk.notebook,
        f"Lesson_0_bob_attempt_2026-11-28-10-00-00_{FILE}": desk.notebook,
    }
    found = desk.collect(desk.zip(files), zone=ZoneInfo("Europe/Paris"))
    assert desk.submitted() == {name: [FILE, "timestamp.txt"] for name in ("ada_l", "bob")}
    assert desk.data("ada_l") == desk.notebook
    assert desk.text("ada_l", "timestamp.txt") == "2026-11-29 08:30:00 UTC\n"
    assert notes(found)["ada_l"] == "new: the newest of 2 attempts"


def test_a_class_of_gradescope(desk: Desk) -> None:
    """A group's hand-in is everybody's in it; times are UTC; who has no number is known by email."""
    files: dict[str, bytes | str] = {
        "assignment_1_export/submission_metadata.yml": GRADESCOPE,
        f"assignment_1_export/submission_11/{FILE}": desk.notebook,
        "assignment_1_export/submission_12/ours.ipynb": desk.release,
        "assignment_1_export/submission_12/data/points.csv": "1,2\n",
    }
    found = desk.collect(desk.zip(files))
    assert desk.submitted() == {
        "4711": [FILE, "timestamp.txt"],
        "4712": [FILE, "data"],
        "zoe": [FILE, "data"],
    }
    assert desk.text("4711", "timestamp.txt") == "2026-11-28 10:00:00 UTC\n"
    assert found.whole


def test_a_class_of_github_with_hyphens_in_names(desk: Desk) -> None:
    """The assignment is what all folders begin with; the notebook may lie deeper, its neighbours travel."""
    files = {
        f"hw-0-submissions/hw-0-{login}/notebooks/{LESSON}/{name}": data
        for login in ("ada-l", "bob")
        for name, data in ((FILE, desk.notebook), ("extra.txt", b"mine"))
    }
    files |= {
        "hw-0-submissions/hw-0-bob/README.md": b"# hw",
        "hw-0-submissions/hw-0-bob/.git/config": b"[core]",
    }
    desk.collect(desk.unpacked(files), scheme="github")
    assert desk.submitted() == {name: [FILE, "extra.txt"] for name in ("ada-l", "bob")}


def test_newest_version_of_canvas_counts(desk: Desk) -> None:
    """Canvas numbers what is handed in under the same name again."""
    base = "lovelaceada_1201_"
    files = {
        f"{base}77001_{FILE}": desk.release,
        f"{base}77009_00_start_here-2.ipynb": desk.notebook,
        f"{base}77005_00_start_here-1.ipynb": desk.release,
    }
    found = desk.collect(desk.zip(files))
    assert desk.data("lovelaceada") == desk.notebook
    assert notes(found) == {"lovelaceada": "new: the newest of 3 versions"}


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "folder"])
def test_one_students_repository_is_no_wrapper(desk: Desk, zipped: bool) -> None:
    """Though all files lie in one folder; the folder's name says where the login begins."""
    place = "hw-0-ada-l/notebooks"
    files = {
        f"hw-0-submissions/{place}/{FILE}": desk.notebook,
        "hw-0-submissions/hw-0-ada-l/.git/config": b"",
    }
    found = desk.collect((desk.zip if zipped else desk.unpacked)(files))
    assert (found.scheme, desk.submitted()) == ("github", {"ada-l": [FILE]})


def test_folders_that_windows_wrote_are_folders(desk: Desk) -> None:
    found = desk.collect(
        desk.zip({"ada\\": b"", f"ada\\{FILE}": desk.notebook, f"bob\\x\\{FILE}": desk.notebook})
    )
    assert sorted(desk.submitted()) == ["ada", "bob"] and not found.strangers


# Asked or refused, never guessed


def test_of_two_notebooks_a_person_chooses(desk: Desk) -> None:
    """Both are named, with the words that choose one; copies of each other are no choice at all."""
    files = {"ada/draft.ipynb": desk.release, f"ada/{FILE}": desk.notebook, f"bob/{FILE}": desk.notebook,
             "bob/copy.ipynb": desk.notebook}  # fmt: skip
    source = desk.zip(files)
    found = desk.collect(source)
    said = notes(found)
    assert said["ada"] == (
        f"refused: {FILE} and draft.ipynb both hold the lesson's cells: choose with --choose 'ada={FILE}'"
    )
    assert said["bob"] == "new: " and not found.whole
    assert "ada" not in desk.submitted()
    desk.collect(source, choices=(("ada", "draft.ipynb"),))
    assert desk.data("ada") == desk.release


def test_another_lessons_notebook_is_said(desk: Desk) -> None:
    """Whatever it is called; beside the right one it is only mentioned."""
    files = {f"ada/{FILE}": desk.other, f"bob/{FILE}": desk.notebook, "bob/x.ipynb": desk.other,
             "cleo/notes.ipynb": b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
             "dan/essay.docx": b"PK"}  # fmt: skip
    found = desk.collect(desk.zip(files))
    assert notes(found) == {
        "ada": f"refused: {FILE} is a notebook of {OTHER}",
        "bob": f"new: x.ipynb is a notebook of {OTHER}",
        "cleo": "refused: notes.ipynb is a notebook of no lesson of this course",
        "dan": "refused: there is no notebook; found: essay.docx",
    }


def test_what_is_no_notebook_is_handed_on_and_said(desk: Desk) -> None:
    """Grading says of it what is wrong, in the student's feedback, too."""
    files = {f"ada/{FILE}": WEB_PAGE, "bob/x.ipynb": b"%PDF-1.7", f"cleo/{FILE}": desk.notebook[:-200]}
    found = desk.collect(desk.zip(files))
    assert notes(found) == {
        "ada": f"new: {FILE} is a web page",
        "bob": "new: x.ipynb is a PDF",
        "cleo": f"new: {FILE} is no notebook that can be read",
    }


def test_nothing_is_overwritten_without_a_word(desk: Desk) -> None:
    """The same is left alone; something else needs --force, or --update where it is newer."""
    old = desk.zip({f"lovelaceada_1201_77001_{FILE}": desk.release}, "old.zip")
    new = desk.zip({f"lovelaceada_1201_77002_{FILE}": desk.notebook}, "new.zip")
    assert desk.collect(old, dry_run=True).rows[0].what == "new"
    assert not (desk.room.root / "submitted").exists()
    assert desk.collect(old).rows[0].what == "new"
    assert desk.collect(old).rows[0].what == "unchanged"
    assert notes(desk.collect(new)) == {"lovelaceada": "kept: newer than what is there: --update takes it"}
    assert desk.data("lovelaceada") == desk.release
    assert desk.collect(new, update=True, dry_run=True).rows[0].what == "replaced"
    assert desk.collect(new, update=True).rows[0].what == "replaced"
    assert desk.data("lovelaceada") == desk.notebook
    assert desk.collect(old, update=True).rows[0].what == "kept"
    assert desk.collect(old, force=True).rows[0].what == "replaced"


def test_a_folder_that_somebody_filled_by_hand_is_kept(desk: Desk) -> None:
    """Nothing says which is newer."""
    desk.room.submit("ada", desk.release)
    found = desk.collect(desk.zip({f"ada/{FILE}": desk.notebook}), update=True)
    assert found.rows[0].what == "kept" and "--force replaces it" in found.rows[0].notes[0]


# Late


@pytest.mark.slow
def test_canvas_says_late_and_not_when(desk: Desk) -> None:
    """A minute after the due date, where there is one; and both is said."""
    source = desk.zip({f"lovelaceada_LATE_1201_77001_{FILE}": desk.notebook})
    assert "nothing is deducted" in desk.collect(source).rows[0].notes[0]
    from autograder.nbgrader.gradebook import Gradebook

    gradebook = Gradebook(Course(desk.room.root))
    gradebook.set_due(LESSON, "2026-11-28 12:00:00 UTC")
    gradebook.close()
    found = desk.collect(source, force=True)
    assert "a minute after the due date" in found.rows[0].notes[0]
    assert desk.text("lovelaceada", "timestamp.txt") == "2026-11-28 12:01:00 UTC\n"


def test_a_student_sets_no_time(desk: Desk) -> None:
    """A timestamp.txt inside a hand-in is left aside; an instructor's own folder may hold them."""
    files: dict[str, bytes | str] = {
        f"lovelaceada_1201_77001_{FILE}": desk.notebook,
        "lovelaceada_1201_77002_timestamp.txt": "2020-01-01 00:00:00 UTC",
    }
    assert notes(desk.collect(desk.zip(files))) == {
        "lovelaceada": "new: its own timestamp.txt was left aside"
    }
    own = desk.unpacked(
        {f"ada/{LESSON}/{FILE}": desk.notebook, f"ada/{LESSON}/timestamp.txt": "2026-01-31 12:00"}
    )
    desk.collect(own)
    assert desk.text("ada", "timestamp.txt") == "2026-01-31 12:00\n"


# The roster

CANVAS_ROSTER = """\
Student,ID,SIS User ID,SIS Login ID,Section,Old (1)
    Points Possible,,,,,10
"Lovelace, Ada",1201,4711,ada,A,
"Ångström, Zoë",1202,4712,zoe,A,
"Wu, 吴",1203,4713,wu,B,
"Student, Test",1299,,tester,A,
"""
MOODLE_ROSTER = """\
Identifier,Full name,Email address,Status,Grade,Maximum Grade
Participant 657717,Ada Lovelace,ada@uni.example,Submitted,,10.00
Participant 657718,Wu 吴,wu@uni.example,No submission,,10.00
"""


def test_canvas_roster(desk: Desk) -> None:
    """Ids decide, else names as Canvas squeezes them; who is missing, and who is unknown, is said."""
    files = {
        f"lovelaceada_1201_77001_{FILE}": desk.notebook,
        f"ångströmzoë_9_77002_{FILE}": desk.notebook,
        f"strangerx_77_77003_{FILE}": desk.notebook,
    }
    found = desk.collect(desk.zip(files), roster=desk.roster(CANVAS_ROSTER))
    assert sorted(desk.submitted()) == ["ada", "strangerx", "zoe"]
    assert (found.missing, found.unknown) == (["wu"], ["strangerx"])


def test_moodle_roster(desk: Desk) -> None:
    """The number in the folder's name is the worksheet's; the email is who they are."""
    files = {f"Ada Lovelace_657717_assignsubmission_file_/{FILE}": desk.notebook}
    found = desk.collect(desk.zip(files), roster=desk.roster(MOODLE_ROSTER))
    assert sorted(desk.submitted()) == ["ada@uni.example"]
    assert found.missing == ["wu@uni.example"]


def test_a_roster_of_ones_own_with_groups(desk: Desk) -> None:
    """A group's hand-in is filed for each of its members."""
    roster = desk.roster("id;name;group\na1;Ada Lovelace;Team Rocket\nb2;Bob;Team Rocket\nc3;Cleo;Other\n")
    found = desk.collect(desk.zip({f"teamrocket_5_77001_{FILE}": desk.notebook}), roster=roster)
    assert sorted(desk.submitted()) == ["a1", "b2"]
    assert found.missing == ["c3"]


def test_one_name_of_two_students_is_refused(desk: Desk) -> None:
    """By the roster, and without one."""
    roster = desk.roster("id,name\na1,Jan Novak\na2,Jan Novák\n")
    files = {f"Jan Novak_1_assignsubmission_file_/{FILE}": desk.notebook}
    found = desk.collect(desk.zip(files), roster=roster)
    assert notes(found)["Jan Novak"].startswith("refused: 'Jan Novak' may be any of a1, a2")
    files[f"Jan Novak_2_assignsubmission_file_/{FILE}"] = desk.notebook
    found = desk.collect(desk.zip(files))
    assert notes(found) == {
        "Jan Novak": "refused: two students are called so (1 and 2): tell them apart with --roster"
    }
    assert not desk.submitted()


def test_the_roster_tells_where_a_login_begins(desk: Desk) -> None:
    """Where all logins of a class happen to begin alike."""
    files = {f"hw-jan-{name}/{FILE}": desk.notebook for name in ("a", "b")}
    roster = desk.roster("id,github\n1,jan-a\n2,jan-b\n")
    desk.collect(desk.unpacked(files), scheme="github", roster=roster)
    assert sorted(desk.submitted()) == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("colour,size\nred,3\n", "no column says who is who"),
        ("id,name\na,A\na,B\n", "a stands in it twice"),
    ],
)
def test_a_roster_that_tells_nothing_is_refused(desk: Desk, text: str, said: str) -> None:
    with pytest.raises(AutograderError, match=said):
        desk.roster(text)


def test_rosters_come_in_any_encoding(desk: Desk) -> None:
    """Excel's tabs in UTF-16, semicolons in cp1252, a byte order mark."""
    path = desk.folder / "class.csv"
    for encoding, between in (("utf-16", "\t"), ("cp1252", ";"), ("utf-8-sig", ",")):
        path.write_text(f"id{between}name\n1{between}Zoë\n", encoding=encoding)
        assert [(p.student, p.name) for p in read_roster(path).people] == [("1", "Zoë")]


# Hostile and odd archives


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "/etc/x",
        "C:\\x",
        "..\\x",
        "\\\\host\\x",
        "a/\0b",
        "a/\x1b[2J",
        "a/" + 300 * "b",
        "",
    ],
)
def test_names_that_lead_away_are_refused(name: str) -> None:
    assert safe_parts(name) is None


def test_what_would_leave_the_folder_stays_away(desk: Desk) -> None:
    """Of a hostile zip the good part is collected, the rest named; links in zips and folders are refused."""
    path = desk.zip({f"ada/{FILE}": desk.notebook, "../../escaped.txt": "x", "/tmp/escaped.txt": "x"})
    link = zipfile.ZipInfo("ada/secret")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as made:
        made.writestr(link, str(desk.room.root / ".autograder" / "secret"))
    found = desk.collect(path)
    assert desk.submitted() == {"ada": [FILE]}
    assert len(found.refused) == 3 and any("symbolic link" in said for said in found.refused)
    folder = desk.unpacked({f"bob/{FILE}": desk.notebook})
    os.symlink("/etc", folder / "bob" / "etc")
    os.symlink("/etc/passwd", folder / "bob" / "passwd")
    assert len(desk.collect(folder).refused) == 2
    assert desk.submitted()["bob"] == [FILE]


def test_bombs_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, or a student's zip, that unpacks to more than anybody hands in."""
    inner = desk.zip({"zeros.bin": bytes(3 << 20), FILE: desk.notebook}, "inner.zip").read_bytes()
    files = {f"ada/{FILE}": desk.notebook, "ada/zeros.bin": bytes(3 << 20), "bob/work.zip": inner}
    monkeypatch.setattr(archive, "MOST_OF_A_ZIP", 2 << 20)
    monkeypatch.setattr(archive.Entry.read, "__defaults__", (2 << 20,))
    found = desk.collect(desk.zip(files))
    assert "unpacks to more than 2 MB" in notes(found)["ada"]
    assert any("bob/work.zip unpacks to more than" in said or "work.zip" in said for said in found.refused)
    assert not desk.submitted()


def test_a_zip_in_a_hand_in_is_opened(desk: Desk) -> None:
    """Once; a broken or encrypted one is said."""
    inner = desk.zip({f"work/{FILE}": desk.notebook, "work/data.csv": "1"}, "inner.zip").read_bytes()
    prefix = "_assignsubmission_file_/"
    files = {f"Ada_1{prefix}work.zip": inner, f"Bob_2{prefix}work.zip": inner[:200], "cleo.zip": inner}
    found = desk.collect(desk.zip(files))
    assert desk.submitted() == {"Ada": [FILE, "data.csv"]}
    assert notes(found)["Bob"] == "refused: there is no notebook; found: nothing"
    assert any("work.zip is no zip" in said for said in found.refused) and found.strangers == ["cleo.zip"]
    assert desk.collect(desk.zip({"cleo.zip": inner, "dan.zip": inner})).whole


def test_names_of_every_alphabet_are_one_name(desk: Desk) -> None:
    """Composed or decomposed, in UTF-8 with no flag that says so, or as Windows writes them."""
    decomposed = unicodedata.normalize("NFD", "Zoë Ångström")
    assert decomposed != "Zoë Ångström"
    desk.collect(desk.unpacked({f"{decomposed}/{FILE}": desk.notebook, f"Wu 吴/{FILE}": desk.notebook}))
    assert sorted(desk.submitted()) == sorted(["Zoë Ångström", "Wu 吴"])
    path = desk.folder / "raw.zip"
    flagless = _without_utf8_flag(desk, {"Wu 吴": "utf-8", "Zoë": "cp437"})
    path.write_bytes(flagless)
    assert sorted({entry.parts[0] for entry in open_source(path).entries}) == sorted(["Wu 吴!", "Zoë!"])


def _without_utf8_flag(desk: Desk, students: dict[str, str]) -> bytes:
    """A zip whose names are bytes of an encoding that nothing tells."""
    placeholder = {
        name: "x" * len(name.encode(encoding)) + str(k) for k, (name, encoding) in enumerate(students.items())
    }
    made = desk.zip({f"{short}/{FILE}": b"{}" for short in placeholder.values()}, "plain.zip").read_bytes()
    for name, short in placeholder.items():
        made = made.replace(short.encode(), name.encode(students[name]) + b"!")
    return made


def test_an_empty_or_broken_source_is_one_sentence(desk: Desk) -> None:
    path = desk.folder / "broken.zip"
    path.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(AutograderError, match="neither a folder nor a zip"):
        desk.collect(path)
    assert desk.collect(desk.zip({})).rows == []
    with pytest.raises(AutograderError, match=r"holds no submission_metadata\.yml"):
        desk.collect(desk.zip({f"a/{FILE}": desk.notebook}), scheme="gradescope")
    with pytest.raises(AutograderError, match="There is no lesson"):
        collect(Course(desk.room.root), "77", path, replace(Asked(), zone=UTC))


@pytest.mark.slow
def test_the_command_says_what_happened(desk: Desk) -> None:
    """A line a hand-in on stdout, the rest on stderr, exit 1 while something is left to decide."""
    (desk.folder / "class.csv").write_text(CANVAS_ROSTER, encoding="utf-8")
    files = {
        f"lovelaceada_LATE_1201_77001_{FILE}": desk.notebook,
        f"angstromzoe_1202_77002_{FILE}": desk.other,
    }
    done = desk.room.run(
        "collect", "0" + "0", str(desk.zip(files)), "--roster", str(desk.folder / "class.csv")
    )
    assert done.returncode == 1
    assert done.stdout.splitlines()[0].split()[:3] == ["ada", "new", "late"]
    assert "1 new, 1 refused; 1 late" in done.stderr and "nothing handed in by wu" in done.stderr
