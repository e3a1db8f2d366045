"""Opens the till's line that a terminal's settings name."""

from __future__ import annotations

from typing import Final

from gateway.clock import Clock
from gateway.errors import ConfigError
from gateway.model.money import Currency
from terminal_agent.config import AgentSettings, PosLineTable
from terminal_agent.heard_till import HeardTill
from terminal_agent.open_line import LineWish, open_line
from terminal_agent.pos.many_ports import ManyPorts
from terminal_agent.pos.port import PosPort
from terminal_agent.pos.profile import ShopProfile
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.till import Till

#: The name that stands for "not set up" in the reader's and the till's settings.
NONE: Final = "none"
#: The line of ``[pos]`` itself, among those of ``[[pos.lines]]``.
MAIN_LINE: Final = "till"


def check_profile(name: str, currency: Currency) -> ShopProfile:
    """Load a profile that counts in the till's currency.

    Raises:
        ConfigError: if there is no such profile, or it counts in something else.
    """
    profile = load_profile(name)
    if profile.currency != currency:
        raise ConfigError(
            f"profile {name} counts in {profile.currency.code} with {profile.currency.exponent}"
            f" decimals, the till in {currency.code} with {currency.exponent}: one must change"
        )
    return profile


def open_till(settings: AgentSettings, clock: Clock) -> tuple[Till, PosPort]:
    """Make a till that is set up, and its port; nothing is opened before the port's ``start``.

    Raises:
        ConfigError: if a profile or a device cannot be understood, or a setting be used.
    """
    pos = settings.pos
    first = PosLineTable(
        name=MAIN_LINE,
        device=pos.device,
        profile=pos.profile,
        baud_rate=pos.baud_rate,
        capture_bytes=pos.capture_bytes,
    )
    tables = {line.name: line for line in (first, *pos.lines)}
    if len(tables) != 1 + len(pos.lines):
        raise ConfigError(f"pos.lines: every line has a name of its own, and none is {MAIN_LINE!r}")
    profiles = {
        name: check_profile(table.profile, settings.currency) for name, table in tables.items()
    }
    opened = {
        name: open_line(_wish(settings, table, profiles[name]), clock)
        for name, table in tables.items()
    }
    participant = opened[MAIN_LINE].participant
    if participant is not None and not pos.lines:
        return participant, opened[MAIN_LINE].port
    if any(line.participant is not None for line in opened.values()):
        raise ConfigError(
            "pos.lines: a till that speaks Mohr's own lines says everything itself; "
            "take the other lines out"
        )
    unix_ms_at_zero = clock.unix_ms() - clock.monotonic_ms()
    till = HeardTill(profiles, unix_ms_at_zero=unix_ms_at_zero)
    return till, ManyPorts({name: line.port for name, line in opened.items()})


def _wish(settings: AgentSettings, table: PosLineTable, profile: ShopProfile) -> LineWish:
    return LineWish(
        device=table.device,
        profile=profile,
        baud=table.baud_rate,
        folder=settings.data_dir,
        capture_bytes=table.capture_bytes,
        name=table.name,
    )
