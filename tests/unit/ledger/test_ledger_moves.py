"""How lots wait, lapse, move and come back: every move of a posting, on a ledger without rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.ledger.checks import broken_invariants
from gateway.ledger.errors import InvariantError
from gateway.ledger.flows import Flows, flows_of
from gateway.ledger.kinds import HoldState
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.posting import ClawedBack, Posting
from gateway.ledger.posting_lots import Lapse
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.ledger.store import LedgerStore
from gateway.model.ids import CardToken
from simulators.given.lots import (
    ADA,
    ADAS_CREDIT,
    BOB,
    DAY_MS,
    give_back,
    left_in,
    lot_grant,
    parts_of,
)
from simulators.ledger_desk import LedgerDesk


@pytest.fixture(params=["memory", "sqlite"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LedgerDesk]:
    """A desk over each store; whatever a test did there, the books must hold."""
    memory = request.param == "memory"
    store: LedgerStore = MemoryLedgerStore() if memory else SqlLedgerStore(tmp_path / "ledger.db")
    made = LedgerDesk(store)
    yield made
    with store.batch() as batch:
        assert broken_invariants(batch) == ()
    store.close()


# -- lots that wait -----------------------------------------------------------------------------


def test_an_earn_makes_a_lot_for_each_grant(desk: LedgerDesk) -> None:
    """Several awards of one sale are lots of their own; what waits stands on its own account."""
    first, second, third = desk.earn(
        ADA, lot_grant(50), lot_grant(30, 9), lot_grant(20, 9, pending_day=2)
    )
    assert parts_of(desk) == (80, 0, 20)
    assert [desk.lot(lot).pending for lot in (first, second, third)] == [False, False, True]
    assert [desk.lot(lot).source for lot in (first, second)] == ["rule-50", "rule-30"]


def test_what_waits_cannot_be_spent_before_it_is_activated(desk: LedgerDesk) -> None:
    """Only active points can be held; once activated, the same lot is spent in its turn."""
    (waiting,) = desk.earn(ADA, lot_grant(40, 9, pending_day=2))
    with pytest.raises(InvariantError):
        desk.hold(ADA, 1)
    desk.activate(waiting)
    assert parts_of(desk) == (40, 0, 0)
    desk.hold(ADA, 40)
    assert left_in(desk, waiting) == [0]
    with pytest.raises(InvariantError, match="not pending"):
        desk.activate(waiting)


def test_what_is_activated_pays_debts_first(desk: LedgerDesk) -> None:
    """Points that wait pay nothing; on the day they can be spent, what is owed goes first."""
    (waiting,) = desk.earn(ADA, lot_grant(40, 9, pending_day=2))
    desk.move(lambda posting: posting.adjust(ADA, -15, at_ms=0, allow_negative=True))
    assert parts_of(desk) == (-15, 0, 40)
    desk.activate(waiting)
    assert parts_of(desk) == (25, 0, 0)
    assert left_in(desk, waiting) == [25]


# -- lots that lapse ----------------------------------------------------------------------------


def test_a_lot_lapses_once(desk: LedgerDesk) -> None:
    """What is left goes; a spent lot is closed too; and a second run finds nothing to close."""
    part, spent, kept = desk.earn(ADA, lot_grant(50, 3), lot_grant(30, 2), lot_grant(7))
    desk.hold(ADA, 40)
    for _ in range(2):
        with desk.store.batch() as batch:
            due = batch.due_lapsing_lots(3 * DAY_MS, 10)
        for lot in due:
            desk.expire(lot.lot_id)
    assert [lot.lot_id for lot in due] == []
    assert left_in(desk, part, spent, kept) == [0, 0, 7]
    assert [desk.lot(lot).closed_index is None for lot in (part, spent, kept)] == [
        False,
        False,
        True,
    ]
    assert parts_of(desk) == (7, 40, 0)
    with pytest.raises(InvariantError, match="closed already"):
        desk.expire(part)


def test_what_still_waits_can_lapse(desk: LedgerDesk) -> None:
    """A pending lot that lapses leaves its own account."""
    (waiting,) = desk.earn(ADA, lot_grant(40, 1, pending_day=2))
    desk.expire(waiting)
    assert parts_of(desk) == (0, 0, 0)


def test_held_points_of_a_closed_lot_come_back_into_it(desk: LedgerDesk) -> None:
    """A night between reserving and giving up: the lot is open again, and lapses the next night."""
    (lot,) = desk.earn(ADA, lot_grant(50, 3))
    hold = desk.hold(ADA, 20)
    desk.expire(lot)
    desk.settle(hold, HoldState.VOIDED)
    assert (desk.lot(lot).remaining, desk.lot(lot).closed_index) == (20, None)
    assert desk.lot(lot).expires_at_ms == 3 * DAY_MS
    with desk.store.batch() as batch:
        assert [one.lot_id for one in batch.due_lapsing_lots(3 * DAY_MS, 10)] == [lot]


def test_sliding_only_ever_makes_later(desk: LedgerDesk) -> None:
    """What lapses sooner lapses later now; what lapses later, or never, or is not meant, stays."""
    soon, late, never, other = desk.earn(
        ADA, lot_grant(1, 2), lot_grant(2, 9), lot_grant(3), lot_grant(4, 2)
    )
    sources = ("rule-1", "rule-2", "rule-3")
    desk.move(lambda posting: posting.slide(ADA, 5 * DAY_MS, sources=sources))
    moments = [desk.lot(lot).expires_at_ms for lot in (soon, late, never, other)]
    assert moments == [5 * DAY_MS, 9 * DAY_MS, None, 2 * DAY_MS]


# -- redeeming in parts -------------------------------------------------------------------------


def test_a_partial_redemption_frees_what_was_taken_last(desk: LedgerDesk) -> None:
    """Of 70 held 45 are used; the rest goes back into the lots that were to be spent last."""
    soon, late, never = desk.earn(ADA, lot_grant(30, 2), lot_grant(30, 9), lot_grant(30))
    hold = desk.hold(ADA, 70)
    assert left_in(desk, soon, late, never) == [0, 0, 20]
    desk.settle(hold, HoldState.POSTED, 45)
    assert left_in(desk, soon, late, never) == [0, 15, 30]
    assert parts_of(desk) == (45, 0, 0)


def test_more_than_was_held_cannot_be_redeemed(desk: LedgerDesk) -> None:
    """A redemption beyond its reservation is a fault of the caller."""
    desk.earn(ADA, lot_grant(30))
    hold = desk.hold(ADA, 10)
    with pytest.raises(InvariantError):
        desk.settle(hold, HoldState.POSTED, 11)


def test_three_returns_give_back_what_one_would(desk: LedgerDesk) -> None:
    """Points come back into their own lots, last taken first, and never more than were redeemed."""
    soon, late = desk.earn(ADA, lot_grant(40, 2), lot_grant(60, 9))
    hold = desk.hold(ADA, 100)
    desk.settle(hold, HoldState.POSTED, 100)
    for points, left in ((33, [0, 33]), (33, [6, 60]), (34, [40, 60])):
        assert desk.undo(hold, points, give_back(points)) == points
        assert left_in(desk, soon, late) == left
    assert desk.lot(soon).expires_at_ms == 2 * DAY_MS
    with pytest.raises(InvariantError):
        desk.undo(hold, 1, give_back(1))


def test_what_the_programme_bore_comes_back_to_it_first(desk: LedgerDesk) -> None:
    """Of 50 redeemed late the member had 30: the first 20 given back are the programme's."""
    (lot,) = desk.earn(ADA, lot_grant(50))
    hold = desk.hold(ADA, 50)
    desk.settle(hold, HoldState.EXPIRED)
    desk.move(lambda posting: posting.adjust(ADA, -20, at_ms=0))
    assert desk.settle(hold, HoldState.POSTED, 50) == 20
    assert desk.undo(hold, 25, give_back(25)) == 5
    assert desk.undo(hold, 25, give_back(25)) == 25
    assert left_in(desk, lot) == [30]


