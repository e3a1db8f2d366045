"""Figures: the same as counting everything by hand, however they were caught up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from gateway.ledger.kinds import PostingKind
from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows import EntryRow, JournalRow, PostingRow
from gateway.ledger.rows_members import MemberRow, WalletRow
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.model.outcome import Status
from gateway.queries.counting import Piece
from gateway.queries.enrolled import FIRST_ACCOUNT, Enrolled, Enrolment
from gateway.queries.figures import DAYS, REFUSED_DAYS, Budget, Figures, cut_pieces
from gateway.queries.scope import EVERYTHING, Scope

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.queries.conftest import Days

TEHRAN = ZoneInfo("Asia/Tehran")
NORTH, SOUTH = BranchId("north"), BranchId("south")
SCOPES = (EVERYTHING, Scope(frozenset({NORTH})), Scope(frozenset({SOUTH})), Scope(frozenset()))
_PLENTY = 400


class Counted:
    """Everything counted by hand from the rows of a ledger."""

    def __init__(self, days: Days) -> None:
        self._rows: dict[type[Any], list[Any]] = {}
        with days.ledger.batch() as batch:
            for kind in (JournalRow, PostingRow, EntryRow, MemberRow, WalletRow):
                self._rows[kind] = list(batch.every(kind))
            ledger = batch.ledgers().points
        assert ledger is not None
        self.accounts = {account.value: number for account, number in ledger.accounts.items()}
        self.journal = {row.journal_index: row for row in self._rows[JournalRow]}
        self.entries: defaultdict[int, list[EntryRow]] = defaultdict(list)
        for entry in self._rows[EntryRow]:
            self.entries[entry.journal_index].append(entry)
        self.home = {row.member_id: row.branch for row in self._rows[MemberRow]}
        self.standing = {
            box.name: branch for box, branch in zip(days.day.boxes, (NORTH, SOUTH), strict=True)
        }

    def day(self, unix_ms: int) -> date:
        """The day of a moment."""
        return datetime.fromtimestamp(unix_ms / 1_000, TEHRAN).date()

    def sums(self, scope: Scope, first: date, last: date) -> tuple[int, int, int, int]:
        """Sales, issued, redeemed and active members."""
        sales = issued = redeemed = 0
        active: set[MemberId] = set()
        for posting in self._rows[PostingRow]:
            row = self.journal[posting.journal_index]
            day = self.day(row.recorded_at_ms)
            if not (first <= day <= last and scope.holds(posting.branch)):
                continue
            sales += posting.kind in (PostingKind.EARN, PostingKind.SUSPEND)
            if posting.kind in (PostingKind.EARN, PostingKind.REDEEM, PostingKind.ENROL):
                active.add(row.member_id)
            for entry in self.entries[posting.journal_index]:
                issued += entry.points * (entry.debit_account == self.accounts["issued"])
                redeemed += entry.points * (entry.credit_account == self.accounts["redeemed"])
                redeemed -= entry.points * (entry.debit_account == self.accounts["redeemed"])
        return sales, issued, redeemed, len(active)

    def new_members(self, scope: Scope, first: date, last: date) -> int:
        """How many enrolled."""
        return sum(
            first <= self.day(row.enrolled_at_ms) <= last and scope.holds(row.branch)
            for row in self._rows[MemberRow]
        )

    def liability(self, scope: Scope) -> int:
        """Spendable points."""
        return sum(
            row.available for row in self._rows[WalletRow] if scope.holds(self.home[row.member_id])
        )

    def refused(self, terminals: frozenset[TerminalId] | None, today: date) -> int:
        """Refusals of the last days."""
        first = today - timedelta(days=REFUSED_DAYS - 1)
        return sum(
            row.status is Status.REFUSED
            and first <= self.day(row.recorded_at_ms) <= today
            and (terminals is None or row.terminal in terminals)
            for row in self._rows[JournalRow]
        )


def catch_up(figures: Figures, now_ms: int) -> None:
    """Look until everything is counted."""
    for _ in range(_PLENTY):
        if figures.catch_up(now_ms).complete:
            return
    pytest.fail("the figures never got ready")


def compare(figures: Figures, days: Days) -> None:
    """Hold every figure against the count by hand."""
    counted = Counted(days)
    today = counted.day(days.day.now_ms)
    for back in range(DAYS):
        first = today - timedelta(days=back)
        for last in {first, today}:
            for scope in SCOPES:
                sums = figures.sums(scope, first, last)
                found = (sums.sales, sums.issued, sums.redeemed, sums.active_members)
                assert found == counted.sums(scope, first, last), (scope, first, last)
                assert figures.new_members(scope, first, last) == counted.new_members(
                    scope, first, last
                )
    for scope in SCOPES:
        assert figures.liability(scope) == counted.liability(scope)
        assert figures.members(scope) == sum(map(scope.holds, counted.home.values()))
    for terminals in (None, frozenset({TerminalId("till-1")}), frozenset[TerminalId]()):
        assert figures.refused(terminals) == counted.refused(terminals, today)


@pytest.mark.parametrize("seed", range(6))
def test_figures_are_what_counting_by_hand_says(days_of: Callable[[int], Days], seed: int) -> None:
    """Sums by day, branch and scope over random weeks equal a count of every row."""
    days = days_of(seed)
    days.play(0, 3, 1, 1, 9, 1, 1, 1, 0)
    figures = Figures(days.ledger, TEHRAN)
    catch_up(figures, days.day.now_ms)
    compare(figures, days)


@pytest.mark.parametrize("seed", range(6))
def test_figures_caught_up_in_crumbs_are_the_same(
    days_of: Callable[[int], Days], seed: int
) -> None:
    """Looks of a few rows, between which sales go on, end at the same figures."""
    days = days_of(seed + 10)
    days.play(0, 2, 1)
    figures = Figures(days.ledger, TEHRAN, Budget(journal_rows=7, accounts=4))
    for later in (0, 1, 0, 0, 2, 0):
        figures.catch_up(days.day.now_ms)
        days.play(later, steps=8)
        figures.catch_up(days.day.now_ms)
    catch_up(figures, days.day.now_ms)
    compare(figures, days)
    days.play(1, steps=30)
    catch_up(figures, days.day.now_ms)
    compare(figures, days)


def test_progress_rises_and_says_when_it_is_done(days_of: Callable[[int], Days]) -> None:
    """Each look reads on; the share is below 100 until all is counted."""
    days = days_of(1)
    days.play(0, 1)
    figures = Figures(days.ledger, UTC, Budget(journal_rows=10, accounts=4))
    assert not figures.progress().complete
    shares = [figures.catch_up(days.day.now_ms) for _ in range(30)]
    assert shares[-1].complete
    assert [one.percent for one in shares] == sorted(one.percent for one in shares)
    assert all(one.percent < 100 for one in shares if not one.complete)
    assert sum(not one.complete for one in shares) > 3


def test_a_ledger_without_rules_or_rows_is_counted_at_once(tmp_path: Path) -> None:
    """A gateway that was just set up shows zeros and does not count for ever."""
    with_nothing = SqlLedgerStore(tmp_path / "ledger.db")
    try:
        figures = Figures(LedgerReader(tmp_path / "ledger.db"), TEHRAN)
        assert figures.catch_up(1_800_000_000_000).complete
        assert figures.sums(EVERYTHING, date(2027, 1, 1), date(2027, 1, 31)).sales == 0
    finally:
        with_nothing.close()


def test_one_look_asks_little_and_by_key(days_of: Callable[[int], Days]) -> None:
    """A look makes at most ten statements, and SQLite reads none of the ledger's tables whole."""
    days = days_of(3)
    days.play(0, 1)
    figures = Figures(days.ledger, TEHRAN, Budget(journal_rows=30, accounts=10))
    looks: list[dict[str, Any]] = []

    def note(_c: Any, _cur: Any, sql: str, parameters: Any, _ctx: Any, _many: bool) -> None:  # noqa: ANN401, FBT001 - SQLAlchemy's own shape
        looks[-1][sql] = parameters

    event.listen(Engine, "before_cursor_execute", note)
    try:
        for _ in range(3):
            looks.append({})
            figures.catch_up(days.day.now_ms)
            event.remove(Engine, "before_cursor_execute", note)
            days.play(0, steps=5)
            event.listen(Engine, "before_cursor_execute", note)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert max(len(look) for look in looks) <= 10
    questions = {sql: parameters for look in looks for sql, parameters in look.items()}
    with days.ledger.batch() as batch:
        for sql, parameters in questions.items():
            if sql.startswith("BEGIN"):
                continue
            found = batch._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)
            scans = [step[3] for step in found if step[3].startswith("SCAN ")]
            small = (
                "SCAN CONSTANT ROW",
                "SCAN json_each",
                "SCAN start",
                "SCAN cut",
                "SCAN piece",
                "SCAN side",
            )
            assert [scan for scan in scans if not scan.startswith(small)] == [], sql


