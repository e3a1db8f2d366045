"""The kinds of account that every unit's ledger has, and on which side each normally stands."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class AccountClass(StrEnum):
    """What an account is for. Wallets of one kind are one class; system accounts are their own."""

    AVAILABLE = "available"
    """Points or money that members and cards can spend: a liability."""
    PENDING = "pending"
    """The same that cannot be spent yet."""
    HELD = "held"
    """The same that is reserved for a sale under way."""
    SUSPENSE = "suspense"
    """Points that wait for a card's owner."""
    ISSUED = "issued"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    CLAWED_BACK = "clawed_back"
    ADJUSTED = "adjusted"
    CONVERTED = "converted"
    REDENOMINATED = "redenominated"
    """What the successor of a currency counts now, at the whole rate."""
    ROUNDED = "rounded"
    """What rounding gave or took on that way."""
    TOPPED_UP = "topped_up"
    PAID_OUT = "paid_out"
    SHORTFALL = "shortfall"


OWED: Final = frozenset(
    {AccountClass.AVAILABLE, AccountClass.PENDING, AccountClass.HELD, AccountClass.SUSPENSE}
)
"""What the shop owes: the sum of these is what members could ask for."""


def class_of_account(name: str) -> AccountClass:
    """Tell an account's class from its name in the ledger.

    Args:
        name: a system account's own name, or ``<wallet>:available`` and its like.

    Raises:
        ValueError: if no account can have that name.
    """
    return AccountClass(name.rpartition(":")[2])
