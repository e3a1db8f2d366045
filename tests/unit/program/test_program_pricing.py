"""What the offers take off a sale, and how several of them go together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.model.ids import BranchId, MemberId, SaleKey
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.caps import Cap, CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.condition import Condition, MemberDay, TaxBasis
from gateway.model.rules.offer import Choice, DiscountBasis, Offer, Stacking, StackingPolicy
from gateway.model.rules.reward import Gift, GiftKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import ItemFilter, ItemSet, Window
from gateway.model.sale import Sale, SaleLine, SaleSource
from gateway.program.evaluation import Pricing, Use
from gateway.program.facts import MemberDate, MemberFacts, Place, Used
from gateway.program.pricing import price

_DAY = date(2026, 11, 23)
_PLACE = Place(branch=BranchId("north"), at_ms=1_795_000_000_000, business_day=_DAY, minute=600)
_ADA = MemberFacts(member_id=MemberId("a" * 32))
_BOB = MemberFacts(member_id=MemberId("b" * 32))


def _rules(*offers: Offer, stacking: StackingPolicy = StackingPolicy()) -> Programme:
    return Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=1,
        earn_per_minor=100,
        redeem_points=1,
        redeem_value_minor=1,
        rules=Rules(offers=offers, stacking=stacking),
    )


def _line(sku: str, amount_minor: int, pieces: int = 1) -> SaleLine:
    return SaleLine(label=sku, sku=sku, amount_minor=amount_minor, quantity_milli=1_000 * pieces)


def _sale(*lines: SaleLine, total: int | None = None, tax: int | None = None) -> Sale:
    return Sale(
        key=SaleKey(bytes(16)),
        total_minor=sum(line.amount_minor for line in lines) if total is None else total,
        source=SaleSource.RECEIPT,
        profile="test",
        lines=lines,
        tax_minor=tax,
    )


def _goods(*skus: str) -> ItemFilter:
    return ItemFilter(only=ItemSet(skus=skus))


def _percent(percent: int, *skus: str, cap_minor: int | None = None) -> Gift:
    return Gift(
        kind=GiftKind.PERCENT_OFF,
        percent_bp=100 * percent,
        cap_minor=cap_minor,
        items=_goods(*skus) if skus else ItemFilter(),
    )


def _money(amount_minor: int) -> Gift:
    return Gift(kind=GiftKind.MONEY_OFF, amount_minor=amount_minor)


def _offer(name: str, gift: Gift, **parts: object) -> Offer:
    return Offer(id=name, gift=gift, **parts)  # type: ignore[arg-type]


def _due(programme: Programme, sale: Sale, facts: MemberFacts = _ADA) -> int:
    return sale.total_minor - price(programme, sale, facts, _PLACE).amount_minor


def _applied(pricing: Pricing) -> list[str]:
    return [discount.source for discount in pricing.discounts]


def _at_least(minor: int, basis: TaxBasis = TaxBasis.AFTER_TAX) -> Condition:
    return Condition(minimum_minor=minor, amount_basis=basis)


_CABINET = _offer("cabinet", _percent(20, "cabinet"), when=_at_least(32_000, TaxBasis.BEFORE_TAX))
_FREE_TABLE = _offer(
    "table",
    Gift(kind=GiftKind.FREE_ITEM, items=_goods("table")),
    when=Condition(minimum_pieces=1, items=_goods("drawer")),
)
_FREE_CABINETS = _offer(
    "free", Gift(kind=GiftKind.FREE_ITEM, items=_goods("cabinet"), quantity=2), priority=5
)


@pytest.mark.parametrize(
    ("offers", "sale", "due_minor"),
    [
        pytest.param(
            [_offer("ten", _percent(10), when=_at_least(1_000))],
            _sale(_line("a", 10_000)),
            9_000,
            id="O-1",
        ),
        pytest.param(
            [_offer("ten", _percent(10, "a"))],
            _sale(_line("a", 10_000), _line("a", 10_000), _line("free", -10_000)),
            9_000,
            id="O-11 goods that are free already, told as a line below zero",
        ),
        pytest.param(
            [_offer("ten", _percent(10, "a"))],
            _sale(_line("a", 10_000), _line("a", 0)),
            9_000,
            id="O-11 goods that are free already, told as they cost",
        ),
        pytest.param([_offer("most", _percent(90))], _sale(_line("d", 10_000)), 1_000, id="O-13"),
        pytest.param(
            [_FREE_TABLE],
            _sale(_line("drawer", 7_500, 3), _line("table", 4_000_000)),
            7_500,
            id="O-28",
        ),
        pytest.param(
            [_CABINET], _sale(_line("cabinet", 32_000), tax=4_174), 32_000, id="O-29 too small"
        ),
        pytest.param([_CABINET], _sale(_line("cabinet", 36_800), tax=4_800), 29_440, id="O-29"),
        pytest.param(
            [_CABINET],
            _sale(_line("cabinet", 36_800), _line("drawer", 25_000, 10), tax=4_800),
            54_440,
            id="O-29 with other goods",
        ),
        pytest.param(
            [_CABINET, _FREE_CABINETS],
            _sale(_line("cabinet", 368_000, 10), _line("drawer", 25_000, 10), tax=48_000),
            260_520,
            id="O-29 after free ones",
        ),
        pytest.param(
            [_offer("cabinet", _percent(20, "cabinet", cap_minor=20_000)), _FREE_CABINETS],
            _sale(_line("cabinet", 368_000, 10), _line("drawer", 25_000, 10)),
            299_400,
            id="O-29 capped",
        ),
        pytest.param([_offer("fix", _money(24_900))], _sale(_line("x", 2_500)), 0, id="O-32"),
        pytest.param(
            [_offer("fix", _money(24_900))], _sale(_line("x", 42_500, 17)), 17_600, id="O-32 more"
        ),
        pytest.param(
            [_offer("fix", _money(1), when=Condition(window=Window(last_day=_DAY - timedelta(1))))],
            _sale(_line("x", 2_500)),
            2_500,
            id="O-32 over",
        ),
        pytest.param(
            [_offer("coupon", _money(10_000), when=_at_least(10_000))],
            _sale(_line("chair", 16_500, 10)),
            6_500,
            id="O-34",
        ),
        pytest.param(
            [_offer("ten", _percent(10)), _offer("fix", _money(29_000), priority=-1)],
            _sale(_line("x", 30_000)),
            0,
            id="O-37",
        ),
        pytest.param(
            [_offer("ten", _percent(10)), _offer("fix", _money(29_000), priority=1)],
            _sale(_line("x", 30_000)),
            900,
            id="O-37 the other way",
        ),
        pytest.param(
            [_offer("both", _percent(25, "chair", "drawer"))],
            _sale(_line("chair", 6_600, 4), _line("drawer", 5_000, 2)),
            8_700,
            id="O-38",
        ),
        pytest.param(
            [_offer("chairs", _percent(25, "chair"))],
            _sale(_line("chair", 6_600, 4), _line("drawer", 5_000, 2)),
            9_950,
            id="O-38 one kind",
        ),
        pytest.param(
            [_offer("chairs", _percent(100, "chair", cap_minor=20_000))],
            _sale(_line("cabinet", 50_000), _line("chair", 20_000, 2)),
            50_000,
            id="O-40",
        ),
        pytest.param(
            [_offer("chairs", _percent(100, "chair", cap_minor=20_000))],
            _sale(_line("cabinet", 50_000), _line("chair", 10_000)),
            50_000,
            id="O-40 less goods",
        ),
        pytest.param(
            [_offer("coupon", _percent(10))],
            replace(_sale(_line("x", 9_000)), discount_minor=1_000),
            8_100,
            id="O-47",
        ),
        pytest.param(
            [_offer("twenty", _percent(20))], _sale(total=20_000_000), 16_000_000, id="U-12"
        ),
    ],
)
def test_scenarios(offers: list[Offer], sale: Sale, due_minor: int) -> None:
    """What other systems ask of the same offers and sales is asked here."""
    assert _due(_rules(*offers), sale) == due_minor


@pytest.mark.parametrize(("chairs", "due_minor"), [(10, 6_500), (15, 4_750), (5, 8_250)])
def test_two_offers_with_a_minimum(chairs: int, due_minor: int) -> None:
    """O-35: the second offer asks for its minimum of what the first has left."""
    offers = [_offer(name, _money(10_000), when=_at_least(10_000)) for name in ("one", "two")]
    sale = _sale(_line("chair", 1_650 * chairs, chairs))
    assert _due(_rules(*offers), sale) == due_minor


def test_a_minimum_of_goods_is_asked_of_what_they_cost_now() -> None:
    """A minimum of some goods counts those alone, and counts what was taken off them."""
    first = _offer("first", _percent(10, "a"), priority=1)
    wanted = Condition(minimum_minor=9_500, items=_goods("a"))
    second = _offer("second", _money(100), when=wanted)
    sale = _sale(_line("a", 10_000), _line("b", 10_000))
    assert _applied(price(_rules(first, second), sale, _ADA, _PLACE)) == ["first"]
    wanted = replace(wanted, minimum_minor=9_000)
    second = replace(second, when=wanted)
    assert _applied(price(_rules(first, second), sale, _ADA, _PLACE)) == ["first", "second"]


def test_initial_minimum_and_basis() -> None:
    """Where every offer is reckoned from the sale as it came, so are the minimums."""
    offers = [_offer(name, _percent(10), when=_at_least(10_000)) for name in ("one", "two", "x")]
    stacking = StackingPolicy(basis=DiscountBasis.INITIAL)
    sale = _sale(_line("a", 10_000))
    assert _due(_rules(*offers), sale) == 9_000
    assert _due(_rules(*offers, stacking=stacking), sale) == 7_000


def test_initial_basis_never_takes_more_than_there_is() -> None:
    """Offers reckoned from the sale as it came still leave no line below zero."""
    offers = [_offer("one", _percent(80, "a"), priority=1), _offer("two", _percent(60))]
    stacking = StackingPolicy(basis=DiscountBasis.INITIAL)
    sale = _sale(_line("a", 1_000), _line("b", 1_000))
    pricing = price(_rules(*offers, stacking=stacking), sale, _ADA, _PLACE)
    assert [discount.lines for discount in pricing.discounts] == [(800, 0), (200, 600)]


def test_a_second_offer_on_the_whole_sale_is_refused() -> None:
    """O-31: where the first applies alone, a second one takes nothing more off."""
    offers = [_offer("auto", _percent(10)), _offer("code", _percent(10))]
    sale = _sale(_line("cabinet", 32_000))
    assert _due(_rules(*offers, stacking=StackingPolicy(choice=Choice.FIRST)), sale) == 28_800
    assert _due(_rules(*offers, stacking=StackingPolicy(most=1)), sale) == 28_800
    assert _due(_rules(*offers), sale) == 25_920


def test_each_on_the_rest() -> None:
    """O-10 with offers: three times 10 % of 300 leave 270, 243 and 218.70."""
    offers = [_offer(name, _percent(10)) for name in ("one", "three", "two")]
    sale = _sale(*(_line("a", 10_000) for _ in range(3)))
    left, total = [], sale.total_minor
    for discount in price(_rules(*offers), sale, _ADA, _PLACE).discounts:
        total -= discount.amount_minor
        left.append(total)
    assert left == [27_000, 24_300, 21_870]


def test_the_valid_one_of_two_applies() -> None:
    """U-8: an offer that is over does not keep another from applying."""
    over = _offer("over", _percent(50), when=Condition(window=Window(last_day=date(2026, 1, 1))))
    sale = _sale(total=10_000)
    assert _applied(price(_rules(over, _offer("valid", _percent(10))), sale, _ADA, _PLACE)) == [
        "valid"
    ]


def test_alone_and_always() -> None:
    """U-9: one that goes alone keeps stackable ones away, and none that always applies."""
    alone = _offer("alone", _percent(50), stacking=Stacking.NEVER)
    common = _offer("common", _percent(10), priority=9)
    always = _offer("always", _percent(10), stacking=Stacking.ALWAYS)
    sale = _sale(total=10_000)
    assert _applied(price(_rules(alone, common), sale, _ADA, _PLACE)) == ["alone"]
    pricing = price(_rules(alone, common, always), sale, _ADA, _PLACE)
    assert _applied(pricing) == ["alone", "always"]
    assert pricing.amount_minor == 5_500


def test_of_several_that_go_alone_one_applies() -> None:
    """Of offers that go alone the priority decides, then what is best for the member."""
    offers = [_offer(f"p{n}", _percent(n), stacking=Stacking.NEVER) for n in (10, 30, 20)]
    sale = _sale(total=10_000)
    assert _applied(price(_rules(*offers), sale, _ADA, _PLACE)) == ["p30"]
    first = replace(offers[0], priority=1)
    assert _applied(price(_rules(first, *offers[1:]), sale, _ADA, _PLACE)) == ["p10"]


def test_alone_without_effect_keeps_nobody_away() -> None:
    """An offer that goes alone and finds nothing left to lower gives way to the stackable ones."""
    always = _offer("always", _percent(100, "a"), stacking=Stacking.ALWAYS, priority=9)
    alone = _offer("alone", _percent(50, "a"), stacking=Stacking.NEVER)
    common = _offer("common", _percent(10))
    sale = _sale(_line("a", 1_000), _line("b", 1_000))
    pricing = price(_rules(always, alone, common), sale, _ADA, _PLACE)
    assert _applied(pricing) == ["always", "common"]
    only = price(_rules(always, alone), sale, _ADA, _PLACE)
    assert _applied(only) == ["always"]


def test_at_most_so_many() -> None:
    """U-10: of three that are valid two apply, in their order."""
    offers = [_offer(f"o{n}", _money(100), priority=n) for n in (1, 2, 3)]
    pricing = price(
        _rules(*offers, stacking=StackingPolicy(most=2)), _sale(total=999), _ADA, _PLACE
    )
    assert _applied(pricing) == ["o3", "o2"]


@pytest.mark.parametrize(
    ("choice", "applied"),
    [
        (Choice.ALL, ["first", "small", "great"]),
        (Choice.FIRST, ["first"]),
        (Choice.HIGHEST, ["great"]),
        (Choice.LOWEST, ["small"]),
    ],
)
def test_choice(choice: Choice, applied: list[str]) -> None:
    """The programme says which of several stackable offers apply."""
    offers = [
        _offer("great", _money(300)),
        _offer("first", _money(200), priority=2),
        _offer("small", _money(100), priority=1),
    ]
    programme = _rules(*offers, stacking=StackingPolicy(choice=choice))
    assert _applied(price(programme, _sale(total=1_000), _ADA, _PLACE)) == applied


def test_a_choice_without_effect_is_no_choice() -> None:
    """The highest one that still takes something off is chosen, not one that cannot any more."""
    always = _offer("always", _percent(100, "a"), stacking=Stacking.ALWAYS, priority=9)
    offers = [always, _offer("high", _percent(90, "a")), _offer("low", _money(100))]
    programme = _rules(*offers, stacking=StackingPolicy(choice=Choice.HIGHEST))
    sale = _sale(_line("a", 1_000), _line("b", 500))
    assert _applied(price(programme, sale, _ADA, _PLACE)) == ["always", "low"]


def test_one_offer_for_a_line() -> None:
    """A line that was lowered is not lowered again; the others are."""
    offers = [_offer("a", _percent(10, "a"), priority=1), _offer("all", _percent(50))]
    programme = _rules(*offers, stacking=StackingPolicy(one_per_line=True))
    pricing = price(programme, _sale(_line("a", 1_000), _line("b", 400)), _ADA, _PLACE)
    assert [discount.lines for discount in pricing.discounts] == [(100, 0), (0, 200)]
    # A sale without lines is one line.
    twice = _rules(*(_offer(n, _percent(10)) for n in "ab"), stacking=programme.rules.stacking)
    assert _due(twice, _sale(total=1_000)) == 900


def test_best_then_smaller_id() -> None:
    """Of equal priority the greater discount comes first, then the smaller id."""
    offers = [_offer("c", _money(100)), _offer("b", _money(100)), _offer("a", _money(50))]
    pricing = price(_rules(*offers), _sale(total=1_000), _ADA, _PLACE)
    assert _applied(pricing) == ["b", "c", "a"]


def test_best_is_what_the_budget_still_gives() -> None:
    """An offer whose budget is nearly used up is not the best one for the member."""
    cap = Cap(limit=99, measure=CapMeasure.AMOUNT, period=CapPeriod.SALE)
    offers = [_offer("great", _percent(50), budgets=(cap,)), _offer("small", _money(100))]
    programme = _rules(*offers, stacking=StackingPolicy(choice=Choice.HIGHEST))
    assert _applied(price(programme, _sale(total=1_000), _ADA, _PLACE)) == ["small"]


def test_goods_not_listed() -> None:
    """A discount that goods not listed bear a part of names no lines, and others still do."""
    offers = [_offer("all", _percent(10), priority=1), _offer("a", _percent(50, "a"))]
    pricing = price(_rules(*offers), _sale(_line("a", 1_000), total=2_000), _ADA, _PLACE)
    assert [(d.amount_minor, d.lines) for d in pricing.discounts] == [(200, ()), (450, (450,))]


def test_an_offer_without_effect_uses_nothing_up() -> None:
    """What takes nothing off is neither applied nor counted."""
    offer = _offer("a", _percent(10, "a"), budgets=(Cap(limit=1),))
    assert price(_rules(offer), _sale(_line("b", 1_000)), _ADA, _PLACE) == Pricing()
    assert price(_rules(offer), _sale(_line("a", 9)), _ADA, _PLACE) == Pricing()
    assert price(_rules(offer), _sale(total=0), _ADA, _PLACE) == Pricing()
    assert price(_rules(), _sale(total=1_000), _ADA, _PLACE) == Pricing()


def test_a_limit_on_uses_refuses_the_next() -> None:
    """O-26 and U-12: once the uses of all are used up, another member's sale gets nothing."""
    cap = Cap(limit=4, owner=CapOwner.ALL)
    offer = _offer("few", _percent(10), budgets=(cap,), funder=BranchId("brand"))
    programme, sale, key = _rules(offer), _sale(total=1_000), "offer:few/uses/all/ever"
    pricing = price(programme, sale, _ADA, _PLACE)
    assert pricing.uses == (Use(key=key, amount=1),)
    assert pricing.discounts[0].funder == "brand"
    used = Used(key=key, amount=3)
    assert price(programme, sale, replace(_BOB, used=(used,)), _PLACE).amount_minor == 100
    used = Used(key=key, amount=4)
    assert price(programme, sale, replace(_BOB, used=(used,)), _PLACE) == Pricing()


