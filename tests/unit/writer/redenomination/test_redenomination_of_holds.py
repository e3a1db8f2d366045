"""Money that was held when the currency changed is posted, honoured or freed."""

from __future__ import annotations

import pytest

from gateway.ledger.kinds import SystemAccount
from gateway.model.instrument import Instrument
from gateway.model.outcome import Status
from simulators.given.teheran import CREDIT, GIFT, IRT, Teheran
from simulators.rules_shop import Purse
from simulators.rules_till import RulesTill


@pytest.mark.parametrize("how", ["void", "cancel", "expiry"])
@pytest.mark.parametrize("instrument", [CREDIT, GIFT])
def test_what_was_held_follows_when_it_is_free(
    shop: Teheran, till: RulesTill, instrument: Instrument, how: str
) -> None:
    """A reservation stays in rials until it is freed; what comes back is tomans at once."""
    shop.do(till.load("card", 1_000_000, instrument))
    answer = shop.ask(till.reserve("card", "sale", 250_000, instrument, 1_000_000))
    shop.change_over_at_once()
    till.currency = IRT
    shop.ask(till.inquire("card"))
    assert shop.old(instrument) == Purse(held=250_000)
    assert shop.new(instrument) == Purse(active=7_500)
    if how == "void":
        shop.do(till.void(answer.request_id))
    elif how == "cancel":
        shop.ask(till.cancel(answer.request_id))
    else:
        shop.later(hours=1)
        assert shop.tick() == 1
    assert shop.old(instrument) == Purse()
    assert shop.new(instrument) == Purse(active=10_000)


@pytest.mark.parametrize("instrument", [CREDIT, GIFT])
def test_a_hold_of_before_is_posted_in_its_own_currency(
    shop: Teheran, till: RulesTill, instrument: Instrument
) -> None:
    """The till took rials off; that many are redeemed, and what it did not need follows."""
    shop.do(till.load("card", 1_000_000, instrument))
    answer = shop.ask(till.reserve("card", "sale", 250_000, instrument, 1_000_000))
    shop.change_over_at_once()
    posted = till.post("card", "sale", answer, 240_000, units=240_000, amount_minor=240_000)
    assert shop.do(posted).status is Status.APPLIED
    assert shop.old(instrument) == Purse()
    assert shop.new(instrument) == Purse(active=7_600)
    ledger = "CR:IRR" if instrument is CREDIT else "GC:IRR"
    assert shop.balance(ledger, SystemAccount.REDEEMED) == 240_000


@pytest.mark.parametrize("instrument", [CREDIT, GIFT])
@pytest.mark.parametrize("spent", [0, 9_000])
def test_a_hold_that_ran_out_is_honoured_by_the_successor(
    shop: Teheran, till: RulesTill, instrument: Instrument, spent: int
) -> None:
    """The till gave rials off; the tomans pay as far as they go, and the programme the rest."""
    shop.do(till.load("card", 1_000_000, instrument))
    answer = shop.ask(till.reserve("card", "sale", 250_000, instrument, 1_000_000))
    shop.change_over()
    assert shop.tick() == 1
    other = shop.till("till-2")
    other.currency = IRT
    if spent:
        taken = shop.ask(other.reserve("card", "else", spent, instrument, spent))
        shop.do(other.post("card", "else", taken, spent))
    shop.do(till.post("card", "sale", answer, 250_000))
    paid = min(10_000 - spent, 2_500)
    assert shop.new(instrument) == Purse(active=10_000 - spent - paid)
    ledger = "CR:IRR" if instrument is CREDIT else "GC:IRR"
    assert shop.balance(ledger, SystemAccount.SHORTFALL) == paid * 100 - 250_000
    shop.do(till.call_off("sale"))
    assert shop.new(instrument) == Purse(active=10_000 - spent)
    assert shop.balance(ledger, SystemAccount.SHORTFALL) == 0
