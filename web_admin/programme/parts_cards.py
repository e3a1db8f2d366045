"""The inputs of what a card must prove."""

from __future__ import annotations

from flask_babel import lazy_gettext

from web_admin.programme import choosing
from web_admin.programme.asking import Surroundings, ask
from web_admin.programme.choices import ASSURANCES, REDEEM_ASSURANCES
from web_admin.programme.parts import Group
from web_admin.programme.parts_single import rules_part


def cards_part(_around: Surroundings) -> Group:
    """How sure a terminal must be of a card."""
    return rules_part(
        "cards",
        choosing.choice("earn_needs", ask(lazy_gettext("To earn, at least")), ASSURANCES),
        choosing.choice("redeem_needs", ask(lazy_gettext("To spend, at least")), REDEEM_ASSURANCES),
        choosing.flag(
            "terminals_authenticate",
            ask(
                lazy_gettext("Terminals know a genuine card without a network"),
                lazy_gettext("They hold a key for it, which a stolen terminal gives away."),
            ),
        ),
        choosing.flag(
            "block_copies",
            ask(
                lazy_gettext("Block a card that was copied"),
                lazy_gettext("At once and everywhere, when it shows itself in two places."),
            ),
        ),
    )
