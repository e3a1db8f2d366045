"""The last bytes of a till's line on disk, masked: so that a bug in a shop can be played again.

Off by default. Two files take turns; when one is full the other is emptied, so the newest bytes are
kept and the disk never holds more than was allowed. Nothing here can harm the till: the ring has a
thread of its own, drops what it cannot write, and says so once.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import IO, Final

import structlog

from gateway.errors import ConfigError
from terminal_agent.pos.delivery import Delivery
from terminal_agent.pos.masking import MaskRule, TimedMask
from terminal_agent.pos.port import Direction, PosBytes, PosPortEvent
from terminal_agent.pos.recording import (
    RecordedPiece,
    RecordingFormat,
    load_recording,
    write_row,
)

#: Less than this would not hold one receipt with a picture.
CAPTURE_BYTES_MIN: Final = 65_536
#: The journal needs room (``[journal] reserve_mib``); far above it the ring stops by itself.
FREE_BYTES_MIN: Final = 256 * 1024 * 1024
#: The ring's files in its folder, in timed rows (``recording``).
FILE_NAMES: Final = ("capture-a.jsonl", "capture-b.jsonl")

_log = structlog.get_logger(__name__)


class CaptureRing:
    """Keeps what passes a port, from any one thread, in bounded room."""

    def __init__(
        self, folder: Path, *, bytes_max: int, rule: MaskRule, free_bytes_min: int = FREE_BYTES_MIN
    ) -> None:
        """Begin behind what an earlier run kept.

        Args:
            folder: where the two files are; made if it is missing.
            bytes_max: what both together may hold.
            rule: how the line is masked.
            free_bytes_min: nothing is kept while less of the disk is free.

        Raises:
            ConfigError: if ``bytes_max`` is too small to be of use.
        """
        if bytes_max < CAPTURE_BYTES_MIN:
            raise ConfigError(
                f"capture_bytes = {bytes_max}; write 0 to keep nothing, or at least "
                f"{CAPTURE_BYTES_MIN}"
            )
        self._folder = folder
        self._file_bytes_max = bytes_max // 2
        self._free_bytes_min = free_bytes_min
        self._rule = rule
        self._masks: dict[Direction, TimedMask] = {}
        self._file: IO[bytes] | None = None
        self._active = 0
        self._failing = False
        #: Bytes of the line that could not be kept, since the start.
        self.dropped_bytes = 0
        self._delivery = Delivery(self._on_event)

    def note(self, event: PosPortEvent) -> None:
        """Keep what was heard. Never waits and never raises."""
        self._delivery.put(event)

    def close(self) -> None:
        """Write what was held back, and let go of the files."""
        self._delivery.stop()
        for direction, mask in self._masks.items():
            self._keep(direction, mask.end())
        self._let_go()

    def _on_event(self, event: PosPortEvent) -> None:
        if not isinstance(event, PosBytes):
            return
        mask = self._masks.setdefault(event.direction, TimedMask(self._rule))
        self._keep(event.direction, mask.feed(event.data, event.monotonic_ms))

    def _keep(self, direction: Direction, pieces: list[tuple[int, bytes]]) -> None:
        for t_ms, data in pieces:
            try:
                self._write(RecordedPiece(t_ms=t_ms, direction=direction, data=data))
            except OSError as error:
                self.dropped_bytes += len(data)
                self._let_go()
                if not self._failing:
                    self._failing = True
                    _log.warning("till capture cannot be written", error=str(error))
            else:
                self._failing = False

    def _write(self, piece: RecordedPiece) -> None:
        if shutil.disk_usage(self._existing_folder()).free < self._free_bytes_min:
            raise OSError("the disk is nearly full")
        row = write_row(piece)
        file = self._file or self._open(piece.t_ms)
        if file.tell() and file.tell() + len(row) > self._file_bytes_max:
            file = self._turn()
        # A row is written whole or not at all: a torn one would spoil the file for reading.
        before = file.tell()
        written = 0
        try:
            written = file.write(row) or 0
        finally:
            if written != len(row):
                file.truncate(before)
        if written != len(row):
            raise OSError("the disk is full")

    def _existing_folder(self) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder

    def _open(self, t_ms: int) -> IO[bytes]:
        """Go on in the newer file, unless the machine's time has begun anew since."""
        paths = [self._folder / name for name in FILE_NAMES]
        ages = [path.stat().st_mtime_ns if path.exists() else 0 for path in paths]
        self._active = ages.index(max(ages))
        if paths[self._active].exists() and _last_t_ms(paths[self._active]) > t_ms:
            return self._turn()
        return self._open_active("ab")

    def _turn(self) -> IO[bytes]:
        self._let_go()
        self._active = 1 - self._active
        return self._open_active("wb")

    def _open_active(self, mode: str) -> IO[bytes]:
        path = self._folder / FILE_NAMES[self._active]
        # Unbuffered: what could not be written must not come again by itself at the next flush.
        self._file = path.open(mode, buffering=0)
        path.chmod(0o600)
        return self._file

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _last_t_ms(path: Path) -> int:
    """The time of a file's last row; of a file that cannot be read, later than every time."""
    try:
        pieces = load_recording(path, RecordingFormat.TIMED).pieces
    except ConfigError:
        # A machine that lost its power may have left half a row: better no more behind it.
        return sys.maxsize
    return max((piece.t_ms for piece in pieces), default=0)
