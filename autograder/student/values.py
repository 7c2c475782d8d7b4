"""What a value is: an array of numbers or nothing of the kind, and how it is called in a student's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from .wire import Opaque

LARGEST_ARRAY = 50_000_000  # entries; larger than any answer in a lesson, small enough to look at
MOST_DIGITS = 17  # with which any two float64 differ
RETURN = "does every way through the function return a value?"


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


def is_numeric(value: list[Any] | tuple[Any, ...]) -> bool:
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
        return f"the text {short(value)}"
    if isinstance(value, (int, float, complex, np.generic)):
        return f"the number {number_text(value)}"
    if isinstance(value, (list, tuple, set, dict)):
        article = {"list": "a list", "tuple": "a tuple", "set": "a set", "dict": "a dictionary"}
        items = "1 item" if len(value) == 1 else f"{len(value)} items"
        return f"{article.get(type(value).__name__, 'a collection')} of {items}"
    return f"an object of type {type(value).__name__}"


def describe_shape(shape: tuple[int, ...]) -> str:
    """A shape in words."""
    return "a single number" if shape == () else f"an array of shape {shape}"


def number_text(value: Any, digits: int = 6) -> str:
    """A number with some digits; of complex numbers, fewer."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, (bool, int)):
        size = abs(value).bit_length()
        return str(value) if size <= 64 else f"{'-' if value < 0 else ''}2**{size - 1} or more"
    if isinstance(value, complex):
        return f"{value:.{max(digits - 2, 2)}g}"
    return f"{value + 0.0:.{digits}g}"  # no minus before a zero


def in_digits_that_differ(one: Any, other: Any) -> tuple[str, str]:
    """Two numbers that are not the same, with so many digits that they read differently."""
    texts = number_text(one), number_text(other)
    for digits in range(7, MOST_DIGITS + 1):
        if texts[0] != texts[1]:
            break
        texts = number_text(one, digits), number_text(other, digits)
    return texts


def wanted_kind(expected: Any) -> str:
    """What should have been there, in the words of `kind_of`; of a dictionary its keys."""
    if isinstance(expected, Mapping):
        return f"a dictionary with {listed(expected)}"
    if isinstance(expected, (bool, np.bool_)):
        return "True or False"
    array = as_array(expected)
    if array is None or isinstance(expected, str):
        return "a text" if isinstance(expected, str) else kind_of(expected)
    return describe_shape(array.shape)


def short(value: Any, width: int = 60) -> str:
    """A value as Python writes it, cut off."""
    text = (
        number_text(value)
        if isinstance(value, int)
        else repr(str(value) if isinstance(value, str) else value)
    )
    return text if len(text) <= width else text[: width - 1] + "…"


def listed(keys: Iterable[Any], most: int = 8) -> str:
    """Keys one after the other, as code."""
    keys = list(keys)
    words = [f"`{key if isinstance(key, str) and len(key) <= 30 else short(key, 30)}`" for key in keys[:most]]
    return ", ".join(words) + (f" and {len(keys) - most} more" if len(keys) > most else "")


def length_of(value: Any) -> int | None:
    """How many values stand in a row, or None when it is no row."""
    if isinstance(value, (str, bytes, Mapping, Opaque, set)):
        return None
    try:
        return len(value)
    except TypeError:  # a 0-d array has __len__ and yet no length
        return None


def hashable(values: Iterable[Any]) -> bool:
    """Whether a set can be made of them."""
    try:
        return bool(set(values) or True)
    except TypeError:
        return False
