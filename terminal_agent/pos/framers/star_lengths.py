"""How long each Star line mode and StarPRNT command is (Star's command specifications, rev. 1.12).

Its letters are Epson's with other meanings and lengths: the two tables never mix. In raster mode
the letters ``b`` and ``k`` begin commands too; that mode has a measure of its own.
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

ESC: Final = 0x1B
FS: Final = 0x1C
GS: Final = 0x1D
RS: Final = 0x1E
#: The letters of raster mode: a row with and without a line feed.
RASTER_ROWS: Final = b"bk"

_BARCODE_BYTES_MAX: Final = 255
#: The largest QR code holds 7,089 digits.
_SYMBOL_BYTES_MAX: Final = 7_092
#: ``ESC * r`` settings hold a decimal number of at most 255 digits and end with NUL.
_DECIMAL_BYTES_MAX: Final = 256
_SWITCH_BYTES_MAX: Final = 64
_MACROS_MAX: Final = 9
_MACRO_BYTES_MAX: Final = 7_936
_BLOCKS_BYTES_MAX: Final = 0xFFFF
_ENCODING_BYTES_MAX: Final = 16

_UNKNOWN_THIRD: Final = Span(3, known=False)
_ESC_FIXED: Final = by_arguments(
    {
        0: b"@MP:g67450F1E2Opq\x0e\x14",
        1: b" R/hW-_aJIzNlQ%$dAy3uxw\x06\x0c\x0f",
        2: b"ist\x07\x0b\x16",
        4: b"+",
        74: b"r",
    }
)
_ESC_FS_FIXED: Final = by_arguments({2: b"pM"}, 3)
_ESC_RS_FIXED: Final = by_arguments({1: b"#AaCcdEFiLmRrS"}, 3)
_ESC_GS_FIXED: Final = by_arguments(
    {1: b"ta", 2: b"ARc", 3: b"\x03\x07", 8: b"#"},
    3,
)
_CODE_FIXED: Final[dict[int, dict[bytes, Span]]] = {
    # QR: model, correction, size; print; ask for its extent.
    ord("y"): {b"S0": Span(6), b"S1": Span(6), b"S2": Span(6), b"P": Span(4), b"I": Span(4)},
    # PDF417: size, security level, width and aspect of a module; print; ask for its extent.
    ord("x"): {
        b"S0": Span(8),
        b"S1": Span(6),
        b"S2": Span(6),
        b"S3": Span(6),
        b"P": Span(4),
        b"I": Span(4),
    },
    # Marks for sorting, and their format.
    ord("*"): {b"1": Span(10), b"2": Span(9), b"W": Span(4), b"C": Span(4)},
    # Logos that replace a character of the text.
    ord("/"): {
        b"1": Span(5),
        b"2": Span(5),
        b"5": Span(5),
        b"6": Span(5),
        b"W": Span(4),
        b"C": Span(4),
    },
    # When to start printing.
    ord("g"): {b"0": Span(6), b"1": Span(6)},
    # Buzzer, snout and lamp.
    0x19: {b"\x11": Span(7), b"\x12": Span(7)},
    ord("L"): {b"\x11": Span(7), b"\x12": Span(7)},
}
#: Page mode: on, off, direction, region, vertical positions, print, print and leave, cancel.
_PAGE_MODE: Final = (4, 4, 5, 12, 6, 6, 4, 4, 4)


def measure(data: bytearray, at: int) -> Span | None:
    """Measure the command that starts at ``data[at]`` with ESC.

    Returns:
        Its extent, or None where more bytes are needed to tell it or its head is not all here.
    """
    if len(data) - at < 2:
        return None
    letter = data[at + 1]
    span: Span | None = _ESC_FIXED.get(letter)
    if span is None:
        variable = _ESC_VARIABLE.get(letter)
        span = variable(data, at) if variable is not None else unlisted(letter)
    return None if span is None else settled(data, at, span)


def measure_in_raster(data: bytearray, at: int) -> Span | None:
    """Measure the command at ``data[at]`` in raster mode: a row of dots, or one with ESC."""
    if data[at] not in RASTER_ROWS:
        return measure(data, at)
    return None if len(data) - at < 3 else Span(3, skip=word(data, at + 1))


def _third(fixed: dict[int, Span], variable: dict[int, Measure]) -> Measure:
    """Measure a command whose third byte tells which it is."""

    def of(data: bytearray, at: int) -> Span | None:
        if len(data) - at < 3:
            return None
        letter = data[at + 2]
        span = fixed.get(letter)
        if span is not None:
            return span
        by_letter = variable.get(letter)
        if by_letter is not None:
            return by_letter(data, at)
        return UNKNOWN_LETTER if letter < 0x20 else _UNKNOWN_THIRD

    return of


def _function(data: bytearray, at: int) -> Span | None:
    """A command whose fourth byte, or fourth and fifth, tell which of a group it is."""
    if len(data) - at < 4:
        return None
    group = _CODE_FIXED[data[at + 2]]
    one = group.get(bytes(data[at + 3 : at + 4]))
    if one is not None:
        return one
    if len(data) - at < 5:
        return None
    return group.get(bytes(data[at + 3 : at + 5]), UNKNOWN_LETTER)


def _qr(data: bytearray, at: int) -> Span | None:
    """``ESC GS y``: data set as one (D 1) or in blocks of a kind each (D 2)."""
    if len(data) - at < 4 or data[at + 3] != ord("D"):
        return _function(data, at)
    if len(data) - at < 6:
        return None
    if data[at + 4] == 0x31:
        return _counted(data, at, counted_at=at + 6)
    if data[at + 4] == 0x32:
        return _blocks(data, at, first_at=at + 6, count=data[at + 5], most=_SYMBOL_BYTES_MAX)
    return UNKNOWN_LETTER


def _blocks(data: bytearray, at: int, *, first_at: int, count: int, most: int) -> Span | None:
    """So many times a kind, nL nH and n bytes, each of at most ``most``."""
    position = first_at
    for _ in range(count):
        if len(data) < position + 3:
            return None
        length = word(data, position + 1)
        position += 3 + length
        if length > most or position - at > _BLOCKS_BYTES_MAX:
            return UNKNOWN_LETTER
    return Span(position - at)


def _pdf417(data: bytearray, at: int) -> Span | None:
    if len(data) - at < 4 or data[at + 3] != ord("D"):
        return _function(data, at)
    return _counted(data, at, counted_at=at + 4)


def _counted(data: bytearray, at: int, *, counted_at: int) -> Span | None:
    """A count of two bytes and as many, kept: the data of a two-dimensional code or of a macro."""
    if len(data) < counted_at + 2:
        return None
    count = word(data, counted_at)
    if count > _SYMBOL_BYTES_MAX:
        return UNKNOWN_LETTER
    return Span(counted_at + 2 - at + count)


def _marks(data: bytearray, at: int) -> Span | None:
    """``ESC GS * 0 n…``: three decimal digits, then as many."""
    if len(data) - at < 4 or data[at + 3] != ord("0"):
        return _function(data, at)
    if len(data) - at < 7:
        return None
    digits = bytes(data[at + 4 : at + 7])
    return Span(7 + int(digits)) if digits.isdigit() else UNKNOWN_LETTER


def _auto_logo(data: bytearray, at: int) -> Span | None:
    if len(data) - at < 4 or data[at + 3] not in b"34":
        return _function(data, at)
    return _counted(data, at, counted_at=at + 4)


def _page_mode(data: bytearray, at: int) -> Span | None:
    """``ESC GS P n``: n is a digit, as a character in the specification or as a number in use."""
    if len(data) - at < 4:
        return None
    number = data[at + 3] - (0x30 if data[at + 3] >= 0x30 else 0)
    return Span(_PAGE_MODE[number]) if number < len(_PAGE_MODE) else UNKNOWN_LETTER


def _extended(data: bytearray, at: int) -> Span | None:
    """``ESC GS ) x pL pH`` and p bytes; those of the encoding are kept."""
    if len(data) - at < 6:
        return None
    count = word(data, at + 4)
    if data[at + 3] == ord("U") and count <= _ENCODING_BYTES_MAX:
        return Span(6 + count)
    return Span(6, skip=count)


def _macro(data: bytearray, at: int) -> Span | None:
    """``ESC GS + m`` and m times t nL nH and n bytes."""
    if len(data) - at < 4:
        return None
    count = data[at + 3]
    if not 1 <= count <= _MACROS_MAX:
        return UNKNOWN_LETTER
    return _blocks(data, at, first_at=at + 4, count=count, most=_MACRO_BYTES_MAX)


def _raster_image(data: bytearray, at: int) -> Span | None:
    """``ESC GS S m xL xH yL yH n`` and x times y bytes."""
    if len(data) - at < 9:
        return None
    if data[at + 3] not in (1, 0x31):
        return UNKNOWN_LETTER
    return Span(9, skip=word(data, at + 4) * word(data, at + 6))


def _columns(bytes_each: int) -> Measure:
    """Measure ``ESC x n1 n2`` and n times so many bytes."""

    def of(data: bytearray, at: int) -> Span | None:
        return None if len(data) - at < 4 else Span(4, skip=bytes_each * word(data, at + 2))

    return of


def _nine_dots(data: bytearray, at: int) -> Span | None:
    """``ESC ^ m n1 n2`` and two bytes for each column, of impact printers."""
    return None if len(data) - at < 5 else Span(5, skip=2 * word(data, at + 3))


def _barcode(data: bytearray, at: int) -> Span | None:
    """``ESC b n1 n2 n3 n4 d… RS``."""
    start = at + 6
    end = data.find(RS, start, start + _BARCODE_BYTES_MAX + 1)
    if end >= 0:
        return Span(end + 1 - at)
    return None if len(data) <= start + _BARCODE_BYTES_MAX else UNKNOWN_LETTER


def _raster_command(data: bytearray, at: int) -> Span | None:
    """``ESC * r``: a letter by itself, or a letter, decimal digits and NUL."""
    if len(data) - at < 3:
        return None
    if data[at + 2] != ord("r"):
        return UNKNOWN_LETTER
    if len(data) - at < 4:
        return None
    if data[at + 3] in b"RABCab":
        return Span(4)
    return _until(data, at, b"\x00", start=at + 4, most=_DECIMAL_BYTES_MAX)


def _switches(data: bytearray, at: int) -> Span | None:
    """``ESC # …`` memory switches and ``ESC ?`` reset: up to LF NUL."""
    return _until(data, at, b"\n\x00", start=at + 2, most=_SWITCH_BYTES_MAX)


