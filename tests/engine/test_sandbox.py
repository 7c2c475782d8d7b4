"""The sandbox where it is missing, and the conversation with a process that misbehaves."""

from __future__ import annotations

import os
import resource
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.commands.cli import main
from autograder.engine import process, sandbox, warm
from autograder.engine import run as grade
from autograder.engine.budget import Budget
from autograder.engine.inside import frames, recorder, syscalls
from autograder.engine.inside.house import DEVICES
from autograder.engine.inside.limits import Limits
from autograder.engine.prepare import OUR_ROOMS
from autograder.engine.process import NO_ANSWER, Gone, StudentProcess
from autograder.engine.sandbox import missing
from autograder.engine.warm import Zygote
from autograder.errors import WireError
from autograder.student.sheet import Case, Outcome, Sheet
from tests.builders import make_course, needs_sandbox

ROOT = Path(__file__).resolve().parents[2]
LIMITS = Limits(cell_seconds=5, seconds=60, memory=500 << 20, disk=20 << 20)


def test_another_system_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    monkeypatch.setattr(sandbox.platform, "system", lambda: "Darwin")
    assert missing() == "the sandbox needs Linux, and this is Darwin: use WSL2, a container or a server"


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


@needs_sandbox
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("open('data/a file.txt').read()", "'within'"),
        ("import os; os.getuid(), os.getpid(), os.getcwd()", "(1000, 1, '/scratch/work')"),
        ("sorted(n for n in os.listdir('/') if n in ('home', 'root', 'var', 'opt', 'mnt', 'boot'))", None),
        ("[x.split()[1] for x in open('/proc/self/status') if 'CapEff' in x]", "['0000000000000000']"),
        ("import socket; [name for _, name in socket.if_nameindex()]", "['lo']"),
        ("import ctypes; ctypes.CDLL(None).setuid(0)", "-1"),
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


@needs_sandbox
def test_outputs_are_those_of_a_kernel(student: StudentProcess) -> None:
    source = (
        "import sys, matplotlib.pyplot as plt\nprint('out'); print('err', file=sys.stderr)\nplt.plot([1, 2]);"
    )
    kinds = [(o["output_type"], o.get("name")) for o in student.run(source).outputs]
    assert kinds == [("stream", "stdout"), ("stream", "stderr"), ("display_data", None)]
    reply = student.run("x = input('name? ')")
    assert not reply.ok
    assert reply.outputs[-1]["ename"] == "StdinNotImplementedError"


@pytest.mark.slow
@needs_sandbox
def test_an_endless_cell_is_interrupted_and_the_next_one_runs(student: StudentProcess) -> None:
    reply = student.run("while True: pass")
    assert "5 seconds" in reply.limit
    assert text_of(student, "1 + 1") == "2"


@pytest.mark.slow
@needs_sandbox
def test_a_process_that_heeds_nothing_is_ended(student: StudentProcess) -> None:
    with pytest.raises(Gone) as gone:
        student.run("import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass")
    assert gone.value.limit


@needs_sandbox
def test_memory_of_all_processes_together_is_bounded(student: StudentProcess) -> None:
    source = (
        "import os, time\nfor _ in range(4):\n    if not os.fork(): x = b'x' * (200 << 20); time.sleep(9)"
    )
    with pytest.raises(Gone, match="500 MiB"):
        student.run(f"{source}\ntime.sleep(9)")


@needs_sandbox
def test_the_scratch_is_bounded_and_gone_afterwards(zygote: Zygote) -> None:
    with zygote.start({}, seed=1, budget=Budget(60)) as one:
        assert "No space left" in str(one.run("open('big', 'wb').write(b'x' * (30 << 20))").outputs)
    with zygote.start({}, seed=1, budget=Budget(60)) as other:
        assert text_of(other, "import os; os.listdir('.')") == "[]"


