"""What a night does to members' wallets: lots begin and lapse, points turn into credit, levels."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from gateway.ledger.kinds import JournalKind, PostingKind
from gateway.ledger.rows import EntryRow, PostingRow
from gateway.model.outcome import Reason
from gateway.model.rules.earning import Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.settings import Settings
from gateway.model.rules.stored_value import AutoRedeem, CreditPolicy
from gateway.model.rules.tiers import TierBasis, TierLevel, TierPeriod, TierScheme
from simulators.rules_shop import Purse, RulesShop, club

if TYPE_CHECKING:
    from gateway.ledger.rows import JournalRow
    from gateway.ledger.store import LedgerStore

#: Bought on 15 January, the last day is the 16th: lapsed when the 17th begins.
ONE_DAY = Expiry(kind=ExpiryKind.DAYS, count=1)
SIXTEENTH, SEVENTEENTH = date(2027, 1, 16), date(2027, 1, 17)


def at(day: date, hour: int = 3, minute: int = 0) -> int:
    """A time of day in Greenwich; nights begin at three."""
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
    return int(moment.timestamp()) * 1_000


def run(shop: RulesShop, budget: int = 100) -> list[JournalRow]:
    """Run every night that is due; say which rows they made."""
    before = len(shop.journal())
    while shop.writer.night(shop.now_ms, budget).left:
        shop.check()
    shop.check()
    made = shop.journal()[before:]
    assert all(row.kind is JournalKind.NIGHTLY for row in made)
    return made


def kinds(shop: RulesShop, rows: list[JournalRow]) -> list[PostingKind | None]:
    """The kinds of postings that rows made; None for a row without one."""
    found = {row.journal_index: row.kind for row in shop.rows(PostingRow)}
    return [found.get(row.journal_index) for row in rows]


# -- lapsing (S-9 to S-15) ----------------------------------------------------------------------


def test_what_lapsed_yesterday_is_taken(store: LedgerStore) -> None:
    """150 points that lapsed are taken with one row of -150, and the lot is closed by it (S-9)."""
    shop = RulesShop(store, club(Rules(expiry=ONE_DAY)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 15_000))
    shop.now_ms = at(SEVENTEENTH)
    (row,) = run(shop)
    assert (row.points, row.balance_points) == (-150, 0)
    assert row.member_id == shop.member("ada")
    assert kinds(shop, [row]) == [PostingKind.EXPIRE]
    assert [lot.closed_index for lot in shop.lots("ada")] == [row.journal_index]
    assert shop.points("ada") == Purse()


def test_what_lapses_tomorrow_stays(store: LedgerStore) -> None:
    """The night before its last day is over does nothing to a lot (S-10)."""
    shop = RulesShop(store, club(Rules(expiry=ONE_DAY)))
    shop.do(shop.till().sell("ada", "s", 15_000))
    shop.now_ms = at(SIXTEENTH)
    assert run(shop) == []
    assert shop.points("ada") == Purse(active=150)


def test_one_of_two_lots_lapses(store: LedgerStore) -> None:
    """Of 100 points that lapsed and 50 that did not, 50 stay and one row says -100 (S-11)."""
    shop = RulesShop(store, club(Rules(expiry=ONE_DAY)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    shop.later(days=1)
    shop.do(till.sell("ada", "t", 5_000))
    shop.now_ms = at(SEVENTEENTH)
    assert [row.points for row in run(shop)] == [-100]
    assert shop.points("ada") == Purse(active=50)


def test_a_spent_lot_is_closed_too(store: LedgerStore) -> None:
    """A lot of which nothing is left is closed by a row of its own that moves nothing (S-12)."""
    shop = RulesShop(store, club(Rules(expiry=ONE_DAY)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 15_000))
    shop.do(till.post("ada", "t", shop.ask(till.reserve("ada", "t", 150))))
    shop.now_ms = at(SEVENTEENTH)
    (row,) = run(shop)
    assert (row.points, row.balance_points) == (0, 0)
    assert kinds(shop, [row]) == [PostingKind.EXPIRE]
    assert not [one for one in shop.rows(EntryRow) if one.journal_index == row.journal_index]
    assert [lot.closed_index for lot in shop.lots("ada")] == [row.journal_index]


def test_a_night_run_twice_does_nothing_the_second_time(store: LedgerStore) -> None:
    """A second run, also by a gateway that was started anew, adds no row (S-13)."""
    shop = RulesShop(store, club(Rules(expiry=ONE_DAY)))
    shop.do(shop.till().sell("ada", "s", 15_000))
    shop.now_ms = at(SEVENTEENTH)
    assert len(run(shop)) == 1
    assert run(shop) == []
    shop.restart()
    shop.later(hours=20)
    assert run(shop) == []


def test_points_without_an_expiry_stay_for_ever(store: LedgerStore) -> None:
    """Ten years later 150 points that never lapse are still there (S-14)."""
    shop = RulesShop(store, club(Rules()))
    shop.do(shop.till().sell("ada", "s", 15_000))
    shop.later(days=3_653)
    assert run(shop) == []
    assert shop.points("ada") == Purse(active=150)


def test_only_the_rest_of_a_lot_lapses(store: LedgerStore) -> None:
    """Of 150 points of which 50 were spent, 100 lapse (S-15)."""
    shop = RulesShop(store, club(Rules(expiry=ONE_DAY)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 15_000))
    shop.do(till.post("ada", "t", shop.ask(till.reserve("ada", "t", 50))))
    shop.now_ms = at(SEVENTEENTH)
    assert [row.points for row in run(shop)] == [-100]
    assert shop.points("ada") == Purse()


# -- moments (U-2) ------------------------------------------------------------------------------


def test_the_last_day_is_whole_and_then_it_is_gone(store: LedgerStore) -> None:
    """With a last day of 31 January nothing can be spent from midnight on, before any night."""
    last = Expiry(kind=ExpiryKind.DATE, last_day=date(2027, 1, 31))
    shop = RulesShop(store, club(Rules(expiry=last)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    shop.now_ms = at(date(2027, 2, 1), 0) - 1
    assert shop.ask(till.inquire("ada")).balance_points == 100
    shop.now_ms += 1
    assert shop.ask(till.reserve("ada", "t", 10)).reason is Reason.INSUFFICIENT_POINTS
    shop.now_ms = at(date(2027, 2, 1))
    assert [row.points for row in run(shop)] == [-100]


def test_the_expiry_is_counted_from_the_end_of_the_waiting(store: LedgerStore) -> None:
    """Pending for one day and good for one: begins on the 16th, lapses when the 18th begins."""
    shop = RulesShop(store, club(Rules(expiry=ONE_DAY, pending_days=1)))
    shop.do(shop.till().sell("ada", "s", 10_000))
    assert shop.points("ada") == Purse(pending=100)
    shop.now_ms = at(SIXTEENTH)
    begins = run(shop)
    assert kinds(shop, begins) == [PostingKind.ACTIVATE]
    assert [(row.points, row.balance_points) for row in begins] == [(0, 100)]
    shop.now_ms = at(SEVENTEENTH)
    assert run(shop) == []
    shop.now_ms = at(date(2027, 1, 18))
    assert kinds(shop, run(shop)) == [PostingKind.EXPIRE]


def test_a_lot_that_begins_and_lapses_in_one_night(store: LedgerStore) -> None:
    """It begins first and lapses then, in one row: points go through what can be spent."""
    last = Expiry(kind=ExpiryKind.DATE, last_day=date(2027, 1, 15))
    shop = RulesShop(store, club(Rules(expiry=last, pending_days=1)))
    shop.do(shop.till().sell("ada", "s", 10_000))
    shop.now_ms = at(SIXTEENTH)
    rows = run(shop)
    assert kinds(shop, rows) == [PostingKind.EXPIRE]
    (lot,) = shop.lots("ada")
    assert lot.activated_index == lot.closed_index == rows[0].journal_index
    moved = [one for one in shop.rows(EntryRow) if one.journal_index == rows[0].journal_index]
    assert [one.points for one in moved] == [100, 100]


def test_what_begins_pays_what_is_owed(store: LedgerStore) -> None:
    """A member who owes 30 has 70 to spend when 100 points begin."""
    shop = RulesShop(store, club(Rules(pending_days=1)))
    till = shop.till()
    shop.do(till.sell("ada", "old", 3_000))
    shop.later(days=1)
    shop.do(till.post("ada", "spent", shop.ask(till.reserve("ada", "spent", 30))))
    shop.do(till.call_off("old"))
    shop.do(till.sell("ada", "s", 10_000))
    assert shop.points("ada") == Purse(active=-30, pending=100)
    shop.now_ms = at(SEVENTEENTH)
    assert kinds(shop, run(shop)) == [PostingKind.ACTIVATE]
    assert shop.points("ada") == Purse(active=70)


# -- points into credit, and levels (U-3) -------------------------------------------------------


def test_a_level_by_the_balance_is_never_reached_where_points_turn_into_credit(
    store: LedgerStore,
) -> None:
    """At 100 points both the conversion and the level wait: the conversion comes first (U-3)."""
    rules = Rules(
        auto_redeem=AutoRedeem(points=100, credit_minor=500),
        tiers=TierScheme(basis=TierBasis.BALANCE, levels=(TierLevel(id="silver", threshold=100),)),
    )
    shop = RulesShop(store, club(rules))
    shop.do(shop.till().sell("ada", "s", 10_000))
    shop.now_ms = at(SIXTEENTH)
    (row,) = run(shop)
    assert kinds(shop, [row]) == [PostingKind.CONVERT]
    assert (row.points, row.balance_points) == (-100, 0)
    assert (shop.points("ada"), shop.credit("ada")) == (Purse(), Purse(active=500))
    standing = shop.standing("ada")
    assert standing is None or standing.tier is None


def test_a_level_by_points_earned_is_reached_all_the_same(store: LedgerStore) -> None:
    """What was earned in the period counts though it turned into credit (U-3)."""
    rules = Rules(
        auto_redeem=AutoRedeem(points=100, credit_minor=500),
        tiers=TierScheme(
            basis=TierBasis.POINTS_EARNED,
            period=TierPeriod.MONTH,
            levels=(TierLevel(id="silver", threshold=100),),
        ),
    )
    shop = RulesShop(store, club(rules))
    shop.do(shop.till().sell("ada", "s", 10_000))
    shop.now_ms = at(SIXTEENTH)
    run(shop)
    standing = shop.standing("ada")
    assert standing is not None
    assert standing.tier == "silver"
    assert shop.credit("ada") == Purse(active=500)


def test_whole_steps_turn_into_credit_that_lapses_by_its_own_rule(store: LedgerStore) -> None:
    """Of 250 points two steps of 100 become credit, whose time begins with the night."""
    credit = CreditPolicy(earned_expiry=ONE_DAY)
    rules = Rules(auto_redeem=AutoRedeem(points=100, credit_minor=500), credit=credit)
    shop = RulesShop(store, club(rules))
    shop.do(shop.till().sell("ada", "s", 25_000))
    shop.now_ms = at(SIXTEENTH, 7)
    run(shop)
    assert (shop.points("ada"), shop.credit("ada")) == (Purse(active=50), Purse(active=1_000))
    (lot,) = shop.lots("ada", Unit.CREDIT)
    assert (lot.source, lot.available_from_ms) == ("auto-redeem", at(SIXTEENTH))
    assert lot.expires_at_ms == at(date(2027, 1, 18), 0)
    shop.now_ms = at(date(2027, 1, 18))
    assert kinds(shop, run(shop)) == [PostingKind.EXPIRE]
    assert shop.credit("ada") == Purse()


def test_no_more_credit_than_may_be_kept(store: LedgerStore) -> None:
    """A wallet that may keep 800 takes one step of 500, and no second one after it."""
    credit = CreditPolicy(balance_maximum_minor=800)
    rules = Rules(auto_redeem=AutoRedeem(points=100, credit_minor=500), credit=credit)
    shop = RulesShop(store, club(rules))
    shop.do(shop.till().sell("ada", "s", 25_000))
    shop.now_ms = at(SIXTEENTH)
    run(shop)
    assert (shop.points("ada"), shop.credit("ada")) == (Purse(active=150), Purse(active=500))
    shop.now_ms = at(SEVENTEENTH)
    assert run(shop) == []


def test_credit_that_lapses_makes_room_for_the_next_night_only(store: LedgerStore) -> None:
    """The conversion comes before the expiry, also where a night is broken off and goes on."""
    credit = CreditPolicy(balance_maximum_minor=500, earned_expiry=ONE_DAY)
    rules = Rules(auto_redeem=AutoRedeem(points=100, credit_minor=500), credit=credit)
    shop = RulesShop(store, club(rules))
    shop.do(shop.till().sell("ada", "s", 20_000))
    shop.now_ms = at(SIXTEENTH)
    run(shop)
    assert (shop.points("ada").active, shop.credit("ada").active) == (100, 500)
    shop.now_ms = at(date(2027, 1, 18))
    while shop.writer.night(shop.now_ms, 1).left:
        shop.restart()
    shop.check()
    assert (shop.points("ada").active, shop.credit("ada").active) == (100, 0)
    shop.now_ms = at(date(2027, 1, 19))
    run(shop)
    assert (shop.points("ada").active, shop.credit("ada").active) == (0, 500)


def test_a_level_falls_with_the_window_it_was_reached_in(store: LedgerStore) -> None:
    """Reached in January by points of the month, it is over in the first night of February."""
    scheme = TierScheme(
        basis=TierBasis.POINTS_EARNED,
        period=TierPeriod.MONTH,
        levels=(TierLevel(id="silver", threshold=100),),
    )
    shop = RulesShop(store, club(Rules(tiers=scheme)))
    shop.do(shop.till().sell("ada", "s", 10_000))
    assert (standing := shop.standing("ada")) is not None
    assert standing.tier == "silver"
    shop.now_ms = at(date(2027, 1, 31))
    assert run(shop) == []
    shop.now_ms = at(date(2027, 2, 1))
    (row,) = run(shop)
    assert kinds(shop, [row]) == [None]
    assert (row.member_id, row.points, row.balance_points) == (shop.member("ada"), 0, 100)
    assert (standing := shop.standing("ada")) is not None
    assert standing.tier is None


def test_a_night_before_the_end_of_the_business_day_counts_to_the_day_before(
    store: LedgerStore,
) -> None:
    """Where days end at four, the night of 1 February still measures January."""
    scheme = TierScheme(
        basis=TierBasis.POINTS_EARNED,
        period=TierPeriod.MONTH,
        levels=(TierLevel(id="silver", threshold=100),),
    )
    shop = RulesShop(store, club(Rules(tiers=scheme, settings=Settings(cutoff_minute=240))))
    shop.do(shop.till().sell("ada", "s", 10_000))
    shop.now_ms = at(date(2027, 2, 1))
    assert run(shop) == []
    shop.now_ms = at(date(2027, 2, 2))
    assert len(run(shop)) == 1


def test_a_new_scheme_gives_everybody_a_level_in_its_first_night(store: LedgerStore) -> None:
    """Who joined before there were levels gets the one that asks for nothing, once."""
    levels = (TierLevel(id="guest", threshold=0), TierLevel(id="silver", threshold=100))
    scheme = TierScheme(basis=TierBasis.SPEND, period=TierPeriod.YEAR, levels=levels)
    shop = RulesShop(store, club())
    shop.do(shop.till().enrol("ada"))
    shop.later(ms=1)
    shop.publish(replace(club(Rules(tiers=scheme)), version=2))
    assert shop.standing("ada") is None
    shop.now_ms = at(SIXTEENTH)
    assert len(run(shop)) == 1
    assert (standing := shop.standing("ada")) is not None
    assert (standing.tier, standing.joined_on) == ("guest", "2027-01-15")
    shop.now_ms = at(SEVENTEENTH)
    assert run(shop) == []


def test_nobody_without_a_level_gets_a_row(store: LedgerStore) -> None:
    """A night leaves members alone who neither have a level nor reach one."""
    levels = (TierLevel(id="gold", threshold=100),)
    scheme = TierScheme(basis=TierBasis.SPEND, period=TierPeriod.YEAR, levels=levels)
    shop = RulesShop(store, club())
    shop.do(shop.till().enrol("ada"))
    shop.later(ms=1)
    shop.publish(replace(club(Rules(tiers=scheme)), version=2))
    shop.now_ms = at(SIXTEENTH)
    assert run(shop) == []
    assert shop.standing("ada") is None


@pytest.mark.parametrize("freed", [True, False])
def test_a_reservation_keeps_its_points_over_midnight(store: LedgerStore, *, freed: bool) -> None:
    """What is held when its lot lapses can still be redeemed; what is freed lapses the next night.

    The night takes what is not held. What comes back into a lot that was closed can be spent by
    nobody, and the next night closes the lot a second time.
    """
    shop = RulesShop(store, club(Rules(expiry=ONE_DAY)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 15_000))
    shop.now_ms = at(SEVENTEENTH, 0) - 1_000
    answer = shop.ask(till.reserve("ada", "t", 100))
    shop.now_ms = at(SEVENTEENTH)
    assert [row.points for row in run(shop)] == [-50]
    assert shop.points("ada") == Purse(held=100)
    shop.later(ms=1)
    if not freed:
        assert shop.do(till.post("ada", "t", answer)).reason is Reason.NONE
        assert shop.points("ada") == Purse()
        return
    shop.do(till.void(answer.request_id))
    assert shop.points("ada") == Purse(active=100)
    assert shop.ask(till.reserve("ada", "u", 10)).reason is Reason.INSUFFICIENT_POINTS
    shop.now_ms = at(date(2027, 1, 18))
    assert [row.points for row in run(shop)] == [-100]
    assert shop.points("ada") == Purse()