def test_points_that_lapsed_meanwhile_get_some_days_of_grace(desk: LedgerDesk) -> None:
    """A closed lot is open again for what came back, and lapses when the grace is over."""
    (lot,) = desk.earn(ADA, lot_grant(50, 3))
    hold = desk.hold(ADA, 20)
    desk.settle(hold, HoldState.POSTED, 20)
    desk.expire(lot)
    lapse = Lapse(at_ms=10 * DAY_MS, until_ms=17 * DAY_MS)
    desk.undo(hold, 20, give_back(20, lapse))
    row = desk.lot(lot)
    assert (row.remaining, row.expires_at_ms, row.closed_index) == (20, 17 * DAY_MS, None)
    assert parts_of(desk) == (20, 0, 0)


def test_grace_saves_nothing_else_in_the_lot(desk: LedgerDesk) -> None:
    """A lot that has lapsed before any night closed it loses its own points all the same."""
    (lot,) = desk.earn(ADA, lot_grant(50, 3))
    hold = desk.hold(ADA, 20)
    desk.settle(hold, HoldState.POSTED, 20)
    lapse = Lapse(at_ms=3 * DAY_MS, until_ms=4 * DAY_MS)
    desk.undo(hold, 20, give_back(20, lapse))
    assert (desk.lot(lot).remaining, desk.lot(lot).expires_at_ms) == (20, 4 * DAY_MS)
    with desk.store.batch() as batch:
        assert flows_of(batch)[ADA] == Flows(earned=50, spent=20, returned=20, expired=30)


