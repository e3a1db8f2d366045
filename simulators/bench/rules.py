"""``mohr bench rules``: what it costs to rate a sale under a programme with many rules and offers.

The engine alone, in this process: no ledger, no wire. The sale has twenty lines, the programme a
hundred offers that are all in force, each with a condition, a budget and a filter of its own, and
every third a window. The gift of half of them is money off, of the other half points.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Final

from gateway.heap import set_start_aside
from gateway.model.ids import BranchId, MemberId, SaleKey
from gateway.model.member_facts import MemberFacts, Used
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.caps import Cap, CapOwner, CapPeriod
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import Category, Hours, ItemFilter, ItemSet, Weekday, Window
from gateway.model.rules.tiers import TierLevel, TierScheme
from gateway.model.sale import Sale, SaleLine, SaleSource
from gateway.program.earn import points_for_sale
from gateway.program.earning import evaluate
from gateway.program.facts import Place
from gateway.program.limits import usage_keys
from gateway.program.pricing import price
from simulators.bench.figures import BenchResult, Figure
from simulators.bench.statistics import median, percentile

OFFERS: Final = 100
LINES: Final = 20
_SALES: Final = 2_000
_SALES_QUICK: Final = 40
_CATEGORIES: Final = 12
_DAY: Final = date(2027, 3, 22)
_TIERS: Final = ("silver", "gold")

_MEANING: Final = (
    "evaluate: what a closed sale earns, offers of points among it; price: what money is taken off",
    "both are done for every sale here; a shop asks for prices only where offers take money off",
    "times_the_base: evaluate over the same for a programme of points per amount alone",
)


def bench_rules(*, quick: bool) -> BenchResult:
    """Rate sales, each different and each of another member.

    Args:
        quick: a few sales only.

    Returns:
        percentiles of evaluating and of pricing one sale, and the base's cost beside.
    """
    rng = random.Random(20270322)
    programme = many_offers(OFFERS)
    sales = [random_sale(rng, LINES) for _ in range(_SALES_QUICK if quick else _SALES)]
    set_start_aside()
    evaluated: list[float] = []
    priced: list[float] = []
    plain: list[float] = []
    for number, sale in enumerate(sales):
        place = random_place(rng)
        facts = random_facts(rng, programme, place, number)
        evaluated.append(_took_ms(partial(evaluate, programme, sale, facts, place)))
        priced.append(_took_ms(partial(price, programme, sale, facts, place)))
        plain.append(_took_ms(partial(points_for_sale, programme, sale)))
    base = max(median(plain), 1e-6)
    return BenchResult(
        bench="rules",
        figures=(
            Figure("evaluate_ms_p50", median(evaluated)),
            Figure("evaluate_ms_p99", percentile(evaluated, 99)),
            Figure("price_ms_p50", median(priced)),
            Figure("price_ms_p99", percentile(priced, 99)),
            Figure("times_the_base", median(evaluated) / base),
        ),
        lines=(f"{len(sales)} sales of {LINES} lines, {OFFERS} offers in force", *_MEANING),
    )


def many_offers(count: int) -> Programme:
    """A programme with so many offers, all in force, and half as many earning rules."""
    rng = random.Random(count)
    categories = tuple(
        Category(id=f"group-{number}", items=ItemSet(skus=tuple(_skus(number))))
        for number in range(_CATEGORIES)
    )
    rules = Rules(
        categories=categories,
        earning=tuple(_rule(rng, number) for number in range(count // 10)),
        offers=tuple(_offer(rng, number) for number in range(count)),
        tiers=TierScheme(
            levels=tuple(TierLevel(id=name, threshold=at * 1_000) for at, name in enumerate(_TIERS))
        ),
    )
    return Programme(
        name="points",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=1,
        earn_per_minor=100,
        redeem_points=100,
        redeem_value_minor=100,
        rules=rules,
    )


def chain_of(count: int, branches: Sequence[BranchId]) -> Programme:
    """The same for a chain of branches: a fifth of the offers counts everywhere.

    Each of the others counts at a tenth of the branches.
    """
    programme = many_offers(count)
    rng = random.Random(count)
    some = max(len(branches) // 10, 1)
    offers = tuple(
        replace(offer, when=replace(offer.when, branches=tuple(rng.sample(branches, some))))
        if number % 5
        else offer
        for number, offer in enumerate(programme.rules.offers)
    )
    return replace(programme, rules=replace(programme.rules, offers=offers))


def random_sale(rng: random.Random, lines: int) -> Sale:
    """A sale of goods of all groups."""
    sold = tuple(
        SaleLine(
            label=f"Article {rng.randrange(1_000)}",
            quantity_milli=1_000 * rng.randrange(1, 4),
            amount_minor=rng.randrange(50, 5_000),
            sku=f"{rng.randrange(_CATEGORIES * 10):05}",
        )
        for _ in range(lines)
    )
    return Sale(
        key=SaleKey(rng.randbytes(16)),
        total_minor=sum(line.amount_minor for line in sold),
        source=SaleSource.PROTOCOL,
        profile="bench",
        lines=sold,
    )


def random_place(rng: random.Random) -> Place:
    """Some time of some day at one of three branches."""
    return Place(
        branch=BranchId(f"branch-{rng.randrange(3)}"),
        at_ms=0,
        business_day=_DAY + timedelta(days=rng.randrange(7)),
        minute=rng.randrange(1_440),
    )


def random_facts(
    rng: random.Random, programme: Programme, place: Place, number: int
) -> MemberFacts:
    """A member with a past, and limits that are used in part."""
    member = MemberId(f"{number:032x}")
    facts = MemberFacts(
        member_id=member,
        tier=rng.choice((None, *_TIERS)),
        purchases=rng.randrange(50),
        visits=rng.randrange(40),
        last_visit_on=_DAY - timedelta(days=rng.randrange(1, 60)),
    )
    keys = usage_keys(programme, member, place)
    used = tuple(Used(key=key, amount=1) for key in keys if rng.random() < 0.3)
    return replace(facts, used=used)


def _skus(group: int) -> list[str]:
    return [f"{number:05}" for number in range(group * 10, group * 10 + 10)]


def _filter(rng: random.Random) -> ItemFilter:
    return ItemFilter(only=ItemSet(categories=(f"group-{rng.randrange(_CATEGORIES)}",)))


def _rule(rng: random.Random, number: int) -> EarningRule:
    return EarningRule(
        id=f"rule-{number}",
        kind=EarningKind.PER_AMOUNT,
        points=rng.randrange(1, 4),
        per_minor=rng.choice((100, 250, 500)),
        items=_filter(rng),
        caps=(Cap(limit=rng.randrange(50, 500), period=CapPeriod.MONTH),),
    )


def _offer(rng: random.Random, number: int) -> Offer:
    window = Window()
    if number % 3 == 0:
        hours = Hours(from_minute=rng.randrange(12) * 60, to_minute=rng.randrange(13, 24) * 60)
        window = Window(weekdays=tuple(rng.sample(tuple(Weekday), 4)), hours=(hours,))
    gift = (
        Gift(kind=GiftKind.POINTS, points=rng.randrange(1, 50))
        if number % 2
        else Gift(
            kind=GiftKind.PERCENT_OFF,
            percent_bp=rng.randrange(1, 10) * 100,
            cap_minor=rng.randrange(100, 1_000),
            items=_filter(rng),
        )
    )
    return Offer(
        id=f"offer-{number}",
        gift=gift,
        when=Condition(
            window=window,
            tiers=_TIERS if number % 5 == 0 else (),
            minimum_minor=rng.randrange(0, 30_000),
            items=_filter(rng) if number % 4 == 0 else ItemFilter(),
        ),
        budgets=(
            Cap(limit=rng.randrange(1, 4), period=CapPeriod.MONTH),
            Cap(limit=10_000, owner=CapOwner.ALL),
        ),
        priority=rng.randrange(10),
        holdout_percent=rng.choice((0, 0, 10)),
    )


def _took_ms(work: Callable[[], object]) -> float:
    started = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - started) / 1e6
