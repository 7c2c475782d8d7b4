"""Values to data and back: numbers, text, containers and NumPy arrays, and nothing that could run.

Two forms of the same data: JSON for checks.json (`to_json`, `from_json`) and frames for a pipe
(`pack`, `unpack`), where arrays travel as raw .npy bytes. What is not data arrives as `Opaque`, a name.
Reading trusts nothing: sizes are held against what is there before anything is allocated.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np

from ..errors import WireError

DEFAULT_LIMIT = 64 << 20  # bytes of one frame; a result larger than this is a mistake, not an answer
HEAD_LIMIT = 16 << 20  # of these, in JSON: as Python objects it takes twenty times the room
DEPTH_LIMIT = 32
SMALL_ARRAY = 64  # entries; up to here an array is written out in JSON, to be read by people and diffs
MOST_WRITTEN_AXES = 8
MOST_COLLISIONS = 1_000
ARRAY_KINDS = "biufcU"
_NUMBERS = (bool, int, float)
_AS_IT_IS = (str, bool, type(None))
_OF_JSON = (*_AS_IT_IS, int, float)
_HEADER = re.compile(
    rb"\{'descr': '([<>|][biufcU]\d{1,9})', 'fortran_order': False, 'shape': \(([\d, ]*)\), \} *\n"
)


@dataclass(frozen=True)
class Opaque:
    """Something that is not data; all that crosses is the name of its type."""

    type_name: str


def to_json(value: Any) -> Any:
    """The value as JSON data; large arrays as base64 text of their .npy bytes."""
    return _encode(value, lambda array: {"npy": base64.b64encode(_npy_bytes(array)).decode("ascii")})


def from_json(data: Any) -> Any:
    """The value that `to_json` was given."""

    def load(tagged: dict[str, Any]) -> np.ndarray:
        try:
            return _array_from_npy(base64.b64decode(tagged["npy"], validate=True))
        except (binascii.Error, KeyError, TypeError, ValueError) as error:
            raise WireError(f"not an array: {error}") from None

    return _decode(data, load)


def pack(value: Any) -> bytes:
    """One frame: length of the JSON head, the head, then the arrays' .npy bytes in order.

    Raises:
        WireError: the value is larger than `unpack` accepts.
    """
    blobs: list[bytes] = []

    def store(array: np.ndarray) -> dict[str, Any]:
        blobs.append(_npy_bytes(array))
        return {"blob": len(blobs) - 1, "bytes": len(blobs[-1])}

    head = json.dumps(_encode(value, store), allow_nan=False, separators=(",", ":")).encode()
    if len(head) > HEAD_LIMIT or 4 + len(head) + sum(map(len, blobs)) > DEFAULT_LIMIT:
        raise WireError("too large to send")
    return struct.pack(">I", len(head)) + head + b"".join(blobs)


def unpack(frame: bytes, limit: int = DEFAULT_LIMIT) -> Any:
    """The value in a frame; WireError for anything `pack` would not have written."""
    if len(frame) > limit:
        raise WireError(f"a frame of {len(frame)} bytes, more than the limit of {limit}")
    if len(frame) < 4:
        raise WireError("a frame without a head")
    (head_length,) = struct.unpack(">I", frame[:4])
    if head_length > min(HEAD_LIMIT, len(frame) - 4):
        raise WireError(f"a head of {head_length} bytes in a frame of {len(frame)}")
    try:
        head = json.loads(frame[4 : 4 + head_length].decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise WireError(f"the head is not JSON: {error}") from None
    position = 4 + head_length
    expected_blob = 0

    def load(tagged: dict[str, Any]) -> np.ndarray:
        nonlocal position, expected_blob
        size = tagged.get("bytes")
        if (
            tagged.get("blob") != expected_blob
            or type(size) is not int
            or not 0 <= size <= len(frame) - position
        ):
            raise WireError("an array is missing from the frame")
        expected_blob += 1
        position += size
        return _array_from_npy(frame[position - size : position])

    value = _decode(head, load)
    if position != len(frame):
        raise WireError("bytes left over at the end of the frame")
    return value


def _encode(value: Any, store: Callable[[np.ndarray], dict[str, Any]], depth: int = 0) -> Any:
    if depth > DEPTH_LIMIT:
        return {"other": "deeply nested " + type(value).__name__}
    if value is None or type(value) in (bool, str):
        return value
    if type(value) is int:
        return value if abs(value) < 2**63 else {"int": hex(value)}
    if type(value) is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if type(value) is complex:
        return {"complex": [_encode(value.real, store), _encode(value.imag, store)]}
    if isinstance(value, np.generic) and value.dtype.kind in ARRAY_KINDS:
        long = isinstance(value.item(), np.generic)  # a longdouble is no Python number
        return {
            "scalar": store(np.asarray(value)) if long else _encode(value.item(), store),
            "dtype": value.dtype.str,
        }
    if isinstance(value, np.ndarray) and value.dtype.kind in ARRAY_KINDS:
        return _encode_array(np.asarray(value), store)
    if type(value) is list:
        return [item if type(item) in _AS_IT_IS else _encode(item, store, depth + 1) for item in value]
    if type(value) in (tuple, set, frozenset):
        items = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value
        return {type(value).__name__: [_encode(item, store, depth + 1) for item in items]}
    if type(value) is dict:
        return {
            "dict": [
                [k if type(k) is str else _encode(k, store, depth + 1), _encode(v, store, depth + 1)]
                for k, v in value.items()
            ]
        }
    if isinstance(value, Opaque):
        return {"other": value.type_name}
    return {"other": type(value).__name__}


def _encode_array(array: np.ndarray, store: Callable[[np.ndarray], dict[str, Any]]) -> dict[str, Any]:
    if array.nbytes > DEFAULT_LIMIT:  # np.broadcast_to makes an array of any size from one number
        return {"other": f"array of shape {array.shape}"}
    written = array.dtype.kind in "biuf" and array.dtype.itemsize <= 8 and array.ndim <= MOST_WRITTEN_AXES
    if written and array.size <= SMALL_ARRAY:
        nested = array.tolist()
        plain = array.dtype.kind in "bi" or (array.dtype.kind == "f" and bool(np.isfinite(array).all()))
        data = nested if plain else _encode(nested, store)
        return {"array": data, "dtype": array.dtype.str, "shape": list(array.shape)}
    return store(array)


def _decode(data: Any, load: Callable[[dict[str, Any]], np.ndarray], depth: int = 0) -> Any:
    if depth > 4 * DEPTH_LIMIT:
        raise WireError("nested too deeply")
    if type(data) in _OF_JSON:
        return data
    if type(data) is list:
        return [item if type(item) in _OF_JSON else _decode(item, load, depth + 1) for item in data]
    if not isinstance(data, dict) or not data:
        raise WireError("neither a value nor a tagged value")
    if "npy" in data or "blob" in data:
        return load(data)
    tag = next(iter(data))
    try:
        return _DECODERS[tag](data, lambda item: _decode(item, load, depth + 1))
    except WireError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError, IndexError) as error:
        raise WireError(f"a damaged {tag!r}: {error}") from None


def _decode_array(data: dict[str, Any], inner: Callable[[Any], Any]) -> np.ndarray:
    dtype, shape = _dtype_from(data["dtype"]), tuple(data["shape"])
    if dtype.kind not in "biuf" or not all(type(n) is int and n >= 0 for n in shape):
        raise WireError(f"an array of dtype {dtype} and shape {shape}")
    entries = _leaves(data["array"])
    if not all(type(entry) in _NUMBERS for entry in entries):  # what JSON has no number for
        entries = [inner(entry) for entry in entries]
    if len(entries) > SMALL_ARRAY or any(type(entry) not in _NUMBERS for entry in entries):
        raise WireError("an array of something other than a few numbers")
    with np.errstate(all="ignore"):
        return np.array(entries, dtype=dtype).reshape(shape)


def _leaves(nested: Any, depth: int = 0) -> list[Any]:
    if type(nested) is not list:
        return [nested]
    if depth > MOST_WRITTEN_AXES:
        raise WireError("nested too deeply")
    return [leaf for item in nested for leaf in _leaves(item, depth + 1)]


def _decode_scalar(data: dict[str, Any], inner: Callable[[Any], Any]) -> np.generic:
    dtype, value = _dtype_from(data["dtype"]), inner(data["scalar"])
    if dtype.kind == "U" and type(value) is str:
        return np.str_(value)
    long = isinstance(value, np.ndarray) and value.shape == () and value.dtype == dtype
    if dtype.kind == "U" or not (long or type(value) in (bool, int, float, complex)):
        raise WireError(f"a scalar of dtype {dtype}")
    with np.errstate(all="ignore"):
        return cast("np.generic", np.array(value, dtype=dtype)[()])


@lru_cache(maxsize=64)
def _dtype_from(text: Any) -> np.dtype:
    """The dtype of numbers or text that `dtype.str` wrote; NumPy itself reads a whole language here."""
    if type(text) is not str or not re.fullmatch(r"[<>|][biufcU]\d{1,9}", text):
        raise WireError("an array of an unknown dtype")
    return np.dtype(text)


def _items(data: Any, inner: Callable[[Any], Any]) -> list[Any]:
    if type(data) is not list:
        raise WireError("a container without a list of its items")
    return [inner(item) for item in data]


def _decode_dict(data: dict[str, Any], inner: Callable[[Any], Any]) -> dict[str, Any]:
    if not all(type(pair) is list for pair in data["dict"]):
        raise WireError("a dictionary without a list of its items")
    keys = _hashed_apart([key if type(key) is str else inner(key) for key, _ in data["dict"]])
    return dict(zip(keys, (inner(value) for _, value in data["dict"]), strict=True))


def _hashed_apart(keys: list[Any]) -> list[Any]:
    """The keys; integers chosen to share one hash would keep whoever reads them busy for hours."""
    if len(keys) > MOST_COLLISIONS and len(keys) - len(set(map(hash, keys))) > MOST_COLLISIONS:
        raise WireError("keys that share their hashes")
    return keys


_DECODERS: dict[str, Callable[[dict[str, Any], Callable[[Any], Any]], Any]] = {
    "int": lambda data, inner: int(data["int"], 16),
    "float": lambda data, inner: float(data["float"]),
    "complex": lambda data, inner: complex(*_items(data["complex"], inner)),
    "scalar": _decode_scalar,
    "array": _decode_array,
    "tuple": lambda data, inner: tuple(_items(data["tuple"], inner)),
    "set": lambda data, inner: set(_hashed_apart(_items(data["set"], inner))),
    "frozenset": lambda data, inner: frozenset(_hashed_apart(_items(data["frozenset"], inner))),
    "dict": _decode_dict,
    "other": lambda data, inner: Opaque(str(data["other"])[:200]),
}


def _npy_bytes(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(
        buffer, np.ascontiguousarray(array).reshape(array.shape), version=(1, 0), allow_pickle=False
    )
    return buffer.getvalue()


def _array_from_npy(data: bytes) -> np.ndarray:
    """Holds the header against the bytes that are there, and only then makes an array.

    NumPy's own reader allocates what the header claims before it looks at the data, and evaluates the header
    as Python. A pattern reads what `_npy_bytes` writes.
    """
    start = 10 + int.from_bytes(data[8:10], "little")
    header = _HEADER.fullmatch(data, 10, start)
    if data[:8] != b"\x93NUMPY\x01\x00" or not header:
        raise WireError("an array in an unknown format")
    try:
        dtype = np.dtype(header[1].decode())
        shape = tuple(int(n) for n in header[2].decode().split(",") if n.strip())
        if dtype.itemsize == 0 or math.prod(shape) * dtype.itemsize != len(data) - start:
            raise WireError("an array whose size is not what its header says")
        array = np.frombuffer(data, dtype, offset=start).reshape(shape).copy()
    except (TypeError, ValueError) as error:
        raise WireError(f"a damaged array: {error}") from None
    # NumPy takes both on trust: such a truth value counts as more than one, such a letter can't be looked at.
    if dtype.kind == "b" and array.size and array.view(np.uint8).max() > 1:
        raise WireError("truth values other than 0 and 1")
    if dtype.kind == "U" and array.size and _code_points(array).max() > 0x10FFFF:
        raise WireError("text that is not Unicode")
    return array


def _code_points(text: np.ndarray) -> np.ndarray:
    return np.frombuffer(text.tobytes(), np.dtype(np.uint32).newbyteorder(text.dtype.byteorder))
