"""What returns take back of what a sale brought, to the point."""

from __future__ import annotations

from dataclasses import replace

from gateway.model.ids import MemberId
from gateway.model.programme import Programme
from gateway.model.rules.caps import Cap, CapPeriod
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.offer import Offer
from gateway.model.rules.returns import RefundBasis, ReturnPolicy
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.sale import Tender, TenderKind
from gateway.program.earning import evaluate_referral
from gateway.program.facts import MemberFacts
from gateway.program.goods_back import GoodsBack, LineBack, only_amount, whole_sale
from gateway.program.returns import Rated, clawback, given_back, owed_after_return
from simulators.given.rated import fixed_points
from simulators.given.returned import (
    BASE,
    FACTS,
    PLACE,
    club_of,
    per_item,
    rated_by,
    sale_of,
    summed,
    take_back,
)

_NO_BASE = replace(BASE, earn_points=0)


def _by_money(programme: Programme) -> Programme:
    policy = ReturnPolicy(basis=RefundBasis.PRO_RATA)
    return replace(programme, rules=replace(programme.rules, returns=policy))


def _line_back(line: int, pieces: int, amount_minor: int) -> GoodsBack:
    part = LineBack(line=line, quantity_milli=pieces * 1_000, amount_minor=amount_minor)
    return GoodsBack(amount_minor=amount_minor, lines=(part,))


_L1 = club_of(BASE, per_item("item-a", 10, "A"), per_item("item-b", 20, "B"))
_L1_SALE = sale_of(("A", 1, 1_000), ("B", 1, 1_000), ("C", 1, 2_000))


def test_one_case_two_policies() -> None:
    """Open Loyalty's case: of 70 points, the half of the money takes 35, the line itself 20."""
    back = _line_back(2, 1, 2_000)
    assert rated_by(_L1, _L1_SALE).evaluation.total(Unit.POINTS) == 70
    assert summed(take_back(rated_by(_L1, _L1_SALE), [back])) == [20]
    assert summed(take_back(rated_by(_by_money(_L1), _L1_SALE), [back])) == [35]


def test_half_a_sale_takes_half_its_points() -> None:
    """Odoo's case: 2 x 50 earn 100, one of them comes back: 50 stay."""
    rated = rated_by(BASE, sale_of(("A", 2, 10_000)))
    assert rated.evaluation.total(Unit.POINTS) == 100
    assert summed(take_back(rated, [_line_back(0, 1, 5_000)])) == [50]


def test_half_a_sale_gives_back_half_of_what_was_spent() -> None:
    """Odoo's case: 200, less a reward of 150, 35 for each of two; one back: 120 become 160."""
    rated = rated_by(club_of(_NO_BASE, per_item("item", 35, "A")), sale_of(("A", 2, 10_000)))
    balance = 200 - 150 + rated.evaluation.total(Unit.POINTS)
    assert balance == 120
    taken = summed(take_back(rated, [_line_back(0, 1, 5_000)]))
    assert taken == [35]
    assert balance - taken[0] + given_back(150, 10_000, 0, 5_000) == 160


def test_buying_and_returning_a_hundred_times_earns_nothing() -> None:
    """The exploit of shops whose refunds keep points: the balance is where it was."""
    balance = 7
    for _ in range(100):
        rated = rated_by(_L1, _L1_SALE)
        balance += rated.evaluation.total(Unit.POINTS)
        balance -= sum(summed(take_back(rated, [whole_sale(_L1_SALE)])))
    assert balance == 7


def test_points_paid_come_back_and_are_not_taken_again() -> None:
    """Paid wholly with points, the goods' line comes back: all points do, and none are clawed."""
    sale = replace(
        sale_of(("A", 1, 5_000)), tenders=(Tender(kind=TenderKind.POINTS, amount_minor=5_000),)
    )
    rated = rated_by(BASE, sale)
    assert rated.evaluation.awards == ()
    assert take_back(rated, [_line_back(0, 1, 5_000)]) == [()]
    assert given_back(50, 5_000, 0, 5_000, whole=True) == 50


def test_half_of_a_sale_paid_in_part_with_points() -> None:
    """Of 100, 20 were points and 80 earned; half back leaves 40 earned and gives 10 back."""
    sale = replace(
        sale_of(("A", 2, 10_000)), tenders=(Tender(kind=TenderKind.POINTS, amount_minor=2_000),)
    )
    rated = rated_by(BASE, sale)
    assert rated.evaluation.total(Unit.POINTS) == 80
    assert summed(take_back(rated, [_line_back(0, 1, 5_000)])) == [40]
    assert given_back(20, 10_000, 0, 5_000) == 10


def test_a_return_by_amount_alone_lowers_the_points() -> None:
    """ERPNext's thread: 1000 were sold, 100 came back, and the points fall with them."""
    rated = rated_by(BASE, sale_of(total_minor=100_000))
    assert summed(take_back(rated, [only_amount(10_000)])) == [100]


def test_cancelled_after_points_were_used() -> None:
    """A thread of nopCommerce: 50 for joining, all used; 21 earned; cancelled, 50 again."""
    sale = replace(
        sale_of(total_minor=7_100), tenders=(Tender(kind=TenderKind.POINTS, amount_minor=5_000),)
    )
    rated = rated_by(BASE, sale)
    earned = rated.evaluation.total(Unit.POINTS)
    balance = 50 - 50 + earned
    assert balance == 21
    balance -= sum(summed(take_back(rated, [whole_sale(sale)])))
    assert balance == 0
    assert balance + given_back(50, 7_100, 0, 7_100, whole=True) == 50


