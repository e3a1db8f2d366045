"""Cuts what a till sends into checked lines: bounded, linear, never raising."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from terminal_agent.pos.framers.framer import Framer, FramerCounters
from terminal_agent.pos.line_protocol.lines import LINE_BYTES_MAX, checked_text, has_check

#: Half a line and then silence: the rest will not come.
HALF_LINE_MS: Final = 5_000
_NEWLINE: Final = b"\n"


class LineFault(StrEnum):
    """Why a line is none. The till is told, and sends it again."""

    NO_CHECK = "no_check"
    BAD_CHECK = "bad_check"
    TOO_LONG = "too_long"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSeen:
    """A whole line whose check holds; ``text`` is its JSON."""

    text: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBroken:
    """A line that cannot be taken."""

    fault: LineFault


LineEvent = LineSeen | LineBroken


class LineFramer(Framer[LineEvent]):
    """Lines out of bytes.

    Of a line that is too long its last 64 KiB are kept: a message may stand behind noise that had
    no end of line.
    """

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self._rest = bytearray()
        self._too_long = False
        self._last_ms: int | None = None
        self._counters = FramerCounters()

    def feed(self, data: bytes, now_ms: int) -> list[LineEvent]:
        """See ``Framer``."""
        events = self.idle(now_ms)
        self._count(bytes_in=len(data))
        begin = 0
        while (end := data.find(_NEWLINE, begin)) >= 0:
            self._keep(data[begin:end])
            events += self._end_line()
            begin = end + 1
        self._keep(data[begin:])
        if data:
            self._last_ms = now_ms if self._rest else None
        return events

    def idle(self, now_ms: int) -> list[LineEvent]:
        """See ``Framer``: silence gives half a line up."""
        due = self.deadline_ms
        if due is None or now_ms < due:
            return []
        self._forget()
        self._count(abandoned=1)
        return [LineBroken(fault=LineFault.INCOMPLETE)]

    def reset(self) -> None:
        """See ``Framer``."""
        self._forget()
        self._count(resets=1)

    @property
    def deadline_ms(self) -> int | None:
        """See ``Framer``."""
        return None if self._last_ms is None else self._last_ms + HALF_LINE_MS

    @property
    def counters(self) -> FramerCounters:
        """See ``Framer``."""
        return self._counters

    def _keep(self, part: bytes) -> None:
        self._rest += part
        over = len(self._rest) - (LINE_BYTES_MAX - len(_NEWLINE))
        if over > 0:
            del self._rest[:over]
            self._too_long = True
            self._count(skipped=over)

    def _end_line(self) -> list[LineEvent]:
        line, too_long = bytes(self._rest).rstrip(b"\r"), self._too_long
        self._forget()
        if not line and not too_long:
            return []
        text = checked_text(line)
        if text is not None:
            self._count(commands=1)
            return [LineSeen(text=text)]
        self._count(bad_checks=1)
        if too_long:
            return [LineBroken(fault=LineFault.TOO_LONG)]
        fault = LineFault.BAD_CHECK if has_check(line) else LineFault.NO_CHECK
        return [LineBroken(fault=fault)]

    def _forget(self) -> None:
        self._rest.clear()
        self._too_long = False
        self._last_ms = None

    def _count(self, **more: int) -> None:
        now = {name: getattr(self._counters, name) + count for name, count in more.items()}
        self._counters = replace(self._counters, **now)
