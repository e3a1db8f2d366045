"""Load what rules beyond the base look at: members' past, limits, coupons, stored money, returns.

A ledger whose programmes are only their base asks none of these questions, except where goods come
back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from gateway.ledger.accounts import credit_wallet_id
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.book import Book
from gateway.ledger.kinds import JournalKind
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_lots import HoldRow, LotRow, SuspendedRow
from gateway.ledger.rows_members import (
    CardRow,
    GiftCardRow,
    HouseholdMemberRow,
    HouseholdRow,
    StandingRow,
    UsageRow,
    VoucherRow,
    WalletRow,
)
from gateway.ledger.rows_sales import RatingRow, SaleRow
from gateway.model.ids import BranchId, CardToken, MemberId, SaleKey, WalletId
from gateway.model.ledger_command import decode_ledger_command
from gateway.model.member_facts import MemberDate
from gateway.model.plain import from_plain
from gateway.model.programme import Programme
from gateway.model.rules.rules import Rules
from gateway.model.transaction import Transaction
from gateway.program.acquaintance import Acquaintance
from gateway.program.evaluation import Evaluation
from gateway.program.facts import Place
from gateway.program.needs import needs_of
from gateway.program.standing import looks_at_visits
from gateway.program.tiers import basis_window
from gateway.program.versions import programme_at
from gateway.writer.bench import Told, believed_ms
from gateway.writer.hold_terms import terms_of
from gateway.writer.reviewed import ReviewReading
from gateway.writer.settings import WriterSettings

_BASE_ONLY = Rules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a batch is planned with.

    Attributes:
        programmes: every version of the rules.
        settings: limits.
        acquaintance: who knows members' days.
        now_ms: the batch's moment, Unix time in milliseconds.
    """

    programmes: tuple[Programme, ...]
    settings: WriterSettings
    acquaintance: Acquaintance
    now_ms: int

    @property
    def rich(self) -> bool:
        """Whether any version has rules beyond the base."""
        return any(programme.rules != _BASE_ONLY for programme in self.programmes)

    @property
    def currencies(self) -> frozenset[str]:
        """The codes of all currencies that there ever were."""
        return frozenset(programme.currency.code for programme in self.programmes)


@dataclass(frozen=True, slots=True)
class Act:
    """Something that will be rated: by which rules, for whom, where and when."""

    rules: Programme
    member_id: MemberId | None
    place: Place


