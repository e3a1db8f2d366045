"""What every printer framer shares: text runs, bulk data passed over, silence, counters.

A printer's stream has no frames and no checksums. What keeps a framer in step is the length of
every command and silence: a command still waiting for arguments when the line has been quiet for
the gap is given up, so one broken byte can never deafen the terminal.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import Final

from terminal_agent.pos.framers.events import (
    Abandoned,
    EscPosEvent,
    IdleGap,
    ImageSkipped,
    Initialise,
    Style,
    Text,
    Unknown,
)
from terminal_agent.pos.framers.framer import Framer, FramerCounters
from terminal_agent.pos.framers.spans import Span

#: A run of text without any control byte is handed over in pieces of this size.
TEXT_RUN_BYTES_MAX: Final = 4_096
DEFAULT_IDLE_GAP_MS: Final = 2_000

_PRINTABLE: Final = re.compile(rb"[\x20-\xff]+")


class PrinterFramer(Framer[EscPosEvent]):
    """Cuts a printer's byte stream into events; a dialect adds its table and what commands do.

    The same bytes give the same events however they are chunked, as long as no chunk comes a gap
    or more after the one before.
    """

    #: Bytes that begin a command of more than one byte.
    _prefixes: frozenset[int]
    #: Bytes that are handed over as text; a dialect may change it with its mode.
    _runs: re.Pattern[bytes] = _PRINTABLE

    def __init__(self, *, idle_gap_ms: int = DEFAULT_IDLE_GAP_MS) -> None:
        """Start at power-on state.

        Args:
            idle_gap_ms: silence that ends a receipt and gives up an unfinished command.
        """
        self._idle_gap_ms = idle_gap_ms
        self._last_byte_ms: int | None = None
        self._buffer = bytearray()
        self._text = bytearray()
        self._skip = 0
        self._skip_total = 0
        self._skip_is_image = False
        self._events: list[EscPosEvent] = []
        self._bytes_in = self._commands = self._unknown = self._abandoned = self._resets = 0
        self._power_on()

    def feed(self, data: bytes, now_ms: int) -> list[EscPosEvent]:
        """See ``Framer``; an elapsed gap comes first."""
        self._pass_time(now_ms)
        if data:
            self._last_byte_ms = now_ms
            self._bytes_in += len(data)
            self._buffer += data
            self._consume()
        return self._take_events()

    def idle(self, now_ms: int) -> list[EscPosEvent]:
        """Let time pass without bytes; returns an ``IdleGap`` once per silence."""
        self._pass_time(now_ms)
        return self._take_events()

    @property
    def deadline_ms(self) -> int | None:
        """When ``idle`` has something to say if no byte comes before; None while already quiet."""
        return None if self._last_byte_ms is None else self._last_byte_ms + self._idle_gap_ms

    def reset(self) -> None:
        """See ``Framer``."""
        self._buffer.clear()
        self._text.clear()
        self._events.clear()
        self._skip = 0
        self._last_byte_ms = None
        self._resets += 1
        self._power_on()

    @property
    def counters(self) -> FramerCounters:
        """See ``Framer``."""
        return FramerCounters(
            bytes_in=self._bytes_in,
            commands=self._commands,
            unknown=self._unknown,
            abandoned=self._abandoned,
            resets=self._resets,
        )

    @abstractmethod
    def _measure(self, data: bytearray, at: int) -> Span | None:
        """The extent of the command at ``at``, None where more bytes are needed to tell."""

    @abstractmethod
    def _perform(self, head: bytes) -> bool:
        """Do what a whole command says; returns whether the bytes it skips are a picture."""

    @abstractmethod
    def _control(self, byte: int) -> None:
        """Do what a control byte by itself says."""

    def _power_on(self) -> None:
        self._code_page: int | None = None
        self._multi_byte = False
        self._style = Style()
        self._qr = b""

    def _fall_silent(self) -> None:
        """End what a silence ends in this dialect, besides an unfinished command."""

    def _take_events(self) -> list[EscPosEvent]:
        events, self._events = self._events, []
        return events

    def _pass_time(self, now_ms: int) -> None:
        deadline_ms = self.deadline_ms
        if deadline_ms is None or now_ms < deadline_ms:
            return
        self._last_byte_ms = None
        waiting = len(self._buffer) + self._skip
        if waiting:
            self._abandoned += 1
            self._buffer.clear()
            self._skip = 0
            self._emit(Abandoned(byte_count=waiting))
        self._fall_silent()
        self._emit(IdleGap())

    def _consume(self) -> None:
        data, at = self._buffer, 0
        while at < len(data):
            if self._skip:
                at += self._pass_over(len(data) - at)
                continue
            run = self._runs.match(data, at)
            if run is not None:
                self._collect(run.group())
                at = run.end()
            elif data[at] in self._prefixes:
                taken = self._command(at)
                if not taken:
                    break
                at += taken
            else:
                self._control(data[at])
                at += 1
        del data[:at]

    def _collect(self, run: bytes) -> None:
        # The pieces end at the same byte of a run however it arrives.
        at = 0
        while at < len(run):
            piece = run[at : at + TEXT_RUN_BYTES_MAX - len(self._text)]
            self._text += piece
            at += len(piece)
            if len(self._text) == TEXT_RUN_BYTES_MAX:
                self._flush_text()

    def _flush_text(self) -> None:
        if self._text:
            text = Text(
                data=bytes(self._text),
                code_page=self._code_page,
                multi_byte=self._multi_byte,
                style=self._style,
            )
            self._text.clear()
            self._events.append(text)

    def _emit(self, event: EscPosEvent) -> None:
        self._flush_text()
        self._events.append(event)

    def _pass_over(self, available: int) -> int:
        count = min(self._skip, available)
        self._skip -= count
        if not self._skip and self._skip_is_image:
            self._emit(ImageSkipped(byte_count=self._skip_total))
        return count

    def _command(self, at: int) -> int:
        """Take the command at ``at``; returns the bytes used, 0 where more are needed."""
        span = self._measure(self._buffer, at)
        if span is None:
            return 0
        head = bytes(self._buffer[at : at + span.head])
        if not span.known:
            self._tell_unknown(head)
            return span.head
        self._commands += 1
        self._skip_is_image = self._perform(head)
        if self._skip_is_image and not span.skip:
            self._emit(ImageSkipped(byte_count=0))
        self._skip = self._skip_total = span.skip
        return span.head

    def _tell_unknown(self, command: bytes) -> None:
        self._unknown += 1
        self._emit(Unknown(command=command))

    def _restyle(self, style: Style) -> None:
        if style != self._style:
            self._flush_text()
            self._style = style

    def _initialise(self) -> None:
        self._emit(Initialise())
        self._power_on()

    def _select_multi_byte(self, *, on: bool) -> None:
        if self._multi_byte != on:
            self._flush_text()
            self._multi_byte = on
