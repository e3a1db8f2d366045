"""What a journal row must come to, as a value whose effect on the books is still to be had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.ledger.kinds import PostingKind
from gateway.model.ids import BranchId, HoldId, MemberId, WalletId
from gateway.model.outcome import Reason, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What carrying out a verdict did.

    Attributes:
        member: the member concerned.
        points: what moved on that member's wallet, or waits for an owner.
        wallet: the wallet whose balance the journal row tells.
    """

    member: MemberId | None = None
    points: int = 0
    wallet: WalletId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a transaction must come to.

    Attributes:
        status: how it ends.
        reason: why, where it is not applied.
        posting: what kind of posting it makes, where points or a member are concerned.
        version: the rules it is judged by; None for a refusal.
        branch: where it is booked, where something else than the posting says so.
        hold_id: the hold it resolves.
        carry_out: moves the points in the books.
    """

    status: Status
    reason: Reason = Reason.NONE
    posting: PostingKind | None = None
    version: int | None = None
    branch: BranchId | None = None
    hold_id: HoldId | None = None
    carry_out: Callable[[], Effect] = Effect


def refusal(reason: Reason) -> Verdict:
    """A verdict that moves nothing."""
    return Verdict(status=Status.REFUSED, reason=reason)
