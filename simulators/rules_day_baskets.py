"""What lies on the counter in a shop that goes on at random."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from gateway.model.sale import SaleLine, Tender, TenderKind
from simulators.rules_till import Basket, line

_GOODS: Final = (
    ("latte", "111"),
    ("espresso coffee", "222"),
    ("نان", None),
    ("tobacco", "4006381333931"),
    ("window seat", "7 Up"),
)


def random_basket(rng: Random) -> Basket:
    """Some goods, or an amount of which nobody tells what it was for."""
    lines = tuple(
        line(label, rng.choice((99, 300, 1_250, 4_000)) * pieces, pieces, sku)
        for label, sku in rng.sample(_GOODS, rng.randrange(len(_GOODS)))
        for pieces in [rng.randint(1, 3)]
    )
    total_minor = sum(one.amount_minor for one in lines)
    return Basket(total_minor=total_minor or rng.randint(1, 30_000), lines=lines)


def random_tenders(rng: Random, basket: Basket) -> tuple[Tender, ...]:
    """How it is paid: now and then in part with points, as a till may print it."""
    if rng.random() < 0.8:
        return ()
    paid_minor = rng.randint(0, basket.total_minor)
    return (Tender(kind=TenderKind.POINTS, amount_minor=paid_minor),)


def some_of(rng: Random, basket: Basket) -> tuple[tuple[SaleLine, ...], int]:
    """What comes back of it: some pieces of some lines, or an amount alone."""
    lines = tuple(one for one in basket.lines if rng.random() < 0.5)
    if not lines:
        return (), rng.randint(0, basket.total_minor)
    parts = []
    for one in lines:
        pieces = one.quantity_milli // 1_000
        back = rng.randint(1, pieces)
        amount_minor = one.amount_minor * back // pieces
        parts.append(replace(one, quantity_milli=back * 1_000, amount_minor=amount_minor))
    return tuple(parts), sum(one.amount_minor for one in parts)
