"""TCP lines on which the terminal answers."""

from __future__ import annotations

import random
import socket
import threading

from gateway.clock import Clock
from terminal_agent.pos.device import Address
from terminal_agent.pos.speaking_port import SpeakingPort
from terminal_agent.pos.tcp_port import TcpClientPort, TcpServerPort


class _Mouth:
    """Writes to whichever connection stands, from any thread."""

    def __init__(self) -> None:
        self._connection: socket.socket | None = None
        self._lock = threading.Lock()

    def open(self, connection: socket.socket | None) -> None:
        """Speak to this connection from now on; None: to nobody."""
        with self._lock:
            self._connection = connection

    def say(self, data: bytes) -> bool:
        """Send all of it or hang up: half an answer must not stand before the next."""
        with self._lock:
            if self._connection is None:
                return False
            try:
                sent = self._connection.send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                # The reading thread meets the same fault and tells it.
                return False
            if sent != len(data):
                # Who reads none of tens of kilobytes of answers is gone. Its reader sees the end.
                self._connection.shutdown(socket.SHUT_RDWR)
                self._connection = None
            return sent == len(data)


class SpeakingTcpServerPort(TcpServerPort, SpeakingPort):
    """The till connects to us, speaks, and is answered."""

    def __init__(
        self, address: Address, clock: Clock, *, jitter: random.Random | None = None
    ) -> None:
        """See ``TcpServerPort``."""
        super().__init__(address, clock, jitter=jitter)
        self._mouth = _Mouth()

    def say(self, data: bytes) -> bool:
        """See ``SpeakingPort``; the answer goes to the connection that is heard."""
        return self._mouth.say(data)

    def _connected(self, connection: socket.socket) -> None:
        self._mouth.open(connection)

    def _disconnected(self) -> None:
        self._mouth.open(None)


class SpeakingTcpClientPort(TcpClientPort, SpeakingPort):
    """We connect to the till, or to a serial device server; it speaks, and is answered."""

    def __init__(
        self, address: Address, clock: Clock, *, jitter: random.Random | None = None
    ) -> None:
        """See ``TcpClientPort``."""
        super().__init__(address, clock, jitter=jitter)
        self._mouth = _Mouth()

    def say(self, data: bytes) -> bool:
        """See ``SpeakingPort``."""
        return self._mouth.say(data)

    def _connected(self, connection: socket.socket) -> None:
        self._mouth.open(connection)

    def _disconnected(self) -> None:
        self._mouth.open(None)
