"""Right answers pass in every form, wrong ones are found and named, and no object breaks the comparison."""

from __future__ import annotations

import collections
import decimal
import math
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from autograder.student.arrays import RTOL, RTOL_FLOAT16, RTOL_FLOAT32
from autograder.student.difference import difference, matches, structure_difference, template_of
from autograder.student.probe import plain
from autograder.student.wire import Opaque

quick = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))

DTYPES = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="="),
    hnp.floating_dtypes(endianness="="),
    hnp.complex_number_dtypes(endianness="="),
    hnp.unicode_string_dtypes(endianness="=", max_len=4),
)
SHAPES = hnp.array_shapes(min_dims=0, min_side=0, max_side=4)
ARRAYS = DTYPES.flatmap(lambda dtype: hnp.arrays(dtype, SHAPES))
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=5),
    st.sets(st.one_of(st.integers(), st.text(max_size=2)), max_size=3),
    st.frozensets(st.integers(), max_size=3),
    ARRAYS,
    ARRAYS.filter(lambda array: array.size).map(lambda array: array.ravel()[0]),
    st.just(Opaque("Layer")),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
    ),
    max_leaves=6,
)


@quick
@given(value=VALUES)
@example(value=[10**400, 1.5])
@example(value=[2**64, -1])
@example(value=np.array([1e200, 1.0]))
def test_every_value_equals_itself(value: Any) -> None:
    """Nothing differs from itself, whatever it holds, and it has its own structure."""
    assert difference(value, value) is None
    assert difference(plain(value), plain(value)) is None


@quick
@given(values=hnp.arrays(float, hnp.array_shapes(max_side=5), elements=st.floats(width=64)))
def test_finite_arrays_have_their_own_structure(values: np.ndarray) -> None:
    """The structure of a result is found in the result itself, as long as its numbers are finite."""
    trouble = structure_difference(values, template_of(values))
    assert (trouble is None) == bool(np.isfinite(values).all())


# Numbers of one size: between 0.1 and 10, either sign. All precisions can hold them.
ORDINARY = st.floats(0.1, 10).flatmap(lambda size: st.sampled_from([size, -size]))
NUMBERS = hnp.arrays(float, hnp.array_shapes(max_dims=3, max_side=5), elements=ORDINARY)


@quick
@given(values=NUMBERS, data=st.data(), sign=st.sampled_from([-1, 1]), power=st.integers(-290, 290))
def test_one_wrong_entry_is_found(values: np.ndarray, data: st.DataObject, sign: int, power: int) -> None:
    """An entry off by thirty tolerances is found at any scale, and the message says where."""
    expected = values * 10.0**power
    found = expected.copy()
    where = data.draw(st.tuples(*(st.integers(0, n - 1) for n in values.shape)))
    found[where] += sign * 30 * RTOL * np.abs(expected).max()
    assume(found[where] != expected[where])
    off = difference(found, expected)
    assert off
    assert f" at [{', '.join(map(str, where))}]" in off.text
    assert not matches(found, expected)


@quick
@given(values=NUMBERS, share=st.floats(-0.9, 0.9))
def test_rounding_errors_pass(values: np.ndarray, share: float) -> None:
    """Entries within the tolerance are right."""
    assert matches(values * (1 + share * RTOL), values)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
@quick
@given(values=NUMBERS)
def test_a_right_result_of_another_precision_passes(dtype: Any, values: np.ndarray) -> None:
    """Float32 results of a float64 exercise are right, as arrays, lists and single numbers.

    Python's floats are told from float32's numbers by their digits.
    """
    found = values.astype(dtype)
    for form in [found, tuple(found), Tensor(found), list(found), found.tolist()]:
        assert difference(form, values) is None
    assert difference(found.ravel()[0], float(values.ravel()[0])) is None


@quick
@given(values=NUMBERS)
def test_float16_is_right_where_float16_is_expected(values: np.ndarray) -> None:
    """What that type rounds off is allowed to it where the exercise itself computes in it."""
    found = values.astype(np.float16)
    assert difference(found, (values * (1 + 1e-3)).astype(np.float16)) is None


def test_float16_can_not_hide_what_is_wrong() -> None:
    """A wrong function is not right because its result was cast; and a right one is told what it lacks."""
    values = np.array([0.3712, 1.2345, -2.7183])
    off = difference((values * 1.004).astype(np.float16), values)
    assert off is not None
    assert "float16" in off.text
    assert difference((values * 1.004).astype(np.float32), values) is not None


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(np.float16, RTOL_FLOAT16), (np.float32, RTOL_FLOAT32)], ids=["16", "32"]
)
@quick
@given(values=NUMBERS, data=st.data())
def test_a_wrong_result_of_another_precision_is_found(
    dtype: Any, tolerance: float, values: np.ndarray, data: st.DataObject
) -> None:
    """A lower precision is no licence: three of its tolerances are too much."""
    found = values.astype(dtype)
    where = data.draw(st.tuples(*(st.integers(0, n - 1) for n in values.shape)))
    found[where] += dtype(3 * tolerance * np.abs(values).max())
    assert difference(found, values)


