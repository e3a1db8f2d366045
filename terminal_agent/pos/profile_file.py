"""Reading shop profiles from TOML: shipped ones by name, a shop's own by path."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar

from gateway.errors import ConfigError
from gateway.model.money import Currency
from terminal_agent.pos.profile import (
    AmountSide,
    Boundary,
    CodePageCodec,
    Dialect,
    ExtraWords,
    ShopProfile,
    TextOrder,
)
from terminal_agent.pos.words import WordKind

_SHIPPED: Final = resources.files("terminal_agent.pos") / "profiles"
_FILE_BYTES_MAX: Final = 65_536
_Choice = TypeVar("_Choice", Dialect, AmountSide, TextOrder)


def shipped_names() -> tuple[str, ...]:
    """Names of the profiles that come with Mohr, sorted."""
    names = (entry.name for entry in _SHIPPED.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_profile(name_or_path: str) -> ShopProfile:
    """Load a shipped profile by its name, or any profile by a path that ends in ``.toml``.

    Raises:
        ConfigError: if there is none, or it cannot be used; says which key and what to write.
    """
    if name_or_path.endswith(".toml"):
        path = Path(name_or_path)
        try:
            with path.open("rb") as file:
                content = file.read(_FILE_BYTES_MAX + 1)
        except OSError as error:
            raise ConfigError(f"profile {name_or_path}: {error.strerror or error}") from error
        if len(content) > _FILE_BYTES_MAX:
            raise ConfigError(f"profile {name_or_path}: larger than {_FILE_BYTES_MAX} bytes")
        return parse_profile(content, name_or_path)
    if name_or_path not in shipped_names():
        raise ConfigError(
            f"no profile {name_or_path!r}; write one of {', '.join(shipped_names())}, "
            "or the path of a .toml file"
        )
    return parse_profile((_SHIPPED / f"{name_or_path}.toml").read_bytes(), name_or_path)


def parse_profile(content: bytes, source: str) -> ShopProfile:
    """Make a profile from a TOML file's content.

    Args:
        content: the file.
        source: what to call it in messages.

    Raises:
        ConfigError: naming the key that is missing, unknown or wrong, and what to write.
    """
    try:
        table = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"profile {source}: not a TOML file in UTF-8: {error}") from error
    return _Table(source, "", table).profile()


class _Table:
    """One TOML table, with messages that name file and key."""

    def __init__(self, source: str, path: str, table: Mapping[str, Any]) -> None:
        self._source = source
        self._path = path
        self.entries = dict(table)

    def profile(self) -> ShopProfile:
        readers: dict[str, Callable[[str], Any]] = {
            "dialect": lambda key: self.enum(key, Dialect),
            "default_encoding": self.text,
            "multi_byte_encoding": self.text,
            "decimal_separators": self.joined,
            "thousands_separators": self.joined,
            "printed_unit_minor": self.whole,
            "amount_side": lambda key: self.enum(key, AmountSide),
            "text_order": lambda key: self.enum(key, TextOrder),
            "boundaries": self.boundaries,
            "idle_gap_ms": self.whole,
            "auto_award_ceiling_minor": self.whole,
            "code_pages": self.code_pages,
            "words": self.read_words,
        }
        values = {key: read(key) for key, read in readers.items() if key in self.entries}
        currency, currency_words = self.read_currency()
        name, version = self.text("name"), self.whole("version")
        self.refuse_others({"name", "version", "currency", *readers})
        return ShopProfile(
            name=name, version=version, currency=currency, currency_words=currency_words, **values
        )

    def read_currency(self) -> tuple[Currency, tuple[str, ...]]:
        table = self.sub("currency", 'a table: code = "EUR", exponent = 2')
        code, exponent = table.text("code"), table.whole("exponent")
        words = table.texts("words") if "words" in table.entries else ()
        table.refuse_others({"code", "exponent", "words"})
        try:
            return Currency(code=code, exponent=exponent), words
        except ValueError as error:
            raise ConfigError(f"profile {self._source}: currency: {error}") from error

    def code_pages(self, key: str) -> tuple[CodePageCodec, ...]:
        table = self.sub(key, 'a table such as 0 = "cp437"')
        for number in table.entries:
            if not (number.isascii() and number.isdigit() and int(number) <= 255):
                raise table.wrong(number, "a page number from 0 to 255 as the key")
        return tuple(
            CodePageCodec(number=int(number), codec=table.text(number)) for number in table.entries
        )

    def read_words(self, key: str) -> tuple[ExtraWords, ...]:
        table = self.sub(key, 'a table such as total = ["MONTO TOTAL"]')
        only = table.texts("only") if "only" in table.entries else ()
        kinds = {kind.value for kind in WordKind}
        named = dict.fromkeys((*only, *(kind for kind in table.entries if kind != "only")))
        for kind in named:
            if kind not in kinds:
                raise table.wrong(kind, f"one of {', '.join(sorted(kinds))}")
        return tuple(
            ExtraWords(
                kind=WordKind(kind),
                # Named under "only" without a list of its own: the meaning is switched off.
                words=table.texts(kind) if kind in table.entries else (),
                only=kind in only,
            )
            for kind in named
        )

    def boundaries(self, key: str) -> frozenset[Boundary]:
        allowed = {boundary.value for boundary in Boundary}
        names = self.texts(key)
        if not set(names) <= allowed:
            raise self.wrong(key, f"a list out of {', '.join(sorted(allowed))}")
        return frozenset(Boundary(name) for name in names)

    def joined(self, key: str) -> str:
        separators = self.texts(key)
        if any(len(separator) != 1 for separator in separators):
            raise self.wrong(key, 'a list of single characters such as [",", "."]')
        return "".join(separators)

    def sub(self, key: str, form: str) -> _Table:
        value = self.needed(key, form)
        if not isinstance(value, dict):
            raise self.wrong(key, form)
        return _Table(self._source, f"{self._path}{key}.", value)

    def text(self, key: str) -> str:
        value = self.needed(key, "a string")
        if not isinstance(value, str):
            raise self.wrong(key, "a string")
        return value

    def whole(self, key: str) -> int:
        value = self.needed(key, "a whole number")
        if type(value) is not int:
            raise self.wrong(key, "a whole number")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.needed(key, "a list of strings")
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise self.wrong(key, "a list of strings")
        return tuple(value)

    def enum(self, key: str, kind: type[_Choice]) -> _Choice:
        try:
            return kind(self.text(key))
        except ValueError as error:
            allowed = ", ".join(repr(member.value) for member in kind)
            raise self.wrong(key, f"one of {allowed}") from error

    def needed(self, key: str, form: str) -> Any:  # noqa: ANN401 - TOML values are of any type
        if key not in self.entries:
            raise ConfigError(f"profile {self._source}: {self._path}{key} is missing; write {form}")
        return self.entries[key]

    def wrong(self, key: str, form: str) -> ConfigError:
        return ConfigError(
            f"profile {self._source}: {self._path}{key} = {self.entries.get(key)!r}; write {form}"
        )

    def refuse_others(self, known: set[str]) -> None:
        unknown = sorted(self.entries.keys() - known)
        if unknown:
            raise ConfigError(
                f"profile {self._source}: unknown key {self._path}{unknown[0]}; "
                f"known are {', '.join(sorted(known))}"
            )
