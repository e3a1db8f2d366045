"""How long each ESC/POS command is (Epson ESC/POS command reference; reference notes, 2.2).

Every command is here, used or not: a stream without frames stays in step only if each command's
arguments are taken with it. An unknown command is measured as its own two bytes and nothing more.
"""

from __future__ import annotations

from typing import Final

from terminal_agent.pos.framers.spans import (
    UNKNOWN_LETTER,
    Measure,
    Span,
    by_arguments,
    settled,
    stored_images,
    tab_stops,
    unlisted,
    word,
)

DLE: Final = 0x10
DC2: Final = 0x12
ESC: Final = 0x1B
FS: Final = 0x1C
GS: Final = 0x1D

#: EAN, UPC and code 39 payloads end with NUL; one that does not end by here never will.
_NUL_BARCODE_BYTES_MAX: Final = 255
#: The largest QR code holds 7,089 digits, and three bytes stand before them.
_SYMBOL_BYTES_MAX: Final = 7_092
_ENCODING_BYTES_MAX: Final = 16
_BMP_HEADER_BYTES: Final = 6

_DLE_FIXED: Final = {0x05: Span(3)}
#: Seiko's status request ``DC2 q n``; density and test print of the small panel printers.
_DC2_FIXED: Final = by_arguments({0: b"T", 1: b"#q"})
_ESC_FIXED: Final = by_arguments(
    {
        0: b"@2<LSimv\x0c",
        1: b" !%-3=?EGJKMRTUVader" + b"tu{",
        2: b"$\\Bc",
        3: b"p",
        8: b"W",
    }
)
_FS_FIXED: Final = by_arguments({0: b"&.", 1: b"!-CW", 2: b"Sp?", 74: b"2"})
_GS_FIXED: Final = by_arguments(
    {0: b":c", 1: b"!/BEHITabfhjrw|", 2: b"LW$\\P", 3: b"^"},
)


def measure(data: bytearray, at: int) -> Span | None:
    """Measure the command that starts at ``data[at]`` with DLE, DC2, ESC, FS or GS.

    Returns:
        Its extent, or None where more bytes are needed to tell it or its head is not all here.
    """
    if len(data) - at < 2:
        return None
    prefix, letter = data[at], data[at + 1]
    span: Span | None = _FIXED[prefix].get(letter)
    if span is None:
        variable = _VARIABLE[prefix].get(letter)
        span = variable(data, at) if variable is not None else unlisted(letter)
    return None if span is None else settled(data, at, span)


def _dle_eot(data: bytearray, at: int) -> Span | None:
    if len(data) - at < 3:
        return None
    return Span(4 if data[at + 2] in (7, 8, 18) else 3)


def _dle_dc4(data: bytearray, at: int) -> Span | None:
    if len(data) - at < 3:
        return None
    heads = {1: Span(5), 2: Span(5), 3: Span(8), 7: Span(4), 8: Span(10)}
    return heads.get(data[at + 2], UNKNOWN_LETTER)


def _parenthesis(data: bytearray, at: int) -> Span | None:
    """``( x pL pH`` and p bytes; two-dimensional codes and the encoding are kept, all else not."""
    if len(data) - at < 5:
        return None
    count = word(data, at + 3)
    if data[at] == GS and data[at + 2] == 0x6B:
        return Span(5 + count) if count <= _SYMBOL_BYTES_MAX else UNKNOWN_LETTER
    if data[at] == FS and data[at + 2] == 0x43 and count <= _ENCODING_BYTES_MAX:
        return Span(5 + count)
    return Span(5, skip=count)


def _esc_define_characters(data: bytearray, at: int) -> Span | None:
    """``ESC & y c1 c2`` then for each character x and y times x bytes."""
    if len(data) - at < 5:
        return None
    height, first, last = data[at + 2], data[at + 3], data[at + 4]
    if not 0x20 <= first <= last <= 0x7E or not 1 <= height <= 4:
        return UNKNOWN_LETTER
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
        return UNKNOWN_LETTER
    return Span(5, skip=bytes_per_column * word(data, at + 3))


def _esc_small_qr(data: bytearray, at: int) -> Span | None:
    """``ESC Z m n k nL nH`` and n bytes: version, error correction, size, data."""
    if len(data) - at < 7:
        return None
    version, correction, module = data[at + 2 : at + 5]
    count = word(data, at + 5)
    plausible = version <= 40 and correction in b"LMQH\x00\x01\x02\x03" and 1 <= module <= 16
    if not plausible or not 1 <= count <= _SYMBOL_BYTES_MAX:
        return UNKNOWN_LETTER
    return Span(7 + count)


def _fs_define_images(data: bytearray, at: int) -> Span | None:
    return stored_images(data, at, at + 2)


