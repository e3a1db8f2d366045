"""``sim-socket``: a simulated reader that another process taps, through a Unix socket.

For developers and the quick start: ``mohr terminal run`` opens it like any reader, and
``mohr sim tap SOCKET UID`` plays the customer. ``reader_name`` is the socket's path. One line with
a card's UID in hexadecimal is one tap; the answer is one line, ``tapped`` or what was wrong.

It does not model anything that ``SimReader`` does not, and only cards with a UID.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from gateway.clock import Clock
from gateway.errors import ConfigError, MohrError
from gateway.readers.cards.dialogue import ProfileReader
from gateway.readers.reader import ReaderEvent
from gateway.readers.settings import ReaderSettings
from simulators.card import UidCard
from simulators.reader import SimReader

TAPPED: Final = "tapped"
_LINE_BYTES_MAX: Final = 128
_TIMEOUT_S: Final = 5.0
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
        super().__init__(settings, clock=clock, profiles=profiles)
        if not settings.reader_name:
            raise ConfigError("sim-socket needs the path of its socket: set name under [reader]")
        self._path = Path(settings.reader_name)
        self._server: socketserver.UnixStreamServer | None = None
        self._thread: threading.Thread | None = None

    def start(self, on_event: Callable[[ReaderEvent], None]) -> None:
        """Begin, and open the door.

        Raises:
            ConfigError: if the socket cannot be made.
        """
        super().start(on_event)
        reader = self

        class Visitor(socketserver.StreamRequestHandler):
            timeout = _TIMEOUT_S

            def handle(self) -> None:
                line = self.rfile.readline(_LINE_BYTES_MAX)
                self.wfile.write(f"{reader.tap_uid(line)}\n".encode())

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

    def tap_uid(self, line: bytes) -> str:
        """Show a card and take it away.

        Args:
            line: its UID in hexadecimal, as it came through the door.

        Returns:
            ``tapped``, or what was wrong.
        """
        try:
            uid = bytes.fromhex(line.decode("ascii"))
            if len(uid) not in _UID_BYTES:
                return "not tapped: a UID has 4, 7 or 10 bytes"
            self.tap(UidCard(uid))
            self.remove()
        except (ValueError, MohrError) as error:
            return f"not tapped: {error}"
        return TAPPED


def tap_through(path: Path, uid: bytes) -> None:
    """Tap a card on another process's ``sim-socket``.

    Raises:
        ConfigError: if nobody listens there, or the card was refused; says why.
    """
    try:
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(_TIMEOUT_S)
            door.connect(str(path))
            door.sendall(uid.hex().encode() + b"\n")
            answer = door.makefile("rb").readline(_LINE_BYTES_MAX * 4).decode().strip()
    except OSError as error:
        raise ConfigError(f"no simulated reader listens at {path}: {error}") from error
    if answer != TAPPED:
        raise ConfigError(answer or "the simulated reader hung up")
