"""What members take for points: whether they may, what it costs, what it brings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.outcome import Reason
from gateway.model.rules.condition import Condition
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.sale import Sale
from gateway.program.gifts import sale_after
from gateway.program.rewards import RewardAsk, RewardQuote, quote_reward
from simulators.given.goods import goods_of, line_of, percent_off, sale_of
from simulators.given.rewarded import ADA, PLACE, ask_for, club_of, quote_for, reward_of


def test_whole_times_only() -> None:
    """O-8: of 11 points a reward that costs 3 takes 9, three times."""
    reward = reward_of(Gift(kind=GiftKind.MONEY_OFF, amount_minor=450), 3, most_per_sale=100)
    quote = quote_for(reward, sale_of(total=10_000), 100, balance=11)
    assert (quote.times, quote.points, quote.amount_minor) == (3, 9, 1_350)


@pytest.mark.parametrize(("times", "left_minor"), [(1, 27_000), (2, 24_300), (3, 21_870)])
def test_each_time_on_the_rest(times: int, left_minor: int) -> None:
    """O-10: 10 % claimed three times on 300 leaves 270, 243 and 218.70."""
    reward = reward_of(percent_off(10), most_per_sale=3)
    sale = sale_of(*(line_of("a", 10_000) for _ in range(3)))
    quote = quote_for(reward, sale, times)
    assert sale.total_minor - quote.amount_minor == left_minor
    assert (quote.times, quote.points, sum(quote.lines)) == (times, times, quote.amount_minor)


def test_two_rewards_one_after_the_other() -> None:
    """O-19: 10 % on A and 15 % on B, each reckoned on what the first has left, for all points."""
    ten = replace(reward_of(percent_off(10, "a")), id="ten")
    more = replace(reward_of(percent_off(15, "b")), id="more")
    programme, sale, balance = (
        club_of(ten, more),
        sale_of(line_of("a", 10_000), line_of("b", 500)),
        2,
    )
    for name in ("ten", "more"):
        quote = quote_reward(
            programme,
            RewardAsk(reward=name),
            balance_points=balance,
            sale=sale,
            facts=ADA,
            place=PLACE,
        )
        assert isinstance(quote, RewardQuote)
        assert quote.discount is not None
        sale, balance = sale_after(sale, [quote.discount]), balance - quote.points
    assert (sale.total_minor, balance) == (9_000 + 425, 0)


def test_the_cheapest_tagged_goods() -> None:
    """O-20: 10 % on the cheapest of the tagged goods, whatever else is cheaper."""
    reward = reward_of(replace(percent_off(10, "a", "c"), cheapest=True))
    lines = [line_of("a", 11_500), line_of("b", 575)]
    assert quote_for(reward, sale_of(*lines)).lines == (1_150, 0)
    assert quote_for(reward, sale_of(*lines, line_of("c", 5_000))).lines == (0, 0, 500)


def test_a_coupon_after_an_offer() -> None:
    """O-34 and O-35: a coupon of 100 off from 100 is given on 165, and refused on the rest."""
    reward = reward_of(
        Gift(kind=GiftKind.MONEY_OFF, amount_minor=10_000), when=Condition(minimum_minor=10_000)
    )
    sale = sale_of(line_of("chair", 16_500, 10))
    quote = quote_for(reward, sale)
    assert quote.discount is not None
    rest = sale_after(sale, [quote.discount])
    assert rest.total_minor == 6_500
    assert ask_for(reward, rest) is Reason.REWARD_NOT_AVAILABLE


def test_a_capped_reward_does_not_outlive_the_goods() -> None:
    """O-40: chairs for nothing, at most 200: two chairs, then one."""
    gift = replace(percent_off(100, "chair"), cap_minor=20_000)
    for chairs in (2, 1):
        sale = sale_of(line_of("cabinet", 50_000), line_of("chair", 10_000 * chairs, chairs))
        quote = quote_for(reward_of(gift), sale)
        assert (quote.amount_minor, quote.lines) == (10_000 * chairs, (0, 10_000 * chairs))
    assert (
        ask_for(reward_of(gift), sale_of(line_of("cabinet", 50_000))) is Reason.REWARD_NOT_AVAILABLE
    )


@pytest.mark.parametrize(
    ("pieces", "times", "cost", "free"),
    [(5, 9, 9, 5), (5, 2, 6, 4), (4, 9, 6, 4), (1, 9, 3, 1)],
)
def test_free_pieces_cost_by_the_set(pieces: int, times: int, cost: int, free: int) -> None:
    """O-53: of a reward of 2 pieces for 3 points, 5 pieces cost 9."""
    gift = Gift(kind=GiftKind.FREE_ITEM, items=goods_of("a"), quantity=2)
    reward = reward_of(gift, 3, most_per_sale=100)
    quote = quote_for(reward, sale_of(line_of("a", 200 * pieces, pieces), line_of("b", 900)), times)
    assert (quote.points, quote.lines) == (cost, (200 * free, 0))


def test_free_pieces_are_capped_each_time() -> None:
    """A reward with a cap has it each time it is taken."""
    gift = Gift(kind=GiftKind.FREE_ITEM, items=goods_of("a"), cap_minor=150)
    quote = quote_for(reward_of(gift, most_per_sale=2), sale_of(line_of("a", 600, 3)), 2)
    assert (quote.times, quote.amount_minor) == (2, 300)


def test_what_brings_nothing_is_not_charged() -> None:
    """Times that would take nothing more off are not taken."""
    fixed = reward_of(Gift(kind=GiftKind.MONEY_OFF, amount_minor=24_900), most_per_sale=9)
    quote = quote_for(fixed, sale_of(total=30_000), 9)
    assert (quote.times, quote.points, quote.amount_minor) == (2, 2, 30_000)
    assert ask_for(fixed, sale_of(total=0)) is Reason.REWARD_NOT_AVAILABLE
    price = Gift(kind=GiftKind.PRODUCT_PRICE, price_minor=200, items=goods_of("a"))
    goods = sale_of(line_of("a", 300), line_of("a", 150), line_of("a", 260))
    quote = quote_for(reward_of(price, most_per_sale=9), goods, 9)
    assert (quote.times, quote.lines) == (2, (100, 0, 60))


def test_a_price_that_is_none_brings_nothing() -> None:
    """Goods that cost less than the reward's price already are no reason to charge for it."""
    price = Gift(kind=GiftKind.PRODUCT_PRICE, price_minor=200, items=goods_of("a"))
    assert ask_for(reward_of(price), sale_of(line_of("a", 150))) is Reason.REWARD_NOT_AVAILABLE


