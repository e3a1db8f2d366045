"""Returns, refused returns and adjustments: all of them, each once, with what they did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.ledger.kinds import JournalKind, PostingKind
from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows import JournalRow, MovementRow, PostingRow
from gateway.ledger.rows_members import WalletRow
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import BranchId
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.outcome import Reason, Status
from gateway.model.rules.earning import Unit
from gateway.model.rules.rules import Rules
from gateway.queries import books
from gateway.queries.books import (
    Correction,
    CorrectionFilter,
    CorrectionKind,
    Moved,
    corrections,
)
from gateway.queries.scope import EVERYTHING, Scope
from gateway.queries.sealed_row import SealStatus
from simulators.rules_shop import RulesShop, club
from simulators.rules_till import line

if TYPE_CHECKING:
    from tests.unit.queries.conftest import Days

NORTH = BranchId("north")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[RulesShop]:
    """A shop with rules beyond the base, so that sales keep their rating."""
    store = SqlLedgerStore(tmp_path / "ledger.db")
    yield RulesShop(store, club(Rules(segments=("staff",))))
    store.close()


@pytest.fixture
def ledger(tmp_path: Path, shop: RulesShop) -> LedgerReader:
    """Reads it."""
    del shop
    return LedgerReader(tmp_path / "ledger.db")


def every(ledger: LedgerReader, wanted: CorrectionFilter, limit: int = 7) -> list[Correction]:
    """All lines of a filter, page by page."""
    found: list[Correction] = []
    before = None
    while True:
        page = corrections(ledger, wanted, before_index=before, limit=limit)
        found += page.lines
        if page.next_before is None:
            return found
        before = page.next_before


def test_a_return_in_parts_says_what_each_did(shop: RulesShop, ledger: LedgerReader) -> None:
    """Each part names the sale, its own money, the points it took, and the time since the sale."""
    till = shop.till()
    basket = (line("tea", 6_000, 2), line("cake", 4_000))
    sold_ms = shop.now_ms
    shop.do(till.sell("ada", "s", 10_000, lines=basket, receipt="R-1"))
    shop.later(hours=5)
    shop.do(till.take_back("s", "p1", 4_000, (line("cake", 4_000),)))
    shop.later(days=2)
    shop.do(till.call_off("s"))
    assert shop.do(till.take_back("s", "p2", 100)).reason is Reason.SALE_ALREADY_REFUNDED
    refused, rest, part = every(ledger, CorrectionFilter(scope=EVERYTHING))
    assert part.sale is not None
    assert (part.sale.receipt_number, part.sale.amount_minor) == ("R-1", 4_000)
    assert (part.sale.sold_at_ms, part.sale.total_minor) == (sold_ms, 10_000)
    assert part.moved == (Moved(ledger="PTS:club", taken=40, given=0),)
    assert (part.happened_at_ms or 0) - sold_ms == 5 * 3_600_000
    assert rest.sale is not None
    assert rest.sale.amount_minor == 6_000
    assert rest.moved == (Moved(ledger="PTS:club", taken=60, given=0),)
    assert (refused.kind, refused.reason) == (
        CorrectionKind.REFUSED,
        Reason.SALE_ALREADY_REFUNDED,
    )
    assert refused.moved == ()
    assert refused.sale is not None
    assert refused.sale.amount_minor == 100
    assert {one.seal for one in (refused, rest, part)} == {SealStatus.VERIFIED}


def test_points_paid_with_are_given_back(shop: RulesShop, ledger: LedgerReader) -> None:
    """A return shows both ways: what was earned goes, what was redeemed comes back."""
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    answer = shop.ask(till.reserve("ada", "t", 50))
    shop.do(till.sell("ada", "t", 10_000))
    shop.do(till.post("ada", "t", answer))
    shop.do(till.call_off("t"))
    (back,) = every(ledger, CorrectionFilter(scope=EVERYTHING))
    (moved,) = back.moved
    assert moved.given == 50
    assert moved.taken > 0


def test_an_adjustment_says_who_and_why(shop: RulesShop, ledger: LedgerReader) -> None:
    """In points and in credit, given and taken, with the command that asked for it."""
    shop.do(shop.till().sell("ada", "s", 10_000))
    ada = shop.member("ada")
    kind = LedgerCommandKind.ADJUST
    shop.command(kind, member_id=ada, unit=Unit.POINTS, amount=-30, reason="wrong card")
    shop.command(kind, member_id=ada, unit=Unit.CREDIT, amount=250, reason="sorry")
    credit, points = every(ledger, CorrectionFilter(scope=EVERYTHING))
    assert points.command is not None
    assert (points.command.reason, points.command.made_by) == ("wrong card", "owner")
    assert points.moved == (Moved(ledger="PTS:club", taken=30, given=0),)
    assert credit.moved == (Moved(ledger="CR:EUR", taken=0, given=250),)
    assert (credit.member_id, credit.branch, credit.terminal) == (ada, NORTH, None)
    assert credit.seal is SealStatus.GATEWAY


def test_random_days_are_told_completely(
    days_of: Callable[[int], Days], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the stretches are that are looked through, nothing is missed or told twice."""
    days = days_of(3)
    days.play(0, 1, 1, steps=80)
    with days.ledger.batch() as batch:
        journal = {row.journal_index: row for row in batch.every(JournalRow)}
        postings = {row.journal_index: row for row in batch.every(PostingRow)}
        movements = list(batch.every(MovementRow))
        wallets = {row.wallet_id for row in batch.every(WalletRow)}
    refunds = {
        index
        for index, row in postings.items()
        if row.kind in (PostingKind.REFUND, PostingKind.RETURN)
    }
    refused = {
        index
        for index, row in journal.items()
        if row.kind is JournalKind.TRANSACTION
        and row.status is Status.REFUSED
        and row.reason in books.RETURN_REASONS
    }
    assert len(refunds) > 5
    assert len(refused) > 5
    monkeypatch.setattr(books, "LOOK_BACK_ROWS", 11)
    found = every(days.ledger, CorrectionFilter(scope=EVERYTHING))
    assert [one.journal_index for one in found] == sorted(refunds | refused, reverse=True)
    for one in found:
        moved = sum(each.given - each.taken for each in one.moved)
        own = [row for row in movements if row.journal_index == one.journal_index]
        assert {row.wallet_id for row in own} <= wallets
        if own:
            assert moved == sum(row.available_points + row.held_points for row in own)
    north = every(days.ledger, CorrectionFilter(scope=Scope(frozenset({NORTH}))))
    assert {one.branch for one in north} == {NORTH}
    assert [one for one in found if one.branch == NORTH] == north
    middle = journal[len(journal) // 2].recorded_at_ms
    late = every(days.ledger, CorrectionFilter(scope=EVERYTHING, from_ms=middle))
    early = every(days.ledger, CorrectionFilter(scope=EVERYTHING, until_ms=middle))
    assert late + early == found


def test_an_empty_ledger_has_no_corrections(ledger: LedgerReader) -> None:
    """Before anything happened there is one empty page."""
    page = corrections(ledger, CorrectionFilter(scope=EVERYTHING))
    assert (page.lines, page.next_before, page.looked_back_to_ms) == ((), None, None)
