"""A recording of a till's line, played as a port: every bug in the field becomes a test."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gateway.clock import Clock
from terminal_agent.pos.delivery import Delivery
from terminal_agent.pos.port import (
    PosBytes,
    PosPort,
    PosPortEvent,
    PosPortState,
    PosPortStateChanged,
)

_BITS_PER_BYTE: Final = 10


class FilePosPort(PosPort):
    """Plays a file's bytes once and then stays up and quiet, as a till between two customers.

    The recording is raw bytes without times; with ``baud`` it is paced like a real line (ten bits a
    byte), without it comes as fast as it is taken.
    """

    def __init__(
        self, path: Path, clock: Clock, *, baud: int | None = None, chunk_bytes: int = 256
    ) -> None:
        """Prepare to play ``path``; nothing is opened before ``start``.

        Args:
            path: the recording.
            clock: gives the monotonic time of each chunk.
            baud: bits per second to pace by, None for as fast as possible.
            chunk_bytes: bytes handed over at once.
        """
        self._path = path
        self._clock = clock
        self._pause_s = 0.0 if baud is None else chunk_bytes * _BITS_PER_BYTE / baud
        self._chunk_bytes = chunk_bytes
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._delivery: Delivery | None = None

    def start(self, on_event: Callable[[PosPortEvent], None]) -> None:
        """See ``PosPort``. A file that cannot be read shows as DOWN with the reason."""
        if self._thread is not None:
            raise RuntimeError("this port was started already")
        delivery = self._delivery = Delivery(on_event)
        self._thread = threading.Thread(
            target=self._run, args=(delivery,), name="pos-file", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """See ``PosPort``. Joins both threads; safe to call twice or without ``start``."""
        self._stopping.set()
        if self._delivery is not None:
            self._delivery.stop()
        if self._thread is not None and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self, delivery: Delivery) -> None:
        try:
            with self._path.open("rb") as recording:
                delivery.put(PosPortStateChanged(state=PosPortState.UP, detail="recording"))
                while chunk := recording.read(self._chunk_bytes):
                    if self._stopping.wait(self._pause_s):
                        return
                    now_ms = self._clock.monotonic_ms()
                    delivery.put(PosBytes(data=chunk, monotonic_ms=now_ms))
        except OSError as error:
            detail = f"{self._path}: {error.strerror or error}"
            delivery.put(PosPortStateChanged(state=PosPortState.DOWN, detail=detail))
