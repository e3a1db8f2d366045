"""What a card must prove, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _

from gateway.model.card import Assurance
from gateway.model.programme import Programme
from web_admin.programme.sentence import Item, Section, Sentence, sentence, trusted


def cards_section(programme: Programme) -> Section:
    """How sure a terminal must be of a card."""
    item = Item(key="cards", sentences=tuple(_cards(programme)))
    return Section(key="cards", title=_("Cards"), icon="fingerprint", items=(item,))


def _cards(programme: Programme) -> Iterator[Sentence]:
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
