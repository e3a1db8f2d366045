"""Rules as plain sentences: a programme in, sections of sentences out; no file and no clock."""

from __future__ import annotations

from gateway.model.programme import Programme
from web_admin.programme.say_cards import cards_section
from web_admin.programme.say_earning import earning_section, lasting_section, spending_section
from web_admin.programme.say_offers import offers_section, rewards_section
from web_admin.programme.say_settings import calendar_section, clocks_section
from web_admin.programme.say_stored import (
    credit_section,
    gift_cards_section,
    households_section,
    returns_section,
)
from web_admin.programme.say_tiers import tiers_section
from web_admin.programme.sentence import Section
from web_admin.programme.voice import Voice


def sections(programme: Programme, voice: Voice) -> tuple[Section, ...]:
    """Say everything that a programme rules, in the reader's language.

    Args:
        programme: the rules.
        voice: how their figures and names are said.

    Returns:
        every section in a fixed order; one without items says that there is nothing of its kind.
    """
    return (
        earning_section(programme, voice),
        spending_section(programme, voice),
        lasting_section(programme, voice),
        rewards_section(programme, voice),
        offers_section(programme, voice),
        tiers_section(programme, voice),
        credit_section(programme, voice),
        gift_cards_section(programme, voice),
        households_section(programme, voice),
        returns_section(programme),
        cards_section(programme, voice),
        calendar_section(programme),
        clocks_section(programme),
    )
