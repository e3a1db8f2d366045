"""What a till may say, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.model.sale import SaleLine, Tender

#: The one version there is.
VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The first message of a connection: what the till can speak, and its name."""

    id: str
    versions: tuple[int, ...]
    software: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Are you there?"""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A sale comes to so much so far; said again when it changes.

    Attributes:
        id: of the message.
        sale_id: the till's own name of the sale, the same until it is closed or void.
        total_minor: what the customer owes.
        currency: ISO 4217 code.
        lines: the goods.
        tax_minor: the tax contained in the total.
        discount_minor: taken off the whole sale, not in the lines.
    """

    id: str
    sale_id: str
    total_minor: int
    currency: str
    lines: tuple[SaleLine, ...] = ()
    tax_minor: int | None = None
    discount_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleDone:
    """The sale is paid and closed.

    Attributes:
        id: of the message.
        sale_id: as in ``Total``.
        total_minor: what the customer owed.
        currency: ISO 4217 code.
        lines: the goods.
        tenders: what was paid with, change taken off.
        tax_minor: as in ``Total``.
        discount_minor: as in ``Total``.
        receipt_number: as printed; a refund names it.
        occurred_at: local date and time, ISO 8601.
    """

    id: str
    sale_id: str
    total_minor: int
    currency: str
    lines: tuple[SaleLine, ...] = ()
    tenders: tuple[Tender, ...] = ()
    tax_minor: int | None = None
    discount_minor: int | None = None
    receipt_number: str | None = None
    occurred_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundDone:
    """Goods came back.

    Attributes:
        id: of the message.
        refund_id: the till's own name of the refund.
        amount_minor: what was paid back, above zero.
        currency: ISO 4217 code.
        original_receipt_number: of the sale that it takes back, or a part of.
        receipt_number: the refund's own.
        occurred_at: as in ``SaleDone``.
    """

    id: str
    refund_id: str
    amount_minor: int
    currency: str
    original_receipt_number: str
    receipt_number: str | None = None
    occurred_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """A sale that was totalled will not be closed."""

    id: str
    sale_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemAsked:
    """Pay the sale with points of the card that is here: so many, or as many as can be."""

    id: str
    sale_id: str
    points: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceAsked:
    """How many points does the card have that is here?"""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """An earlier redeem or balance request is not wanted any more; its id is ``request``."""

    id: str
    request: str


Message = Hello | Ping | Total | SaleDone | RefundDone | Void | RedeemAsked | BalanceAsked | Cancel
