"""A card terminal that is reached over TCP, on a line that may be bad."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from random import Random
from types import TracebackType
from typing import Final, Self

from simulators.tills.card_terminal import TerminalEnd
from simulators.tills.line_faults import LineFaults, spoil

_LOOK_S: Final = 0.05
_READ_BYTES: Final = 65_536


class TcpCardTerminal:
    """Serves one till after the other on a free port of this machine.

    Each connection gets an end of its own, as a terminal forgets what was under way when it closes.
    """

    def __init__(
        self,
        make_end: Callable[[], TerminalEnd],
        *,
        port: int = 0,
        faults: LineFaults | None = None,
        chance: Random | None = None,
    ) -> None:
        """Begin to listen.

        Args:
            make_end: makes what it says.
            port: where; 0 takes a free one.
            faults: what happens to what it says.
            chance: decides where.
        """
        self._make_end = make_end
        self._faults = faults or LineFaults()
        self._chance = chance or Random(0)
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.settimeout(_LOOK_S)
        self._unplugged = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tcp-card-terminal", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where a till connects to."""
        return int(self._listener.getsockname()[1])

    def unplug(self) -> None:
        """Break the connection off that stands; the next till finds the terminal again."""
        self._unplugged.set()

    def close(self) -> None:
        """Stop for good."""
        self._stopping.set()
        self._thread.join()
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            with connection:
                self._unplugged.clear()
                connection.settimeout(_LOOK_S)
                self._serve(connection, self._make_end())

    def _serve(self, connection: socket.socket, end: TerminalEnd) -> None:
        while not (self._stopping.is_set() or self._unplugged.is_set()):
            try:
                data = connection.recv(_READ_BYTES)
            except TimeoutError:
                continue
            except OSError:
                return
            if not data:
                return
            for said in end.feed(data):
                for stretch in spoil(said, self._faults, self._chance):
                    self._stopping.wait(stretch.pause_ms / 1_000)
                    try:
                        connection.sendall(stretch.data)
                    except OSError:
                        return
