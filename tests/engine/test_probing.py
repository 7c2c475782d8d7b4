"""What is asked of a student's functions, how the answers come, and a process that makes them up."""

from __future__ import annotations

import select
import socket
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from autograder.engine import process
from autograder.engine.budget import Budget
from autograder.engine.inside import frames
from autograder.engine.inside.limits import Limits
from autograder.engine.prepare import OUR_ROOMS
from autograder.engine.probing import Question
from autograder.engine.process import NO_ANSWER, SOON_JUDGED, Gone, StudentProcess
from autograder.engine.warm import Zygote
from autograder.errors import WireError
from autograder.student.sheet import Case, Outcome, Sheet
from tests.builders import needs_sandbox

LIMITS = Limits(cell_seconds=5, seconds=60, memory=500 << 20, disk=20 << 20)


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    made = Zygote()
    made.warm_up(("numpy",), (sys.prefix, sys.base_prefix, *OUR_ROOMS), LIMITS)
    yield made
    made.close()


@pytest.fixture
def student(zygote: Zygote) -> Iterator[StudentProcess]:
    with zygote.start({}, seed=1, budget=Budget(60)) as made:
        yield made


def asked(*inputs: Any, seconds: float = 5, in_a_copy: bool = True) -> Question:
    """One function of one argument, asked for each of these."""
    cases = tuple(Case({"x": x}) for x in inputs)
    return Question(1, Sheet("f", ("f",), 1, {"right": 1}, cases), cases, seconds, in_a_copy)


@needs_sandbox
def test_a_probe_sees_the_names_as_they_were_at_its_mark(student: StudentProcess) -> None:
    student.run("def helper(x): return 2 * x\ndef f(x): return helper(x)")
    student.remember(1)
    student.run("def helper(x): raise ValueError")
    (outcome,) = student.probe(asked(np.arange(3)))
    assert np.array_equal(outcome.value, [0, 2, 4])


@needs_sandbox
def test_a_crash_in_a_probe_costs_that_exercise_alone(student: StudentProcess) -> None:
    student.run("import os\ndef f(x): return os._exit(3) if x > 1 else x")
    student.remember(1)
    first, second, third = student.probe(asked(1, 2, 3))
    assert first.value == 1
    assert second.raised == third.raised == "Stopped"
    assert "exit code 3" in second.message
    assert student.run("'still here'").ok


@needs_sandbox
def test_an_endless_probe_keeps_what_was_answered(student: StudentProcess) -> None:
    student.run("def f(x):\n    while x > 1: pass\n    return x")
    student.remember(1)
    first, second = student.probe(asked(1, 2, seconds=1))
    assert first.value == 1
    assert second.raised == "Stopped" and "1 seconds" in second.message
    assert student.run("'still here'").ok


@needs_sandbox
def test_a_probe_among_threads_is_done_in_the_process_itself(student: StudentProcess) -> None:
    student.run(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(30,), daemon=True).start()"
    )
    student.run("import os\ndef f(x): return os.getpid()")
    student.remember(1)
    (outcome,) = student.probe(asked(1))
    assert outcome.value == 1


@needs_sandbox
def test_results_that_are_no_data_arrive_as_names(student: StudentProcess) -> None:
    student.run("class Odd: pass\ndef f(x): return [Odd(), object, lambda: 0][x]")
    student.remember(1)
    outcomes = student.probe(asked(0, 1, 2))
    assert [type(outcome.value).__name__ for outcome in outcomes] == ["Opaque"] * 3


# --- Several questions


@needs_sandbox
@pytest.mark.parametrize("in_a_copy", [False, True])
def test_of_several_questions_each_has_its_own_answers(student: StudentProcess, in_a_copy: bool) -> None:
    student.run("def f(x): return x + 1")
    student.remember(1)
    questions = [asked(*inputs, in_a_copy=in_a_copy) for inputs in ([1], [], [2, 3], [np.zeros(9_000)], [5])]
    found = [[np.max(outcome.value) for outcome in outcomes] for outcomes in student.probes(questions)]
    assert found == [[2], [], [3, 4], [1], [6]]
    assert list(student.probes([])) == []
    assert student.run("1").ok


@needs_sandbox
@pytest.mark.parametrize("in_a_copy", [False, True])
def test_the_limit_of_one_question_is_not_the_nexts(student: StudentProcess, in_a_copy: bool) -> None:
    student.run("def f(x):\n    while x == 2: pass\n    return x")
    student.remember(1)
    questions = [asked(1, 2, 3, seconds=0.5, in_a_copy=in_a_copy), asked(4, in_a_copy=in_a_copy)]
    (first, endless, after), (last,) = student.probes(questions)
    assert first.value == 1 and last.value == 4
    assert endless.raised == after.raised == "Stopped" and "0.5 seconds" in endless.message


@needs_sandbox
def test_each_case_has_its_own_time(student: StudentProcess) -> None:
    student.run("import time\ndef f(x): time.sleep(x); return x")
    student.remember(1)
    times = [0, 0.6, 0.6, 0, 0.6]
    outcomes = student.probe(asked(*times, seconds=1, in_a_copy=False))
    assert [outcome.value for outcome in outcomes] == times


