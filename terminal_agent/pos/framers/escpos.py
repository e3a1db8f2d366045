"""The ESC/POS framer: a printer stream to events, linear, bounded, never raising."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, Final

from terminal_agent.pos.framers.escpos_lengths import DC2, DLE, ESC, FS, GS, measure
from terminal_agent.pos.framers.events import (
    UTF_8_PAGE,
    Barcode,
    CodePage,
    CutPaper,
    DrawerPulse,
    HorizontalTab,
    LineFeed,
    MoveBy,
    MoveTo,
    PeripheralSelect,
    QrData,
    TabStops,
)
from terminal_agent.pos.framers.printer import TEXT_RUN_BYTES_MAX, PrinterFramer
from terminal_agent.pos.framers.spans import Span

__all__ = ["TEXT_RUN_BYTES_MAX", "EscPosFramer"]

_QR: Final = 49
_STORE, _PRINT = 80, 81
_SELECT_ENCODING: Final = 48

#: Commands that put a picture on the paper: ``ESC *``, ``FS p``, ``GS v 0``, ``GS Q 0``,
#: ``GS 8 L``, ``GS ( L`` and ``GS /``.
_PICTURES: Final = frozenset((b"\x1b*", b"\x1cp", b"\x1dv", b"\x1dQ", b"\x1d8", b"\x1d(", b"\x1d/"))


class EscPosFramer(PrinterFramer):
    """Cuts the stream of an Epson-compatible printer; see ``PrinterFramer``."""

    _prefixes = frozenset((DLE, DC2, ESC, FS, GS))

    def _measure(self, data: bytearray, at: int) -> Span | None:
        return measure(data, at)

    def _perform(self, head: bytes) -> bool:
        handler = self._HANDLERS.get(head[:2])
        if handler is not None:
            handler(self, head)
        return head[:2] in _PICTURES and _is_picture(head)

    def _control(self, byte: int) -> None:
        if byte in (0x0A, 0x0C, 0x0D):
            self._emit(LineFeed())
        elif byte == 0x09:
            self._emit(HorizontalTab())
        elif byte not in (0x00, 0x07, 0x18):
            # NUL is padding, BEL a beep, CAN clears a page: known, and nothing to say about them.
            self._tell_unknown(bytes((byte,)))

    def _on_initialise(self, _head: bytes) -> None:
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

    def _on_encoding(self, head: bytes) -> None:
        """``FS ( C 2 0 48 m``: text is UTF-8 from here (m 2) or of a page again (m 1)."""
        if head[2] != 0x43 or len(head) != 7 or head[5] != _SELECT_ENCODING:
            return
        number = UTF_8_PAGE if head[6] in (2, 0x32) else 0
        self._emit(CodePage(number=number))
        self._code_page = number

    def _on_multi_byte(self, head: bytes) -> None:
        self._select_multi_byte(on=head[1] == 0x26)

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

    def _on_small_qr(self, head: bytes) -> None:
        """``ESC Z m n k nL nH``: a QR code of small printers, stored and printed at once."""
        if len(head) > 7:
            self._emit(QrData(data=head[7:]))

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
        b"\x1bZ": _on_small_qr,
        b"\x1c(": _on_encoding,
        b"\x1c&": _on_multi_byte,
        b"\x1c.": _on_multi_byte,
        b"\x1d!": _on_size,
        b"\x1dk": _on_barcode,
        b"\x1d(": _on_symbol,
    }


def _is_picture(head: bytes) -> bool:
    return head[1] != 0x28 or head[2] == 0x4C