@needs_sandbox
def test_what_is_shown_may_lie_in_the_temporary_folder_and_stays_as_it_is(
    student: StudentProcess, shown: Path
) -> None:
    assert text_of(student, f"open('{shown}/file.txt').read()") == "'seen'"
    for place in (shown, shown.parent, "/tmp"):
        student.run(f"open('{place}/left-here', 'w').write('x')")
    assert not list(shown.parent.glob("**/left-here")) and not Path("/tmp/left-here").exists()


@needs_sandbox
def test_nothing_of_one_student_is_seen_by_the_next(zygote: Zygote) -> None:
    with zygote.start({}, seed=1, budget=Budget(60)) as one:
        one.run("import numpy, builtins; numpy.secret = builtins.secret = 1; x = 1")
    with zygote.start({}, seed=1, budget=Budget(60)) as other:
        source = (
            "import numpy, builtins; hasattr(numpy, 'secret'), hasattr(builtins, 'secret'), 'x' in globals()"
        )
        assert text_of(other, source) == "(False, False, False)"


@needs_sandbox
def test_the_next_process_waits_and_finds_nothing_of_the_one_before(zygote: Zygote) -> None:
    """It is forked when that one was told to end; and nothing but our own cell of nothing has run in it."""
    with zygote.start({}, seed=1, budget=Budget(60)) as one:
        assert zygote.next is None
        one.run("import os; os.system('kill -9 -1'); x = 1; open('/tmp/left', 'w').write('here')")
        assert text_of(one, "[name for name in os.listdir('/proc') if name.isdigit()]") == "['1']"
        one.run("os.kill(1, 9)")
    assert zygote.next is not None
    waiting = zygote.next[1]
    with zygote.start({}, seed=1, budget=Budget(60)) as other:
        assert other.connection is waiting
        assert text_of(other, "import os; 'x' in globals(), os.path.exists('/tmp/left')") == "(False, False)"


@needs_sandbox
def test_of_the_cell_that_is_run_beforehand_no_trace_is_left(student: StudentProcess) -> None:
    names = "[name for name in globals() if not name.startswith('_')]"
    found = student.run(f"len(In), Out, _i, _, sorted({names})")
    assert found.count == 1
    assert found.outputs[0]["data"]["text/plain"] == (
        "(2, {}, '', '', ['In', 'Out', 'exit', 'get_ipython', 'open', 'quit'])"
    )


@needs_sandbox
def test_a_process_is_gone_before_the_next_begins(zygote: Zygote) -> None:
    with zygote.start({}, seed=1, budget=Budget(60)) as one:
        pass
    with zygote.start({}, seed=1, budget=Budget(60)):
        assert one.handle == -1 and not Path(f"/proc/{one.pid}").exists()