def test_a_limit_on_money_gives_what_is_left() -> None:
    """A budget in money gives its rest, divided over the lines, and counts what was given."""
    cap = Cap(limit=1_000, measure=CapMeasure.AMOUNT, owner=CapOwner.BRANCH, period=CapPeriod.MONTH)
    key = "offer:rich/amount/branch:north/2026-11"
    programme = _rules(_offer("rich", _percent(50), budgets=(cap, Cap(limit=9))))
    sale = _sale(_line("a", 600), _line("b", 600))
    pricing = price(programme, sale, replace(_ADA, used=(Used(key=key, amount=905),)), _PLACE)
    assert [discount.lines for discount in pricing.discounts] == [(48, 47)]
    mine = f"offer:rich/uses/member:{_ADA.member_id}/ever"
    assert pricing.uses == (Use(key=key, amount=95), Use(key=mine, amount=1))
    empty = replace(_ADA, used=(Used(key=key, amount=1_000),))
    assert price(programme, sale, empty, _PLACE) == Pricing()


def test_a_limit_of_one_sale_needs_no_count() -> None:
    """A limit for each sale lowers what is given and counts nothing."""
    cap = Cap(limit=30, measure=CapMeasure.AMOUNT, period=CapPeriod.SALE)
    pricing = price(
        _rules(_offer("a", _percent(10), budgets=(cap,))), _sale(total=999), _ADA, _PLACE
    )
    assert (pricing.amount_minor, pricing.uses) == (30, ())


