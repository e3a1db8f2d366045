"""The parts of a sale beside its total: number, date, goods, tenders, tax."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from gateway.model.sale import (
    LABEL_CHARACTERS_MAX,
    LINES_MAX,
    TENDERS_MAX,
    SaleLine,
    Tender,
    TenderKind,
)
from terminal_agent.pos.interpreters.count_columns import CountColumn, count_columns, counted
from terminal_agent.pos.interpreters.folding import fold, plain_numbers
from terminal_agent.pos.interpreters.numbers import CURRENCY_WORDS
from terminal_agent.pos.interpreters.pan import mask_pans
from terminal_agent.pos.interpreters.reading import TENDERS, LineKind, ReadLine
from terminal_agent.pos.interpreters.taxes import tax_of, without_sums
from terminal_agent.pos.interpreters.vocabulary import Vocabulary
from terminal_agent.pos.words import WordKind

_NUMBER_CHARACTERS_MAX: Final = 32
_NUMBER: Final = re.compile(r"[A-Za-z0-9]+(?:[-/_.][A-Za-z0-9]+)*")
_DATE: Final = re.compile(
    r"(?<![0-9])(?:[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4})"
    r"(?![0-9])"
)
_TIME: Final = re.compile(r"(?<![0-9:.])[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?![0-9:])")
#: Numbers that tills count up often begin with the day and the time; no issuer's number does.
_DATED: Final = re.compile(
    r"^(?:20[0-9]{2}|1[34][0-9]{2})(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    r"(?:(?:[01][0-9]|2[0-3])[0-5][0-9])?"
)
_FILLER: Final = re.compile(r"(?:\s|nr|no|num|number|nummer|№|n°|º|°|#|:|\.|-|=)*", re.IGNORECASE)
_COUNT: Final = re.compile(
    r"^\s*(?P<whole>[0-9]{1,6})(?:[.,/](?P<part>[0-9]{1,3}))?\s*"
    r"(?:(?:[sS]t(?:k|ück)?\.?|kg|KG)\s*[xX×*@]?|[xX×*@])(?=\s|[0-9€$])\s*"
)
#: The number column of ``Broccoli        2         2.00`` with the amount already taken out.
_COUNT_COLUMN: Final = re.compile(r"(?<=\S)\s{2,}(?P<whole>[0-9]{1,4})(?=\s{2,}|\s*$)")
_COUNT_AND_PRICE: Final = re.compile(
    r"^\s*(?P<whole>[1-9][0-9]{0,2})\s+(?P<name>\S.*?)\s+[0-9][0-9.,']*\s*$"
)
_CURRENCIES: Final = frozenset(word for words in CURRENCY_WORDS.values() for word in words)
_TENDER_KINDS: Final = {
    LineKind.GIVEN: TenderKind.CASH,
    LineKind.CASH: TenderKind.CASH,
    LineKind.CARD: TenderKind.CARD,
    LineKind.VOUCHER: TenderKind.GIFT_CARD,
}


def receipt_number(lines: Sequence[ReadLine], words: Vocabulary) -> str | None:
    """The till's number of this paper; None where none is labelled, or a card number stands there.

    Labels that say more ("receipt no") win over those that say less ("invoice").
    """
    return _labelled_number(lines, words, WordKind.RECEIPT_NUMBER, WordKind.ORIGINAL_NUMBER)


def original_receipt_number(lines: Sequence[ReadLine], words: Vocabulary) -> str | None:
    """The number of the sale that a refund takes back, where printed."""
    return _labelled_number(lines, words, WordKind.ORIGINAL_NUMBER, None)


def printed_at(lines: Sequence[ReadLine]) -> str:
    """The first date and the first time on the paper as printed, in ASCII digits."""
    return " ".join(filter(None, (_first(lines, _DATE), _first(lines, _TIME))))


def sale_lines(
    lines: Sequence[ReadLine], items: Sequence[int], words: Vocabulary
) -> tuple[SaleLine, ...]:
    """The goods, for items that add up to the total. More than a sale can hold are left out whole.

    A refund takes back single lines, so half a list would be worse than none.
    """
    if len(items) > LINES_MAX:
        return ()
    headings = count_columns(lines, words) if items else ()
    return tuple(_sale_line(lines, at, headings) for at in items)


def tenders(lines: Sequence[ReadLine], total_minor: int) -> tuple[Tender, ...]:
    """What was paid with, change taken off; empty where it does not come out at the total."""
    paid = [line for line in lines if line.kind in TENDERS and (line.value or 0) > 0]
    kinds = {_TENDER_KINDS[line.kind] for line in paid}
    if len(kinds) == 1 and sum(line.value or 0 for line in paid) >= total_minor:
        return (Tender(kind=kinds.pop(), amount_minor=total_minor),)
    change = sum(abs(line.value or 0) for line in lines if line.kind is LineKind.CHANGE)
    amounts: dict[TenderKind, int] = {}
    for line in paid:
        kind = _TENDER_KINDS[line.kind]
        amounts[kind] = amounts.get(kind, 0) + (line.value or 0)
    if TenderKind.CASH in amounts:
        amounts[TenderKind.CASH] -= change
    fits = sum(amounts.values()) == total_minor and all(value > 0 for value in amounts.values())
    if not fits or len(amounts) > TENDERS_MAX:
        return ()
    return tuple(Tender(kind=kind, amount_minor=value) for kind, value in amounts.items())


def tax_minor(lines: Sequence[ReadLine], end: int, total_minor: int) -> int | None:
    """The tax contained in the total; None where it is not printed or not plain.

    Tax printed above the total on line ``end`` was added to it. Only where there is none does the
    tax below it count, so that a suggested tip of so many percent is no tax.
    """
    counting = without_sums(lines[:end]) or without_sums(lines[end:])
    taxes = [tax_of(line) for line in counting]
    if not taxes or None in taxes:
        return None
    total = sum(tax for tax in taxes if tax is not None)
    return total if 0 <= total < total_minor else None


def discount_minor(lines: Sequence[ReadLine], end: int) -> int | None:
    """Discounts taken off before the total on line ``end``; None where none is printed."""
    taken = [abs(line.value or 0) for line in lines[:end] if line.kind is LineKind.DISCOUNT]
    return sum(taken) or None


def _labelled_number(
    lines: Sequence[ReadLine], words: Vocabulary, kind: WordKind, but_not: WordKind | None
) -> str | None:
    for label in words.ranked(kind):
        for line in lines:
            if but_not is not None and words.has(line.folded, but_not):
                continue
            found = label.search(plain_numbers(line.text))
            number = _number_behind(plain_numbers(line.text), found.end()) if found else None
            if number is not None:
                return number
    return None


def _number_behind(plain: str, at: int) -> str | None:
    filler = _FILLER.match(plain, at)
    number = _NUMBER.match(plain, filler.end() if filler else at)
    if number is None or not any(character.isdigit() for character in number.group()):
        return None
    text = number.group()
    if len(text) > _NUMBER_CHARACTERS_MAX or _DATE.fullmatch(text) or _holds_card(text):
        return None
    # "2,5" behind "ticket" is no number, and neither is half of one.
    return text if plain[number.end() : number.end() + 1] not in (",", ":", "%") else None


def _holds_card(number: str) -> bool:
    """Whether a card number may be in a labelled number; a date in front is no part of one."""
    rest = _DATED.sub("", number, count=1)
    return mask_pans(rest) != rest


def _first(lines: Sequence[ReadLine], pattern: re.Pattern[str]) -> str:
    for line in lines:
        found = pattern.search(plain_numbers(line.text))
        if found is not None:
            return found.group()
    return ""


def _sale_line(lines: Sequence[ReadLine], at: int, headings: Sequence[CountColumn]) -> SaleLine:
    line = lines[at]
    told = counted(line, at, headings)
    quantity, text = (told[0] * 1_000, told[1]) if told is not None else _quantity(line)
    if not _has_word(text):
        text = next(
            (above.text for above in _names_above(lines, at) if _has_word(above.text)), text
        )
    return SaleLine(label=_label(text), quantity_milli=quantity, amount_minor=line.value or 0)


def _names_above(lines: Sequence[ReadLine], at: int) -> Iterator[ReadLine]:
    """The one or two lines above that can hold the name of an item without one."""
    for line in reversed(lines[max(0, at - 2) : at]):
        if line.kind not in (LineKind.PRINTED, LineKind.UNIT_PRICE):
            return
        yield line


def _quantity(line: ReadLine) -> tuple[int, str]:
    """Thousandths of a piece, and the label without them."""
    plain, label = plain_numbers(line.label), line.label
    found = _COUNT.match(plain)
    if found is not None:
        part = (found["part"] or "").ljust(3, "0")
        return int(found["whole"]) * 1_000 + int(part), label[found.end() :]
    found = _COUNT_AND_PRICE.match(plain)
    if found is not None:
        count = int(found["whole"])
        # "2 Pizza 10.00 20.00": a leading number is a count only if the unit price proves it.
        if any(count * price == line.value for price in line.amounts[:-1]):
            return count * 1_000, label[found.start("name") : found.end("name")]
    found = _COUNT_COLUMN.search(plain)
    if found is not None and int(found["whole"]) > 0:
        return int(found["whole"]) * 1_000, label[: found.start()] + label[found.end() :]
    return 1_000, label


def _has_word(text: str) -> bool:
    words = fold(text).split()
    return any(len(word) > 1 and not word.isdigit() and word not in _CURRENCIES for word in words)


def _label(text: str) -> str:
    words = [word for word in mask_pans(text).split() if fold(word)]
    if len(words) > 1 and len(words[-1].strip("*#")) == 1 and words[-1].isupper():
        # The tax letter that tills print behind the price.
        words.pop()
    return " ".join(words)[:LABEL_CHARACTERS_MAX].strip() or "?"
