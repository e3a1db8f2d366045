"""What members take for points or coupons: whether they may, what it costs, what it brings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.ids import BranchId, MemberId, SaleKey
from gateway.model.money import EUR
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.model.rules.condition import Condition, MemberDay
from gateway.model.rules.earning import Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import ItemFilter, ItemSet
from gateway.model.rules.stored_value import CreditPolicy
from gateway.model.sale import Sale, SaleLine, SaleSource
from gateway.program.evaluation import Award, Use, Voucher
from gateway.program.facts import MemberDate, MemberFacts, Place, Used
from gateway.program.gifts import sale_after
from gateway.program.rewards import (
    Coupon,
    RewardAsk,
    RewardQuote,
    gift_of_reward,
    quote_reward,
)

_PLACE = Place(branch=BranchId("north"), at_ms=1_000, business_day=date(2026, 11, 23), minute=600)
_ADA = MemberFacts(member_id=MemberId("a" * 32))
_YEAR = Expiry(kind=ExpiryKind.YEAR_END)


def _rules(*rewards: Reward) -> Programme:
    return Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=1,
        earn_per_minor=100,
        redeem_points=1,
        redeem_value_minor=1,
        rules=Rules(rewards=rewards, pending_days=14, credit=CreditPolicy(earned_expiry=_YEAR)),
    )


def _goods(*skus: str) -> ItemFilter:
    return ItemFilter(only=ItemSet(skus=skus))


def _reward(gift: Gift, cost_points: int = 1, **parts: object) -> Reward:
    return Reward(id="it", cost_points=cost_points, gift=gift, **parts)  # type: ignore[arg-type]


def _percent(percent: int, *skus: str) -> Gift:
    items = _goods(*skus) if skus else ItemFilter()
    return Gift(kind=GiftKind.PERCENT_OFF, percent_bp=100 * percent, items=items)


def _line(sku: str, amount_minor: int, pieces: int = 1) -> SaleLine:
    return SaleLine(label=sku, sku=sku, amount_minor=amount_minor, quantity_milli=1_000 * pieces)


def _sale(*lines: SaleLine, total: int | None = None) -> Sale:
    return Sale(
        key=SaleKey(bytes(16)),
        total_minor=sum(line.amount_minor for line in lines) if total is None else total,
        source=SaleSource.RECEIPT,
        profile="test",
        lines=lines,
    )


def _ask(
    reward: Reward,
    sale: Sale,
    times: int = 1,
    *,
    balance: int = 1_000,
    facts: MemberFacts = _ADA,
    coupon: Coupon | None = None,
    taken: int = 0,
) -> RewardQuote | Reason:
    return quote_reward(
        _rules(reward),
        RewardAsk(reward="it", times=times, coupon=coupon, taken_before=taken),
        balance_points=balance,
        sale=sale,
        facts=facts,
        place=_PLACE,
    )


def _quote(
    reward: Reward,
    sale: Sale,
    times: int = 1,
    *,
    balance: int = 1_000,
    coupon: Coupon | None = None,
) -> RewardQuote:
    quote = _ask(reward, sale, times, balance=balance, coupon=coupon)
    assert isinstance(quote, RewardQuote)
    return quote


def test_whole_times_only() -> None:
    """O-8: of 11 points a reward that costs 3 takes 9, three times."""
    reward = _reward(Gift(kind=GiftKind.MONEY_OFF, amount_minor=450), 3, most_per_sale=100)
    quote = _quote(reward, _sale(total=10_000), 100, balance=11)
    assert (quote.times, quote.points, quote.amount_minor) == (3, 9, 1_350)


@pytest.mark.parametrize(("times", "left_minor"), [(1, 27_000), (2, 24_300), (3, 21_870)])
def test_each_time_on_the_rest(times: int, left_minor: int) -> None:
    """O-10: 10 % claimed three times on 300 leaves 270, 243 and 218.70."""
    reward = _reward(_percent(10), most_per_sale=3)
    sale = _sale(*(_line("a", 10_000) for _ in range(3)))
    quote = _quote(reward, sale, times)
    assert sale.total_minor - quote.amount_minor == left_minor
    assert (quote.times, quote.points, sum(quote.lines)) == (times, times, quote.amount_minor)


def test_two_rewards_one_after_the_other() -> None:
    """O-19: 10 % on A and 15 % on B, each reckoned on what the first has left, for all points."""
    ten = replace(_reward(_percent(10, "a")), id="ten")
    more = replace(_reward(_percent(15, "b")), id="more")
    programme, sale, balance = _rules(ten, more), _sale(_line("a", 10_000), _line("b", 500)), 2
    for name in ("ten", "more"):
        quote = quote_reward(
            programme,
            RewardAsk(reward=name),
            balance_points=balance,
            sale=sale,
            facts=_ADA,
            place=_PLACE,
        )
        assert isinstance(quote, RewardQuote)
        assert quote.discount is not None
        sale, balance = sale_after(sale, [quote.discount]), balance - quote.points
    assert (sale.total_minor, balance) == (9_000 + 425, 0)


def test_the_cheapest_tagged_goods() -> None:
    """O-20: 10 % on the cheapest of the tagged goods, whatever else is cheaper."""
    reward = _reward(replace(_percent(10, "a", "c"), cheapest=True))
    lines = [_line("a", 11_500), _line("b", 575)]
    assert _quote(reward, _sale(*lines)).lines == (1_150, 0)
    assert _quote(reward, _sale(*lines, _line("c", 5_000))).lines == (0, 0, 500)


def test_a_coupon_after_an_offer() -> None:
    """O-34 and O-35: a coupon of 100 off from 100 is given on 165, and refused on the rest."""
    reward = _reward(
        Gift(kind=GiftKind.MONEY_OFF, amount_minor=10_000), when=Condition(minimum_minor=10_000)
    )
    sale = _sale(_line("chair", 16_500, 10))
    quote = _quote(reward, sale)
    assert quote.discount is not None
    rest = sale_after(sale, [quote.discount])
    assert rest.total_minor == 6_500
    assert _ask(reward, rest) is Reason.REWARD_NOT_AVAILABLE


def test_a_capped_reward_does_not_outlive_the_goods() -> None:
    """O-40: chairs for nothing, at most 200: two chairs, then one."""
    gift = replace(_percent(100, "chair"), cap_minor=20_000)
    for chairs in (2, 1):
        sale = _sale(_line("cabinet", 50_000), _line("chair", 10_000 * chairs, chairs))
        quote = _quote(_reward(gift), sale)
        assert (quote.amount_minor, quote.lines) == (10_000 * chairs, (0, 10_000 * chairs))
    assert _ask(_reward(gift), _sale(_line("cabinet", 50_000))) is Reason.REWARD_NOT_AVAILABLE


@pytest.mark.parametrize(
    ("pieces", "times", "cost", "free"),
    [(5, 9, 9, 5), (5, 2, 6, 4), (4, 9, 6, 4), (1, 9, 3, 1)],
)
def test_free_pieces_cost_by_the_set(pieces: int, times: int, cost: int, free: int) -> None:
    """O-53: of a reward of 2 pieces for 3 points, 5 pieces cost 9."""
    gift = Gift(kind=GiftKind.FREE_ITEM, items=_goods("a"), quantity=2)
    reward = _reward(gift, 3, most_per_sale=100)
    quote = _quote(reward, _sale(_line("a", 200 * pieces, pieces), _line("b", 900)), times)
    assert (quote.points, quote.lines) == (cost, (200 * free, 0))


def test_free_pieces_are_capped_each_time() -> None:
    """A reward with a cap has it each time it is taken."""
    gift = Gift(kind=GiftKind.FREE_ITEM, items=_goods("a"), cap_minor=150)
    quote = _quote(_reward(gift, most_per_sale=2), _sale(_line("a", 600, 3)), 2)
    assert (quote.times, quote.amount_minor) == (2, 300)


def test_what_brings_nothing_is_not_charged() -> None:
    """Times that would take nothing more off are not taken."""
    fixed = _reward(Gift(kind=GiftKind.MONEY_OFF, amount_minor=24_900), most_per_sale=9)
    quote = _quote(fixed, _sale(total=30_000), 9)
    assert (quote.times, quote.points, quote.amount_minor) == (2, 2, 30_000)
    assert _ask(fixed, _sale(total=0)) is Reason.REWARD_NOT_AVAILABLE
    price = Gift(kind=GiftKind.PRODUCT_PRICE, price_minor=200, items=_goods("a"))
    goods = _sale(_line("a", 300), _line("a", 150), _line("a", 260))
    quote = _quote(_reward(price, most_per_sale=9), goods, 9)
    assert (quote.times, quote.lines) == (2, (100, 0, 60))


def test_a_price_that_is_none_brings_nothing() -> None:
    """Goods that cost less than the reward's price already are no reason to charge for it."""
    price = Gift(kind=GiftKind.PRODUCT_PRICE, price_minor=200, items=_goods("a"))
    assert _ask(_reward(price), _sale(_line("a", 150))) is Reason.REWARD_NOT_AVAILABLE


