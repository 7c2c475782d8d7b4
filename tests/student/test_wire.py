"""What goes over the wire comes back equal, and what comes back from a stranger is a value or a WireError."""

from __future__ import annotations

import base64
import io
import json
import math
import struct
import tracemalloc
import warnings
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autograder.errors import WireError
from autograder.student import wire
from autograder.student.wire import Opaque, from_json, pack, to_json, unpack

quick = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
LONG = np.longdouble  # on some systems a float64 under another name

DTYPES = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="?"),
    hnp.unsigned_integer_dtypes(endianness="?"),
    hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
    hnp.complex_number_dtypes(endianness="?", sizes=(64, 128)),
    hnp.unicode_string_dtypes(endianness="?", max_len=5),
)
ARRAYS = DTYPES.flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
)
SCALARS = DTYPES.flatmap(lambda dtype: hnp.arrays(dtype, ())).map(lambda array: array[()])
TEXT = st.text(st.characters(codec=None), max_size=12)  # lone halves of characters included
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**200), 2**200),
    st.floats(),
    st.complex_numbers(),
    TEXT,
)
KEYS = st.one_of(st.none(), st.booleans(), st.integers(), TEXT, st.tuples(st.integers(), TEXT))
VALUES = st.recursive(
    st.one_of(PLAIN, ARRAYS, SCALARS, st.sets(KEYS, max_size=4), st.frozensets(KEYS, max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(KEYS, inner, max_size=4),
    ),
    max_leaves=8,
)


def equal(one: Any, other: Any) -> bool:
    """Equal in value and type all the way down, NaN equal to itself."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        # == of text arrays cuts trailing zeros off, and NaNs differ in bits that nobody sees
        return (
            one.dtype == other.dtype
            and one.shape == other.shape
            and repr(one) == repr(other)
            and same(one, other)
        )
    if isinstance(one, np.generic):
        return one.dtype == other.dtype and repr(one) == repr(other)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict):
        return equal(list(one), list(other)) and equal(list(one.values()), list(other.values()))
    if isinstance(one, (float, complex)):
        return repr(one) == repr(other)
    return one == other


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")


def through_json(value: Any) -> Any:
    return from_json(json.loads(json.dumps(to_json(value), allow_nan=False)))


def through_frame(value: Any) -> Any:
    return unpack(pack(value))


both_ways = pytest.mark.parametrize("there_and_back", [through_json, through_frame])


@both_ways
@quick
@given(value=VALUES)
@example(value=np.array([1.5, np.nan, -np.inf, -0.0]))
@example(value=np.array(2.5))
@example(value=[np.str_("ab"), "\ud800", -(2**63), 2**64])
def test_comes_back_equal(there_and_back: Any, value: Any) -> None:
    """Value, type and dtype survive the trip."""
    assert equal(there_and_back(value), value)


@both_ways
@pytest.mark.parametrize(
    "value",
    [
        pytest.param(np.arange(100_000.0), id="large"),
        pytest.param(np.arange(300, dtype=np.int8).reshape(3, 100), id="more than a few"),
        pytest.param(np.arange(1000.0)[::3], id="with steps"),
        pytest.param(np.arange(12).reshape(3, 4)[:, 1:3], id="small with steps"),
        pytest.param(np.asfortranarray(np.arange(600.0).reshape(20, 30)), id="fortran order"),
        pytest.param(np.asfortranarray(np.eye(3)), id="small fortran order"),
        pytest.param(np.broadcast_to(np.float32(3), (50, 40)), id="broadcast"),
        pytest.param(np.zeros((0, 3)), id="empty"),
        pytest.param(np.zeros((500, 0, 2), dtype=complex), id="empty and complex"),
        pytest.param(np.array([], dtype="U4"), id="no text"),
        pytest.param(np.full((1,) * 40, 7), id="forty axes"),
        pytest.param(np.array(["a", "", "ünïcode"]), id="text"),
        pytest.param(np.array([np.nan, np.inf, -np.inf] * 30), id="not finite"),
        pytest.param(np.array([2**64 - 1], dtype=np.uint64), id="the largest integer"),
        pytest.param(LONG(1) / 3, id="longdouble"),
        pytest.param(np.array([LONG(1) / 3]), id="longdoubles"),
        pytest.param({frozenset({1, (2, 3)}), frozenset()}, id="sets in a set"),
        pytest.param({"a": [({1: [np.float16(2)]},)]}, id="nested"),
    ],
)
def test_unusual_arrays_and_numbers_come_back_equal(there_and_back: Any, value: Any) -> None:
    """The layout in memory is not part of a value; its dtype is."""
    assert equal(there_and_back(value), value)


class Trap:
    """Cannot be pickled or shown: touching it is a failure."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise AssertionError("pickled")

    def __repr__(self) -> str:
        raise AssertionError("shown")


class Point(tuple):
    __slots__ = ()


@both_ways
@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        pytest.param(Trap(), "Trap", id="an object"),
        pytest.param(Trap, "type", id="a class"),
        pytest.param(len, "builtin_function_or_method", id="a function"),
        pytest.param((i for i in [1]), "generator", id="a generator"),
        pytest.param(np.array([Trap(), None]), "ndarray", id="an array of objects"),
        pytest.param(np.zeros(2, dtype="M8[s]"), "ndarray", id="dates"),
        pytest.param(np.zeros(2, dtype=[("a", int)]), "ndarray", id="records"),
        pytest.param(b"abc", "bytes", id="bytes"),
        pytest.param(Point(), "Point", id="a subclass of a container"),
        pytest.param(Opaque("Layer"), "Layer", id="an opaque value again"),
    ],
)
def test_what_is_not_data_arrives_as_its_type(there_and_back: Any, value: Any, type_name: str) -> None:
    """An object crosses as the name of its type, inside containers too."""
    assert there_and_back([value, {"a": (value,)}]) == [Opaque(type_name), {"a": (Opaque(type_name),)}]


