"""What every decision is made from, and the shape it is returned in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.ledger.book import Book
from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import PostingKind
from gateway.ledger.posting import Posting
from gateway.model.card import CardEvidence
from gateway.model.ids import BranchId, HoldId, MemberId
from gateway.model.member_facts import MemberDate
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.model.transaction import ClockQuality, EventTime, Transaction
from gateway.program.succession import rules_in
from gateway.program.versions import programme_at
from gateway.writer.card_check import CheckCard, IsProven, no_keys, nobody_proven
from gateway.writer.settings import WriterSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A transaction that was settled, and how it was judged.

    Attributes:
        transaction: as the terminal sealed it.
        programme_version: the rules it was judged by.
        happened_at_ms: when it happened, as far as its clock was believed.
        member_id: whom it concerned.
    """

    transaction: Transaction
    programme_version: int
    happened_at_ms: int
    member_id: MemberId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A paper that was not sure, and that somebody decides about.

    Attributes:
        transaction: as the terminal sealed it.
        card: the card that was shown for it, were it a moment later.
        happened_at_ms: when it was printed, as far as the terminal's clock was believed.
    """

    transaction: Transaction
    card: CardEvidence | None
    happened_at_ms: int


@dataclass(frozen=True, slots=True)
class Bench:
    """The rows, the rules and the moment.

    Attributes:
        book: the part of the ledger that the batch may touch.
        programmes: every version of the rules.
        settings: limits.
        new_member_id: makes a random pseudonym.
        now_ms: the batch's moment, Unix time in milliseconds.
        told: settled transactions whose goods may come back, by journal index.
        dates: the days of members, where rules look at them.
        check_card: checks a card's proof.
        is_proven: knows whose owner has told a code.
        reviewed: the paper that a command is about, if it is about one.
    """

    book: Book
    programmes: tuple[Programme, ...]
    settings: WriterSettings
    new_member_id: Callable[[], MemberId]
    now_ms: int
    told: dict[int, Told] = field(default_factory=dict)
    dates: Mapping[MemberId, tuple[MemberDate, ...]] = field(default_factory=dict)
    check_card: CheckCard = no_keys
    is_proven: IsProven = nobody_proven
    reviewed: Reviewed | None = None

    def rules_now(self) -> Programme | None:
        """The rules in force at the batch's moment."""
        return programme_at(self.programmes, self.now_ms)

    def happened_at_ms(self, time: EventTime) -> int:
        """When something happened, Unix time in milliseconds.

        A clock that was guessed, or is further ahead than a synchronised clock can be, is not
        believed: then it is the batch's moment.
        """
        return believed_ms(time, self.now_ms, self.settings)

    def rules_for(self, time: EventTime) -> Programme | None:
        """The rules that rate what a terminal says happened at ``time``.

        A late transaction is rated by the rules of its own time, where its clock is believed.
        """
        return programme_at(self.programmes, self.happened_at_ms(time))

    def rules_in(self, transaction: Transaction) -> Programme | None:
        """The rules that rate the money that a transaction tells of.

        A till that was not changed over to a new currency yet goes by the last version in its own.
        """
        at_ms = self.happened_at_ms(transaction.time)
        return rules_in(self.programmes, at_ms, transaction.currency)

    def rules_of(self, version: int) -> Programme:
        """The rules of a version that the ledger already used.

        Raises:
            InvariantError: if they are gone.
        """
        for programme in self.programmes:
            if programme.version == version:
                return programme
        raise InvariantError(f"programme version {version} is not in the ledger")


def believed_ms(time: EventTime, judged_at_ms: int, settings: WriterSettings) -> int:
    """When something happened, by a terminal's clock or, where that is not believed, by ours."""
    latest_ms = judged_at_ms + settings.future_tolerance_ms
    believed = time.quality is ClockQuality.SYNCHRONISED and time.unix_ms <= latest_ms
    return time.unix_ms if believed else judged_at_ms


@dataclass(frozen=True, slots=True)
class Case:
    """One transaction before the bench, whose place in its chain is settled."""

    transaction: Transaction
    branch: BranchId


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a transaction came to.

    Attributes:
        status: how it ended.
        reason: why, where it was not applied.
        posting: the kind of posting it makes, or None where no points move.
        programme_version: the rules it was judged by; needed with a posting.
        member_id: the member concerned.
        points: what moved on that member's account, spendable and held together; for a held
            earn, what waits.
        balance_points: that member's spendable points afterwards.
        hold_id: the hold it resolved.
        shortfall_points: points given at the till that the member did not have.
    """

    status: Status
    reason: Reason = Reason.NONE
    posting: PostingKind | None = None
    programme_version: int | None = None
    member_id: MemberId | None = None
    points: int = 0
    balance_points: int | None = None
    hold_id: HoldId | None = None
    shortfall_points: int = 0


def refused(reason: Reason) -> Outcome:
    """A refusal that moves nothing. Its id stays refused."""
    return Outcome(status=Status.REFUSED, reason=reason)


def applied(
    bench: Bench,
    posting: Posting,
    member_id: MemberId,
    kind: PostingKind | None = None,
    rules: Programme | None = None,
) -> Outcome:
    """What was done, and how it left a member's points.

    Args:
        bench: what it was done on.
        posting: what moved.
        member_id: whom it concerned.
        kind: the kind of posting; None where nothing moves.
        rules: those it was judged by; None where whoever asks has chosen them.
    """
    wallet = bench.book.points_wallet(member_id)
    return Outcome(
        status=Status.APPLIED,
        posting=kind,
        programme_version=None if rules is None else rules.version,
        member_id=member_id,
        points=posting.moved(wallet.wallet_id),
        balance_points=wallet.available,
    )
