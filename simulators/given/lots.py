"""Lots of Ada's and Bob's, and what is left of them on a desk's ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gateway.ledger.accounts import credit_wallet_id, points_wallet_id
from gateway.ledger.posting import Posting
from gateway.ledger.posting_lots import Lapse, LotGrant
from gateway.ledger.rows_lots import HoldRow
from gateway.model.ids import MemberId
from simulators.ledger_desk import LedgerDesk

DAY_MS: Final = 86_400_000
ADA: Final = points_wallet_id(MemberId("a" * 32))
BOB: Final = points_wallet_id(MemberId("b" * 32))
ADAS_CREDIT: Final = credit_wallet_id(MemberId("a" * 32), "EUR")


def lot_grant(amount: int, expires_day: int | None = None, pending_day: int = 0) -> LotGrant:
    """A lot of so many points: the day that it lapses on, and the day that it waits until."""
    return LotGrant(
        amount=amount,
        available_from_ms=pending_day * DAY_MS,
        expires_at_ms=None if expires_day is None else expires_day * DAY_MS,
        pending=pending_day > 0,
        source=f"rule-{amount}",
    )


def parts_of(desk: LedgerDesk) -> tuple[int, int, int]:
    """What Ada can spend, holds, and cannot spend yet."""
    wallet = desk.wallet(ADA)
    return (wallet.available, wallet.held, wallet.pending)


def left_in(desk: LedgerDesk, *lots: int) -> list[int]:
    """What is left in each lot."""
    return [desk.lot(lot).remaining for lot in lots]


def give_back(points: int, lapse: Lapse | None = None) -> Callable[[Posting, HoldRow], int]:
    """Undo so much of a redemption."""
    return lambda posting, hold: posting.undo_redeem(hold, points, lapse=lapse)
