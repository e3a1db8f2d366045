"""How long each ESC/POS command is (Epson ESC/POS command reference; reference notes, 2.2).

Every command is here, used or not: a stream without frames stays in step only if each command's
arguments are taken with it. An unknown command is measured as its own two bytes and nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

DLE: Final = 0x10
ESC: Final = 0x1B
FS: Final = 0x1C
GS: Final = 0x1D

#: Pictures of real tills stay far below; a longer claim is garbage that would deafen us for minutes
#: (1 MiB takes 18 minutes at 9600 baud).
SKIP_BYTES_MAX: Final = 1 << 20
#: EAN, UPC and code 39 payloads end with NUL; one that does not end by here never will.
_NUL_BARCODE_BYTES_MAX: Final = 255
#: The largest QR code holds 7,089 digits, and three bytes stand before them.
_SYMBOL_BYTES_MAX: Final = 7_092
_TAB_STOPS_MAX: Final = 32
_BMP_HEADER_BYTES: Final = 6


@dataclass(frozen=True, slots=True)
class Span:
    """Extent of one command.

    Attributes:
        head: bytes to hand over, the prefix included.
        skip: bytes after them that are passed over unkept (picture and other bulk data).
        known: whether any table holds the command.
    """

    head: int
    skip: int = 0
    known: bool = True


_UNKNOWN_LETTER: Final = Span(2, known=False)
_UNKNOWN_BYTE: Final = Span(1, known=False)

_Measure = Callable[[bytearray, int], Span | None]


def _by_arguments(table: dict[int, bytes]) -> dict[int, Span]:
    return {letter: Span(2 + count) for count, letters in table.items() for letter in letters}


_DLE_FIXED: Final = {0x05: Span(3)}
_ESC_FIXED: Final = _by_arguments(
    {
        0: b"@2<LSimv\x0c",
        1: b" !%-3=?EGJKMRTUVader" + b"tu{",
        2: b"$\\Bc",
        3: b"p",
        8: b"W",
    }
)
_FS_FIXED: Final = _by_arguments({0: b"&.", 1: b"!-CW", 2: b"Sp?", 74: b"2"})
_GS_FIXED: Final = _by_arguments(
    {0: b":c", 1: b"!/BEHITabfhjrw|", 2: b"LW$\\P", 3: b"^"},
)


def measure(data: bytearray, at: int) -> Span | None:
    """Measure the command that starts at ``data[at]`` with DLE, ESC, FS or GS.

    Returns:
        Its extent, or None where more bytes are needed to tell it or its head is not all here.
    """
    if len(data) - at < 2:
        return None
    prefix, letter = data[at], data[at + 1]
    span: Span | None = _FIXED[prefix].get(letter)
    if span is None:
        variable = _VARIABLE[prefix].get(letter)
        if variable is not None:
            span = variable(data, at)
            if span is None:
                return None
        else:
            # A control byte behind a lost prefix may itself begin a command: leave it there.
            span = _UNKNOWN_BYTE if letter < 0x20 else _UNKNOWN_LETTER
    if span.skip > SKIP_BYTES_MAX:
        return _UNKNOWN_LETTER
    return span if len(data) - at >= span.head else None


def _word(data: bytearray, at: int) -> int:
    return data[at] | data[at + 1] << 8


def _dle_eot(data: bytearray, at: int) -> Span | None:
    if len(data) - at < 3:
        return None
    return Span(4 if data[at + 2] in (7, 8, 18) else 3)


def _dle_dc4(data: bytearray, at: int) -> Span | None:
    if len(data) - at < 3:
        return None
    return {1: Span(5), 2: Span(5), 8: Span(10)}.get(data[at + 2], _UNKNOWN_LETTER)


def _parenthesis(data: bytearray, at: int) -> Span | None:
    """``( x pL pH`` and p bytes; two-dimensional codes are kept, all else passed over."""
    if len(data) - at < 5:
        return None
    count = _word(data, at + 3)
    if data[at] == GS and data[at + 2] == 0x6B:
        return Span(5 + count) if count <= _SYMBOL_BYTES_MAX else _UNKNOWN_LETTER
    return Span(5, skip=count)


def _esc_tab_stops(data: bytearray, at: int) -> Span | None:
    """``ESC D n… NUL``; a stop that does not grow ends the list too and is data again."""
    last = 0
    for index in range(_TAB_STOPS_MAX + 1):
        position = at + 2 + index
        if position >= len(data):
            return None
        stop = data[position]
        if stop == 0:
            return Span(3 + index)
        if stop <= last or index == _TAB_STOPS_MAX:
            return Span(2 + index)
        last = stop
    return _UNKNOWN_LETTER


def _esc_define_characters(data: bytearray, at: int) -> Span | None:
    """``ESC & y c1 c2`` then for each character x and y times x bytes."""
    if len(data) - at < 5:
        return None
    height, first, last = data[at + 2], data[at + 3], data[at + 4]
    if not 0x20 <= first <= last <= 0x7E or not 1 <= height <= 4:
        return _UNKNOWN_LETTER
    position = at + 5
    for _ in range(first, last + 1):
        if position >= len(data):
            return None
        position += 1 + height * data[position]
    return Span(position - at)


def _esc_bit_image(data: bytearray, at: int) -> Span | None:
    if len(data) - at < 5:
        return None
    bytes_per_column = {0: 1, 1: 1, 32: 3, 33: 3}.get(data[at + 2])
    if bytes_per_column is None:
        return _UNKNOWN_LETTER
    return Span(5, skip=bytes_per_column * _word(data, at + 3))


def _fs_define_images(data: bytearray, at: int) -> Span | None:
    """``FS q n`` then n times xL xH yL yH and 8xy bytes: walked, the data being kept till then.

    Stored logos are sent at set-up, not with receipts; one that does not fit the framer's buffer
    is given up as unknown rather than guessed.
    """
    if len(data) - at < 3:
        return None
    position = at + 3
    for index in range(data[at + 2]):
        if position + 4 > len(data):
            return None
        count = 8 * _word(data, position) * _word(data, position + 2)
        if index == data[at + 2] - 1:
            return Span(position + 4 - at, skip=count)
        position += 4 + count
        if position - at > 0xFFFF:
            return _UNKNOWN_LETTER
    return Span(3)


def _fs_user_storage(data: bytearray, at: int) -> Span | None:
    """``FS g 1`` writes k bytes, ``FS g 2`` reads: m a1 a2 a3 a4 nL nH."""
    if len(data) - at < 3:
        return None
    if data[at + 2] not in (0x31, 0x32):
        return _UNKNOWN_LETTER
    if len(data) - at < 10:
        return None
    return Span(10, skip=_word(data, at + 8) if data[at + 2] == 0x31 else 0)


def _gs_define_image(data: bytearray, at: int) -> Span | None:
    if len(data) - at < 4:
        return None
    count = 8 * data[at + 2] * data[at + 3]
    return Span(4, skip=count) if count else _UNKNOWN_LETTER


def _gs_raster_image(data: bytearray, at: int) -> Span | None:
    """``GS v 0`` and the older ``GS Q 0``: m xL xH yL yH and x times y bytes."""
    if len(data) - at < 3:
        return None
    if data[at + 2] not in (0x00, 0x30):
        return _UNKNOWN_LETTER
    if len(data) - at < 8:
        return None
    return Span(8, skip=_word(data, at + 4) * _word(data, at + 6))


def _gs_graphics(data: bytearray, at: int) -> Span | None:
    """``GS 8 L p1 p2 p3 p4`` and p bytes."""
    if len(data) - at < 3:
        return None
    if data[at + 2] != 0x4C:
        return _UNKNOWN_LETTER
    if len(data) - at < 7:
        return None
    return Span(7, skip=int.from_bytes(data[at + 3 : at + 7], "little"))


def _gs_cut(data: bytearray, at: int) -> Span | None:
    if len(data) - at < 3:
        return None
    mode = data[at + 2]
    if mode in (0, 1, 48, 49):
        return Span(3)
    return Span(4) if mode in (65, 66, 97, 98, 103, 104) else _UNKNOWN_LETTER


def _gs_barcode(data: bytearray, at: int) -> Span | None:
    """``GS k m`` with NUL-ended data (m 0 to 6) or a length byte (m 65 to 79)."""
    if len(data) - at < 3:
        return None
    kind = data[at + 2]
    if kind <= 6:
        end = data.find(0, at + 3, at + 4 + _NUL_BARCODE_BYTES_MAX)
        if end >= 0:
            return Span(end + 1 - at)
        return None if len(data) - at < 4 + _NUL_BARCODE_BYTES_MAX else _UNKNOWN_LETTER
    if not 65 <= kind <= 79:
        return _UNKNOWN_LETTER
    return None if len(data) - at < 4 else Span(4 + data[at + 3])


def _gs_counter(data: bytearray, at: int) -> Span | None:
    if len(data) - at < 3:
        return None
    counts = {0: 5, 0x30: 5, 1: 9, 0x31: 9, 2: 5, 0x32: 5}
    head = counts.get(data[at + 2])
    return Span(head) if head else _UNKNOWN_LETTER


def _gs_maintenance_counter(data: bytearray, at: int) -> Span | None:
    if len(data) - at < 3:
        return None
    return Span(6) if data[at + 2] in (0x30, 0x32) else _UNKNOWN_LETTER


def _gs_bitmap(data: bytearray, at: int) -> Span | None:
    """``GS D m fn a kc1 kc2 b c`` and a Windows BMP file, whose own header tells its size."""
    if len(data) - at < 9 + _BMP_HEADER_BYTES:
        return None
    bitmap = bytes(data[at + 9 : at + 9 + _BMP_HEADER_BYTES])
    if not bitmap.startswith(b"BM"):
        return _UNKNOWN_LETTER
    size = int.from_bytes(bitmap[2:], "little")
    return Span(9 + _BMP_HEADER_BYTES, skip=max(0, size - _BMP_HEADER_BYTES))


_FIXED: Final[dict[int, dict[int, Span]]] = {
    DLE: _DLE_FIXED,
    ESC: _ESC_FIXED,
    FS: _FS_FIXED,
    GS: _GS_FIXED,
}
_VARIABLE: Final[dict[int, dict[int, _Measure]]] = {
    DLE: {0x04: _dle_eot, 0x14: _dle_dc4},
    ESC: {
        ord("D"): _esc_tab_stops,
        ord("&"): _esc_define_characters,
        ord("*"): _esc_bit_image,
        ord("("): _parenthesis,
    },
    FS: {ord("("): _parenthesis, ord("q"): _fs_define_images, ord("g"): _fs_user_storage},
    GS: {
        ord("("): _parenthesis,
        ord("8"): _gs_graphics,
        ord("*"): _gs_define_image,
        ord("v"): _gs_raster_image,
        ord("Q"): _gs_raster_image,
        ord("V"): _gs_cut,
        ord("k"): _gs_barcode,
        ord("C"): _gs_counter,
        ord("g"): _gs_maintenance_counter,
        ord("D"): _gs_bitmap,
    },
}
