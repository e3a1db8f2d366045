"""Asks the rule engine what somebody may use on a sale, and what of: never more than there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.model.member_facts import MemberFacts
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.rules.reward import GiftKind
from gateway.model.sale import Sale, TenderKind
from gateway.program.evaluation import Use
from gateway.program.facts import Place
from gateway.program.lines import allocate
from gateway.program.pricing import price
from gateway.program.redeem import quote_redemption
from gateway.program.rewards import Coupon, RewardAsk, quote_reward
from gateway.program.stored import GiftCard, quote_credit, quote_gift_card
from simulators.scenario.pure.books import Books, HeldVoucher, Spent
from simulators.scenario.pure.posting import spendable
from simulators.scenario.steps import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Who stands where with what.

    Attributes:
        books: what was written down so far.
        programme: the version in force.
        member: whose; None for a stranger.
        facts: what is known of the member.
        place: where and when.
    """

    books: Books
    programme: Programme
    member: str | None
    facts: MemberFacts
    place: Place

    @property
    def owner(self) -> str:
        """The wallet that pays and earns."""
        return "" if self.member is None else self.books.owner_of(self.member)

    def balance(self, unit: Unit) -> int:
        """What the wallet can spend."""
        return spendable(self.books, self.owner, unit, self.place.at_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What is left to pay of a sale.

    Attributes:
        sale: with every discount so far taken off.
        due_minor: what nothing pays yet.
        points_minor: what points pay already.
        credit_minor: what stored credit pays already.
    """

    sale: Sale
    due_minor: int
    points_minor: int = 0
    credit_minor: int = 0


def left_of(sale: Sale, spent: Sequence[Spent]) -> Left:
    """What is left to pay of a sale on which something was used, its price lowered by that."""
    tenders = [one for one in spent if one.tender is not None]
    points = [one.money_minor for one in tenders if one.tender is TenderKind.POINTS]
    credit = [one.money_minor for one in tenders if one.tender is TenderKind.STORE_CREDIT]
    return Left(
        sale=sale,
        due_minor=max(sale.total_minor - sum(one.money_minor for one in tenders), 0),
        points_minor=sum(points),
        credit_minor=sum(credit),
    )


def ask_offers(counter: Counter, left: Left) -> Spent | Reason:
    """What the offers take off a sale; a reason where nothing does, or something pays already."""
    pricing = price(counter.programme, left.sale, counter.facts, counter.place)
    if not pricing.discounts or pricing.amount_minor > left.due_minor:
        return Reason.OFFER_NOT_AVAILABLE
    return Spent(
        member=counter.member,
        owner=counter.owner,
        unit=Unit.POINTS,
        money_minor=pricing.amount_minor,
        discounts=pricing.discounts,
        uses=pricing.uses,
    )


def ask_points(counter: Counter, left: Left, points: int) -> Spent | Reason:
    """Points that become money."""
    room = _household_room(counter)
    if room == 0:
        return Reason.LIMIT_REACHED
    programme = counter.programme
    share_minor = left.sale.total_minor * programme.redeem_share_percent // 100
    open_minor = max(min(left.due_minor, share_minor - left.points_minor), 0)
    points = min(points, open_minor // programme.redeem_value_minor * programme.redeem_points)
    quote = quote_redemption(
        counter.programme,
        asked_points=points if room is None else min(points, room),
        balance_points=counter.balance(Unit.POINTS),
        sale_total_minor=left.sale.total_minor,
    )
    if isinstance(quote, Reason):
        return quote
    return Spent(
        member=counter.member,
        owner=counter.owner,
        unit=Unit.POINTS,
        amount=quote.points,
        money_minor=quote.amount_minor,
        tender=TenderKind.POINTS,
        uses=_household_uses(counter, quote.points),
    )


def ask_reward(counter: Counter, left: Left, wanted: Wanted, before: int) -> Spent | Reason:
    """A reward, for points or a coupon.

    Args:
        counter: who and where.
        left: what is left to pay.
        wanted: which reward.
        before: how often it was taken on this sale already.
    """
    coupon = _coupon_for(counter, wanted.reward) if wanted.coupon else None
    if wanted.coupon and coupon is None:
        return Reason.COUPON_NOT_AVAILABLE
    quote = quote_reward(
        counter.programme,
        RewardAsk(
            reward=wanted.reward,
            times=wanted.times,
            coupon=None if coupon is None else _as_coupon(coupon, counter.facts),
            taken_before=before,
        ),
        balance_points=counter.balance(Unit.POINTS),
        sale=left.sale,
        facts=counter.facts,
        place=counter.place,
    )
    if isinstance(quote, Reason):
        return quote
    if quote.amount_minor > left.due_minor:
        # The rest of it would lower what something else pays already.
        if not left.due_minor:
            return Reason.REWARD_NOT_AVAILABLE
        lines = allocate(left.due_minor, quote.lines) if quote.lines else ()
        quote = replace(quote, amount_minor=left.due_minor, lines=lines)
    room = _household_room(counter)
    if room is not None and quote.points > room:
        return Reason.LIMIT_REACHED
    return Spent(
        member=counter.member,
        owner=counter.owner,
        unit=Unit.POINTS,
        amount=quote.points,
        money_minor=quote.amount_minor,
        discounts=() if quote.discount is None else (quote.discount,),
        quote=quote,
        coupon=None if coupon is None else coupon.id,
        uses=quote.uses + _household_uses(counter, quote.points),
    )


def ask_credit(counter: Counter, left: Left, asked_minor: int) -> Spent | Reason:
    """Stored credit that pays."""
    if counter.member is None:
        return Reason.UNKNOWN_CARD
    share_minor = left.sale.total_minor * counter.programme.rules.credit.share_percent // 100
    paid = quote_credit(
        counter.programme,
        asked_minor=asked_minor,
        balance_minor=counter.balance(Unit.CREDIT),
        sale_total_minor=left.sale.total_minor,
        due_minor=max(min(left.due_minor, share_minor - left.credit_minor), 0),
    )
    if isinstance(paid, Reason):
        return paid
    return Spent(
        member=counter.member,
        owner=counter.owner,
        unit=Unit.CREDIT,
        amount=paid,
        money_minor=paid,
        tender=TenderKind.STORE_CREDIT,
    )


def ask_gift_card(
    counter: Counter, card: str, asked_minor: int | None, due_minor: int, before: int
) -> Spent | Reason:
    """A gift card that pays; whoever holds it may use it.

    Args:
        counter: where.
        card: which.
        asked_minor: at most so much; None for as much as it can.
        due_minor: what is left to pay.
        before: how many pay already.
    """
    if asked_minor is not None:
        due_minor = min(asked_minor, due_minor)
    paid = quote_gift_card(
        counter.programme,
        gift_card_of(counter.books, card, counter.place.at_ms),
        due_minor=due_minor,
        at_ms=counter.place.at_ms,
        cards_before=before,
    )
    if isinstance(paid, Reason):
        return paid
    return Spent(
        member=None,
        owner=card,
        unit=Unit.CREDIT,
        amount=paid,
        money_minor=paid,
        tender=TenderKind.GIFT_CARD,
    )


def gift_card_of(books: Books, card: str, at_ms: int) -> GiftCard | None:
    """What is known of a gift card; None for one that was never issued."""
    account = books.gifts.get(card)
    if account is None:
        return None
    return GiftCard(
        balance_minor=max(books.wallet(card, Unit.CREDIT).balance(at_ms), 0),
        currency=account.currency,
        expires_at_ms=account.expires_at_ms,
        blocked=account.blocked,
    )


def _household_room(counter: Counter) -> int | None:
    """What one who did not found the household may still redeem today; None for no limit."""
    limit = counter.programme.rules.households.spend_limit_points
    if counter.member is None or limit is None or counter.owner == counter.member:
        return None
    return max(limit - counter.books.used.get(_household_key(counter), 0), 0)


def _household_uses(counter: Counter, points: int) -> tuple[Use, ...]:
    if _household_room(counter) is None or not points:
        return ()
    return (Use(key=_household_key(counter), amount=points),)


def _household_key(counter: Counter) -> str:
    return f"household:{counter.member}:{counter.place.business_day}"


def _coupon_for(counter: Counter, reward: str) -> HeldVoucher | None:
    """The member's coupon for a reward that lapses next, if there is one."""
    if counter.member is None:
        return None
    mine = [
        voucher
        for voucher in counter.books.members[counter.member].vouchers
        if voucher.kind is GiftKind.COUPON and voucher.name == reward and voucher.left > 0
    ]
    mine.sort(key=lambda one: (one.expires_at_ms is None, one.expires_at_ms or 0, one.id))
    return mine[0] if mine else None


def _as_coupon(voucher: HeldVoucher, facts: MemberFacts) -> Coupon:
    return Coupon(
        reward=voucher.name,
        uses_left=voucher.left,
        member_id=facts.member_id,
        expires_at_ms=voucher.expires_at_ms,
    )
