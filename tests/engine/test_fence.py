"""Where there are no namespaces: what is left of the sandbox, and that the marks are the same."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.engine.budget import Budget
from autograder.engine.inside.limits import Limits
from autograder.engine.prepare import OUR_ROOMS
from autograder.engine.process import StudentProcess
from autograder.engine.sandbox import missing_for_fence
from autograder.engine.warm import Zygote
from tests.sample_class import Classroom

pytestmark = pytest.mark.skipif(bool(missing_for_fence()), reason=f"no fence: {missing_for_fence()}")
LIMITS = Limits(cell_seconds=5, seconds=60, memory=500 << 20)


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    made = Zygote(sandbox=False, fence=True)
    made.warm_up(("numpy",), (sys.prefix, sys.base_prefix, *OUR_ROOMS), LIMITS)
    yield made
    made.close()


@pytest.fixture
def student(zygote: Zygote) -> Iterator[StudentProcess]:
    with zygote.start({"beside.txt": b"within"}, seed=1, budget=Budget(60), name="week1") as made:
        yield made


def ended(student: StudentProcess, source: str) -> str:
    """The exception that a cell ended with; empty: none."""
    outputs = student.run(source).outputs
    return next((str(o["ename"]) for o in outputs if o["output_type"] == "error"), "")


@pytest.mark.parametrize(
    "source",
    [
        "assert open('beside.txt').read() == 'within'",
        "import os; assert os.path.basename(os.getcwd()) == 'week1'",
        "open('mine.txt', 'w').write('x')",
        "import numpy as np; assert np.ones(3).sum() == 3",
        "import tempfile; tempfile.NamedTemporaryFile().close()",
        "import subprocess; assert subprocess.check_output(['echo', 'hello']) == b'hello\\n'",
    ],
)
def test_what_a_notebook_does_goes_on(student: StudentProcess, source: str) -> None:
    assert ended(student, source) == ""


def test_files_of_this_machine_are_closed(student: StudentProcess, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("nobody's")
    for folder in (tmp_path, *tmp_path.parents):
        if folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055) if folder.stat().st_uid == os.geteuid() else None
    secret.chmod(0o666)
    assert ended(student, f"open({str(secret)!r}).read()") == "PermissionError"
    assert ended(student, f"open({str(secret)!r}, 'w')") == "PermissionError"
    assert secret.read_text() == "nobody's"


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6"])
def test_there_is_no_network(student: StudentProcess, family: str) -> None:
    assert ended(student, f"import socket; socket.socket(socket.{family}, socket.SOCK_DGRAM)") == "OSError"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to lose")
def test_root_has_no_privileges_in_it(student: StudentProcess) -> None:
    """Somebody who owns nothing where the interpreter is everybody's; else root with no capability."""
    status = "{line.split(':')[0]: line.split()[1] for line in open('/proc/self/status') if 'Cap' in line}"
    assert ended(student, f"assert int({status}['CapEff'], 16) == int({status}['CapPrm'], 16) == 0") == ""
    assert ended(student, "import os; os.chown('beside.txt', 5, 5)") == "PermissionError"


@pytest.mark.slow
def test_the_marks_are_the_same(tmp_path: Path) -> None:
    room = Classroom.made(tmp_path / "course")
    room.submit("right", room.solution())
    room.submit("open", room.release())
    fenced = {name: one["score"] for name, one in room.grade("--without-namespaces").items()}
    whole = {name: one["score"] for name, one in room.grade("--regrade").items()}
    assert fenced == whole
    assert fenced["right"] > 0
