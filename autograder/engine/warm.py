"""The warm process that students' processes are forked from, seen from outside."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from .budget import Budget
from .inside import frames
from .inside.limits import Limits
from .process import EngineError, Gone, StudentProcess, patience_now

REHEARSAL_SECONDS = 20.0
MOST_AT_HAND = 4 << 20  # bytes of files that a process has from its beginning
OUR_FOLDER = Path(__file__).resolve().parents[2]
QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class Zygote:
    """A warm process, and its children. It starts at once, and goes on when it is told what for."""

    def __init__(
        self, sandbox: bool = True, environment: tuple[tuple[str, str], ...] = (), fence: bool = False
    ) -> None:
        self.sandbox, self.fence, self.passed_on = sandbox, fence, dict(environment)
        self.control, theirs = socket.socketpair()
        own_path = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
        variables = {
            "PATH": os.pathsep.join([os.path.dirname(sys.executable), "/usr/local/bin", "/usr/bin", "/bin"]),
            "LANG": "C.UTF-8",
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            # This very package, whatever else is installed.
            "PYTHONPATH": os.pathsep.join([str(OUR_FOLDER), *map(os.path.abspath, own_path)]),
            **QUIET,
            **self.passed_on,
        }
        if not sandbox:
            passed_on = ("HOME", *(name for name in os.environ if name.startswith("COVERAGE_")))
            variables |= {name: os.environ[name] for name in passed_on if name in os.environ}
        self.said = tempfile.TemporaryFile()  # noqa: SIM115  closed with us; a file blocks nobody who writes
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "autograder.engine.inside.zygote", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.said,
            cwd="/",
        )
        theirs.close()
        self.ready = False
        # Where walls stand around them, a process for the submission after this one is forked and gets ready,
        # and this one's comes to its end, while our side is at work.
        self.next: tuple[tuple[str, int], socket.socket] | None = None
        self.last: StudentProcess | None = None
        self.at_hand: dict[str, bytes] = {}  # files that every process lays out for itself

    def warm_up(self, modules: tuple[str, ...], readable: tuple[str, ...], limits: Limits) -> None:
        """Tells it what to import, what of this machine to show, and what a student's process may use."""
        self.limits = limits
        settings = {
            "modules": list(modules),
            "readable": list(readable),
            "limits": asdict(limits),
            "sandbox": self.sandbox,
            "fence": self.fence,
            "environment": self.passed_on,
            "fonts": _font_lists(),
        }
        with self._alive():
            frames.send(self.control, settings)

    def wait_until_ready(self, seconds: float = 180) -> None:
        if self.ready:
            return
        if (
            not select.select([self.control], [], [], seconds * patience_now())[0]
            or self.control.recv(16) != b"ready"
        ):
            self.process.kill()
            raise EngineError(f"the process that runs notebooks did not start: {self._last_words()}")
        self.ready = True

    def lay_out(self, files: dict[str, bytes]) -> None:
        """From now on every process finds these files, as far as they are small; it writes them itself."""
        self.wait_until_ready()
        files = files if sum(map(len, files.values())) <= MOST_AT_HAND else {}
        if files != self.at_hand:
            self._dismiss_next()  # it has the others
            self.at_hand = files
            self._tell({"files": {name: np.frombuffer(data, np.uint8) for name, data in files.items()}})

    @contextlib.contextmanager
    def start(
        self, files: dict[str, bytes], seed: int, budget: Budget, name: str = "work"
    ) -> Iterator[StudentProcess]:
        """A fresh student's process with its files in a folder of this name; nothing is left afterwards."""
        self.wait_until_ready()
        self._see_the_last_end()
        sent = {path: data for path, data in files.items() if self.at_hand.get(path) != data}
        if self.sandbox:
            with contextlib.closing(self._next(name, seed)) as ours:
                process = self.last = StudentProcess(ours, self.limits, budget)
                try:
                    self._begin(process, sent)
                    yield process
                finally:
                    process.kill()
                with contextlib.suppress(EngineError):  # the warm process has died: the next one hears of it
                    self.next = (name, seed), self._forked("", name, seed)
            return
        aside = tempfile.mkdtemp(prefix="autograder-")
        try:
            with contextlib.closing(self._forked(aside, name, seed)) as ours:
                process = StudentProcess(ours, self.limits, budget)
                try:
                    self._begin(process, sent)
                    yield process
                finally:
                    process.end()
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _see_the_last_end(self) -> None:
        if self.last:
            self.last.end()
            self.last = None

    def _begin(self, process: StudentProcess, files: dict[str, bytes]) -> None:
        """None of the student's code has run: if the process is gone, that is nobody's doing but ours."""
        try:
            process.begin(files)
        except Gone as gone:
            if gone.limit:
                raise
            raise EngineError(f"the process for the submission {gone.reason}") from None
        except OSError as error:
            raise EngineError(f"the process for the submission is gone: {error}") from None

    def _next(self, name: str, seed: int) -> socket.socket:
        """The process that was forked ahead, if it is what is asked for; otherwise one forked now."""
        if self.next and self.next[0] == (name, seed):
            (_, ours), self.next = self.next, None
            return ours
        self._dismiss_next()
        return self._forked("", name, seed)

    def _forked(self, home: str, folder: str, seed: int) -> socket.socket:
        """A process on its way, and the connection to it."""
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        try:
            self._tell({"home": home, "folder": folder, "seed": seed}, theirs.fileno())
        except EngineError:
            ours.close()
            raise
        finally:
            theirs.close()
        return ours

    def _dismiss_next(self) -> None:
        """It ends when nobody is there to ask anything of it."""
        if self.next:
            self.next[1].close()
            self.next = None

    def rehearse(self, cells: tuple[str, ...]) -> None:
        """Runs the instructor's own cells as a student's would be, to import beforehand what they import."""
        with self.start({}, 0, Budget(REHEARSAL_SECONDS)) as process:
            try:
                for source in cells:
                    process.run(source)
                modules = process.imported()
            except Gone:  # they take too long, or need a file: each submission will import for itself
                return
        self._dismiss_next()  # it has not imported them
        self._tell({"modules": modules})

    def _tell(self, message: Any, *descriptors: int) -> None:
        with self._alive():
            socket.send_fds(self.control, [b"!"], descriptors)
            frames.send(self.control, message)

    @contextlib.contextmanager
    def _alive(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise EngineError(f"the process that runs notebooks is gone: {error}") from None

    def close(self) -> None:
        self._dismiss_next()
        self._see_the_last_end()
        self.control.close()
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.said.close()

    def _last_words(self) -> str:
        self.said.seek(0)
        lines = self.said.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "no word"


def _font_lists() -> list[str]:
    """matplotlib's list of fonts, where it was made already: making it takes seconds."""
    home = os.environ.get("MPLCONFIGDIR") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "matplotlib"
    )
    return [str(path) for path in Path(home).glob("fontlist-*.json")]
