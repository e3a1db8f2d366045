"""``sim-socket``: a simulated reader that another process taps, through a Unix socket.

For developers and the quick start: ``mohr terminal run`` opens it like any reader, and
``mohr sim tap SOCKET UID`` or ``mohr sim card tap NAME --socket SOCKET`` plays the customer.
``reader_name`` is the socket's path. One line is one tap; ``simulators.socket_line`` has the lines.
Beside the cards that the terminal takes it knows the named test cards, by the simulator's own keys.
Those that change by being read are kept beside the socket, in the folder ``PATH.cards``.

It does not model anything that ``SimReader`` does not.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from gateway.clock import Clock
from gateway.errors import ConfigError, MohrError, WireError
from gateway.readers.cards.dialogue import ProfileReader
from gateway.readers.cards.selection import own_profiles
from gateway.readers.reader import ReaderEvent
from gateway.readers.settings import ReaderSettings
from simulators.card import UidCard
from simulators.cards.named_tray import NamedTray, air_ms, show, shown_by
from simulators.cards.sim_keys import simulator_profiles, with_simulator_codes
from simulators.reader import SimReader
from simulators.socket_line import (
    LINE_BYTES_MAX,
    TapOrder,
    TapReport,
    decode_order,
    decode_report,
    encode_order,
    encode_report,
    words_of_events,
)

TAPPED: Final = "tapped"
#: Longer than the slowest named card takes.
_TIMEOUT_S: Final = 10.0
_CARDS_SUFFIX: Final = ".cards"
#: Single, double and triple size (ISO/IEC 14443-3, 6.5.4).
_UID_BYTES: Final = (4, 7, 10)


class SocketReader(SimReader):
    """A ``SimReader`` with a door for other processes."""

    def __init__(
        self,
        settings: ReaderSettings,
        *,
        clock: Clock,
        profiles: Sequence[ProfileReader] | None = None,
    ) -> None:
        """Prepare the door; it opens with ``start``.

        Raises:
            ConfigError: if no path is given.
        """
        own = own_profiles(settings.organisation) if profiles is None else profiles
        super().__init__(
            with_simulator_codes(settings), clock=clock, profiles=(*simulator_profiles(), *own)
        )
        if not settings.reader_name:
            raise ConfigError("sim-socket needs the path of its socket: set name under [reader]")
        self._path = Path(settings.reader_name)
        self._tray = NamedTray(clock, Path(f"{self._path}{_CARDS_SUFFIX}"))
        self._told: list[ReaderEvent] = []
        self._server: socketserver.UnixStreamServer | None = None
        self._thread: threading.Thread | None = None

    def start(self, on_event: Callable[[ReaderEvent], None]) -> None:
        """Begin, and open the door.

        Raises:
            ConfigError: if the socket cannot be made.
        """

        def hear(event: ReaderEvent) -> None:
            self._told.append(event)
            on_event(event)

        super().start(hear)
        reader = self

        class Visitor(socketserver.StreamRequestHandler):
            timeout = _TIMEOUT_S

            def handle(self) -> None:
                line = self.rfile.readline(LINE_BYTES_MAX)
                self.wfile.write(f"{reader.take_line(line)}\n".encode())

        try:
            # A socket file outlives the process that made it.
            self._path.unlink(missing_ok=True)
            self._server = socketserver.UnixStreamServer(str(self._path), Visitor)
            self._path.chmod(0o600)
        except OSError as error:
            raise ConfigError(f"cannot make the reader's socket {self._path}: {error}") from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="sim-socket", kwargs={"poll_interval": 0.1}
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the door, then stop."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._path.unlink(missing_ok=True)
        super().stop()

    def take_line(self, line: bytes) -> str:
        """Do what a line says, and answer it.

        Args:
            line: as it came through the door.

        Returns:
            the answer's line: ``tapped``, a report, or what was wrong.
        """
        try:
            if line.startswith(b"{"):
                return encode_report(self._tap(decode_order(line)))
            self._tap_uid(line)
        except MohrError as error:
            return f"not tapped: {error}"
        return TAPPED

    def _tap(self, order: TapOrder) -> TapReport:
        shown = shown_by(order, self._tray)
        self._told.clear()
        show(self, shown)
        return TapReport(said=words_of_events(self._told), air_ms=air_ms(shown))

    def _tap_uid(self, line: bytes) -> None:
        try:
            uid = bytes.fromhex(line.decode("ascii"))
        except ValueError as error:
            raise WireError(str(error)) from error
        if len(uid) not in _UID_BYTES:
            raise WireError("a UID has 4, 7 or 10 bytes")
        show(self, UidCard(uid))


def tap_through(path: Path, uid: bytes) -> None:
    """Tap a card on another process's ``sim-socket``.

    Raises:
        ConfigError: if nobody listens there, or the card was refused; says why.
    """
    answer = _ask(path, uid.hex().encode() + b"\n")
    if answer != TAPPED:
        raise ConfigError(answer)


def order_through(path: Path, order: TapOrder) -> TapReport:
    """Tap a named card, a card's file or a code on another process's ``sim-socket``.

    Raises:
        ConfigError: if nobody listens there, or it was not tapped; says why.
    """
    answer = _ask(path, encode_order(order))
    report = decode_report(answer)
    if report is None:
        raise ConfigError(answer)
    return report


def _ask(path: Path, line: bytes) -> str:
    try:
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(_TIMEOUT_S)
            door.connect(str(path))
            door.sendall(line)
            answer = door.makefile("rb").readline(LINE_BYTES_MAX).decode().strip()
    except OSError as error:
        raise ConfigError(f"no simulated reader listens at {path}: {error}") from error
    return answer or "the simulated reader hung up"
