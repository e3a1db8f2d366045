"""The terminal's previews, by the very code that the gateway decides with."""

from __future__ import annotations

from typing import Final

from gateway.model.checks import I63_MAX
from gateway.model.outcome import Reason
from gateway.model.sale import Sale, SaleSource
from gateway.program.earn import points_for_sale
from gateway.program.redeem import Quote, quote_redemption
from terminal_agent.session.memory import Grant, Offer, Rules, Session
from terminal_agent.session.tenders import with_points_tender

#: A sale under way has no shop profile yet; this name never leaves the terminal.
_PREVIEW_PROFILE: Final = "preview"


def sale_under_way(offer: Offer) -> Sale:
    """The sale that an offer will become if nothing but its total counts."""
    return Sale(
        key=offer.key,
        total_minor=offer.total_minor,
        source=SaleSource.RECEIPT,
        profile=_PREVIEW_PROFILE,
    )


def points_to_come(rules: Rules, sale: Sale, grant: Grant | None) -> int | None:
    """Points that the sale will bring, or None while no programme is in force."""
    if rules.programme is None:
        return None
    if grant is not None:
        sale = with_points_tender(sale, grant.amount_minor)
    return points_for_sale(rules.programme, sale)


def next_reward(rules: Rules) -> Quote | None:
    """The smallest redemption that the programme knows, or None where it knows none.

    A balance is what it is measured by; sale and share decide at the till how much of it is used.
    """
    programme = rules.programme
    if programme is None or programme.redeem_share_percent == 0:
        return None
    steps = -(-max(programme.redeem_minimum_points, 1) // programme.redeem_points)
    return Quote(
        points=steps * programme.redeem_points, amount_minor=steps * programme.redeem_value_minor
    )


def redemption_quote(rules: Rules, session: Session, asked_points: int | None) -> Quote | Reason:
    """What a redemption asked for now would come to.

    A balance that is not known yet is taken as large enough: the gateway knows it and clamps.

    Args:
        rules: what holds now.
        session: with the sale under way and the balance where known.
        asked_points: as the cashier asked; None for as many as can be.

    Returns:
        the quote, or the reason why the programme allows none.
    """
    if rules.programme is None or session.offer is None:
        return Reason.PROGRAMME_UNKNOWN
    balance_points = I63_MAX if session.balance_points is None else session.balance_points
    return quote_redemption(
        rules.programme,
        asked_points=I63_MAX if asked_points is None else asked_points,
        balance_points=balance_points,
        sale_total_minor=session.offer.total_minor,
    )
