"""From what a scanner sends to whole scans: terminators, framing, symbology, and garbage.

A scanner is set up by scanning setup codes, so every one of them sends something else. What may
come is: an AIM symbology identifier (ISO/IEC 15424: ``]``, a letter, a modifier), a prefix and a
suffix of the shop's choosing, and a terminator, or none: then silence ends a scan. Pure: bytes and
monotonic milliseconds in, scans out. What a scan holds may be a bank card, so it stands in no
``repr``, and a half scan is wiped when it is given up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.model.checks import check_bytes, check_int

_AIM: Final = re.compile(rb"\][A-Za-z][0-9A-Za-z]")
_LINE_ENDS: Final = b"\r\n\t"
_FRAME_BYTES_MAX: Final = 16


class Terminator(StrEnum):
    """What ends a scan. ``any`` takes CR, LF and TAB alike, and any row of them."""

    ANY = "any"
    CR = "cr"
    LF = "lf"
    TAB = "tab"
    NONE = "none"


_ENDS: Final = {
    Terminator.ANY: _LINE_ENDS,
    Terminator.CR: b"\r",
    Terminator.LF: b"\n",
    Terminator.TAB: b"\t",
    Terminator.NONE: b"",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanSettings:
    """How a scanner is set up.

    Attributes:
        terminator: what ends a scan; with ``none`` a silence of ``gap_ms`` does.
        gap_ms: characters of one scan come closer together than this. A scan without its
            terminator is given up after it.
        prefix: bytes before every scan, taken off; a scan without them is refused.
        suffix: the same after every scan, before the terminator.
        bytes_max: a longer scan is refused; three tracks of a stripe need 230.

    Raises:
        ValueRangeError: if a setting is outside its range.
    """

    terminator: Terminator = Terminator.ANY
    gap_ms: int = 200
    prefix: bytes = b""
    suffix: bytes = b""
    bytes_max: int = 1_024

    def __post_init__(self) -> None:
        check_int("gap_ms", self.gap_ms, 1, 60_000)
        check_bytes("prefix", self.prefix, 0, _FRAME_BYTES_MAX)
        check_bytes("suffix", self.suffix, 0, _FRAME_BYTES_MAX)
        check_int("bytes_max", self.bytes_max, 1, 65_536)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedLine:
    """One whole scan.

    Attributes:
        data: what was scanned, without anything around it.
        symbology: the AIM identifier without its bracket (``Q1`` is a QR code), empty where the
            scanner sends none.
    """

    data: bytes = field(repr=False)
    symbology: str = ""


class ScanFault(StrEnum):
    """Why something that came was no scan. The words are for the integrator."""

    TOO_LONG = "a scan is longer than it may be"
    NO_TERMINATOR = "a scan ended without its terminator; is the scanner set up to send one?"
    NO_FRAME = "a scan came without the prefix or suffix that is set"
    LOST = "characters of a scan were lost"


Scan = ScannedLine | ScanFault


class ScanFramer:
    """Parts a scanner's bytes into scans. Not thread-safe: one owner calls it."""

    def __init__(self, settings: ScanSettings) -> None:
        """Begin between two scans."""
        self._settings = settings
        self._ends = _ENDS[settings.terminator]
        self._held = bytearray()
        self._fault: ScanFault | None = None
        self._last_ms = 0

    @property
    def next_due_ms(self) -> int | None:
        """From when on a silence ends what is under way; None between two scans."""
        idle = not self._held and self._fault is None
        return None if idle else self._last_ms + self._settings.gap_ms

    def feed(self, data: bytes, now_ms: int) -> list[Scan]:
        """Take what came.

        How late it comes says nothing: on a busy machine bytes wait for their reader. A silence
        is what ``pass_time`` is told of.

        Args:
            data: in any pieces.
            now_ms: monotonic time of the reading in milliseconds.

        Returns:
            the scans that ended, in order.
        """
        scans: list[Scan] = []
        if data:
            self._last_ms = now_ms
        for value in data:
            if value in self._ends:
                scans.extend(self._end())
            elif self._fault is None:
                self._hold(value)
        return scans

    def pass_time(self, now_ms: int) -> list[Scan]:
        """Let a silence end what is under way, if it has lasted long enough.

        Args:
            now_ms: a monotonic time up to which nothing more had come.
        """
        due_ms = self.next_due_ms
        if due_ms is None or now_ms < due_ms:
            return []
        if self._ends and self._fault is None and self._held.strip(_LINE_ENDS):
            self._spoil(ScanFault.NO_TERMINATOR)
        return self._end()

    def lose(self, now_ms: int) -> None:
        """Something of the scan under way was lost: refuse it when it ends."""
        self._last_ms = now_ms
        self._spoil(ScanFault.LOST)

    def drop(self) -> None:
        """Forget what is under way: the device went away."""
        self._wipe()
        self._fault = None

    def _hold(self, value: int) -> None:
        self._held.append(value)
        if len(self._held) > self._settings.bytes_max:
            self._spoil(ScanFault.TOO_LONG)

    def _spoil(self, fault: ScanFault) -> None:
        self._wipe()
        self._fault = fault

    def _end(self) -> list[Scan]:
        fault, self._fault = self._fault, None
        if fault is not None:
            return [fault]
        data = bytes(self._held).strip(_LINE_ENDS)
        self._wipe()
        return [self._unframed(data)] if data else []

    def _unframed(self, data: bytes) -> Scan:
        prefix, suffix = self._settings.prefix, self._settings.suffix
        # Some scanners put the identifier before the shop's prefix and some behind it.
        data, symbology = _split_aim(data)
        if not (data.startswith(prefix) and data.endswith(suffix)):
            return ScanFault.NO_FRAME
        inner = data[len(prefix) : len(data) - len(suffix)]
        if len(data) < len(prefix) + len(suffix):
            return ScanFault.NO_FRAME
        if not symbology:
            inner, symbology = _split_aim(inner)
        return ScannedLine(data=inner, symbology=symbology)

    def _wipe(self) -> None:
        self._held[:] = bytes(len(self._held))
        self._held.clear()


def _split_aim(data: bytes) -> tuple[bytes, str]:
    found = _AIM.match(data)
    if found is None:
        return data, ""
    return data[found.end() :], found[0][1:].decode("ascii")
