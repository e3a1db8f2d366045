"""How a customer display is built, and when what it shows is taken for what it is meant to show."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import ConfigError, ValueRangeError
from gateway.model.checks import check_int
from terminal_agent.pos.profile_table import TomlTable


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplaySettings:
    """A display.

    Attributes:
        columns: characters in a row.
        rows: rows.
        settle_ms: silence after which it is taken to rest.

    Raises:
        ValueRangeError: if a number is outside its range.
    """

    columns: int = 20
    rows: int = 2
    settle_ms: int = 300

    def __post_init__(self) -> None:
        check_int("columns", self.columns, 8, 80)
        check_int("rows", self.rows, 1, 8)
        check_int("settle_ms", self.settle_ms, 50, 10_000)


def read_display_settings(outer: TomlTable, key: str) -> DisplaySettings:
    """Read the ``[display]`` table of a profile.

    Raises:
        ConfigError: naming the key that is unknown or wrong.
    """
    table = outer.sub(key, "a table such as columns = 20")
    names = ("columns", "rows", "settle_ms")
    table.refuse_others(set(names))
    try:
        return DisplaySettings(**{name: table.whole(name) for name in names if table.has(name)})
    except ValueRangeError as error:
        raise ConfigError(f"profile {outer.source}: {key}: {error}") from error