@quick
@given(
    number=ORDINARY, as_form=st.sampled_from([np.asarray, np.float64, np.float32, lambda x: Tensor(x), float])
)
def test_forms_of_one_number_pass(number: float, as_form: Callable[[float], Any]) -> None:
    """A number may come as a NumPy scalar, a 0-d array or a 0-d tensor."""
    assert difference(as_form(number), number) is None
    assert difference({"loss": [as_form(number), "x"]}, {"loss": [number, "x"]}) is None


class Tensor:
    """Stands for a tensor of another library: no array, but it can be made one."""

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.values if dtype is None else self.values.astype(dtype)


Pair = collections.namedtuple("Pair", "mean variance")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param([1, 2, 3], np.array([1.0, 2.0, 3.0]), id="a list of integers"),
        pytest.param(((1.0, 2.0), (3.0, 4.0)), np.array([[1.0, 2], [3, 4]]), id="nested tuples"),
        pytest.param(np.array([1.0, 2.0]), [1, 2], id="an array for a list"),
        pytest.param(np.array([[1.0, 2], [3, 4]]), [[1, 2], [3, 4]], id="a matrix for nested lists"),
        pytest.param([1.0, np.array(2.0)], (1.0, 2.0), id="a list for a pair"),
        pytest.param(3.0, 3, id="a float for an integer"),
        pytest.param(np.int8(3), 3.0, id="a small integer for a float"),
        pytest.param(np.array(True), True, id="an array for a truth value"),
        pytest.param(1, True, id="1 for True"),
        pytest.param([1, 0], np.array([True, False]), id="0 and 1 for truth values"),
        pytest.param(np.str_("relu"), "relu", id="NumPy's text"),
        pytest.param([2, 1, 2], {1, 2}, id="a list for a set"),
        pytest.param(np.array([1.0 + 0j]), np.array([1.0 + 0j]), id="complex for complex"),
        pytest.param(
            [np.nan, np.inf, -np.inf], np.array([np.nan, np.inf, -np.inf]), id="NaN where it belongs"
        ),
        pytest.param(np.array([1e-16, 1.0]), np.array([0.0, 1.0]), id="a zero with a rounding error"),
        pytest.param(collections.OrderedDict(b=1, a=2), {"a": 2, "b": 1}, id="keys in another order"),
        pytest.param(plain(Pair(1.0, 2.0)), (1.0, 2.0), id="a named tuple"),
        pytest.param(plain({np.int64(3), np.int64(4)}), {3, 4}, id="a set of NumPy's integers"),
        pytest.param(plain({(np.int64(3), 4)}), plain({(3, 4)}), id="a set of pairs"),
        pytest.param(plain(np.ma.array([1.0, 2.0])), np.array([1.0, 2.0]), id="a masked array"),
        pytest.param(np.array(["a", "b"]), ["a", "b"], id="an array of words"),
        pytest.param(10**30, 10**30, id="an integer beyond 64 bits"),
        pytest.param(1e30, 10**30, id="a float for such an integer"),
    ],
)
def test_other_forms_of_a_right_answer_pass(found: Any, expected: Any) -> None:
    """Being right is being right."""
    assert difference(found, expected) is None


