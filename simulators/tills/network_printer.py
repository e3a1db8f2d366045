"""A receipt printer in the network: keeps what it is sent, answers status questions, may be slow.

Not modelled: paper, and what the bytes would print. It serves one connection at a time and lets the
others wait, as most printers do.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Final, Self

_READ_BYTES: Final = 4_096
#: ``DLE EOT n`` asks for status; the answer is one byte, 0x12: on line, nothing wrong.
_STATUS_QUESTION: Final = b"\x10\x04"
_STATUS: Final = b"\x12"
#: Four bytes of automatic status (ASB) after each job.
AUTOMATIC_STATUS: Final = b"\x10\x00\x00\x00"


class NetworkPrinter:
    """A printer on a free port of this machine, until it is closed."""

    def __init__(self, *, port: int = 0, tells_status: bool = False) -> None:
        """Switch the printer on.

        Args:
            port: where it listens; 0 takes a free one.
            tells_status: send the automatic status when a job ends.
        """
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = int(self._listener.getsockname()[1])
        self._tells_status = tells_status
        self._closing = threading.Event()
        #: Cleared, the printer takes no bytes: out of paper.
        self.running = threading.Event()
        self.running.set()
        self._changed = threading.Condition()
        self._jobs: list[bytes] = []
        self._current = bytearray()
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name="network-printer", daemon=True)
        self._thread.start()

    def job(self, number: int, *, wait_s: float = 20.0) -> bytes:
        """What a connection sent, once it has ended.

        Raises:
            TimeoutError: if it does not end in time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._jobs) > number, wait_s):
                raise TimeoutError(f"no job {number}")
            return self._jobs[number]

    def await_bytes(self, count: int, *, wait_s: float = 20.0) -> bytes:
        """What the present connection has sent, once it is so many bytes.

        Raises:
            TimeoutError: if they do not come in time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._current) >= count, wait_s):
                raise TimeoutError(f"{len(self._current)} of {count} bytes")
            return bytes(self._current)

    def break_off(self) -> None:
        """Lose the power for a moment: the present connection is reset."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Switch the printer off."""
        self._closing.set()
        self.running.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self.break_off()
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

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                self._connection = connection
                self._print(connection)
            self._connection = None
            with self._changed:
                self._jobs.append(bytes(self._current))
                self._current.clear()
                self._changed.notify_all()

    def _print(self, connection: socket.socket) -> None:
        while True:
            self.running.wait()
            data = connection.recv(_READ_BYTES)
            if not data:
                if self._tells_status:
                    connection.sendall(AUTOMATIC_STATUS)
                return
            with self._changed:
                self._current += data
                self._changed.notify_all()
            if self._current[-3:-1] == _STATUS_QUESTION:
                connection.sendall(_STATUS)
