"""The warm process: it has imported what lessons need, holds no secrets, and is forked for each submission.

Started as a program of its own with an empty environment, as `python -m` of this module. It never runs a
TensorFlow operation itself, since TensorFlow's threads would not survive the fork.
"""

from __future__ import annotations

import gc
import importlib
import os
import random
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import numpy as np

from . import frames
from .fence import become_nobody, close_fence
from .house import HOUSE_HOME, SCRATCH, move_into_house
from .kernel import Kernel
from .limits import Limits, limit_resources
from .room import fork_into_room, furnish_room
from .serving import serve, write_file
from .syscalls import exit_code_of


def main() -> None:
    """Waits to be told what for, gets warm, and then serves until the other side hangs up."""
    control = socket.socket(fileno=int(sys.argv[1]))
    try:
        settings = frames.receive(control)
    except EOFError:
        return
    fonts = {Path(path).name: Path(path).read_bytes() for path in settings["fonts"]}
    if settings["sandbox"]:
        _move_in(control, settings["readable"], fonts)
    else:
        os.setpgid(0, 0)  # Ctrl-C is for the one who gives out the work
    kernel = Kernel()  # before the backend, which looks for a shell when it is imported
    _import(kernel, ["matplotlib.pyplot", "matplotlib_inline.backend_inline", *settings["modules"]])
    control.sendall(b"ready")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them: no zombies
    _serve(control, kernel, settings)


def _move_in(control: socket.socket, readable: list[str], fonts: dict[str, bytes]) -> None:
    """Goes on in the house, where this process is a child; the parent only waits for it."""
    inner = move_into_house(readable)
    if inner:
        control.close()
        signal.signal(signal.SIGTERM, lambda *_: os.kill(inner, signal.SIGKILL))
        os._exit(abs(exit_code_of(inner)))
    os.environ["HOME"] = HOUSE_HOME
    os.environ["MPLCONFIGDIR"] = f"{HOUSE_HOME}/matplotlib"
    os.makedirs(os.environ["MPLCONFIGDIR"])
    for name, data in fonts.items():
        Path(os.environ["MPLCONFIGDIR"], name).write_bytes(data)


def _import(kernel: Kernel, modules: list[str]) -> None:
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:  # the cell that imports it will say so
            continue
    kernel.warm()
    gc.collect()
    gc.freeze()  # the collector of a child leaves these pages shared


def _serve(control: socket.socket, kernel: Kernel, settings: dict[str, Any]) -> None:
    """For each connection that comes a child that serves it; with a message alone, what to have at hand."""
    files: dict[str, np.ndarray] = {}
    while True:
        asked, descriptors, *_ = socket.recv_fds(control, 1, 1)
        if not asked:
            os._exit(0)
        message = frames.receive(control)
        if not descriptors:
            if "files" in message:
                files = message["files"]
            else:
                _import(kernel, message["modules"])
            continue
        connection, user = socket.socket(fileno=descriptors[0]), (os.geteuid(), os.getegid())
        pid = fork_into_room() if settings["sandbox"] else os.fork()
        if pid == 0:
            control.close()
            try:
                _become_student(connection, kernel, settings, user, message, files)
            except BaseException:
                os._exit(1)
            os._exit(0)
        connection.close()


def _become_student(
    connection: socket.socket,
    kernel: Kernel,
    settings: dict[str, Any],
    user: tuple[int, int],
    asked: dict[str, Any],
    files: dict[str, np.ndarray],
) -> None:
    sandboxed, limits = settings["sandbox"], Limits(**settings["limits"])
    home, name = (SCRATCH if sandboxed else asked["home"]), asked["folder"]
    folder = os.path.join(home, "work" if name in _OTHER_FOLDERS else name)
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _close_all_but(connection.fileno())
        kernel.begin()
        if sandboxed:
            furnish_room(limits, *user)
        else:
            os.setsid()
            if settings["fence"]:
                close_fence(home, settings["readable"])
            elif os.environ.get("AUTOGRADER_USER"):
                become_nobody(home)
        os.mkdir(folder)
        os.chdir(folder)
        _clean_environment(home, settings["environment"])
        limit_resources(limits)
        for path, data in files.items():
            write_file(Path(folder, path), data, append=False)
        np.random.seed(asked["seed"])  # noqa: NPY002  what a lesson without a seed draws, same every time
        random.seed(asked["seed"])
    except BaseException as error:
        frames.send(connection, {"failed": f"{type(error).__name__}: {error}"})
        os._exit(1)
    frames.send(connection, {"hello": os.getpid()})
    try:
        kernel.rehearse()
        serve(connection, kernel, folder)
    finally:
        os._exit(0)


def _close_all_but(kept: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        if descriptor != nowhere:
            os.dup2(nowhere, descriptor)
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))


def _clean_environment(home: str, environment: dict[str, str]) -> None:
    kept = {name: value for name, value in os.environ.items() if name in _KEPT}
    os.environ.clear()
    os.environ.update(kept, HOME=home, USER="student", LOGNAME="student", NBGRADER_EXECUTION="autograde")
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    os.environ.update(environment)


_OTHER_FOLDERS = ("tmp", "shm", ".", "..")  # of the room
_KEPT = {
    *("PATH", "LANG", "TERM", "CLICOLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "PAGER", "GIT_PAGER"),
    *("MPLBACKEND", "MPLCONFIGDIR", "PYTHONHASHSEED", "TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS"),
    *("CUDA_VISIBLE_DEVICES", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
}
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


if __name__ == "__main__":
    main()
