"""Rewards that multiply the points of a sale, in the writer: behind the sale, and never in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.ledger.kinds import HoldState
from gateway.model.outcome import Reason, Status
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from simulators.rules_shop import Purse, RulesShop, club
from simulators.rules_till import RulesTill

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore

DOUBLE = Reward(
    id="double",
    cost_points=10,
    gift=Gift(kind=GiftKind.MULTIPLIER, multiplier_permille=2_000),
)


@pytest.fixture
def shop(store: LedgerStore) -> RulesShop:
    """A shop of a point for each euro, twice so many for ten points, where Ada has a hundred."""
    shop = RulesShop(store, club(Rules(rewards=(DOUBLE,))))
    shop.do(shop.till().sell("ada", "before", 10_000))
    return shop


@pytest.fixture
def till(shop: RulesShop) -> RulesTill:
    """Another till of that shop."""
    return shop.till("till-2")


def test_behind_the_sale_it_gives_the_points_once_more(shop: RulesShop, till: RulesTill) -> None:
    """In one batch with the sale or after it; ten points are paid, fifty come on top."""
    answer = shop.ask(till.reserve_reward("ada", "s", "double"))
    posted = shop.do(till.sell("ada", "s", 5_000), till.post("ada", "s", answer, 5_000))
    assert posted.status is Status.APPLIED
    assert shop.points("ada") == Purse(active=100 + 50 - 10 + 50)


def test_before_the_sale_it_is_refused_and_can_be_used_behind_it(
    shop: RulesShop, till: RulesTill
) -> None:
    """A terminal that seals it first loses neither the points that it costs nor what it gives."""
    answer = shop.ask(till.reserve_reward("ada", "s", "double"))
    early = shop.do(till.post("ada", "s", answer, 5_000))
    assert (early.status, early.reason) == (Status.REFUSED, Reason.REWARD_NOT_AVAILABLE)
    assert shop.hold(answer).state is HoldState.PENDING
    shop.do(till.sell("ada", "s", 5_000))
    assert shop.do(till.post("ada", "s", answer, 5_000)).status is Status.APPLIED
    assert shop.points("ada") == Purse(active=190)


def test_of_nothing_it_costs_nothing(shop: RulesShop, till: RulesTill) -> None:
    """A sale of 0.90 earns no point, and what was set aside frees itself."""
    answer = shop.ask(till.reserve_reward("ada", "s", "double"))
    shop.do(till.sell("ada", "s", 90))
    assert shop.do(till.post("ada", "s", answer, 90)).reason is Reason.REWARD_NOT_AVAILABLE
    shop.later(hours=1)
    shop.tick()
    assert shop.points("ada") == Purse(active=100)


def test_what_it_gave_follows_the_points_of_the_sale(shop: RulesShop, till: RulesTill) -> None:
    """Three returns of a third take it back to the point, and its price comes back with them."""
    answer = shop.ask(till.reserve_reward("ada", "s", "double"))
    shop.do(till.sell("ada", "s", 5_000), till.post("ada", "s", answer, 5_000))
    left = []
    for nth, amount_minor in enumerate((1_650, 1_650, 1_700)):
        shop.do(till.take_back("s", f"paper {nth}", amount_minor))
        left.append(shop.points("ada").active)
    assert left == [100 + 33 + 33 - 7, 100 + 17 + 17 - 4, 100]
