"""Where the books stand before a batch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last numbers that were given out.

    Attributes:
        journal_index: the newest journal row.
        recorded_at_ms: when that was recorded.
        account_id: the last account of a member's points; see ``gateway.ledger.accounts``.
        other_account_id: the last account of any other wallet.
    """

    journal_index: int = 0
    recorded_at_ms: int = -1
    account_id: int = 0
    other_account_id: int = 0
