"""The seven things that are measured. Each part prints a table and returns its figures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from .room import ROOT, Ours, Room, Scores, Stock, scores_in

NUMPY, KERAS, SMALL = "01_chain_rule", "06_does_relu_fix_it", "00_start_here"


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    repetitions: int
    distinct: int  # notebooks; stock grades each once
    times: int  # and our engine so many times, since it is done too soon otherwise
    students: int  # in a whole class
    of_hostile: int  # every so many-th


QUICK = Size(repetitions=1, distinct=2, times=3, students=40, of_hostile=8)
WHOLE = Size(repetitions=3, distinct=10, times=5, students=1000, of_hostile=1)


@dataclass
class Speed:
    """What both graders and plain Python took on the same notebooks, a list entry per repetition."""

    stock: list[Stock] = field(default_factory=list)
    ours: dict[int, list[Ours]] = field(default_factory=lambda: {1: [], 2: []})
    bare: list[tuple[float, float]] = field(default_factory=list)  # cells, calls; by notebook

    def stock_each(self, distinct: int) -> float:
        return median(one.warm / distinct for one in self.stock)

    def ours_each(self, jobs: int) -> float:
        return median(one.seconds_each(jobs) for one in self.ours[jobs])

    @property
    def cells(self) -> float:
        """Mean over notebooks, since a rate is over all of them."""
        return sum(cells for cells, _ in self.bare) / len(self.bare)

    @property
    def calls(self) -> float:
        return sum(calls for _, calls in self.bare) / len(self.bare)

    def disagreements(self) -> list[str]:
        """Where the graders gave other points for a graded cell of the same notebook."""
        theirs, own = self.stock[0].scores, self.ours[1][0].scores
        return [
            f"{student} {cell}: stock {theirs[student, cell]}, ours {own.get((student, cell))}"
            for student, cell in sorted(theirs)
            if abs((theirs[student, cell] or 0) - (own.get((student, cell)) or 0)) > 1e-9
        ]


class Bench:
    """Rooms and measurements, each made once when it is first needed."""

    def __init__(self, size: Size, scratch: Path, say: Callable[[str], None]) -> None:
        self.size, self.scratch, self.say = size, scratch, say
        self.rooms: dict[str, Room] = {}
        self.speeds: dict[str, Speed] = {}

    def room(self, lesson: str) -> Room:
        if lesson not in self.rooms:
            self.rooms[lesson] = Room(lesson, self.scratch)
        return self.rooms[lesson]

    def speed_of(self, lesson: str) -> Speed:
        """Stock, one job, two jobs and plain Python in turn, so that a busy minute hits them all."""
        if lesson in self.speeds:
            return self.speeds[lesson]
        room, size, speed = self.room(lesson), self.size, Speed()
        few, many = (room.some(size.distinct, size.distinct * times) for times in (1, size.times))
        for _ in range(size.repetitions):
            with room.handed_in(few) as course:
                speed.stock.append(room.stock(course))
            for jobs in (1, 2):
                with room.handed_in(many) as course:
                    speed.ours[jobs].append(room.ours(course, jobs))
            with room.handed_in(few) as course:
                speed.bare += room.bare(course)
        self.speeds[lesson] = speed
        return speed

    def table(self, title: str, rows: list[tuple[str, ...]], words: tuple[int, ...] = (0,)) -> None:
        """Columns of figures to the right, of words to the left."""
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        self.say(f"\n{title}")
        for row in rows:
            first, *rest = (f"{text:{'<' if k in words else '>'}{widths[k]}}" for k, text in enumerate(row))
            self.say("  ".join(["", first, *rest]).rstrip())


def speed(bench: Bench) -> dict[str, Any]:
    """Submissions per minute beside stock nbgrader, and that the points are the same."""
    size = bench.size
    lessons = {lesson: bench.speed_of(lesson) for lesson in (NUMPY, KERAS)}
    colds = {lesson: _colds(bench, lesson) for lesson in lessons}
    each = {
        "stock nbgrader autograde": [one.stock_each(size.distinct) for one in lessons.values()],
        "autograder grade --jobs 1": [one.ours_each(1) for one in lessons.values()],
        "autograder grade --jobs 2": [one.ours_each(2) for one in lessons.values()],
        "plain Python, one process": [one.cells + one.calls for one in lessons.values()],
    }
    stock_both = sum(each["stock nbgrader autograde"])
    heads = [f"{lesson} a minute" for lesson in lessons]
    rows = [("warm, without start-up", *heads, "both a minute", "times stock")]
    for name, seconds in each.items():
        rates = [f"{60 / s:.1f}" for s in seconds]
        rows.append((name, *rates, f"{2 * 60 / sum(seconds):.1f}", f"{stock_both / sum(seconds):.1f}"))
    bench.table(
        f"Speed: {size.distinct} notebooks a lesson, demonstrations left out for both; graded once by stock, "
        f"{size.times} times by autograder; medians of {size.repetitions}",
        rows,
    )
    rows = [("cold: one submission, start-up included", *(f"{lesson} s" for lesson in lessons))]
    rows += [
        (name, *(f"{colds[lesson][name]:.1f}" for lesson in lessons)) for name in ("stock", "autograder")
    ]
    bench.table(f"Medians of {size.repetitions}", rows)
    differing = {lesson: one.disagreements() for lesson, one in lessons.items()}
    compared = sum(len(one.stock[0].scores) for one in lessons.values())
    bench.say(
        f"\n  points: {compared - sum(map(len, differing.values()))} of {compared} graded cells have the same"
    )
    for line in [line for lines in differing.values() for line in lines]:
        bench.say(f"    {line}")
    times = stock_both / sum(each["autograder grade --jobs 2"])
    return {
        "seconds_each": {name: dict(zip(lessons, seconds)) for name, seconds in each.items()},
        "cold_seconds": colds,
        "times_stock": times,
        "aim": 25,
        "cells_compared": compared,
        "disagreements": differing,
    }


def _colds(bench: Bench, lesson: str) -> dict[str, float]:
    room, taken = bench.room(lesson), {"stock": [], "autograder": []}
    for _ in range(bench.size.repetitions):
        with room.handed_in(room.some(1, 1)) as course:
            taken["stock"].append(room.stock(course).whole)
        with room.handed_in(room.some(1, 1)) as course:
            taken["autograder"].append(room.cold(course))
    return {name: median(seconds) for name, seconds in taken.items()}


def handed_in(bench: Bench) -> dict[str, Any]:
    """The same beside stock nbgrader for notebooks as students hand them in, demonstrations and all."""
    size, distinct = bench.size, 2
    each: dict[str, list[float]] = {"stock nbgrader autograde": [], "autograder grade --jobs 2": []}
    for lesson in (NUMPY, KERAS):
        room = bench.room(lesson)
        with room.handed_in(room.some(distinct, distinct, demos=True)) as course:
            stock = room.stock(course, "--Execute.timeout=600")
        with room.handed_in(room.some(distinct, distinct * size.times, demos=True)) as course:
            ours = room.ours(course, 2)
        for seconds, took in zip(each.values(), (stock.warm / distinct, ours.seconds_each(2)), strict=True):
            seconds.append(took)
    rows = [("warm, without start-up", f"{NUMPY} s", f"{KERAS} s", "both a minute", "times stock")]
    stock_both = sum(each["stock nbgrader autograde"])
    for name, seconds in each.items():
        rates = [f"{2 * 60 / sum(seconds):.1f}", f"{stock_both / sum(seconds):.1f}"]
        rows.append((name, *(f"{s:.2f}" for s in seconds), *rates))
    bench.table(
        f"As handed in: {distinct} notebooks a lesson with their demonstrations, which our engine leaves out "
        f"where nothing graded needs them; once by stock, {size.times} times by autograder, all once",
        rows,
    )
    times = stock_both / sum(each["autograder grade --jobs 2"])
    return {"seconds_each": each, "times_stock": times, "aim": 50}


def own(bench: Bench) -> dict[str, Any]:
    """What a submission costs beyond the student's code, and what a second job brings."""
    made, aims = {}, {NUMPY: "< 0.06", KERAS: "< 0.10"}
    rows = [("seconds a submission", "one job", "cells", "calls", "our own", "aim", "2 jobs : 1 job", "aim")]
    for lesson in (NUMPY, KERAS):
        one = bench.speed_of(lesson)
        each, ratio = one.ours_each(1), one.ours_each(1) / one.ours_each(2)
        cost = each - one.cells - one.calls
        seconds = [f"{value:.3f}" for value in (each, one.cells, one.calls, cost)]
        rows.append((lesson, *seconds, aims[lesson], f"{ratio:.2f}", ">= 1.8"))
        made[lesson] = {
            "one_job": each,
            "cells": one.cells,
            "calls": one.calls,
            "own": cost,
            "two_to_one": ratio,
        }
    bench.table(
        "Our own cost: one job, less what plain Python takes for the cells and for calling the functions on "
        f"all cases; medians of {bench.size.repetitions}",
        rows,
    )
    return made


