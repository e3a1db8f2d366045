"""Amounts in printed text. What is not certainly an amount is none: a wrong one costs money."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from terminal_agent.pos.interpreters.folding import plain_numbers

#: Longer digit strings are receipt numbers, EANs, cards and tax ids, never amounts.
AMOUNT_DIGITS_MAX: Final = 12

#: How currencies are printed. Two that share a sign (dollars, yuan and yen) cannot be told apart.
CURRENCY_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "EUR": ("€", "eur", "euro", "euros"),
    "USD": ("$", "usd", "us$"),
    "GBP": ("£", "gbp"),
    "CHF": ("chf", "sfr", "fr"),
    "INR": ("₹", "rs", "inr"),
    "TWD": ("nt$", "nt", "$", "元", "twd"),
    "IRR": ("ریال", "ريال", "rial", "rials", "irr"),
    "IRT": ("تومان", "تومن", "toman", "tomans", "irt"),
    "KRW": ("₩", "원", "krw"),
    "CNY": ("¥", "￥", "元", "圆", "cny", "rmb"),
    "JPY": ("¥", "￥", "円", "jpy"),
    "PLN": ("zł", "pln"),
    "CZK": ("kč", "czk"),
    "HUF": ("ft", "huf"),
    "BGN": ("лв", "лв.", "bgn"),
    "RUB": ("₽", "руб", "руб.", "rub"),
    "TRY": ("₺", "tl", "try"),
    "AED": ("aed", "dhs", "درهم", "د.إ"),
    "SAR": ("sar", "ر.س", "ريال", "ریال", "sr"),
    "KWD": ("kwd", "kd", "د.ك"),
    "SEK": ("sek", "kr"),
    "DKK": ("dkk", "kr"),
    "NOK": ("nok", "kr"),
}

#: A number with everything that can stand inside one: dates, times and serials stay in one piece.
_CLUSTER: Final = re.compile(r"[0-9]+(?:[.,'٬٫/:·\u00a0-][0-9]+)*")
_WORD_BEFORE: Final = re.compile(r"(?:[^\W\d_]|[^\w\s.,:;()*'\"/+=|<>!?-])+$")
_WORD_BEHIND: Final = re.compile(r"(?:[^\W\d_]|[^\w\s.,:;()*'\"/+=|<>!?%-])+")
#: ``1 `` before ``234,56``: one number with a blank between thousands, or a count and a price?
_THOUSANDS_BEFORE: Final = re.compile(r"(?<![\w.,])([1-9][0-9]{0,2}(?: [0-9]{3})*) $")
_UNITS: Final = re.compile(
    r"\s?(?:%|‰|٪|(?:[kK]g|KG|[mc]l|ML|g|l|m|cm|mm|[sS]tk|[pP]cs|PCS|km|h)(?!\w))"
)
#: ``2,00 EUR/kg`` is a price for a unit, ``08.00 - 18.00`` a time or a range.
_PER_UNIT: Final = re.compile(r"\s?(?:€|[^\W\d_]{2,4})?\s?/\s?[^\W\d_]")
_RANGE_BEHIND: Final = re.compile(r" ?[-–] ?[0-9]")
_RANGE_BEFORE: Final = re.compile(r"[0-9] ?[-–] ?$")
_MULTIPLIED: Final = re.compile(r"\s?(?:[xX×]|\*)\s*[0-9]")
_NO_AMOUNT_BEHIND: Final = (_UNITS, _PER_UNIT, _MULTIPLIED, _RANGE_BEHIND)
#: Tax tags of more than one letter that stand right behind prices (Taiwan).
_TAX_TAGS: Final = frozenset(("TX", "TZ"))
#: How far around a number its currency and thousands are looked for; keeps the search linear.
_NEAR: Final = 20
_GAP_MINUS: Final = re.compile(r"(?:^|\s\s)- ?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberStyle:
    """How a shop prints money.

    Attributes:
        exponent: decimal digits of the minor unit; an amount is printed with exactly as many.
        decimals: characters that separate them.
        thousands: characters that may separate thousands; a blank only if the shop prints one.
        decimals_optional: whole amounts are printed without decimals, others with as few as do.
        factor: minor units for each printed minor unit (10 where toman are printed for rials).
        own: folded words and signs of the shop's currency.
        lakhs: thousands are parted as in India, 1,23,456.
    """

    exponent: int
    decimals: str
    thousands: str
    decimals_optional: bool = False
    factor: int = 1
    own: frozenset[str] = frozenset()
    lakhs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """One amount in a line, between ``start`` and ``end``."""

    minor: int
    start: int
    end: int
    marked: bool
    """Has thousands, decimals, a sign or a currency: no bare count prints those."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """The amounts of one line.

    Attributes:
        found: the certain ones in the shop's currency, in order.
        unclear: something looked like an amount but could be read in two ways.
        foreign: an amount of another currency was left out.
    """

    found: tuple[Amount, ...] = ()
    unclear: bool = False
    foreign: bool = False


_NOTHING: Final = Amounts()


class AmountFinder:
    """Finds amounts printed in one style."""

    def __init__(self, style: NumberStyle) -> None:
        """Prepare for ``style``."""
        self._style = style
        every = frozenset(word for words in CURRENCY_WORDS.values() for word in words)
        self._currency = every | style.own
        self._foreign = every - style.own
        # The Arabic separators name their meaning and need no setting.
        decimals = "[" + re.escape(style.decimals + "٫") + "]"
        thousands = "[" + re.escape(style.thousands.replace(" ", "") + "٬\u00a0") + "]"
        whole = rf"(?P<plain>0|[1-9][0-9]*)|(?P<grouped>[1-9][0-9]{{0,2}}(?P<sep>{thousands})"
        group = "[0-9]{2,3}" if style.lakhs else "[0-9]{3}"
        whole += rf"(?:{group}(?P=sep))*[0-9]{{3}})"
        if style.exponent and style.decimals_optional:
            tail = rf"(?:(?P<point>{decimals})(?P<minor>[0-9]{{1,{style.exponent}}}))?"
        elif style.exponent:
            tail = rf"(?P<point>{decimals})(?P<minor>[0-9]{{{style.exponent}}})"
        else:
            # A currency without a minor unit: decimals can only be printed zeros.
            tail = rf"(?:(?P<point>{decimals})0{{1,2}})?"
        self._amount = re.compile(rf"(?:{whole}){tail}")

    def find(self, text: str) -> Amounts:
        """Find the amounts in one line of printed text."""
        plain = plain_numbers(text)
        found: list[Amount] = []
        unclear = foreign = False
        for cluster in _CLUSTER.finditer(plain):
            one = self._read(plain, cluster)
            found.extend(one.found)
            unclear |= one.unclear
            foreign |= one.foreign
        return Amounts(found=tuple(found), unclear=unclear, foreign=foreign)

    def is_currency(self, folded_word: str) -> bool:
        """Whether a word is any currency's name or sign."""
        return folded_word in self._currency

    def names_foreign_only(self, text: str) -> bool:
        """Whether a line names another currency and not the shop's own."""
        words = {word.casefold() for word in re.findall(r"[^\W\d_]+|[^\w\s]", text)}
        return bool(words & self._foreign) and not words & self._style.own

    def _read(self, plain: str, cluster: re.Match[str]) -> Amounts:
        start, end = cluster.span()
        digits = sum(character.isdigit() for character in cluster.group())
        parts = self._amount.fullmatch(cluster.group())
        if (
            parts is None
            or digits > AMOUNT_DIGITS_MAX
            or not self._free_standing(plain, start, end)
        ):
            return _NOTHING
        if parts["sep"] is not None and parts["sep"] == parts["point"]:
            return _NOTHING
        whole, first = self._whole(plain, start, parts)
        if whole is None:
            return Amounts(unclear=True)
        before, behind = self._neighbours(plain, first, end)
        if before and behind and (before in self._foreign) != (behind in self._foreign):
            return Amounts(unclear=True)
        if before in self._foreign or behind in self._foreign:
            return Amounts(foreign=True)
        minor = int(whole) * 10**self._style.exponent
        if self._style.exponent:
            minor += int((parts["minor"] or "").ljust(self._style.exponent, "0"))
        negative = _is_negative(plain, first, end)
        # "Till 1001(1001)": a bare number in brackets is a remark, and only others are amounts.
        signed = negative and plain[end : end + 1] != ")"
        amount = Amount(
            minor=-minor * self._style.factor if negative else minor * self._style.factor,
            start=first,
            end=end,
            marked=bool(before or behind or parts["sep"] or parts["point"] or signed),
        )
        return Amounts(found=(amount,))

    def _whole(self, plain: str, start: int, parts: re.Match[str]) -> tuple[str | None, int]:
        """The digits before the decimals, and where they start; None where they are unclear."""
        whole = parts["plain"] or parts["grouped"].replace(parts["sep"], "")
        before = _THOUSANDS_BEFORE.search(plain, max(0, start - _NEAR), start)
        if before is None or len(parts["plain"] or parts["grouped"].split(parts["sep"])[0]) != 3:
            return whole, start
        if " " not in self._style.thousands:
            return None, start
        joined = before.group(1).replace(" ", "") + whole
        return (joined if len(joined) <= AMOUNT_DIGITS_MAX else None), before.start(1)

    def _free_standing(self, plain: str, start: int, end: int) -> bool:
        return self._free_before(plain[:start]) and self._free_behind(plain[end:])

    def _free_before(self, before: str) -> bool:
        if not before:
            return True
        last, second = before[-1], before[-2:-1]
        if last in "_#№^~:/":
            return last == ":" and not second.isdigit()
        if last == "." and self._attached(_WORD_BEFORE.search(before[-_NEAR:-1])):
            # "Rs.500"
            return True
        if last in ".,'":
            return second in (last, " ", "")
        if last.isalpha():
            return self._attached(_WORD_BEFORE.search(before[-_NEAR:]))
        return _RANGE_BEFORE.search(before[-_NEAR:]) is None

    def _free_behind(self, behind: str) -> bool:
        if any(other.match(behind) for other in _NO_AMOUNT_BEHIND):
            return False
        if behind[:1].isalpha():
            word = _WORD_BEHIND.match(behind)
            tax_letter = word is not None and len(word.group()) == 1 and "A" <= behind[0] <= "Z"
            tax_tag = word is not None and word.group() in _TAX_TAGS
            return tax_letter or tax_tag or self._attached(word)
        return behind[:1] not in ("_", "^", "#", "/", ":")

    def _attached(self, word: re.Match[str] | None) -> bool:
        return word is not None and word.group().casefold() in self._currency

    def _neighbours(self, plain: str, start: int, end: int) -> tuple[str, str]:
        """The currency words directly before and behind, at most one blank away; "" for none."""
        ahead = plain[max(0, start - _NEAR) : start].removesuffix("-")
        before = _WORD_BEFORE.search(ahead.removesuffix(" "))
        behind = _WORD_BEHIND.match(plain[end:].removeprefix(" "))
        pair = tuple(
            word.group().casefold() if word is not None and self._attached(word) else ""
            for word in (before, behind)
        )
        return pair[0], pair[1]


def _is_negative(plain: str, start: int, end: int) -> bool:
    signed, behind = plain[:start], plain[end:]
    before = signed.rstrip("€$£¥₩*")
    if before.endswith(("▲", "△", "▼")):
        # Japanese bookkeeping's minus.
        return True
    if signed.endswith(("¥", "￥")) and behind.startswith("-"):
        # "¥1,000-": the dash only ends the amount.
        return False
    if before.endswith("(") and behind.lstrip("€$£¥₩ ").startswith(")"):
        return True
    if before.endswith("-") and not before[-2:-1].isalnum():
        # A dash after one blank and before another parts label and price: "Coke - 2,00".
        return True
    if _GAP_MINUS.search(before):
        return True
    return behind.startswith("-") and not behind[1:2].isalnum()
