"""What Sadad's messages hold, and what is kept of it.

Version 000: a request is ASCII, ``amount 13, invoice 10, function 4, message type 4, processing
code 6, bitmap 1`` and up to eight optional fields with three digits of length each; a response is
UTF-16LE, ``code 4, amount 13, card 17, processing code 7, transaction 7, - 6, time 8, reference 13,
approval 7, terminal 9, merchant 16``, counted in characters and filled up with NUL. Version 002 is
ASCII throughout, filled up with zeros on the left, and each field as wide as its contents.

The card stands in the response in clear. It is not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Final

from gateway.model.rules.expiry import CalendarKind
from gateway.program.calendars import days_in_month, yearly_day

SALE: Final = "000000"
AMOUNT_DIGITS_MAX: Final = 12

_OPTIONAL_COUNT: Final = 8
_SALE_ID: Final = 2
_ORDER_ID: Final = 5
_REQUEST_FIXED: Final = 38

_RESPONSE_CODE: Final = slice(0, 4)
_RESPONSE_AMOUNT: Final = slice(4, 17)
_RESPONSE_PROCESSING: Final = slice(34, 41)
_RESPONSE_TRANSACTION: Final = slice(41, 48)
_RESPONSE_REFERENCE: Final = slice(62, 75)
#: Eight 16-bit numbers, each 24 too large: year, month, weekday, day, hour, minute, second, ms.
_RESPONSE_TIME_BYTES: Final = slice(108, 124)
_TIME_OFFSET: Final = 24
_JALALI_YEARS: Final = range(1300, 1500)
_GREGORIAN_YEARS: Final = range(1990, 2100)

#: Widths of a version 002 response's code, as it may be, and of what stands behind it.
_V002_CODES: Final = (2, 3, 4)
V002_AMOUNT: Final = 12
V002_CARD: Final = 16
#: Begin and end of the bytes of each form's data that say what is paid.
REQUEST_PAID: Final = ((0, _REQUEST_FIXED),)
RESPONSE_PAID: Final = (
    (0, 2 * _RESPONSE_AMOUNT.stop),
    (2 * _RESPONSE_PROCESSING.start, 2 * _RESPONSE_TRANSACTION.stop),
    (_RESPONSE_TIME_BYTES.start, 2 * _RESPONSE_REFERENCE.stop),
)
V002_REQUEST_PAID: Final = ((0, V002_AMOUNT),)
#: Characters of a card number as terminals write it, clear or masked.
_CARD_CHARACTERS: Final = frozenset("0123456789*#xX")


@dataclass(frozen=True, slots=True, kw_only=True)
class SadadRequest:
    """What a till asks.

    Attributes:
        amount: its digits in rials; None where there are none.
        processing_code: what it is; None where it does not say.
        reference: the till's own number: invoice, order or sale.
    """

    amount: int | None
    processing_code: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SadadResponse:
    """What the terminal answers.

    Attributes:
        code: digits; all zeros mean done.
        amount: in rials; None where there is none.
        processing_code: what was done; None where it does not say.
        receipt_number: the reference number (RRN), else the transaction number.
        occurred_at: local date and time in ISO 8601, Gregorian.
    """

    code: str
    amount: int | None
    processing_code: str | None = None
    receipt_number: str | None = None
    occurred_at: str | None = None


def read_request(data: bytes) -> SadadRequest | None:
    """Read a version 000 request's data; None if it is too short to be one."""
    if len(data) < _REQUEST_FIXED:
        return None
    text = data.decode("latin-1")
    invoice, processing = _text(text[13:23]), _text(text[31:37])
    options = _options(text[37:])
    return SadadRequest(
        amount=_amount(_text(text[:13])),
        processing_code=processing,
        reference=invoice or options.get(_ORDER_ID) or options.get(_SALE_ID),
    )


