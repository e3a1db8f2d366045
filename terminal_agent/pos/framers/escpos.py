"""The ESC/POS framer: a printer stream to events, in linear time, in bounded memory, never raising.

The stream has no frames and no checksums. What keeps it in step is the length of every command
(``escpos_lengths``) and silence: a command still waiting for arguments when the line has been quiet
for the gap is given up, so one broken byte can never deafen the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from terminal_agent.pos.framers.escpos_lengths import DLE, ESC, FS, GS, measure
from terminal_agent.pos.framers.events import (
    Abandoned,
    Barcode,
    CodePage,
    CutPaper,
    DrawerPulse,
    EscPosEvent,
    HorizontalTab,
    IdleGap,
    ImageSkipped,
    Initialise,
    LineFeed,
    MoveBy,
    MoveTo,
    PeripheralSelect,
    QrData,
    Style,
    TabStops,
    Text,
    Unknown,
)

#: A run of text without any control byte is handed over in pieces of this size.
TEXT_RUN_BYTES_MAX: Final = 4_096
DEFAULT_IDLE_GAP_MS: Final = 2_000

_PRINTABLE: Final = re.compile(rb"[\x20-\xff]+")
_PREFIXES: Final = frozenset((DLE, ESC, FS, GS))
_QR: Final = 49
_STORE, _PRINT = 80, 81


#: Commands that put a picture on the paper: ``ESC *``, ``FS p``, ``GS v 0``, ``GS Q 0``,
#: ``GS 8 L``, ``GS ( L`` and ``GS /``.
_PICTURES: Final = frozenset((b"\x1b*", b"\x1cp", b"\x1dv", b"\x1dQ", b"\x1d8", b"\x1d(", b"\x1d/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FramerCounters:
    """What passed through since the framer was made; a counter replaces a log line per bad byte."""

    bytes_in: int = 0
    commands: int = 0
    unknown: int = 0
    abandoned: int = 0
    resets: int = 0


class EscPosFramer:
    """Cuts a printer's byte stream into events.

    The same bytes give the same events however they are chunked, as long as no chunk comes a gap
    or more after the one before.
    """

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
        self._initialise()

    def feed(self, data: bytes, now_ms: int) -> list[EscPosEvent]:
        """Take the next bytes.

        Args:
            data: bytes as they came, any number.
            now_ms: monotonic time in milliseconds; a step back counts as no time passed.

        Returns:
            The events they complete, in order, an elapsed gap first.
        """
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
        """Forget everything half received: the line was lost."""
        self._buffer.clear()
        self._text.clear()
        self._events.clear()
        self._skip = 0
        self._last_byte_ms = None
        self._resets += 1
        self._initialise()

    @property
    def counters(self) -> FramerCounters:
        """The counters as they stand."""
        return FramerCounters(
            bytes_in=self._bytes_in,
            commands=self._commands,
            unknown=self._unknown,
            abandoned=self._abandoned,
            resets=self._resets,
        )

    def _take_events(self) -> list[EscPosEvent]:
        events, self._events = self._events, []
        return events

    def _initialise(self) -> None:
        self._code_page: int | None = None
        self._multi_byte = False
        self._style = Style()
        self._qr = b""

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
        self._emit(IdleGap())

    def _consume(self) -> None:
        data, at = self._buffer, 0
        while at < len(data):
            if self._skip:
                at += self._pass_over(len(data) - at)
                continue
            printable = _PRINTABLE.match(data, at)
            if printable is not None:
                self._collect(printable.group())
                at = printable.end()
            elif data[at] in _PREFIXES:
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

    def _control(self, byte: int) -> None:
        if byte in (0x0A, 0x0C, 0x0D):
            self._emit(LineFeed())
        elif byte == 0x09:
            self._emit(HorizontalTab())
        elif byte not in (0x00, 0x07, 0x18):
            # NUL is padding, BEL a beep, CAN clears a page: known, and nothing to say about them.
            self._unknown += 1
            self._emit(Unknown(command=bytes((byte,))))

    def _command(self, at: int) -> int:
        """Take the command at ``at``; returns the bytes used, 0 where more are needed."""
        span = measure(self._buffer, at)
        if span is None:
            return 0
        head = bytes(self._buffer[at : at + span.head])
        if not span.known:
            self._unknown += 1
            self._emit(Unknown(command=head))
            return span.head
        self._commands += 1
        handler = self._HANDLERS.get(head[:2])
        if handler is not None:
            handler(self, head)
        if head[:2] in _PICTURES and _is_picture(head):
            self._skip_is_image = True
            if not span.skip:
                self._emit(ImageSkipped(byte_count=0))
        else:
            self._skip_is_image = False
        self._skip = self._skip_total = span.skip
        return span.head

    def _restyle(self, style: Style) -> None:
        if style != self._style:
            self._flush_text()
            self._style = style

    def _on_initialise(self, _head: bytes) -> None:
        self._emit(Initialise())
        self._initialise()

    def _on_print_mode(self, head: bytes) -> None:
        mode = head[2]
        style = replace(
            self._style,
            font_b=bool(mode & 0x01),
            bold=bool(mode & 0x08),
            height=2 if mode & 0x10 else 1,
            width=2 if mode & 0x20 else 1,
        )
        self._restyle(style)

    def _on_size(self, head: bytes) -> None:
        mode = head[2]
        self._restyle(replace(self._style, width=(mode >> 4 & 7) + 1, height=(mode & 7) + 1))

    def _on_bold(self, head: bytes) -> None:
        self._restyle(replace(self._style, bold=bool(head[2] & 1)))

    def _on_font(self, head: bytes) -> None:
        self._restyle(replace(self._style, font_b=head[2] in (1, 0x31)))

    def _on_spacing(self, head: bytes) -> None:
        self._restyle(replace(self._style, spacing_dots=head[2]))

    def _on_code_page(self, head: bytes) -> None:
        self._emit(CodePage(number=head[2]))
        self._code_page = head[2]

    def _on_multi_byte(self, head: bytes) -> None:
        if self._multi_byte != (head[1] == 0x26):
            self._flush_text()
            self._multi_byte = head[1] == 0x26

    def _on_move_to(self, head: bytes) -> None:
        self._emit(MoveTo(dots=head[2] | head[3] << 8))

    def _on_move_by(self, head: bytes) -> None:
        self._emit(MoveBy(dots=int.from_bytes(head[2:4], "little", signed=True)))

    def _on_feed_lines(self, head: bytes) -> None:
        self._emit(LineFeed(lines=max(1, head[2])))

    def _on_line_end(self, _head: bytes) -> None:
        self._emit(LineFeed())

    def _on_cut(self, _head: bytes) -> None:
        self._emit(CutPaper())

    def _on_pulse(self, head: bytes) -> None:
        if head[0] == ESC or head[2] == 1:
            self._emit(DrawerPulse())

    def _on_tab_stops(self, head: bytes) -> None:
        self._emit(TabStops(columns=tuple(byte for byte in head[2:] if byte)))

    def _on_peripheral(self, head: bytes) -> None:
        self._emit(PeripheralSelect(printer=bool(head[2] & 1), display=bool(head[2] & 2)))

    def _on_barcode(self, head: bytes) -> None:
        data = head[3:-1] if head[2] <= 6 else head[4:]
        self._emit(Barcode(symbology=head[2], data=data))

    def _on_symbol(self, head: bytes) -> None:
        """``GS ( k pL pH cn fn …``: a QR code is stored by one command and printed by another."""
        if head[2] != 0x6B or len(head) < 7 or head[5] != _QR:
            return
        if head[6] == _STORE:
            self._qr = head[8:]
        elif head[6] == _PRINT and self._qr:
            self._emit(QrData(data=self._qr))

    _HANDLERS: ClassVar[dict[bytes, Callable[[EscPosFramer, bytes], None]]] = {
        b"\x1b@": _on_initialise,
        b"\x1b!": _on_print_mode,
        b"\x1bE": _on_bold,
        b"\x1bG": _on_bold,
        b"\x1bM": _on_font,
        b"\x1b ": _on_spacing,
        b"\x1bt": _on_code_page,
        b"\x1b$": _on_move_to,
        b"\x1b\\": _on_move_by,
        b"\x1bd": _on_feed_lines,
        b"\x1bJ": _on_line_end,
        b"\x1bK": _on_line_end,
        b"\x1be": _on_line_end,
        b"\x1b\x0c": _on_line_end,
        b"\x1bi": _on_cut,
        b"\x1bm": _on_cut,
        b"\x1dV": _on_cut,
        b"\x1bp": _on_pulse,
        b"\x10\x14": _on_pulse,
        b"\x1bD": _on_tab_stops,
        b"\x1b=": _on_peripheral,
        b"\x1c&": _on_multi_byte,
        b"\x1c.": _on_multi_byte,
        b"\x1d!": _on_size,
        b"\x1dk": _on_barcode,
        b"\x1d(": _on_symbol,
    }


def _is_picture(head: bytes) -> bool:
    return head[1] != 0x28 or head[2] == 0x4C
