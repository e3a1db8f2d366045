"""A counter that uses everything a programme offers, against a real gateway: all of it is honoured.

What the terminal posts, the gateway books as it stands; what it does not post is free again; and
what the sale brings is still what was promised.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from gateway.ledger.checks import broken_invariants
from gateway.ledger.kinds import HoldState
from gateway.ledger.rows_lots import HoldRow
from gateway.model.ids import SaleKey
from gateway.model.instrument import Instrument
from gateway.model.outcome import Status
from gateway.model.programme import Programme
from gateway.model.rules.expiry import Expiry
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.stored_value import CreditPolicy, GiftCardPolicy
from gateway.model.sale import Sale, SaleLine, SaleSource
from gateway.program.acquaintance import Nobody
from simulators.mirror import MirrorCounter, MirrorGateway, mirror_card
from simulators.programme_rules import BRANCHES
from simulators.programmes import random_programme
from terminal_agent.session.paying import discounts, sum_minor
from terminal_agent.session.states import State
from terminal_agent.session.wishes import OFFERS, Wish

BLOCKS = 10 if os.environ.get("MOHR_SOAK") else 1
SEEDS = 500 if os.environ.get("MOHR_SOAK") else 20
VISITS = 12
START_MS = 1_798_761_600_000
MINUTE_MS = 60_000
MEMBERS = tuple(mirror_card(number) for number in range(3))
GIFT_CARDS = tuple(mirror_card(number) for number in range(50, 53))


def _programme(rng: Random) -> Programme:
    """Any rules, with something of everything that can be used on a sale."""
    base = random_programme(rng)
    rules = replace(
        base.rules,
        # What lapses with a sale is told in its receipt too; ``test_mirror`` looks at that.
        expiry=Expiry(),
        earning=tuple(replace(one, expiry=None) for one in base.rules.earning),
        offers=(
            *base.rules.offers,
            Offer(id="spring", gift=Gift(kind=GiftKind.PERCENT_OFF, percent_bp=1_000)),
        ),
        rewards=(
            *base.rules.rewards,
            Reward(id="off", cost_points=3, gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=50)),
            Reward(id="seat", cost_points=2, gift=Gift(kind=GiftKind.BENEFIT)),
            Reward(id="more", cost_points=2, gift=Gift(kind=GiftKind.POINTS, points=9)),
        ),
        credit=CreditPolicy(share_percent=rng.choice((50, 100)), top_up_maximum_minor=100_000),
        gift_cards=GiftCardPolicy(maximum_minor=100_000, reloadable=True, most_per_sale=2),
    )
    return replace(
        base,
        version=1,
        effective_from_ms=0,
        earn_points=max(base.earn_points, 1),
        redeem_points=1,
        redeem_minimum_points=1,
        redeem_share_percent=max(base.redeem_share_percent, 50),
        rules=rules,
    )


class Till:
    """A counter with a till that takes discounts off, most of the time."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(f"payments {seed}")
        self.programme = _programme(self.rng)
        self.gateway = MirrorGateway((self.programme,), self.rng, Nobody())
        self.gateway.now_ms = START_MS + self.rng.randrange(600 * 1_440) * MINUTE_MS
        branch = self.rng.choice(BRANCHES)
        self.counter = MirrorCounter(self.gateway, branch, (self.programme,), self.rng)
        for card in MEMBERS:
            self.counter.enrol(card)
            self.counter.pay_in(card, Instrument.CREDIT, self.rng.randint(100, 20_000))
        for card in GIFT_CARDS:
            assert self.counter.pay_in(card, Instrument.GIFT, 5_000).status is Status.APPLIED

    def visit(self) -> Counter[str]:
        """One customer; says what was met."""
        rng, counter = self.rng, self.counter
        self.gateway.now_ms += rng.randint(1, 600) * MINUTE_MS
        counter.let_go()
        total = rng.choice((500, 1_999, 20_000))
        lines = (SaleLine(label="Latte", quantity_milli=1_000, amount_minor=total, sku="111"),)
        if rng.random() < 0.9:
            counter.tap(rng.choice(MEMBERS))
        counter.offer(total, lines)
        for _ in range(rng.randrange(5)):
            self._use_something()
        if rng.random() < 0.1:
            counter.decline()
        held = counter.session.grants
        off_minor = sum_minor(discounts(held)) if rng.random() < 0.85 else 0
        counter.close(
            Sale(
                key=SaleKey(rng.randbytes(16)),
                total_minor=total - off_minor,
                source=SaleSource.RECEIPT,
                profile="mirror",
                lines=lines,
                discount_minor=off_minor or None,
            )
        )
        if counter.session.state is State.LATE:
            return Counter(["anonymous"])
        return self._settle()

    def _use_something(self) -> None:
        counter, rng = self.counter, self.rng
        named = [one.id for one in self.programme.rules.rewards]
        wish = rng.choice(
            (
                Wish(instrument=Instrument.REWARD, reward=rng.choice(named), times=2),
                Wish(instrument=Instrument.COUPON, reward=rng.choice(named)),
                Wish(instrument=Instrument.POINTS, units=rng.choice((None, 7))),
                Wish(instrument=Instrument.CREDIT, units=rng.choice((None, 99))),
                Wish(instrument=Instrument.GIFT),
                OFFERS,
            )
        )
        counter.use(wish)
        if counter.session.gift_wish is not None:
            counter.tap(rng.choice(GIFT_CARDS))

    def _settle(self) -> Counter[str]:
        """Everything posted was honoured, and nothing is left held."""
        session = self.counter.session
        results = self.counter.deliver()
        assert [one.status for one in results] == [Status.APPLIED] * len(results), results
        if session.promised is not None and session.promised.sure:
            earn = next(one for one in results if one.seq == session.earn_seq)
            assert earn.points == session.promised.points
        with self.gateway.store.batch() as batch:
            states = {row.hold_id: row.state for row in batch.every(HoldRow)}
            assert broken_invariants(batch) == ()
        assert HoldState.PENDING not in states.values()
        for grant in session.redeemed:
            assert states[grant.hold_id] is HoldState.POSTED
        return Counter(grant.instrument.value for grant in session.redeemed)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_mirror_payments_are_honoured(block: int) -> None:
    """Whatever is used in whatever order, gateway and counter agree on all of it."""
    met: Counter[str] = Counter()
    for seed in range(block, SEEDS, BLOCKS):
        till = Till(seed)
        for _ in range(VISITS):
            met += till.visit()
    used = {"offer", "reward", "points", "credit", "gift"}
    assert used <= met.keys(), met
