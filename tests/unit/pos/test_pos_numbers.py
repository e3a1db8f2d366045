"""Amounts: what is one, what is none, and what is left to a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_agent.pos.interpreters.folding import fold, plain_numbers
from terminal_agent.pos.interpreters.numbers import CURRENCY_WORDS, AmountFinder, NumberStyle

EURO = AmountFinder(
    NumberStyle(exponent=2, decimals=",.", thousands=".,'", own=frozenset(CURRENCY_WORDS["EUR"]))
)
FRANC = AmountFinder(
    NumberStyle(exponent=2, decimals=",", thousands=" ", own=frozenset(CURRENCY_WORDS["EUR"]))
)
DINAR = AmountFinder(NumberStyle(exponent=3, decimals=".", thousands=",", own=frozenset({"kwd"})))
RIAL = AmountFinder(
    NumberStyle(exponent=0, decimals="/", thousands=",.", own=frozenset(CURRENCY_WORDS["IRR"]))
)


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("SUMME EUR    18,95", [1895]),
        ("1 x Öl 0,5 l    7,95 A", [795]),
        ("1 x Wasser 0,50 l    1,20", [120]),
        ("1.234,56", [123456]),
        ("1,234.56", [123456]),
        ("1'234.56", [123456]),
        ("1.234.567,89", [123456789]),
        ("TOTAL......18.95", [1895]),
        ("EUR18,95", [1895]),
        ("18,95€", [1895]),
        ("18,95 €", [1895]),
        ("18,95*", [1895]),
        ("Rabatt -2,00", [-200]),
        ("Pfand 1,00-", [-100]),
        ("(5,00)", [-500]),
        ("-€5,00", [-500]),
        ("Rabatt    - 2,00", [-200]),
        ("Coke - 2,00", [200]),
        ("2 x 3,40   6,80", [340, 680]),
        ("١٨٫٩٥", [1895]),
        ("\uff11\uff18.\uff19\uff15", [1895]),
        ("1.234", []),
        ("1.234.56", []),
        ("18,9", []),
        ("18,950", []),
        ("23.11.2025 14:07", []),
        ("14.07:30", []),
        ("192.168.12.13", []),
        ("Nr.18,95", []),
        ("#18,95", []),
        ("A18,95", []),
        ("0,50 kg", []),
        ("19,00%", []),
        ("19,00 %", []),
        ("2x3,40", []),
        ("3,40 x 2", []),
        ("007,50", []),
        ("12345678901,23", []),
        ("4006381333931", []),
    ],
)
def test_euro_amounts(text: str, amounts: list[int]) -> None:
    """Exactly the amounts of a line are found: no dates, counts, weights or codes."""
    assert [amount.minor for amount in EURO.find(text).found] == amounts


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("مبلغ قابل پرداخت: ۱۲۵٬۰۰۰ ریال", [125000]),
        ("جمع 125,000", [125000]),
        ("125.000", [125000]),
        ("125000/00", [125000]),
        ("0", [0]),
        ("2/5", []),
        ("1403/05/12", []),
        ("09123456789", []),
        ("021-88776655", []),
        ("12,34", []),
        ("1234567890123", []),
    ],
)
def test_rial_amounts(text: str, amounts: list[int]) -> None:
    """A currency without a minor unit has whole amounts only; a slash is no thousands mark."""
    assert [amount.minor for amount in RIAL.find(text).found] == amounts


@pytest.mark.parametrize("text", ["TOTAL 1 234,56", "EUR 18,95 CHF 18,10"])
def test_what_can_be_read_in_two_ways_is_unclear(text: str) -> None:
    """A blank that may part thousands, or a sign that may belong to either side, is not guessed."""
    assert EURO.find(text).unclear


def test_blank_parts_thousands_where_the_shop_prints_it() -> None:
    """The profile decides what a blank means."""
    assert [amount.minor for amount in FRANC.find("TOTAL 1 234,56").found] == [123456]
    assert [amount.minor for amount in EURO.find("TOTAL 1\u00a0234,56").found] == [123456]


def test_three_decimals() -> None:
    """Dinars have a thousand fils: an amount has three decimals and no other number of them."""
    assert [amount.minor for amount in DINAR.find("1,234.500 0.250 1.25").found] == [1234500, 250]


def test_other_currency_is_left_out_and_told() -> None:
    """An amount in another currency is none of ours."""
    found = EURO.find("TOTAL 18,95 CHF")
    assert found.found == ()
    assert found.foreign


@given(cents=st.integers(min_value=0, max_value=10**12 - 1), german=st.booleans())
def test_printed_money_is_read_back(cents: int, german: bool) -> None:  # noqa: FBT001 - drawn
    """Any amount of up to twelve digits, printed either way, is read back to the cent."""
    whole, part = divmod(cents, 100)
    text = f"{whole:,}.{part:02d}"
    if german:
        text = text.translate(str.maketrans(",.", ".,"))
    assert [amount.minor for amount in EURO.find(f"SUMME  {text}").found] == [cents]


@given(text=st.text(max_size=80))
def test_no_text_breaks_the_finder(text: str) -> None:
    """Whatever a line holds, amounts lie within it and are never larger than twelve digits."""
    for finder in (EURO, RIAL):
        for amount in finder.find(text).found:
            assert 0 <= amount.start < amount.end <= len(text)
            assert abs(amount.minor) < 10**12


@given(text=st.text(max_size=60))
def test_folding_is_stable(text: str) -> None:
    """Digits keep their places, and a folded line holds no blanks at its ends."""
    assert len(plain_numbers(text)) == len(text)
    assert fold(text) == fold(text).strip()
