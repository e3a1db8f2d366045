"""What a verdict is made from, and the parts that verdicts of all kinds have in common."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.audit.books import Books
from gateway.audit.moves import Grant, credit
from gateway.audit.stored import UNREADABLE, Stored
from gateway.audit.verdict import Effect, Verdict
from gateway.ledger.kinds import PostingKind, SystemAccount
from gateway.ledger.rows import EntryRow, JournalRow, PostingRow
from gateway.ledger.rows_sales import RatingRow
from gateway.model.ids import BranchId, MemberId, WalletId
from gateway.model.member_facts import MemberDate, MemberFacts
from gateway.model.money import Currency
from gateway.model.outcome import Status
from gateway.model.plain import from_plain
from gateway.model.programme import Programme
from gateway.model.rules.rules import Rules
from gateway.model.transaction import ClockQuality, EventTime
from gateway.program.facts import Place
from gateway.program.local_time import place_at
from gateway.program.succession import rules_in
from gateway.program.versions import programme_at

BASE: Final = Rules()
"""A programme of nothing but points for each amount rates by the total, and keeps no rating."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What was stored for one journal row in other tables.

    Attributes:
        posting: what it posted.
        entries: what that moved.
        rating: how it rated a sale.
    """

    posting: PostingRow | None = None
    entries: Sequence[EntryRow] = ()
    rating: RatingRow | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """What a verdict is made from.

    Attributes:
        books: everything up to the row before.
        programmes: every version of the rules.
        row: the journal row; only its moment, and a new member's pseudonym, are taken from it.
        branch: where it happened.
        stored: where rows are looked up.
        rating: the stored rating, of which only the member's days are believed.
    """

    books: Books
    programmes: Sequence[Programme]
    row: JournalRow
    branch: BranchId
    stored: Stored
    rating: RatingRow | None = None

    @property
    def now_ms(self) -> int:
        """The moment that deadlines and rules were judged by."""
        return self.row.judged_at_ms

    # -- rules ----------------------------------------------------------------------------------

    def rules_at(self, at_ms: int) -> Programme | None:
        """The rules in force at a moment."""
        return programme_at(self.programmes, at_ms)

    def rules_in(self, at_ms: int, currency: Currency) -> Programme | None:
        """The rules that rate money told in a currency: a superseded one goes by its last."""
        return rules_in(self.programmes, at_ms, currency)

    def rules_of(self, version: int | None) -> Programme | None:
        """The rules of a version, if there are such."""
        return next((one for one in self.programmes if one.version == version), None)

    def place(self, rules: Programme, at_ms: int) -> Place:
        """The place of what happened at a moment."""
        return place_at(rules.rules.settings, self.branch, at_ms)

    def moments(self, time: EventTime) -> list[int]:
        """When something may have happened, the likeliest first.

        That is the terminal's own time, unless its clock is not to be believed. How far ahead of
        the gateway a clock may be is a setting, and may have been another one then: for a clock
        that was ahead at all both moments are possible, and what the row made says which it was.
        """
        if time.quality is not ClockQuality.SYNCHRONISED:
            return [self.now_ms]
        if time.unix_ms <= self.now_ms:
            return [time.unix_ms]
        begun = self.stored.beginnings(self.row.journal_index)
        if self.now_ms in begun and time.unix_ms not in begun:
            return [self.now_ms, time.unix_ms]
        return [time.unix_ms, self.now_ms]

    # -- members --------------------------------------------------------------------------------

    def dates_of(self, member: MemberId | None) -> tuple[MemberDate, ...]:
        """The days of a member that the stored rating tells: no envelope does."""
        dates = () if member is None else self.rated_facts().dates
        if member is not None and dates:
            self.books.dates[member] = dates
        return dates

    def rated_facts(self) -> MemberFacts:
        """What the stored rating says was known; nothing where it cannot be read."""
        if self.rating is None:
            return MemberFacts()
        try:
            return from_plain(MemberFacts, json.loads(self.rating.facts))
        except UNREADABLE:
            return MemberFacts()  # the rating is compared as it stands, and will differ

    def earn(self, member: MemberId, grants: Sequence[Grant]) -> None:
        """Issue points to a member, or to the household that the member belongs to."""
        wallet = self.books.points_wallet(member)
        brought_by = None if self.books.wallets[wallet].member_id == member else member
        credit(self.books, wallet, SystemAccount.ISSUED, grants, brought_by=brought_by)

    # -- verdicts -------------------------------------------------------------------------------

    def applied(
        self, posting: PostingKind | None, rules: Programme, carry_out: Callable[[], Effect]
    ) -> Verdict:
        """A verdict that something is done."""
        return Verdict(
            status=Status.APPLIED, posting=posting, version=rules.version, carry_out=carry_out
        )

    def of(self, member: MemberId | None) -> Effect:
        """What the row did to a member's points."""
        if member is None:
            return Effect()
        wallet = self.books.points_wallet(member)
        return Effect(member=member, points=self.books.moved(wallet), wallet=wallet)

    def of_wallet(self, member: MemberId | None, wallet: WalletId) -> Effect:
        """What the row did to a wallet of points."""
        return Effect(member=member, points=self.books.moved(wallet), wallet=wallet)
