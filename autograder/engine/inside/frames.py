"""Frames on a socket: a length, then what `wire.pack` wrote. Both sides of the sandbox speak this.

A reader trusts nothing: a frame has a largest size and a time by which it must be there.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from typing import Any

from ...errors import WireError
from ...student import wire

LARGEST = wire.DEFAULT_LIMIT
HEAD = struct.Struct(">I")


def send(connection: socket.socket, message: Any) -> None:
    """Sends one value.

    Raises:
        WireError: it is too large.
    """
    frame = wire.pack(message)
    connection.sendall(HEAD.pack(len(frame)) + frame)


def receive(connection: socket.socket, deadline: float | None = None) -> Any:
    """The next value.

    Raises:
        EOFError: the other side is gone.
        TimeoutError: it was not there at the deadline (a value of time.monotonic).
        WireError: what came is not a value.
    """
    (size,) = HEAD.unpack(_exactly(connection, HEAD.size, deadline))
    if size > LARGEST:
        raise WireError(f"a frame of {size} bytes")
    return wire.unpack(_exactly(connection, size, deadline))


def _exactly(connection: socket.socket, size: int, deadline: float | None) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([connection], [], [], left)[0]:
                raise TimeoutError
        try:
            part = connection.recv(min(size - len(parts), 1 << 20))
        except ConnectionError:
            part = b""
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
