"""What an offer brings, said in figures and sentences."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup, escape

from gateway.formatting.numbers import write_number
from gateway.model.rules.offer import Offer
from gateway.queries.offer_effect import GROUP_MIN, Comparison, Obstacle, OfferCost, OfferEffect
from gateway.queries.uplift import Group, Interval, rounded
from web_admin import filters
from web_admin.programme.sentence import said
from web_admin.programme.voice import Voice
from web_admin.reader import current_language

_BASIS_POINTS: Final = 10_000
#: A tenth of a percent: more digits would promise what chance does not keep.
_TENTH: Final = 10
_HUNDREDTHS: Final = 100
#: Digits of an amount that was estimated.
_DIGITS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: a figure of either group."""

    label: str
    given: str
    held_out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is said first.

    Attributes:
        title: in short.
        text: how much, and how sure that is.
        kind: of the badge.
        icon: its picture's name in the sprite.
    """

    title: str
    text: Markup
    kind: str
    icon: str


def verdict(effect: OfferEffect, offer: Offer, voice: Voice) -> Verdict:
    """Say in two sentences what an offer brings, or why that cannot be said."""
    if effect.comparison is None:
        return _no_verdict(effect, offer)
    low, high = effect.comparison.each.low, effect.comparison.each.high
    text = _how_much(effect.comparison, voice)
    if low > 0:
        return Verdict(title=_("It brings more"), text=text, kind="success", icon="check")
    if high < 0:
        return Verdict(title=_("It brings less"), text=text, kind="danger", icon="alert-triangle")
    return Verdict(title=_("No difference can be seen"), text=text, kind="secondary", icon="minus")


def table(effect: OfferEffect, voice: Voice) -> tuple[Row, ...]:
    """Both groups side by side."""
    groups = (effect.given, effect.held_out)

    def row(label: str, *cells: str) -> Row:
        return Row(label=label, given=cells[0], held_out=cells[1])

    return (
        row(_("Members"), *(filters.num(one.members) for one in groups)),
        row(_("Sales"), *(filters.num(one.sales) for one in groups)),
        row(_("Visits of each member"), *(_hundredths(one) for one in groups)),
        row(_("Each member paid"), *(_paid(one, voice, effect) for one in groups)),
    )


def costs(cost: OfferCost, voice: Voice) -> list[tuple[str, str | Markup]]:
    """What an offer gave, part by part; what it never gave is left out."""
    found: list[tuple[str, str | Markup]] = []
    if cost.discount_minor:
        found.append((_("Money off"), voice.money(cost.discount_minor)))
    if cost.points:
        worth = said(
            _("%(points)s, worth %(money)s"),
            points=voice.points(cost.points),
            money=voice.money(cost.points_minor),
        )
        found.append((_("Points"), worth))
    if cost.credit_minor:
        found.append((_("Stored credit"), voice.money(cost.credit_minor)))
    if cost.coupons:
        found.append((_("Coupons given out"), filters.num(cost.coupons)))
    if cost.benefits:
        found.append((_("Benefits given out"), filters.num(cost.benefits)))
    return found


def brought(comparison: Comparison, voice: Voice) -> Markup:
    """What all members who got it paid beyond what they would have paid anyway."""
    return said(
        _("%(middle)s, and in 95 of 100 cases between %(low)s and %(high)s"),
        middle=_about(comparison.brought.middle, voice),
        low=_about(comparison.brought.low, voice),
        high=_about(comparison.brought.high, voice),
    )


def _no_verdict(effect: OfferEffect, offer: Offer) -> Verdict:
    title, text = _("Too few to say"), _too_few(effect)
    if effect.obstacle is Obstacle.TWO_CURRENCIES:
        title = _("Not to be compared")
        text = _("The rules changed their currency in these days. Choose days before or after it.")
    elif offer.published and not effect.held_out.members:
        title = _("Nobody to compare with")
        text = _("Members were promised this offer, so everybody gets it who fulfils it.")
    elif not offer.holdout_percent and not effect.held_out.members:
        title = _("Nobody to compare with")
        text = _(
            "Everybody gets this offer who fulfils its conditions. Say in the draft how many of a"
            " hundred members are held out by lot; from then on it can be measured."
        )
    return Verdict(title=title, text=escape(text), kind="secondary", icon="hourglass")


def _too_few(effect: OfferEffect) -> str:
    return str(
        _(
            "It takes at least %(least)s members in each group; in these days %(given)s got the"
            " offer and %(held_out)s were held out. Wait, or choose more days.",
            least=filters.num(GROUP_MIN),
            given=filters.num(effect.given.members),
            held_out=filters.num(effect.held_out.members),
        )
    )


def _how_much(comparison: Comparison, voice: Voice) -> Markup:
    each, share = comparison.each, comparison.share
    if share is None:
        return said(
            _(
                "Members who got it paid %(middle)s each; in 95 of 100 such comparisons the truth"
                " lies between %(low)s and %(high)s."
            ),
            middle=_more_money(each.middle, voice),
            low=_more_money(each.low, voice),
            high=_more_money(each.high, voice),
        )
    return said(
        _(
            "Members who got it paid %(middle)s than members who were held out; in 95 of 100 such"
            " comparisons the truth lies between %(low)s and %(high)s."
        ),
        middle=_more_percent(share, "middle"),
        low=_more_percent(share, "low"),
        high=_more_percent(share, "high"),
    )


def _more_percent(share: Interval, part: str) -> str:
    figure = rounded(getattr(share, part) * _BASIS_POINTS / _TENTH) * _TENTH
    text = filters.percent(abs(figure))
    return str(_("%(share)s less", share=text) if figure < 0 else _("%(share)s more", share=text))


def _more_money(amount: Fraction, voice: Voice) -> Markup:
    text = voice.money(abs(rounded(amount)))
    return said(_("%(amount)s less") if amount < 0 else _("%(amount)s more"), amount=text)


def _about(amount: Fraction, voice: Voice) -> Markup:
    """An estimate, without the digits that chance has made."""
    whole = rounded(amount)
    step = 10 ** max(0, len(str(abs(whole))) - _DIGITS)
    return voice.money(rounded(Fraction(whole, step)) * step)


def _hundredths(group: Group) -> str:
    if not group.members:
        return filters.NOTHING
    figure = rounded(group.mean_visits * _HUNDREDTHS)
    return write_number(figure, current_language(), exponent=2)


def _paid(group: Group, voice: Voice, effect: OfferEffect) -> str:
    if effect.currency is None or not group.members:
        return filters.NOTHING
    return str(voice.money(rounded(group.mean_spent)))


def remark(percent: int) -> str:
    """How many of a hundred members the lot keeps out."""
    return str(
        ngettext(
            "%(count)s of a hundred members is held out of it by lot.",
            "%(count)s of a hundred members are held out of it by lot.",
            percent,
            count=filters.num(percent),
        )
    )
