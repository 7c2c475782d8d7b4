"""Frames on a socket: a length, then what `wire.pack` wrote. Both sides of the sandbox speak this.

A reader trusts nothing: a frame has a largest size, and whoever waits for one decides how long, also where it
has begun and does not end.
"""

from __future__ import annotations

import select
import socket
import struct
from typing import Any, Protocol

from ...errors import WireError
from ...student import wire

LARGEST = wire.DEFAULT_LIMIT
HEAD = struct.Struct(">I")


class Wait(Protocol):
    """Waits until there may be something to read."""

    def __call__(self, connection: socket.socket, begun: bool, /) -> None: ...


def send(connection: socket.socket, message: Any) -> None:
    """Sends one value.

    Raises:
        WireError: it is too large.
    """
    frame = wire.pack(message)
    connection.sendall(HEAD.pack(len(frame)) + frame)


def receive(connection: socket.socket) -> Any:
    """The next value, waiting for as long as it takes."""
    return receive_within(connection, None, LARGEST)[0]


def receive_within(connection: socket.socket, wait: Wait | None, largest: int) -> tuple[Any, int]:
    """The next value, and how many bytes it took.

    Args:
        connection: where it comes from.
        wait: called again and again while there is nothing to read, with the connection and whether a frame
            has begun; it waits a little, and raises when that is enough.
        largest: bytes that the frame may have.

    Raises:
        EOFError: the other side is gone.
        WireError: what came is not a value, or too large.
    """
    head = _exactly(connection, HEAD.size, wait, begun=False)
    (size,) = HEAD.unpack(head)
    if size > largest:
        raise WireError(f"a frame of {size} bytes")
    return wire.unpack(_exactly(connection, size, wait, begun=True)), size


def _exactly(connection: socket.socket, size: int, wait: Wait | None, begun: bool) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        if wait is not None:
            while not select.select([connection], [], [], 0)[0]:
                wait(connection, begun or bool(parts))
        try:
            part = connection.recv(min(size - len(parts), 1 << 20))
        except ConnectionError:
            part = b""
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
