"""Two arrays of numbers: of one shape, finite alike, equal within the tolerance? If not: how not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .values import RETURN, as_array, describe_shape, in_digits_that_differ, kind_of, number_text

RTOL = 1e-7
RTOL_FLOAT32 = 1e-4
RTOL_FLOAT16 = 1e-2
SEVERAL = 3  # different numbers, or digits, that hardly agree by chance


@dataclass(frozen=True)
class Difference:
    """What is off, as a kind that programs can tell apart and a sentence for a person."""

    kind: str
    text: str


UNSAID = Difference("value", "")


def number_difference(
    found: Any, wanted: np.ndarray, rtol: float, atol: float, name: str
) -> Difference | None:
    """The first thing that is off; without a name nobody reads it, and no pattern is looked for."""
    trouble = structure_of_array_difference(found, wanted.shape, wanted.dtype.kind, name)
    values = as_array(found)
    if trouble or values is None:
        return trouble
    if wanted.dtype.kind == "U":
        wrong = np.count_nonzero(values != wanted)
        text = f"{name} differs from what is expected in {wrong} places"
        return Difference("value", text) if wrong else None
    if (values == wanted).all():  # most often: then there is no more to look at
        return None
    finite = finiteness_difference(values, wanted, name)
    if finite:
        return finite
    if wanted.size == 0:
        return None
    off = _off(values, wanted, rtol, atol)
    if not off.any():
        return None
    if values.dtype == np.float16 and not _off(values, wanted, RTOL_FLOAT16, atol).any():
        return Difference(
            "precision",
            f"{name} is float16, which keeps three digits: too few to tell. Compute in float32 or float64",
        )
    return _value_difference(values, wanted, off, name) if name else UNSAID


def structure_of_array_difference(
    found: Any, shape: tuple[int, ...], kind: str, name: str
) -> Difference | None:
    wanted = describe_shape(shape)
    if found is None:
        return Difference("none", f"{name} is None, expected {wanted}: {RETURN}")
    if isinstance(found, (bool, np.bool_)) and kind != "b":
        return Difference("type", f"{name} is {kind_of(found)}, expected {wanted}")
    values = as_array(found)
    if values is None or (values.dtype.kind == "U") != (kind == "U"):
        return Difference("type", f"{name} is {kind_of(found)}, expected {wanted}")
    if values.shape != shape:
        return _shape_difference(values, shape, name)
    if values.dtype.kind == "c" and kind != "c":
        return Difference(
            "complex", f"{name} is complex, expected real numbers: take `.real` or `.imag` at the end"
        )
    if values.dtype.kind == "b" and kind in "fc":
        return Difference("type", f"{name} holds True and False, expected numbers")
    if kind == "b" and not np.isin(values, (0, 1)).all():
        return Difference("type", f"{name} holds other values than True and False")
    return None


def _shape_difference(values: np.ndarray, shape: tuple[int, ...], name: str) -> Difference:
    text = f"{name} is {describe_shape(values.shape)}, expected {describe_shape(shape)}"
    if len(shape) > 1 and values.shape == shape[::-1]:
        return Difference("transposed shape", text + ": rows and columns are swapped")
    if values.size == math.prod(shape):
        return Difference("shape", text + ": the right number of entries in another arrangement")
    return Difference("shape", text)


def finiteness_difference(values: np.ndarray, wanted: np.ndarray, name: str) -> Difference | None:
    if values.dtype.kind not in "fc" or wanted.dtype.kind not in "fciu":
        return None
    unlike = (np.isnan(values) != np.isnan(wanted)) | (np.isinf(values) != np.isinf(wanted))
    if not unlike.any():
        return None
    where = _first_index(unlike)
    number = values[where]
    what = (
        "nan"
        if np.isnan(number)
        else "infinite"
        if np.isinf(number)
        else f"{number_text(number)}, expected {number_text(wanted[where])},"
    )
    return Difference(
        "not finite" if not np.isfinite(number) else "value",
        f"{name} is {what}{_at(where)} ({np.count_nonzero(unlike)} of {values.size} entries)",
    )


def _off(values: np.ndarray, wanted: np.ndarray, rtol: float, atol: float) -> np.ndarray:
    """Which entries lie outside the tolerance.

    Beside its own size an entry is allowed the same share of the array's typical size: sums that cancel
    leave rounding errors of the terms' size, not of the result's.
    """
    rtol = max(rtol, _precision(values, wanted))
    numbers, targets = _comparable(values), _comparable(wanted)
    finite = np.isfinite(targets)
    sizes = np.abs(np.where(finite, targets, 0))
    largest = float(sizes.max()) or 1.0  # taken out before squaring, which overflows from 1e154 on
    typical = largest * float(np.sqrt(np.mean((sizes[finite] / largest) ** 2))) if finite.any() else 0.0
    allowed = np.minimum(atol + rtol * sizes + rtol * typical, np.finfo(float).max)
    off: np.ndarray = np.where(finite, ~(np.abs(numbers - targets) <= allowed), ~np.isnan(targets))
    off &= ~(numbers == targets)  # also where sizes have overflowed
    return off


def _comparable(values: np.ndarray) -> np.ndarray:
    return values.astype(complex if values.dtype.kind == "c" else float)


def _precision(values: np.ndarray, wanted: np.ndarray) -> float:
    """The relative error to allow for the type the numbers were computed in.

    A float64 array whose every entry is a float32 number was a float32 once (`float(tensor)` does that).
    Numbers of float16 are allowed what that type rounds off only where the expected ones are of it, too: its
    three digits would hide the difference between a wrong function and a right one.
    """
    if values.dtype.kind not in "fc":
        return 0.0
    if values.dtype == np.float16:
        return RTOL_FLOAT16 if wanted.dtype == np.float16 else RTOL_FLOAT32
    narrow = values.astype(np.complex64 if values.dtype.kind == "c" else np.float32)
    came_from_float32 = bool(np.all((narrow == values) | np.isnan(values)))
    whole = bool(np.all(values == np.round(values)))  # 2.0 is a float32 number too, and says nothing
    return RTOL_FLOAT32 if came_from_float32 and not whole else 0.0


def _value_difference(values: np.ndarray, wanted: np.ndarray, off: np.ndarray, name: str) -> Difference:
    """The values are wrong: is there a pattern in it that helps?"""
    kind, pattern = _pattern(_comparable(values), _comparable(wanted))
    where = _first_index(off)
    one, other = in_digits_that_differ(values[where], wanted[where])
    example = f"{name} is {one}{_at(where)}, expected {other}"
    if values.size > 1:
        example += f"; {np.count_nonzero(off)} of {values.size} entries differ"
    return Difference(kind, f"{example}{pattern}")


def _pattern(found: np.ndarray, wanted: np.ndarray) -> tuple[str, str]:
    usable = np.isfinite(found) & np.isfinite(wanted) & (wanted != 0)
    if np.allclose(found, -wanted, rtol=1e-6, atol=0) and usable.any():
        return "sign", ". The sign is reversed everywhere"
    if usable.sum() >= 2:
        ratios = found[usable] / wanted[usable]
        if (
            np.allclose(ratios, ratios.flat[0], rtol=1e-6)
            and np.all((wanted != 0) | (found == 0))
            and abs(ratios.flat[0]) > 1e-12
            and number_text(ratios.flat[0]) != "1"  # a little off, in all digits that would be shown
        ):
            return "factor", f". Everything is {number_text(ratios.flat[0])} times what it should be"
        steps = (found - wanted)[usable]
        if np.allclose(steps, steps.flat[0], rtol=1e-6) and usable.all():
            return "offset", f". Everything is off by the same {number_text(steps.flat[0])}"
    several = len(np.unique(wanted)) >= SEVERAL
    if wanted.ndim >= 1 and several and np.allclose(found[::-1], wanted, rtol=1e-6, equal_nan=True):
        return "reversed", ". The right values in reverse order"
    if (
        wanted.ndim == 2
        and wanted.shape[0] == wanted.shape[1]
        and np.allclose(found.T, wanted, rtol=1e-6, equal_nan=True)
    ):
        return "transposed", ". Rows and columns are swapped"
    for digits in (1, 2, 3, 4):
        kept = digits + np.floor(np.log10(np.abs(wanted).max() or 1)) + 1
        told = several or kept >= SEVERAL  # 0.1 for 0.098 may well be another number
        if told and np.array_equal(found, np.round(wanted, digits)) and np.any(found != 0):
            return "rounded", ". It looks rounded: keep all digits"
    return "value", ""


def _first_index(mask: np.ndarray) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(mask)), mask.shape)) if mask.ndim else ()


def _at(where: tuple[int, ...]) -> str:
    return f" at [{', '.join(map(str, where))}]" if where else ""
