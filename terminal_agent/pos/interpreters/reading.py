"""What each printed line is: an item, the total, a tender, a tax, a rule of dashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from terminal_agent.pos.interpreters.folding import fold, plain_numbers
from terminal_agent.pos.interpreters.lines import PrintedLine
from terminal_agent.pos.interpreters.numbers import (
    CURRENCY_WORDS,
    Amount,
    AmountFinder,
    NumberStyle,
)
from terminal_agent.pos.interpreters.vocabulary import vocabulary_of
from terminal_agent.pos.profile import AmountSide, ShopProfile
from terminal_agent.pos.words import WordKind


class LineKind(StrEnum):
    """What a line is."""

    PRINTED = "printed"
    """Text without an amount."""
    RULE = "rule"
    """Dashes, dots or boxes across the paper."""
    ITEM = "item"
    """Any line with an amount that nothing below explains."""
    UNIT_PRICE = "unit_price"
    STRONG_TOTAL = "strong_total"
    TOTAL = "total"
    WEAK_TOTAL = "weak_total"
    SUBTOTAL = "subtotal"
    NET = "net"
    TAX = "tax"
    DISCOUNT = "discount"
    SAVED = "saved"
    ROUNDING = "rounding"
    GIVEN = "given"
    CASH = "cash"
    CARD = "card"
    VOUCHER = "voucher"
    CHANGE = "change"
    TIP = "tip"
    OTHER = "other"


_LINE_WORDS: Final = tuple(
    kind for kind in WordKind if kind.value in {one.value for one in LineKind}
)
TOTALS: Final = frozenset((LineKind.STRONG_TOTAL, LineKind.TOTAL, LineKind.WEAK_TOTAL))
TENDERS: Final = frozenset((LineKind.GIVEN, LineKind.CASH, LineKind.CARD, LineKind.VOUCHER))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """A line and what was read from it.

    Attributes:
        text: as printed.
        folded: folded for comparing words.
        kind: what it is by its words and amounts.
        amounts: its certain amounts in minor units.
        value: the amount that counts, None where there is none or it is not certain.
        unreadable: digits stand where an amount should, but it is not certain or foreign.
        foreign: its amount is of another currency.
        sums_up: it says that it is a sum; of a tax line, of all taxes.
        own: its kind is by the shop's own words.
        label: the text without the amount.
        scale: largest character area, 1 being normal.
        bold: some of it is emphasised.
    """

    text: str
    folded: str
    kind: LineKind
    amounts: tuple[int, ...] = ()
    value: int | None = None
    unreadable: bool = False
    foreign: bool = False
    sums_up: bool = False
    own: bool = False
    label: str = ""
    scale: int = 1
    bold: bool = False

    @property
    def several(self) -> bool:
        """Whether it prints amounts that differ."""
        return len(set(self.amounts)) > 1


_FILLERS: Final = frozenset(
    ("your", "order", "sale", "sales", "bill", "invoice", "the", "ihr", "ihre", "le", "la", "il")
)
_QUANTITY: Final = re.compile(
    r"^\s*[0-9]+(?:[.,/][0-9]+)?\s*"
    r"(?:(?:[sS]t(?:k|ück)?\.?|kg|KG|g|l|عدد|개|件|个)\s*(?:[xX×*@]|à)?|[xX×*@]|à)\s*(?=\S)"
)
_PERCENT: Final = re.compile(r"[0-9]+(?:[.,/][0-9]+)?\s*[%٪]|[%٪]\s*[0-9]")
_LETTERS: Final = re.compile(r"[^\W\d_]")
#: The end of a line that was meant to be an amount.
_SEPARATED: Final = re.compile(r"[0-9][.,'٬٫/][0-9]+\s*\S{0,4}$")
#: Currencies of countries that part 1,23,456.
_LAKHS: Final = frozenset(("INR", "PKR", "BDT", "NPR", "LKR"))
_WIDE_GAP: Final = "  "


class LineReader:
    """Reads lines the way one profile prints them."""

    def __init__(self, profile: ShopProfile) -> None:
        """Prepare words and number style."""
        self.vocabulary = vocabulary_of(profile.words)
        #: Money may be printed without decimals, so that a bare number may be an amount or a count.
        self._bare = not profile.currency.exponent or profile.decimals_optional
        self._side = profile.amount_side
        own = profile.currency_words or CURRENCY_WORDS.get(
            profile.currency.code, (profile.currency.code,)
        )
        self._finder = AmountFinder(
            NumberStyle(
                exponent=profile.currency.exponent,
                decimals=profile.decimal_separators,
                thousands=profile.thousands_separators,
                decimals_optional=profile.decimals_optional,
                factor=profile.printed_unit_minor,
                own=frozenset(word.casefold() for word in own),
                lakhs=profile.currency.code in _LAKHS,
            )
        )

    def read(self, line: PrintedLine) -> ReadLine:
        """Read one line by itself."""
        folded, plain = fold(line.text), plain_numbers(line.text)
        found = self._finder.find(line.text)
        amounts = found.found
        foreign = not amounts and found.foreign
        if amounts and self._finder.names_foreign_only(line.text):
            amounts, foreign = (), True
        kind = self._kind(line.text, folded, amounts)
        certain = bool(amounts) and not found.unclear
        counting = self._counting(amounts) if certain else None
        return ReadLine(
            text=line.text,
            folded=folded,
            kind=kind,
            amounts=tuple(amount.minor for amount in amounts) if certain else (),
            value=counting.minor if counting is not None else None,
            unreadable=not certain and (found.unclear or bool(_SEPARATED.search(plain))),
            foreign=foreign,
            own=bool(amounts) and self._kind_by_own_words(folded) is not None,
            sums_up=self.vocabulary.has(folded, WordKind.TOTAL),
            label=_without(line.text, counting),
            scale=line.scale,
            bold=line.bold,
        )

    def is_amount_alone(self, line: ReadLine) -> bool:
        """Whether a line is one amount with at most its currency beside it."""
        words = re.findall(r"[^\W\d_]+", line.label.casefold())
        return line.value is not None and all(self._finder.is_currency(word) for word in words)

    def total_kind(self, folded: str) -> LineKind | None:
        """Which total a line's words announce, whether or not an amount is beside them."""
        own = self._kind_by_own_words(folded)
        if own is not None:
            return own if own in TOTALS else None
        has = self.vocabulary.has
        excluded = has(folded, WordKind.TAX) and not has(folded, WordKind.INCLUDING)
        if has(folded, WordKind.STRONG_TOTAL) and not excluded:
            return LineKind.STRONG_TOTAL
        before = self.vocabulary.before(folded, WordKind.TOTAL)
        if before is None or excluded or has(folded, WordKind.NET):
            return None
        counted = WordKind.COUNT if self._bare else WordKind.OTHER
        others = (
            WordKind.CASH,
            WordKind.CARD,
            WordKind.GIVEN,
            WordKind.TIP,
            WordKind.OTHER,
            counted,
        )
        if has(folded, *others):
            return None
        if has(folded, WordKind.DISCOUNT) and not has(folded, WordKind.AFTER_DISCOUNT):
            return None
        return LineKind.TOTAL if self._opens(before) else LineKind.WEAK_TOTAL

    def _opens(self, before: str) -> bool:
        return all(
            word in _FILLERS or word.isdigit() or self._finder.is_currency(word)
            for word in before.split()
        )

    def _counting(self, amounts: tuple[Amount, ...]) -> Amount | None:
        if not amounts:
            return None
        if self._side is AmountSide.LARGEST:
            return max(amounts, key=lambda amount: abs(amount.minor))
        return amounts[0] if self._side is AmountSide.START else amounts[-1]

    def _kind(self, text: str, folded: str, amounts: tuple[Amount, ...]) -> LineKind:
        if not folded:
            return LineKind.RULE if len(text.strip()) >= 3 else LineKind.PRINTED
        if not amounts:
            return LineKind.PRINTED
        by_words = self._kind_by_own_words(folded) or self._kind_by_words(folded)
        return by_words or self._kind_by_shape(plain_numbers(text), amounts)

    def _kind_by_shape(self, plain: str, amounts: tuple[Amount, ...]) -> LineKind:
        if _PERCENT.search(plain) and len(_LETTERS.findall(plain)) <= 2:
            return LineKind.TAX
        quantity = _QUANTITY.match(plain)
        if quantity is not None and len(amounts) == 1 and amounts[0].start <= quantity.end() + 3:
            return LineKind.UNIT_PRICE
        # Without decimals a bare number is a price only in a column of its own.
        first, last = amounts[0], amounts[-1]
        apart = plain[: last.start].endswith(_WIDE_GAP) or plain[first.end :].startswith(_WIDE_GAP)
        certain = not self._bare or apart or any(amount.marked for amount in amounts)
        return LineKind.ITEM if certain else LineKind.PRINTED

    def _kind_by_own_words(self, folded: str) -> LineKind | None:
        """What the shop's own words make of a line; None where built-in ones beside them count.

        ``total`` keeps its place among the built-in words: it is the total only if it opens the
        line.
        """
        own = self.vocabulary.own(folded)
        if own is None or own[0] is WordKind.TOTAL or own[0] not in _LINE_WORDS:
            return None
        kind, rest = own
        # "Amount" beside a word of the shop's own says no more than that word.
        beside = (one for one in _LINE_WORDS if one not in (kind, WordKind.WEAK_TOTAL))
        return None if self.vocabulary.has(rest, *beside) else LineKind(kind.value)

    def _kind_by_words(self, folded: str) -> LineKind | None:
        """Exclude first: a line is the total only if it is nothing else."""
        has = self.vocabulary.has
        for kind in (WordKind.CHANGE, WordKind.ROUNDING, WordKind.SAVED, WordKind.SUBTOTAL):
            if has(folded, kind):
                return LineKind(kind.value)
        total = self.total_kind(folded)
        if total is not None and total is not LineKind.WEAK_TOTAL:
            return total
        for kind in (
            WordKind.NET,
            WordKind.TAX,
            WordKind.DISCOUNT,
            WordKind.GIVEN,
            WordKind.VOUCHER,
            WordKind.CARD,
            WordKind.CASH,
            WordKind.TIP,
            WordKind.OTHER,
        ):
            if has(folded, kind):
                return LineKind(kind.value)
        if self._bare and has(folded, WordKind.COUNT):
            return LineKind.OTHER
        if total is not None or has(folded, WordKind.WEAK_TOTAL):
            return LineKind.WEAK_TOTAL
        return None


def _without(text: str, amount: Amount | None) -> str:
    return text if amount is None else text[: amount.start] + " " + text[amount.end :]
