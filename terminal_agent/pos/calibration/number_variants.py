"""How a till writes numbers: every way in which the marked totals are found on their papers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from terminal_agent.pos.calibration.papers import Framed, papers
from terminal_agent.pos.interpreters.numbers import CURRENCY_WORDS
from terminal_agent.pos.interpreters.reading import LineReader, ReadLine
from terminal_agent.pos.profile import DigitOrder, ShopProfile

#: Decimal separators and thousands separators, tried in this order.
_WITH_MINOR: Final = ((".", ","), (",", "."), (",", " ."), (".", " "), (".", "',"), (",.", ".,'"))
_WITHOUT_MINOR: Final = (("/", ",."), ("", ",."), ("", "/"), ("", " "), ("", "'"), (".", ","))
_TOMAN: Final = 10
_KEPT: Final = 3


def number_variants(base: ShopProfile, framed: Sequence[Framed]) -> list[ShopProfile]:
    """Profiles that differ from ``base`` in separators, unit and order of digits: the best three.

    Best is a way of writing by which most marked totals stand on their papers, and of those the one
    that leaves the fewest amounts unclear and reads the most. Amounts without decimals are looked
    for only where others are not enough: then every number may be one.
    """
    found, variants = _best(base, framed)
    marked = sum(len(one.recording.totals_minor or ()) for one in framed)
    if found < marked and base.currency.exponent and not base.decimals_optional:
        more, others = _best(replace(base, decimals_optional=True), framed)
        if more > found:
            return others
    return variants


def _best(base: ShopProfile, framed: Sequence[Framed]) -> tuple[int, list[ShopProfile]]:
    """How many marked totals the best way of writing finds, and the best three that do."""
    scored = [(_score(variant, framed), -at, variant) for at, variant in enumerate(_every(base))]
    scored.sort(key=lambda entry: entry[:2], reverse=True)
    best = scored[0][0][0]
    return best, [variant for score, _, variant in scored[:_KEPT] if score[0] == best and best > 0]


def _every(base: ShopProfile) -> Iterable[ShopProfile]:
    separators = _WITH_MINOR if base.currency.exponent else _WITHOUT_MINOR
    for order in DigitOrder:
        for decimals, thousands in (
            (base.decimal_separators, base.thousands_separators),
            *separators,
        ):
            for unit, words in _units(base):
                yield replace(
                    base,
                    digit_order=order,
                    decimal_separators=decimals,
                    thousands_separators=thousands,
                    printed_unit_minor=unit,
                    currency_words=words,
                )


def _units(base: ShopProfile) -> list[tuple[int, tuple[str, ...]]]:
    if base.currency.code != "IRR":
        return [(base.printed_unit_minor, base.currency_words)]
    return [(1, ()), (_TOMAN, CURRENCY_WORDS["IRT"])]


def _score(variant: ShopProfile, framed: Sequence[Framed]) -> tuple[int, int, int]:
    """Totals found, lines left unclear (negative), amounts read."""
    reader = LineReader(variant)
    found = unclear = amounts = 0
    for one in framed:
        lines = [reader.read(line) for paper in papers(variant, one.events) for line in paper]
        found += sum(holds(lines, total) for total in one.recording.totals_minor or ())
        unclear += sum(line.unreadable for line in lines)
        amounts += sum(len(line.amounts) for line in lines)
    return found, -unclear, amounts


def holds(lines: Iterable[ReadLine], total_minor: int) -> bool:
    """Whether an amount stands somewhere among lines."""
    return any(total_minor in line.amounts for line in lines)
