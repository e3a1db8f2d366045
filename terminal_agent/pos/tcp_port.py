"""The till over TCP: we connect to it (or to a serial device server), or it connects to us.

Both are observers. What speaks back is in ``speaking_tcp``.
"""

from __future__ import annotations

import random
import select
import socket
from collections import deque
from typing import Final

from gateway.clock import Clock
from terminal_agent.pos.device import Address
from terminal_agent.pos.port import PosPortState
from terminal_agent.pos.reconnecting_port import ReconnectingPort
from terminal_agent.pos.sockets import fault_text, listening_socket, reset, set_up_connection

_CONNECT_TIMEOUT_S: Final = 5.0
#: How long one look at the sockets waits; bounds how long ``stop`` takes.
_LOOK_S: Final = 0.1
_READ_BYTES_MAX: Final = 4_096
#: Connections that may wait while another talks.
WAITING_MAX: Final = 4
#: A talker silent for so long gives way to one that waits and has something to say: a till that
#: was switched off and on again comes back beside its own dead connection.
SILENT_MS: Final = 10_000


class TcpClientPort(ReconnectingPort):
    """Connects to a till or to a serial device server, and again after every loss."""

    def __init__(
        self, address: Address, clock: Clock, *, jitter: random.Random | None = None
    ) -> None:
        """Prepare to connect; nothing happens before ``start``.

        Args:
            address: where to. A name is looked up at every attempt; ``stop`` waits for a look-up.
            clock: gives the monotonic time of each read.
            jitter: spreads reconnecting; its own unseeded source by default.
        """
        super().__init__("pos-tcp", clock, jitter=jitter)
        self._address = address

    def _listen(self) -> str:
        place = (self._address.host, self._address.port)
        try:
            with socket.create_connection(place, timeout=_CONNECT_TIMEOUT_S) as connection:
                set_up_connection(connection)
                self._connected(connection)
                try:
                    self._tell(PosPortState.UP, f"connected to {self._address}")
                    return self._read_all(connection)
                finally:
                    self._disconnected()
        except OSError as error:
            return f"{self._address}: {fault_text(error)}"

    def _read_all(self, connection: socket.socket) -> str:
        while not self._stopping.is_set():
            if select.select([connection], [], [], _LOOK_S)[0]:
                data = connection.recv(_READ_BYTES_MAX)
                if not data:
                    return f"{self._address} closed the connection"
                self._take(data)
        return "stopped"

    def _connected(self, connection: socket.socket) -> None:
        """A connection stands; an observer makes nothing of it."""

    def _disconnected(self) -> None:
        """It is about to be closed."""


class TcpServerPort(ReconnectingPort):
    """Lets the till connect. One connection is heard at a time; a few may wait, more are refused.

    UP with the first connection. An orderly close is no loss: many tills connect for each message,
    so the port stays UP and waits. A reset, or a peer found dead, is told as DOWN.
    """

    def __init__(
        self,
        address: Address,
        clock: Clock,
        *,
        jitter: random.Random | None = None,
        silent_ms: int = SILENT_MS,
    ) -> None:
        """Prepare to listen; nothing happens before ``start``.

        Args:
            address: where; port 0 takes a free one, see ``bound_port``.
            clock: gives the monotonic time of each read.
            jitter: spreads retries of an address that is not to be had yet.
            silent_ms: after so much silence a talker gives way to one that waits.
        """
        super().__init__("pos-tcp-listen", clock, jitter=jitter)
        self._address = address
        self._silent_ms = silent_ms
        self._talker: socket.socket | None = None
        self._talked_ms = 0
        self._waiting: deque[socket.socket] = deque()
        #: The port that is listened on; None while none is.
        self.bound_port: int | None = None

    def _listen(self) -> str:
        try:
            listener = listening_socket(self._address)
        except OSError as error:
            return f"cannot listen on {self._address}: {fault_text(error)}"
        with listener:
            self.bound_port = int(listener.getsockname()[1])
            self._tell(PosPortState.DOWN, f"nobody has connected to {self._address} yet")
            try:
                while not self._stopping.is_set():
                    self._look(listener)
            except OSError as error:
                return f"{self._address}: {fault_text(error)}"
            finally:
                self.bound_port = None
                self._hang_up()
                while self._waiting:
                    self._waiting.pop().close()
        return "stopped"

    def _look(self, listener: socket.socket) -> None:
        talker = self._talker
        heard = [listener] if talker is None else [listener, talker]
        ready = select.select(heard, [], [], _LOOK_S)[0]
        if talker is not None and talker in ready:
            self._read(talker)
        if listener in ready:
            self._accept(listener)
        self._change_talker()

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            # It was there and is gone again.
            return
        try:
            set_up_connection(connection)
        except OSError:
            connection.close()
            return
        if len(self._waiting) >= WAITING_MAX:
            reset(connection)
        else:
            self._waiting.append(connection)

    def _read(self, talker: socket.socket) -> None:
        try:
            data = talker.recv(_READ_BYTES_MAX)
        except BlockingIOError:
            return
        except OSError as error:
            self._hang_up()
            self._tell(PosPortState.DOWN, fault_text(error))
            return
        if data:
            self._talked_ms = self._clock.monotonic_ms()
            self._take(data)
        else:
            self._hang_up()

    def _change_talker(self) -> None:
        if self._talker is not None:
            silent_ms = self._clock.monotonic_ms() - self._talked_ms
            if silent_ms < self._silent_ms or not self._somebody_speaks():
                return
            self._hang_up()
            self._tell(PosPortState.DOWN, "another connection took the place of a silent one")
        if self._waiting:
            self._talker = self._waiting.popleft()
            self._talked_ms = self._clock.monotonic_ms()
            self._connected(self._talker)
            self._tell(PosPortState.UP, f"a till is connected to {self._address}")

    def _somebody_speaks(self) -> bool:
        """Bring the first that waits with bytes to the front; those that left are dropped."""
        for connection in select.select(list(self._waiting), [], [], 0)[0]:
            try:
                speaks = bool(connection.recv(1, socket.MSG_PEEK))
            except OSError:
                speaks = False
            self._waiting.remove(connection)
            if speaks:
                self._waiting.appendleft(connection)
                return True
            connection.close()
        return False

    def _hang_up(self) -> None:
        if self._talker is not None:
            self._disconnected()
            self._talker.close()
            self._talker = None

    def _connected(self, connection: socket.socket) -> None:
        """A talker is there; an observer makes nothing of it."""

    def _disconnected(self) -> None:
        """It is about to be closed."""