def test_three_thirds_never_leak_a_point() -> None:
    """Ten points of three equal lines go as 4, 3 and 3, by lines as by money."""
    sale = sale_of(("A", 1, 334), ("B", 1, 333), ("C", 1, 333))
    thirds = [_line_back(0, 1, 334), _line_back(1, 1, 333), _line_back(2, 1, 333)]
    rated = rated_by(BASE, sale)
    assert summed(take_back(rated, thirds)) == [4, 3, 3]
    assert summed(take_back(rated_by(_by_money(BASE), sale), thirds)) == [4, 3, 3]


def test_a_whole_return_takes_everything() -> None:
    """Fixed points, points for the visit and coupons go too, in parts or at once."""
    visit = EarningRule(id="visit", kind=EarningKind.VISIT, points=5)
    cash_back = EarningRule(
        id="cash", kind=EarningKind.PER_AMOUNT, unit=Unit.CREDIT, points=3, per_minor=100
    )
    programme = club_of(
        BASE,
        fixed_points("welcome", 100, caps=(Cap(limit=1, period=CapPeriod.DAY),)),
        visit,
        cash_back,
        rewards=(Reward(id="cup", cost_points=0, gift=Gift(kind=GiftKind.BENEFIT)),),
        offers=(
            Offer(id="next", gift=Gift(kind=GiftKind.COUPON, reward="cup", quantity=2)),
            Offer(
                id="big",
                gift=Gift(kind=GiftKind.BENEFIT),
                when=Condition(minimum_minor=1_500),
            ),
        ),
    )
    for rules in (programme, _by_money(programme)):
        rated = rated_by(rules, sale_of(("A", 2, 2_000)))
        assert rated.evaluation.total(Unit.POINTS) == 125
        assert rated.evaluation.total(Unit.CREDIT) == 60
        assert [voucher.source for voucher in rated.evaluation.vouchers] == ["big", "next"]
        owed = owed_after_return(rated, whole_sale(rated.sale))
        assert (set(owed.awards), set(owed.vouchers), owed.uses, owed.whole) == (
            {0},
            {0},
            (),
            True,
        )
        parts = summed(take_back(rated, [_line_back(0, 1, 1_000), _line_back(0, 1, 1_000)]))
        assert sum(parts) == 185


def test_what_stays_of_a_part() -> None:
    """By lines fixed points and limits stay while their rule holds; coupons for more go."""
    programme = club_of(
        BASE,
        fixed_points("welcome", 100, caps=(Cap(limit=1, period=CapPeriod.DAY),)),
        fixed_points("large", 30, when=Condition(minimum_minor=1_500)),
        offers=(Offer(id="big", gift=Gift(kind=GiftKind.BENEFIT, quantity=3),
                      when=Condition(minimum_minor=1_500)),),
    )  # fmt: skip
    rated = rated_by(programme, sale_of(("A", 2, 2_000)))
    owed = owed_after_return(rated, _line_back(0, 1, 1_000))
    assert [award.source for award in rated.evaluation.awards] == ["base", "welcome", "large"]
    assert owed.awards == (10, 100, 0)
    assert owed.vouchers == (0,)
    assert owed.uses == rated.evaluation.uses
    by_money = owed_after_return(
        rated_by(_by_money(programme), rated.sale), _line_back(0, 1, 1_000)
    )
    assert by_money.awards == (10, 50, 15)
    assert by_money.vouchers == (3,)
    assert by_money.uses == rated.evaluation.uses


def test_what_another_rule_gives_makes_up_for_what_falls_away() -> None:
    """A rule that stood alone falls; the base, which it had kept out, still counts for the rest."""
    alone = fixed_points("jackpot", 100, stackable=False, when=Condition(minimum_minor=1_500))
    rated = rated_by(club_of(BASE, alone), sale_of(("A", 2, 2_000)))
    assert [award.source for award in rated.evaluation.awards] == ["jackpot"]
    halves = [_line_back(0, 1, 1_000), _line_back(0, 1, 1_000)]
    assert take_back(rated, halves) == [(90,), (10,)]


def test_a_return_never_gives_points() -> None:
    """A rule for small sales would give the rest more; the customer gets nothing for returning."""
    small = fixed_points("small", 500, when=Condition(maximum_minor=1_500))
    rated = rated_by(club_of(BASE, small), sale_of(("A", 2, 2_000)))
    assert summed(take_back(rated, [_line_back(0, 1, 1_000)])) == [0]
    assert owed_after_return(rated, _line_back(0, 1, 1_000)).awards == (20,)


def test_a_referral_is_reckoned_as_a_referral() -> None:
    """Whoever brought the member loses the points when the first purchase comes back."""
    brought = EarningRule(
        id="friend",
        kind=EarningKind.REFERRAL,
        points=200,
        when=Condition(minimum_minor=1_500),
    )
    programme, sale = club_of(BASE, brought), sale_of(("A", 2, 2_000))
    facts, friend = replace(FACTS, referred=True), MemberFacts(member_id=MemberId("f" * 32))
    rated = Rated(
        programme=programme,
        sale=sale,
        facts=facts,
        place=PLACE,
        evaluation=evaluate_referral(programme, sale, facts, PLACE, friend),
        referrer=friend,
    )
    assert rated.evaluation.total(Unit.POINTS) == 200
    assert summed(take_back(rated, [only_amount(400), only_amount(600)])) == [0, 200]


def test_a_second_refund_takes_nothing() -> None:
    """What was taken or borne once is not taken again, and no more than was ever earned."""
    rated = rated_by(BASE, sale_of(total_minor=15_000))
    awards = rated.evaluation.awards
    owed = owed_after_return(rated, whole_sale(rated.sale))
    assert clawback(awards, owed, (0,)) == (150,)
    assert clawback(awards, owed, (150,)) == (0,)
    assert clawback(awards, owed, (9_999,)) == (0,)
