"""A TCP line through us: bytes go both ways unchanged, and an observer hears them behind that.

Forwarding comes first and fails open: no byte waits for an observer, none is changed or kept, and
whatever an observer does wrong costs the observer and nobody else.
"""

from __future__ import annotations

import os
import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from gateway.clock import Clock
from terminal_agent.pos.port import Direction
from terminal_agent.pos.sockets import reset, set_up_connection

#: What may be on its way in one direction of one connection; then its sender waits.
BUFFER_BYTES_MAX: Final = 65_536
_READ_BYTES_MAX: Final = 16_384
#: A far end that does not answer a connection within this time counts as not reachable.
CONNECT_TIMEOUT_MS: Final = 5_000
#: After one side has said all it had to, the other gets this long to end the connection too.
HALF_OPEN_MS: Final = 60_000

Tell = Callable[["Tee", bytes, Direction], None]


@dataclass(slots=True, kw_only=True, eq=False)
class _Way:
    """One direction of a connection: from ``source`` to ``sink``, with what is between them."""

    source: socket.socket
    sink: socket.socket
    direction: Direction
    waiting: bytearray = field(default_factory=bytearray)
    ended: bool = False
    """The source has said all."""
    passed_on: bool = False
    """The sink has been told so."""


class Tee:
    """One connection of the till's and the one we made for it to the far end. One thread's."""

    def __init__(self, near: socket.socket, far: socket.socket, tell: Tell, clock: Clock) -> None:
        """Begin with a till that is connected and a far end that is being connected.

        Args:
            near: the till's connection.
            far: a connection that was begun without blocking.
            tell: hears what was handed on, after it was.
            clock: when what waits too long is given up.
        """
        self._clock = clock
        self._tell = tell
        self._connecting = True
        self._deadline_ms: int | None = clock.monotonic_ms() + CONNECT_TIMEOUT_MS
        self._ways = (
            _Way(source=near, sink=far, direction=Direction.FROM_TILL),
            _Way(source=far, sink=near, direction=Direction.TO_TILL),
        )
        self.near, self.far = near, far
        self.closed = False
        #: The far end was never reached: nothing of the till's has arrived anywhere.
        self.unreachable = ""
        #: A side broke off instead of ending; something may be lost.
        self.broken = False

    @property
    def sockets(self) -> tuple[socket.socket, socket.socket]:
        """Both connections."""
        return self.near, self.far

    def wants(self, one: socket.socket) -> int:
        """What a selector is to watch a socket for; 0 for nothing just now."""
        if self.closed:
            return 0
        if self._connecting:
            # Nothing is read from the till before there is somebody to give it to.
            return selectors.EVENT_WRITE if one is self.far else 0
        wanted = 0
        for way in self._ways:
            room = len(way.waiting) < BUFFER_BYTES_MAX
            if way.source is one and room and not way.ended:
                wanted |= selectors.EVENT_READ
            if way.sink is one and way.waiting:
                wanted |= selectors.EVENT_WRITE
        return wanted

    def on_ready(self, one: socket.socket, events: int) -> None:
        """A socket can do what it was watched for."""
        if self.closed:
            return
        if self._connecting:
            self._on_connected()
            return
        for way in self._ways:
            if way.sink is one and events & selectors.EVENT_WRITE:
                self._write(way)
            if way.source is one and events & selectors.EVENT_READ:
                self._read(way)

    def tick(self) -> None:
        """Give up what waited too long."""
        if self._deadline_ms is None or self.closed:
            return
        if self._clock.monotonic_ms() >= self._deadline_ms:
            if self._connecting:
                self.unreachable = "no answer"
            self.close()

    def close(self) -> None:
        """End both connections. The till sees a fault, unless the far end had said all.

        What the till has sent stays on its way: an ordinary close lets the kernel deliver it.
        """
        if self.closed:
            return
        self.closed = True
        self.far.close()
        if self._ways[1].passed_on:
            self.near.close()
        else:
            reset(self.near)

    def _on_connected(self) -> None:
        error = self.far.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self.unreachable = os.strerror(error)
            self.close()
            return
        try:
            set_up_connection(self.far)
        except OSError as fault:
            self.unreachable = fault.strerror or str(fault)
            self.close()
            return
        self._connecting = False
        self._deadline_ms = None

    def _read(self, way: _Way) -> None:
        try:
            data = way.source.recv(min(_READ_BYTES_MAX, BUFFER_BYTES_MAX - len(way.waiting)))
        except BlockingIOError:
            return
        except OSError:
            self._lost(way.source)
            return
        if data:
            way.waiting += data
        else:
            self._end(way)
        self._write(way)

    def _write(self, way: _Way) -> None:
        """Hand on what waits, then tell of it; an end follows the last byte."""
        try:
            if way.waiting:
                sent = way.sink.send(way.waiting)
                gone = bytes(way.waiting[:sent])
                del way.waiting[:sent]
                self._tell(self, gone, way.direction)
            if way.ended and not way.waiting and not way.passed_on:
                way.sink.shutdown(socket.SHUT_WR)
                way.passed_on = True
        except BlockingIOError:
            return
        except OSError:
            self._lost(way.sink)
            return
        if all(other.passed_on for other in self._ways):
            self.close()

    def _end(self, way: _Way) -> None:
        way.ended = True
        self._deadline_ms = self._clock.monotonic_ms() + HALF_OPEN_MS

    def _lost(self, one: socket.socket) -> None:
        """A side broke off. What the till has said before is still handed on."""
        if self.closed:
            return
        onwards, back = self._ways
        if one is self.far:
            self.broken = True
            self.close()
            return
        # A till that closes without waiting for the printer's last status has said all it wanted.
        self.broken |= not onwards.ended
        back.waiting.clear()
        back.ended = back.passed_on = True
        self._end(onwards)
        if onwards.waiting:
            return
        self.close()
