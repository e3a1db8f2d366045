"""A sale as the till told it: lines, tenders, total, and how it was learned."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.checks import I63_MAX, check_bytes, check_int, check_name, check_text
from gateway.model.ids import SALE_KEY_BYTES, SaleKey

LINES_MAX: Final = 200
TENDERS_MAX: Final = 16
LABEL_CHARACTERS_MAX: Final = 64


class SaleSource(StrEnum):
    """How the terminal learned the sale."""

    RECEIPT = "receipt"
    PROTOCOL = "protocol"
    KEYED = "keyed"
    #: From the code of its receipt, after it had closed without a card.
    CLAIMED = "claimed"
    #: From a paper that was not sure, settled by a person.
    REVIEWED = "reviewed"


class TenderKind(StrEnum):
    """What the customer paid with. A tender never lowers the price; a discount does."""

    CASH = "cash"
    CARD = "card"
    POINTS = "points"
    STORE_CREDIT = "store_credit"
    GIFT_CARD = "gift_card"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleLine:
    """One line of goods.

    Attributes:
        label: what the receipt calls it, card numbers masked.
        quantity_milli: thousandths of a piece, kilogram or litre; 1000 is one piece.
        amount_minor: the line's price after line discounts, tax as the till prints it.
        sku: the shop's article number where the till tells it.
    """

    label: str
    quantity_milli: int
    amount_minor: int
    sku: str | None = None

    def __post_init__(self) -> None:
        check_text("line label", self.label, 1, LABEL_CHARACTERS_MAX)
        check_int("quantity_milli", self.quantity_milli, 0, I63_MAX)
        check_int("line amount_minor", self.amount_minor, -I63_MAX, I63_MAX)
        if self.sku is not None:
            check_text("sku", self.sku, 1, 32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tender:
    """One payment towards the total, change already taken off."""

    kind: TenderKind
    amount_minor: int

    def __post_init__(self) -> None:
        check_int("tender amount_minor", self.amount_minor, 0, I63_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What the till said was sold.

    Attributes:
        key: names this sale; equal keys at one branch are the same sale.
        total_minor: what the customer owed, discounts off, tenders not.
        source: how the sale was learned.
        profile: name of the shop profile that read it.
        profile_version: that profile's version.
        lines: the goods, possibly empty where only the total is known.
        tenders: the payments where known.
        tax_minor: tax contained in the total where known.
        discount_minor: discounts already taken off the total where known.
        receipt_number: the till's own number for the receipt.

    Raises:
        ValueRangeError: if a part is outside its range.
    """

    key: SaleKey
    total_minor: int
    source: SaleSource
    profile: str
    profile_version: int = 1
    lines: tuple[SaleLine, ...] = ()
    tenders: tuple[Tender, ...] = ()
    tax_minor: int | None = None
    discount_minor: int | None = None
    receipt_number: str | None = None

    def __post_init__(self) -> None:
        check_bytes("sale key", self.key, SALE_KEY_BYTES, SALE_KEY_BYTES)
        check_int("total_minor", self.total_minor, 0, I63_MAX)
        check_name("profile", self.profile)
        check_int("profile_version", self.profile_version, 1, 2**31 - 1)
        if len(self.lines) > LINES_MAX:
            raise ValueRangeError(f"a sale holds at most {LINES_MAX} lines")
        if len(self.tenders) > TENDERS_MAX:
            raise ValueRangeError(f"a sale holds at most {TENDERS_MAX} tenders")
        if self.tax_minor is not None:
            check_int("tax_minor", self.tax_minor, 0, I63_MAX)
        if self.discount_minor is not None:
            check_int("discount_minor", self.discount_minor, 0, I63_MAX)
        if self.receipt_number is not None:
            check_text("receipt_number", self.receipt_number, 1, 32)
