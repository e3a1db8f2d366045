"""How patiently a card terminal's line is listened to: one table of a profile."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model.checks import check_int
from terminal_agent.pos.profile_table import TomlTable

_KEYS = ("character_timeout_ms", "frame_timeout_ms", "message_gap_ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLineSettings:
    """Times of a line between a till and a card terminal, as an observer hears it.

    The protocols' own times are for the two ends of the cable (ZVT allows 200 ms between two
    characters). Behind a USB adapter or a device server bytes come in bunches: a tap waits longer.

    Attributes:
        character_timeout_ms: silence within a frame that gives it up.
        frame_timeout_ms: longest time from a frame's first byte to its last.
        message_gap_ms: silence that ends a message which says itself not where it ends (Caisse-AP).

    Raises:
        ValueRangeError: if a time is outside what makes sense.
    """

    character_timeout_ms: int = 1_000
    frame_timeout_ms: int = 30_000
    message_gap_ms: int = 300

    def __post_init__(self) -> None:
        check_int("character_timeout_ms", self.character_timeout_ms, 50, 60_000)
        check_int("frame_timeout_ms", self.frame_timeout_ms, 1_000, 600_000)
        check_int("message_gap_ms", self.message_gap_ms, 20, 10_000)


def read_card_line(outer: TomlTable, key: str) -> CardLineSettings:
    """Read the table ``[card_line]`` of a profile.

    Raises:
        ConfigError: naming the key and what to write.
    """
    table = outer.sub(key, "a table such as character_timeout_ms = 1000")
    table.refuse_others(set(_KEYS))
    values = {name: table.whole(name) for name in _KEYS if table.has(name)}
    try:
        return CardLineSettings(**values)
    except ValueError as error:
        raise table.wrong(next(iter(values)), str(error)) from error
