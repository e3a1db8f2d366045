"""A recording of a till's line, played as a port: every bug in the field becomes a test."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gateway.clock import Clock
from gateway.errors import ConfigError
from terminal_agent.pos.delivery import Delivery
from terminal_agent.pos.port import (
    PosBytes,
    PosPort,
    PosPortEvent,
    PosPortState,
    PosPortStateChanged,
)
from terminal_agent.pos.recording import RecordedPiece, RecordingFormat, load_recording

_BITS_PER_BYTE: Final = 10


class FilePosPort(PosPort):
    """Plays a file's bytes once and then stays up and quiet, as a till between two customers.

    With ``baud`` it is paced: timed rows as they were heard, other recordings like a real line (ten
    bits a byte). Without, everything comes as fast as it is taken.
    """

    def __init__(
        self, path: Path, clock: Clock, *, baud: int | None = None, chunk_bytes: int = 256
    ) -> None:
        """Prepare to play ``path``; nothing is opened before ``start``.

        Args:
            path: the recording, in any format of ``recording``.
            clock: gives the monotonic time of each chunk.
            baud: bits per second to pace by, None for as fast as possible.
            chunk_bytes: bytes handed over at once.
        """
        self._path = path
        self._clock = clock
        self._baud = baud
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
            recording = load_recording(self._path)
        except ConfigError as error:
            delivery.put(PosPortStateChanged(state=PosPortState.DOWN, detail=str(error)))
            return
        delivery.put(PosPortStateChanged(state=PosPortState.UP, detail="recording"))
        timed = recording.format is RecordingFormat.TIMED
        heard_ms = 0
        for piece in recording.pieces:
            gap_ms = piece.t_ms - heard_ms if timed and self._baud is not None else 0
            if self._stopping.wait(gap_ms / 1_000):
                return
            heard_ms = piece.t_ms
            if not self._play(piece, delivery, at_once=timed):
                return

    def _play(self, piece: RecordedPiece, delivery: Delivery, *, at_once: bool) -> bool:
        """Hand a piece over; False if the port was stopped meanwhile."""
        for at in range(0, len(piece.data), self._chunk_bytes):
            chunk = piece.data[at : at + self._chunk_bytes]
            paced = self._baud is not None and not at_once
            pause_s = len(chunk) * _BITS_PER_BYTE / (self._baud or 1) if paced else 0.0
            if self._stopping.wait(pause_s):
                return False
            now_ms = self._clock.monotonic_ms()
            delivery.put(PosBytes(data=chunk, monotonic_ms=now_ms, direction=piece.direction))
        return True
