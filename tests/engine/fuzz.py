"""Broken notebooks: a good one, with something done to it that no person would do on purpose.

The same seed and number give the same notebook. `python -m tests.engine.fuzz 10000` grades that many of a
small lesson in batches, writes feedback for all that ran, and says what went wrong.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat

from autograder.authoring.build import build
from autograder.engine import run
from autograder.nbgrader.course import Course
from autograder.nbgrader.patches import patch
from tests.builders import NAME, make_course, only_lesson

Made = dict[str, Any]
SEED = 7
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 3.5, 1e308, float("nan"), float("inf"), 10**30, "", "x", "\0", "\ud800",
    "𝕏\u202e", [], {}, [None], [[]], {"a": 1}, {"": None}, ["a", 1, None], "a" * 100_000, [[[[[[]]]]]],
)  # fmt: skip
# What Python says of its own troubles is no sentence for a teacher.
PYTHONS_WORDS = re.compile(
    r"\b\w+(Error|Exception)\b|object is not|has no attribute|Traceback|must be str\b|<class "
)


def broken(good: Made, number: int, seed: int = SEED) -> tuple[bytes, str]:
    """The notebook of that number as bytes, and what was done to it."""
    draw = random.Random(f"{seed} {number}")
    if draw.random() < 0.7:
        made = copy.deepcopy(good)
        done = []
        for _ in range(draw.choice((1, 1, 1, 2, 3))):
            change = draw.choice(STRUCTURAL)
            made = change(made, draw)
            done.append(change.__name__.strip("_"))
        return _bytes_of(made), " + ".join(done)
    harm = draw.choice(BYTES)
    return harm(_bytes_of(good), draw), harm.__name__.strip("_")


def _bytes_of(made: Any) -> bytes:
    return json.dumps(made, ensure_ascii=True).encode()


def _cell(made: Made, draw: random.Random) -> Made:
    cells = made.get("cells")
    dictionaries = [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else []
    return draw.choice(dictionaries) if dictionaries else {}


def _places(value: Any, found: list[tuple[Any, Any]] | None = None) -> list[tuple[Any, Any]]:
    """Every place of a structure: a container, and a key of it."""
    found = [] if found is None else found
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        found.append((value, key))
        _places(value[key], found)
    return found


def _swapped_type(made: Made, draw: random.Random) -> Made:
    if places := _places(made):
        container, key = draw.choice(places)
        container[key] = copy.deepcopy(draw.choice(ODD))
    return made


def _swapped_type_in_a_cell(made: Made, draw: random.Random) -> Made:
    if places := _places(_cell(made, draw)):
        container, key = draw.choice(places)
        container[key] = copy.deepcopy(draw.choice(ODD))
    return made


def _dropped_key(made: Made, draw: random.Random) -> Made:
    places = [(container, key) for container, key in _places(made) if isinstance(container, dict)]
    if places:
        container, key = draw.choice(places)
        del container[key]
    return made


def _dropped_cells(made: Made, draw: random.Random) -> Made:
    if isinstance(made.get("cells"), list):
        made["cells"] = [cell for cell in made["cells"] if draw.random() < 0.6]
    return made


def _doubled_cell(made: Made, draw: random.Random) -> Made:
    if isinstance(made.get("cells"), list) and made["cells"]:
        made["cells"].insert(
            draw.randrange(len(made["cells"]) + 1), copy.deepcopy(draw.choice(made["cells"]))
        )
    return made


def _shuffled(made: Made, draw: random.Random) -> Made:
    if isinstance(made.get("cells"), list):
        draw.shuffle(made["cells"])
    return made


def _odd_cell(made: Made, draw: random.Random) -> Made:
    if isinstance(made.get("cells"), list):
        made["cells"].insert(draw.randrange(len(made["cells"]) + 1), copy.deepcopy(draw.choice(ODD)))
    return made


def _nbgraders_metadata(made: Made, draw: random.Random) -> Made:
    cell = _cell(made, draw)
    metadata = cell.setdefault("metadata", {})
    if isinstance(metadata, dict):
        known = metadata.setdefault("nbgrader", {})
        if isinstance(known, dict):
            flags, others = ("grade", "solution", "locked", "task"), ("grade_id", "points", "cell_type")
            key = draw.choice((*flags, *others, "checksum", "schema_version"))
            odd = (True, False, "", "half", "check_half", -5, 1e9, *ODD)
            known[key] = copy.deepcopy(draw.choice(odd))
    return made


def _odd_tags(made: Made, draw: random.Random) -> Made:
    metadata = _cell(made, draw).get("metadata")
    if isinstance(metadata, dict):
        metadata["tags"] = copy.deepcopy(draw.choice((["skip-execution"], ["raises-exception"], *ODD)))
    return made


def _odd_outputs(made: Made, draw: random.Random) -> Made:
    cell = _cell(made, draw)
    outputs = (
        [{"output_type": "stream", "name": "stderr", "text": draw.choice(ODD)}],
        [{"output_type": "error", "ename": "x", "evalue": draw.choice(ODD), "traceback": draw.choice(ODD)}],
        [{"output_type": "display_data", "data": draw.choice(ODD), "metadata": {}}],
        [{"output_type": draw.choice(ODD)}],
        draw.choice(ODD),
    )
    cell["outputs"] = copy.deepcopy(draw.choice(outputs))
    return made


def _odd_source(made: Made, draw: random.Random) -> Made:
    texts = (
        "%%", "%%bash\nexit 1", "!", "?", "def f(", "\0", "\ud800", "%%html\n<b>", "raise SystemExit",
        "exit()", "quit()", "%reset -f", "import os; os._exit(3)", "1/0", "x = " + "(" * 500, "return",
        "get_ipython().kernel = 1", "del check", "globals().clear()", "%autoreload", "await 1", "ä" * 9999,
    )  # fmt: skip
    _cell(made, draw)["source"] = draw.choice((*texts, *ODD))
    return made


def _other_kind(made: Made, draw: random.Random) -> Made:
    _cell(made, draw)["cell_type"] = draw.choice(("markdown", "code", "raw", "heading", "", None, 7))
    return made


def _other_format(made: Made, draw: random.Random) -> Made:
    made["nbformat"] = draw.choice((0, 1, 2, 3, 5, 40, "4", None, 4.0, True))
    if draw.random() < 0.5:
        made["nbformat_minor"] = draw.choice((0, 1, 4, 5, 99, -1, "5", None))
    return made


def _version_3(made: Made, draw: random.Random) -> Made:
    try:
        old = nbformat.convert(nbformat.reads(json.dumps(made), as_version=4), 3)
        return dict(json.loads(nbformat.writes(old, version=3)))
    except Exception:  # broken before
        return made


def _same_ids(made: Made, draw: random.Random) -> Made:
    for cell in made["cells"] if isinstance(made.get("cells"), list) else ():
        if isinstance(cell, dict):
            cell["id"] = draw.choice(("same", "half", "", "a b", "ä", "x" * 200))
    return made


def _other_kernel(made: Made, draw: random.Random) -> Made:
    kernels = (
        {"name": "ir", "display_name": "R", "language": "R"},
        {"name": "nowhere", "display_name": ""},
        *ODD,
    )
    made["metadata"] = {"kernelspec": copy.deepcopy(draw.choice(kernels))}
    return made


def _flipped(data: bytes, draw: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(draw.choice((1, 1, 5, 100))):
        made[draw.randrange(len(made))] ^= 1 << draw.randrange(8)
    return bytes(made)


def _cut(data: bytes, draw: random.Random) -> bytes:
    start = draw.randrange(len(data))
    return draw.choice((data[:start], data[start:], data[:start] + data[start + draw.randrange(200) :]))


def _inserted(data: bytes, draw: random.Random) -> bytes:
    start = draw.randrange(len(data))
    what = draw.choice(
        (b"\0", b"\xff\xfe", b"{", b"}", b"]", b",", b'"', b"NaN", b"\xed\xa0\x80", b"0" * 5000)
    )
    return data[:start] + what + data[start:]


def _other_encoding(data: bytes, draw: random.Random) -> bytes:
    return data.decode().encode(draw.choice(("utf-16", "utf-32", "utf-8-sig", "utf-7", "cp037")))


def _something_else(data: bytes, draw: random.Random) -> bytes:
    others = (
        b"", b" \n", b"null", b"[]", b"{}", b'"text"', b"[" * 100_000, b'{"a":' * 50_000, b"1e999", b"NaN",
        b"<html>login</html>", b"PK\x03\x04", b"%PDF-1.7", b"x = 1\n", b"\x89PNG\r\n",
    )  # fmt: skip
    return draw.choice(others)


def _doubled_key(data: bytes, draw: random.Random) -> bytes:
    extra = draw.choice((b'{"cells": 1,', b'{"nbformat": 3,', b'{"metadata": [],'))
    return draw.choice((extra + data[1:], data[:-1] + b"," + extra[1:-1] + b"}"))


STRUCTURAL: tuple[Callable[[Made, random.Random], Made], ...] = (
    _swapped_type, _swapped_type_in_a_cell, _swapped_type_in_a_cell, _dropped_key, _dropped_cells,
    _doubled_cell, _shuffled, _odd_cell, _nbgraders_metadata, _odd_tags, _odd_outputs, _odd_source,
    _other_kind, _other_format, _version_3, _same_ids, _other_kernel,
)  # fmt: skip
BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flipped, _cut, _inserted, _other_encoding, _something_else, _doubled_key,
)  # fmt: skip


# --- What is held of a class of them.


def course_for(root: Path) -> Course:
    """A small course, built."""
    course = make_course(root)
    build(course, only_lesson(course))
    return course


def hand_in(course: Course, numbers: range, seed: int = SEED) -> dict[str, str]:
    """Broken notebooks, the first and the last good; what was done to each, by student."""
    good = json.loads((course.solutions / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    done = {"a_good": "nothing", "z_good": "nothing"}
    made = {student: _bytes_of(good) for student in done}
    for number in numbers:
        student = f"s{number:05d}"
        made[student], done[student] = broken(good, number, seed)
    for student, data in made.items():
        folder = course.root / "submitted" / student / NAME
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_bytes(data)
    return done


def grade(course: Course) -> dict[str, dict[str, Any]]:
    """The results by student."""
    patch()
    found = run.grade(course, run.Options(jobs=2))
    return {one["student"]: one for one in found["lessons"]}


def troubles(course: Course, done: dict[str, str], results: dict[str, dict[str, Any]]) -> Iterator[str]:
    """What should not have happened."""
    lost = set(done) - set(results)
    if lost:
        yield f"{len(lost)} without a row: {sorted(lost)[:5]}"
    for student, result in results.items():
        what = f"{student} ({done[student]})"
        reason = result["reason"]
        if done[student] == "nothing" and (result["status"], result["score"]) != ("graded", 3.0):
            yield f"{what}: {result['status']}, {result['score']}, {reason}"
        if result["score"] is not None and not 0 <= result["score"] <= 4.5:
            yield f"{what}: {result['score']} points"
        if result["status"] != "graded" and not reason:
            yield f"{what}: {result['status']} without a reason"
        if "the grader failed" in reason or PYTHONS_WORDS.search(reason) or not reason.isprintable():
            yield f"{what}: {reason!r}"
        ours = [row for row in result["exercises"] if row["name"] in ("half", "shuffled")]
        if result["status"] != "failed" and not all(row["sealed"] for row in ours):
            yield f"{what}: unsealed"
        executed = course.root / "autograded" / student / NAME / f"{NAME}.ipynb"
        if executed.is_file() and (invalid := _invalid(executed)):
            yield f"{what}: its executed notebook is invalid: {invalid}"


def without_feedback(course: Course, done: dict[str, str]) -> Iterator[str]:
    """Executed notebooks of which nbgrader can't make a page."""
    command = [sys.executable, "-m", "nbgrader", "generate_feedback", NAME]
    subprocess.run(command, cwd=course.root, capture_output=True, check=False)
    for path in sorted(course.root.glob(f"autograded/*/{NAME}/{NAME}.ipynb")):
        student = path.parts[-3]
        if not (course.root / "feedback" / student / NAME / f"{NAME}.html").is_file():
            yield f"{student} ({done[student]}): no feedback"