def test_a_huge_set_of_goods() -> None:
    """A reward of very many pieces taken very often still is a reward."""
    gift = Gift(kind=GiftKind.FREE_ITEM, items=_goods("a"), quantity=9_000, cap_minor=2**62)
    quote = _quote(_reward(gift, most_per_sale=1_000), _sale(_line("a", 10**9, 10**6)), 1_000)
    assert (quote.times, quote.amount_minor) == (2, 10_000_000)


@pytest.mark.parametrize(
    ("reward", "sale", "kept", "refused"),
    [
        pytest.param(
            _reward(_percent(10)), _sale(total=9), {}, Reason.REWARD_NOT_AVAILABLE, id="no effect"
        ),
        pytest.param(
            _reward(_percent(10, "b")),
            _sale(_line("a", 900)),
            {},
            Reason.REWARD_NOT_AVAILABLE,
            id="no goods",
        ),
        pytest.param(
            _reward(_percent(10), when=Condition(minimum_minor=901)),
            _sale(total=900),
            {},
            Reason.REWARD_NOT_AVAILABLE,
            id="condition",
        ),
        pytest.param(
            _reward(_percent(10), 0),
            _sale(total=900),
            {},
            Reason.REWARD_NOT_AVAILABLE,
            id="only for a coupon",
        ),
        pytest.param(
            _reward(_percent(10), 1_001),
            _sale(total=900),
            {},
            Reason.INSUFFICIENT_POINTS,
            id="too few points",
        ),
        pytest.param(
            _reward(_percent(10)),
            _sale(total=900),
            {"balance": -5},
            Reason.INSUFFICIENT_POINTS,
            id="in debt",
        ),
        pytest.param(
            _reward(_percent(10), most_per_sale=2),
            _sale(total=900),
            {"taken": 2},
            Reason.LIMIT_REACHED,
            id="taken before",
        ),
    ],
)
def test_refusals(reward: Reward, sale: Sale, kept: dict[str, int], refused: Reason) -> None:
    """What may not be taken is refused with its reason."""
    assert _ask(reward, sale, **kept) is refused  # type: ignore[arg-type]