@both_ways
def test_an_endless_container_ends(there_and_back: Any) -> None:
    """A list that holds itself is cut off at some depth."""
    endless: list[Any] = []
    endless.append(endless)
    value, depth = there_and_back(endless), 0
    while isinstance(value, list):
        (value,), depth = value, depth + 1
    assert value == Opaque("deeply nested list")
    assert depth == wire.DEPTH_LIMIT + 1


@both_ways
def test_an_array_beyond_the_limit_arrives_as_its_shape(there_and_back: Any) -> None:
    """One number broadcast to a million millions is not written out."""
    assert there_and_back(np.broadcast_to(0.0, (10**6, 10**6))) == Opaque("array of shape (1000000, 1000000)")


@pytest.mark.parametrize("value", ["x" * 17_000_000, [np.zeros(5_000_000)] * 2], ids=["a head", "arrays"])
def test_a_value_beyond_the_limit_is_not_packed(value: Any) -> None:
    """`pack` refuses what `unpack` would."""
    with pytest.raises(WireError, match="too large"):
        pack(value)


# Frames that `pack` would not have written


def frame(head: Any, *blobs: bytes) -> bytes:
    """A frame with a head of our making: an object, or the text itself."""
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack(">I", len(text)) + text + b"".join(blobs)


def blob(data: bytes, number: int = 0) -> dict:
    return {"blob": number, "bytes": len(data)}


def npy(
    descr: str, shape: str, body: bytes = b"", version: bytes = b"\x01\x00", order: str = "False"
) -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + version + struct.pack("<H", len(header)) + header + body


def with_array(data: bytes) -> bytes:
    return frame(blob(data), data)


def written_out(entries: Any, dtype: Any = "<f8", shape: Any = (1,)) -> bytes:
    return frame({"array": entries, "dtype": dtype, "shape": shape})


