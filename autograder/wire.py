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
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import WireError

DEFAULT_LIMIT = 64 << 20  # bytes of one frame; a result larger than this is a mistake, not an answer
DEPTH_LIMIT = 32
SMALL_ARRAY = 64  # entries; up to here an array is written out in JSON, to be read by people and diffs
ARRAY_KINDS = "biufcU"


@dataclass(frozen=True)
class Opaque:
    """Something that is not data; all that crosses is the name of its type."""

    type_name: str


def to_json(value: Any) -> Any:
    """The value as JSON data; large arrays as base64 text of their .npy bytes."""
    return _encode(value, lambda array: {"npy": base64.b64encode(_npy_bytes(array)).decode("ascii")})


def from_json(data: Any) -> Any:
    """The value that `to_json` was given."""

    def load(tagged: dict) -> np.ndarray:
        try:
            return _array_from_npy(base64.b64decode(tagged["npy"], validate=True))
        except (binascii.Error, TypeError, ValueError) as error:
            raise WireError(f"not an array: {error}") from None

    return _decode(data, load)


def pack(value: Any) -> bytes:
    """One frame: length of the JSON head, the head, then the arrays' .npy bytes in order."""
    blobs: list[bytes] = []

    def store(array: np.ndarray) -> dict:
        blobs.append(_npy_bytes(array))
        return {"blob": len(blobs) - 1, "bytes": len(blobs[-1])}

    head = json.dumps(_encode(value, store), allow_nan=False, separators=(",", ":")).encode()
    return struct.pack(">I", len(head)) + head + b"".join(blobs)


def unpack(frame: bytes, limit: int = DEFAULT_LIMIT) -> Any:
    """The value in a frame; WireError for anything `pack` would not have written."""
    if len(frame) > limit:
        raise WireError(f"a frame of {len(frame)} bytes, more than the limit of {limit}")
    if len(frame) < 4:
        raise WireError("a frame without a head")
    (head_length,) = struct.unpack(">I", frame[:4])
    try:
        head = json.loads(frame[4 : 4 + head_length].decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise WireError(f"the head is not JSON: {error}") from None
    position = 4 + head_length
    expected_blob = 0

    def load(tagged: dict) -> np.ndarray:
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


def _encode(value: Any, store: Callable[[np.ndarray], dict], depth: int = 0) -> Any:
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
        return {"scalar": _encode(value.item(), store), "dtype": value.dtype.str}
    if isinstance(value, np.ndarray) and value.dtype.kind in ARRAY_KINDS:
        return _encode_array(np.asarray(value), store)
    if type(value) is list:
        return [_encode(item, store, depth + 1) for item in value]
    if type(value) in (tuple, set, frozenset):
        items = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value
        tag = "tuple" if type(value) is tuple else "set"
        return {tag: [_encode(item, store, depth + 1) for item in items]}
    if type(value) is dict:
        return {
            "dict": [[_encode(k, store, depth + 1), _encode(v, store, depth + 1)] for k, v in value.items()]
        }
    if isinstance(value, Opaque):
        return {"other": value.type_name}
    return {"other": type(value).__name__}


def _encode_array(array: np.ndarray, store: Callable[[np.ndarray], dict]) -> dict:
    if array.size <= SMALL_ARRAY and array.dtype.kind in "biuf":
        nested = array.tolist()
        return {"array": _encode(nested, store), "dtype": array.dtype.str, "shape": list(array.shape)}
    return store(array)


def _decode(data: Any, load: Callable[[dict], np.ndarray], depth: int = 0) -> Any:
    if depth > 4 * DEPTH_LIMIT:
        raise WireError("nested too deeply")
    if data is None or isinstance(data, (bool, int, float, str)):
        return data
    if isinstance(data, list):
        return [_decode(item, load, depth + 1) for item in data]
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


def _decode_array(data: dict, inner: Callable[[Any], Any]) -> np.ndarray:
    dtype, shape = np.dtype(data["dtype"]), tuple(data["shape"])
    if (
        dtype.kind not in ARRAY_KINDS
        or dtype.kind == "U"
        or not all(type(n) is int and n >= 0 for n in shape)
    ):
        raise WireError(f"an array of dtype {dtype} and shape {shape}")
    nested = inner(data["array"])
    if math.prod(shape) > SMALL_ARRAY:
        raise WireError("a large array written out")
    return np.array(nested, dtype=dtype).reshape(shape)


def _decode_scalar(data: dict, inner: Callable[[Any], Any]) -> np.generic:
    dtype = np.dtype(data["dtype"])
    if dtype.kind not in ARRAY_KINDS or dtype.itemsize > 1 << 16:
        raise WireError(f"a scalar of dtype {dtype}")
    return np.array(inner(data["scalar"]), dtype=dtype)[()]


_DECODERS: dict[str, Callable[[dict, Callable[[Any], Any]], Any]] = {
    "int": lambda data, inner: int(data["int"], 16),
    "float": lambda data, inner: float(data["float"]),
    "complex": lambda data, inner: complex(*inner(data["complex"])),
    "scalar": _decode_scalar,
    "array": _decode_array,
    "tuple": lambda data, inner: tuple(inner(data["tuple"])),
    "set": lambda data, inner: set(inner(data["set"])),
    "dict": lambda data, inner: {inner(key): inner(value) for key, value in data["dict"]},
    "other": lambda data, inner: Opaque(str(data["other"])[:200]),
}


def _npy_bytes(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(
        buffer, np.ascontiguousarray(array).reshape(array.shape), version=(1, 0), allow_pickle=False
    )
    return buffer.getvalue()


def _array_from_npy(data: bytes) -> np.ndarray:
    """Reads the header, holds it against the bytes that are there, and only then makes an array.

    NumPy's own reader allocates what the header claims before it looks at the data.
    """
    stream = io.BytesIO(data)
    try:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise WireError("an array in an unknown format")
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    except (ValueError, TypeError, SyntaxError, RecursionError, struct.error) as error:
        raise WireError(f"a damaged array: {error}") from None
    if dtype.kind not in ARRAY_KINDS or fortran or any(type(n) is not int or n < 0 for n in shape):
        raise WireError(f"an array of dtype {dtype}")
    body = data[stream.tell() :]
    if math.prod(shape) * dtype.itemsize != len(body) or dtype.itemsize == 0:
        raise WireError("an array whose size is not what its header says")
    return np.frombuffer(body, dtype=dtype).reshape(shape).copy()