MATRIX = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]])
SQUARE = np.array([[1.0, 2.0], [3.5, 4.0]])
ROW = np.array([1.23456, 2.34567, 3.45678])
LABELS = np.array([0.0, 1.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("found", "expected", "kind", "words"),
    [
        pytest.param(None, ROW, "none", "is None, expected an array of shape (3,)", id="None"),
        pytest.param(None, {"a": 1}, "none", "is None, expected a dictionary with `a`", id="None for a dict"),
        pytest.param(
            MATRIX.T, MATRIX, "transposed shape", "rows and columns are swapped", id="transposed shape"
        ),
        pytest.param(SQUARE.T, SQUARE, "transposed", "Rows and columns are swapped", id="transposed"),
        pytest.param(MATRIX.ravel(), MATRIX, "shape", "in another arrangement", id="flattened"),
        pytest.param(ROW[:2], ROW, "shape", "of shape (2,), expected an array of shape (3,)", id="shape"),
        pytest.param(ROW, 1.0, "shape", "expected a single number", id="an array for a number"),
        pytest.param(1.0, ROW, "shape", "is a single number", id="a number for an array"),
        pytest.param(-ROW, ROW, "sign", "sign is reversed everywhere", id="sign"),
        pytest.param(2 * ROW, ROW, "factor", "2 times what it should be", id="factor"),
        pytest.param(ROW + 0.5, ROW, "offset", "off by the same 0.5", id="offset"),
        pytest.param(ROW[::-1], ROW, "reversed", "reverse order", id="reversed"),
        pytest.param(np.round(ROW, 2), ROW, "rounded", "looks rounded", id="rounded"),
        pytest.param(ROW * (1 + 3e-7), ROW, "value", "2 of 3 entries differ", id="hardly another factor"),
        pytest.param(1 - LABELS, LABELS, "value", "4 of 4 entries differ", id="the other label"),
        pytest.param(0.1, 0.098, "value", "is 0.1, expected 0.098", id="a number that is round"),
        pytest.param(0.0981, 0.09812, "rounded", "looks rounded", id="a number that was rounded"),
        pytest.param(ROW * [1, 1, 1.1], ROW, "value", "at [2], expected 3.45678; 1 of 3", id="one value"),
        pytest.param(1.5, 2.0, "value", "the result is 1.5, expected 2", id="a number"),
        pytest.param(ROW * [1, np.nan, 1], ROW, "not finite", "is nan at [1] (1 of 3 entries)", id="NaN"),
        pytest.param(np.inf, 1.0, "not finite", "is infinite", id="inf"),
        pytest.param(
            np.array([1.0, 2.0]), np.array([1.0, np.nan]), "value", "is 2, expected nan,", id="no NaN"
        ),
        pytest.param(-np.inf, np.inf, "value", "is -inf, expected inf", id="inf of the other sign"),
        pytest.param(ROW + 1j, ROW, "complex", "take `.real` or `.imag`", id="complex"),
        pytest.param(
            plain(ROW.astype(object)), ROW, "type", "array of Python objects (dtype=object)", id="object"
        ),
        pytest.param(ROW.astype(object), ROW, "type", "(dtype=object) of shape (3,)", id="object, as it is"),
        pytest.param(["1", "2", "3"], ROW, "type", "expected an array of shape (3,)", id="text"),
        pytest.param("3", 3.0, "type", "is the text '3'", id="text for a number"),
        pytest.param(3.0, "three", "type", "is the number 3", id="a number for text"),
        pytest.param("too", "two", "value", "is 'too', expected 'two'", id="another text"),
        pytest.param(True, 1.0, "type", "is the truth value True", id="True for a number"),
        pytest.param(ROW > 2, ROW, "type", "holds True and False, expected numbers", id="comparison"),
        pytest.param(ROW, ROW > 2, "type", "other values than True and False", id="numbers for truth values"),
        pytest.param(False, True, "value", "is False, expected True", id="False for True"),
        pytest.param(2.5, True, "type", "expected True or False", id="a number for a truth value"),
        pytest.param(0, None, "type", "is the number 0, expected None", id="a number for None"),
        pytest.param({"a": 1}, {"a": 1, "b": 2}, "keys", "has no `b`; it has `a`", id="a key is missing"),
        pytest.param({}, {"b": 2}, "keys", "it has no keys", id="no keys"),
        pytest.param({"a": 1, "c": 2}, {"a": 1}, "keys", "has `c` too many", id="a key too many"),
        pytest.param({"a": 1}, {"a": 2}, "value", "`a` is 1, expected 2", id="a value under a key"),
        pytest.param([1], {"a": 1}, "type", "is a list of 1 item, expected a dictionary", id="no dict"),
        pytest.param(["a"], ["a", "b"], "length", "holds 1 value, expected 2", id="too short"),
        pytest.param([[1], "b"], [[1], "c"], "value", "item 2 of 2 is 'b', expected 'c'", id="an item"),
        pytest.param(
            {"w": ["a", 1]}, {"w": ["a", 2]}, "value", "item 2 of `w` is 1", id="an item under a key"
        ),
        pytest.param(5, ["a", "b"], "type", "expected 2 values in a row", id="a number for a list"),
        pytest.param({1, 3}, {1, 2}, "value", "not the set looked for", id="another set"),
        pytest.param([[1]], {1}, "value", "not the set looked for", id="lists for a set"),
        pytest.param(3, {1}, "type", "expected a set", id="no set"),
        pytest.param(np.array(["a", "c"]), np.array(["a", "b"]), "value", "in 1 places", id="words"),
        pytest.param(Opaque("generator"), ROW, "type", "is an object of type generator", id="a generator"),
        pytest.param(ROW, Opaque("Layer"), "type", "expected an object of type Layer", id="no object"),
        pytest.param([[1, 2], [3]], MATRIX, "type", "is a list of 2 items", id="ragged"),
        pytest.param(10**400, 1.0, "type", "is the number 2**1328 or more", id="an endless integer"),
        pytest.param(10**30 + 10**25, 10**30, "value", "expected 1e+30", id="another large integer"),
        pytest.param(
            dict.fromkeys(range(10**5)),
            {"a": 0},
            "keys",
            "`7` and 99992 more",
            id="more keys than can be read",
        ),
        pytest.param(np.full(2, 1e200), np.full(2, 2e200), "factor", "0.5 times", id="huge numbers"),
    ],
)
def test_what_is_off_is_named(found: Any, expected: Any, kind: str, words: str) -> None:
    """The first thing that is off, in words a student can use, on one short line."""
    off = difference(found, expected)
    assert off
    assert off.kind == kind
    assert words in off.text
    assert len(off.text) < 400


def test_the_pattern_is_not_claimed_where_it_does_not_hold_everywhere() -> None:
    """One reversed sign of three is one wrong value, not a reversed sign."""
    off = difference(ROW * [1, -1, 1], ROW)
    assert off
    assert off.kind == "value"
    assert "everywhere" not in off.text


# Objects that fight back


def raising(*_: Any, **__: Any) -> Any:
    raise RuntimeError("no")


def hostile(*bases: type, **methods: Any) -> Any:
    """An object of a class with these methods."""
    return type("Hostile", bases, methods)()


def endless(self: Any) -> Iterator[int]:
    while True:
        yield 1


HOSTILE = {
    "raises when made an array": hostile(__array__=raising),
    "is made an array of objects": hostile(__array__=lambda self, *_, **__: np.array([None])),
    "is made no array at all": hostile(__array__=lambda self, *_, **__: "array"),
    "raises when asked for its length": hostile(__len__=raising, __iter__=endless),
    "has a negative length": hostile(__len__=lambda self: -1),
    "has an absurd length": hostile(__len__=lambda self: 2**100),
    "iterates without end": hostile(__len__=lambda self: 2, __iter__=endless),
    "iterates without length": hostile(__iter__=endless),
    "has a length and no items": hostile(__len__=lambda self: 2),
    "raises at its items": hostile(__len__=lambda self: 2, __getitem__=raising),
    "equals everything": hostile(__eq__=lambda self, other: True, __hash__=lambda self: hash(2.0)),
    "raises when compared": hostile(__eq__=raising, __hash__=lambda self: 1),
    "raises at every attribute": hostile(__getattr__=raising),
    "raises when shown": hostile(__repr__=raising, __str__=raising),
    "a dict that raises": hostile(dict, __contains__=raising, __iter__=raising, __len__=raising),
    "a dict that has every key": hostile(dict, __contains__=lambda *_: True),
    "a list that raises": hostile(list, __len__=raising, __iter__=raising),
    "a list of hostile items": [hostile(__array__=raising)] * 2,
    "a float that equals everything": hostile(float, __eq__=lambda *_: True, __hash__=None),
    "an array that equals everything": np.array([9.0, 9.0]).view(
        type("Equal", (np.ndarray,), {"__eq__": lambda *_: True, "__sub__": lambda *_: 0.0})
    ),
    "a text that equals everything": hostile(str, __eq__=lambda *_: True, __hash__=None),
    "a class": int,
    "a module": math,
    "a decimal": decimal.Decimal("2"),
    "an array of objects": np.array([1, None]),
    "an array with fields": np.zeros(2, dtype=[("a", float)]),
    "dates": np.zeros(2, dtype="M8[s]"),
    "raw bytes": b"ab",
    "a huge array": np.broadcast_to(1.0, (10**6, 10**6)),
    "a list of huge arrays": [np.broadcast_to(1.0, (10**6, 10**6))] * 2,
}
TARGETS = {
    "a number": 2.0,
    "a truth value": True,
    "None": None,
    "text": "two",
    "an array": np.array([1.0, 2.0]),
    "words": ["a", "b"],
    "a dict": {"a": 1.0, "b": 2.0},
    "a set": {2.0},
}


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
@pytest.mark.parametrize("found", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_objects_are_wrong_and_raise_nothing(found: Any, target: Any) -> None:
    """No object passes for a number, a text or an array by its manners, nor does it break the comparison."""
    off = difference(found, target)
    assert off
    assert off.text.startswith(("the result", "`a`", "item"))


def test_a_list_of_huge_arrays_is_not_copied() -> None:
    """A few arrays of one repeated number take no memory until they are put into one."""
    tracemalloc.start()
    off = difference([np.broadcast_to(1.0, 30_000_000)] * 2, np.array([1.0, 2.0]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert off
    assert peak < 10_000_000


def test_an_array_of_texts_is_called_one() -> None:
    found = difference(np.array(["0", "1"]), np.array([0, 1]))
    assert found is not None
    assert "an array of texts of shape (2,)" in found.text


def test_a_text_equals_itself_to_the_last_character() -> None:
    """NumPy's arrays of text drop null characters at the end; a comparison must not."""
    assert difference("\x00", "\x00") is None
    assert difference("a\x00", "a") is not None
