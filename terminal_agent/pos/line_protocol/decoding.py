"""Reading messages: strict, bounded, and refusing with the field that is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NoReturn

from gateway.errors import ValueRangeError
from gateway.model.checks import I63_MAX, check_int, check_text
from gateway.model.sale import (
    LABEL_CHARACTERS_MAX,
    LINES_MAX,
    TENDERS_MAX,
    SaleLine,
    Tender,
    TenderKind,
)
from terminal_agent.pos.interpreters.pan import mask_pans
from terminal_agent.pos.line_protocol.messages import (
    BalanceAsked,
    Cancel,
    Hello,
    Message,
    Ping,
    RedeemAsked,
    RefundDone,
    SaleDone,
    Total,
    Void,
)
from terminal_agent.pos.line_protocol.replies import Do, RefusalCode, Refused

ID_CHARACTERS_MAX: Final = 64
_VERSIONS_MAX: Final = 16
_SOFTWARE_CHARACTERS_MAX: Final = 64
_RECEIPT_NUMBER_CHARACTERS_MAX: Final = 32
#: ``2026-01-31T17:05:09+03:30`` and nothing longer.
_TIME_CHARACTERS_MAX: Final = 25

_Read = Callable[[str, Any], Any]


class _FieldError(Exception):
    """A field is not as it must be."""

    def __init__(self, code: RefusalCode, field: str | None, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field


def decode_message(text: bytes) -> Message | Refused:
    """Read a message's JSON.

    Args:
        text: what stood before the check.

    Returns:
        the message, or why it is none, under its id where that can be read.
    """
    values: dict[str, Any] = {}
    try:
        values = _object(text)
        return _message(values)
    except _FieldError as error:
        named = values.get("id")
        return Refused(
            id=named if isinstance(named, str) and 0 < len(named) <= ID_CHARACTERS_MAX else None,
            code=error.code,
            do=Do.CORRECT,
            message=str(error),
            field=error.field,
        )


def _object(text: bytes) -> dict[str, Any]:
    try:
        values = json.loads(
            text.decode("utf-8"),
            object_pairs_hook=_no_doubles,
            parse_float=_no_fraction,
            parse_constant=_no_fraction,
        )
    except (ValueError, RecursionError) as error:
        raise _FieldError(RefusalCode.NOT_JSON, None, "not one JSON object in UTF-8") from error
    if not isinstance(values, dict):
        raise _FieldError(RefusalCode.NOT_JSON, None, "not one JSON object in UTF-8")
    return values


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise _FieldError(RefusalCode.WRONG_FIELD, None, "a field stands there twice")
    return values


def _no_fraction(number: str) -> NoReturn:
    raise _FieldError(
        RefusalCode.WRONG_FIELD, None, f"{number[:20]}: numbers are whole, amounts in minor units"
    )


def _message(values: Mapping[str, Any]) -> Message:
    name = values.get("type")
    form = _FORMS.get(name) if isinstance(name, str) else None
    if form is None:
        raise _FieldError(
            RefusalCode.UNKNOWN_TYPE, "type", f"type is one of {', '.join(sorted(_FORMS))}"
        )
    kind, needed, optional = form
    given = {key: value for key, value in values.items() if key != "type"}
    for key in given:
        if key not in needed and key not in optional:
            raise _FieldError(RefusalCode.UNKNOWN_FIELD, key[:64], f"{name} has no such field")
    for key in needed:
        if key not in given:
            raise _FieldError(RefusalCode.MISSING_FIELD, key, f"{name} needs it")
    readers = {**needed, **optional}
    return kind(**{key: _read(readers[key], key, value) for key, value in given.items()})


def _read(reader: _Read, key: str, value: object) -> Any:  # noqa: ANN401 - of the field's own type
    try:
        return reader(key, value)
    except ValueRangeError as error:
        raise _FieldError(RefusalCode.WRONG_FIELD, key, str(error)) from error


# -- fields ---------------------------------------------------------------------------------------


def _whole(minimum: int, maximum: int = I63_MAX) -> _Read:
    def read(key: str, value: object) -> Any:  # noqa: ANN401 - checked to be an int
        check_int(key, value, minimum, maximum)
        return value

    return read


def _text(maximum: int, *, masked: bool = False) -> _Read:
    def read(key: str, value: Any) -> str:  # noqa: ANN401 - checked to be a string
        check_text(key, value, 1, maximum)
        # What a person reads, or a ledger keeps, holds no card number whoever put it there.
        return mask_pans(value) if masked else str(value)

    return read


def _currency(key: str, value: Any) -> str:  # noqa: ANN401 - checked below
    if not isinstance(value, str) or len(value) != 3 or not value.isascii() or not value.isupper():
        raise ValueRangeError(f"{key} must be three capital letters (ISO 4217)")
    return value


def _versions(key: str, value: Any) -> tuple[int, ...]:  # noqa: ANN401 - checked below
    for version in _list(key, value, _VERSIONS_MAX):
        check_int(key, version, 1, 1_000)
    return tuple(value)


def _time(key: str, value: Any) -> str:  # noqa: ANN401 - checked below
    check_text(key, value, 1, _TIME_CHARACTERS_MAX)
    try:
        datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueRangeError(f"{key} must be a date and time in ISO 8601") from error
    return str(value)


def _lines(key: str, value: Any) -> tuple[SaleLine, ...]:  # noqa: ANN401 - checked below
    label = _text(LABEL_CHARACTERS_MAX, masked=True)
    lines = []
    for one in _list(key, value, LINES_MAX):
        _check_keys(key, one, {"label", "quantity_milli", "amount_minor"}, {"sku"})
        lines.append(SaleLine(**{**one, "label": label("label", one["label"])}))
    return tuple(lines)


def _tenders(key: str, value: Any) -> tuple[Tender, ...]:  # noqa: ANN401 - checked below
    tenders = []
    for one in _list(key, value, TENDERS_MAX):
        _check_keys(key, one, {"kind", "amount_minor"}, set())
        kinds = {kind.value: kind for kind in TenderKind}
        kind = kinds.get(one["kind"]) if isinstance(one["kind"], str) else None
        if kind is None:
            raise ValueRangeError(f"a tender's kind is one of {', '.join(kinds)}")
        tenders.append(Tender(kind=kind, amount_minor=one["amount_minor"]))
    return tuple(tenders)


def _list(key: str, value: object, maximum: int) -> list[Any]:
    if not isinstance(value, list) or not 1 <= len(value) <= maximum:
        raise ValueRangeError(f"{key} must be a list of 1 to {maximum}")
    return value


def _check_keys(key: str, one: object, needed: set[str], optional: set[str]) -> None:
    if not isinstance(one, dict) or not needed <= one.keys() <= needed | optional:
        optionally = f", optionally {', '.join(sorted(optional))}" if optional else ""
        raise ValueRangeError(
            f"each of {key} is an object of {', '.join(sorted(needed))}{optionally}"
        )


_ID: Final = _text(ID_CHARACTERS_MAX)
_AMOUNT: Final = _whole(0)
_NUMBER: Final = _text(_RECEIPT_NUMBER_CHARACTERS_MAX, masked=True)
_OF_A_TOTAL: Final[Mapping[str, _Read]] = {
    "id": _ID,
    "sale_id": _ID,
    "total_minor": _AMOUNT,
    "currency": _currency,
}
_MAYBE_OF_A_TOTAL: Final[Mapping[str, _Read]] = {
    "lines": _lines,
    "tax_minor": _AMOUNT,
    "discount_minor": _AMOUNT,
}
_Form = tuple[Callable[..., Message], Mapping[str, _Read], Mapping[str, _Read]]
#: By type: what is made of it, its needed fields, its optional ones.
_FORMS: Final[Mapping[str, _Form]] = {
    "hello": (
        Hello,
        {"id": _ID, "versions": _versions},
        {"software": _text(_SOFTWARE_CHARACTERS_MAX)},
    ),
    "ping": (Ping, {"id": _ID}, {}),
    "total": (Total, _OF_A_TOTAL, _MAYBE_OF_A_TOTAL),
    "sale": (
        SaleDone,
        _OF_A_TOTAL,
        {
            **_MAYBE_OF_A_TOTAL,
            "tenders": _tenders,
            "receipt_number": _NUMBER,
            "occurred_at": _time,
        },
    ),
    "refund": (
        RefundDone,
        {
            "id": _ID,
            "refund_id": _ID,
            "amount_minor": _whole(1),
            "currency": _currency,
            "original_receipt_number": _NUMBER,
        },
        {"receipt_number": _NUMBER, "occurred_at": _time},
    ),
    "void": (Void, {"id": _ID, "sale_id": _ID}, {}),
    "redeem": (RedeemAsked, {"id": _ID, "sale_id": _ID}, {"points": _whole(1)}),
    "balance": (BalanceAsked, {"id": _ID}, {}),
    "cancel": (Cancel, {"id": _ID, "request": _ID}, {}),
}