def _until(data: bytearray, at: int, ending: bytes, *, start: int, most: int) -> Span | None:
    end = data.find(ending, start, start + most)
    if end >= 0:
        return Span(end + len(ending) - at)
    return None if len(data) < start + most else UNKNOWN_LETTER


def _page_length(data: bytearray, at: int) -> Span | None:
    """``ESC C n`` lines, or ``ESC C NUL n`` units of 24 mm."""
    if len(data) - at < 3:
        return None
    return Span(3 if data[at + 2] else 4)


def _download_character(data: bytearray, at: int) -> Span | None:
    """``ESC & 1 1 n`` and 48 bytes registers a character, ``ESC & 1 0 n`` deletes it."""
    if len(data) - at < 4:
        return None
    if data[at + 2] not in (1, 0x31):
        return UNKNOWN_LETTER
    return {1: Span(53), 0x31: Span(53), 0: Span(5), 0x30: Span(5)}.get(
        data[at + 3], UNKNOWN_LETTER
    )


def _register_logos(data: bytearray, at: int) -> Span | None:
    return stored_images(data, at, at + 3)


_ESC_GS_VARIABLE: Final[dict[int, Measure]] = {
    ord("y"): _qr,
    ord("x"): _pdf417,
    ord("*"): _marks,
    ord("/"): _auto_logo,
    ord("g"): _function,
    0x19: _function,
    ord("L"): _function,
    ord("P"): _page_mode,
    ord(")"): _extended,
    ord("+"): _macro,
    ord("S"): _raster_image,
}
_ESC_VARIABLE: Final[dict[int, Measure]] = {
    GS: _third(_ESC_GS_FIXED, _ESC_GS_VARIABLE),
    RS: _third(_ESC_RS_FIXED, {}),
    FS: _third(_ESC_FS_FIXED, {ord("q"): _register_logos}),
    ord("B"): tab_stops,
    ord("D"): tab_stops,
    ord("K"): _columns(1),
    ord("L"): _columns(1),
    ord("X"): _columns(3),
    ord("k"): _columns(24),
    ord("^"): _nine_dots,
    ord("b"): _barcode,
    ord("*"): _raster_command,
    ord("#"): _switches,
    ord("?"): _switches,
    ord("C"): _page_length,
    ord("&"): _download_character,
}