def _fs_user_storage(data: bytearray, at: int) -> Span | None:
    """``FS g 1`` writes k bytes, ``FS g 2`` reads: m a1 a2 a3 a4 nL nH."""
    if len(data) - at < 3:
        return None
    if data[at + 2] not in (0x31, 0x32):
        return UNKNOWN_LETTER
    if len(data) - at < 10:
        return None
    return Span(10, skip=word(data, at + 8) if data[at + 2] == 0x31 else 0)


def _gs_define_image(data: bytearray, at: int) -> Span | None:
    if len(data) - at < 4:
        return None
    count = 8 * data[at + 2] * data[at + 3]
    return Span(4, skip=count) if count else UNKNOWN_LETTER


def _gs_raster_image(data: bytearray, at: int) -> Span | None:
    """``GS v 0`` and the older ``GS Q 0``: m xL xH yL yH and x times y bytes."""
    if len(data) - at < 3:
        return None
    if data[at + 2] not in (0x00, 0x30):
        return UNKNOWN_LETTER
    if len(data) - at < 8:
        return None
    return Span(8, skip=word(data, at + 4) * word(data, at + 6))


def _gs_graphics(data: bytearray, at: int) -> Span | None:
    """``GS 8 L p1 p2 p3 p4`` and p bytes."""
    if len(data) - at < 3:
        return None
    if data[at + 2] != 0x4C:
        return UNKNOWN_LETTER
    if len(data) - at < 7:
        return None
    return Span(7, skip=int.from_bytes(data[at + 3 : at + 7], "little"))


def _gs_cut(data: bytearray, at: int) -> Span | None:
    if len(data) - at < 3:
        return None
    mode = data[at + 2]
    if mode in (0, 1, 48, 49):
        return Span(3)
    return Span(4) if mode in (65, 66, 97, 98, 103, 104) else UNKNOWN_LETTER


def _gs_barcode(data: bytearray, at: int) -> Span | None:
    """``GS k m`` with NUL-ended data (m 0 to 6) or a length byte (m 65 to 79)."""
    if len(data) - at < 3:
        return None
    kind = data[at + 2]
    if kind <= 6:
        end = data.find(0, at + 3, at + 4 + _NUL_BARCODE_BYTES_MAX)
        if end >= 0:
            return Span(end + 1 - at)
        return None if len(data) - at < 4 + _NUL_BARCODE_BYTES_MAX else UNKNOWN_LETTER
    if not 65 <= kind <= 79:
        return UNKNOWN_LETTER
    return None if len(data) - at < 4 else Span(4 + data[at + 3])


def _gs_counter(data: bytearray, at: int) -> Span | None:
    if len(data) - at < 3:
        return None
    counts = {0: 5, 0x30: 5, 1: 9, 0x31: 9, 2: 5, 0x32: 5}
    head = counts.get(data[at + 2])
    return Span(head) if head else UNKNOWN_LETTER


def _gs_maintenance_counter(data: bytearray, at: int) -> Span | None:
    if len(data) - at < 3:
        return None
    return Span(6) if data[at + 2] in (0x30, 0x32) else UNKNOWN_LETTER


def _gs_recovery_time(data: bytearray, at: int) -> Span | None:
    """``GS z 0 t1 t2``: how long a printer waits for paper."""
    if len(data) - at < 3:
        return None
    return Span(5) if data[at + 2] == 0x30 else UNKNOWN_LETTER


def _gs_bitmap(data: bytearray, at: int) -> Span | None:
    """``GS D m fn a kc1 kc2 b c`` and a Windows BMP file, whose own header tells its size."""
    if len(data) - at < 9 + _BMP_HEADER_BYTES:
        return None
    bitmap = bytes(data[at + 9 : at + 9 + _BMP_HEADER_BYTES])
    if not bitmap.startswith(b"BM"):
        return UNKNOWN_LETTER
    size = int.from_bytes(bitmap[2:], "little")
    return Span(9 + _BMP_HEADER_BYTES, skip=max(0, size - _BMP_HEADER_BYTES))


_FIXED: Final[dict[int, dict[int, Span]]] = {
    DLE: _DLE_FIXED,
    DC2: _DC2_FIXED,
    ESC: _ESC_FIXED,
    FS: _FS_FIXED,
    GS: _GS_FIXED,
}
_VARIABLE: Final[dict[int, dict[int, Measure]]] = {
    DLE: {0x04: _dle_eot, 0x14: _dle_dc4},
    DC2: {},
    ESC: {
        ord("D"): tab_stops,
        ord("&"): _esc_define_characters,
        ord("*"): _esc_bit_image,
        ord("("): _parenthesis,
        ord("Z"): _esc_small_qr,
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
        ord("z"): _gs_recovery_time,
    },
}