def object_array() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([None]), allow_pickle=True)
    return stream.getvalue()


MILLION_BYTES = npy("'|i1'", "(1000000,)", bytes(10**6))

DAMAGED = {
    "nothing": b"",
    "half a length": b"\0\0",
    "a length and no head": struct.pack(">I", 100),
    "a head of four gigabytes": struct.pack(">I", 2**32 - 1) + b"1",
    "a head that is not JSON": frame(b"{"),
    "a head that is not text": frame(b"\xff\xfe"),
    "JSON nested deeply": frame(b"[" * 100_000 + b"]" * 100_000),
    "JSON nested a little too deeply": frame(b"[" * 500 + b"]" * 500),
    "dictionaries nested deeply": frame(b'{"tuple":[' * 400 + b"]}" * 400),
    "an integer of a million digits": frame(b"9" * 10**6),
    "no tag": frame({}),
    "an unknown tag": frame({"pickle": "gASVAA=="}),
    "bytes left over": pack(1) + b"x",
    "an array that is missing": frame({"blob": 0, "bytes": 80}),
    "the same array twice": frame([blob(MILLION_BYTES)] * 2, MILLION_BYTES),
    "an array of negative length": frame({"blob": 0, "bytes": -1}),
    "an array of unknown length": frame({"blob": 0, "bytes": True}),
    "10**12 entries": with_array(npy("'<f8'", "(1000000000000,)", bytes(80))),
    "10**12 rows of nothing": with_array(npy("'<f8'", f"(0, {10**12}, {10**12})")),
    "10**12 letters": with_array(npy("'<U1000000000000'", "(1,)", bytes(80))),
    "entries of no size": with_array(npy("'<U0'", "(1000000000000,)")),
    "more axes than there are": with_array(npy("'|b1'", "(1, 1, " + "1, " * 70 + ")", b"\0")),
    "a negative shape": with_array(npy("'<f8'", "(-1,)", bytes(8))),
    "a shape that is none": with_array(npy("'<f8'", "(1 1,)", bytes(8))),
    "a huge number in the shape": with_array(npy("'<f8'", "(" + "9" * 5000 + ",)", bytes(8))),
    "objects": with_array(object_array()),
    "a dtype of objects": with_array(npy("'|O'", "(1,)", bytes(8))),
    "records": with_array(npy("[('a', '<f8')]", "(1,)", bytes(8))),
    "dates": with_array(npy("'<M8[s]'", "(1,)", bytes(8))),
    "a dtype of unusual width": with_array(npy("'<i3'", "(1,)", bytes(3))),
    "fortran order": with_array(npy("'<f8'", "(2, 2)", bytes(32), order="True")),
    "another version of the format": with_array(npy("'<f8'", "(1,)", bytes(8), version=b"\x02\x00")),
    "a header written by Python 2": with_array(npy("'<f8'", "(1L,)", bytes(8))),
    "a header with code": with_array(npy("__import__('os').getcwd()", "(1,)", bytes(8))),
    "a header nested deeply": with_array(npy("(" * 3000 + ")" * 3000, "(1,)", bytes(8))),
    "a header that never closes": with_array(npy("'''", "(1,)", bytes(8))),
    "a header without an end": with_array(b"\x93NUMPY\x01\x00\xff\xff{"),
    "half a magic string": with_array(b"\x93NUM"),
    "letters that are none": with_array(npy("'<U1'", "(1,)", b"\xff\xff\xff\x7f")),
    "letters that are none, big end first": with_array(npy("'>U1'", "(1,)", b"\x7f\xff\xff\xff")),
    "truth values that count more than one": with_array(npy("'|b1'", "(2,)", b"\x02\xff")),
    "a tuple of an array": frame({"tuple": blob(MILLION_BYTES)}, MILLION_BYTES),
    "a set of an array": frame({"set": blob(MILLION_BYTES)}, MILLION_BYTES),
    "a scalar of an array": frame({"scalar": blob(MILLION_BYTES), "dtype": "<c16"}, MILLION_BYTES),
    "a text scalar of an array": frame({"scalar": blob(MILLION_BYTES), "dtype": "<U9999"}, MILLION_BYTES),
    "a text scalar of a number": frame({"scalar": 1, "dtype": "<U999999999"}),
    "a small array of a large one": frame(
        {"array": blob(MILLION_BYTES), "dtype": "<f8", "shape": [1]}, MILLION_BYTES
    ),
    "a list of lists": frame({"tuple": {"tuple": 3}}),
    "too many entries": written_out([0.0] * 100, shape=[100]),
    "too few entries": written_out([0.0], shape=[10**12]),
    "a shape of floats": written_out([0.0], shape=[1.0]),
    "a shape of truth values": written_out([0.0], shape=[True]),
    "no shape": frame({"array": [0.0], "dtype": "<f8"}),
    "an array of None": written_out([None]),
    "an array of complex numbers": written_out([{"complex": [1, 2]}]),
    "an array of objects": written_out([0.0], dtype="|O"),
    "an array of huge integers": written_out([10**30], dtype="<i8"),
    "no dtype": written_out([0.0], dtype=None),
    "a dtype that does not exist": written_out([0.0], dtype="<f3"),
    "a huge dtype": written_out([0.0], dtype="f8," * 100_000),
    "a dtype nested deeply": written_out([0.0], dtype="(" * 10_000 + "3,)f8"),
    "a dtype with a million digits": written_out([0.0], dtype="<f" + "8" * 10**6),
    "a dtype of half a character": written_out([0.0], dtype="\ud800"),
    "a dtype as a dictionary": written_out([0.0], dtype={"tuple": ["f8"]}),
    "an integer that is none": frame({"int": "0xZZ"}),
    "an integer that is no text": frame({"int": 5}),
    "a float that is none": frame({"float": "x" * 100}),
    "a complex number of one part": frame({"complex": [1, 2, 3]}),
    "a complex number of an array": frame({"complex": blob(MILLION_BYTES)}, MILLION_BYTES),
    "a set of lists": frame({"set": [[1]]}),
    "a dictionary of lists": frame({"dict": [[[1], 2]]}),
    "a dictionary of threes": frame({"dict": [[1, 2, 3]]}),
    "a dictionary of letters": frame({"dict": ["ab"]}),
    "a dictionary that is a number": frame({"dict": 3}),
    "integers of one hash": frame({"set": [{"int": hex(i * (2**61 - 1))} for i in range(1, 20_000)]}),
    "keys of one hash": frame({"dict": [[{"int": hex(i * (2**61 - 1))}, 0] for i in range(1, 20_000)]}),
}


