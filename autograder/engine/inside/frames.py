"""Frames on a socket: a length, then what `wire.pack` wrote. Both sides of the sandbox speak this.

A reader trusts nothing: a frame has a largest size, and whoever waits for one decides how long, also where it
has begun and does not end.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from typing import Any, Protocol

from ...errors import WireError
from ...student import wire

LARGEST = wire.DEFAULT_LIMIT
NO_TIME = 0.005  # seconds
MOST_WAITING = 32 << 10  # bytes
AHEAD = 64 << 10  # bytes that are read at once, if they are there
HEAD = struct.Struct(">I")


class Wait(Protocol):
    """Waits until there may be something to read."""

    def __call__(self, connection: socket.socket, begun: bool, /) -> None: ...


def send(connection: socket.socket, message: Any) -> None:
    """Sends one value.

    Raises:
        WireError: it is too large.
    """
    connection.sendall(framed(message))


def framed(message: Any) -> bytes:
    """One value as it is sent.

    Raises:
        WireError: it is too large.
    """
    frame = wire.pack(message)
    return HEAD.pack(len(frame)) + frame


class Outbox:
    """Sends values, several at once where they follow each other in no time: a reader is woken less often.

    What took longer is sent when it is there: whoever waits for it measures how long it took.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.waiting = bytearray()
        self.sent = time.monotonic()

    def add(self, message: Any) -> None:
        """Sends it now or soon, in its turn.

        Raises:
            WireError: it is too large.
        """
        self.waiting += framed(message)
        if time.monotonic() - self.sent > NO_TIME or len(self.waiting) > MOST_WAITING:
            self.send()

    def send(self) -> None:
        """Sends what waits."""
        waiting, self.waiting = self.waiting, bytearray()
        self.connection.sendall(waiting)
        self.sent = time.monotonic()


def receive(connection: socket.socket) -> Any:
    """The next value, waiting for as long as it takes."""
    return Inbox(connection, ahead=0).next(None, LARGEST)[0]


class Inbox:
    """Reads values; of what has come it takes all that there is, for the next ones."""

    def __init__(self, connection: socket.socket, ahead: int = AHEAD) -> None:
        self.connection, self.ahead = connection, ahead
        self.here = bytearray()

    def next(self, wait: Wait | None, largest: int) -> tuple[Any, int]:
        """The next value, and how many bytes it took.

        Args:
            wait: called again and again while there is nothing to read, with the connection and whether a
                frame has begun; it waits a little, and raises when that is enough.
            largest: bytes that the frame may have.

        Raises:
            EOFError: the other side is gone.
            WireError: what came is not a value, or too large.
        """
        (size,) = HEAD.unpack(self._take(HEAD.size, wait, begun=False))
        if size > largest:
            raise WireError(f"a frame of {size} bytes")
        return wire.unpack(self._take(size, wait, begun=True)), size

    def _take(self, size: int, wait: Wait | None, begun: bool) -> bytes:
        while len(self.here) < size:
            if wait is not None:
                while not select.select([self.connection], [], [], 0)[0]:
                    wait(self.connection, begun or bool(self.here))
            try:
                part = self.connection.recv(min(max(size - len(self.here), self.ahead), 1 << 20))
            except ConnectionError:
                part = b""
            if not part:
                raise EOFError
            self.here += part
        with memoryview(self.here) as here:
            taken = bytes(here[:size])
        del self.here[:size]
        return taken
