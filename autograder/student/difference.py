"""Equal to the expected value? And if not: in words, how not.

`difference` compares any result with an expected one and explains the first thing that is off. Being right
is being right: a list for an array, a tensor for an array, another float type or a NumPy scalar for a number
are all accepted, with tolerances that fit the precision the result was computed in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .wire import Opaque

RTOL = 1e-7
RTOL_FLOAT32 = 1e-4
RTOL_FLOAT16 = 1e-2
LARGEST_ARRAY = 50_000_000  # entries; larger than any answer in a lesson, small enough to look at


@dataclass(frozen=True)
class Difference:
    """What is off, as a kind that programs can tell apart and a sentence for a person."""

    kind: str
    text: str


def difference(
    found: Any, expected: Any, rtol: float = RTOL, atol: float = 0.0, name: str = "the result"
) -> Difference | None:
    """None when `found` is right, otherwise the first thing that is off. Raises for no `found` whatever."""
    with np.errstate(all="ignore"):
        try:
            return _difference(found, expected, rtol, atol, name)
        except Exception as error:  # an object that fails when its length is asked for, or its items
            seen = f"an object of type {type(found).__name__}"
            return Difference("type", f"{name} is {seen} that can't be looked at: {type(error).__name__}")


def matches(found: Any, expected: Any, rtol: float = RTOL, atol: float = 0.0) -> bool:
    """True when `found` is right."""
    return difference(found, expected, rtol, atol) is None


def _difference(found: Any, expected: Any, rtol: float, atol: float, name: str) -> Difference | None:
    if isinstance(expected, Mapping):
        return _mapping_difference(found, expected, rtol, atol, name)
    if expected is None or isinstance(expected, (str, bool, np.bool_, set, frozenset)):
        return _plain_difference(found, expected, name)
    if isinstance(expected, (list, tuple)) and not _is_numeric(expected):
        return _sequence_difference(found, expected, rtol, atol, name)
    if isinstance(expected, Opaque):
        return (
            None
            if isinstance(found, Opaque)
            else Difference("type", f"{name} is {kind_of(found)}, expected {kind_of(expected)}")
        )
    return _numeric_difference(found, expected, rtol, atol, name)


def _mapping_difference(
    found: Any, expected: Mapping[Any, Any], rtol: float, atol: float, name: str
) -> Difference | None:
    if not isinstance(found, Mapping):
        return Difference(
            "type", f"{name} is {kind_of(found)}, expected a dictionary with {_listed(expected)}"
        )
    missing = [key for key in expected if key not in found]
    if missing:
        return Difference("keys", f"{name} has no {_listed(missing)}; it has {_listed(found) or 'no keys'}")
    extra = [key for key in found if key not in expected]
    if extra:
        return Difference("keys", f"{name} has {_listed(extra)} too many; expected {_listed(expected)}")
    for key, value in expected.items():
        part = _difference(found[key], value, rtol, atol, f"`{key}`")
        if part:
            return part
    return None


def _sequence_difference(
    found: Any, expected: list[Any] | tuple[Any, ...], rtol: float, atol: float, name: str
) -> Difference | None:
    length = _length(found)
    if length is None:
        return Difference("type", f"{name} is {kind_of(found)}, expected {len(expected)} values in a row")
    if length != len(expected):
        return Difference("length", f"{name} holds {length} values, expected {len(expected)}")
    for i, (one, wanted) in enumerate(zip(found, expected, strict=True)):
        place = f"item {i + 1} of {len(expected)}" if name == "the result" else f"item {i + 1} of {name}"
        part = _difference(one, wanted, rtol, atol, place)
        if part:
            return part
    return None


def _plain_difference(found: Any, expected: Any, name: str) -> Difference | None:
    """Words, sets, truth values and None: equal or not, with 0-d arrays unwrapped."""
    if isinstance(expected, (set, frozenset)):
        if not isinstance(found, (set, frozenset, list, tuple)):
            return Difference("type", f"{name} is {kind_of(found)}, expected a set")
        right = _hashable(found) and set(found) == expected
        return (
            None
            if right
            else Difference("value", f"{name} is {_short(found)}, which is not the set looked for")
        )
    plain = None if type(found) is str else as_array(found)  # NumPy drops null characters at a text's end
    value = plain.item() if plain is not None and plain.ndim == 0 else found
    if isinstance(expected, (bool, np.bool_)):
        if not isinstance(value, (bool, int, float)) or value not in (0, 1):
            return Difference("type", f"{name} is {kind_of(found)}, expected True or False")
        return (
            None
            if bool(value) == bool(expected)
            else Difference("value", f"{name} is {bool(value)}, expected {bool(expected)}")
        )
    expected = str(expected) if isinstance(expected, str) else expected  # NumPy's text as Python's
    if type(value) is not type(expected):
        return Difference("type", f"{name} is {kind_of(found)}, expected {kind_of(expected)}")
    return (
        None
        if value == expected
        else Difference("value", f"{name} is {_short(value)}, expected {_short(expected)}")
    )


def _numeric_difference(found: Any, expected: Any, rtol: float, atol: float, name: str) -> Difference | None:
    wanted = as_array(expected)
    if wanted is None:  # a whole number beyond every float
        return _plain_difference(found, expected, name)
    trouble = _structure_difference(found, wanted.shape, wanted.dtype.kind, name)
    values = as_array(found)
    if trouble or values is None:
        return trouble
    if wanted.dtype.kind == "U":
        wrong = np.count_nonzero(values != wanted)
        text = f"{name} differs from what is expected in {wrong} places"
        return Difference("value", text) if wrong else None
    finite = _finiteness_difference(values, wanted, name)
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
    return _value_difference(values, wanted, off, name)


def structure_difference(found: Any, template: Any, name: str = "the result") -> Difference | None:
    """Containers, shapes, kinds and finiteness only: what a judge may rely on before it looks at values.

    Arrays and numbers of the template stand for any finite values of their shape and kind.
    """
    if isinstance(template, Mapping):
        if not isinstance(found, Mapping) or any(key not in found for key in template):
            return _mapping_difference(found, template, RTOL, 0.0, name)
        return _first(structure_difference(found[key], value, f"`{key}`") for key, value in template.items())
    if isinstance(template, Template):
        trouble = _structure_difference(found, template.shape, template.kind, name)
        values = as_array(found)
        if trouble or values is None or template.kind not in "fciu":
            return trouble
        return _finiteness_difference(values, np.zeros_like(values), name)
    if isinstance(template, (list, tuple)):
        if not isinstance(found, (list, tuple)) or len(found) != len(template):
            return _sequence_difference(found, template, RTOL, 0.0, name)
        return _first(
            structure_difference(one, value, name) for one, value in zip(found, template, strict=True)
        )
    return _difference(found, template, RTOL, 0.0, name)


def in_the_form_of(template: Any, found: Any) -> Any:
    """What passed for the template, as a judge reads it: an array wherever one was asked for."""
    if isinstance(template, Mapping):
        return {**found, **{key: in_the_form_of(part, found[key]) for key, part in template.items()}}
    if isinstance(template, Template):
        array = as_array(found)
        plain = isinstance(found, (bool, int, float, complex, str, np.generic))
        return found if plain or array is None else array[()]
    if isinstance(template, (list, tuple)):
        return type(template)(in_the_form_of(part, one) for part, one in zip(template, found, strict=True))
    return found


@dataclass(frozen=True)
class Template:
    """Any finite array or number of this shape and kind."""

    shape: tuple[int, ...]
    kind: str


def template_of(value: Any) -> Any:
    """The structure of a value, its numbers forgotten."""
    if isinstance(value, Template):
        return value
    if isinstance(value, Mapping):
        return {key: template_of(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(template_of(item) for item in value)
    if isinstance(value, (bool, int, float, complex, np.generic, np.ndarray)):
        array = np.asarray(value)
        return Template(array.shape, array.dtype.kind)
    return value


def _structure_difference(found: Any, shape: tuple[int, ...], kind: str, name: str) -> Difference | None:
    wanted = describe_shape(shape)
    if found is None:
        return Difference(
            "none", f"{name} is None, expected {wanted}: does every way through the function end in `return`?"
        )
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


def _finiteness_difference(values: np.ndarray, wanted: np.ndarray, name: str) -> Difference | None:
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
        else f"{_number(number)}, expected {_number(wanted[where])},"
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
    off: np.ndarray = np.where(
        finite, ~(np.abs(numbers - targets) <= allowed), ~(numbers == targets) & ~np.isnan(targets)
    )
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
    example = f"{name} is {_number(values[where])}{_at(where)}, expected {_number(wanted[where])}"
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
        ):
            return "factor", f". Everything is {_number(ratios.flat[0])} times what it should be"
        steps = (found - wanted)[usable]
        if np.allclose(steps, steps.flat[0], rtol=1e-6) and usable.all():
            return "offset", f". Everything is off by the same {_number(steps.flat[0])}"
    if wanted.ndim >= 1 and wanted.size > 1 and np.allclose(found[::-1], wanted, rtol=1e-6, equal_nan=True):
        return "reversed", ". The right values in reverse order"
    if (
        wanted.ndim == 2
        and wanted.shape[0] == wanted.shape[1]
        and np.allclose(found.T, wanted, rtol=1e-6, equal_nan=True)
    ):
        return "transposed", ". Rows and columns are swapped"
    for digits in (1, 2, 3, 4):
        if np.array_equal(found, np.round(wanted, digits)):
            return "rounded", ". It looks rounded: keep all digits"
    return "value", ""


# What counts as an array, and how things are called


def as_array(value: Any) -> np.ndarray | None:
    """The value as an array of numbers, truth values or text, or None when it is nothing of the kind.

    Tensors and lists of numbers convert; arrays of objects do not.
    """
    if isinstance(value, np.ndarray):
        return np.asarray(value) if value.dtype.kind in "biufcU" else None
    if isinstance(value, (bool, int, float, complex, str, np.generic)):
        try:
            array = np.asarray(value)
            if array.dtype == object:
                array = np.asarray(float(value))  # type: ignore[arg-type]  # complex: TypeError
        except (OverflowError, TypeError, ValueError):
            return None
        return array if array.dtype.kind in "biufcU" else None
    if isinstance(value, (list, tuple)) or hasattr(value, "__array__"):
        return _converted(value)
    return None


def _converted(value: Any) -> np.ndarray | None:
    if isinstance(value, (list, tuple)):
        entries = len(value) + sum(item.size for item in value if isinstance(item, np.ndarray))
        if entries > LARGEST_ARRAY:  # a few huge arrays in a list would be copied into a larger one
            return None
    try:
        array = np.asarray(value)
    except Exception:  # a foreign type may fail in any way it likes: it is no array then
        return None
    return array if array.dtype.kind in "biufcU" and array.size <= LARGEST_ARRAY else None


def _is_numeric(value: list[Any] | tuple[Any, ...]) -> bool:
    """A list of plain numbers, which is compared as one array; nested or mixed lists go item by item."""
    plain = all(
        isinstance(item, (int, float, np.integer, np.floating)) and not isinstance(item, bool)
        for item in value
    )
    return len(value) > 0 and plain and as_array(value) is not None


def kind_of(value: Any) -> str:
    """What a value is, in a student's words."""
    if value is None:
        return "None"
    if isinstance(value, Opaque) and value.type_name.startswith("array of "):
        return f"an {value.type_name}"
    if isinstance(value, Opaque):
        return f"an object of type {value.type_name}"
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            return f"an array of Python objects (dtype=object) of shape {value.shape}"
        if value.dtype.kind == "U":
            return f"an array of texts of shape {value.shape}"
        return describe_shape(value.shape)
    if isinstance(value, (bool, np.bool_)):
        return f"the truth value {bool(value)}"
    if isinstance(value, str):
        return f"the text {_short(value)}"
    if isinstance(value, (int, float, complex, np.generic)):
        return f"the number {_number(value)}"
    if isinstance(value, (list, tuple, set, dict)):
        article = {"list": "a list", "tuple": "a tuple", "set": "a set", "dict": "a dictionary"}
        items = "1 item" if len(value) == 1 else f"{len(value)} items"
        return f"{article.get(type(value).__name__, 'a collection')} of {items}"
    return f"an object of type {type(value).__name__}"


