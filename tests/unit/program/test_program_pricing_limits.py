"""What limits and hold-outs let offers take off a sale, and what is counted of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.model.ids import BranchId, MemberId
from gateway.model.rules.caps import Cap, CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.condition import Condition, MemberDay
from gateway.model.rules.offer import Offer, Stacking
from gateway.program.evaluation import Pricing, Use
from gateway.program.facts import MemberDate, MemberFacts, Used
from gateway.program.pricing import price
from simulators.given.goods import line_of, money_off, percent_off, sale_of
from simulators.given.offered import ADA, PLACE, applied_in, at_least, club_of, due_for, offer_of

_BOB = MemberFacts(member_id=MemberId("b" * 32))


def test_a_limit_on_uses_refuses_the_next() -> None:
    """O-26 and U-12: once the uses of all are used up, another member's sale gets nothing."""
    cap = Cap(limit=4, owner=CapOwner.ALL)
    offer = offer_of("few", percent_off(10), budgets=(cap,), funder=BranchId("brand"))
    programme, sale, key = club_of(offer), sale_of(total=1_000), "offer:few/uses/all/ever"
    pricing = price(programme, sale, ADA, PLACE)
    assert pricing.uses == (Use(key=key, amount=1),)
    assert pricing.discounts[0].funder == "brand"
    used = Used(key=key, amount=3)
    assert price(programme, sale, replace(_BOB, used=(used,)), PLACE).amount_minor == 100
    used = Used(key=key, amount=4)
    assert price(programme, sale, replace(_BOB, used=(used,)), PLACE) == Pricing()


def test_a_limit_on_money_gives_what_is_left() -> None:
    """A budget in money gives its rest, divided over the lines, and counts what was given."""
    cap = Cap(limit=1_000, measure=CapMeasure.AMOUNT, owner=CapOwner.BRANCH, period=CapPeriod.MONTH)
    key = "offer:rich/amount/branch:north/2026-11"
    programme = club_of(offer_of("rich", percent_off(50), budgets=(cap, Cap(limit=9))))
    sale = sale_of(line_of("a", 600), line_of("b", 600))
    pricing = price(programme, sale, replace(ADA, used=(Used(key=key, amount=905),)), PLACE)
    assert [discount.lines for discount in pricing.discounts] == [(48, 47)]
    mine = f"offer:rich/uses/member:{ADA.member_id}/ever"
    assert pricing.uses == (Use(key=key, amount=95), Use(key=mine, amount=1))
    empty = replace(ADA, used=(Used(key=key, amount=1_000),))
    assert price(programme, sale, empty, PLACE) == Pricing()


def test_a_limit_of_one_sale_needs_no_count() -> None:
    """A limit for each sale lowers what is given and counts nothing."""
    cap = Cap(limit=30, measure=CapMeasure.AMOUNT, period=CapPeriod.SALE)
    pricing = price(
        club_of(offer_of("a", percent_off(10), budgets=(cap,))), sale_of(total=999), ADA, PLACE
    )
    assert (pricing.amount_minor, pricing.uses) == (30, ())


def test_a_member_barred_by_a_limit_gets_another_offer() -> None:
    """Q-5: one that goes alone and is used up lets another apply."""
    alone = offer_of("alone", percent_off(50), stacking=Stacking.NEVER, budgets=(Cap(limit=1),))
    programme = club_of(alone, offer_of("common", percent_off(10)))
    used = Used(key=f"offer:alone/uses/member:{ADA.member_id}/ever", amount=1)
    pricing = price(programme, sale_of(total=1_000), replace(ADA, used=(used,)), PLACE)
    assert applied_in(pricing) == ["common"]


def test_a_birthday_offer_comes_once_a_year() -> None:
    """An offer around a member's day is counted for the year of the day and not given again."""
    when = Condition(member_day=MemberDay(days_after=6))
    programme = club_of(offer_of("cake", percent_off(20), when=when))
    ada = replace(ADA, dates=(MemberDate(month=11, day_of_month=20),))
    sale = sale_of(total=1_000)
    pricing = price(programme, sale, ada, PLACE)
    (use,) = pricing.uses
    assert (pricing.amount_minor, use.key, use.amount) == (
        200,
        f"offer:cake/day/member:{ADA.member_id}/2026",
        1,
    )
    again = replace(ada, used=(Used(key=use.key, amount=1),))
    assert price(programme, sale, again, PLACE) == Pricing()
    assert price(programme, sale, ADA, PLACE) == Pricing()


def _members(count: int) -> list[MemberFacts]:
    return [MemberFacts(member_id=MemberId(f"{number:032x}")) for number in range(count)]


def test_held_out_members_get_nothing_and_are_written_down() -> None:
    """Every member either gets the offer or is named as held out; what it stacks with applies."""
    offers = [offer_of("test", percent_off(10), holdout_percent=50), offer_of("all", money_off(1))]
    programme, sale = club_of(*offers), sale_of(total=1_000)
    seen = [price(programme, sale, facts, PLACE) for facts in _members(40)]
    assert {(tuple(applied_in(one)), one.held_out) for one in seen} == {
        (("test", "all"), ()),
        (("all",), ("test",)),
    }


@pytest.mark.parametrize(
    "offer",
    [
        pytest.param(
            offer_of("test", percent_off(10), holdout_percent=50, when=at_least(9_999)),
            id="condition",
        ),
        pytest.param(offer_of("test", percent_off(10, "x"), holdout_percent=50), id="no effect"),
        pytest.param(
            offer_of(
                "test",
                percent_off(10),
                holdout_percent=50,
                budgets=(Cap(limit=1, owner=CapOwner.ALL),),
            ),
            id="used up",
        ),
        pytest.param(
            offer_of(
                "test",
                percent_off(10),
                holdout_percent=50,
                budgets=(Cap(limit=1, measure=CapMeasure.AMOUNT, owner=CapOwner.ALL),),
            ),
            id="nothing left",
        ),
    ],
)
def test_who_would_have_got_nothing_is_not_held_out(offer: Offer) -> None:
    """Held out is only who would have been given something."""
    used = tuple(Used(key=f"offer:test/{what}/all/ever", amount=1) for what in ("uses", "amount"))
    for facts in _members(20):
        assert (
            price(club_of(offer), sale_of(total=1_000), replace(facts, used=used), PLACE)
            == Pricing()
        )


def test_nobody_unknown_is_held_out() -> None:
    """Whoever has no member id is never drawn, and uses no budget for each member."""
    offer = offer_of("test", percent_off(10), holdout_percent=50)
    assert due_for(club_of(offer), sale_of(total=1_000), MemberFacts()) == 900
    capped = replace(offer, budgets=(Cap(limit=1),))
    assert due_for(club_of(capped), sale_of(total=1_000), MemberFacts()) == 1_000
