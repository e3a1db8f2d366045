"""One table of a profile's TOML, read with messages that name the file and the key."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from gateway.errors import ConfigError

_Choice = TypeVar("_Choice", bound=StrEnum)


class TomlTable:
    """A table whose readers raise ``ConfigError`` with what to write instead."""

    def __init__(self, source: str, path: str, table: Mapping[str, Any]) -> None:
        """Wrap a table.

        Args:
            source: what to call the file in messages.
            path: where in the file the table stands, ending in a dot; empty for the whole file.
            table: its entries.
        """
        self.source = source
        self._path = path
        self.entries = dict(table)

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self.entries

    def sub(self, key: str, form: str) -> TomlTable:
        """Return the table under ``key``, which must be there."""
        value = self.needed(key, form)
        if not isinstance(value, dict):
            raise self.wrong(key, form)
        return TomlTable(self.source, f"{self._path}{key}.", value)

    def text(self, key: str) -> str:
        """Return the string under ``key``."""
        value = self.needed(key, "a string")
        if not isinstance(value, str):
            raise self.wrong(key, "a string")
        return value

    def whole(self, key: str) -> int:
        """Return the whole number under ``key``."""
        value = self.needed(key, "a whole number")
        if type(value) is not int:
            raise self.wrong(key, "a whole number")
        return value

    def flag(self, key: str) -> bool:
        """Return true or false, as it stands under ``key``."""
        value = self.needed(key, "true or false")
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the list of strings under ``key``."""
        value = self.needed(key, "a list of strings")
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise self.wrong(key, "a list of strings")
        return tuple(value)

    def tables(self, key: str) -> tuple[TomlTable, ...]:
        """Return the list of tables under ``key``, which must be there."""
        value = self.needed(key, "a list of tables")
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise self.wrong(key, "a list of tables")
        path = f"{self._path}{key}"
        return tuple(
            TomlTable(self.source, f"{path}[{at}].", entry) for at, entry in enumerate(value)
        )

    def enum(self, key: str, kind: type[_Choice]) -> _Choice:
        """Return the member of ``kind`` that ``key`` names."""
        try:
            return kind(self.text(key))
        except ValueError as error:
            allowed = ", ".join(repr(member.value) for member in kind)
            raise self.wrong(key, f"one of {allowed}") from error

    def needed(self, key: str, form: str) -> Any:  # noqa: ANN401 - TOML values are of any type
        """Return what is under ``key``, of whatever kind."""
        if key not in self.entries:
            raise ConfigError(f"profile {self.source}: {self._path}{key} is missing; write {form}")
        return self.entries[key]

    def wrong(self, key: str, form: str) -> ConfigError:
        """Say what is wrong at ``key``, and what to write."""
        return ConfigError(
            f"profile {self.source}: {self._path}{key} = {self.entries.get(key)!r}; write {form}"
        )

    def refuse_others(self, known: set[str]) -> None:
        """Refuse a key that nobody knows: a typing error would else pass as a default."""
        unknown = sorted(self.entries.keys() - known)
        if unknown:
            raise ConfigError(
                f"profile {self.source}: unknown key {self._path}{unknown[0]}; "
                f"known are {', '.join(sorted(known))}"
            )
