"""The sandbox where it is missing, and the conversation with a process that misbehaves."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from autograder.commands.cli import main
from autograder.engine import run as grade
from autograder.engine import sandbox
from autograder.engine.budget import Budget
from autograder.engine.inside.limits import Limits
from autograder.engine.prepare import OUR_ROOMS
from autograder.engine.process import Gone, StudentProcess
from autograder.engine.sandbox import missing
from autograder.engine.warm import Zygote
from autograder.student.sheet import Case, Sheet
from tests.builders import make_course

ROOT = Path(__file__).resolve().parents[2]
needs_one = pytest.mark.skipif(bool(missing()), reason=f"no sandbox: {missing()}")
LIMITS = Limits(cell_seconds=5, seconds=60, memory=500 << 20, disk=20 << 20)


def test_another_system_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    monkeypatch.setattr(sandbox.platform, "system", lambda: "Darwin")
    assert missing() == "the sandbox needs Linux, and this is Darwin"


def test_grading_refuses_without_a_sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And says how it can be had all the same, and at what price."""
    monkeypatch.setattr(grade, "missing", lambda: "user namespaces are not allowed here")
    course = make_course(tmp_path)
    done = CliRunner().invoke(main, ["--course", str(course.root), "grade"])
    assert done.exit_code == 1
    assert "user namespaces are not allowed here" in done.output
    assert "--no-sandbox" in done.output


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is shown in the sandbox and lies in the machine's temporary folder."""
    folder = tmp_path_factory.mktemp("shown")
    (folder / "file.txt").write_text("seen", encoding="utf-8")
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def zygote(shown: Path) -> Iterator[Zygote]:
    readable = (sys.prefix, sys.base_prefix, *OUR_ROOMS, str(shown))
    made = Zygote()
    made.warm_up(("numpy",), readable, LIMITS)
    yield made
    made.close()


@pytest.fixture
def student(zygote: Zygote) -> Iterator[StudentProcess]:
    with zygote.start({"data/a file.txt": b"within"}, seed=1, budget=Budget(60)) as made:
        yield made


def text_of(student: StudentProcess, source: str) -> str:
    """What a cell's last expression shows."""
    reply = student.run(source)
    results = [o["data"]["text/plain"] for o in reply.outputs if o["output_type"] == "execute_result"]
    return results[-1] if results else ""


@needs_one
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("open('data/a file.txt').read()", "'within'"),
        ("import os; os.getuid(), os.getpid(), os.getcwd()", "(1000, 1, '/scratch/work')"),
        ("sorted(n for n in os.listdir('/') if n in ('home', 'root', 'var', 'opt', 'mnt', 'boot'))", None),
        ("[x.split()[1] for x in open('/proc/self/status') if 'CapEff' in x]", "['0000000000000000']"),
        ("import socket; [name for _, name in socket.if_nameindex()]", "['lo']"),
        ("import tempfile; tempfile.TemporaryFile().write(b'x')", "1"),
        ("from multiprocessing import Pool; Pool(2).map(abs, [-1, 2])", "[1, 2]"),
        ("import asyncio; await asyncio.sleep(0, 'slept')", "'slept'"),
        ("%pwd", "'/scratch/work'"),
        ("_ih[1][:4], Out", None),
    ],
)  # fmt: skip
def test_cells_run_as_in_jupyter_within_the_walls(
    student: StudentProcess, source: str, expected: str | None
) -> None:
    text = text_of(student, f"import os\n{source}")
    assert text == expected if expected else text


@needs_one
def test_outputs_are_those_of_a_kernel(student: StudentProcess) -> None:
    source = (
        "import sys, matplotlib.pyplot as plt\nprint('out'); print('err', file=sys.stderr)\nplt.plot([1, 2]);"
    )
    kinds = [(o["output_type"], o.get("name")) for o in student.run(source).outputs]
    assert kinds == [("stream", "stdout"), ("stream", "stderr"), ("display_data", None)]
    reply = student.run("x = input('name? ')")
    assert not reply.ok
    assert reply.outputs[-1]["ename"] == "StdinNotImplementedError"


@needs_one
def test_an_endless_cell_is_interrupted_and_the_next_one_runs(student: StudentProcess) -> None:
    reply = student.run("while True: pass")
    assert "5 seconds" in reply.limit
    assert text_of(student, "1 + 1") == "2"


@needs_one
def test_a_process_that_heeds_nothing_is_ended(student: StudentProcess) -> None:
    with pytest.raises(Gone) as gone:
        student.run("import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass")
    assert gone.value.limit


@needs_one
def test_memory_of_all_processes_together_is_bounded(student: StudentProcess) -> None:
    source = (
        "import os, time\nfor _ in range(4):\n    if not os.fork(): x = b'x' * (200 << 20); time.sleep(9)"
    )
    with pytest.raises(Gone, match="500 MiB"):
        student.run(f"{source}\ntime.sleep(9)")


@needs_one
def test_the_scratch_is_bounded_and_gone_afterwards(zygote: Zygote) -> None:
    with zygote.start({}, seed=1, budget=Budget(60)) as one:
        assert "No space left" in str(one.run("open('big', 'wb').write(b'x' * (30 << 20))").outputs)
    with zygote.start({}, seed=1, budget=Budget(60)) as other:
        assert text_of(other, "import os; os.listdir('.')") == "[]"