def test_an_unknown_reward() -> None:
    """A reward that the rules do not have is refused as such."""
    ask = RewardAsk(reward="other")
    quote = quote_reward(
        _rules(_reward(_percent(10))),
        ask,
        balance_points=9,
        sale=_sale(total=900),
        facts=_ADA,
        place=_PLACE,
    )
    assert quote is Reason.REWARD_UNKNOWN


def test_what_is_left_of_the_sale_s_limit() -> None:
    """Times taken before on this sale count towards the most that a sale may have."""
    reward = _reward(Gift(kind=GiftKind.BENEFIT), most_per_sale=3)
    quote = _ask(reward, _sale(total=900), 9, taken=1)
    assert isinstance(quote, RewardQuote)
    assert quote.times == 2


_COUPON = Coupon(reward="it", uses_left=2, member_id=_ADA.member_id, expires_at_ms=1_001)


def test_a_coupon_pays() -> None:
    """With a coupon a reward costs nothing, as often as the coupon can be used."""
    quote = _quote(
        _reward(_percent(10), 0, most_per_sale=9), _sale(total=1_000), 5, balance=0, coupon=_COUPON
    )
    assert (quote.times, quote.points, quote.amount_minor) == (2, 0, 190)
    # Also a reward that has a price may come with a coupon.
    quote = _quote(_reward(_percent(10), 500), _sale(total=1_000), balance=0, coupon=_COUPON)
    assert quote.points == 0


@pytest.mark.parametrize(
    "coupon",
    [
        pytest.param(replace(_COUPON, member_id=MemberId("b" * 32)), id="O-46 another member's"),
        pytest.param(replace(_COUPON, expires_at_ms=1_000), id="lapsed"),
        pytest.param(replace(_COUPON, uses_left=0), id="used up"),
        pytest.param(replace(_COUPON, reward="other"), id="for another reward"),
    ],
)
def test_a_coupon_that_cannot_be_used(coupon: Coupon) -> None:
    """A coupon counts for its member, its reward, its time and its uses."""
    got = _ask(_reward(_percent(10)), _sale(total=1_000), coupon=coupon)
    assert got is Reason.COUPON_NOT_AVAILABLE


def test_a_coupon_for_whoever_has_it() -> None:
    """A coupon without a member and a date is good for everybody, for ever."""
    coupon = Coupon(reward="it", uses_left=1)
    quote = _ask(_reward(_percent(10)), _sale(total=1_000), facts=MemberFacts(), coupon=coupon)
    assert isinstance(quote, RewardQuote)


