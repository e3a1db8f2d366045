"""What limits, coupons, standings and accounts must be, reckoned from what stands in the books.

The writer keeps all of these step by step. Here they are found anew from the sales as they were
rated, what came back of each, and the reservations as they stand: an oracle beside the writer, for
tests after every step. It trusts the ratings; the audit does not.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gateway.ledger.batch import LedgerBatch
from gateway.ledger.kinds import HoldState, SystemAccount
from gateway.ledger.rows import EntryRow, JournalRow
from gateway.ledger.rows_lots import HoldRow, LotRow, SuspendedRow
from gateway.ledger.rows_members import CardRow, StandingRow, UsageRow, VisitRow, VoucherRow
from gateway.ledger.rows_sales import RatingRow, SaleReturnRow, SaleRow
from gateway.model.ids import BranchId, MemberId, SaleKey
from gateway.model.member_facts import MemberFacts
from gateway.model.plain import from_plain
from gateway.model.rules.earning import EarningKind, Unit
from gateway.program.evaluation import Evaluation, Use
from gateway.program.goods_back import GoodsBack
from gateway.program.local_time import place_at
from gateway.program.returns import Rated, owed_after_return
from gateway.writer.bench import believed_ms
from gateway.writer.hold_terms import HoldTerms, terms_of
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import open_sealed_transaction

_SaleName = tuple[BranchId, SaleKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sold:
    """A rated sale as it stands: whose it is, what came back, what it is still worth."""

    rating: RatingRow
    row: SaleRow
    owner: MemberId | None
    back: GoodsBack
    given: Evaluation
    points: int
    uses: tuple[Use, ...]

    @property
    def stands(self) -> bool:
        return self.row.refund_index is None


def misreckoned(batch: LedgerBatch, *, exact: bool) -> tuple[str, ...]:
    """Say in sentences what is not as it must be; nothing is good news.

    Args:
        batch: the books, under programmes that all keep standings.
        exact: returns go below zero, so that nothing of what they take back is lost.
    """
    books = _Books(batch)
    found = [*books.limits(), *books.coupons(), *books.standings(), *books.visits()]
    found += books.redeemed()
    if exact:
        found += books.clawed()
    return tuple(found)


class _Books:
    """Everything, read once."""

    def __init__(self, batch: LedgerBatch) -> None:
        self._batch = batch
        self._rules = {one.version: one for one in batch.programmes()}
        self._sales = {row.key: row for row in batch.every(SaleRow)}
        self._holds = list(batch.every(HoldRow))
        self._back: defaultdict[_SaleName, GoodsBack] = defaultdict(GoodsBack)
        self._of_unknown_sales: set[int] = set()
        for row in batch.every(SaleReturnRow):
            if row.sale_key is None:
                self._of_unknown_sales.add(row.journal_index)
            else:
                goods = from_plain(GoodsBack, json.loads(row.returned))
                self._back[row.branch, row.sale_key] += goods
        self._adopted = dict(self._adoptions())
        self._sold = [self._of(row) for row in batch.every(RatingRow)]

    # -- limits and coupons ---------------------------------------------------------------------

    def limits(self) -> Iterator[str]:
        """Every limit counts what stands of sales, and what reservations use."""
        used: Counter[str] = Counter()
        for sold in self._sold:
            used.update({use.key: use.amount for use in sold.uses})
        for terms in self._live_terms():
            for use in terms.uses:
                used[use.key] += use.amount
        rows = {row.usage_key: row.amount for row in self._batch.every(UsageRow)}
        for key in sorted(used.keys() | rows.keys()):
            if not key.startswith("event:") and rows.get(key, 0) != used[key]:
                yield f"limit {key} counts {rows.get(key, 0)}, not {used[key]}"

    def coupons(self) -> Iterator[str]:
        """Every coupon is used as often as reservations that stand use it."""
        used: Counter[int] = Counter()
        for terms in self._live_terms():
            for coupon in terms.coupons:
                used[coupon.voucher_id] += coupon.times
        for row in self._batch.every(VoucherRow):
            if row.used != used[row.voucher_id]:
                yield f"voucher {row.voucher_id} is used {row.used} times, not {used[row.key]}"

    def _live_terms(self) -> Iterator[HoldTerms]:
        for hold in self._holds:
            sale = self._sales.get((hold.branch, hold.sale_key))
            undone = sale is not None and sale.refund_index is not None
            if hold.state is HoldState.PENDING or (hold.state is HoldState.POSTED and not undone):
                yield terms_of(hold)

    # -- standings ------------------------------------------------------------------------------

    def standings(self) -> Iterator[str]:
        """Purchases, visits, money and points of every member are those of sales that stand."""
        for row in self._batch.every(StandingRow):
            mine = [sold for sold in self._sold if sold.owner == row.member_id]
            stand = [sold for sold in mine if sold.stands]
            days = {(sold.rating.business_day, sold.rating.branch) for sold in stand}
            wanted = (len(stand), len(days), sum(map(_kept_minor, mine)), _sum_points(mine))
            kept = (row.purchases, row.visits, row.spent_minor, row.earned_points)
            if kept != wanted:
                yield f"member {row.member_id} stands at {kept}, not {wanted}"

    def visits(self) -> Iterator[str]:
        """The same for every business day at every branch."""
        sold_on: defaultdict[tuple[MemberId | None, str, BranchId], list[_Sold]]
        sold_on = defaultdict(list)
        for sold in self._sold:
            sold_on[sold.owner, sold.rating.business_day, sold.rating.branch].append(sold)
        for row in self._batch.every(VisitRow):
            mine = sold_on[row.member_id, row.business_day, row.branch]
            wanted = (sum(one.stands for one in mine), sum(map(_kept_minor, mine)))
            kept = (row.sales, row.amount_minor)
            if kept != wanted or row.points != _sum_points(mine):
                yield f"visit {row.key} stands at {kept}, {row.points}, not {wanted}"

    # -- accounts -------------------------------------------------------------------------------

    def redeemed(self) -> Iterator[str]:
        """All that is redeemed is what posted reservations used and returns did not give back."""
        wanted = sum(
            hold.redeemed_points - hold.given_back_points
            for hold in self._holds
            if hold.state is HoldState.POSTED and hold.wallet_id is not None
        )
        found = sum(self._balances(SystemAccount.REDEEMED).values())
        if found != wanted:
            yield f"{found} are redeemed, not {wanted}"

    def clawed(self) -> Iterator[str]:
        """All points that were taken back are those that sales gave and are not worth any more."""
        wanted = sum(sold.given.total(Unit.POINTS) - sold.points for sold in self._sold)
        lots = list(self._batch.every(LotRow))
        brought = {
            rule.id
            for rules in self._rules.values()
            for rule in rules.rules.earning
            if rule.kind is EarningKind.REFERRAL
        }
        undone = {row.earn_index for row in self._sales.values() if row.refund_index is not None}
        wanted += sum(
            lot.points for lot in lots if lot.source in brought and lot.earned_index in undone
        )
        points = self._batch.ledgers().points
        assert points is not None
        found = self._balances(SystemAccount.CLAWED_BACK).get(points.name, 0)
        if found != wanted:
            yield f"{found} points were taken back, not {wanted}"

    def _balances(self, account: SystemAccount) -> Mapping[str, int]:
        home = {
            ledger.accounts[account]: name for name, ledger in self._batch.ledgers().by_name.items()
        }
        sums: Counter[str] = Counter()
        for entry in self._batch.every(EntryRow):
            if entry.journal_index in self._of_unknown_sales:
                continue  # what those take nobody can check
            if entry.credit_account in home:
                sums[home[entry.credit_account]] += entry.points
            if entry.debit_account in home:
                sums[home[entry.debit_account]] -= entry.points
        return sums

    # -- parts ----------------------------------------------------------------------------------

    def _adoptions(self) -> Iterator[tuple[int, MemberId]]:
        """Which sales waited for whom; one that was called off meanwhile never was anybody's."""
        owners = {row.token: row.member_id for row in self._batch.every(CardRow)}
        called_off = {row.refund_index for row in self._sales.values()}
        for row in self._batch.every(SuspendedRow):
            if row.resolved_index is not None and row.resolved_index not in called_off:
                yield row.journal_index, owners[row.card_token]

    def _of(self, rating: RatingRow) -> _Sold:
        row = self._sales[rating.branch, rating.sale_key]
        given = from_plain(Evaluation, json.loads(rating.evaluation))
        back = self._back[rating.branch, rating.sale_key]
        points, uses = given.total(Unit.POINTS), given.uses
        if row.refund_index is not None:
            points, uses = 0, ()
        elif back != GoodsBack():
            owed = owed_after_return(self._rated(rating, given), back)
            pairs = zip(given.awards, owed.awards, strict=True)
            points = sum(stays for award, stays in pairs if award.unit is Unit.POINTS)
            uses = owed.uses
        return _Sold(
            rating=rating,
            row=row,
            owner=rating.member_id or self._adopted.get(rating.journal_index),
            back=back,
            given=given,
            points=points,
            uses=uses,
        )

    def _rated(self, rating: RatingRow, given: Evaluation) -> Rated:
        (journal,) = self._batch.rows(JournalRow, [rating.journal_index])
        assert journal.envelope is not None
        told = open_sealed_transaction(journal.envelope)
        sale = told.sale
        assert sale is not None
        rules = self._rules[rating.programme_version]
        at_ms = believed_ms(told.time, journal.judged_at_ms, WriterSettings())
        place = place_at(rules.rules.settings, rating.branch, at_ms)
        return Rated(
            programme=rules,
            sale=sale,
            facts=from_plain(MemberFacts, json.loads(rating.facts)),
            place=place,
            evaluation=given,
        )


def _kept_minor(sold: _Sold) -> int:
    return (sold.row.total_minor or 0) - sold.row.returned_minor


def _sum_points(sold: Iterable[_Sold]) -> int:
    return sum(one.points for one in sold)
