"""The ``[card_line]`` table of a profile."""

from __future__ import annotations

import pytest

from gateway.errors import ConfigError
from terminal_agent.pos.card_line import CardLineSettings
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.profile_file import parse_profile

HEAD = 'name = "shop"\nversion = 1\ndialect = "sadad"\n'
CURRENCY = '[currency]\ncode = "IRR"\nexponent = 0\n'


def test_the_times_of_a_profile_arrive() -> None:
    """Times that a profile names are used, those it does not name are the usual ones."""
    content = HEAD + CURRENCY + "[card_line]\ncharacter_timeout_ms = 250\n"
    profile = parse_profile(content.encode(), "shop.toml")
    assert profile.card_line == CardLineSettings(character_timeout_ms=250)
    listener = listener_of(profile)
    listener.feed(b"\x02", 1_000)
    assert listener.deadline_ms == 1_250
    assert parse_profile((HEAD + CURRENCY).encode(), "shop.toml").card_line is None


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("character_timeout_ms = 5", "character_timeout_ms must be a whole number in"),
        ("frame_timeout_ms = 5", "card_line.frame_timeout_ms = 5"),
        ('message_gap_ms = "5"', "write a whole number"),
        ("gap_ms = 5", "unknown key card_line.gap_ms"),
    ],
)
def test_a_wrong_table_says_what_to_write(table: str, says: str) -> None:
    """Every message names the key and what is expected there."""
    content = HEAD + CURRENCY + "[card_line]\ncharacter_timeout_ms = 1000\n"
    content = content.replace("character_timeout_ms = 1000", table)
    with pytest.raises(ConfigError) as caught:
        parse_profile(content.encode(), "shop.toml")
    assert says in str(caught.value)
