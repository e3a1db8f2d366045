"""The framer of customer displays: one table per language, in bounded memory, never raising."""

from __future__ import annotations

import re
from typing import Final

from terminal_agent.pos.framers.display_commands import DisplayTable
from terminal_agent.pos.framers.display_events import (
    DisplayEvent,
    Initialised,
    Put,
    Rests,
    WriteRow,
)
from terminal_agent.pos.framers.framer import Framer, FramerCounters

_PRINTABLE: Final = re.compile(rb"[\x20-\xff]+")
#: A run without any control byte is handed over in pieces of this size.
_RUN_BYTES_MAX: Final = 256
#: A whole row's text; what is longer misses its CR.
_ROW_BYTES_MAX: Final = 128
_CODE_PAGE: Final = b"\x1bt"
_PREFIXES: Final = frozenset((0x1B, 0x1F))
_SILENT: Final = frozenset((0x00, 0x07))


class DisplayFramer(Framer[DisplayEvent]):
    """Cuts a display's stream into what it is told; says when the display has come to rest."""

    def __init__(self, table: DisplayTable, *, settle_ms: int) -> None:
        """Start at power-on state.

        Args:
            table: the display's language.
            settle_ms: silence after which the display rests, and an unfinished command is given up.
        """
        self._table = table
        self._settle_ms = settle_ms
        self._names = frozenset(
            name[:length]
            for name in (*table.commands, *table.row_writes)
            for length in range(1, len(name))
        )
        self._longest = max(map(len, (*table.commands, *table.row_writes)))
        self._buffer = bytearray()
        self._text = bytearray()
        self._code_page: int | None = None
        self._last_ms: int | None = None
        self._events: list[DisplayEvent] = []
        self._bytes_in = self._commands = self._unknown = 0
        self._malformed = self._abandoned = self._resets = 0

    def feed(self, data: bytes, now_ms: int) -> list[DisplayEvent]:
        """See ``Framer``; an elapsed rest comes first."""
        self._pass_time(now_ms)
        if data:
            self._last_ms = now_ms
            self._bytes_in += len(data)
            self._buffer += data
            self._consume()
        return self._given()

    def idle(self, now_ms: int) -> list[DisplayEvent]:
        """See ``Framer``: says once that the display rests."""
        self._pass_time(now_ms)
        return self._given()

    @property
    def deadline_ms(self) -> int | None:
        """See ``Framer``."""
        return None if self._last_ms is None else self._last_ms + self._settle_ms

    def reset(self) -> None:
        """See ``Framer``."""
        self._buffer.clear()
        self._text.clear()
        self._events.clear()
        self._code_page = self._last_ms = None
        self._resets += 1

    @property
    def counters(self) -> FramerCounters:
        """See ``Framer``."""
        return FramerCounters(
            bytes_in=self._bytes_in,
            commands=self._commands,
            unknown=self._unknown,
            malformed=self._malformed,
            abandoned=self._abandoned,
            resets=self._resets,
        )

    def _given(self) -> list[DisplayEvent]:
        events, self._events = self._events, []
        return events

    def _pass_time(self, now_ms: int) -> None:
        deadline_ms = self.deadline_ms
        if deadline_ms is None or now_ms < deadline_ms:
            return
        self._last_ms = None
        if self._buffer:
            self._abandoned += 1
            self._buffer.clear()
        self._emit(Rests())

    def _emit(self, event: DisplayEvent) -> None:
        self._flush()
        self._events.append(event)

    def _consume(self) -> None:
        data, at = self._buffer, 0
        while at < len(data):
            run = _PRINTABLE.match(data, at)
            if run is not None:
                self._collect(run.group())
                at = run.end()
                continue
            used = self._command(at) if data[at] in _PREFIXES else self._control(data[at])
            if not used:
                break
            at += used
        del data[:at]

    def _collect(self, run: bytes) -> None:
        # The pieces end at the same byte of a run however it arrives.
        at = 0
        while at < len(run):
            piece = run[at : at + _RUN_BYTES_MAX - len(self._text)]
            self._text += piece
            at += len(piece)
            if len(self._text) == _RUN_BYTES_MAX:
                self._flush()

    def _control(self, byte: int) -> int:
        event = self._table.controls.get(byte)
        if event is not None:
            self._commands += 1
            self._emit(event)
        elif byte not in _SILENT:
            self._unknown += 1
        return 1

    def _command(self, at: int) -> int:
        """Take the command at ``at``; returns the bytes used, 0 where more are needed."""
        data = self._buffer
        for length in range(2, self._longest + 1):
            name = bytes(data[at : at + length])
            if len(name) < length:
                return 0
            if name in self._table.row_writes:
                return self._row(at, name)
            command = self._table.commands.get(name)
            if command is not None:
                return self._known(at, name)
            if name not in self._names:
                break
        # Nothing is taken with it: a guess could eat the total.
        self._unknown += 1
        return min(2, len(data) - at)

    def _known(self, at: int, name: bytes) -> int:
        command = self._table.commands[name]
        end = at + len(name) + command.arguments
        if end > len(self._buffer):
            return 0
        arguments = bytes(self._buffer[at + len(name) : end])
        self._commands += 1
        event = None if command.make is None else command.make(arguments)
        if event is not None:
            self._emit(event)
        if name == _CODE_PAGE:
            self._flush()
            self._code_page = arguments[0]
        elif isinstance(event, Initialised):
            self._code_page = None
        return end - at

    def _flush(self) -> None:
        if self._text:
            self._events.append(Put(data=bytes(self._text), code_page=self._code_page))
            self._text.clear()

    def _row(self, at: int, name: bytes) -> int:
        start = at + len(name)
        text = _PRINTABLE.match(self._buffer, start)
        end = start if text is None else text.end()
        if end - start > _ROW_BYTES_MAX:
            self._malformed += 1
            return end - at
        if end == len(self._buffer):
            return 0
        row = self._table.row_writes[name]
        if row is not None:
            data = bytes(self._buffer[start:end])
            self._emit(WriteRow(row=row, data=data, code_page=self._code_page))
        self._commands += 1
        # CR ends the text; any other control byte does so too, and says something itself.
        return end - at + (self._buffer[end] == 0x0D)
