"""What a printer model's code page numbers mean: the shipped tables, by the model's name."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from gateway.errors import ConfigError
from terminal_agent.pos.text.encodings import is_text_encoding

_SHIPPED: Final = resources.files("terminal_agent.pos") / "printers"
#: Digits and separators stand in ASCII on every page of every printer; letters are lost.
_UNREADABLE: Final = "ascii"


def printer_models() -> tuple[str, ...]:
    """Names of the models whose tables ship, sorted."""
    return tuple(sorted(_tables()))


def code_pages_of(printer: str, source: str) -> Mapping[int, str]:
    """The page numbers of a model and what decodes them; ASCII where nothing here does.

    Args:
        printer: the model's name as in ``printer_models``, in any case of letters.
        source: what to call the profile in messages.

    Raises:
        ConfigError: if no table of that model ships.
    """
    wanted = printer.casefold()
    for name, pages in _tables().items():
        if name.casefold() == wanted:
            return pages
    raise ConfigError(
        f"profile {source}: printer = {printer!r}; write one of {', '.join(printer_models())}, "
        "or leave it out and write [code_pages]"
    )


@cache
def _tables() -> dict[str, Mapping[int, str]]:
    tables: dict[str, Mapping[int, str]] = {}
    files = sorted(_SHIPPED.iterdir(), key=lambda entry: entry.name)
    for file in files:
        if not file.name.endswith(".toml"):
            continue
        for family in tomllib.loads(file.read_text("utf-8")).values():
            pages = {
                int(number): codec if is_text_encoding(codec) else _UNREADABLE
                for number, codec in family["pages"].items()
            }
            tables.update(dict.fromkeys(family["models"], pages))
    return tables