@needs_one
def test_what_is_shown_may_lie_in_the_temporary_folder_and_stays_as_it_is(
    student: StudentProcess, shown: Path
) -> None:
    assert text_of(student, f"open('{shown}/file.txt').read()") == "'seen'"
    for place in (shown, shown.parent, "/tmp"):
        student.run(f"open('{place}/left-here', 'w').write('x')")
    assert not list(shown.parent.glob("**/left-here")) and not Path("/tmp/left-here").exists()


@needs_one
def test_nothing_of_one_student_is_seen_by_the_next(zygote: Zygote) -> None:
    with zygote.start({}, seed=1, budget=Budget(60)) as one:
        one.run("import numpy, builtins; numpy.secret = builtins.secret = 1; x = 1")
    with zygote.start({}, seed=1, budget=Budget(60)) as other:
        source = (
            "import numpy, builtins; hasattr(numpy, 'secret'), hasattr(builtins, 'secret'), 'x' in globals()"
        )
        assert text_of(other, source) == "(False, False, False)"


@needs_one
def test_a_rehearsal_imports_beforehand_what_cells_import(shown: Path) -> None:
    """And nothing else of it is left: no name, no thread, which a fork would lose."""
    made = Zygote()
    made.warm_up((), (sys.prefix, sys.base_prefix, *OUR_ROOMS, str(shown)), LIMITS)
    made.wait_until_ready()
    asks = (
        "import os, sys\nassert 'x' not in globals()\n"
        "'mailbox' in sys.modules, len(os.listdir('/proc/self/task'))"
    )
    with made.start({}, seed=1, budget=Budget(60)) as before:
        assert text_of(before, asks) == "(False, 1)"
    made.rehearse(("x = 1", "def later():\n    import mailbox\nlater()", "1 / 0"))
    with made.start({}, seed=1, budget=Budget(60)) as after:
        assert text_of(after, asks) == "(True, 1)"
    made.rehearse(("import os; os._exit(0)",))
    with made.start({}, seed=1, budget=Budget(60)) as later:
        assert text_of(later, asks) == "(True, 1)"
    made.close()


def asked(*cases: Case) -> tuple[Sheet, tuple[Case, ...]]:
    """A sheet of one function, and the cases to ask it for."""
    return Sheet("f", ("f",), 1, {"right": 1}, cases), cases


@needs_one
def test_a_probe_sees_the_names_as_they_were_at_its_mark(student: StudentProcess) -> None:
    student.run("def helper(x): return 2 * x\ndef f(x): return helper(x)")
    student.remember(1)
    student.run("def helper(x): raise ValueError")
    (outcome,) = student.probe(1, *asked(Case({"x": np.arange(3)})), 5, in_a_copy=True)
    assert np.array_equal(outcome.value, [0, 2, 4])


@needs_one
def test_a_crash_in_a_probe_costs_that_exercise_alone(student: StudentProcess) -> None:
    student.run("import os\ndef f(x): return os._exit(3) if x > 1 else x")
    student.remember(1)
    first, second, third = student.probe(1, *asked(*(Case({"x": k}) for k in (1, 2, 3))), 5, in_a_copy=True)
    assert first.value == 1
    assert second.raised == third.raised == "Stopped"
    assert "exit code 3" in second.message
    assert text_of(student, "'still here'") == "'still here'"


@needs_one
def test_an_endless_probe_keeps_what_was_answered(student: StudentProcess) -> None:
    student.run("def f(x):\n    while x > 1: pass\n    return x")
    student.remember(1)
    first, second = student.probe(1, *asked(Case({"x": 1}), Case({"x": 2})), 1, in_a_copy=True)
    assert first.value == 1
    assert second.raised == "Stopped" and "1 seconds" in second.message
    assert text_of(student, "'still here'") == "'still here'"


@needs_one
def test_a_probe_among_threads_is_done_in_the_process_itself(student: StudentProcess) -> None:
    student.run(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(30,), daemon=True).start()"
    )
    student.run("import os\ndef f(x): return os.getpid()")
    student.remember(1)
    (outcome,) = student.probe(1, *asked(Case({"x": 1})), 5, in_a_copy=True)
    assert outcome.value == 1


@needs_one
def test_results_that_are_no_data_arrive_as_names(student: StudentProcess) -> None:
    student.run("class Odd: pass\ndef f(x): return [Odd(), object, lambda: 0][x]")
    student.remember(1)
    outcomes = student.probe(1, *asked(*(Case({"x": k}) for k in range(3))), 5, in_a_copy=True)
    assert [type(outcome.value).__name__ for outcome in outcomes] == ["Opaque"] * 3


@needs_one
def test_no_sandbox_is_left_mounted(zygote: Zygote) -> None:
    assert "/scratch" not in Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    assert os.path.isdir("/sys/kernel")


@needs_one
def test_of_this_package_the_rooms_are_seen_that_run_there(student: StudentProcess) -> None:
    """What lessons are written with, what judges and what holds marks is not there to be read."""
    folder = ROOT / "autograder"
    seen = text_of(student, f"import os\nsorted(os.listdir({str(folder)!r}))")
    assert seen == "['__init__.py', 'engine', 'errors.py', 'student']"
    seen = text_of(student, f"import os\nsorted(os.listdir({str(folder / 'engine')!r}))")
    assert seen == "['__init__.py', 'inside']"
