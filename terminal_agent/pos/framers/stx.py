"""The framer of STX, body, ETX and a check byte: Concert, Transbank, ECR17 and their kin.

The byte behind the end is the check, whatever it is: it may well equal STX, ETX or ENQ. But noise
can end in something that only looks like a frame and takes the STX of a good one for its check. So
a check byte that is STX may begin a frame as well; a body holds no STX, so that costs no time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from terminal_agent.pos.framers.framer import Framer, FramerCounters
from terminal_agent.pos.framers.stx_settings import ETB, ETX, STX, FrameSettings

_PROGRESS: Final = re.compile(rb"\x01([\x20-\x7e]{20})\x04")
_PROGRESS_BYTES: Final = 22
_SEVEN_BITS: Final = bytes(value & 0x7F for value in range(256))


class Control(IntEnum):
    """A single control byte by which two ends keep in step."""

    EOT = 0x04
    ENQ = 0x05
    ACK = 0x06
    NAK = 0x15


@dataclass(frozen=True, slots=True, kw_only=True)
class StxFrame:
    """A frame whose check held. ``body`` is what stood between STX and the end byte."""

    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSeen:
    """A control byte outside a frame."""

    control: Control


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a terminal says it is doing, in words for its own screen."""

    text: str


StxEvent = StxFrame | ControlSeen | Progress

_CONTROLS: Final = frozenset(Control)


class StxFramer(Framer[StxEvent]):
    """Cuts one direction of a line into frames; bad ones are counted and passed over."""

    def __init__(self, settings: FrameSettings) -> None:
        """Start with a silent line."""
        self._settings = settings
        separators = re.escape(settings.separators)
        self._body = re.compile(
            rb"[\x20-\xff" + separators + rb"]{0,%d}" % (settings.body_bytes_max + 1)
        )
        starts = bytes((STX, *_CONTROLS, *((1,) if settings.progress else ())))
        self._noise = re.compile(rb"[^" + re.escape(starts) + rb"]+")
        self._ends = {ETX, ETB} if settings.ends_with_etb else {ETX}
        self._buffer = bytearray()
        self._looked = 0
        self._began_ms = self._last_ms = 0
        self._frames = self._bytes_in = self._bad_checks = 0
        self._malformed = self._skipped = self._abandoned = self._resets = 0

    def feed(self, data: bytes, now_ms: int) -> list[StxEvent]:
        """See ``Framer``."""
        self._pass_time(now_ms)
        if not data:
            return []
        if not self._buffer:
            self._began_ms = now_ms
        self._last_ms = now_ms
        self._bytes_in += len(data)
        self._buffer += data.translate(_SEVEN_BITS) if self._settings.seven_bits else data
        events: list[StxEvent] = []
        at = 0
        while at < len(self._buffer):
            used = self._take(at, events)
            if not used:
                break
            at += used
            self._looked = 0
            self._began_ms = now_ms
        del self._buffer[:at]
        return events

    def idle(self, now_ms: int) -> list[StxEvent]:
        """See ``Framer``. Time makes nothing known here; it gives up what is not finished."""
        self._pass_time(now_ms)
        return []

    @property
    def deadline_ms(self) -> int | None:
        """See ``Framer``."""
        if not self._buffer:
            return None
        gap_ms = self._last_ms + self._settings.byte_gap_ms
        return min(gap_ms, self._began_ms + self._settings.frame_ms)

    def reset(self) -> None:
        """See ``Framer``."""
        self._buffer.clear()
        self._looked = 0
        self._resets += 1

    @property
    def counters(self) -> FramerCounters:
        """See ``Framer``."""
        return FramerCounters(
            bytes_in=self._bytes_in,
            commands=self._frames,
            bad_checks=self._bad_checks,
            malformed=self._malformed,
            skipped=self._skipped,
            abandoned=self._abandoned,
            resets=self._resets,
        )

    def _pass_time(self, now_ms: int) -> None:
        deadline_ms = self.deadline_ms
        if deadline_ms is not None and now_ms >= deadline_ms:
            self._abandoned += 1
            self._buffer.clear()
            self._looked = 0

    def _take(self, at: int, events: list[StxEvent]) -> int:
        """Take what begins at ``at``; returns the bytes used, 0 where more are needed."""
        first = self._buffer[at]
        if first == STX:
            return self._frame(at, events)
        if first == 0x01 and self._settings.progress:
            return self._progress(at, events)
        if first in _CONTROLS:
            return self._control(at, events)
        noise = self._noise.match(self._buffer, at)
        assert noise is not None, "what begins nothing is noise"
        return self._pass_over(noise.end() - at)

    def _frame(self, at: int, events: list[StxEvent]) -> int:
        data, start = self._buffer, at + 1
        # What was looked at before the last bytes came is not looked at again.
        body = self._body.match(data, start + self._looked)
        assert body is not None, "an empty body matches"
        end = body.end()
        if end - start > self._settings.body_bytes_max:
            self._malformed += 1
            return self._pass_over(end - at)
        if end == len(data):
            self._looked = end - start
            return 0
        if data[end] not in self._ends or end == start:
            # A control byte no body holds. It may begin something itself.
            self._malformed += 1
            return self._pass_over(end - at)
        if end + 1 == len(data):
            self._looked = end - start
            return 0
        check = data[end + 1]
        if self._settings.lrc(bytes(data[start:end]), data[end]) != check:
            self._bad_checks += 1
            return self._pass_over(end + 1 - at)
        self._frames += 1
        events.append(StxFrame(body=bytes(data[start:end])))
        return end + (1 if check == STX else 2) - at

    def _control(self, at: int, events: list[StxEvent]) -> int:
        data, control = self._buffer, Control(self._buffer[at])
        if not self._settings.framed_acknowledgements or control in (Control.EOT, Control.ENQ):
            events.append(ControlSeen(control=control))
            return 1
        if len(data) - at < 3 and bytes(data[at + 1 :]) in (b"", b"\x03"):
            return 0
        # The byte itself stands where a body would.
        if data[at + 1] == ETX and data[at + 2] == self._settings.lrc(bytes((control,)), ETX):
            events.append(ControlSeen(control=control))
            return 3
        return self._pass_over(1)

    def _progress(self, at: int, events: list[StxEvent]) -> int:
        found = _PROGRESS.match(self._buffer, at)
        if found is not None:
            events.append(Progress(text=found.group(1).decode("ascii").strip()))
            return _PROGRESS_BYTES
        begun = self._buffer[at + 1 : at + _PROGRESS_BYTES]
        if len(begun) < _PROGRESS_BYTES - 1 and all(0x20 <= byte <= 0x7E for byte in begun[:20]):
            return 0
        return self._pass_over(1)

    def _pass_over(self, count: int) -> int:
        self._skipped += count
        return count