class RulesPlan:
    """Loads for one batch.

    Attributes:
        told: settled transactions whose goods may come back.
        dates: the days of members.
        reviews: reads papers that a person decides about.
    """

    def __init__(
        self,
        batch: LedgerBatch,
        book: Book,
        context: Context,
        open_transaction: Callable[[bytes], Transaction],
    ) -> None:
        self._batch = batch
        self._book = book
        self._context = context
        self._open = open_transaction
        self.reviews = ReviewReading(batch, open_transaction, context.settings)
        self.told: dict[int, Told] = {}
        self.dates: dict[MemberId, tuple[MemberDate, ...]] = {}

    @property
    def rich(self) -> bool:
        """Whether members' past has to be loaded at all."""
        return self._context.rich

    # -- members ------------------------------------------------------------------------------

    def load_members(self, members: Collection[MemberId]) -> set[WalletId]:
        """Load what rules ask of members; say which wallets they have beside their own points."""
        return self.load_desk(members) if self.rich else set()

    def load_desk(self, members: Collection[MemberId]) -> set[WalletId]:
        """The same whatever the rules are, for what people do from a desk."""
        if not members:
            return set()
        book, batch = self._book, self._batch
        book.standings.load(batch.rows(StandingRow, members), members)
        book.load_vouchers(members, batch.vouchers_of(members))
        wallets = self.credit_wallets(members)
        if any(one.rules.households.members_maximum for one in self._context.programmes):
            wallets |= self.load_households(members)
        if any(needs_of(one).dates for one in self._context.programmes):
            self.dates.update(self._context.acquaintance.dates_of(members))
        return wallets

    def credit_wallets(self, members: Iterable[MemberId]) -> set[WalletId]:
        """What members' stored credit would be called, in every currency that there ever was."""
        currencies = self._context.currencies
        return {credit_wallet_id(one, code) for one in members for code in currencies}

    def load_households(self, members: Collection[MemberId]) -> set[WalletId]:
        """Load the households that members are in or asked into, with all who are in them."""
        if not members:
            return set()
        book, batch = self._book, self._batch
        rows = batch.rows(HouseholdMemberRow, members)
        book.household_members.load(rows, members)
        named = {row.household_id for row in rows}
        households = batch.rows(HouseholdRow, named) if named else []
        book.households.load(households, named)
        if named:
            book.household_members.load(batch.household_members(named))
        return {row.wallet_id for row in households}

    def referrers(self, members: Iterable[MemberId]) -> set[MemberId]:
        """Who brought these members and was not rewarded for it yet."""
        if not self.rich:
            return set()
        rows = (self._book.standings.get(one) for one in members)
        return {
            row.referred_by
            for row in rows
            if row is not None and row.referred_by is not None and row.referral_index is None
        }

    def load_past(self, acts: Iterable[Act], members: Collection[MemberId]) -> None:
        """Load visits and limits, as far as the rules of what will be rated look at them."""
        if not self.rich:
            return
        days, here, owners = [], [], {"all"}
        for act in acts:
            days.append(_first_day(act))
            spends = act.rules.rules.households.spend_limit_points is not None
            if spends or needs_of(act.rules).limits:
                here.append(act.place.business_day)
                owners |= {f"branch:{act.place.branch}", f"member:{act.member_id}"}
        if here:
            rows = self._batch.usage_of(owners, min(here).isoformat())
            self._book.load_limits(owners, rows)
        days += (_day_before(told.happened_at_ms) for told in self.told.values())
        if days:
            days.append(self._first_day_now())
        if members:
            since = min(days).isoformat() if days else "9999-12-31"
            self._book.load_visits(members, self._batch.visits_since(members, since))

    def _first_day_now(self) -> date:
        """The first business day of visits that a level of today is measured by."""
        context = self._context
        today = _day_before(context.now_ms)
        rules = programme_at(context.programmes, context.now_ms)
        return today if rules is None else _measured_from(rules, today)

    def load_limits(self, keys: Collection[str]) -> None:
        """Load how much of limits was used."""
        wanted = [key for key in keys if not self._book.usage.knows(key)]
        if wanted:
            self._book.usage.load(self._batch.rows(UsageRow, wanted), wanted)

    # -- stored money -------------------------------------------------------------------------

    def load_gift_cards(self, tokens: Collection[CardToken]) -> set[WalletId]:
        """Load gift cards; say in which wallets their money is."""
        rows = self._batch.rows(GiftCardRow, tokens) if tokens else []
        self._book.gift_cards.load(rows, tokens)
        return {row.wallet_id for row in rows}

    # -- holds and returns --------------------------------------------------------------------

    def load_terms(self, holds: Iterable[HoldRow]) -> None:
        """Load the limits and coupons that holds use, so that they can be given back."""
        keys: set[str] = set()
        coupons: set[int] = set()
        for hold in holds:
            terms = terms_of(hold)
            keys.update(use.key for use in terms.uses)
            coupons.update(coupon.voucher_id for coupon in terms.coupons)
        self.load_limits(keys)
        missing = [number for number in coupons if not self._book.vouchers.knows(number)]
        if missing:
            self._book.vouchers.load(self._batch.rows(VoucherRow, missing), missing)

    def load_originals(
        self,
        sales: Collection[tuple[BranchId, SaleKey]],
        names: Collection[tuple[BranchId, SaleKey]],
    ) -> set[MemberId]:
        """Load sales whose goods may come back, as they were made and rated.

        Args:
            sales: the sales, whose rows are loaded.
            names: the names of the returns.

        Returns:
            Whose sales they were.
        """
        book, batch = self._book, self._batch
        rows = batch.returns_of(sales) if sales else []
        rows += batch.returns_named(names) if names else []
        book.load_returns(rows, sales=sales, names=names)
        found = [book.sales.get(key) for key in sales]
        indexes = {row.earn_index or row.first_index for row in found if row is not None}
        for row in batch.rows(JournalRow, indexes) if indexes else ():
            self._note_told(row)
        earns = {row.earn_index for row in found if row is not None and row.earn_index}
        if earns:
            self._load_ratings(earns)
        return {told.member_id for told in self.told.values() if told.member_id is not None}

    def load_owners(
        self, made: Collection[int], lots: Sequence[LotRow], waiting: Sequence[SuspendedRow]
    ) -> set[MemberId]:
        """Load who got what is to be taken back, and what else came with it.

        Args:
            made: the journal rows that brought it.
            lots: the lots that they made.
            waiting: what they had put in suspense.

        Returns:
            Members who got something, were it only an empty lot.
        """
        if not self.rich or not made:
            return set()
        book, batch = self._book, self._batch
        book.vouchers.load(batch.made_by(VoucherRow, made))
        wallets = batch.rows(WalletRow, {lot.wallet_id for lot in lots}) if lots else []
        tokens = {row.card_token for row in waiting}
        cards = batch.rows(CardRow, tokens) if tokens else []
        book.cards.load(cards, tokens)
        owners = {wallet.member_id for wallet in wallets} | {lot.brought_by for lot in lots}
        return {one for one in owners if one is not None} | {card.member_id for card in cards}

    def load_ratings_of(self, sales: Collection[tuple[BranchId, SaleKey]]) -> None:
        """Load how sales were rated, for rewards that multiply what they earned."""
        found = [self._book.sales.get(key) for key in sales]
        earns = {row.earn_index for row in found if row is not None and row.earn_index}
        if earns:
            self._load_ratings(earns)

    def load_waiting(self, earns: Collection[int]) -> None:
        """Load how sales were rated whose card may get an owner now, and the sales."""
        if not self.rich or not earns:
            return
        book, batch = self._book, self._batch
        ratings = batch.rows(RatingRow, earns)
        book.ratings.load(ratings, earns)
        sales = {(row.branch, row.sale_key) for row in ratings}
        book.sales.load(batch.rows(SaleRow, sales), sales)

    def _note_told(self, row: JournalRow) -> None:
        if row.envelope is None or row.programme_version is None:
            return
        if row.kind is JournalKind.COMMAND:
            transaction = self.reviews.settled(decode_ledger_command(row.envelope))
        else:
            transaction = self._open(row.envelope)
        self.told[row.journal_index] = Told(
            transaction=transaction,
            programme_version=row.programme_version,
            happened_at_ms=believed_ms(transaction.time, row.judged_at_ms, self._context.settings),
            member_id=row.member_id,
        )

    def _load_ratings(self, earns: Collection[int]) -> None:
        book, batch = self._book, self._batch
        ratings = batch.rows(RatingRow, earns)
        book.ratings.load(ratings, earns)
        keys = {
            use.key
            for rating in ratings
            for use in from_plain(Evaluation, json.loads(rating.evaluation)).uses
        }
        self.load_limits(keys)


def _first_day(act: Act) -> date:
    """The first business day of visits that rating an act looks at."""
    day = act.place.business_day
    first = day - timedelta(days=needs_of(act.rules).visit_days)
    return min(first, _measured_from(act.rules, day))


def _measured_from(rules: Programme, day: date) -> date:
    """The first business day of visits that levels are measured by on a day."""
    scheme = rules.rules.tiers
    return basis_window(scheme, day)[0] if scheme.levels and looks_at_visits(scheme) else day


def _day_before(at_ms: int) -> date:
    """A day not after the business day of a moment: zones and cut-offs move it by two at most."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).date() - timedelta(days=2)
