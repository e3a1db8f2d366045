"""What needs review is found by reading backwards, a bounded stretch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gateway.ledger.place import LedgerPlace
from gateway.model.ids import BranchId, HoldId, TerminalId
from gateway.model.outcome import Reason
from gateway.model.programme import UnknownCardPolicy
from gateway.model.transaction import Redemption, SaleReference
from gateway.queries import queues
from gateway.queries.queues import (
    ReviewFilter,
    ReviewKind,
    open_item,
    review_item,
    review_stretch,
)
from gateway.queries.reading import reading
from gateway.queries.scope import EVERYTHING, Scope
from gateway.queries.sealed_row import SealStatus
from simulators.clock import VirtualClock
from simulators.quiet_house import QuietHouse
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

NOW_MS = 1_795_420_000_000
NORTH = Scope(frozenset({BranchId("north")}))
SOUTH = Scope(frozenset({BranchId("south")}))
ALL = ReviewFilter(scope=EVERYTHING)


@dataclass(slots=True)
class Desk:
    """A till in each branch; cards are not enrolled by a purchase."""

    house: QuietHouse
    north: SealedTerminal
    south: SealedTerminal
    sales: int = 0

    @property
    def ledger(self) -> LedgerPlace:
        """The ledger's file."""
        return self.house.house.ledger.place

    def sell(self, till: SealedTerminal, card: int = 1) -> None:
        """Sell something to a card's owner."""
        self.sales += 1
        self.house.transact(till, till.earn(card_evidence(card), sale_key(self.sales), 5_000))

    def refuse(self, till: SealedTerminal) -> None:
        """Send a return of goods that nobody knows."""
        self.house.transact(till, till.refund(SaleReference(receipt_number="no-such")))

    def found(self, wanted: ReviewFilter = ALL, **asked: int) -> list[int]:
        """The indexes of what is found."""
        with reading(self.ledger) as connection:
            stretch = review_stretch(connection, wanted, **{"limit": 50, **asked})
        return [item.row.journal_index for item in stretch.items]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk under rules that hold the points of unknown cards."""
    clock = VirtualClock(unix_ms=NOW_MS)
    with QuietHouse(tmp_path / "gateway", clock) as house:
        (first,) = house.store.programmes()
        clock.advance(1_000)
        rules = replace(
            first,
            version=2,
            effective_from_ms=clock.unix_ms(),
            unknown_card=UnknownCardPolicy.HOLD,
        )
        house.store.add_programme(rules)
        clock.advance(1_000)
        north = SealedTerminal(TerminalId("till-1"), now_ms=clock.unix_ms())
        south = SealedTerminal(TerminalId("till-2"), now_ms=clock.unix_ms())
        house.add_terminal(north, "north")
        house.add_terminal(south, "south")
        house.transact(north, north.enrol(card_evidence(1)))
        yield Desk(house, north, south)


def test_refused_and_held_come_newest_first(desk: Desk) -> None:
    """What was applied is not there; refused rows and points without an owner are."""
    desk.sell(desk.north)
    desk.sell(desk.north, card=7)
    desk.refuse(desk.south)
    assert desk.found() == [4, 3]
    with reading(desk.ledger) as connection:
        stretch = review_stretch(connection, ALL, limit=50)
    assert [item.kind for item in stretch.items] == [ReviewKind.REFUSED, ReviewKind.HELD]
    assert [item.row.reason for item in stretch.items] == [
        Reason.SALE_NOT_FOUND,
        Reason.UNKNOWN_CARD,
    ]
    assert [item.branch for item in stretch.items] == ["south", "north"]
    assert stretch.items[0].waiting_points == 0
    assert stretch.items[1].waiting_points > 0
    assert (stretch.floor_index, stretch.floor_at_ms) == (1, NOW_MS + 2_000)


def test_points_that_found_their_owner_need_no_review(desk: Desk) -> None:
    """An enrolment resolves what waited for the card; the row can still be looked at."""
    desk.sell(desk.north, card=7)
    assert desk.found() == [2]
    assert desk.found(replace(ALL, kind=ReviewKind.HELD)) == [2]
    desk.house.transact(desk.north, desk.north.enrol(card_evidence(7)))
    assert desk.found() == []
    assert desk.found(replace(ALL, kind=ReviewKind.HELD)) == []
    with reading(desk.ledger) as connection:
        item = review_item(connection, EVERYTHING, 2)
        assert review_item(connection, EVERYTHING, 1) is None
    assert item is not None
    assert item.waiting_points == 0


def test_filters_narrow(desk: Desk) -> None:
    """Kind, terminal, branch and scope each leave the others' rows out."""
    desk.sell(desk.north, card=7)
    desk.refuse(desk.north)
    desk.refuse(desk.south)
    assert desk.found(replace(ALL, kind=ReviewKind.REFUSED)) == [4, 3]
    assert desk.found(replace(ALL, kind=ReviewKind.HELD)) == [2]
    assert desk.found(replace(ALL, terminal=TerminalId("till-1"))) == [3, 2]
    assert desk.found(replace(ALL, branch=BranchId("south"))) == [4]
    assert desk.found(replace(ALL, scope=NORTH)) == [3, 2]
    assert desk.found(replace(ALL, scope=NORTH, kind=ReviewKind.HELD)) == [2]
    assert desk.found(replace(ALL, scope=SOUTH, kind=ReviewKind.HELD)) == []
    with reading(desk.ledger) as connection:
        assert review_item(connection, SOUTH, 3) is None
        assert review_item(connection, NORTH, 3) is not None