def test_a_huge_set_of_goods() -> None:
    """A reward of very many pieces taken very often still is a reward."""
    gift = Gift(kind=GiftKind.FREE_ITEM, items=goods_of("a"), quantity=9_000, cap_minor=2**62)
    quote = quote_for(
        reward_of(gift, most_per_sale=1_000), sale_of(line_of("a", 10**9, 10**6)), 1_000
    )
    assert (quote.times, quote.amount_minor) == (2, 10_000_000)


@pytest.mark.parametrize(
    ("reward", "sale", "kept", "refused"),
    [
        pytest.param(
            reward_of(percent_off(10)),
            sale_of(total=9),
            {},
            Reason.REWARD_NOT_AVAILABLE,
            id="no effect",
        ),
        pytest.param(
            reward_of(percent_off(10, "b")),
            sale_of(line_of("a", 900)),
            {},
            Reason.REWARD_NOT_AVAILABLE,
            id="no goods",
        ),
        pytest.param(
            reward_of(percent_off(10), when=Condition(minimum_minor=901)),
            sale_of(total=900),
            {},
            Reason.REWARD_NOT_AVAILABLE,
            id="condition",
        ),
        pytest.param(
            reward_of(percent_off(10), 0),
            sale_of(total=900),
            {},
            Reason.REWARD_NOT_AVAILABLE,
            id="only for a coupon",
        ),
        pytest.param(
            reward_of(percent_off(10), 1_001),
            sale_of(total=900),
            {},
            Reason.INSUFFICIENT_POINTS,
            id="too few points",
        ),
        pytest.param(
            reward_of(percent_off(10)),
            sale_of(total=900),
            {"balance": -5},
            Reason.INSUFFICIENT_POINTS,
            id="in debt",
        ),
        pytest.param(
            reward_of(percent_off(10), most_per_sale=2),
            sale_of(total=900),
            {"taken": 2},
            Reason.LIMIT_REACHED,
            id="taken before",
        ),
    ],
)
def test_refusals(reward: Reward, sale: Sale, kept: dict[str, int], refused: Reason) -> None:
    """What may not be taken is refused with its reason."""
    assert ask_for(reward, sale, **kept) is refused  # type: ignore[arg-type]


def test_an_unknown_reward() -> None:
    """A reward that the rules do not have is refused as such."""
    ask = RewardAsk(reward="other")
    quote = quote_reward(
        club_of(reward_of(percent_off(10))),
        ask,
        balance_points=9,
        sale=sale_of(total=900),
        facts=ADA,
        place=PLACE,
    )
    assert quote is Reason.REWARD_UNKNOWN


def test_what_is_left_of_the_sale_s_limit() -> None:
    """Times taken before on this sale count towards the most that a sale may have."""
    reward = reward_of(Gift(kind=GiftKind.BENEFIT), most_per_sale=3)
    quote = ask_for(reward, sale_of(total=900), 9, taken=1)
    assert isinstance(quote, RewardQuote)
    assert quote.times == 2


def test_goods_not_listed_bear_their_part_of_a_reward() -> None:
    """Where the lines do not bear all of a reward it names none of them."""
    sale = sale_of(line_of("a", 1_000), total=3_000)
    quote = quote_for(reward_of(percent_off(10)), sale)
    assert (quote.amount_minor, quote.lines) == (300, ())
    quote = quote_for(reward_of(percent_off(10, "a")), sale)
    assert (quote.amount_minor, quote.lines) == (100, (100,))


@settings(max_examples=200)
@given(
    gift=st.one_of(
        st.builds(percent_off, st.integers(1, 100)),
        st.builds(
            lambda minor: Gift(kind=GiftKind.MONEY_OFF, amount_minor=minor), st.integers(1, 900)
        ),
        st.builds(
            lambda quantity: Gift(kind=GiftKind.FREE_ITEM, items=goods_of("a"), quantity=quantity),
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
    sale = sale_of(line_of("a", price * pieces, pieces), line_of("b", 333))
    quote = ask_for(reward_of(gift, cost, most_per_sale=most), sale, times, balance=balance)
    if isinstance(quote, Reason):
        assert quote in (Reason.INSUFFICIENT_POINTS, Reason.REWARD_NOT_AVAILABLE)
        assert (quote is Reason.INSUFFICIENT_POINTS) == (balance < cost)
        return
    assert 1 <= quote.times <= min(times, most)
    assert quote.points == quote.times * cost <= balance
    assert 0 < quote.amount_minor == sum(quote.lines) <= sale.total_minor
    fewer = ask_for(
        reward_of(gift, cost, most_per_sale=most), sale, quote.times - 1 or 1, balance=balance
    )
    assert isinstance(fewer, RewardQuote)
    assert quote.times == 1 or fewer.amount_minor < quote.amount_minor
