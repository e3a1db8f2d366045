"""Figures and money as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.formatting.digits import fold_digits, read_money, read_number
from gateway.formatting.numbers import (
    Language,
    MoneyUnit,
    write_number,
    write_signed,
    write_tomans,
)
from gateway.model.money import EUR, IRR

AMOUNTS = st.integers(min_value=-(10**15), max_value=10**15)


@pytest.mark.parametrize(
    ("typed", "exponent", "value"),
    [
        ("۱۲۳۴", 0, 1_234),
        ("١٢٣٤", 0, 1_234),
        ("۱٬۲۳۴٬۵۶۷", 0, 1_234_567),
        ("1,234,567", 0, 1_234_567),
        ("۱،۲۳۴", 0, 1_234),
        ("1 234 567", 0, 1_234_567),
        (" 12 ", 0, 12),
        ("12.5", 2, 1_250),
        ("۱۲٫۵", 2, 1_250),
        ("۱۲/۵", 2, 1_250),
        ("12.50", 1, 125),
        ("-5", 0, -5),
        ("−۵", 0, -5),
        ("+5", 0, 5),
        ("1,23", 0, None),
        ("1,2345", 0, None),
        ("1,234٬567", 0, None),
        ("12.5", 0, None),
        ("1.2.3", 2, None),
        ("12.345", 2, None),
        ("", 0, None),
        ("abc", 0, None),
        ("1e3", 0, None),
        ("²", 0, None),
        ("५", 0, None),
        ("9" * 19, 0, None),
    ],
)
def test_typed_figures(typed: str, exponent: int, value: int | None) -> None:
    """A figure is read exactly, or not at all."""
    assert read_number(typed, exponent=exponent) == value


@pytest.mark.parametrize(
    ("typed", "unit", "rials"),
    [
        ("۲۵٬۰۰۰", MoneyUnit.TOMAN, 250_000),
        ("25000", MoneyUnit.CURRENCY, 25_000),
        ("25,000 تومان", MoneyUnit.CURRENCY, 250_000),
        ("۲۵۰۰۰ ریال", MoneyUnit.TOMAN, 25_000),
        ("25000 ريال", MoneyUnit.TOMAN, 25_000),
        ("12.5", MoneyUnit.TOMAN, 125),
        ("12.55", MoneyUnit.TOMAN, None),
        ("12.5", MoneyUnit.CURRENCY, None),
        ("IRR 100", MoneyUnit.CURRENCY, 100),
        ("100 دلار", MoneyUnit.TOMAN, None),
        ("تومان ۱۰۰ ریال", MoneyUnit.TOMAN, None),
    ],
)
def test_typed_rials(typed: str, unit: MoneyUnit, rials: int | None) -> None:
    """A bare figure is in the shown unit; a written rial or toman decides by itself."""
    assert read_money(typed, IRR, unit) == rials


@pytest.mark.parametrize(
    ("typed", "cents"), [("12.50", 1_250), ("۱۲٫۵", 1_250), ("12 eur", 1_200), ("12 toman", None)]
)
def test_typed_euros(typed: str, cents: int | None) -> None:
    """Other currencies have their own exponent, and no tomans."""
    assert read_money(typed, EUR, MoneyUnit.TOMAN) == cents


@given(AMOUNTS, st.sampled_from(Language), st.integers(min_value=0, max_value=4))
def test_written_figures_are_read_back(value: int, language: Language, exponent: int) -> None:
    """Whatever we write, a person may type or paste again."""
    written = write_number(value, language, exponent=exponent)
    assert read_number(written, exponent=exponent) == value
    assert read_number(write_signed(value, language, exponent=exponent), exponent=exponent) == value


@given(AMOUNTS, st.sampled_from(Language))
def test_written_tomans_are_read_back(rials: int, language: Language) -> None:
    """Not a rial is lost between the two ways of showing rials."""
    assert read_money(write_tomans(rials, language), IRR, MoneyUnit.TOMAN) == rials


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text is a figure or None, and folding its digits keeps its length."""
    found = read_number(text, exponent=2)
    assert found is None or type(found) is int
    money = read_money(text, IRR, MoneyUnit.TOMAN)
    assert money is None or type(money) is int
    assert len(fold_digits(text)) == len(text)
