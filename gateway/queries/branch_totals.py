"""What every branch gave, took and sold in a stretch of the journal, in points and in money.

Days are those of recording: what a terminal told late counts when it came. Points and stored money
are read from the entries, sales and returns from their own rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, select

from gateway.ledger.accounts import currency_of_ledger
from gateway.ledger.kinds import SystemAccount
from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows import EntryRow, PostingRow
from gateway.ledger.rows_sales import SaleReturnRow, SaleRow
from gateway.ledger.sql_batch import SqlBatch
from gateway.model.ids import BranchId
from gateway.queries.reading import columns_of, reading
from gateway.queries.scope import Scope
from gateway.queries.settlement import Owing, settlement
from gateway.queries.stretch import stretch_between

_POSTING: Final = columns_of(PostingRow)
_ENTRY: Final = columns_of(EntryRow)
_SALE: Final = columns_of(SaleRow)
_RETURN: Final = columns_of(SaleReturnRow)
_SUM_OF: Final[Mapping[SystemAccount, str]] = {
    SystemAccount.ISSUED: "earned",
    SystemAccount.REDEEMED: "used",
    SystemAccount.CLAWED_BACK: "taken_back",
    SystemAccount.TOPPED_UP: "paid_in",
}
#: What counts up when it leaves the system account; the others count what reaches it.
_GIVING: Final = frozenset({"earned", "paid_in"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchMoney:
    """One branch's money in one currency, in its smallest unit.

    Attributes:
        currency: its ISO 4217 code.
        sold: what members' sales came to.
        returned: what came back of sales, whenever they were made.
        credit: stored credit that rules and offers gave.
        paid_in: money that was paid in for stored credit and on gift cards.
        used: stored credit and gift cards that paid for sales, less what returns gave back.
    """

    currency: str
    sold: int = 0
    returned: int = 0
    credit: int = 0
    paid_in: int = 0
    used: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchTotals:
    """One branch.

    Attributes:
        branch: its name.
        sales: members' sales that were rated.
        earned: points given out.
        used: points spent, less those that returns gave back.
        taken_back: points taken back with returns.
        money: by currency, in order of its code.
    """

    branch: BranchId
    sales: int
    earned: int
    used: int
    taken_back: int
    money: tuple[BranchMoney, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchReport:
    """All that an account may see of its branches.

    Attributes:
        totals: by name; branches at which nothing happened are left out.
        owings: who owes whom, largest first; those of the account's branches alone.
    """

    totals: tuple[BranchTotals, ...]
    owings: tuple[Owing, ...]


def branch_report(
    ledger: LedgerReader, scope: Scope, from_ms: int | None, until_ms: int | None
) -> BranchReport:
    """Add up what branches did, and say who owes whom for it.

    Args:
        ledger: where; read only.
        scope: the branches that may be seen; of what branches owe one another only what one of
            these owes, or is owed.
        from_ms: recorded at this time or later, Unix time in milliseconds; None for all.
        until_ms: recorded before this time.

    Raises:
        LedgerError: if the ledger cannot be read.
    """
    with reading(ledger.place) as connection:
        stretch = stretch_between(connection, from_ms, until_ms)
        totals = _totals(connection, scope, stretch)
    owings = settlement(ledger.place, stretch[0], stretch[1] - 1).owings
    seen = (one for one in owings if scope.holds(one.debtor) or scope.holds(one.creditor))
    return BranchReport(totals=totals, owings=tuple(seen))


class _Sums:
    """Sums by branch: of points under their names, of money under currency and name."""

    def __init__(self) -> None:
        self.points: defaultdict[BranchId, Counter[str]] = defaultdict(Counter)
        self.money: defaultdict[tuple[BranchId, str], Counter[str]] = defaultdict(Counter)

    def totals(self) -> tuple[BranchTotals, ...]:
        branches = {*self.points, *(branch for branch, _ in self.money)}
        return tuple(self._branch(branch) for branch in sorted(branches))

    def _branch(self, branch: BranchId) -> BranchTotals:
        points = self.points[branch]
        return BranchTotals(
            branch=branch,
            sales=points["sales"],
            earned=points["earned"],
            used=points["used"],
            taken_back=points["taken_back"],
            money=tuple(
                BranchMoney(
                    currency=currency,
                    sold=sums["sold"],
                    returned=sums["returned"],
                    credit=sums["earned"],
                    paid_in=sums["paid_in"],
                    used=sums["used"],
                )
                for (where, currency), sums in sorted(self.money.items())
                if where == branch
            ),
        )


def _totals(
    connection: Connection, scope: Scope, stretch: tuple[int, int]
) -> tuple[BranchTotals, ...]:
    sums, batch = _Sums(), SqlBatch(connection)
    currencies = {one.version: one.currency.code for one in batch.programmes()}
    named = {
        number: (ledger.name, _SUM_OF[account])
        for ledger in batch.ledgers().by_name.values()
        for account, number in ledger.accounts.items()
        if account in _SUM_OF
    }
    for side in ("debit_account", "credit_account"):
        for row in connection.execute(_moved(scope, stretch, side, named)).mappings():
            ledger, name = named[row["account"]]
            sign = 1 if (side == "debit_account") == (name in _GIVING) else -1
            currency = currency_of_ledger(ledger)
            where = sums.points[row["branch"]]
            if currency is not None:
                where = sums.money[row["branch"], currency]
            where[name] += sign * int(row["points"])
    for row in connection.execute(_sold(scope, stretch)).mappings():
        sums.points[row["branch"]]["sales"] += row["sales"]
        sums.money[row["branch"], currencies[row["version"]]]["sold"] += int(row["amount"] or 0)
    for wanted in (_returned(scope, stretch), _called_off(scope, stretch)):
        for row in connection.execute(wanted).mappings():
            money = sums.money[row["branch"], currencies[row["version"]]]
            money["returned"] += int(row["amount"] or 0)
    return sums.totals()


def _within(column: Any, stretch: tuple[int, int]) -> Any:  # noqa: ANN401 - of any table
    return column.between(stretch[0], stretch[1] - 1)


def _moved(scope: Scope, stretch: tuple[int, int], side: str, accounts: Iterable[int]) -> Any:  # noqa: ANN401 - SQLAlchemy's select
    """What left these accounts, or reached them, by branch."""
    return (
        select(
            _POSTING["branch"],
            _ENTRY[side].label("account"),
            func.sum(_ENTRY["points"]).label("points"),
        )
        .where(
            _within(_POSTING["journal_index"], stretch),
            _ENTRY["journal_index"] == _POSTING["journal_index"],
            _ENTRY[side].in_(sorted(accounts)),
            scope.condition(_POSTING["branch"]),
        )
        .group_by(_POSTING["branch"], _ENTRY[side])
    )


def _sold(scope: Scope, stretch: tuple[int, int]) -> Any:  # noqa: ANN401 - the same
    """Rated sales by branch and version of the rules, which knows the currency."""
    return (
        select(
            _SALE["branch"],
            _POSTING["programme_version"].label("version"),
            func.count().label("sales"),
            func.sum(_SALE["total_minor"]).label("amount"),
        )
        .where(
            _within(_SALE["earn_index"], stretch),
            _POSTING["journal_index"] == _SALE["earn_index"],
            scope.condition(_SALE["branch"]),
        )
        .group_by(_SALE["branch"], _POSTING["programme_version"])
    )


def _returned(scope: Scope, stretch: tuple[int, int]) -> Any:  # noqa: ANN401 - the same
    """Returns that name what came back; their amounts are in the currency of the sale."""
    sale = (
        select(func.coalesce(_SALE["earn_index"], _SALE["first_index"]))
        .where(_SALE["branch"] == _RETURN["branch"], _SALE["sale_key"] == _RETURN["sale_key"])
        .correlate_except(_SALE["branch"].table)
        .scalar_subquery()
    )
    rated_by = func.coalesce(sale, _RETURN["journal_index"])
    return (
        select(
            _RETURN["branch"],
            _POSTING["programme_version"].label("version"),
            func.sum(_RETURN["amount_minor"]).label("amount"),
        )
        .where(
            _within(_RETURN["journal_index"], stretch),
            _POSTING["journal_index"] == rated_by,
            scope.condition(_RETURN["branch"]),
        )
        .group_by(_RETURN["branch"], _POSTING["programme_version"])
    )


def _called_off(scope: Scope, stretch: tuple[int, int]) -> Any:  # noqa: ANN401 - the same
    """Sales of which all the rest came back at once, by returns that name nothing but the sale."""
    table = _RETURN["amount_minor"].table
    told = (
        select(func.coalesce(func.sum(_RETURN["amount_minor"]), 0))
        .where(_RETURN["branch"] == _SALE["branch"], _RETURN["sale_key"] == _SALE["sale_key"])
        .correlate_except(table)
        .scalar_subquery()
    )
    named = (
        select(_RETURN["journal_index"])
        .where(_RETURN["journal_index"] == _SALE["refund_index"])
        .correlate_except(table)
        .exists()
    )
    rated_by = func.coalesce(_SALE["earn_index"], _SALE["first_index"])
    return (
        select(
            _SALE["branch"],
            _POSTING["programme_version"].label("version"),
            func.sum(_SALE["returned_minor"] - told).label("amount"),
        )
        .where(
            _within(_SALE["refund_index"], stretch),
            _POSTING["journal_index"] == rated_by,
            ~named,
            scope.condition(_SALE["branch"]),
        )
        .group_by(_SALE["branch"], _POSTING["programme_version"])
    )
