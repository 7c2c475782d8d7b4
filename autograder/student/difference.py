"""Equal to the expected value? And if not: in words, how not.

`difference` compares any result with an expected one and explains the first thing that is off. Being right
is being right: a list for an array, a tensor for an array, another float type or a NumPy scalar for a number
are all accepted, with tolerances that fit the precision the result was computed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import (
    RTOL,
    RTOL_FLOAT16,
    Difference,
    finiteness_difference,
    number_difference,
    structure_of_array_difference,
)
from .values import RETURN, as_array, hashable, is_numeric, kind_of, length_of, listed, short, wanted_kind
from .wire import Opaque

__all__ = [
    "RTOL_FLOAT16",
    "Difference",
    "Template",
    "difference",
    "in_the_form_of",
    "matches",
    "structure_difference",
    "template_of",
]


def difference(
    found: Any, expected: Any, rtol: float = RTOL, atol: float = 0.0, name: str = "the result"
) -> Difference | None:
    """None when `found` is right, otherwise the first thing that is off. Raises for no `found` whatever."""
    with np.errstate(all="ignore"):
        try:
            return None if _is_equal(found, expected) else _difference(found, expected, rtol, atol, name)
        except Exception as error:  # an object that fails when its length is asked for, or its items
            seen = f"an object of type {type(found).__name__}"
            return Difference("type", f"{name} is {seen} that can't be looked at: {type(error).__name__}")


def _is_equal(found: Any, expected: Any) -> bool:
    """Whether a number or an array is the expected one to the last bit: most are, and no more is asked."""
    kind = type(expected)
    if type(found) is not kind:
        return False
    if kind is np.ndarray:
        return bool(
            found.dtype == expected.dtype and found.shape == expected.shape and (found == expected).all()
        )
    return kind in (float, int, bool, str) and bool(found == expected)


def matches(found: Any, expected: Any, rtol: float = RTOL, atol: float = 0.0) -> bool:
    """True when `found` is right."""
    return difference(found, expected, rtol, atol, name="") is None


def _difference(found: Any, expected: Any, rtol: float, atol: float, name: str) -> Difference | None:
    if found is None and expected is not None:
        return Difference("none", f"{name} is None, expected {wanted_kind(expected)}: {RETURN}")
    if isinstance(expected, Mapping):
        return _mapping_difference(found, expected, rtol, atol, name)
    if expected is None or isinstance(expected, (str, bool, np.bool_, set, frozenset)):
        return _plain_difference(found, expected, name)
    if isinstance(expected, (list, tuple)) and not is_numeric(expected):
        return _sequence_difference(found, expected, rtol, atol, name)
    if isinstance(expected, Opaque):
        return (
            None
            if isinstance(found, Opaque)
            else Difference("type", f"{name} is {kind_of(found)}, expected {kind_of(expected)}")
        )
    wanted = as_array(expected)
    if wanted is None:  # a whole number beyond every float
        return _plain_difference(found, expected, name)
    return number_difference(found, wanted, rtol, atol, name)


def _mapping_difference(
    found: Any, expected: Mapping[Any, Any], rtol: float, atol: float, name: str
) -> Difference | None:
    if not isinstance(found, Mapping):
        return Difference(
            "type", f"{name} is {kind_of(found)}, expected a dictionary with {listed(expected)}"
        )
    missing = [key for key in expected if key not in found]
    if missing:
        return Difference("keys", f"{name} has no {listed(missing)}; it has {listed(found) or 'no keys'}")
    extra = [key for key in found if key not in expected]
    if extra:
        return Difference("keys", f"{name} has {listed(extra)} too many; expected {listed(expected)}")
    for key, value in expected.items():
        part = _difference(found[key], value, rtol, atol, f"`{key}`" if name else "")
        if part:
            return part
    return None


def _values(count: int) -> str:
    return "1 value" if count == 1 else f"{count} values"


def _sequence_difference(
    found: Any, expected: list[Any] | tuple[Any, ...], rtol: float, atol: float, name: str
) -> Difference | None:
    length = length_of(found)
    if length is None:
        return Difference("type", f"{name} is {kind_of(found)}, expected {_values(len(expected))} in a row")
    if length != len(expected):
        return Difference("length", f"{name} holds {_values(length)}, expected {len(expected)}")
    for i, (one, wanted) in enumerate(zip(found, expected, strict=True)):
        place = f"item {i + 1} of {len(expected) if name == 'the result' else name}" if name else ""
        part = _difference(one, wanted, rtol, atol, place)
        if part:
            return part
    return None


def _plain_difference(found: Any, expected: Any, name: str) -> Difference | None:
    """Words, sets, truth values and None: equal or not, with 0-d arrays unwrapped."""
    if isinstance(expected, (set, frozenset)):
        if not isinstance(found, (set, frozenset, list, tuple)):
            return Difference("type", f"{name} is {kind_of(found)}, expected a set")
        right = hashable(found) and set(found) == expected
        return (
            None
            if right
            else Difference("value", f"{name} is {short(found)}, which is not the set looked for")
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
        else Difference("value", f"{name} is {short(value)}, expected {short(expected)}")
    )


def structure_difference(found: Any, template: Any, name: str = "the result") -> Difference | None:
    """Containers, shapes, kinds and finiteness only: what a judge may rely on before it looks at values.

    Arrays and numbers of the template stand for any finite values of their shape and kind.
    """
    if isinstance(template, Mapping):
        if not isinstance(found, Mapping) or any(key not in found for key in template):
            return _mapping_difference(found, template, RTOL, 0.0, name)
        return _first(structure_difference(found[key], value, f"`{key}`") for key, value in template.items())
    if isinstance(template, Template):
        trouble = structure_of_array_difference(found, template.shape, template.kind, name)
        values = as_array(found)
        if trouble or values is None or template.kind not in "fciu":
            return trouble
        return finiteness_difference(values, np.zeros_like(values), name)
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


def _first(differences: Iterable[Difference | None]) -> Difference | None:
    return next((one for one in differences if one), None)