def test_a_member_barred_by_a_limit_gets_another_offer() -> None:
    """Q-5: one that goes alone and is used up lets another apply."""
    alone = _offer("alone", _percent(50), stacking=Stacking.NEVER, budgets=(Cap(limit=1),))
    programme = _rules(alone, _offer("common", _percent(10)))
    used = Used(key=f"offer:alone/uses/member:{_ADA.member_id}/ever", amount=1)
    pricing = price(programme, _sale(total=1_000), replace(_ADA, used=(used,)), _PLACE)
    assert _applied(pricing) == ["common"]


def test_a_birthday_offer_comes_once_a_year() -> None:
    """An offer around a member's day is counted for the year of the day and not given again."""
    when = Condition(member_day=MemberDay(days_after=6))
    programme = _rules(_offer("cake", _percent(20), when=when))
    ada = replace(_ADA, dates=(MemberDate(month=11, day_of_month=20),))
    sale = _sale(total=1_000)
    pricing = price(programme, sale, ada, _PLACE)
    (use,) = pricing.uses
    assert (pricing.amount_minor, use.key, use.amount) == (
        200,
        f"offer:cake/day/member:{_ADA.member_id}/2026",
        1,
    )
    again = replace(ada, used=(Used(key=use.key, amount=1),))
    assert price(programme, sale, again, _PLACE) == Pricing()
    assert price(programme, sale, _ADA, _PLACE) == Pricing()


