"""What became of a basket that rules were tried on, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _
from markupsafe import Markup

from gateway.model.programme import Programme
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import MONEY_GIFTS, GiftKind
from gateway.model.rules.rules import BASE_RULE_ID
from gateway.program.evaluation import Award, Voucher
from web_admin.programme.say_gift import multiple
from web_admin.programme.say_when import conditions
from web_admin.programme.sentence import and_, said, trusted
from web_admin.programme.trying import Tried, failing
from web_admin.programme.voice import Voice, times, title_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldRule:
    """One rule and what became of it.

    Attributes:
        title: what it is called.
        gave: what it gave, or took off; empty where it did nothing.
        why_not: why it did nothing.
    """

    title: Markup
    gave: Markup
    why_not: Markup

    @property
    def applied(self) -> bool:
        """Whether it did anything."""
        return bool(self.gave)


def told_earning(programme: Programme, tried: Tried, voice: Voice) -> list[ToldRule]:
    """Every way to earn by a purchase, the base first."""
    told = []
    if programme.earn_points:
        base = _awarded(BASE_RULE_ID, tried, voice)
        why_not = (
            trusted("")
            if base
            else trusted(_("The amount is too small, or another rule counts alone."))
        )
        told.append(
            ToldRule(title=trusted(_("Points for each amount")), gave=base, why_not=why_not)
        )
    told += [
        _told_rule(programme, rule, tried, voice)
        for rule in programme.rules.earning
        if rule.kind not in (EarningKind.EVENT, EarningKind.REFERRAL)
    ]
    return told


def told_offers(programme: Programme, tried: Tried, voice: Voice) -> list[ToldRule]:
    """Every offer."""
    return [_told_offer(programme, offer, tried, voice) for offer in programme.rules.offers]


def total_of(unit: Unit, tried: Tried, voice: Voice) -> Markup:
    """All that was given in a unit."""
    amount = tried.evaluation.total(unit)
    return voice.credit(amount) if unit is Unit.CREDIT else voice.points(amount)


def kept_back(tried: Tried, voice: Voice) -> Markup:
    """What the card at hand keeps from being given; empty where it keeps nothing."""
    points = tried.evaluation.kept_back
    if not points:
        return trusted("")
    return said(_("%(points)s less: this card is weak."), points=voice.points(points))


def _otherwise(tried: Tried, text: str) -> str:
    """Why something gives nothing though its conditions hold."""
    used_up: str = _("A weak card has earned all that it may.")
    return used_up if tried.evaluation.kept_back else text


def _told_rule(programme: Programme, rule: EarningRule, tried: Tried, voice: Voice) -> ToldRule:
    missing = failing(programme, rule.when, tried.after, tried)
    gave = _awarded(rule.id, tried, voice)
    if rule.kind is EarningKind.MULTIPLIER and not missing and not gave:
        gave = said(_("counts %(multiple)s"), multiple=multiple(rule.multiplier_permille or 0))
    otherwise = _("Nothing counts for it here, or another rule counts alone.")
    if rule.unit is Unit.POINTS:
        otherwise = _otherwise(tried, otherwise)
    return ToldRule(
        title=title_of(rule), gave=gave, why_not=_why_not(gave, missing, voice, otherwise)
    )


def _told_offer(programme: Programme, offer: Offer, tried: Tried, voice: Voice) -> ToldRule:
    money = offer.gift.kind in MONEY_GIFTS
    # Money off is decided before anything is taken off, gifts after.
    sale = tried.before if money else tried.after
    missing = failing(programme, offer.when, sale, tried)
    gave = _taken_off(offer.id, tried, voice) if money else _given(offer.id, tried, voice)
    held_out = (*tried.pricing.held_out, *tried.evaluation.held_out)
    otherwise = _("Its goods are not in the basket, or another offer takes its place.")
    if offer.gift.kind in (GiftKind.POINTS, GiftKind.MULTIPLIER):
        otherwise = _otherwise(tried, otherwise)
    if offer.id in held_out:
        otherwise = _("This member is held out of it by lot.")
    return ToldRule(
        title=title_of(offer), gave=gave, why_not=_why_not(gave, missing, voice, otherwise)
    )


def _why_not(gave: Markup, missing: list[Condition], voice: Voice, otherwise: str) -> Markup:
    if gave:
        return trusted("")
    if not missing:
        return trusted(otherwise)
    clauses = [clause for part in missing for clause in conditions(part, voice)]
    return said(_("It holds only: %(conditions)s."), conditions=and_(clauses))


def _awarded(source: str, tried: Tried, voice: Voice) -> Markup:
    return and_(_amount(one, voice) for one in tried.evaluation.awards if one.source == source)


def _taken_off(source: str, tried: Tried, voice: Voice) -> Markup:
    off = sum(one.amount_minor for one in tried.pricing.discounts if one.source == source)
    return said(_("%(amount)s off"), amount=voice.money(off)) if off else trusted("")


def _given(source: str, tried: Tried, voice: Voice) -> Markup:
    return and_(_gifts(source, tried, voice))


def _gifts(source: str, tried: Tried, voice: Voice) -> Iterator[Markup]:
    for award in tried.evaluation.awards:
        if award.source == source:
            yield _amount(award, voice)
    for voucher in tried.evaluation.vouchers:
        if voucher.source == source:
            yield _voucher(voucher, voice)


def _amount(award: Award, voice: Voice) -> Markup:
    return voice.credit(award.amount) if award.unit is Unit.CREDIT else voice.points(award.amount)


def _voucher(voucher: Voucher, voice: Voice) -> Markup:
    if voucher.kind is GiftKind.COUPON:
        return said(
            _("a coupon for the reward %(reward)s"), reward=voice.reward(voucher.reward or "")
        )
    return said(_("a benefit, %(times)s"), times=times(voucher.quantity))