@pytest.mark.parametrize("damaged", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_frames_are_refused(damaged: bytes) -> None:
    """Bytes that `pack` never writes are a WireError, and cost neither memory nor a warning."""
    with memory_of_a_small_multiple(damaged), pytest.raises(WireError):
        unpack(damaged)


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param({"npy": "no base64!"}, id="not base64"),
        pytest.param({"npy": "ünïcode"}, id="not ASCII"),
        pytest.param({"npy": 5}, id="no text"),
        pytest.param({"npy": base64.b64encode(object_array()).decode()}, id="objects"),
        pytest.param({"blob": 0, "bytes": 8}, id="an array of a frame"),
        pytest.param({"blob": 0}, id="half an array of a frame"),
        pytest.param(object(), id="no JSON"),
        pytest.param({1: 2}, id="no tag"),
    ],
)
def test_damaged_json_is_refused(damaged: Any) -> None:
    """JSON that `to_json` never makes is a WireError."""
    with pytest.raises(WireError):
        from_json(damaged)


def test_a_frame_over_the_limit_is_refused_unread() -> None:
    """The limit is the reader's."""
    with pytest.raises(WireError, match="limit of 10"):
        unpack(pack("a long text"), limit=10)


class memory_of_a_small_multiple:
    """Fails where the code inside needs more memory than forty times the bytes it was given, or warns."""

    def __init__(self, given: bytes) -> None:
        self.allowed = 40 * len(given) + 2_000_000

    def __enter__(self) -> None:
        self.caught = warnings.catch_warnings(record=True)
        self.warned = self.caught.__enter__()
        tracemalloc.start()

    def __exit__(self, kind: Any, *rest: Any) -> None:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        self.caught.__exit__(kind, *rest)
        assert peak <= self.allowed, f"{peak} bytes"
        assert not self.warned


