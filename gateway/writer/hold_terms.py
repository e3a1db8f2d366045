"""What a reservation was granted for, beside its points and its money."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from gateway.ledger.book import Book
from gateway.ledger.rows_lots import HoldRow
from gateway.model.instrument import Instrument
from gateway.model.plain import from_plain, to_canonical_json
from gateway.model.programme import Programme
from gateway.program.evaluation import Discount, Use
from gateway.program.rewards import RewardQuote


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponUse:
    """So many uses of one coupon."""

    voucher_id: int
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldTerms:
    """What was granted.

    Attributes:
        uses: limits that it uses.
        coupons: coupons that it uses.
        discounts: what its money is made of.
        held_out: offers that the member's lot kept from giving; written down with the decision.
        times: how often a reward is taken.
        total_minor: of a discount, what the sale came to when it was asked for.
    """

    uses: tuple[Use, ...] = ()
    coupons: tuple[CouponUse, ...] = ()
    discounts: tuple[Discount, ...] = ()
    held_out: tuple[str, ...] = ()
    times: int = 0
    total_minor: int = 0


def terms_text(terms: HoldTerms) -> str:
    """Write terms down; nothing is empty text."""
    return "" if terms == HoldTerms() else to_canonical_json(terms)


def terms_of(hold: HoldRow) -> HoldTerms:
    """Read a hold's terms."""
    return from_plain(HoldTerms, json.loads(hold.terms)) if hold.terms else HoldTerms()


def quote_of_hold(rules: Programme, hold: HoldRow) -> RewardQuote | None:
    """The reward that a hold is of, as the rules that granted it know it; None for no reward."""
    if hold.instrument not in (Instrument.REWARD, Instrument.COUPON):
        return None
    reward = next((one for one in rules.rules.rewards if one.id == hold.source), None)
    if reward is None:
        return None
    return RewardQuote(
        reward_id=reward.id,
        times=max(terms_of(hold).times, 1),
        points=hold.points,
        kind=reward.gift.kind,
    )


def count_uses(book: Book, terms: HoldTerms, *, honoured: bool = False) -> HoldTerms:
    """Count what a reservation uses: at once, so that nobody else can use it meanwhile.

    Args:
        book: where.
        terms: what it uses.
        honoured: the till gave the discount after the reservation had freed itself. A coupon that
            somebody used meanwhile is then used up and no more.

    Returns:
        The terms with what was really used of coupons: no more than that is ever given back.
    """
    for use in terms.uses:
        book.use(use.key, use.amount)
    used = []
    for coupon in terms.coupons:
        voucher = book.vouchers.require(coupon.voucher_id)
        left = 0 if voucher.revoked_index is not None else voucher.quantity - voucher.used
        times = min(coupon.times, left) if honoured else coupon.times
        if times:
            book.use_voucher(coupon.voucher_id, times)
            used.append(replace(coupon, times=times))
    return replace(terms, coupons=tuple(used))


def give_uses_back(book: Book, hold: HoldRow) -> None:
    """Give back the limits and coupons of a reservation that came to nothing, or was undone."""
    terms = terms_of(hold)
    for use in terms.uses:
        book.use(use.key, -use.amount)
    for coupon in terms.coupons:
        book.use_voucher(coupon.voucher_id, -coupon.times)
