"""What a journal row must come to, as a value whose effect on the books is still to be had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.audit.books import Books, available_account, held_account
from gateway.ledger.kinds import HoldState, PostingKind
from gateway.ledger.rows import HoldRow
from gateway.model.ids import HoldId, MemberId
from gateway.model.outcome import Reason, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What carrying out a verdict did.

    Attributes:
        member: the member concerned.
        points: what moved on that member's account, or waits for an owner.
    """

    member: MemberId | None = None
    points: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a transaction must come to.

    Attributes:
        status: how it ends.
        reason: why, where it is not applied.
        posting: what kind of posting it makes, where points or a member are concerned.
        version: the rules it is judged by; None for a refusal.
        hold_id: the hold it resolves.
        carry_out: moves the points in the books.
    """

    status: Status
    reason: Reason = Reason.NONE
    posting: PostingKind | None = None
    version: int | None = None
    hold_id: HoldId | None = None
    carry_out: Callable[[], Effect] = Effect


def refusal(reason: Reason) -> Verdict:
    """A verdict that moves nothing."""
    return Verdict(status=Status.REFUSED, reason=reason)


def free(books: Books, hold: HoldRow, state: HoldState) -> None:
    """Resolve a hold without a redemption; the points of an expired one are free already."""
    if hold.state is HoldState.PENDING:
        held, available = held_account(hold.member_id), available_account(hold.member_id)
        books.transfer(held, available, hold.points)
        books.give_back(hold.member_id, hold.owner_index)
    books.put_hold(replace(hold, state=state, resolved_index=books.index))
