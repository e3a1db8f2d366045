"""Rows about papers that a person settles or dismisses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gateway.ledger.kinds import ReviewState
from gateway.ledger.row import Row
from gateway.model.ids import BranchId, SaleKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow(Row):
    """A paper of the till that was not sure; what it says stands in the journal.

    Once somebody has decided, the paper has a row for each name that its sale may have: read
    otherwise, it is the same paper.

    Attributes:
        branch: where; a sale key names a sale within its branch.
        sale_key: the review's key; of the rows that a decision adds, a candidate's.
        nth: 0 for the paper itself, 1 and more for its other names.
        first_index: the journal row that told of it.
        card_index: the journal row that told of its card; None while nobody's is known.
        state: whether somebody has decided.
        closed_index: the journal row of the command that settled or dismissed it.
    """

    branch: BranchId
    sale_key: SaleKey
    nth: int
    first_index: int
    card_index: int | None
    state: ReviewState
    closed_index: int | None

    TABLE: ClassVar[str] = "review"

    @property
    def key(self) -> tuple[BranchId, SaleKey]:
        """Branch and key."""
        return (self.branch, self.sale_key)
