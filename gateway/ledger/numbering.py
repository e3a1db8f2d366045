"""Numbers of what one journal row makes several of: lots and vouchers.

The number holds the journal row, so that what an earn made is found by the primary key alone.
"""

from __future__ import annotations

from typing import Final

from gateway.ledger.errors import InvariantError

MADE_BY_ONE_ROW_MAX: Final = 4_096
"""A transfer opens as many lots as the lots that it moves have different last days."""


def number_of(journal_index: int, nth: int) -> int:
    """Number what a journal row makes.

    Args:
        journal_index: the row.
        nth: counts from 0 within it, for each kind of thing.

    Raises:
        InvariantError: if the row made too many.
    """
    if not 0 <= nth < MADE_BY_ONE_ROW_MAX:
        raise InvariantError(f"journal row {journal_index} makes more than it can number")
    return journal_index * MADE_BY_ONE_ROW_MAX + nth


def maker_of(number: int) -> int:
    """The journal row that made a lot or a voucher."""
    return number // MADE_BY_ONE_ROW_MAX