def _members(count: int) -> list[MemberFacts]:
    return [MemberFacts(member_id=MemberId(f"{number:032x}")) for number in range(count)]


def test_held_out_members_get_nothing_and_are_written_down() -> None:
    """Every member either gets the offer or is named as held out; what it stacks with applies."""
    offers = [_offer("test", _percent(10), holdout_percent=50), _offer("all", _money(1))]
    programme, sale = _rules(*offers), _sale(total=1_000)
    seen = [price(programme, sale, facts, _PLACE) for facts in _members(40)]
    assert {(tuple(_applied(one)), one.held_out) for one in seen} == {
        (("test", "all"), ()),
        (("all",), ("test",)),
    }


@pytest.mark.parametrize(
    "offer",
    [
        pytest.param(
            _offer("test", _percent(10), holdout_percent=50, when=_at_least(9_999)), id="condition"
        ),
        pytest.param(_offer("test", _percent(10, "x"), holdout_percent=50), id="no effect"),
        pytest.param(
            _offer(
                "test",
                _percent(10),
                holdout_percent=50,
                budgets=(Cap(limit=1, owner=CapOwner.ALL),),
            ),
            id="used up",
        ),
        pytest.param(
            _offer(
                "test",
                _percent(10),
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
            price(_rules(offer), _sale(total=1_000), replace(facts, used=used), _PLACE) == Pricing()
        )


def test_nobody_unknown_is_held_out() -> None:
    """Whoever has no member id is never drawn, and uses no budget for each member."""
    offer = _offer("test", _percent(10), holdout_percent=50)
    assert _due(_rules(offer), _sale(total=1_000), MemberFacts()) == 900
    capped = replace(offer, budgets=(Cap(limit=1),))
    assert _due(_rules(capped), _sale(total=1_000), MemberFacts()) == 1_000
