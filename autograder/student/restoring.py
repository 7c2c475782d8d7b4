"""Puts back what code may change beside its answer: generators, settings, displays, descriptors."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import random
import sys
from functools import cache
from typing import Any, Protocol

import numpy as np

_random: Any = np.random  # not all that it has is in its stubs


class Held(Protocol):
    """Something that code may change, as it was when this was made."""

    def hold(self) -> None:
        """Makes it what it is to be while a student's code runs: before it, and again after each part."""

    def release(self) -> None:
        """As it was."""


class Randomness:
    """The global generators, which a student may use."""

    def __init__(self) -> None:
        self.numpy, self.python = _Generator(), random.getstate()

    def hold(self) -> None:
        random.setstate(self.python)
        self.numpy.put_back()

    release = hold


class Settings:
    """How NumPy prints, and the folder one is in: the next check looks for checks.json here."""

    def __init__(self) -> None:
        self.print_options: dict[str, Any] = dict(np.get_printoptions())
        self.folder = _working_folder()

    def hold(self) -> None:
        if np.get_printoptions() != self.print_options:
            options = {name: value for name, value in self.print_options.items() if name != "override_repr"}
            np.set_printoptions(**options)
        if self.folder and self.folder != _working_folder():
            with contextlib.suppress(OSError):
                os.chdir(self.folder)

    release = hold


class Logs:
    """Nothing is logged: handlers hold on to the stderr of the day they were made."""

    def __init__(self) -> None:
        self.off, self.level = logging.root.manager.disable, logging.root.level
        # `logging.warning` makes one, for the stderr of that moment.
        self.handlers = list(logging.root.handlers)

    def hold(self) -> None:
        self._set(max(self.off, logging.CRITICAL))

    def release(self) -> None:
        self._set(self.off)

    def _set(self, off: int) -> None:
        if logging.root.manager.disable != off:  # each of these empties the memory of every logger
            logging.disable(off)
        if logging.root.level != self.level:
            logging.root.setLevel(self.level)
        logging.root.handlers[:] = self.handlers


class _Generator:
    """NumPy's, as it stands.

    NumPy takes 80 microseconds to hand out its state and to take it back; to look whether the 2,500 bytes
    have changed takes one.
    """

    def __init__(self) -> None:
        self.generator, self.bytes = _random.get_bit_generator(), _bytes_of_generator()
        self.state: Any = _random.get_state(legacy=False)

    def put_back(self) -> None:
        if _random.get_bit_generator() is not self.generator:
            _random.set_bit_generator(self.generator)
        half_a_pair = self.state["has_gauss"]  # of normal numbers, for the next call: not among the bytes
        if half_a_pair or not self.bytes or self.bytes != _bytes_of_generator():
            _random.set_state(self.state)


def _bytes_of_generator() -> bytes:
    """Its 624 words, and the place in them; nothing where it is another, or its memory can't be read."""
    generator = _random.get_bit_generator()
    if type(generator) is np.random.MT19937:
        with contextlib.suppress(Exception):
            return ctypes.string_at(generator.ctypes.state_address, 625 * 4)
    return b""


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # it has been removed
        return ""


class Displays:
    """Figures and rich output shown from inside a checked function would bury the verdict."""

    def __init__(self) -> None:
        ipython = sys.modules.get("IPython")
        self.shell = ipython.get_ipython() if ipython else None
        self.publisher = self.shell and self.shell.display_pub

    def hold(self) -> None:
        self._show_on(silent_publisher())

    def release(self) -> None:
        self._show_on(self.publisher)

    def _show_on(self, publisher: Any) -> None:
        if self.shell is not None:
            self.shell.display_pub = publisher
            silent_publisher().outputs.clear()


@cache
def silent_publisher() -> Any:
    """Takes what is shown, and shows it to nobody; None where there is no IPython to show it."""
    if sys.modules.get("IPython") is None:
        return None
    from IPython.core.displaypub import CapturingDisplayPublisher

    return CapturingDisplayPublisher()


class Descriptors:
    """C libraries write past Python: TensorFlow's first log line would cost a graded cell its points."""

    def __init__(self) -> None:
        self.saved: dict[int, int] = {}
        self.nowhere = -1
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stdout.flush()
            sys.stderr.flush()
        with contextlib.suppress(OSError):  # no descriptors at all: nothing to silence
            self.nowhere = os.open(os.devnull, os.O_WRONLY)
            for descriptor in (1, 2):
                with contextlib.suppress(OSError):
                    self.saved[descriptor] = os.dup(descriptor)

    def hold(self) -> None:
        for descriptor in self.saved:
            if not _is_same(descriptor, self.nowhere):
                with contextlib.suppress(OSError):
                    os.dup2(self.nowhere, descriptor)

    def release(self) -> None:
        for descriptor, copy in self.saved.items():
            with contextlib.suppress(OSError):
                os.dup2(copy, descriptor)
                os.close(copy)
        with contextlib.suppress(OSError):
            os.close(self.nowhere)


class Streams:
    """What is printed goes to one place."""

    def __init__(self, sink: Any) -> None:
        self.sink, self.before = sink, (sys.stdout, sys.stderr)

    def hold(self) -> None:
        sys.stdout = sys.stderr = self.sink

    def release(self) -> None:
        sys.stdout, sys.stderr = self.before


def _is_same(descriptor: int, other: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.fstat(other))
    except OSError:  # one of them was closed
        return False
