"""What the customers of one seeded day do: pure, and the same for the same seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from simulators.receipts import ReceiptItem

GOODS: Final = (
    ("Espresso", 240),
    ("Cappuccino", 340),
    ("Tea", 290),
    ("Croissant", 210),
    ("Baguette", 180),
    ("Cheesecake", 495),
    ("Olive oil 0.5 l", 795),
    ("Saffron 1 g", 1290),
)

MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One customer at one till.

    Attributes:
        number: counts the day's visits from 1; becomes the receipt number.
        terminal: index of the till.
        start_ms: milliseconds since the shop opened.
        member: index of the customer's card, or None for somebody without one.
        items: what is bought.
        card_first: whether the card is shown before the till prints.
        tapped_twice: whether the customer shows the card again for luck.
        redeem: whether the cashier is asked to take points.
        refund_of: number of an earlier visit whose goods come back instead of a sale.
        reprinted: whether the till prints the same receipt again.
    """

    number: int
    terminal: int
    start_ms: int
    member: int | None
    items: tuple[ReceiptItem, ...]
    card_first: bool = True
    tapped_twice: bool = False
    redeem: bool = False
    refund_of: int | None = None
    reprinted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSize:
    """How much happens in a day."""

    terminals: int = 3
    members: int = 12
    visits: int = 60
    day_ms: int = 90 * MINUTE_MS


def plan_day(rng: random.Random, size: ShopSize) -> tuple[Visit, ...]:
    """Draw a day.

    Args:
        rng: where every choice comes from.
        size: how much happens.

    Returns:
        visits by rising start; at one till they do not overlap, because people queue.
    """
    slot_ms = size.day_ms * size.terminals // size.visits
    free_ms = [rng.randrange(slot_ms) for _ in range(size.terminals)]
    visits: list[Visit] = []
    refunded: set[int] = set()
    for number in range(1, size.visits + 1):
        terminal = min(range(size.terminals), key=lambda index: free_ms[index])
        start_ms = free_ms[terminal]
        free_ms[terminal] = start_ms + slot_ms // 2 + rng.randrange(slot_ms)
        refund_of = _earlier_sale(rng, visits, refunded)
        if refund_of is not None:
            refunded.add(refund_of)
        visits.append(
            Visit(
                number=number,
                terminal=terminal,
                start_ms=start_ms,
                member=None if rng.random() < 0.1 else rng.randrange(size.members),
                items=_basket(rng),
                card_first=rng.random() < 0.6,
                tapped_twice=rng.random() < 0.1,
                redeem=rng.random() < 0.35,
                refund_of=refund_of,
                reprinted=rng.random() < 0.05,
            )
        )
    return tuple(sorted(visits, key=lambda visit: (visit.start_ms, visit.number)))


def _earlier_sale(rng: random.Random, visits: list[Visit], refunded: set[int]) -> int | None:
    sales = [v.number for v in visits if v.refund_of is None and v.number not in refunded]
    return rng.choice(sales) if sales and rng.random() < 0.1 else None


def _basket(rng: random.Random) -> tuple[ReceiptItem, ...]:
    chosen = (rng.choice(GOODS) for _ in range(rng.randint(1, 5)))
    return tuple(
        ReceiptItem(label=label, amount_minor=amount_minor) for label, amount_minor in chosen
    )
