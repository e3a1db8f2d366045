"""Figures, changes and percentages in both scripts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.formatting.bidi import ISOLATE_END, ISOLATE_LTR
from gateway.formatting.numbers import (
    Language,
    MoneyUnit,
    plain_amount,
    write_amount,
    write_number,
    write_percent,
    write_signed,
)
from gateway.model.money import EUR, IRR, Currency


@pytest.mark.parametrize(
    ("value", "exponent", "persian", "english"),
    [
        (0, 0, "۰", "0"),
        (1_234_567, 0, "۱٬۲۳۴٬۵۶۷", "1,234,567"),
        (1_234_567, 2, "۱۲٬۳۴۵٫۶۷", "12,345.67"),
        (5, 2, "۰٫۰۵", "0.05"),
        (-1_000, 0, "\u200e−۱٬۰۰۰", "-1,000"),
    ],
)
def test_figures(value: int, exponent: int, persian: str, english: str) -> None:
    """A figure has its script's digits, separators, point and minus sign."""
    assert write_number(value, Language.FA, exponent=exponent) == persian
    assert write_number(value, Language.EN, exponent=exponent) == english


@pytest.mark.parametrize(
    ("value", "persian", "english"),
    [(12, "+۱۲", "+12"), (-2_500, "−۲٬۵۰۰", "−2,500"), (0, "۰", "0")],
)
def test_changes_keep_their_sign_on_the_left(value: int, persian: str, english: str) -> None:
    """A change is isolated from left to right, or Persian text would put its sign on the right."""
    for language, text in ((Language.FA, persian), (Language.EN, english)):
        assert write_signed(value, language) == f"{ISOLATE_LTR}{text}{ISOLATE_END}"


@pytest.mark.parametrize(
    ("basis_points", "persian", "english"),
    [(1_500, "۱۵٪", "15%"), (1_250, "۱۲٫۵٪", "12.5%"), (5, "۰٫۰۵٪", "0.05%"), (0, "۰٪", "0%")],
)
def test_percentages(basis_points: int, persian: str, english: str) -> None:
    """A percentage has no more digits than it needs, and its script's own sign."""
    assert write_percent(basis_points, Language.FA) == persian
    assert write_percent(basis_points, Language.EN) == english


@pytest.mark.parametrize(
    ("amount_minor", "currency", "unit", "written", "plain"),
    [
        (1_234_567, EUR, MoneyUnit.CURRENCY, "12,345.67", "12345.67"),
        (-50, EUR, MoneyUnit.CURRENCY, "-0.50", "-0.50"),
        (1_234_560, IRR, MoneyUnit.CURRENCY, "1,234,560", "1234560"),
        (1_234_560, IRR, MoneyUnit.TOMAN, "123,456", "1234560"),
        (1_234_567, IRR, MoneyUnit.TOMAN, "123,456.7", "1234567"),
    ],
)
def test_amounts_for_people_and_for_programs(
    amount_minor: int, currency: Currency, unit: MoneyUnit, written: str, plain: str
) -> None:
    """People read an amount in the shop's unit, programs in the currency's without separators."""
    assert write_amount(amount_minor, currency, unit, Language.EN) == written
    assert plain_amount(amount_minor, currency) == plain


@given(st.integers(), st.integers(min_value=0, max_value=4))
def test_no_figure_mixes_scripts(value: int, exponent: int) -> None:
    """No ASCII digit is in a Persian figure, and nothing but ASCII in an English one."""
    assert not set("0123456789") & set(write_number(value, Language.FA, exponent=exponent))
    assert write_number(value, Language.EN, exponent=exponent).isascii()
