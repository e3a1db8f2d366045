"""Stored money at the counter: what it may pay, what may be paid in, and in which order. Pure.

Stored credit and gift cards are tenders. They never lower a price, so they change neither points
nor tax, and they come last: a discount that is found after a card was scanned lowers what the card
pays. Money is taxed where goods are bought with it, never where it is paid in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.model.checks import I63_MAX, check_int
from gateway.model.money import Currency
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.program.redeem import Quote, quote_redemption


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftCard:
    """What the gateway knows of a gift card before it pays.

    Attributes:
        balance_minor: what is left on it.
        currency: the unit of that.
        expires_at_ms: the Unix time from which it pays nothing; None for never.
        blocked: whether it was lost, or called back.
    """

    balance_minor: int
    currency: Currency
    expires_at_ms: int | None = None
    blocked: bool = False

    def __post_init__(self) -> None:
        check_int("gift card balance_minor", self.balance_minor, 0, I63_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a customer wants to pay with, and what there is of it.

    Attributes:
        points: the most points to redeem; 0 for none.
        balance_points: the member's spendable points.
        credit_minor: the most stored credit to use; 0 for none.
        balance_minor: the member's stored credit.
        cards: gift cards in the order in which they were shown; None for one nobody knows.
    """

    points: int = 0
    balance_points: int = 0
    credit_minor: int = 0
    balance_minor: int = 0
    cards: tuple[GiftCard | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """How a sale is paid, each part reckoned from what the ones before it have left.

    Attributes:
        total_minor: what the sale costs, discounts off.
        points: points as money, or why none; None where none were wanted.
        credit: minor units of stored credit, or why none; None where none was wanted.
        cards: minor units from each gift card, or why none.
        due_minor: what remains to be paid otherwise.
    """

    total_minor: int
    points: Quote | Reason | None
    credit: int | Reason | None
    cards: tuple[int | Reason, ...]
    due_minor: int


def quote_credit(
    programme: Programme,
    *,
    asked_minor: int,
    balance_minor: int,
    sale_total_minor: int,
    due_minor: int,
) -> int | Reason:
    """Say how much of a sale stored credit pays.

    Args:
        programme: the rules in force.
        asked_minor: the most the customer wants to use.
        balance_minor: the member's stored credit; may be negative after refunds.
        sale_total_minor: what the sale costs, discounts off; the programme's share is of this.
        due_minor: what is still to be paid of it.

    Returns:
        Minor units, above 0; or ``CREDIT_NOT_OFFERED`` where no sale is paid so,
        ``INSUFFICIENT_CREDIT`` where there is none, or ``BELOW_MINIMUM`` where the sale leaves
        nothing to pay.
    """
    share_percent = programme.rules.credit.share_percent
    if share_percent == 0:
        return Reason.CREDIT_NOT_OFFERED
    if balance_minor <= 0:
        return Reason.INSUFFICIENT_CREDIT
    share_minor = sale_total_minor * share_percent // 100
    return _above_nothing(min(asked_minor, balance_minor, share_minor, due_minor))


def quote_gift_card(
    programme: Programme,
    card: GiftCard | None,
    *,
    due_minor: int,
    at_ms: int,
    cards_before: int = 0,
) -> int | Reason:
    """Say how much of a sale a gift card pays.

    Whatever a card's state was called when it was last used, its own date and balance decide.

    Args:
        programme: the rules in force.
        card: what is known of it; None for a card that was never issued here.
        due_minor: what is still to be paid.
        at_ms: Unix time of the sale in milliseconds.
        cards_before: gift cards that pay a part of this sale already.

    Returns:
        Minor units, above 0; or why the card pays nothing, each state with its own reason.
    """
    if card is None:
        return Reason.GIFT_CARD_UNKNOWN
    refusal = _state_refusal(programme, card, at_ms)
    if refusal is not None:
        return refusal
    if card.balance_minor == 0:
        return Reason.GIFT_CARD_EMPTY
    if cards_before >= programme.rules.gift_cards.most_per_sale:
        return Reason.LIMIT_REACHED
    return _above_nothing(min(card.balance_minor, due_minor))


def order_of_payment(
    programme: Programme, *, total_minor: int, wanted: Wanted, at_ms: int
) -> Payment:
    """Pay a sale in the one order: discounts are off, then points, then credit, then gift cards.

    The order in which things were scanned does not matter, except among gift cards.

    Args:
        programme: the rules in force.
        total_minor: what the sale costs, all discounts off.
        wanted: what the customer wants to pay with.
        at_ms: Unix time of the sale in milliseconds.
    """
    due_minor = total_minor
    points: Quote | Reason | None = None
    if wanted.points:
        points = quote_redemption(
            programme,
            asked_points=wanted.points,
            balance_points=wanted.balance_points,
            sale_total_minor=total_minor,
        )
        due_minor -= points.amount_minor if isinstance(points, Quote) else 0
    credit: int | Reason | None = None
    if wanted.credit_minor:
        credit = quote_credit(
            programme,
            asked_minor=wanted.credit_minor,
            balance_minor=wanted.balance_minor,
            sale_total_minor=total_minor,
            due_minor=due_minor,
        )
        due_minor -= _paid(credit)
    cards = _pay_with_cards(programme, wanted.cards, due_minor, at_ms)
    return Payment(
        total_minor=total_minor,
        points=points,
        credit=credit,
        cards=cards,
        due_minor=due_minor - sum(map(_paid, cards)),
    )


def top_up_refusal(programme: Programme, *, amount_minor: int, balance_minor: int) -> Reason | None:
    """Say why money may not be paid into stored credit.

    Args:
        programme: the rules in force.
        amount_minor: what somebody wants to pay in.
        balance_minor: the member's stored credit before; may be negative after refunds.

    Returns:
        None where it may; else ``CREDIT_NOT_OFFERED``, ``BELOW_MINIMUM``, or ``LIMIT_REACHED``
        for too much at once or too much in all.
    """
    policy = programme.rules.credit
    if policy.top_up_maximum_minor == 0:
        return Reason.CREDIT_NOT_OFFERED
    if amount_minor < policy.top_up_minimum_minor:
        return Reason.BELOW_MINIMUM
    most_minor = policy.balance_maximum_minor
    too_much = most_minor is not None and balance_minor + amount_minor > most_minor
    if too_much or amount_minor > policy.top_up_maximum_minor:
        return Reason.LIMIT_REACHED
    return None


def gift_card_load_refusal(
    programme: Programme, card: GiftCard | None, *, amount_minor: int, at_ms: int
) -> Reason | None:
    """Say why money may not be put onto a gift card.

    A card holds exactly what was paid for it: there is no tax in it and no discount on it.

    Args:
        programme: the rules in force.
        card: what is known of it; None for a card that this load would issue.
        amount_minor: what somebody wants to put onto it.
        at_ms: Unix time in milliseconds.

    Returns:
        None where it may; else why not. Together with what is left on it, a card never holds more
        than the maximum.
    """
    policy = programme.rules.gift_cards
    if policy.maximum_minor == 0:
        return Reason.GIFT_CARD_NOT_OFFERED
    refusal = None if card is None else _state_refusal(programme, card, at_ms)
    if refusal is not None:
        return refusal
    if card is not None and not policy.reloadable:
        return Reason.GIFT_CARD_NOT_OFFERED
    if amount_minor < policy.minimum_minor:
        return Reason.BELOW_MINIMUM
    before_minor = 0 if card is None else card.balance_minor
    return Reason.LIMIT_REACHED if before_minor + amount_minor > policy.maximum_minor else None


def _state_refusal(programme: Programme, card: GiftCard, at_ms: int) -> Reason | None:
    """Why a card can be used for nothing at all, whatever its balance."""
    if card.currency != programme.currency:
        return Reason.CURRENCY_MISMATCH
    if card.blocked:
        return Reason.GIFT_CARD_BLOCKED
    if card.expires_at_ms is not None and card.expires_at_ms <= at_ms:
        return Reason.GIFT_CARD_EXPIRED
    return None


def _pay_with_cards(
    programme: Programme, cards: Sequence[GiftCard | None], due_minor: int, at_ms: int
) -> tuple[int | Reason, ...]:
    answers: list[int | Reason] = []
    for card in cards:
        answer = quote_gift_card(
            programme,
            card,
            due_minor=due_minor,
            at_ms=at_ms,
            cards_before=sum(isinstance(given, int) for given in answers),
        )
        answers.append(answer)
        due_minor -= _paid(answer)
    return tuple(answers)


def _paid(answer: int | Reason) -> int:
    return 0 if isinstance(answer, Reason) else answer


def _above_nothing(amount_minor: int) -> int | Reason:
    return amount_minor if amount_minor > 0 else Reason.BELOW_MINIMUM