def phases(bench: Bench) -> dict[str, Any]:
    """Where the time goes, beside the floor: the same cells and calls in plain Python."""
    made: dict[str, dict[str, float]] = {}
    for lesson in (NUMPY, KERAS):
        room, one = bench.room(lesson), bench.speed_of(lesson)
        distinct = bench.size.distinct
        with room.handed_in(room.some(distinct, distinct * bench.size.times)) as course:
            made[lesson] = room.phases(course)
        made[lesson] |= {"all": sum(made[lesson].values()), "floor: cells and calls": one.cells + one.calls}
    rows = [("a submission, one job", *(f"{lesson} ms" for lesson in made))]
    rows += [(step, *(f"{1000 * of[step]:.1f}" for of in made.values())) for step in made[NUMPY]]
    bench.table("Where the time goes, once; the warm process is warm", rows)
    return made


def whole_class(bench: Bench) -> dict[str, Any]:
    """Whether a large class slows down or piles up memory."""
    room, students = bench.room(SMALL), bench.size.students
    part, jobs = students // 10, 2
    with room.handed_in(room.some(min(10, part), students)) as course:
        run = room.ours(course, jobs)
    first = (run.arrivals[part + jobs - 1] - run.arrivals[jobs - 1]) / part
    last = (run.arrivals[-1] - run.arrivals[-1 - part]) / part
    places = (part, students // 2, students)
    held = {place: run.held[place - 1] / 1024 for place in places}
    rows = [
        ("first tenth, seconds a submission", f"{first:.3f}", ""),
        ("last tenth", f"{last:.3f}", f"{last / first - 1:+.0%}, aim within 15 %"),
        *((f"MiB held at {place}", f"{mib:.0f}", "") for place, mib in held.items()),
        ("MiB at most", f"{run.peak / 1024:.0f}", "aim < 600 and flat"),
        ("seconds from the first mark to the end", f"{run.end - run.arrivals[0]:.1f}", "aim < 50 for 1000"),
    ]
    bench.table(
        f"A class of {students}, {SMALL}, {jobs} jobs, once; memory is the orchestrating process's", rows
    )
    return {
        "students": students,
        "first_seconds": first,
        "last_seconds": last,
        "held_mib": held,
        "peak_mib": run.peak / 1024,
        "seconds": run.end - run.arrivals[0],
    }


def cold(bench: Bench) -> dict[str, Any]:
    """Seconds until the first mark is there, and those of the whole command, from the shell and back."""
    first: dict[str, list[float]] = {NUMPY: [], KERAS: []}
    whole: dict[str, list[float]] = {NUMPY: [], KERAS: []}
    count = bench.size.repetitions + 2 * (bench.size.repetitions > 1)
    for _ in range(count):
        for lesson in first:
            room = bench.room(lesson)
            with room.handed_in(room.some(1, 1)) as course:
                began = time.monotonic()
                first[lesson].append(room.ours(course, 1).arrivals[0] - began)
            with room.handed_in(room.some(1, 1)) as course:
                whole[lesson].append(room.cold(course))
    aims = {NUMPY: "< 3", KERAS: "< 8"}
    rows = [("seconds until the first mark", "median", "fastest", "slowest", "aim", "whole command")]
    for lesson, seconds in first.items():
        figures = [f"{value:.1f}" for value in (median(seconds), min(seconds), max(seconds))]
        name = f"{lesson} {'with' if lesson == KERAS else 'without'} TensorFlow"
        rows.append((name, *figures, aims[lesson], f"{median(whole[lesson]):.1f}"))
    bench.table(f"Cold start, one submission, {count} times", rows)
    return {
        lesson: {"median": median(seconds), "all": seconds, "whole": whole[lesson]}
        for lesson, seconds in first.items()
    }


# Stock nbgrader has no walls: what reaches beyond its own folder or kernel is not let loose on this machine.
NOT_FOR_STOCK = {
    "pickle_returned": "runs a command that makes a file in /tmp, also when it is copied",
    "reference_read": "searches the whole disk and runs what it finds",
    "descriptors_written": "writes into every open file",
    "descriptors_closed": "closes its kernel's own sockets: stock waits for them in vain",
    "replies_forged": "writes into every open socket",
    "huge_returned": "takes gigabytes",
}


def hostile(bench: Bench) -> dict[str, Any]:
    """Submissions that forge points: what they get of stock nbgrader, and of the sealed engine."""
    from tests.engine.hostile import FORGING, Hostile

    room = bench.room(SMALL)
    release = json.loads((ROOT / "notebooks" / SMALL / f"{SMALL}.ipynb").read_text(encoding="utf-8"))
    honest = Hostile("wrong_answers", "the wrong answers that all of them give, and nothing else")
    every = [honest, *FORGING[bench.size.of_hostile > 1 :: bench.size.of_hostile]]
    files = {one.name: dict(one.files) for one in every}
    made = {one.name: json.dumps(one.notebook(release)).encode() for one in every}
    harmless = {name: notebook for name, notebook in made.items() if name not in NOT_FOR_STOCK}
    with room.handed_in(harmless, **files) as course:
        stock = _points(room.stock(course, "--Execute.timeout=60").scores)
    with room.handed_in(made, **files) as course:
        room.cold(course)
        ours = _points(scores_in(course))
    got = {
        one.name: {"tries": one.tries, "stock": stock.get(one.name), "ours": ours.get(one.name)}
        for one in every
    }
    usual = {grader: got[honest.name][grader] or 0.0 for grader in ("stock", "ours")}
    forged = {
        grader: [name for name, one in got.items() if (one[grader] or 0.0) > usual[grader]]
        for grader in usual
    }
    rows = [("submission", "stock", "ours", "tries")]
    for name, one in got.items():
        theirs = (
            "not run"
            if name in NOT_FOR_STOCK
            else "no marks"
            if one["stock"] is None
            else f"{one['stock']:g}"
        )
        rows.append((name, theirs, f"{one['ours'] or 0:g}", one["tries"]))
    bench.table(f"Forged points, of 4, {SMALL}", rows, words=(0, 3))
    bench.say(
        f"\n  more than their wrong answers earn: stock {len(forged['stock'])} of {len(harmless) - 1}, "
        f"ours {len(forged['ours'])} of {len(every) - 1}"
    )
    for name in sorted(NOT_FOR_STOCK.keys() & made):
        bench.say(f"  not run with stock: {name} {NOT_FOR_STOCK[name]}")
    return {"submissions": got, "forged": forged, "not_for_stock": NOT_FOR_STOCK}


def _points(scores: Scores) -> dict[str, float]:
    """Points by student; who has none is not in it."""
    found: dict[str, float] = {}
    for (student, _), score in scores.items():
        found[student] = found.get(student, 0.0) + (score or 0.0)
    return found


PARTS: dict[str, Callable[[Bench], dict[str, Any]]] = {
    "speed": speed,
    "handed-in": handed_in,
    "own": own,
    "phases": phases,
    "class": whole_class,
    "cold": cold,
    "hostile": hostile,
}