def test_a_birthday_reward_once_a_year() -> None:
    """A reward around a member's day is taken once a year, however many times are asked for."""
    reward = _reward(_percent(10), when=Condition(member_day=MemberDay()), most_per_sale=5)
    ada = replace(_ADA, dates=(MemberDate(month=11, day_of_month=23),))
    quote = _ask(reward, _sale(total=1_000), 5, facts=ada)
    assert isinstance(quote, RewardQuote)
    key = f"reward:it/day/member:{_ADA.member_id}/2026"
    assert (quote.times, quote.uses) == (1, (Use(key=key, amount=1),))
    again = replace(ada, used=(Used(key=key, amount=1),))
    assert _ask(reward, _sale(total=1_000), facts=again) is Reason.LIMIT_REACHED


def test_goods_not_listed_bear_their_part_of_a_reward() -> None:
    """Where the lines do not bear all of a reward it names none of them."""
    sale = _sale(_line("a", 1_000), total=3_000)
    quote = _quote(_reward(_percent(10)), sale)
    assert (quote.amount_minor, quote.lines) == (300, ())
    quote = _quote(_reward(_percent(10, "a")), sale)
    assert (quote.amount_minor, quote.lines) == (100, (100,))


@pytest.mark.parametrize(
    ("gift", "given"),
    [
        pytest.param(
            Gift(kind=GiftKind.CREDIT, amount_minor=500),
            Award(source="it", unit=Unit.CREDIT, amount=1_000, expiry=_YEAR),
            id="credit can be spent at once",
        ),
        pytest.param(
            Gift(kind=GiftKind.MULTIPLIER, multiplier_permille=1_500),
            Award(source="it", unit=Unit.POINTS, amount=40, pending_days=14),
            id="a surplus waits for the sale",
        ),
        pytest.param(
            Gift(kind=GiftKind.BENEFIT, quantity=3, valid_days=9),
            Voucher(source="it", kind=GiftKind.BENEFIT, reward=None, quantity=6, valid_days=9),
            id="a benefit",
        ),
        pytest.param(_percent(10), None, id="money off"),
    ],
)
def test_gifts_that_are_no_money_off(gift: Gift, given: Award | Voucher | None) -> None:
    """What a reward gives beside money off comes with the closed sale, as often as it was taken."""
    reward = _reward(gift, most_per_sale=2)
    quote = _quote(reward, _sale(total=4_000), 2)
    assert (quote.times, quote.kind) == (2, gift.kind)
    assert (quote.discount is None) == (given is not None)
    assert gift_of_reward(_rules(reward), quote, points=41) == given


def test_the_funder_is_named() -> None:
    """Whoever bears a reward stands in its quote and its discount."""
    quote = _quote(_reward(_percent(10), funder=BranchId("brand")), _sale(total=1_000))
    assert quote.discount is not None
    assert (quote.funder, quote.discount.funder) == ("brand", "brand")


@settings(max_examples=200)
@given(
    gift=st.one_of(
        st.builds(_percent, st.integers(1, 100)),
        st.builds(
            lambda minor: Gift(kind=GiftKind.MONEY_OFF, amount_minor=minor), st.integers(1, 900)
        ),
        st.builds(
            lambda quantity: Gift(kind=GiftKind.FREE_ITEM, items=_goods("a"), quantity=quantity),
            st.integers(1, 3),
        ),
    ),
    cost=st.integers(1, 50),
    times=st.integers(1, 20),
    most=st.integers(1, 20),
    balance=st.integers(-20, 300),
    pieces=st.integers(0, 9),
    price=st.integers(0, 900),
)
def test_a_reward_keeps_every_limit(
    *, gift: Gift, cost: int, times: int, most: int, balance: int, pieces: int, price: int
) -> None:
    """No quote costs more than the balance or takes more than asked, allowed or there."""
    sale = _sale(_line("a", price * pieces, pieces), _line("b", 333))
    quote = _ask(_reward(gift, cost, most_per_sale=most), sale, times, balance=balance)
    if isinstance(quote, Reason):
        assert quote in (Reason.INSUFFICIENT_POINTS, Reason.REWARD_NOT_AVAILABLE)
        assert (quote is Reason.INSUFFICIENT_POINTS) == (balance < cost)
        return
    assert 1 <= quote.times <= min(times, most)
    assert quote.points == quote.times * cost <= balance
    assert 0 < quote.amount_minor == sum(quote.lines) <= sale.total_minor
    fewer = _ask(
        _reward(gift, cost, most_per_sale=most), sale, quote.times - 1 or 1, balance=balance
    )
    assert isinstance(fewer, RewardQuote)
    assert quote.times == 1 or fewer.amount_minor < quote.amount_minor
