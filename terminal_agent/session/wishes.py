"""What a wish to pay with something comes to before the gateway is asked. Pure.

The terminal refuses what it surely knows to be impossible, and asks for no more than the sale
leaves to pay; everything else is the gateway's to decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from gateway.model.card import CardEvidence
from gateway.model.checks import I63_MAX
from gateway.model.ids import HoldId
from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason
from gateway.program.redeem import Quote, quote_redemption
from terminal_agent.session.actions import Reserve
from terminal_agent.session.memory import Offer, Rules, Session
from terminal_agent.session.paying import due_minor, goods_now, price_minor, tax_in_price, tenders
from terminal_agent.session.view import Notice

#: Those of which one at a time is held for a sale; a second of it would only be more of the same.
_ONCE: Final = frozenset({Instrument.POINTS, Instrument.CREDIT, Instrument.OFFER})
_OF_THE_PRICE: Final = frozenset({Instrument.OFFER, Instrument.REWARD, Instrument.COUPON})
_Units: TypeAlias = int | Reason | Notice | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to use on the sale under way.

    Attributes:
        instrument: what it is taken from.
        units: at most so many points or minor units; None for as many as can be.
        reward: which, for a reward or a coupon.
        times: how often it is taken.
    """

    instrument: Instrument
    units: int | None = None
    reward: str | None = None
    times: int = 1


OFFERS: Final = Wish(instrument=Instrument.OFFER)
"""What the programme's offers take off by themselves."""


def objection(rules: Rules, session: Session, wish: Wish) -> Reason | Notice | None:
    """Say why the gateway need not be asked; None where it is to be asked.

    Args:
        rules: what holds now.
        session: with the sale under way and what is held for it already.
        wish: what is wanted.
    """
    if rules.programme is None or session.offer is None:
        return Reason.PROGRAMME_UNKNOWN
    obstacle = _obstacle(session, wish)
    if obstacle is not None:
        return obstacle
    units = _units(rules, session, session.offer, wish)
    return units if isinstance(units, Reason | Notice) else None


def reservation(
    rules: Rules, session: Session, wish: Wish, request_id: HoldId, card: CardEvidence
) -> Reserve:
    """Write a wish that nothing is objected to as what to ask the gateway for.

    Args:
        rules: what holds now.
        session: with the sale under way and what is held for it already.
        wish: what is wanted.
        request_id: a fresh id.
        card: the member's, or the gift card.
    """
    offer = session.offer
    assert offer is not None, "a wish without a sale is objected to"
    units = _units(rules, session, offer, wish)
    assert not isinstance(units, Reason | Notice), "a wish that is objected to is not asked for"
    named = wish.instrument in (Instrument.REWARD, Instrument.COUPON)
    goods = wish.instrument in _OF_THE_PRICE
    return Reserve(
        request_id=request_id,
        instrument=wish.instrument,
        card=card,
        points=units,
        reward=wish.reward if named else None,
        times=wish.times if named else None,
        sale_key=offer.key,
        sale_total_minor=price_minor(offer, session.grants),
        lines=goods_now(offer, session.grants) if goods else (),
        currency=session.currency or rules.currency,
        tax_minor=tax_in_price(offer, session.grants) if goods else None,
    )


def redemption_quote(rules: Rules, session: Session, asked_points: int | None) -> Quote | Reason:
    """What paying with points, asked for now, would come to.

    A balance that is not known yet is taken as large enough: the gateway knows it and clamps.

    Args:
        rules: what holds now.
        session: with the sale under way and the balance where known.
        asked_points: as the cashier asked; None for as many as can be.

    Returns:
        the quote, or the reason why the programme allows none.
    """
    programme, offer = rules.programme, session.offer
    if programme is None or offer is None:
        return Reason.PROGRAMME_UNKNOWN
    price = price_minor(offer, session.grants)
    left = due_minor(offer, session.grants)
    most = I63_MAX if asked_points is None else asked_points
    if left < price:
        most = min(most, left // programme.redeem_value_minor * programme.redeem_points)
    balance_points = I63_MAX if session.balance_points is None else session.balance_points
    return quote_redemption(
        programme, asked_points=most, balance_points=balance_points, sale_total_minor=price
    )


def _obstacle(session: Session, wish: Wish) -> Notice | None:
    """What the order of payment, or a reservation of the same, has against a wish."""
    held = [(one.instrument, one.source) for one in session.grants]
    once = wish.instrument in _ONCE and wish.instrument in {kind for kind, _ in held}
    if once or (wish.instrument, wish.reward) in held:
        return Notice.HELD_ALREADY
    if wish.instrument in _OF_THE_PRICE and tenders(session.grants):
        return Notice.DISCOUNT_FIRST
    return None


def _units(rules: Rules, session: Session, offer: Offer, wish: Wish) -> _Units:
    """How many units to ask for; None for what is not counted in units."""
    if wish.instrument is Instrument.POINTS:
        quote = redemption_quote(rules, session, wish.units)
        return quote if isinstance(quote, Reason) else quote.points
    if wish.instrument in _OF_THE_PRICE:
        return None if _is_known(rules, wish) else Reason.REWARD_UNKNOWN
    if wish.instrument is Instrument.CREDIT and not _takes_credit(rules):
        return Reason.CREDIT_NOT_OFFERED
    left = due_minor(offer, session.grants)
    if left == 0:
        return Notice.NOTHING_DUE
    return left if wish.units is None else min(wish.units, left)


def _is_known(rules: Rules, wish: Wish) -> bool:
    if wish.instrument is Instrument.OFFER:
        return True
    rewards = () if rules.programme is None else rules.programme.rules.rewards
    return any(one.id == wish.reward for one in rewards)


def _takes_credit(rules: Rules) -> bool:
    return rules.programme is not None and rules.programme.rules.credit.share_percent > 0
