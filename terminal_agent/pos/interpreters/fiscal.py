"""Fiscal QR codes: the one place where a receipt says its total to machines.

German TSE receipts (DSFinV-K, annex I; reference notes, section 6)::

    V0;client;Kassenbeleg-V1;Beleg^19%_7%_10.7%_5.5%_0%^amount:Bar|Unbar[:CUR]_…;txno;counter;
    start;end;algorithm;time format;signature;public key

Austrian receipts (RKSV, Registrierkassensicherheitsverordnung, annex: machine-readable code)::

    _R1-AT1_register_number_time_20%_10%_13%_0%_19%_turnover_certificate_chain_signature
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

_CENTS: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,9})[.,][0-9]{2}")
_ISO_MOMENT: Final = re.compile(
    r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
)
_GERMAN_RATES: Final = 5
_GERMAN_END: Final = 7
_AUSTRIAN_TIME: Final = 3
_AUSTRIAN_RATES: Final = slice(4, 9)
_AUSTRIAN_TURNOVER: Final = 9
_AUSTRIAN_FIELDS: Final = 13
#: The turnover counter of Austrian cancellations and training receipts: "STO" and "TRA" in base64.
_AUSTRIAN_NOTES: Final = {"U1RP": "cancelled", "VFJB": "training"}
_GERMAN_NOTES: Final = {
    "AVTraining": "training",
    "AVBelegstorno": "cancelled",
    "AVBelegabbruch": "cancelled",
    "AVBestellung": "no_sale",
    "AVTransfer": "no_sale",
}


class FiscalKind(StrEnum):
    """What a fiscal code says the paper is."""

    SALE = "sale"
    TRAINING = "training"
    CANCELLED = "cancelled"
    NO_SALE = "no_sale"
    UNREADABLE = "unreadable"
    """It names itself a fiscal code, but its amounts do not agree with each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FiscalFinding:
    """What one code says.

    Attributes:
        kind: what the paper is.
        total_minor: the total in cents, for a sale; negative for a refund.
        occurred_at: when it was, local to the till, in ISO 8601, where the code tells.
    """

    kind: FiscalKind
    total_minor: int | None = None
    occurred_at: str | None = None


def read_fiscal(data: bytes) -> FiscalFinding | None:
    """Read a QR code's data; None where it is no fiscal code that we know."""
    text = data.decode("utf-8", "replace")
    if text.startswith("V0;"):
        return _read_german(text.split(";"))
    if re.match(r"_R1-AT[0-9]_", text):
        return _read_austrian(text.split("_")[1:])
    return None


def _read_german(fields: list[str]) -> FiscalFinding | None:
    if len(fields) < 4 or fields[2] not in ("Kassenbeleg-V1", "Bestellung-V1"):
        return None
    if fields[2] == "Bestellung-V1":
        return FiscalFinding(kind=FiscalKind.NO_SALE)
    what, *parts = fields[3].split("^")
    if what in _GERMAN_NOTES:
        return FiscalFinding(kind=FiscalKind(_GERMAN_NOTES[what]))
    total = _german_total(parts) if what == "Beleg" and len(parts) == 2 else None
    if total is None:
        return FiscalFinding(kind=FiscalKind.UNREADABLE)
    return FiscalFinding(
        kind=FiscalKind.SALE,
        total_minor=total,
        occurred_at=_berlin_time(fields[_GERMAN_END]) if len(fields) > _GERMAN_END else None,
    )


def _german_total(parts: list[str]) -> int | None:
    """The sum of the tax groups, if the payments do not disagree with it."""
    groups = _all_cents(parts[0].split("_"))
    if groups is None or len(groups) != _GERMAN_RATES:
        return None
    payments = [payment.split(":") for payment in parts[1].split("_") if payment]
    if any(len(payment) > 2 and payment[2] != "EUR" for payment in payments):
        # Foreign cash is printed in its own units; only the groups are in euro then.
        return sum(groups)
    paid = _all_cents([payment[0] for payment in payments])
    return sum(groups) if paid is not None and sum(paid) == sum(groups) else None


def _read_austrian(fields: list[str]) -> FiscalFinding:
    if len(fields) != _AUSTRIAN_FIELDS:
        return FiscalFinding(kind=FiscalKind.UNREADABLE)
    note = _AUSTRIAN_NOTES.get(fields[_AUSTRIAN_TURNOVER])
    if note is not None:
        return FiscalFinding(kind=FiscalKind(note))
    groups = _all_cents(fields[_AUSTRIAN_RATES])
    if groups is None:
        return FiscalFinding(kind=FiscalKind.UNREADABLE)
    told = fields[_AUSTRIAN_TIME]
    local = told if _moment(told) is not None else None
    return FiscalFinding(kind=FiscalKind.SALE, total_minor=sum(groups), occurred_at=local)


def _berlin_time(text: str) -> str | None:
    """The end of a German transaction, which the code tells in UTC, as German clocks show it."""
    moment = _moment(text.removesuffix("Z")) if text.endswith("Z") else None
    if moment is None:
        return None
    # Directive 2000/84/EC: from the last Sunday of March to that of October, both at 01:00 UTC.
    begin, end = (
        datetime.combine(_last_sunday(moment.year, month), datetime.min.time()) + timedelta(hours=1)
        for month in (3, 10)
    )
    offset_h = 2 if begin <= moment < end else 1
    return (moment + timedelta(hours=offset_h)).replace(microsecond=0).isoformat()


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=last.isoweekday() % 7)


def _moment(text: str) -> datetime | None:
    if _ISO_MOMENT.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        # Shaped like one, but there is no such day or hour.
        return None


def _all_cents(texts: list[str]) -> list[int] | None:
    if any(_CENTS.fullmatch(text) is None for text in texts):
        return None
    return [int(text.replace(".", "").replace(",", "")) for text in texts]