def read_response(data: bytes) -> SadadResponse | None:
    """Read a version 000 response's data; None if it is too short to be one."""
    text = data[: len(data) & ~1].decode("utf-16-le", "replace")
    code = _text(text[_RESPONSE_CODE])
    if code is None or len(text) < _RESPONSE_AMOUNT.stop:
        return None
    return SadadResponse(
        code=code,
        amount=_amount(_text(text[_RESPONSE_AMOUNT])),
        processing_code=_text(text[_RESPONSE_PROCESSING]),
        receipt_number=_text(text[_RESPONSE_REFERENCE]) or _text(text[_RESPONSE_TRANSACTION]),
        occurred_at=_occurred_at(data[_RESPONSE_TIME_BYTES]),
    )


def read_request_v002(data: bytes) -> SadadRequest | None:
    """Read a version 002 request's data, which begins with the amount; None if it does not."""
    text = data.decode("latin-1")[:V002_AMOUNT]
    amount = _amount(text) if len(text) == V002_AMOUNT else None
    return None if amount is None else SadadRequest(amount=amount)


def read_responses_v002(data: bytes) -> tuple[SadadResponse, ...]:
    """Read a version 002 response's data, in every way that makes sense.

    Its widths were never seen in a frame. So it is read in the order of version 000, where it has
    the form of that: two to four digits of code, an amount, a card number, a sale's processing
    code. Which of the readings is right, the amount that was asked for tells.
    """
    text = data.decode("latin-1")
    return tuple(reading for width in _V002_CODES if (reading := _reading_v002(text, width)))


def code_widths_v002(data: bytes) -> tuple[int, ...]:
    """How wide the code of a version 002 response may be, by what makes sense behind it."""
    text = data.decode("latin-1")
    return tuple(width for width in _V002_CODES if _reading_v002(text, width))


def _reading_v002(text: str, width: int) -> SadadResponse | None:
    code, amount, card, behind = _cut(text, width, V002_AMOUNT, V002_CARD)
    if not (code.isascii() and code.isdecimal() and len(card) == V002_CARD):
        return None
    if not set(card) <= _CARD_CHARACTERS or not behind.startswith(SALE):
        return None
    return SadadResponse(code=code, amount=_amount(amount), processing_code=SALE)


def _cut(text: str, *widths: int) -> tuple[str, str, str, str]:
    first, second, third = accumulate(widths)
    return text[:first], text[first:second], text[second:third], text[third:]


def _text(field: str) -> str | None:
    """A field without what fills it up; None for one that is empty or holds control characters."""
    text = field.strip("\0 ")
    return text if text and text.isascii() and text.isprintable() else None


def _amount(text: str | None) -> int | None:
    if text is None or not (text.isascii() and text.isdecimal()) or len(text) > AMOUNT_DIGITS_MAX:
        return None
    return int(text) or None


def _options(text: str) -> dict[int, str]:
    """The optional fields that the bitmap's bits announce, from the lowest on; by their number."""
    bitmap, at = ord(text[0]), 1
    found: dict[int, str] = {}
    for number in range(1, _OPTIONAL_COUNT + 1):
        if not bitmap >> (number - 1) & 1:
            continue
        length = text[at : at + 3].strip()
        if not (length.isascii() and length.isdecimal()):
            break
        at += 3
        value = _text(text[at : at + int(length)])
        at += int(length)
        if value is not None:
            found[number] = value
    return found


def _occurred_at(shorts: bytes) -> str | None:
    if len(shorts) < _RESPONSE_TIME_BYTES.stop - _RESPONSE_TIME_BYTES.start:
        return None
    numbers = [
        int.from_bytes(shorts[at : at + 2], "little") - _TIME_OFFSET for at in range(0, 16, 2)
    ]
    year, month, _, day, hour, minute, second, _ = numbers
    if year in _JALALI_YEARS:
        calendar = CalendarKind.JALALI
    elif year in _GREGORIAN_YEARS:
        calendar = CalendarKind.GREGORIAN
    else:
        return None
    try:
        if not 1 <= day <= days_in_month(year, month, calendar):
            return None
        named = yearly_day(year, month, day, calendar)
        return datetime(named.year, named.month, named.day, hour, minute, second).isoformat()  # noqa: DTZ001 - local to the terminal, which tells no zone
    except (ValueError, IndexError, KeyError):
        return None