@needs_sandbox
def test_whoever_gets_the_number_of_a_process_that_ended_is_left_alone(
    zygote: Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a number that is free again, and by then somebody else's, no family is looked up."""
    with zygote.start({}, seed=1, budget=Budget(60)) as one:
        pass
    looked: list[int] = []
    monkeypatch.setattr(process.family, "members", lambda pid: looked.append(pid) or [pid])
    one.end()
    assert one.handle == -1 and not looked
    monkeypatch.undo()
    with zygote.start({}, seed=1, budget=Budget(60)) as other, pytest.raises(Gone):
        with pytest.raises(Gone):
            other.run("import os; os._exit(3)")
        assert other.handle == -1
        monkeypatch.setattr(process.family, "members", lambda pid: looked.append(pid) or [pid])
        other.run("1")
    assert not looked


@needs_sandbox
def test_a_process_that_waited_for_another_folder_is_let_go(zygote: Zygote) -> None:
    with zygote.start({}, seed=1, budget=Budget(60), name="one"):
        pass
    assert zygote.next is not None
    waiting = zygote.next[1]
    with zygote.start({}, seed=1, budget=Budget(60), name="two") as other:
        assert text_of(other, "%pwd") == "'/scratch/two'"
        assert waiting.fileno() == -1
    assert zygote.next is not None and zygote.next[0] == ("two", 1)


@needs_sandbox
def test_a_process_that_died_waiting_costs_nobody_a_mark(zygote: Zygote) -> None:
    """The warm process may have died with it: the worker begins anew."""
    with zygote.start({}, seed=1, budget=Budget(60)):
        pass
    assert zygote.next is not None
    zygote.next[1].shutdown(socket.SHUT_RDWR)
    with pytest.raises(process.EngineError), zygote.start({}, seed=1, budget=Budget(60)):
        pass
    with zygote.start({}, seed=1, budget=Budget(60)) as after:
        assert text_of(after, "1 + 1") == "2"


@needs_sandbox
def test_a_warm_process_that_dies_under_a_submission_costs_it_nothing() -> None:
    """What was asked of it has its answers; the next one hears that there is none."""
    made = Zygote()
    made.warm_up((), (sys.prefix, sys.base_prefix, *OUR_ROOMS), LIMITS)
    with made.start({}, seed=1, budget=Budget(60)) as one:
        assert text_of(one, "1 + 1") == "2"
        made.process.kill()
        made.process.wait()
    with pytest.raises(process.EngineError), made.start({}, seed=1, budget=Budget(60)):
        pass
    made.close()


@needs_sandbox
def test_files_at_hand_are_found_by_every_process_until_there_are_others(
    zygote: Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    shows = "import os; [(n, open(n).read()) for n in sorted(os.listdir()) if os.path.isfile(n)]"
    public, own = {"a.txt": b"1", "data/b.txt": b"2"}, {"c.txt": b"3"}
    zygote.lay_out(public)
    for _ in range(2):
        with zygote.start(own | public, seed=1, budget=Budget(60)) as made:
            assert text_of(made, shows) == "[('a.txt', '1'), ('c.txt', '3')]"
            assert text_of(made, "open('data/b.txt').read()") == "'2'"
            assert made.asked == 3, "one file was sent, and two cells"
    zygote.lay_out({"a.txt": b"other"})
    with zygote.start(own | {"a.txt": b"other"}, seed=1, budget=Budget(60)) as made:
        assert text_of(made, shows) == "[('a.txt', 'other'), ('c.txt', '3')]"
        assert text_of(made, "os.path.exists('data')") == "False"
    monkeypatch.setattr(warm, "MOST_AT_HAND", 10)
    large = {"a.txt": b"x" * 11}
    zygote.lay_out(large)
    with zygote.start(large, seed=1, budget=Budget(60)) as made:
        assert text_of(made, "len(open('a.txt').read())") == "11"
    with zygote.start({}, seed=1, budget=Budget(60)) as made:
        assert text_of(made, shows) == "[]"


@needs_sandbox
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


@needs_sandbox
def test_no_sandbox_is_left_mounted(zygote: Zygote) -> None:
    assert "/scratch" not in Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    assert os.path.isdir("/sys/kernel")


@needs_sandbox
def test_of_this_package_the_rooms_are_seen_that_run_there(student: StudentProcess) -> None:
    """What lessons are written with, what judges and what holds marks is not there to be read."""
    folder = ROOT / "autograder"
    seen = text_of(student, f"import os\nsorted(os.listdir({str(folder)!r}))")
    assert seen == "['__init__.py', 'engine', 'errors.py', 'student']"
    seen = text_of(student, f"import os\nsorted(os.listdir({str(folder / 'engine')!r}))")
    assert seen == "['__init__.py', 'inside']"


# --- Each wall by itself, and what stands behind it


@needs_sandbox
def test_what_the_kernel_counts_is_bounded(student: StudentProcess) -> None:
    limits = {"FSIZE": LIMITS.file_size, "NPROC": LIMITS.processes, "NOFILE": LIMITS.open_files, "CORE": 0}
    hard = {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[1] for name in limits}
    expected = {
        name: most if hard[name] == resource.RLIM_INFINITY else min(most, hard[name])
        for name, most in limits.items()
    }
    source = (
        "import resource\n"
        f"{{n: resource.getrlimit(getattr(resource, 'RLIMIT_' + n))[1] for n in {tuple(limits)}}}"
    )
    assert text_of(student, source) == str(expected)
    reply = student.run(f"open('sparse', 'wb').truncate({LIMITS.file_size + 1})")
    assert "File too large" in str(reply.outputs)


@needs_sandbox
def test_what_is_shown_of_this_machine_is_mounted_read_only(student: StudentProcess) -> None:
    """So that not Landlock alone keeps the interpreter as it is."""
    source = (
        "mounts = [line.split() for line in open('/proc/self/mountinfo')]\n"
        "' '.join(sorted({m[4] for m in mounts if 'rw' in m[5].split(',')}))"
    )
    writable = set(text_of(student, source).strip("'").split())
    assert "/scratch" in writable
    assert writable <= {"/scratch", "/tmp", "/dev/shm", "/dev/pts", "/proc", *DEVICES}


@needs_sandbox
@pytest.mark.skipif(
    syscalls._LIBC.syscall(syscalls._CALLS["landlock_create_ruleset"], None, 0, 1) < 1,
    reason="this kernel has no Landlock",
)
def test_landlock_stands_behind_the_mounts(student: StudentProcess) -> None:
    """What no mount forbids to write, and what nobody needs to, can't be written."""
    reply = student.run("open('/proc/self/comm', 'w').write('other')")
    assert reply.outputs[-1]["ename"] == "PermissionError"


@needs_sandbox
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has somebody else's user at hand")
def test_graded_by_root_a_students_code_is_not_roots(student: StudentProcess) -> None:
    status = Path(f"/proc/{student.pid}/status").read_text(encoding="ascii")
    (users,) = (line.split()[1:] for line in status.splitlines() if line.startswith("Uid:"))
    assert "0" not in users


@needs_sandbox
def test_a_child_that_a_cell_leaves_behind_answers_nothing(student: StudentProcess) -> None:
    student.run("import os\npid = os.fork()")
    assert text_of(student, "'still here', pid > 0") == "('still here', True)"
    assert text_of(student, "1 + 1") == "2"


@needs_sandbox
def test_numbers_drawn_without_a_seed_are_the_same_every_time(zygote: Zygote) -> None:
    drawn = []
    for _ in range(2):
        with zygote.start({}, seed=1, budget=Budget(60)) as made:
            drawn.append(
                text_of(made, "import random, numpy as np\nfloat(np.random.random()), random.random()")
            )
    assert drawn[0] == drawn[1] != ""


@needs_sandbox
def test_of_what_a_cell_prints_so_much_is_kept(student: StudentProcess) -> None:
    (output,) = student.run("for _ in range(300): print('x' * 10_000)").outputs
    assert recorder.TEXT_LIMIT <= len(output["text"]) < recorder.TEXT_LIMIT + 100
    assert output["text"].endswith("… more was printed than is kept\n")


@pytest.mark.slow
@needs_sandbox
def test_a_whole_submission_ends_at_its_deadline(zygote: Zygote) -> None:
    """Whatever a single cell would be allowed, and whether it works or sleeps."""
    for source in ("while True: pass", "import time; time.sleep(30)"):
        with zygote.start({}, seed=1, budget=Budget(1.5)) as made:
            assert made.run(source).limit == "the submission took longer than 1.5 seconds"


@pytest.mark.slow
@needs_sandbox
def test_what_heeds_nothing_is_gone_once_it_was_ended(zygote: Zygote) -> None:
    source = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    with zygote.start({}, seed=1, budget=Budget(0.5)) as made, pytest.raises(Gone):
        made.run(source)
    until = time.monotonic() + 5
    while (left := Path(f"/proc/{made.pid}").exists()) and time.monotonic() < until:
        time.sleep(0.1)
    assert not left
