"""Calls a student's functions on the inputs of a case and brings back what came of it, as data.

The same few lines run in the notebook and on the far side of the sandbox: no judging happens here.
"""

from __future__ import annotations

import copy
import linecache
import re
import time
import traceback
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

import numpy as np

from . import properties
from .guard import Stopped
from .sheet import Case, Outcome, Sheet
from .values import LARGEST_ARRAY
from .wire import Opaque

Driver = Callable[[list[Any], Case, dict[str, Any]], Any]
_SOURCE = "__source__"  # in the names of a driver or judge: its text
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # Keras writes for a terminal
_IN_SETS = (str, int, float, tuple, frozenset, np.bool_, np.integer, np.floating)


def driver_for(sheet: Sheet) -> Driver:
    """Calls the functions of an exercise for a case: through its driver, or with the inputs in order."""
    if sheet.driver:
        drive = defined_in(sheet.driver, "drive")
        return lambda functions, case, inputs: drive(*functions, **inputs)

    def call(functions: list[Any], case: Case, inputs: dict[str, Any]) -> Any:
        chosen = functions[sheet.functions.index(case.call)] if case.call else functions[0]
        return chosen(*inputs.values())

    return call


def defined_in(source: str, name: str) -> Callable[..., Any]:
    """The function that a piece of our own source defines."""
    namespace: dict[str, Any] = {"np": np, "__name__": "autograder.student.sheet", _SOURCE: source}
    exec(_compiled(source, name), namespace)
    found: Callable[..., Any] = namespace[name]
    return found


@lru_cache(maxsize=64)  # a driver is asked for public cases and for hidden ones, a judge for every submission
def _compiled(source: str, name: str) -> CodeType:
    return compile(source, f"<{name} of an exercise>", "exec")


def missing_function(name: str) -> Callable[..., Any]:
    """What stands for a function that the notebook does not define."""

    def absent(*_: Any, **__: Any) -> Any:
        raise NotImplementedError(f"`{name}` is not defined: run the cell that defines it")

    return absent


def outcome_of(driver: Driver, functions: list[Any], case: Case) -> Outcome:
    """One call of the driver, on copies of the inputs, so that no case can spoil another."""
    given = copy.deepcopy(case.inputs)
    started = time.perf_counter()
    try:
        value = plain(driver(functions, case, given))
    except Stopped:
        raise
    except BaseException as error:  # a student's sys.exit() is an answer like any other wrong one
        seconds = time.perf_counter() - started
        kind, text, where = type(error).__name__, _message(error), _students_line(error)
        return Outcome(None, kind, text, where, seconds=seconds, ours=_ours(error))
    seconds = time.perf_counter() - started
    changed = tuple(name for name, value in case.inputs.items() if not _identical(given.get(name), value))
    return Outcome(value, changed=changed, seconds=seconds)


def plain(value: Any, depth: int = 0) -> Any:
    """The value as data: tensors as arrays, subclasses of arrays as arrays, the rest as `Opaque`."""
    if value is None or type(value) in (bool, int, float, complex, str):
        return value
    if isinstance(value, np.ndarray):
        return np.asarray(value) if value.dtype.kind in "biufcU" else Opaque(_array_name(value))
    if isinstance(value, np.generic):
        return value if value.dtype.kind in "biufcU" else Opaque(type(value).__name__)
    if type(value) in (list, tuple, set, frozenset, dict) and (depth > 20 or len(value) > LARGEST_ARRAY):
        return Opaque(f"{type(value).__name__} of {len(value)} items")
    if type(value) in (list, tuple):
        return type(value)(plain(item, depth + 1) for item in value)
    if type(value) in (set, frozenset):
        return type(value)(plain(item) if isinstance(item, _IN_SETS) else repr(item) for item in value)
    if isinstance(value, Mapping):
        return {plain(key, depth + 1): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):  # subclasses: a named tuple
        return plain(list(value) if isinstance(value, list) else tuple(value), depth)
    if isinstance(value, (bool, int, float, str)):  # subclasses: an enumeration, a numpy-like float
        base = next(kind for kind in (bool, int, float, str) if isinstance(value, kind))
        return base(value)
    return _from_foreign(value)


def plain_scalars(value: Any) -> Any:
    """The value with NumPy's numbers as Python's, for showing."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: plain_scalars(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(plain_scalars(item) for item in value)
    return value


def _from_foreign(value: Any) -> Any:
    if hasattr(value, "__array__") and not isinstance(value, type):
        try:
            array = np.asarray(value)
        except Exception:  # a tensor that needs detaching, a lazy frame: not data
            return Opaque(type(value).__name__)
        if array.dtype.kind in "biufcU":
            return array
    return Opaque(type(value).__name__)


def _array_name(array: np.ndarray) -> str:
    return (
        f"array of Python objects (dtype=object), shape {array.shape}"
        if array.dtype == object
        else f"array of dtype {array.dtype}"
    )


def _identical(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        if one.dtype != other.dtype or one.shape != other.shape:
            return False
        if bool((one == other).all()):
            return True
        if one.dtype.kind not in "fc":
            return False
        # x[i] += h and back leaves a rounding error: the argument counts as restored
        with np.errstate(all="ignore"):
            return bool(np.allclose(one, other, rtol=1e-12, atol=1e-300, equal_nan=True))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return list(one) == list(other) and all(_identical(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_identical, one, other))
    return type(one) is type(other) and (one == other or one != one)


def _message(error: BaseException) -> str:
    """The exception's text; for a stub, whose there is none, which function is not written."""
    try:
        text = str(error)
    except Exception:  # an exception of the student's that fails when it is shown
        text = ""
    if not text and type(error) is NotImplementedError:
        (*_, (innermost, _)) = traceback.walk_tb(error.__traceback__)
        text = f"`{innermost.f_code.co_name}` is not written yet"
    return printable(" ".join(_COLOURS.sub("", text).split())[:300])


def printable(text: str) -> str:
    """The text without the halves of characters that no stream and no notebook can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _ours(error: BaseException) -> str:
    """Whether it was a driver that complained: "said" by its author, "tripped" over a result; else empty."""
    last = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        last = frame.f_globals, line
    if last is None:
        return ""
    names, line = last
    if names.get("__name__") == properties.__name__:
        return "said"
    if _SOURCE not in names or isinstance(error, NotImplementedError):
        return ""
    lines = names[_SOURCE].split("\n")
    return "said" if _begins_with_raise(lines, line) else "tripped"


def _begins_with_raise(lines: list[str], line: int) -> bool:
    return line <= len(lines) and lines[line - 1].strip().startswith("raise ")


def _students_line(error: BaseException) -> str:
    """The innermost line of a notebook cell in the traceback, which is where a student can look."""
    found: tuple[str, int] | None = None
    for frame, number in traceback.walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        if "ipykernel_" in file or file.startswith("<ipython-input"):
            found = file, number or 0
    return f"line {found[1]}: {linecache.getline(*found).strip()}" if found else ""
