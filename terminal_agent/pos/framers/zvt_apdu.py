"""What ZVT sends, whatever the line: one command or answer (APDU), with what is kept of it.

Only what tells of payments is kept. Card numbers, tracks, PIN data and printed text end here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from terminal_agent.pos.framers.zvt_fields import (
    AMOUNT,
    CURRENCY,
    DATE,
    DATE_WITH_YEAR,
    RECEIPT_NUMBER,
    RESULT,
    TIME,
    TRACE_NUMBER,
    Fields,
    field_places,
    read_fields,
)

AUTHORISATION: Final = 0x0601
REVERSAL: Final = 0x0630
REFUND: Final = 0x0631
STATUS_INFORMATION: Final = 0x040F
COMPLETION: Final = 0x060F
ABORT: Final = 0x061E
POSITIVE_ACKNOWLEDGE: Final = 0x8000
#: The other positive acknowledgement: a refusal's form with the code for no error.
NO_ERROR: Final = 0x8400
#: The till is not ready to say whether the goods were handed out.
NOT_YET: Final = 0x849C
#: The goods were handed out, for another amount.
CHANGED_AMOUNT: Final = 0x849D

#: Header of a short APDU: two bytes of control field, one of length.
HEADER_BYTES: Final = 3
#: Header of an extended one: FF instead of the length, then the length in two bytes, low one first.
EXTENDED_HEADER_BYTES: Final = 5
_EXTENDED: Final = 0xFF
APDU_BYTES_MAX: Final = EXTENDED_HEADER_BYTES + 0xFFFF

_PASSWORD_BYTES: Final = 3
#: Commands whose data is bitmaps, and how many bytes of password stand before them.
_WITH_FIELDS: Final = {
    AUTHORISATION: 0,
    STATUS_INFORMATION: 0,
    CHANGED_AMOUNT: 0,
    REVERSAL: _PASSWORD_BYTES,
    REFUND: _PASSWORD_BYTES,
}
_KEPT: Final = frozenset(
    (AMOUNT, TRACE_NUMBER, TIME, DATE, DATE_WITH_YEAR, RESULT, CURRENCY, RECEIPT_NUMBER)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZvtApdu:
    """One command or answer.

    Attributes:
        control_field: its two bytes as one number: 0x0601 is Authorisation.
        fields: the bitmaps that tell of a payment; of an abort, its result code as bitmap 27.
        is_whole: all of its data was understood.
    """

    control_field: int
    fields: Fields = ()
    is_whole: bool = True

    def field(self, bitmap: int) -> bytes | None:
        """A bitmap's data; None where it is absent, or there twice with different data."""
        values = {value for number, value in self.fields if number == bitmap}
        return values.pop() if len(values) == 1 else None


def apdu_bytes(start: bytes | bytearray | memoryview) -> int | None:
    """How many bytes an APDU has that begins so; None while its header is not complete."""
    if len(start) < HEADER_BYTES:
        return None
    if start[2] != _EXTENDED:
        return HEADER_BYTES + start[2]
    if len(start) < EXTENDED_HEADER_BYTES:
        return None
    return EXTENDED_HEADER_BYTES + start[3] + 256 * start[4]


def read_apdu(apdu: bytes) -> ZvtApdu:
    """Read an APDU whose length is right."""
    control_field = int.from_bytes(apdu[:2], "big")
    data = apdu[_header_bytes(apdu) :]
    if control_field == ABORT:
        # Its data begins with the result code, without a bitmap before it.
        fields: Fields = ((RESULT, data[:1]),) if data else ()
        return ZvtApdu(control_field=control_field, fields=fields)
    if control_field not in _WITH_FIELDS:
        return ZvtApdu(control_field=control_field)
    fields, is_whole = read_fields(data[_WITH_FIELDS[control_field] :])
    kept = tuple(field for field in fields if field[0] in _KEPT)
    return ZvtApdu(control_field=control_field, fields=kept, is_whole=is_whole)


def paid_bytes(apdu: bytes) -> tuple[tuple[int, int], ...]:
    """Begin and end of what in a whole APDU says what is paid, and how its data is cut.

    All else may be a card's: numbers, tracks, what is printed.
    """
    control_field, header = int.from_bytes(apdu[:2], "big"), _header_bytes(apdu)
    if control_field == ABORT:
        return ((0, header + 1),)
    if control_field not in _WITH_FIELDS:
        return ((0, header),)
    begin = header + _WITH_FIELDS[control_field]
    places, _ = field_places(apdu[begin:])
    return (
        (0, header),
        *(
            (begin + at, begin + (end if apdu[begin + at] in _KEPT else start))
            for at, start, end in places
        ),
    )


def _header_bytes(apdu: bytes) -> int:
    return EXTENDED_HEADER_BYTES if apdu[2] == _EXTENDED else HEADER_BYTES
