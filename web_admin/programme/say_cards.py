"""What a card must prove, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _

from gateway.model.card import Assurance
from gateway.model.programme import Programme
from gateway.model.rules.cards import CardPolicy
from web_admin.programme.sentence import Item, Section, Sentence, said, sentence, trusted
from web_admin.programme.voice import Voice


def cards_section(programme: Programme, voice: Voice) -> Section:
    """How sure a terminal must be of a card."""
    item = Item(key="cards", sentences=tuple(_cards(programme, voice)))
    return Section(key="cards", title=_("Cards"), icon="fingerprint", items=(item,))


def _cards(programme: Programme, voice: Voice) -> Iterator[Sentence]:
    policy = programme.rules.cards
    earn = {
        Assurance.CLAIMED: _("whoever says their number earns"),
        Assurance.IDENTIFIED: _("any card earns"),
        Assurance.SIGNED: _("only a card with the shop's signature earns"),
        Assurance.AUTHENTICATED: _("only a card that proves its secret key earns"),
    }
    yield sentence("earn_needs", trusted(earn[policy.earn_needs]))
    redeem = {
        Assurance.IDENTIFIED: _("any card spends"),
        Assurance.SIGNED: _("only a card with the shop's signature spends"),
        Assurance.AUTHENTICATED: _("only a card that proves its secret key spends"),
    }
    yield sentence("redeem_needs", trusted(redeem[policy.redeem_needs]))
    yield from _weak(policy, voice)
    if policy.terminals_authenticate:
        text = _("terminals know a genuine card without a network")
    else:
        text = _("only the gateway knows a genuine card")
    yield sentence("terminals_authenticate", trusted(text))
    if policy.block_copies:
        text = _("a card that was copied is blocked everywhere as soon as that shows")
    else:
        text = _("a card that was copied is reported, and goes on")
    yield sentence("block_copies", trusted(text))


def _weak(policy: CardPolicy, voice: Voice) -> Iterator[Sentence]:
    """What limits cards that can be copied, as far as anything does."""
    cards = {
        Assurance.IDENTIFIED: _("with a number that somebody says"),
        Assurance.SIGNED: _("with a card that can simply be copied"),
        Assurance.AUTHENTICATED: _("with a card that does not prove a secret key"),
    }
    card = trusted(cards[policy.weak_below])
    if policy.weak_points_per_sale is not None:
        points = voice.points(policy.weak_points_per_sale)
        text = said(_("a purchase earns at most %(points)s"), points=points)
        yield sentence("weak_points_per_sale", text, card)
    if policy.weak_points_per_day is not None:
        points = voice.points(policy.weak_points_per_day)
        text = said(_("a member earns at most %(points)s in a day"), points=points)
        yield sentence("weak_points_per_day", text, card)
