"""What the reservations of a sale come to, in the one order of payment.

Discounts lower the price: what offers take off, rewards and coupons. Points, stored credit and gift
cards pay it. Discounts come first, so none is asked for while something pays already; whatever pays
is asked for no more than the ones before it have left, so that in the usual order, points, credit,
gift cards, each pays what ``gateway.program.stored.order_of_payment`` says.

A discount has to be taken off at the till, and the till's total says whether it was: it is the
total before, or the total less the first of the discounts, or less all of them. Whatever else it
is, the sale is another one than the reservations were made for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.model.sale import SaleLine
from terminal_agent.session.memory import Grant, Offer
from terminal_agent.session.tenders import TENDER_KINDS


def discounts(grants: Sequence[Grant]) -> tuple[Grant, ...]:
    """Those that lower the price."""
    return tuple(one for one in grants if one.instrument not in TENDER_KINDS and one.amount_minor)


def tenders(grants: Sequence[Grant]) -> tuple[Grant, ...]:
    """Those that pay it."""
    return tuple(one for one in grants if one.instrument in TENDER_KINDS)


def sum_minor(grants: Sequence[Grant]) -> int:
    """The money that they stand for together."""
    return sum(one.amount_minor for one in grants)


def price_minor(offer: Offer, grants: Sequence[Grant]) -> int:
    """What a sale costs once all that is held is taken off, whether or not the till did so yet."""
    return max(offer.gross_minor - sum_minor(discounts(grants)), 0)


def tax_in_price(offer: Offer, grants: Sequence[Grant]) -> int | None:
    """The tax in that price: of what the till told for its total, the share that is left."""
    if offer.tax_minor is None or not offer.total_minor:
        return offer.tax_minor
    return offer.tax_minor * price_minor(offer, grants) // offer.total_minor


def goods_now(offer: Offer, grants: Sequence[Grant]) -> tuple[SaleLine, ...]:
    """The goods of a sale, lowered by the discounts that are held.

    Once the till has taken a discount off, its own goods say so. Goods that do not add up to the
    total are told as they are: the gateway shares the difference out among them.
    """
    goods = offer.lines
    if offer.taken_minor or sum(line.amount_minor for line in goods) != offer.total_minor:
        return goods
    for one in (part for grant in discounts(grants) for part in grant.parts):
        if len(one.lines) == len(goods):
            goods = tuple(
                replace(line, amount_minor=line.amount_minor - off)
                for line, off in zip(goods, one.lines, strict=True)
            )
    return goods


def due_minor(offer: Offer, grants: Sequence[Grant]) -> int:
    """What is left to be paid otherwise."""
    return max(price_minor(offer, grants) - sum_minor(tenders(grants)), 0)


def taken_minor(gross_minor: int, total_minor: int, grants: Sequence[Grant]) -> int | None:
    """Find out which of the discounts a till has taken off.

    Args:
        gross_minor: the total before any of them.
        total_minor: as the till shows it.
        grants: what is held.

    Returns:
        what it took off: nothing, the first of the discounts, or all of them; None where the
        total is none of these.
    """
    taken, found = 0, None
    for amount_minor in (0, *(one.amount_minor for one in discounts(grants))):
        taken += amount_minor
        if gross_minor - taken == total_minor:
            found = taken
    return found


def fits(offer: Offer, grants: Sequence[Grant], total_minor: int) -> bool:
    """Whether a new total is still that of the sale which everything held was made for."""
    lowering = discounts(grants)
    if lowering and taken_minor(offer.gross_minor, total_minor, grants) is None:
        return False
    price = price_minor(offer, grants) if lowering else total_minor
    return sum_minor(tenders(grants)) <= price


def given(offer: Offer, grants: Sequence[Grant], total_minor: int) -> tuple[Grant, ...]:
    """Which reservations the till gave, by the total that it closed the sale with.

    Discounts that it did not take off were not given; where its total cannot be explained, no
    discount was. What pays is given where it is no more than that total.
    """
    taken = taken_minor(offer.gross_minor, total_minor, grants)
    kept: list[Grant] = []
    left = taken or 0
    for grant in grants:
        lowers = grant.instrument not in TENDER_KINDS and grant.amount_minor > 0
        if not lowers or grant.amount_minor <= left:
            kept.append(grant)
            left -= grant.amount_minor if lowers else 0
        else:
            # The next discounts were not taken off either: they came after this one.
            left = 0
    if sum_minor(tenders(kept)) > total_minor:
        kept = [one for one in kept if one.instrument not in TENDER_KINDS]
    return tuple(kept)
