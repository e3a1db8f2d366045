"""The Star framer: line mode, StarPRNT and raster mode to the same events as ESC/POS.

Star's letters mean other things than Epson's: ``ESC d`` cuts, BEL kicks the drawer, ``ESC E`` takes
no argument. Positions are dots from the left margin, 12 to a normal character, as with Epson.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, Final

from terminal_agent.pos.framers.events import (
    UTF_8_PAGE,
    Barcode,
    CodePage,
    CutPaper,
    DrawerPulse,
    HorizontalTab,
    ImageSkipped,
    LineFeed,
    MoveBy,
    MoveTo,
    QrData,
    TabStops,
)
from terminal_agent.pos.framers.printer import PrinterFramer
from terminal_agent.pos.framers.spans import Span
from terminal_agent.pos.framers.star_lengths import (
    ESC,
    FS,
    GS,
    RASTER_ROWS,
    RS,
    measure,
    measure_in_raster,
)

_LINE_ENDS: Final = frozenset(b"\n\x0b\x0c\r")
#: BEL and FS kick the first drawer, SUB and EM the second.
_DRAWERS: Final = frozenset((0x07, 0x1C, 0x1A, 0x19))
#: NUL is padding; EOT, ENQ and ETB ask for status; DC1 and DC3 select; SI and DC2 turn the paper.
_SAY_NOTHING: Final = frozenset(b"\x00\x04\x05\x17\x11\x13\x0f\x12")
#: SO prints double width, DC4 ends it.
_WIDTHS: Final = {0x0E: 2, 0x14: 1}
_HT: Final = 0x09
_CAN: Final = 0x18
_THREE_BYTES: Final = frozenset((GS, RS, FS))
_SIZES_MAX: Final = 5
_NO_RUNS: Final = re.compile(rb"(?!)")
_PREFIXES: Final = frozenset((ESC,))
_RASTER_PREFIXES: Final = frozenset((ESC, *RASTER_ROWS))
_LINE_RUNS: Final = re.compile(rb"[\x20-\xff]+")
_SELECT_ENCODING: Final = 48
_PICTURES: Final = frozenset((b"\x1bK", b"\x1bL", b"\x1bX", b"\x1bk", b"\x1b^"))
_PICTURES_OF_THREE: Final = frozenset((b"\x1b\x1dS", b"\x1b\x1cp", b"\x1b\x1eL"))


class StarFramer(PrinterFramer):
    """Cuts the stream of a Star printer; see ``PrinterFramer``."""

    _prefixes = _PREFIXES

    def _measure(self, data: bytearray, at: int) -> Span | None:
        return measure_in_raster(data, at) if self._raster else measure(data, at)

    def _perform(self, head: bytes) -> bool:
        if head[0] in RASTER_ROWS:
            self._raster_bytes += head[1] | head[2] << 8
            return False
        if head[1] in _THREE_BYTES:
            handler = self._HANDLERS.get(head[:3])
            if handler is not None:
                handler(self, head)
            return head[:3] in _PICTURES_OF_THREE
        handler = self._HANDLERS.get(head[:2])
        if handler is not None:
            handler(self, head)
        return head[:2] in _PICTURES

    def _control(self, byte: int) -> None:
        if byte in _LINE_ENDS:
            self._emit(LineFeed())
        elif byte in _DRAWERS:
            self._emit(DrawerPulse())
        elif byte in _WIDTHS:
            self._restyle(replace(self._style, width=_WIDTHS[byte]))
        elif byte == _HT:
            self._emit(HorizontalTab())
        elif byte == _CAN:
            self._initialise()
        elif byte not in _SAY_NOTHING:
            # Text cannot stand in raster mode: its end was lost, and the receipt must not be too.
            self._leave_raster()
            self._tell_unknown(bytes((byte,)))
            if byte >= 0x20:
                self._collect(bytes((byte,)))

    def _power_on(self) -> None:
        super()._power_on()
        self._raster_bytes = 0
        self._set_raster(on=False)

    def _fall_silent(self) -> None:
        self._leave_raster()

    def _set_raster(self, *, on: bool) -> None:
        self._raster = on
        self._runs = _NO_RUNS if on else _LINE_RUNS
        self._prefixes = _RASTER_PREFIXES if on else _PREFIXES

    def _leave_raster(self) -> None:
        if self._raster:
            self._print_raster()
            self._set_raster(on=False)

    def _print_raster(self) -> None:
        """Tell the rows since the last time as one picture, not as hundreds."""
        if self._raster_bytes:
            self._emit(ImageSkipped(byte_count=self._raster_bytes))
            self._raster_bytes = 0

    def _on_initialise(self, _head: bytes) -> None:
        self._print_raster()
        self._initialise()

    def _on_raster(self, head: bytes) -> None:
        """``ESC * r``: into raster mode, out of it, or the drawer; settings say nothing here."""
        match head[3:4]:
            case b"A":
                self._flush_text()
                self._set_raster(on=True)
            case b"B":
                self._leave_raster()
            case b"R" | b"C":
                self._raster_bytes = 0
            case b"D":
                self._emit(DrawerPulse())
            case _:
                pass

    def _on_form(self, head: bytes) -> None:
        """``ESC FF EOT`` ends a raster document, ``ESC FF NUL`` a page of it."""
        if not self._raster:
            self._emit(LineFeed())
            return
        self._print_raster()
        self._emit(CutPaper() if head[2] == 0x04 else LineFeed())

    def _on_bold(self, head: bytes) -> None:
        self._restyle(replace(self._style, bold=head[1] == ord("E")))

    def _on_size(self, head: bytes) -> None:
        height, width = _digit(head[2]), _digit(head[3])
        if height <= _SIZES_MAX and width <= _SIZES_MAX:
            self._restyle(replace(self._style, height=height + 1, width=width + 1))

    def _on_width(self, head: bytes) -> None:
        if _digit(head[2]) <= _SIZES_MAX:
            self._restyle(replace(self._style, width=_digit(head[2]) + 1))

    def _on_height(self, head: bytes) -> None:
        if _digit(head[2]) <= _SIZES_MAX:
            self._restyle(replace(self._style, height=_digit(head[2]) + 1))

    def _on_double_height(self, head: bytes) -> None:
        self._restyle(replace(self._style, height=2 if head[1] == 0x0E else 1))

    def _on_pitch(self, head: bytes) -> None:
        """``ESC M P : g``: normal characters with 0, 3, 4 or 2 dots behind each."""
        dots = {ord("P"): 3, ord(":"): 4, ord("g"): 2}.get(head[1], 0)
        self._restyle(replace(self._style, spacing_dots=dots))

    def _on_spacing(self, head: bytes) -> None:
        self._restyle(replace(self._style, spacing_dots=_hexadecimal(head[2])))

    def _on_font(self, head: bytes) -> None:
        self._restyle(replace(self._style, font_b=_digit(head[3]) == 1))

    def _on_code_page(self, head: bytes) -> None:
        self._emit(CodePage(number=head[3]))
        self._code_page = head[3]

    def _on_encoding(self, head: bytes) -> None:
        """``ESC GS ) U 2 0 48 n``: text is UTF-8 from here (n 1) or of a page again (n 0)."""
        if head[3] != ord("U") or len(head) != 8 or head[6] != _SELECT_ENCODING:
            return
        number = UTF_8_PAGE if _digit(head[7]) == 1 else 0
        self._emit(CodePage(number=number))
        self._code_page = number

    def _on_shift_jis(self, head: bytes) -> None:
        self._select_multi_byte(on=_digit(head[2]) == 1)

    def _on_jis(self, head: bytes) -> None:
        """``ESC p``: pairs of ASCII bytes mean Kanji. Nothing here reads them; say so."""
        self._tell_unknown(head)

    def _on_move_to(self, head: bytes) -> None:
        self._emit(MoveTo(dots=head[3] | head[4] << 8))

    def _on_move_by(self, head: bytes) -> None:
        self._emit(MoveBy(dots=int.from_bytes(head[3:5], "little", signed=True)))

    def _on_tab_stops(self, head: bytes) -> None:
        self._emit(TabStops(columns=tuple(byte for byte in head[2:] if byte)))

    def _on_feed_lines(self, head: bytes) -> None:
        self._emit(LineFeed(lines=max(1, head[2])))

    def _on_feed(self, _head: bytes) -> None:
        self._emit(LineFeed())

    def _on_cut(self, _head: bytes) -> None:
        self._emit(CutPaper())

    def _on_barcode(self, head: bytes) -> None:
        self._emit(Barcode(symbology=head[2], data=head[6:-1]))

    def _on_qr(self, head: bytes) -> None:
        """``ESC GS y D`` stores, ``ESC GS y P`` prints; a block of D 2 has its kind and length."""
        if head[3] == ord("P"):
            if self._qr:
                self._emit(QrData(data=self._qr))
        elif head[3:5] == b"D1":
            self._qr = head[8:]
        elif head[3:5] == b"D2":
            self._qr = _joined_blocks(head[6:])

    _HANDLERS: ClassVar[dict[bytes, Callable[[StarFramer, bytes], None]]] = {
        b"\x1b@": _on_initialise,
        b"\x1b*": _on_raster,
        b"\x1b\x0c": _on_form,
        b"\x1bE": _on_bold,
        b"\x1bF": _on_bold,
        b"\x1bi": _on_size,
        b"\x1bW": _on_width,
        b"\x1bh": _on_height,
        b"\x1b\x0e": _on_double_height,
        b"\x1b\x14": _on_double_height,
        b"\x1bM": _on_pitch,
        b"\x1bP": _on_pitch,
        b"\x1b:": _on_pitch,
        b"\x1bg": _on_pitch,
        b"\x1b ": _on_spacing,
        b"\x1b\x1eF": _on_font,
        b"\x1b\x1dt": _on_code_page,
        b"\x1b\x1d)": _on_encoding,
        b"\x1b$": _on_shift_jis,
        b"\x1bp": _on_jis,
        b"\x1b\x1dA": _on_move_to,
        b"\x1b\x1dR": _on_move_by,
        b"\x1bD": _on_tab_stops,
        b"\x1ba": _on_feed_lines,
        b"\x1bJ": _on_feed,
        b"\x1bI": _on_feed,
        b"\x1bd": _on_cut,
        b"\x1bb": _on_barcode,
        b"\x1b\x1dy": _on_qr,
    }


def _digit(byte: int) -> int:
    """A small number that Star takes as such or as an ASCII digit."""
    return byte - 0x30 if 0x30 <= byte <= 0x39 else byte


def _hexadecimal(byte: int) -> int:
    """A number up to 15 that Star takes as such or as an ASCII hexadecimal digit."""
    return byte - 0x37 if 0x41 <= byte <= 0x46 else _digit(byte)


def _joined_blocks(blocks: bytes) -> bytes:
    data, at = b"", 0
    while at + 3 <= len(blocks):
        count = blocks[at + 1] | blocks[at + 2] << 8
        data += blocks[at + 3 : at + 3 + count]
        at += 3 + count
    return data
