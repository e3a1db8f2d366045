"""``serial-scan``: scanners and stripe readers on a serial line, or on USB as one (CDC ACM).

``reader_name`` is the device's path; ``codes`` has the speed and what the scanner sends.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

from gateway.clock import Clock
from gateway.readers.cards.dialogue import ProfileReader
from gateway.readers.errors import ReaderUnavailableError
from gateway.readers.scan_reader import READ_TIMEOUT_S, ScanDevice, ScanReader
from gateway.readers.serial_line import (
    LINE_FAULTS,
    SerialLine,
    SerialSettings,
    fault_words,
    open_line,
    present_lines,
    read_waiting,
)
from gateway.readers.settings import ReaderSettings

_READ_BYTES_MAX: Final = 4_096


class SerialScanReader(ScanReader):
    """A scanner or stripe reader on a serial line.

    Args:
        settings: see ``ScanReader``.
        clock: see ``ScanReader``.
        profiles: not used: nothing here speaks APDUs.
        jitter: see ``ScanReader``.

    Raises:
        ConfigError: if no device is named, or its speed is none that lines have.
    """

    backend = "serial-scan"

    def __init__(
        self,
        settings: ReaderSettings,
        *,
        clock: Clock,
        profiles: Sequence[ProfileReader] | None = None,
        jitter: random.Random | None = None,
    ) -> None:
        del profiles
        super().__init__(settings, clock=clock, jitter=jitter)
        self._line = SerialSettings(device=settings.reader_name, baud=settings.codes.baud_rate)

    @classmethod
    def present_readers(cls) -> tuple[str, ...]:
        """The serial devices that are there now; which of them are scanners nobody can tell."""
        return present_lines()

    def _open(self) -> ScanDevice:
        try:
            return _SerialScanner(open_line(self._line, read_timeout_s=READ_TIMEOUT_S))
        except LINE_FAULTS as error:
            raise ReaderUnavailableError(fault_words(error)) from error


class _SerialScanner:
    """An open line."""

    def __init__(self, line: SerialLine) -> None:
        self._line = line

    def read(self) -> Sequence[bytes]:
        """See ``ScanDevice``."""
        try:
            data = read_waiting(self._line, _READ_BYTES_MAX)
        except LINE_FAULTS as error:
            raise ReaderUnavailableError(fault_words(error)) from error
        return (data,) if data else ()

    def close(self) -> None:
        """See ``ScanDevice``."""
        self._line.close()
