"""Points that wait and points that lapse, brought to the present by whatever touches them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason, Status
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import CreditPolicy
from simulators.rules_shop import DAY_MS, OPENING_MS, Purse, RulesShop, club

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore

THREE_DAYS = Expiry(kind=ExpiryKind.DAYS, count=3)
#: Midnight in Greenwich after the third day from the opening.
LAPSE_MS = OPENING_MS - 8 * 3_600_000 + 4 * DAY_MS
CASH_BACK = EarningRule(
    id="cash-back", kind=EarningKind.PER_AMOUNT, unit=Unit.CREDIT, points=3, per_minor=100
)


def test_points_wait_until_their_day_begins(store: LedgerStore) -> None:
    """For two business days points are pending; then a reservation may have them at once."""
    shop = RulesShop(store, club(Rules(pending_days=2)))
    till = shop.till()
    result = shop.do(till.sell("ada", "s", 10_000))
    assert (result.points, result.balance_points) == (100, 0)
    assert shop.points("ada") == Purse(pending=100)
    assert shop.ask(till.reserve("ada", "t", 50)).reason is Reason.INSUFFICIENT_POINTS
    shop.now_ms = LAPSE_MS - 2 * DAY_MS - 1
    assert shop.ask(till.reserve("ada", "t", 50)).reason is Reason.INSUFFICIENT_POINTS
    shop.later(ms=1)
    assert shop.ask(till.inquire("ada")).balance_points == 100
    answer = shop.ask(till.reserve("ada", "t", 50))
    assert (answer.status, answer.points, answer.balance_points) == (Status.APPLIED, 50, 50)
    assert shop.points("ada") == Purse(active=50, held=50)


def test_an_inquiry_tells_what_still_waits(store: LedgerStore) -> None:
    """Points that have begun are told as points and no more as waiting."""
    shop = RulesShop(store, club(Rules(pending_days=2)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    answer = shop.ask(till.inquire("ada"))
    assert answer.standing is not None
    assert (answer.balance_points, answer.standing.pending_points) == (0, 100)
    shop.later(days=1)
    shop.do(till.sell("ada", "t", 5_000))
    shop.later(days=1)
    answer = shop.ask(till.inquire("ada"))
    assert answer.standing is not None
    assert (answer.balance_points, answer.standing.pending_points) == (100, 50)


def test_a_rule_may_let_its_own_points_wait(store: LedgerStore) -> None:
    """The base can be spent at once, the bonus beside it in a week."""
    bonus = EarningRule(id="bonus", kind=EarningKind.FIXED, points=40, pending_days=7)
    shop = RulesShop(store, club(Rules(earning=(bonus,))))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    assert shop.points("ada") == Purse(active=100, pending=40)


def test_the_last_moment_is_the_last(store: LedgerStore) -> None:
    """Points can be spent up to the turn of their last day, and not at it."""
    shop = RulesShop(store, club(Rules(expiry=THREE_DAYS)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000), till.sell("bob", "t", 10_000))
    shop.now_ms = LAPSE_MS - 1
    assert shop.ask(till.reserve("ada", "u", 100)).status is Status.APPLIED
    shop.now_ms = LAPSE_MS
    assert shop.ask(till.reserve("bob", "v", 100)).reason is Reason.INSUFFICIENT_POINTS
    assert shop.ask(till.inquire("bob")).balance_points == 0


def test_what_touches_a_wallet_closes_what_has_lapsed(store: LedgerStore) -> None:
    """The next sale of the member closes the lapsed lot, and the balance is the new points."""
    shop = RulesShop(store, club(Rules(expiry=THREE_DAYS)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    shop.now_ms = LAPSE_MS
    result = shop.do(till.sell("ada", "t", 2_000))
    assert result.balance_points == 20
    lapsed, new = shop.lots("ada")
    assert (lapsed.remaining, lapsed.closed_index, new.remaining) == (0, 2, 20)


def test_the_soonest_to_lapse_is_spent_first(store: LedgerStore) -> None:
    """A reservation takes the younger lot that lapses sooner before the older one."""
    bonus = EarningRule(id="bonus", kind=EarningKind.FIXED, points=40, expiry=THREE_DAYS)
    shop = RulesShop(store, club(Rules(earning=(bonus,))))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    shop.ask(till.reserve("ada", "t", 50))
    assert [lot.remaining for lot in shop.lots("ada")] == [90, 0]


def test_points_of_a_freed_reservation_lapse_as_ever(store: LedgerStore) -> None:
    """What comes back after its last day can be held and given back, but not be spent again."""
    shop = RulesShop(store, club(Rules(expiry=THREE_DAYS)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    shop.now_ms = LAPSE_MS - 1
    answer = shop.ask(till.reserve("ada", "t", 100))
    shop.now_ms = LAPSE_MS + 1
    shop.do(till.void(answer.request_id))
    assert shop.ask(till.reserve("ada", "u", 10)).reason is Reason.INSUFFICIENT_POINTS
    shop.do(till.sell("ada", "v", 1_000))
    assert shop.points("ada") == Purse(active=10)


def test_a_late_sale_may_earn_what_has_lapsed_already(store: LedgerStore) -> None:
    """The clocks start with the sale: one that is told a week late earns nothing to spend."""
    shop = RulesShop(store, club(Rules(expiry=THREE_DAYS)))
    till = shop.till()
    shop.later(days=7)
    till.late_ms = 7 * DAY_MS
    shop.do(till.sell("ada", "s", 10_000))
    till.late_ms = 0
    assert shop.ask(till.reserve("ada", "t", 10)).reason is Reason.INSUFFICIENT_POINTS


def test_a_late_sale_may_have_done_its_waiting(store: LedgerStore) -> None:
    """Points that were to wait a day can be spent at once where the sale is two days old."""
    shop = RulesShop(store, club(Rules(pending_days=1)))
    till = shop.till()
    shop.later(days=2)
    till.late_ms = 2 * DAY_MS
    shop.do(till.sell("ada", "s", 10_000))
    assert shop.points("ada") == Purse(active=100)


def test_every_visit_starts_the_time_anew(store: LedgerStore) -> None:
    """With a sliding expiry a purchase and a redemption both move the last day of all points."""
    sliding = Expiry(kind=ExpiryKind.DAYS, count=3, sliding=True)
    shop = RulesShop(store, club(Rules(expiry=sliding)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    shop.later(days=2)
    shop.do(till.sell("ada", "t", 1_000))
    assert {lot.expires_at_ms for lot in shop.lots("ada")} == {LAPSE_MS + 2 * DAY_MS}
    shop.later(days=2)
    answer = shop.ask(till.reserve("ada", "u", 50))
    shop.do(till.post("ada", "u", answer))
    assert {lot.expires_at_ms for lot in shop.lots("ada")} == {LAPSE_MS + 4 * DAY_MS}
    shop.now_ms = LAPSE_MS + 4 * DAY_MS - 1
    assert shop.ask(till.inquire("ada")).balance_points == 60


def test_sliding_saves_nothing_that_has_lapsed(store: LedgerStore) -> None:
    """The purchase after the last day closes the old points and does not revive them."""
    sliding = Expiry(kind=ExpiryKind.DAYS, count=3, sliding=True)
    shop = RulesShop(store, club(Rules(expiry=sliding)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    shop.now_ms = LAPSE_MS
    assert shop.do(till.sell("ada", "t", 1_000)).balance_points == 10


def test_a_fixed_last_day_holds_for_all(store: LedgerStore) -> None:
    """Points of the whole season lapse together with its last day."""
    season = Expiry(kind=ExpiryKind.DATE, last_day=date(2027, 1, 18))
    shop = RulesShop(store, club(Rules(expiry=season)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    shop.later(days=2)
    shop.do(till.sell("ada", "t", 5_000))
    assert {lot.expires_at_ms for lot in shop.lots("ada")} == {LAPSE_MS}


def test_given_credit_lapses_and_paid_credit_does_not(store: LedgerStore) -> None:
    """Cash back has its own last day; money that was paid in beside it stays."""
    rules = Rules(
        earning=(CASH_BACK,), credit=CreditPolicy(top_up_maximum_minor=1, earned_expiry=THREE_DAYS)
    )
    shop = RulesShop(store, club(rules))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    shop.do(till.load("ada", 500))
    assert shop.credit("ada") == Purse(active=800)
    shop.now_ms = LAPSE_MS
    answer = shop.ask(till.reserve("ada", "t", 800, Instrument.CREDIT))
    assert (answer.points, answer.amount_minor) == (500, 500)


def test_debt_is_paid_by_what_begins(store: LedgerStore) -> None:
    """Points that wait pay no debt; once they begin they pay it first."""
    bonus = EarningRule(id="bonus", kind=EarningKind.FIXED, points=60, pending_days=1)
    shop = RulesShop(store, club(Rules(earning=(bonus,))))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    answer = shop.ask(till.reserve("ada", "t", 100))
    shop.do(till.post("ada", "t", answer), till.call_off("s"))
    assert shop.points("ada") == Purse(active=-100)
    shop.do(till.sell("ada", "u", 1_000))
    assert shop.points("ada") == Purse(active=-90, pending=60)
    shop.later(days=1)
    assert shop.ask(till.inquire("ada")).balance_points == -30
    assert shop.do(till.sell("ada", "v", 5_000)).balance_points == 20
