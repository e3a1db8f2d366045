"""Reading shop profiles from TOML: shipped ones by name, a shop's own by path."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, Final

from gateway.errors import ConfigError
from gateway.model.money import Currency
from terminal_agent.pos.card_line import read_card_line
from terminal_agent.pos.display_settings import read_display_settings
from terminal_agent.pos.framers.stx_settings import read_frame_settings
from terminal_agent.pos.message_forms import read_message_forms
from terminal_agent.pos.printer_models import code_pages_of
from terminal_agent.pos.profile import (
    AmountSide,
    Boundary,
    CodePageCodec,
    DateOrder,
    Dialect,
    DigitOrder,
    ExtraWords,
    ShopProfile,
    TextOrder,
)
from terminal_agent.pos.profile_table import TomlTable
from terminal_agent.pos.text.encodings import VISUAL_ENCODINGS
from terminal_agent.pos.words import WordKind

_SHIPPED: Final = resources.files("terminal_agent.pos") / "profiles"
_FILE_BYTES_MAX: Final = 65_536


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
    return _profile(TomlTable(source, "", table))


def _profile(table: TomlTable) -> ShopProfile:
    readers: dict[str, Callable[[str], Any]] = {
        "dialect": lambda key: table.enum(key, Dialect),
        "printer": table.text,
        "cell_dots": table.whole,
        "default_encoding": table.text,
        "multi_byte_encoding": table.text,
        "decimal_separators": lambda key: _joined(table, key),
        "thousands_separators": lambda key: _joined(table, key),
        "decimals_optional": table.flag,
        "printed_unit_minor": table.whole,
        "amount_side": lambda key: table.enum(key, AmountSide),
        "text_order": lambda key: table.enum(key, TextOrder),
        "digit_order": lambda key: table.enum(key, DigitOrder),
        "date_order": lambda key: table.enum(key, DateOrder),
        "boundaries": lambda key: _boundaries(table, key),
        "idle_gap_ms": table.whole,
        "auto_award_ceiling_minor": table.whole,
        "evidence_needed": table.whole,
        "code_pages": lambda key: _code_pages(table, key),
        "words": lambda key: _words(table, key),
        "display": lambda key: read_display_settings(table, key),
        "frame": lambda key: read_frame_settings(table, key),
        "messages": lambda key: read_message_forms(table, key),
        "card_line": lambda key: read_card_line(table, key),
    }
    values = {key: read(key) for key, read in readers.items() if table.has(key)}
    if "printer" in values:
        own = values.get("code_pages", ())
        values["code_pages"] = _with_model(own, values["printer"], table.source)
    if values.get("default_encoding") in VISUAL_ENCODINGS:
        values.setdefault("text_order", TextOrder.VISUAL)
    currency, currency_words = _currency(table)
    name, version = table.text("name"), table.whole("version")
    table.refuse_others({"name", "version", "currency", *readers})
    return ShopProfile(
        name=name, version=version, currency=currency, currency_words=currency_words, **values
    )


def _currency(table: TomlTable) -> tuple[Currency, tuple[str, ...]]:
    inner = table.sub("currency", 'a table: code = "EUR", exponent = 2')
    code, exponent = inner.text("code"), inner.whole("exponent")
    words = inner.texts("words") if inner.has("words") else ()
    inner.refuse_others({"code", "exponent", "words"})
    try:
        return Currency(code=code, exponent=exponent), words
    except ValueError as error:
        raise ConfigError(f"profile {table.source}: currency: {error}") from error


def _code_pages(outer: TomlTable, key: str) -> tuple[CodePageCodec, ...]:
    table = outer.sub(key, 'a table such as 0 = "cp437"')
    for number in table.entries:
        if not (number.isascii() and number.isdigit() and int(number) <= 255):
            raise table.wrong(number, "a page number from 0 to 255 as the key")
    return tuple(
        CodePageCodec(number=int(number), codec=table.text(number)) for number in table.entries
    )


def _with_model(
    own: tuple[CodePageCodec, ...], printer: str, source: str
) -> tuple[CodePageCodec, ...]:
    """The pages of a printer model with the profile's own over them."""
    pages = {**code_pages_of(printer, source), **{page.number: page.codec for page in own}}
    return tuple(CodePageCodec(number=number, codec=pages[number]) for number in sorted(pages))


def _words(outer: TomlTable, key: str) -> tuple[ExtraWords, ...]:
    table = outer.sub(key, 'a table such as total = ["MONTO TOTAL"]')
    only = table.texts("only") if table.has("only") else ()
    kinds = {kind.value for kind in WordKind}
    named = dict.fromkeys((*only, *(kind for kind in table.entries if kind != "only")))
    for kind in named:
        if kind not in kinds:
            raise table.wrong(kind, f"one of {', '.join(sorted(kinds))}")
    return tuple(
        ExtraWords(
            kind=WordKind(kind),
            # Named under "only" without a list of its own: the meaning is switched off.
            words=table.texts(kind) if table.has(kind) else (),
            only=kind in only,
        )
        for kind in named
    )


def _boundaries(table: TomlTable, key: str) -> frozenset[Boundary]:
    allowed = {boundary.value for boundary in Boundary}
    names = table.texts(key)
    if not set(names) <= allowed:
        raise table.wrong(key, f"a list out of {', '.join(sorted(allowed))}")
    return frozenset(Boundary(name) for name in names)


def _joined(table: TomlTable, key: str) -> str:
    separators = table.texts(key)
    if any(len(separator) != 1 for separator in separators):
        raise table.wrong(key, 'a list of single characters such as [",", "."]')
    return "".join(separators)