def test_given_back_points_keep_their_old_expiry(desk: LedgerDesk) -> None:
    """Points that lapse in ten days still do after they were spent and given back."""
    (lot,) = desk.earn(ADA, lot_grant(100, 10))
    hold = desk.hold(ADA, 100)
    desk.settle(hold, HoldState.POSTED, 100)
    lapse = Lapse(at_ms=5 * DAY_MS, until_ms=35 * DAY_MS)
    desk.undo(hold, 100, give_back(100, lapse))
    assert (desk.lot(lot).remaining, desk.lot(lot).expires_at_ms) == (100, 10 * DAY_MS)


# -- taking back --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "only_pending", "allow_negative", "taken"),
    [
        (60, True, False, ClawedBack(pending=30, active=0, debt=0, borne=30)),
        (60, False, False, ClawedBack(pending=30, active=30, debt=0, borne=0)),
        (100, False, False, ClawedBack(pending=30, active=50, debt=0, borne=20)),
        (100, False, True, ClawedBack(pending=30, active=50, debt=20, borne=0)),
    ],
)
def test_taking_back_by_every_policy(
    desk: LedgerDesk, *, points: int, only_pending: bool, allow_negative: bool, taken: ClawedBack
) -> None:
    """30 pending and 50 active: what each policy takes of 60 or 100, and who bears the rest."""
    desk.earn(ADA, lot_grant(50), lot_grant(30, None, pending_day=2))
    done = desk.move(
        lambda posting: posting.claw_back(
            ADA, points, only_pending=only_pending, allow_negative=allow_negative
        )
    )
    assert done == taken
    assert done.taken == points - taken.borne
    assert parts_of(desk) == (50 - taken.active - taken.debt, 0, 30 - taken.pending)


def test_a_sale_gives_its_own_points_first(desk: LedgerDesk) -> None:
    """A sale's own lots go before another's, even where that one's are still pending."""
    own = desk.earn(ADA, lot_grant(20))
    other = desk.earn(ADA, lot_grant(30, None, pending_day=2))
    desk.move(lambda posting: posting.claw_back(ADA, 25, own=own))
    assert left_in(desk, *own, *other) == [0, 25]


