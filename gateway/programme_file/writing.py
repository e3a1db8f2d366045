"""Writes rules as TOML for people: in a fixed order, a line on each part, defaults left out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from gateway.model.plain import to_plain
from gateway.model.rules.rules import Rules
from gateway.programme_file.spelling import to_file

_LINE_CHARACTERS: Final = 100
_DELETE: Final = "\x7f"

#: What each part is, in the order in which a file has them: single settings before tables.
_PARTS: Final[Mapping[str, str]] = {
    "pending_days": "Points can be spent so many days after the sale.",
    "segments": "Groups of members that the shop keeps; rules may name them.",
    "settings": "Names, clocks and calendar.",
    "categories": "Groups of goods that rules may name.",
    "occasions": "Days that are special for everybody.",
    "earning": "Further ways to earn, beside the points per amount above.",
    "expiry": "When points lapse.",
    "auto_redeem": "Points that become stored credit by night.",
    "rewards": "What members take for points or with a coupon.",
    "offers": "What is given by itself to whoever fulfils the condition.",
    "stacking": "How several offers on one sale go together.",
    "tiers": "Levels that members reach.",
    "credit": "Money that members keep with the shop.",
    "gift_cards": "Cards that hold money and belong to whoever holds them.",
    "households": "Members who share a wallet.",
    "returns": "What a return of goods does.",
    "cards": "What a card must prove before it is trusted.",
}

_NAMING: Final = ("id", "title_en", "title_fa")
_LEVELS: Final = "levels"

#: What an empty table of these means, said aloud.
_SAID: Final = {"expiry": ("kind", "never"), "member_day": ("day", "birthday")}


def rules_text(rules: Rules) -> str:
    """Write rules as the part of a programme file that follows its base.

    Returns:
        TOML whose top level begins with plain settings; empty for rules without anything.
    """
    written = to_file(Rules, to_plain(rules))
    return "".join(_part(name, comment, written) for name, comment in _PARTS.items())


def value_text(value: object) -> str:
    """Write one value, or a whole table in a line, as it stands in a file."""
    return _value(value)


def table_lines(table: Mapping[str, Any]) -> tuple[str, ...]:
    """Write the settings of a table, a line or more for each."""
    return tuple(_table("", table))


def _part(name: str, comment: str, written: Mapping[str, Any]) -> str:
    if name not in written:
        return ""
    return "\n".join(["", f"# {comment}", *_section(name, written[name])]) + "\n"


def _section(path: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - a table, a list or a value
    """A table with its header, a list of tables each with one, or a plain setting."""
    if isinstance(value, Mapping):
        yield f"[{path}]"
        yield from _table(path, value)
    elif _is_tables(value):
        for index, item in enumerate(value):
            if index:
                yield ""
            yield f"[[{path}]]"
            yield from _table(path, item)
    else:
        yield from _setting(path, value)


def _table(path: str, table: Mapping[str, Any]) -> Iterator[str]:
    """The settings of a table: what names it, the rest; tier levels last, as sections."""
    for name in _NAMING:
        if name in table:
            yield from _setting(name, table[name])
    for name, value in table.items():
        if name not in (*_NAMING, _LEVELS):
            yield from _setting(name, value)
    if _LEVELS in table:
        yield ""
        yield from _section(f"{path}.{_LEVELS}", table[_LEVELS])


def _setting(name: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - as in _section
    """``name = value``; a table within becomes one line for each of its settings."""
    if isinstance(value, Mapping):
        key, said = _SAID.get(name.rpartition(".")[2], ("", ""))
        if not value and key:
            yield f"{name}.{key} = {_value(said)}"
        elif not value:
            yield f"{name} = {{}}"
        for inner, part in value.items():
            yield from _setting(f"{name}.{inner}", part)
        return
    line = f"{name} = {_value(value)}"
    short = len(line) <= _LINE_CHARACTERS and not (_is_tables(value) and len(value) > 1)
    if short or not isinstance(value, list):
        yield line
        return
    yield f"{name} = ["
    for item in value:
        yield f"  {_value(item)},"
    yield "]"


def _is_tables(value: Any) -> bool:  # noqa: ANN401 - as in _section
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _value(value: Any) -> str:  # noqa: ANN401 - as in _section
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, Mapping):
        inner = (f"{key} = {_value(item)}" for key, item in value.items())
        return f"{{ {', '.join(inner)} }}" if value else "{}"
    # JSON's escapes are TOML's, except that TOML also wants this one.
    return json.dumps(value, ensure_ascii=False).replace(_DELETE, "\\u007f")