def _invalid(path: Path) -> str:
    try:
        nbformat.validate(nbformat.reads(path.read_text(encoding="utf-8"), as_version=nbformat.NO_CONVERT))
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:150]}"
    return ""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.engine.fuzz", description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--first", type=int, default=0, help="the number to begin with")
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--feedback", type=int, default=1000, help="of the first so many, pages as well")
    asked = parser.parse_args()
    began, found, statuses, reasons = time.monotonic(), 0, Counter[str](), Counter[str]()
    for start in range(asked.first, asked.count, asked.batch):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
            course = course_for(Path(scratch))
            done = hand_in(course, range(start, min(start + asked.batch, asked.count)), asked.seed)
            results = grade(course)
            without = without_feedback(course, done) if start < asked.feedback else ()
            for trouble in (*troubles(course, done, results), *without):
                found += 1
                print(trouble, flush=True)
            statuses.update(one["status"] for one in results.values())
            reasons.update(one["reason"] for one in results.values())
            seconds = time.monotonic() - began
            so_far = f"{start + len(done) - 2} of {asked.count}, {found} troubles, {seconds:.0f} s"
            print(f"{so_far}: {dict(statuses)}", flush=True)
    for reason, count in reasons.most_common(200):
        print(f"{count:6}  {reason}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
