"""Marks as people write them: totals on the command line, or rows of a CSV file."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from typing import Final

from gateway.errors import ConfigError
from gateway.model.money import Currency
from terminal_agent.pos.interpreters.folding import plain_numbers

Totals = tuple[int, ...] | None

_NO_SALE: Final = ("none", "no", "-")
_UNKNOWN: Final = ("", "?")
_WHOLE: Final = re.compile(r"[0-9]{1,15}")
_MAJOR: Final = re.compile(r"([0-9]{1,12})[.٫]([0-9]{1,4})")


def parse_total(text: str, currency: Currency) -> Totals:
    """Read one mark.

    Args:
        text: minor units (``1895``), or major units with all decimals (``18.95``), commas between
            thousands allowed; ``none`` for a recording without a sale; ``?`` for nobody knows.
        currency: what it is counted in.

    Raises:
        ConfigError: if it is none of these.
    """
    plain = plain_numbers(text).strip().casefold().replace(",", "").replace("٬", "")
    if plain in _UNKNOWN:
        return None
    if plain in _NO_SALE:
        return ()
    if _WHOLE.fullmatch(plain):
        return (int(plain),)
    major = _MAJOR.fullmatch(plain)
    if major is not None and len(major[2]) == currency.exponent:
        return (int(major[1] + major[2]),)
    example = "18.95 or 1895" if currency.exponent else "123450"
    raise ConfigError(f"total {text!r}; write an amount such as {example}, or none, or ?")


def parse_marks(lines: Iterable[str], source: str, currency: Currency) -> dict[str, Totals]:
    """Read a CSV file of marks: ``recording,total``, one row a sale, first row may name them.

    Args:
        lines: the file's.
        source: what to call it in messages.
        currency: what totals are counted in.

    Returns:
        totals by the recording's name as written.

    Raises:
        ConfigError: naming the row that cannot be read.
    """
    marks: dict[str, Totals] = {}
    for number, row in enumerate(csv.reader(lines), start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith("#"):
            continue
        if number == 1 and cells == ["recording", "total"]:
            continue
        if len(cells) != 2:
            raise ConfigError(f"{source}, row {number}: write recording,total")
        marks[cells[0]] = _more(marks.get(cells[0]), parse_total(cells[1], currency))
    return marks


def _more(known: Totals, further: Totals) -> Totals:
    if known is None or further is None:
        return further if known is None else known
    return (*known, *further)


def marks_in_order(totals: Sequence[str], count: int, currency: Currency) -> list[Totals]:
    """Marks given one for each recording, in order; recordings beyond them are unmarked.

    Raises:
        ConfigError: if there are more marks than recordings.
    """
    if len(totals) > count:
        raise ConfigError(f"{len(totals)} totals for {count} recordings; write one for each")
    read: list[Totals] = [parse_total(text, currency) for text in totals]
    return read + [None] * (count - len(totals))