def test_adjusting_stops_at_zero_unless_told(desk: LedgerDesk) -> None:
    """A correction takes what there is; with a debt allowed it takes all."""
    assert desk.move(lambda posting: posting.adjust(ADA, 10, at_ms=0, expires_at_ms=5)) == 10
    assert desk.move(lambda posting: posting.adjust(ADA, -25, at_ms=0)) == -10
    taken = desk.move(lambda posting: posting.adjust(ADA, -5, at_ms=0, allow_negative=True))
    assert (taken, parts_of(desk)) == (-5, (-5, 0, 0))


# -- stored money and other wallets -------------------------------------------------------------


def test_money_is_paid_in_and_back_out(desk: LedgerDesk) -> None:
    """Stored credit is a ledger of its own, with its own accounts for both."""
    desk.move(lambda posting: posting.top_up(ADAS_CREDIT, lot_grant(5_000)))
    desk.move(lambda posting: posting.pay_out(ADAS_CREDIT, 1_500))
    with desk.store.batch() as batch:
        assert flows_of(batch)[ADAS_CREDIT] == Flows(topped_up=5_000, paid_out=1_500)


def test_money_that_is_paid_back_but_was_spent_is_owed_or_borne(desk: LedgerDesk) -> None:
    """What no lot covers is said, and goes into debt only where that is allowed."""
    left: list[int] = []
    desk.move(lambda posting: posting.top_up(ADAS_CREDIT, lot_grant(1_000)))
    desk.move(lambda posting: left.append(posting.pay_out(ADAS_CREDIT, 1_200)))
    assert (left, desk.wallet(ADAS_CREDIT).available) == ([200], 0)
    desk.move(lambda posting: posting.top_up(ADAS_CREDIT, lot_grant(1_000)))
    desk.move(lambda posting: left.append(posting.pay_out(ADAS_CREDIT, 1_200, allow_negative=True)))
    assert (left, desk.wallet(ADAS_CREDIT).available) == ([200, 0], -200)


def test_money_is_paid_back_out_of_what_it_was_paid_into(desk: LedgerDesk) -> None:
    """The lots of the load that is undone give first, whatever lapses sooner."""
    desk.move(lambda posting: posting.top_up(ADAS_CREDIT, lot_grant(1_000, 2)))
    desk.move(lambda posting: posting.top_up(ADAS_CREDIT, lot_grant(500)))
    with desk.store.batch() as batch:
        own = [lot.lot_id for lot in batch.open_lots([ADAS_CREDIT]) if lot.points == 500]
    desk.move(lambda posting: posting.pay_out(ADAS_CREDIT, 700, own=own))
    with desk.store.batch() as batch:
        assert [lot.remaining for lot in batch.open_lots([ADAS_CREDIT])] == [800]


def test_what_is_moved_lapses_when_it_would_have(desk: LedgerDesk) -> None:
    """Lots move in spending order and keep their last day; equal days become one lot."""
    desk.earn(ADA, lot_grant(30, 9), lot_grant(20, 2), lot_grant(10, 9), lot_grant(40))
    desk.move(lambda posting: posting.transfer(ADA, BOB, 55))
    with desk.store.batch() as batch:
        lots = sorted(batch.open_lots([BOB]), key=lambda lot: lot.lot_id)
    assert [(lot.points, lot.expires_at_ms) for lot in lots] == [
        (20, 2 * DAY_MS),
        (35, 9 * DAY_MS),
    ]
    assert parts_of(desk) == (45, 0, 0)
    with pytest.raises(InvariantError):
        desk.move(lambda posting: posting.transfer(ADA, BOB, 46))


def test_a_household_knows_who_brought_what(desk: LedgerDesk) -> None:
    """Whoever leaves can take along exactly the lots that they brought in, pending ones too."""
    ada, bob = desk.members
    desk.earn(ADA, lot_grant(30, 9), lot_grant(5, 9, pending_day=2))
    desk.earn(BOB, lot_grant(10, 2))

    def join(posting: Posting) -> None:
        posting.transfer(ADA, desk.household, 30, brought_by=ada)
        posting.transfer(ADA, desk.household, 5, pending=True, brought_by=ada)
        posting.transfer(BOB, desk.household, 10, brought_by=bob)

    desk.move(join)
    with desk.store.batch() as batch:
        lots = batch.open_lots([desk.household])
    own = {lot.lot_id: lot for lot in lots if lot.brought_by == ada}
    assert sorted(lot.points for lot in own.values()) == [5, 30]
    desk.move(lambda posting: posting.transfer(desk.household, ADA, 30, lots=own))
    assert parts_of(desk) == (30, 0, 0)
    wallet = desk.wallet(desk.household)
    assert (wallet.available, wallet.pending) == (10, 5)