def describe_shape(shape: tuple[int, ...]) -> str:
    """A shape in words."""
    return "a single number" if shape == () else f"an array of shape {shape}"


def _number(value: Any) -> str:
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, (bool, int)):
        size = abs(value).bit_length()
        return str(value) if size <= 64 else f"{'-' if value < 0 else ''}2**{size - 1} or more"
    if isinstance(value, complex):
        return f"{value:.4g}"
    return f"{value:.6g}"


def _short(value: Any, width: int = 60) -> str:
    text = _number(value) if isinstance(value, int) else repr(str(value) if isinstance(value, str) else value)
    return text if len(text) <= width else text[: width - 1] + "…"


def _listed(keys: Iterable[Any], most: int = 8) -> str:
    keys = list(keys)
    words = [
        f"`{key if isinstance(key, str) and len(key) <= 30 else _short(key, 30)}`" for key in keys[:most]
    ]
    return ", ".join(words) + (f" and {len(keys) - most} more" if len(keys) > most else "")


def _length(value: Any) -> int | None:
    """How many values stand in a row, or None when it is no row."""
    if isinstance(value, (str, bytes, Mapping, Opaque, set)):
        return None
    try:
        return len(value)
    except TypeError:  # a 0-d array has __len__ and yet no length
        return None


def _hashable(values: Iterable[Any]) -> bool:
    try:
        return bool(set(values) or True)
    except TypeError:
        return False


def _first_index(mask: np.ndarray) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(mask)), mask.shape)) if mask.ndim else ()


def _at(where: tuple[int, ...]) -> str:
    return f" at [{', '.join(map(str, where))}]" if where else ""


def _first(differences: Iterable[Difference | None]) -> Difference | None:
    return next((one for one in differences if one), None)
