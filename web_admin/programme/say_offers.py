"""Rewards and offers in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from markupsafe import Markup

from gateway.model.programme import Programme
from gateway.model.rules.offer import Choice, DiscountBasis, Offer, Stacking, StackingPolicy
from gateway.model.rules.reward import GiftKind, Reward
from web_admin import filters
from web_admin.programme.say_gift import cap_sentence, gift_notes, gift_words
from web_admin.programme.say_when import conditions
from web_admin.programme.sentence import Item, Section, Sentence, code, said, sentence, trusted
from web_admin.programme.voice import Voice, title_of

_CHOICES: Final = {
    Choice.ALL: lazy_gettext("of several discounts all apply, the ones of higher priority first"),
    Choice.FIRST: lazy_gettext("of several discounts the one of the highest priority applies"),
    Choice.HIGHEST: lazy_gettext("of several discounts the largest applies"),
    Choice.LOWEST: lazy_gettext("of several discounts the smallest applies"),
}


def rewards_section(programme: Programme, voice: Voice) -> Section:
    """What members take for points."""
    items = tuple(
        Item(
            key=reward.id,
            title=title_of(reward),
            sentences=tuple(reward_sentences(reward, voice)),
        )
        for reward in programme.rules.rewards
    )
    return Section(key="rewards", title=_("Rewards"), icon="gift", items=items)


def offers_section(programme: Programme, voice: Voice) -> Section:
    """What is given by itself, and how several go together."""
    rules = programme.rules
    items = [
        Item(
            key=offer.id,
            title=title_of(offer),
            sentences=tuple(offer_sentences(offer, voice)),
            badges=tuple(_badges(offer)),
        )
        for offer in rules.offers
    ]
    if len(rules.offers) > 1 or rules.stacking != StackingPolicy():
        together = tuple(stacking_sentences(rules.stacking))
        items.append(
            Item(
                key=":stacking",
                title=trusted(_("Several offers on one sale")),
                sentences=together,
            )
        )
    return Section(key="offers", title=_("Offers"), icon="star", items=tuple(items))


def reward_sentences(reward: Reward, voice: Voice) -> Iterator[Sentence]:
    """What one reward says."""
    lead = conditions(reward.when, voice)
    gift = gift_words(reward.gift, voice)
    if reward.cost_points:
        cost = voice.points(reward.cost_points)
        text = said(_("members take %(gift)s for %(points)s"), gift=gift, points=cost)
    else:
        text = said(_("members with a coupon get %(gift)s"), gift=gift)
    yield sentence("what", text, *lead)
    yield from gift_notes(reward.gift, voice)
    if reward.most_per_sale > 1:
        most = filters.num(reward.most_per_sale)
        text = trusted(_("it may be taken up to %(count)s times on one sale", count=most))
        yield sentence("most_per_sale", text)
    yield from _funder(reward.funder)


def offer_sentences(offer: Offer, voice: Voice) -> Iterator[Sentence]:
    """What one offer says."""
    gift = gift_words(offer.gift, voice)
    text = said(_("members get %(gift)s"), gift=gift)
    yield sentence("what", text, *conditions(offer.when, voice))
    yield from gift_notes(offer.gift, voice)
    given = voice.credit if offer.gift.kind is GiftKind.CREDIT else voice.points
    for number, cap in enumerate(offer.budgets):
        yield cap_sentence(cap, voice, f"budgets.{number}", given)
    if offer.stacking is Stacking.NEVER:
        yield sentence("stacking", trusted(_("it goes with no other offer")))
    if offer.stacking is Stacking.ALWAYS:
        text = trusted(_("it goes with every other offer, also with one that goes alone"))
        yield sentence("stacking", text)
    if offer.published:
        yield sentence("published", trusted(_("members were promised it")))
    if offer.holdout_percent:
        share = filters.percent(offer.holdout_percent * 100)
        pattern = _("%(share)s of the members never get it, by lot, to measure what it does")
        yield sentence("holdout_percent", said(pattern, share=share))
    yield from _funder(offer.funder)
    if offer.campaign is not None:
        text = said(_("it belongs to the campaign %(name)s"), name=code(offer.campaign))
        yield sentence("campaign", text)


def stacking_sentences(policy: StackingPolicy) -> Iterator[Sentence]:
    """How several offers go together."""
    yield sentence("choice", trusted(str(_CHOICES[policy.choice])))
    if policy.choice is Choice.ALL:
        if policy.basis is DiscountBasis.DISCOUNTED:
            text = _("each is reckoned from what the ones before it have left")
        else:
            text = _("each is reckoned from the price before all discounts")
        yield sentence("basis", trusted(text))
    if policy.most is not None:
        most: Markup = trusted(
            ngettext(
                "at most one applies to a sale",
                "at most %(count)s apply to a sale",
                policy.most,
                count=filters.num(policy.most),
            )
        )
        yield sentence("most", most)
    if policy.one_per_line:
        yield sentence("one_per_line", trusted(_("a line of goods is lowered by one of them only")))


def _funder(funder: str | None) -> Iterator[Sentence]:
    if funder is not None:
        yield sentence("funder", said(_("%(name)s bears its cost"), name=code(funder)))


def _badges(offer: Offer) -> Iterator[str]:
    if offer.priority:
        yield _("Priority %(number)s", number=filters.signed(offer.priority))