def test_points_become_credit_in_both_ledgers(desk: LedgerDesk) -> None:
    """What leaves one ledger and what comes into the other are two entries, each within its own."""
    desk.earn(ADA, lot_grant(250))
    desk.move(lambda posting: posting.convert(ADA, 200, ADAS_CREDIT, lot_grant(1_000, 30)))
    assert parts_of(desk) == (50, 0, 0)
    assert desk.wallet(ADAS_CREDIT).available == 1_000
    with desk.store.batch() as batch:
        flows = flows_of(batch)
    assert (flows[ADA].converted, flows[ADAS_CREDIT].converted) == (-200, 1_000)


# -- suspense -----------------------------------------------------------------------------------


def test_what_waits_for_an_owner_is_taken_back_in_parts(desk: LedgerDesk) -> None:
    """Of two suspended lots one shrinks and one goes; the owner gets what is left, as it was."""
    token, ledger = CardToken(bytes(32)), "PTS:points"
    grants = (lot_grant(50, 9), lot_grant(30, 9, pending_day=4))
    desk.move(lambda posting: posting.suspend(token, grants, ledger))
    with desk.store.batch() as batch:
        active, pending = sorted(batch.open_suspended([token]), key=lambda row: row.lot_id)
    desk.move(lambda posting: posting.discard(active, 20))
    with desk.store.batch() as batch:
        active, pending = sorted(batch.open_suspended([token]), key=lambda row: row.lot_id)

    def enrol(posting: Posting) -> None:
        posting.adopt(ADA, active, at_ms=3 * DAY_MS)
        posting.adopt(ADA, pending, at_ms=3 * DAY_MS)

    desk.move(enrol)
    assert parts_of(desk) == (30, 0, 30)
    assert desk.lot(active.lot_id).earned_index == active.journal_index
    with desk.store.batch() as batch:
        assert batch.open_suspended([token]) == []


def test_what_waited_long_enough_is_active_at_once(desk: LedgerDesk) -> None:
    """An owner who enrols after the waiting days has the points to spend on the spot."""
    token = CardToken(bytes(32))
    grants = (lot_grant(30, 9, pending_day=4),)
    desk.move(lambda posting: posting.suspend(token, grants, "PTS:points"))
    with desk.store.batch() as batch:
        (waiting,) = batch.open_suspended([token])
    desk.move(lambda posting: posting.adopt(ADA, waiting, at_ms=4 * DAY_MS))
    assert parts_of(desk) == (30, 0, 0)


# -- the proof ----------------------------------------------------------------------------------


def test_no_posting_leads_from_one_ledger_into_another(desk: LedgerDesk) -> None:
    """An entry between a wallet of points and one of credit is never written."""
    desk.earn(ADA, lot_grant(10))
    with pytest.raises(InvariantError, match="moves 10 in"):
        desk.move(lambda posting: posting.transfer(ADA, ADAS_CREDIT, 10))
    assert desk.wallet(ADAS_CREDIT).available == 0


def test_no_posting_is_closed_that_is_not_what_its_wallets_say(desk: LedgerDesk) -> None:
    """A wallet that changes without an entry, or an entry without a wallet, stops the commit."""
    with pytest.raises(InvariantError, match="not what wallets say"):
        desk.move(lambda posting: posting._move(ADA, available=1))
    wallet = desk.wallet(ADA)
    accounts = (wallet.available_account, wallet.held_account)
    with pytest.raises(InvariantError, match="of no wallet"):
        desk.move(lambda posting: posting._transfer(*accounts, 1))
    assert parts_of(desk) == (0, 0, 0)
