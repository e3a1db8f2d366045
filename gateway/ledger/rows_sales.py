"""Rows about sales: that they were, how they were rated, and what came back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from gateway.ledger.row import Row
from gateway.model.ids import BranchId, MemberId, SaleKey


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleLoad:
    """Money that was put onto a gift card which was sold in a sale.

    Attributes:
        journal_index: the load.
        amount_minor: how much.
        taken_minor: of that, what went back with goods of the sale.
    """

    journal_index: int
    amount_minor: int
    taken_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRow(Row):
    """A sale that something was earned or redeemed on.

    Attributes:
        branch: where; a sale key names a sale within its branch.
        sale_key: the key.
        receipt_number: the till's number, where it told one.
        first_index: the journal row that first named the sale.
        earn_index: the one earn; None where something was only redeemed on it.
        refund_index: the return after which nothing of it was left.
        total_minor: what it came to; None where the row was made before totals were kept.
        returned_minor: of that, what came back so far.
        loads: what gift cards were sold for in it, as ``loads_text`` writes it.
    """

    branch: BranchId
    sale_key: SaleKey
    receipt_number: str | None
    first_index: int
    earn_index: int | None
    refund_index: int | None
    total_minor: int | None
    returned_minor: int
    loads: str = ""

    TABLE: ClassVar[str] = "sale"

    @property
    def key(self) -> tuple[BranchId, SaleKey]:
        """Branch and sale key."""
        return (self.branch, self.sale_key)


def loads_of(row: SaleRow) -> tuple[SaleLoad, ...]:
    """The gift cards that were sold in a sale, in the order in which they were loaded."""
    parts = json.loads(row.loads) if row.loads else ()
    return tuple(
        SaleLoad(journal_index=index, amount_minor=amount, taken_minor=taken)
        for index, amount, taken in parts
    )


def loads_text(loads: Sequence[SaleLoad]) -> str:
    """Write gift cards of a sale down: JSON, and empty text for none."""
    parts = [(one.journal_index, one.amount_minor, one.taken_minor) for one in loads]
    return json.dumps(parts, separators=(",", ":")) if parts else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleReturnRow(Row):
    """Goods of a sale that came back.

    Attributes:
        journal_index: the return.
        branch: where it came back, which is where the sale was.
        return_key: names the return within its branch: the same paper counts once.
        sale_key: of the sale; None where nobody knows it any more.
        returned: which lines and how much of each, JSON.
        amount_minor: the money that went back.
        clawed: what was taken back of which award, JSON.
    """

    journal_index: int
    branch: BranchId
    return_key: SaleKey
    sale_key: SaleKey | None
    returned: str
    amount_minor: int
    clawed: str

    TABLE: ClassVar[str] = "sale_return"

    @property
    def key(self) -> int:
        """The journal index of the return."""
        return self.journal_index


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRow(Row):
    """How a sale was rated, kept whole so that a return rates it again exactly.

    Attributes:
        journal_index: the earn.
        member_id: whose; None for a card that nobody owned.
        branch: where.
        sale_key: which sale.
        business_day: the day it counts to, ISO 8601 text.
        programme_version: the rules.
        facts: what was known of the member before, canonical JSON.
        evaluation: what the rules made of it, canonical JSON.
    """

    journal_index: int
    member_id: MemberId | None
    branch: BranchId
    sale_key: SaleKey
    business_day: str
    programme_version: int
    facts: str
    evaluation: str

    TABLE: ClassVar[str] = "rating"

    @property
    def key(self) -> int:
        """The journal index of the earn."""
        return self.journal_index