def test_what_took_its_time_is_sent_at_once_and_what_did_not_soon() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        outbox = frames.Outbox(theirs)
        outbox.sent += 60
        outbox.add("at once")
        assert not select.select([ours], [], [], 0)[0]
        outbox.sent -= 120
        outbox.add("late")
        assert [frames.receive(ours), frames.receive(ours)] == ["at once", "late"]
        outbox.sent += 60
        outbox.add("x" * frames.MOST_WAITING)
        assert len(frames.receive(ours)) == frames.MOST_WAITING


@needs_sandbox
def test_whoever_crashes_keeps_the_answers_before(student: StudentProcess) -> None:
    """Answers are sent several at a time; not where the process is a copy, made because it may crash."""
    student.run("import os\ndef f(x): return os._exit(3) if x == 4 else x")
    student.remember(1)
    outcomes = student.probe(asked(1, 2, 3, 4))
    assert [outcome.value for outcome in outcomes] == [1, 2, 3, None]


@needs_sandbox
def test_many_answers_and_large_ones_come_in_their_order(student: StudentProcess) -> None:
    student.run("import numpy as np\ndef f(x): return np.full(x, x)")
    student.remember(1)
    sizes = [1, 5_000, 2, 100_000, *range(3, 200)]
    outcomes = student.probe(asked(*sizes, in_a_copy=False))
    assert [len(outcome.value) for outcome in outcomes] == sizes


@needs_sandbox
def test_no_case_leaves_the_next_anything(student: StudentProcess) -> None:
    """Generators, settings, the folder, streams and descriptors are as they were at the first."""
    student.run(
        "import os, sys, random, numpy as np\n"
        "def f(x):\n"
        "    seen = [float(np.random.rand()), random.random(), str(np.float64(1) / 3), os.getcwd()]\n"
        "    seen += [os.fstat(1).st_ino, sys.stdout is sys.stderr, str(np.array([1 / 3]))]\n"
        "    np.random.seed(x), random.seed(x), np.set_printoptions(precision=x), os.chdir('/')\n"
        "    os.close(1), sys.stdout.close()\n"
        "    sys.stdout = None\n"
        "    return seen"
    )
    student.remember(1)
    first, *others = student.probe(asked(1, 2, 3, in_a_copy=False))
    assert not first.raised
    assert all(one.value == first.value for one in others)


@pytest.mark.parametrize("size, meanwhile", [(10, True), (SOON_JUDGED, False)], ids=["small", "large"])
def test_the_next_question_is_asked_while_small_answers_are_judged(size: int, meanwhile: bool) -> None:
    """With large ones judging may take its time, and a process that works has to be watched."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        answers = StudentProcess(ours, LIMITS, Budget(5)).probes([asked(1), asked(2)])
        frames.send(theirs, {**outcome(0), "value": "x" * size})
        frames.send(theirs, {"id": 1, "died": ""})
        next(answers)
        assert frames.receive(theirs)["cases"][0][0] == {"x": 1}
        assert bool(select.select([theirs], [], [], 0.05)[0]) == meanwhile
        frames.send(theirs, {"id": 2, "died": ""})
        next(answers)
        assert frames.receive(theirs)["cases"][0][0] == {"x": 2}


# --- A process that makes up its answers


def outcome(case: int, request: int = 1, rest: tuple[Any, ...] = ("", "", "", [])) -> dict[str, Any]:
    return {"id": request, "case": case, "value": 0.0, "rest": list(rest)}


def asked_for_two_cases(connection: socket.socket) -> list[Outcome]:
    """What comes back over a connection at whose other end there is no process of ours."""
    return StudentProcess(connection, LIMITS, Budget(5)).probe(asked(1, 2))


MADE_UP = {
    "the second case first": [outcome(1), outcome(0)],
    "one case twice": [outcome(0), outcome(0)],
    "a case too many": [outcome(0), outcome(1), outcome(2)],
    "an answer to another request": [outcome(0, request=0), outcome(1)],
    "an exception that is no name": [outcome(0, rest=([], "", "", []))],
    "arguments that are no names": [outcome(0, rest=("", "", "", [1]))],
    "arguments without end": [outcome(0, rest=("", "", "", ["x"] * 101))],
    "too few words": [outcome(0, rest=("", ""))],
    "no dictionary": [17],
}


@pytest.mark.parametrize("answers", MADE_UP.values(), ids=MADE_UP)
def test_made_up_answers_end_the_process_and_earn_nothing(answers: list[Any]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for answer in [*answers, {"id": 1, "died": ""}]:
            frames.send(theirs, answer)
        with pytest.raises(Gone, match=NO_ANSWER):
            asked_for_two_cases(ours)


def test_half_an_answer_is_not_waited_for_until_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "FRAME_SECONDS", 0.1)
    monkeypatch.setattr(process, "patience_now", lambda: 1.0)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(frames.HEAD.pack(10) + b"half")
        with pytest.raises(Gone, match="began an answer and did not finish it"):
            asked_for_two_cases(ours)


def test_a_frame_that_says_it_is_too_large_is_refused_at_once() -> None:
    def never(*_: Any) -> None:
        raise AssertionError("this waits for the rest of it")

    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(frames.HEAD.pack(11))
        with pytest.raises(WireError, match="a frame of 11 bytes"):
            frames.Inbox(ours).next(never, largest=10)
