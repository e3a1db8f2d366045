"""Whatever is bought and comes back, in whatever parts and order, was never there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.outcome import Reason
from gateway.model.rules.earning import Unit
from gateway.model.sale import SaleLine
from simulators.scenario.clock import ScenarioClock
from simulators.scenario.identities import broken_identities
from simulators.scenario.port import Answer, Moment
from simulators.scenario.pure.shop import PureShop
from simulators.scenario.read import load_scenario
from simulators.scenario.steps import Refund, ReturnedLine, Sale, Wanted
from simulators.scenario.steps_desk import Adjust, Grant, Look
from simulators.scenario.story import Scenario

RULES: Final = """
source = "M-0"
title = "many rules at once"
[programme]
earn_points = 3
earn_per_minor = 700
redeem_value_minor = 10
returns.basis = "{basis}"
[[programme.earning]]
id = "per-piece"
kind = "item"
points = 5
per_pieces = 2
items.only.skus = ["a"]
caps = [{{ limit = 12, measure = "points", owner = "member", period = "day" }}]
[[programme.earning]]
id = "half-more"
kind = "multiplier"
multiplier_permille = 1_500
items.only.skus = ["b"]
[[programme.earning]]
id = "visit"
kind = "visit"
points = 7
[[programme.earning]]
id = "cash-back"
kind = "per_amount"
unit = "credit"
points = 1
per_minor = 50
pending_days = 3
[[programme.earning]]
id = "large"
kind = "fixed"
points = 100
stackable = false
when.minimum_minor = 9_000
[[programme.rewards]]
id = "off-3"
cost_points = 20
most_per_sale = 3
gift = {{ kind = "money_off", amount_minor = 300 }}
[[programme.rewards]]
id = "free-a"
cost_points = 0
gift = {{ kind = "free_item", items.only.skus = ["a"] }}
[[programme.offers]]
id = "ten-percent"
when.minimum_minor = 2_000
gift = {{ kind = "percent_off", percent_bp = 1_000, cap_minor = 700 }}
budgets = [{{ limit = 900, measure = "amount", owner = "all", period = "day" }}]
[[programme.offers]]
id = "come-again"
when.minimum_pieces = 3
gift = {{ kind = "coupon", reward = "free-a" }}
[[programme.offers]]
id = "more"
gift = {{ kind = "multiplier", multiplier_permille = 1_200 }}
budgets = [{{ limit = 2, owner = "member", period = "ever" }}]
[[members]]
name = "ada"
[[steps]]
do = "look"
"""

_LINES = st.lists(
    st.builds(
        lambda sku, pieces, price: SaleLine(
            label=sku, sku=sku, quantity_milli=pieces * 1_000, amount_minor=pieces * price
        ),
        st.sampled_from(["a", "b", "c"]),
        st.integers(1, 4),
        st.integers(0, 2_500),
    ),
    min_size=1,
    max_size=4,
)


@dataclass(frozen=True, slots=True)
class Bought:
    """A sale, and what to pay it with."""

    lines: tuple[SaleLine, ...]
    points: int | None
    credit_minor: int | None
    rewards: tuple[Wanted, ...]


_SALES = st.lists(
    st.builds(
        Bought,
        _LINES.map(tuple),
        st.sampled_from([None, None, 7, 100]),
        st.sampled_from([None, None, 333]),
        st.sampled_from([(), (), (Wanted(reward="off-3", times=2),)]),
    ),
    min_size=1,
    max_size=3,
)
_RETURNS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 4), st.integers(1, 3), st.integers(0, 3_000)),
    max_size=8,
)


class Counter:
    """A shop in which moments follow one another."""

    def __init__(self, scenario: Scenario) -> None:
        self.shop = PureShop(scenario)
        self._clock = ScenarioClock(scenario)
        self._number = 0

    def moment(self) -> Moment:
        """The next one."""
        self._number += 1
        return self._clock.moment(Look(), f"t{self._number}", "")

    def checked(self, answer: Answer) -> Answer:
        """The books after every step."""
        assert broken_identities(self.shop.look(self.moment())) == ()
        return answer


def begin(scenario: Scenario) -> Counter:
    """A member with points, credit and a coupon."""
    counter = Counter(scenario)
    shop = counter.shop
    for unit in Unit:
        shop.adjust(Adjust(member="ada", unit=unit, amount=1_000), counter.moment())
    shop.grant(Grant(member="ada", reward="free-a"), counter.moment())
    return counter


@pytest.fixture(scope="module", params=["per_line", "pro_rata"])
def scenario(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """The rules, with each way to reckon returns."""
    file: Path = tmp_path_factory.mktemp("rules") / "rules.toml"
    file.write_text(RULES.format(basis=request.param), encoding="utf-8")
    return load_scenario(file)


def buy(counter: Counter, sales: list[Bought]) -> list[str]:
    """Let all sales happen that can; say which did."""
    happened = []
    for number, bought in enumerate(sales):
        step = Sale(
            card="ada",
            sale=f"s{number}",
            lines=bought.lines,
            points=bought.points,
            credit_minor=bought.credit_minor,
            rewards=bought.rewards,
        )
        answer = counter.checked(counter.shop.sale(step, counter.moment()))
        if answer.refused is Reason.NONE:
            happened.append(f"s{number}")
    return happened


@settings(max_examples=60)
@given(sales=_SALES, returns=_RETURNS)
def test_everything_that_comes_back_was_never_there(
    scenario: Scenario, sales: list[Bought], returns: list[tuple[int, int, int, int]]
) -> None:
    """After all parts of all sales are back, points, credit, coupons and limits are as before."""
    counter = begin(scenario)
    before = counter.shop.look(counter.moment()).members[0]
    happened = buy(counter, sales)
    for which, line, pieces, amount_minor in returns:
        by_line = (ReturnedLine(line=line, pieces=pieces),)
        step = Refund(
            sale=f"s{which}",
            lines=by_line if amount_minor % 2 else (),
            amount_minor=None if amount_minor % 2 else amount_minor + 1,
        )
        counter.checked(counter.shop.refund(step, counter.moment()))
    for sale in happened:
        counter.checked(counter.shop.refund(Refund(sale=sale), counter.moment()))
    assert counter.shop.look(counter.moment()).members[0] == before
    assert set(counter.shop._books.used.values()) <= {0}


@settings(max_examples=60)
@given(sales=_SALES, pieces=st.integers(1, 4))
def test_parts_take_what_the_whole_takes(
    scenario: Scenario, sales: list[Bought], pieces: int
) -> None:
    """Returning line by line, some pieces at a time, ends where one return of all ends."""
    at_once, in_parts = begin(scenario), begin(scenario)
    for sale in buy(at_once, sales):
        at_once.shop.refund(Refund(sale=sale), at_once.moment())
    for sale in buy(in_parts, sales):
        record = in_parts.shop._books.sales[sale]
        for number, line in enumerate(record.sale.lines, 1):
            for first in range(0, line.quantity_milli // 1_000, pieces):
                left = line.quantity_milli // 1_000 - first
                back = (ReturnedLine(line=number, pieces=min(pieces, left)),)
                step = Refund(sale=sale, lines=back)
                in_parts.checked(in_parts.shop.refund(step, in_parts.moment()))
        assert in_parts.shop._books.sales[sale].whole
    wallets = [counter.shop.look(counter.moment()).members for counter in (at_once, in_parts)]
    assert wallets[0] == wallets[1]