def test_a_stretch_is_cut_where_days_begin() -> None:
    """Each piece lies in one day; what is older than the first day is left out."""
    cuts = {10: 5, 11: 8, 12: 8, 13: 21}
    assert cut_pieces(1, 25, cuts) == [Piece(10, 5, 7), Piece(12, 8, 20), Piece(13, 21, 25)]
    assert cut_pieces(9, 12, cuts) == [Piece(12, 9, 12)]
    assert cut_pieces(1, 4, cuts) == []
    assert cut_pieces(6, 5, cuts) == []


def test_enrolment_order_pages_through_branches() -> None:
    """The newest of chosen branches come in one order, whichever way they were learned."""
    enrolled = Enrolled()
    first = FIRST_ACCOUNT + 20
    everybody = [
        Enrolment(first + 2 * n, (NORTH, SOUTH)[n % 3 == 0], 1_000 + n, 10 * n)
        for n in range(-10, 10)
    ]
    enrolled.add_newer(everybody[10:])
    enrolled.add_older(reversed(everybody[4:10]))
    enrolled.add_older(reversed(everybody[:4]))
    for scope in SCOPES:
        own = [one.account_id for one in reversed(everybody) if scope.holds(one.branch)]
        assert enrolled.newest(scope, before=None, limit=99) == own
        pages: list[int] = []
        while page := enrolled.newest(scope, before=pages[-1] if pages else None, limit=3):
            pages += page
        assert pages == own
        assert enrolled.count_between(scope, 995, 1_003) == sum(
            scope.holds(one.branch) and 995 <= one.enrolled_at_ms < 1_003 for one in everybody
        )
    assert enrolled.home_of(everybody[0].account_id) == everybody[0].branch
    assert enrolled.home_of(everybody[0].account_id + 1) == everybody[0].branch
    assert enrolled.home_of(1) is None
    assert enrolled.home_of(10**6) is None
    enrolled.move([(everybody[3].account_id, 7), (everybody[3].account_id + 1, 1_000), (1, 5)])
    assert enrolled.available(EVERYTHING) == sum(one.available for one in everybody) + 7
    assert Counter(enrolled.branches) == Counter([NORTH, SOUTH])
