"""Ready-made rules: every one makes sense in every currency, and its example is what happens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config_programme import EXPONENTS, default_programme, parse_programme, programme_text
from gateway.errors import ProgrammeError
from gateway.model.money import EUR, IRR, Currency
from gateway.program.redeem import Quote, quote_redemption
from gateway.program.templates import (
    BASIS_POINTS,
    Doubt,
    Example,
    KeyNumbers,
    TemplateName,
    numbers_of,
    programme_of,
    with_numbers,
    work_out,
)

CURRENCIES = [Currency(code=code, exponent=exponent) for code, exponent in EXPONENTS.items()]


@pytest.mark.parametrize("currency", CURRENCIES, ids=lambda one: str(one.code))
@pytest.mark.parametrize("template", TemplateName)
def test_every_template_works_in_every_currency(template: TemplateName, currency: Currency) -> None:
    """It can be written to a file and read again, and a customer can collect and redeem by it."""
    programme = programme_of(template, currency)
    assert parse_programme(programme_text(programme)) == programme
    example = work_out(programme)
    assert isinstance(example, Example)
    assert example.points > 0
    assert example.purchases <= 10
    assert 0 < example.back_basis_points <= 1_000


def test_the_examples_are_the_ones_of_the_sentences() -> None:
    """One euro back for a hundred, five, ten, and a reward of ten euros at once."""
    told = {name: work_out(programme_of(name, EUR)) for name in TemplateName}
    assert told[TemplateName.ONE_PERCENT] == Example(
        sale_minor=2_500,
        points=25,
        purchases=4,
        reward_points=100,
        reward_minor=100,
        back_basis_points=100,
    )
    backs = [one.back_basis_points for one in told.values() if isinstance(one, Example)]
    assert backs == [100, 500, 1_000, 400]
    irr = work_out(programme_of(TemplateName.GENEROUS, IRR))
    assert isinstance(irr, Example)
    assert (irr.sale_minor, irr.points, irr.purchases, irr.reward_minor) == (
        250_000,
        250,
        1,
        20_000,
    )


def test_the_command_line_begins_with_the_first_template() -> None:
    """A gateway made by hand and one made in the browser have the same rules."""
    assert default_programme("EUR") == programme_of(TemplateName.ONE_PERCENT, EUR)


numbers = st.builds(
    KeyNumbers,
    earn_points=st.integers(0, 1_000),
    earn_per_minor=st.integers(1, 10**6),
    redeem_points=st.integers(1, 10**4),
    redeem_value_minor=st.integers(1, 10**6),
    redeem_minimum_points=st.integers(1, 10**5),
    redeem_share_percent=st.integers(0, 100),
)


@given(numbers)
def test_an_example_never_promises_more_than_the_rules_give(wanted: KeyNumbers) -> None:
    """After so many purchases the gateway's own quote gives that reward; before, it gives none."""
    programme = with_numbers(programme_of(TemplateName.ONE_PERCENT, EUR), wanted)
    assert numbers_of(programme) == wanted
    told = work_out(programme)
    if isinstance(told, Doubt):
        return
    assert told.back_basis_points <= BASIS_POINTS
    balance = told.purchases * told.points
    quotes = [
        quote_redemption(
            programme, asked_points=points, balance_points=points, sale_total_minor=10**15
        )
        for points in (balance, balance - told.points)
    ]
    assert quotes[0] == Quote(points=told.reward_points, amount_minor=told.reward_minor)
    assert not isinstance(quotes[1], Quote)


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ({"earn_points": 0}, Doubt.EARNS_NOTHING),
        ({"earn_per_minor": 1_000_000}, Doubt.EARNS_NOTHING),
        ({"redeem_value_minor": 100_000}, Doubt.GIVES_TOO_MUCH),
        ({"redeem_share_percent": 0}, Doubt.NEVER_REDEEMS),
    ],
)
def test_rules_hardly_meant_so_are_named(change: dict[str, int], doubt: Doubt) -> None:
    """Rules that give nothing, everything or nothing back are told apart."""
    usual = numbers_of(programme_of(TemplateName.ONE_PERCENT, EUR))
    values = {name: getattr(usual, name) for name in KeyNumbers.__dataclass_fields__} | change
    programme = with_numbers(programme_of(TemplateName.ONE_PERCENT, EUR), KeyNumbers(**values))
    assert work_out(programme) is doubt


def test_numbers_out_of_range_are_refused() -> None:
    """What the rules cannot hold is an error of the rules, not a crash."""
    usual = programme_of(TemplateName.ONE_PERCENT, EUR)
    with pytest.raises(ProgrammeError):
        with_numbers(
            usual,
            KeyNumbers(
                earn_points=1,
                earn_per_minor=0,
                redeem_points=1,
                redeem_value_minor=1,
                redeem_minimum_points=1,
                redeem_share_percent=1,
            ),
        )
