"""Stored credit, gift cards, households and returns in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _
from flask_babel import ngettext

from gateway.model.programme import Programme, RefundPolicy
from gateway.model.rules.returns import RefundBasis, UnknownOriginal
from gateway.model.rules.stored_value import (
    CreditPolicy,
    GiftCardPolicy,
    HouseholdPolicy,
    LeavePolicy,
)
from web_admin import filters
from web_admin.programme.say_gift import expiry_sentences
from web_admin.programme.sentence import Item, Section, Sentence, said, sentence, trusted
from web_admin.programme.voice import Voice, days


def credit_section(programme: Programme, voice: Voice) -> Section:
    """Money that members keep with the shop."""
    item = Item(key="credit", sentences=tuple(_credit(programme.rules.credit, voice)))
    return Section(key="credit", title=_("Stored credit"), icon="credit-card", items=(item,))


def gift_cards_section(programme: Programme, voice: Voice) -> Section:
    """Cards that hold money."""
    item = Item(key="gift_cards", sentences=tuple(_gift_cards(programme.rules.gift_cards, voice)))
    return Section(key="gift_cards", title=_("Gift cards"), icon="gift", items=(item,))


def households_section(programme: Programme, voice: Voice) -> Section:
    """Common wallets."""
    item = Item(key="households", sentences=tuple(_households(programme.rules.households, voice)))
    return Section(key="households", title=_("Households"), icon="users", items=(item,))


def returns_section(programme: Programme) -> Section:
    """What a return of goods does."""
    item = Item(key="returns", sentences=tuple(_returns(programme)))
    return Section(key="returns", title=_("Returns"), icon="refresh", items=(item,))


def _credit(policy: CreditPolicy, voice: Voice) -> Iterator[Sentence]:
    if policy.top_up_maximum_minor:
        text = said(
            _("members pay in %(least)s to %(most)s at once"),
            least=voice.money(policy.top_up_minimum_minor),
            most=voice.money(policy.top_up_maximum_minor),
        )
    else:
        text = trusted(_("members cannot pay money in"))
    yield sentence("top_up", text)
    if policy.balance_maximum_minor is not None:
        most = voice.money(policy.balance_maximum_minor)
        yield sentence("balance", said(_("nobody keeps more than %(amount)s"), amount=most))
    share = filters.percent(policy.share_percent * 100)
    if policy.share_percent == 0:
        text = trusted(_("credit pays for nothing"))
    else:
        text = said(_("credit pays for %(share)s of a purchase at most"), share=share)
    yield sentence("share_percent", text)
    if policy.transfers:
        yield sentence("transfers", trusted(_("members may give credit to one another")))
    earned = trusted(_("credit that was given"))
    yield from expiry_sentences(policy.earned_expiry, earned, "earned_expiry")
    if policy.top_up_maximum_minor:
        paid = trusted(_("credit that was paid in"))
        yield from expiry_sentences(policy.paid_expiry, paid, "paid_expiry")


def _gift_cards(policy: GiftCardPolicy, voice: Voice) -> Iterator[Sentence]:
    if not policy.maximum_minor:
        yield sentence("maximum", trusted(_("the shop sells no gift cards")))
        return
    text = said(
        _("a gift card holds %(least)s to %(most)s when it is sold"),
        least=voice.money(policy.minimum_minor),
        most=voice.money(policy.maximum_minor),
    )
    yield sentence("maximum", text)
    if policy.reloadable:
        yield sentence("reloadable", trusted(_("money can be added to it later")))
    yield from expiry_sentences(policy.expiry, trusted(_("its money")), "expiry")
    most = trusted(
        ngettext(
            "one purchase may be paid with one gift card",
            "one purchase may be paid with up to %(count)s gift cards",
            policy.most_per_sale,
            count=filters.num(policy.most_per_sale),
        )
    )
    yield sentence("most_per_sale", most)


def _households(policy: HouseholdPolicy, voice: Voice) -> Iterator[Sentence]:
    if not policy.members_maximum:
        yield sentence("members", trusted(_("members do not share their points")))
        return
    count = policy.members_maximum
    text = trusted(
        ngettext(
            "%(count)s member has a wallet of a household",
            "up to %(count)s members share one wallet",
            count,
            count=filters.num(count),
        )
    )
    yield sentence("members", text)
    leaves = {
        LeavePolicy.NOTHING: _("whoever leaves takes nothing along"),
        LeavePolicy.EQUAL_SHARE: _("whoever leaves takes an equal share along"),
        LeavePolicy.OWN_SHARE: _("whoever leaves takes along what is left of their own points"),
    }
    yield sentence("leave", trusted(leaves[policy.leave]))
    if policy.spend_limit_points is not None:
        limit = voice.points(policy.spend_limit_points)
        pattern = _("one of them uses at most %(points)s a day; the founder has no limit")
        yield sentence("spend_limit_points", said(pattern, points=limit))


def _returns(programme: Programme) -> Iterator[Sentence]:
    policy = programme.rules.returns
    if policy.basis is RefundBasis.PER_LINE:
        text = _("a return takes back what the goods that came back had earned, line by line")
    else:
        text = _("a return takes back points in the share of the money that is given back")
    yield sentence("basis", trusted(text))
    if policy.only_pending:
        text = _("points that could already be spent stay with the member")
    elif programme.refund is RefundPolicy.ALLOW_NEGATIVE:
        text = _("points already spent are owed, and the next purchase pays them first")
    else:
        text = _("points already spent are the shop's loss")
    yield sentence("refund", trusted(text))
    if policy.unknown_original is UnknownOriginal.REFUSE:
        text = _("a return without a known purchase is refused")
    else:
        text = _("a return without a known purchase takes back what today's rules would give")
    yield sentence("unknown_original", trusted(text))
    if policy.grace_days:
        pattern = _("points given back that have lapsed meanwhile can be spent for %(days)s")
        yield sentence("grace_days", said(pattern, days=days(policy.grace_days)))
    if policy.days_maximum is not None:
        pattern = _("a purchase can be returned for %(days)s")
        yield sentence("days_maximum", said(pattern, days=days(policy.days_maximum)))