def test_stretches_follow_each_other_without_a_gap(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading on from where a stretch ended finds everything once, however short the stretches."""
    for number in range(12):
        (desk.refuse if number % 3 == 0 else desk.sell)(desk.north)
    whole = desk.found()
    assert len(whole) == 4
    for look_back, limit in ((2, 50), (5, 1), (3, 2)):
        monkeypatch.setattr(queues, "REVIEW_LOOK_BACK_ROWS", look_back)
        collected: list[int] = []
        before = None
        while before is None or before > 1:
            with reading(desk.ledger) as connection:
                stretch = review_stretch(connection, ALL, before=before, limit=limit)
            assert len(stretch.items) <= limit
            assert before is None or stretch.floor_index < before
            collected += [item.row.journal_index for item in stretch.items]
            before = stretch.floor_index
        assert collected == whole


def test_an_old_held_row_is_found_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Points without an owner are found however much was sold since."""
    monkeypatch.setattr(queues, "REVIEW_LOOK_BACK_ROWS", 3)
    desk.sell(desk.north, card=7)
    for _ in range(8):
        desk.sell(desk.north)
    assert desk.found() == []
    assert desk.found(replace(ALL, kind=ReviewKind.HELD)) == [2]


def test_an_empty_journal_needs_no_review(tmp_path: Path) -> None:
    """Before the first sale there is nothing, and no fault."""
    made = QuietHouse(tmp_path / "blank", VirtualClock(unix_ms=NOW_MS))
    with made as house, reading(house.house.ledger.place) as connection:
        stretch = review_stretch(connection, ALL, limit=50)
    assert (stretch.items, stretch.floor_index, stretch.floor_at_ms) == ((), 1, None)


def test_the_seal_is_looked_at_again(desk: Desk) -> None:
    """An envelope that was tampered with since is not believed, and says so."""
    gift = Redemption(hold_id=HoldId(bytes(16)), points=5, amount_minor=5)
    desk.house.transact(desk.north, desk.north.redeem(card_evidence(1), sale_key(50), 9_000, gift))
    with reading(desk.ledger) as connection:
        item = review_item(connection, EVERYTHING, 2)
        assert item is not None
        opened = open_item(connection, item)
        assert item.row.envelope is not None
        bent = replace(item, row=replace(item.row, envelope=item.row.envelope[:-1] + b"\x00"))
        broken = open_item(connection, bent)
    assert opened.status is SealStatus.VERIFIED
    assert broken.status is SealStatus.BROKEN
    assert broken.fault