SAMPLES = [
    pack(value)
    for value in (
        {"out": np.arange(100.0), "mask": np.array([True, False]), "n": 3},
        (np.float32(0.5), np.str_("abc"), {1, 2}, frozenset({"a"}), 1 + 2j, None),
        [np.array(["ab", "c"]), np.arange(6).reshape(2, 3), math.inf, 2**70, Opaque("Layer")],
    )
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid frame with bytes changed, cut, repeated or put in; sometimes with an honest length again."""
    data = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        kind = draw(st.sampled_from(["flip", "cut", "end", "repeat", "digit", "insert"]))
        if kind == "flip" and at < len(data):
            data[at] ^= draw(st.integers(1, 255))
        elif kind == "cut":
            del data[at : at + draw(st.integers(1, 20))]
        elif kind == "end":
            del data[at:]
        elif kind == "repeat":
            data[at:at] = data[at : at + draw(st.integers(1, 30))]
        elif kind == "digit":
            digits = [i for i, byte in enumerate(data) if chr(byte).isdigit()]
            if digits:
                data[draw(st.sampled_from(digits))] = draw(st.sampled_from(b"0123456789-"))
        else:
            data[at:at] = draw(st.sampled_from([b"[", b"{", b'"', b"9" * 12, b"null", b"NaN", b"<U9", b"\0"]))
    end = data.rfind(b"}]}") if draw(st.booleans()) else -1
    if end > 4:  # a head that is damaged inside and yet of the length that is said
        data[:4] = struct.pack(">I", end + 3 - 4)
    return bytes(data)


@pytest.mark.slow
@settings(quick, max_examples=1500)
@given(data=mutated())
def test_a_mutated_frame_gives_a_value_or_a_wire_error(data: bytes) -> None:
    """Never another exception, never much memory; and a value that came out can be looked at and sent on."""
    with memory_of_a_small_multiple(data):
        try:
            value = unpack(data)
        except WireError:
            return
        repr(value)
        assert equal(through_frame(value), value)


@quick
@given(data=st.binary(max_size=300))
def test_noise_gives_a_value_or_a_wire_error(data: bytes) -> None:
    """Bytes of no meaning, as a frame and as the array in one."""
    for damaged in (data, with_array(data), with_array(b"\x93NUMPY\x01\x00" + data)):
        try:
            unpack(damaged)
        except WireError:
            continue


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["npy", "blob", "bytes", "dtype", "shape", *wire._DECODERS]), inner, max_size=3
        ),
        st.builds(
            lambda array, dtype, shape: {"array": array, "dtype": dtype, "shape": shape},
            inner,
            st.sampled_from(["<f8", "|b1", "<i8", "<U2", "<f2", "f8", "|O"]),
            st.lists(st.integers(0, 3), max_size=3),
        ),
        st.builds(
            lambda scalar, dtype: {"scalar": scalar, "dtype": dtype},
            inner,
            st.sampled_from(["<f2", "|u1", "<U2", "<c8"]),
        ),
    ),
    max_leaves=10,
)


@settings(quick, max_examples=800)
@given(data=JSON)
def test_any_json_gives_a_value_or_a_wire_error(data: Any) -> None:
    """With every tag in every place."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for read in (from_json, lambda data: unpack(frame(data))):
            try:
                read(data)
            except WireError:
                continue
