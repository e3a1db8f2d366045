"""The inputs of what a card must prove."""

from __future__ import annotations

from flask_babel import lazy_gettext

from gateway.model.rules.cards import WEAK_POINTS_MAX
from web_admin.programme import choosing, inputs
from web_admin.programme.asking import Surroundings, ask
from web_admin.programme.choices import ASSURANCES, REDEEM_ASSURANCES, WEAK_ASSURANCES
from web_admin.programme.parts import Group
from web_admin.programme.parts_single import rules_part


def cards_part(_around: Surroundings) -> Group:
    """How sure a terminal must be of a card."""
    return rules_part(
        "cards",
        choosing.choice("earn_needs", ask(lazy_gettext("To earn, at least")), ASSURANCES),
        choosing.choice("redeem_needs", ask(lazy_gettext("To spend, at least")), REDEEM_ASSURANCES),
        choosing.choice(
            "weak_below",
            ask(
                lazy_gettext("Weak cards"),
                lazy_gettext("Whoever copies one can earn with it, but only so much."),
            ),
            WEAK_ASSURANCES,
        ),
        inputs.number(
            "weak_points_per_sale",
            ask(
                lazy_gettext("Points of a weak card in a purchase, at most"),
                lazy_gettext("Empty for no limit. Multipliers and offers are counted in."),
            ),
            least=1,
            most=WEAK_POINTS_MAX,
        ),
        inputs.number(
            "weak_points_per_day",
            ask(
                lazy_gettext("Points of a member's weak cards in a day, at most"),
                lazy_gettext("Empty for no limit."),
            ),
            least=1,
            most=WEAK_POINTS_MAX,
        ),
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
