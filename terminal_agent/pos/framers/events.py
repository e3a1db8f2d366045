"""What a printer's stream says, one value per thing said; named by their ESC/POS commands.

Commands that change neither text nor meaning (line spacing, justification, bar code height) are
measured, counted and dropped: they have no event.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

#: What stands for a page where a printer was told to read UTF-8: no ``ESC t`` can name it.
UTF_8_PAGE: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How text looks, as far as it helps to find the total and the columns.

    Attributes:
        width: multiple of the normal character width, 1 to 8.
        height: multiple of the normal character height, 1 to 8.
        bold: emphasised or double-strike.
        font_b: the small font, 9 dots wide where Font A is 12.
        spacing_dots: blank dots right of each character.
    """

    width: int = 1
    height: int = 1
    bold: bool = False
    font_b: bool = False
    spacing_dots: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A run of printable bytes under one code page and one style.

    Attributes:
        data: the bytes as sent, none below 0x20.
        code_page: number of the last ``ESC t``, or None where none was sent since ``ESC @``.
            The number means nothing without the printer's model.
        multi_byte: ``FS &`` (Kanji mode) is in force.
        style: how it looks.
    """

    data: bytes
    code_page: int | None = None
    multi_byte: bool = False
    style: Style = field(default_factory=Style)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFeed:
    """The line is printed: LF, CR, FF, ``ESC d``, ``ESC J`` and their kin."""

    lines: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class HorizontalTab:
    """HT: on to the next tab stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TabStops:
    """``ESC D``: tab stops in columns of the present character width; empty clears them all."""

    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTo:
    """``ESC $``: the next character starts this many dots from the left margin."""

    dots: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveBy:
    r"""``ESC \``: the next character starts this many dots further right (left if negative)."""

    dots: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CutPaper:
    """``GS V``, ``ESC i`` or ``ESC m``: what came before is one piece of paper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialise:
    """``ESC @``: code page, style and columns are back at power-on values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage:
    """``ESC t``: single-byte text that follows is of this page."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QrData:
    """A QR code was printed; its data never mixes with text."""

    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Barcode:
    """``GS k``: a bar code was printed.

    Attributes:
        symbology: the command's ``m``: 0 to 6, or 65 to 79 for the form with a length byte.
        data: the digits or characters it stands for.
    """

    symbology: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawerPulse:
    """The cash drawer was kicked. Tills do so before, during and after a receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeripheralSelect:
    """``ESC =``: who listens to what follows; a customer display can share the cable."""

    printer: bool
    display: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSkipped:
    """A picture was printed; its bytes are counted and gone."""

    byte_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A command that no table holds. No arguments were taken with it: a guess could eat text."""

    command: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandoned:
    """A command was still waiting for its arguments when the line fell silent; it is dropped."""

    byte_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleGap:
    """The line has been silent for the framer's gap since its last byte."""


EscPosEvent = (
    Text
    | LineFeed
    | HorizontalTab
    | TabStops
    | MoveTo
    | MoveBy
    | CutPaper
    | Initialise
    | CodePage
    | QrData
    | Barcode
    | DrawerPulse
    | PeripheralSelect
    | ImageSkipped
    | Unknown
    | Abandoned
    | IdleGap
)
