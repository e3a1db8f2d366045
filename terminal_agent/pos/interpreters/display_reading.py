"""What the amounts on a customer display mean, by the words that stand with them. Pure.

The shop's own words and number forms are those of its receipts. A label and its amount may stand in
one row or below each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from terminal_agent.pos.interpreters.displays import DisplayMeaning, DisplayShown
from terminal_agent.pos.interpreters.lines import PrintedLine
from terminal_agent.pos.interpreters.pan import mask_pans
from terminal_agent.pos.interpreters.reading import LineKind, LineReader, ReadLine
from terminal_agent.pos.profile import ShopProfile

_MEANINGS: Final[Mapping[LineKind, DisplayMeaning]] = {
    LineKind.STRONG_TOTAL: DisplayMeaning.TOTAL,
    LineKind.TOTAL: DisplayMeaning.TOTAL,
    LineKind.WEAK_TOTAL: DisplayMeaning.TOTAL,
    LineKind.CHANGE: DisplayMeaning.CHANGE,
    LineKind.GIVEN: DisplayMeaning.GIVEN,
    LineKind.CASH: DisplayMeaning.GIVEN,
    LineKind.CARD: DisplayMeaning.GIVEN,
    LineKind.ITEM: DisplayMeaning.ITEM,
}
#: Of several amounts the one that says most of the sale is told.
_ORDER: Final = (
    DisplayMeaning.TOTAL,
    DisplayMeaning.CHANGE,
    DisplayMeaning.GIVEN,
    DisplayMeaning.ITEM,
    DisplayMeaning.UNKNOWN,
)


class DisplayReader:
    """Reads screens by a profile's words."""

    def __init__(self, profile: ShopProfile) -> None:
        """Prepare to read what ``profile``'s till shows."""
        self._reader = LineReader(profile)
        self._currency = profile.currency.code

    def read(self, lines: tuple[str, ...]) -> DisplayShown:
        """Say what a screen that rests tells."""
        found = self._amounts(lines)
        meaning, amount = DisplayMeaning.UNKNOWN, None
        for wanted in _ORDER:
            amounts = {value for kind, value in found if kind is wanted}
            if amounts:
                # Two totals that differ are no total.
                meaning = wanted
                amount = amounts.pop() if len(amounts) == 1 else None
                break
        return DisplayShown(
            lines=tuple(mask_pans(line) for line in lines),
            meaning=meaning,
            amount_minor=amount,
            currency=self._currency,
        )

    def _amounts(self, lines: tuple[str, ...]) -> list[tuple[DisplayMeaning, int]]:
        found = []
        for at, line in enumerate(lines):
            read = self._reader.read(PrintedLine(text=line))
            if read.value is None:
                continue
            if not read.label.strip() and at and not self._has_amount(lines[at - 1]):
                # An amount by itself belongs to the words above it.
                both = PrintedLine(text=f"{lines[at - 1]}  {line.strip()}")
                read = self._reader.read(both)
            if read.value is not None:
                found.append((_meaning(read), read.value))
        return found

    def _has_amount(self, line: str) -> bool:
        return self._reader.read(PrintedLine(text=line)).value is not None


def _meaning(read: ReadLine) -> DisplayMeaning:
    return _MEANINGS.get(read.kind, DisplayMeaning.UNKNOWN)
