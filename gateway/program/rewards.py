"""What members take for points, or for a coupon: whether they may, what it costs, what it brings.

Rewards are taken in whole. Asking for more than the balance, the rules or the goods allow gives as
much as they do, and only what has an effect is charged. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from gateway.model.checks import I63_MAX, check_int, check_name
from gateway.model.ids import BranchId, MemberId
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.model.rules.reward import MONEY_GIFTS, Gift, GiftKind, Reward
from gateway.model.sale import Sale
from gateway.program.conditions import holds
from gateway.program.evaluation import Award, Discount, Use, Voucher
from gateway.program.facts import MemberFacts, Place
from gateway.program.gift_giving import give
from gateway.program.gifts import GOODS, MoneyOff, line_costs, money_off
from gateway.program.limits import occurrence_today, reward_source, used_of

#: No gift is of more pieces.
PIECES_MAX: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """A coupon that somebody wants to use.

    Attributes:
        reward: the reward it is for.
        uses_left: how often it can still be used.
        member_id: the only member who may use it; None for whoever has it.
        expires_at_ms: the Unix time from which it is worth nothing; None for never.
    """

    reward: str
    uses_left: int
    member_id: MemberId | None = None
    expires_at_ms: int | None = None

    def __post_init__(self) -> None:
        check_name("coupon reward", self.reward)
        check_int("uses_left", self.uses_left, 0, I63_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardAsk:
    """A wish for a reward.

    Attributes:
        reward: its id.
        times: how often at most.
        coupon: what pays for it; None for points.
        taken_before: how often it was taken on this sale already.
    """

    reward: str
    times: int = 1
    coupon: Coupon | None = None
    taken_before: int = 0

    def __post_init__(self) -> None:
        check_name("reward", self.reward)
        check_int("times", self.times, 1, 1_000)
        check_int("taken_before", self.taken_before, 0, 1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardQuote:
    """A reward that the rules allow.

    Attributes:
        reward_id: which.
        times: how often it is taken, at least once.
        points: what that costs; 0 with a coupon.
        kind: what kind of thing it is.
        amount_minor: the money it takes off the sale; 0 for gifts that take none off.
        lines: of it, what is taken off each line; adds up to ``amount_minor``. Empty where the
            sale's lines do not bear it all.
        funder: who bears it, where that is not the branch that gave it.
        uses: what to add to the limits.
    """

    reward_id: str
    times: int
    points: int
    kind: GiftKind
    amount_minor: int = 0
    lines: tuple[int, ...] = ()
    funder: BranchId | None = None
    uses: tuple[Use, ...] = ()

    @property
    def discount(self) -> Discount | None:
        """The money off as a discount; None where none is taken off."""
        if not self.amount_minor:
            return None
        return Discount(
            source=self.reward_id,
            amount_minor=self.amount_minor,
            lines=self.lines,
            funder=self.funder,
        )


def quote_reward(
    programme: Programme,
    ask: RewardAsk,
    *,
    balance_points: int,
    sale: Sale,
    facts: MemberFacts,
    place: Place,
) -> RewardQuote | Reason:
    """Say whether a reward may be taken on a sale, what it costs and what it takes off.

    Of several times, each percentage or sum is reckoned on what the ones before it have left;
    goods are counted together, so that the cost is per ``quantity`` pieces, a part of them
    charged as a whole.

    Args:
        programme: the rules in force.
        ask: which reward, how often, for what.
        balance_points: the member's spendable points; may be negative after refunds.
        sale: what is about to be paid, the offers' and earlier rewards' money off.
        facts: the member's past, and the limits used.
        place: where and when.

    Returns:
        The quote, or ``REWARD_UNKNOWN``; ``COUPON_NOT_AVAILABLE`` for a coupon that lapsed, is
        used up, or is another reward's or member's; ``REWARD_NOT_AVAILABLE`` where its condition
        does not hold, only a coupon gives it, or the sale has nothing that it could lower;
        ``LIMIT_REACHED`` where it was taken as often as it may be; ``INSUFFICIENT_POINTS``.
    """
    reward = next((one for one in programme.rules.rewards if one.id == ask.reward), None)
    if reward is None:
        return Reason.REWARD_UNKNOWN
    if not _is_offered(reward, ask, facts, place):
        return Reason.REWARD_NOT_AVAILABLE if ask.coupon is None else Reason.COUPON_NOT_AVAILABLE
    if not holds(programme, reward.when, sale, facts, place):
        return Reason.REWARD_NOT_AVAILABLE
    occurrence = occurrence_today(reward_source(reward.id), reward.when, facts, place)
    used = occurrence is not None and used_of(facts, occurrence) > 0
    most = _most(reward, ask, balance_points, used=used)
    if isinstance(most, Reason):
        return most
    times, off = _off(programme, reward.gift, sale, most)
    if not times:
        return Reason.REWARD_NOT_AVAILABLE
    return RewardQuote(
        reward_id=reward.id,
        times=times,
        points=0 if ask.coupon else times * reward.cost_points,
        kind=reward.gift.kind,
        amount_minor=off.amount_minor,
        lines=off.lines if sum(off.lines) == off.amount_minor else (),
        funder=reward.funder,
        uses=() if occurrence is None else (Use(key=occurrence, amount=1),),
    )


def gift_of_reward(programme: Programme, quote: RewardQuote, points: int) -> Award | Voucher | None:
    """Say what a reward gives that is no money off, once the sale is closed.

    Args:
        programme: the rules that quoted it.
        quote: the reward.
        points: what the sale earned by the earning rules, for a multiplier.

    Returns:
        None where the reward is money off, or a multiplier of nothing.
    """
    reward = next(one for one in programme.rules.rewards if one.id == quote.reward_id)
    return give(programme, reward, points=points, times=quote.times)


def _is_offered(reward: Reward, ask: RewardAsk, facts: MemberFacts, place: Place) -> bool:
    coupon = ask.coupon
    if coupon is None:
        return reward.cost_points > 0
    lapsed = coupon.expires_at_ms is not None and coupon.expires_at_ms <= place.at_ms
    another = coupon.member_id is not None and coupon.member_id != facts.member_id
    return coupon.reward == reward.id and coupon.uses_left > 0 and not lapsed and not another


def _most(reward: Reward, ask: RewardAsk, balance_points: int, *, used: bool) -> int | Reason:
    """How often a reward may be taken: what was asked, what the rules allow, what pays for it."""
    allowed = min(ask.times, reward.most_per_sale - ask.taken_before)
    if reward.when.member_day is not None:
        # Once a year is once, however many are asked for.
        allowed = min(allowed, 0 if used else 1)
    if allowed < 1:
        return Reason.LIMIT_REACHED
    if ask.coupon is not None:
        return min(allowed, ask.coupon.uses_left)
    affordable = min(allowed, balance_points // reward.cost_points)
    return affordable if affordable > 0 else Reason.INSUFFICIENT_POINTS


def _off(programme: Programme, gift: Gift, sale: Sale, most: int) -> tuple[int, MoneyOff]:
    """How often a gift has an effect, at most ``most`` times, and what it takes off in all."""
    if gift.kind not in MONEY_GIFTS:
        return most, MoneyOff(amount_minor=0, lines=())
    if gift.kind in GOODS:
        return _off_goods(programme, gift, sale, most)
    costs = line_costs(sale)
    left, total_minor, times = costs, sale.total_minor, 0
    while times < most:
        off = money_off(programme, gift, sale, left, total_minor)
        if not off.amount_minor:
            break
        left = tuple([now - share for now, share in zip(left, off.lines, strict=True)])
        total_minor -= off.amount_minor
        times += 1
    lines = tuple([before - now for before, now in zip(costs, left, strict=True)])
    return times, MoneyOff(amount_minor=sale.total_minor - total_minor, lines=lines)


def _off_goods(programme: Programme, gift: Gift, sale: Sale, most: int) -> tuple[int, MoneyOff]:
    costs = line_costs(sale)
    times, taken = 0, MoneyOff(amount_minor=0, lines=())
    while times < most:
        off = money_off(programme, _times(gift, times + 1), sale, costs, sale.total_minor)
        # The dearest pieces go first, so what brings nothing more now never will.
        if off.amount_minor == taken.amount_minor:
            break
        times, taken = times + 1, off
    return times, taken


def _times(gift: Gift, times: int) -> Gift:
    cap_minor = None if gift.cap_minor is None else min(gift.cap_minor * times, I63_MAX)
    return replace(gift, quantity=min(gift.quantity * times, PIECES_MAX), cap_minor=cap_minor)
