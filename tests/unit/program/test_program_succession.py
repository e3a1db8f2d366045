"""Currencies that took the place of others: rates, chains, and rounding that loses nothing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ProgrammeError
from gateway.model.ids import SaleKey
from gateway.model.member_facts import Used
from gateway.model.money import EUR, IRR, Currency
from gateway.model.programme import Programme
from gateway.model.rules.caps import CapMeasure
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.rules import Rules
from gateway.model.rules.succession import Succession
from gateway.model.rules.tiers import TierBasis, TierLevel, TierScheme
from gateway.model.sale import SaleLine
from gateway.model.transaction import Returned
from gateway.program.evaluation import Use
from gateway.program.succession import (
    Successor,
    converted,
    counted_uses,
    counts_money,
    factor_between,
    first_minor,
    in_older_unit,
    rounded,
    rules_in,
    seen_basis,
    seen_uses,
    superseded,
)

IRT = Currency(code="IRT", exponent=2)
XTS = Currency(code="XTS", exponent=2)
RIALS = Programme(
    name="shop",
    version=1,
    effective_from_ms=1_000,
    currency=IRR,
    earn_points=1,
    earn_per_minor=10_000,
    redeem_points=1,
    redeem_value_minor=1_000,
)
TOMANS = replace(
    RIALS,
    version=2,
    effective_from_ms=2_000,
    currency=IRT,
    succeeds=Succession(currency=IRR, old_units_per_unit=10_000),
)
LATER = replace(TOMANS, version=3, effective_from_ms=3_000, succeeds=None)
AGAIN = replace(
    TOMANS,
    version=4,
    effective_from_ms=4_000,
    currency=XTS,
    succeeds=Succession(currency=IRT, old_units_per_unit=10),
)
ALL = (RIALS, TOMANS, LATER, AGAIN)


def test_a_rate_counts_minor_units() -> None:
    """Ten thousand rials to one toman of a hundred parts are a hundred rials to a part."""
    succession = Succession(currency=IRR, old_units_per_unit=10_000)
    assert succession.factor(IRT) == 100
    assert succession.factor(Currency(code="IRT", exponent=4)) == 1
    assert Succession(currency=IRR, old_units_per_unit=100).factor(AGAIN.currency) == 1


def test_a_rate_that_is_no_whole_number_is_refused() -> None:
    """Money could not be brought back exactly at a rate that is no whole number of minor units."""
    with pytest.raises(ProgrammeError, match="old_units_per_unit"):
        replace(TOMANS, succeeds=Succession(currency=IRR, old_units_per_unit=10))


def test_a_currency_does_not_succeed_itself() -> None:
    """A programme that names its own currency as the one before is told to name another."""
    with pytest.raises(ProgrammeError, match=r"redenomination\.from"):
        replace(TOMANS, succeeds=Succession(currency=IRT, old_units_per_unit=10))


def test_a_currency_is_superseded_from_the_moment_of_the_version() -> None:
    """Up to the millisecond before the new version the old currency is the one in force."""
    assert superseded(ALL, 999) == superseded(ALL, 1_999) == {}
    assert superseded(ALL, 2_000) == {"IRR": Successor(currency=IRT, factor=100, version=2)}


def test_a_version_that_drops_the_section_keeps_the_rate() -> None:
    """Only the version that brought the currency says the rate, and it holds for those after."""
    assert superseded(ALL, 3_500) == {"IRR": Successor(currency=IRT, factor=100, version=3)}
    assert first_minor(ALL, LATER) == 100


def test_two_redenominations_multiply() -> None:
    """The first currency leads to the last one at once, at both rates together."""
    assert superseded(ALL, 4_000) == {
        "IRT": Successor(currency=XTS, factor=10, version=4),
        "IRR": Successor(currency=XTS, factor=1_000, version=4),
    }
    assert first_minor(ALL, AGAIN) == 1_000
    assert first_minor(ALL, RIALS) == 1


def test_a_till_that_was_not_changed_goes_by_the_last_version_in_its_currency() -> None:
    """A currency that was superseded names its own last version, and a strange one names none."""
    assert rules_in(ALL, 3_500, IRR) == RIALS
    assert rules_in(ALL, 4_500, IRT) == LATER
    assert rules_in(ALL, 3_500, IRT) == LATER
    assert rules_in(ALL, 3_500, EUR) == LATER
    assert rules_in(ALL, 1_500, IRT) == RIALS
    assert rules_in(ALL, 0, IRR) is None


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(149, 1), (150, 2), (151, 2), (250, 2), (350, 4), (-149, -1), (-150, -2), (-250, -2), (0, 0)],
)
def test_half_goes_to_the_even_side(amount: int, expected: int) -> None:
    """A half goes to the even neighbour, below zero as well."""
    assert rounded(amount, 100) == expected


_FACTORS = st.integers(1, 10_000)
_PARTS = st.lists(st.integers(0, 10**9), max_size=12)


@settings(max_examples=200)
@given(_PARTS, _FACTORS)
def test_the_sum_is_conserved(parts: list[int], factor: int) -> None:
    """What was there is what it becomes times the rate, and a rest of at most half a new unit."""
    became = sum(converted(parts, factor))
    rest = sum(parts) - became * factor
    assert 2 * abs(rest) <= factor


@settings(max_examples=200)
@given(_PARTS, _FACTORS)
def test_every_part_keeps_its_place(parts: list[int], factor: int) -> None:
    """There are as many parts as before, none is below zero, and each is off by less than one."""
    became = converted(parts, factor)
    assert len(became) == len(parts)
    assert all(part >= 0 for part in became)
    exact = [Fraction(part, factor) for part in parts]
    assert all(abs(one - other) <= 1 for one, other in zip(became, exact, strict=True))


@settings(max_examples=200)
@given(st.integers(-(10**12), 10**12), _FACTORS)
def test_what_is_owed_rounds_like_what_is_had(amount: int, factor: int) -> None:
    """A debt becomes exactly what a balance of the same size becomes."""
    assert rounded(-amount, factor) == -rounded(amount, factor)


def test_some_limits_count_money() -> None:
    """Money off and stored credit are money; points and uses are none."""
    rules = Rules(
        earning=(
            EarningRule(
                id="back", kind=EarningKind.PER_AMOUNT, unit=Unit.CREDIT, points=1, per_minor=100
            ),
            EarningRule(id="more", kind=EarningKind.PER_AMOUNT, points=1, per_minor=100),
        )
    )
    programme = replace(RIALS, rules=rules)
    money = [
        f"offer:x/{CapMeasure.AMOUNT}/all/ever",
        f"earn:back/{CapMeasure.POINTS}/member:m/2026-11",
    ]
    others = [
        f"earn:more/{CapMeasure.POINTS}/member:m/2026-11",
        f"earn:back/{CapMeasure.USES}/member:m/2026-11",
        "earn:back/day/member:m/1405",
        "spent/member:m/2026-11-23",
    ]
    assert all(counts_money(programme, key) for key in money)
    assert not any(counts_money(programme, key) for key in others)


def test_one_currency_leads_to_its_successors_and_to_no_other() -> None:
    """From older rules to newer ones there is a rate, back and to strangers there is none."""
    assert factor_between(ALL, RIALS, TOMANS) == 100
    assert factor_between(ALL, RIALS, AGAIN) == 1_000
    assert factor_between(ALL, TOMANS, LATER) == 1
    assert factor_between(ALL, TOMANS, RIALS) is None
    assert factor_between(ALL, replace(RIALS, currency=EUR), TOMANS) is None


@pytest.mark.parametrize(
    ("told", "left", "earlier", "booked"),
    [
        (100, 123_456, 0, 10_000),
        (1_234, 123_456, 0, 123_456),
        (1_235, 123_456, 0, 123_456),
        (1_236, 123_456, 0, 123_600),
        (1_233, 123_456, 0, 123_300),
        (1_236, 123_456, 1, 123_456),
        (0, 99, 0, 99),
        (0, 100, 0, 0),
    ],
)
def test_a_rest_below_the_smallest_unit_is_all_that_is_left(
    told: int, left: int, earlier: int, booked: int
) -> None:
    """Less than a unit missing, or less than one too much for each return, takes the rest."""
    returned = Returned(key=SaleKey(bytes(16)), amount_minor=told)
    found = in_older_unit(returned, 100, left_minor=left, earlier=earlier)
    assert found.amount_minor == booked


def test_the_lines_of_a_return_are_multiplied_too() -> None:
    """Goods and money are in one unit afterwards; in the same currency nothing changes."""
    line = SaleLine(label="tea", quantity_milli=1_000, amount_minor=12)
    returned = Returned(key=SaleKey(bytes(16)), amount_minor=12, lines=(line,))
    found = in_older_unit(returned, 100, left_minor=10_000, earlier=0)
    assert [one.amount_minor for one in found.lines] == [1_200]
    assert in_older_unit(returned, 1, left_minor=5, earlier=0) is returned


def test_limits_on_money_are_counted_in_the_first_unit() -> None:
    """What rules use is multiplied into the ledger's unit, and what they see is divided again."""
    money, points = "offer:x/amount/all/ever", "offer:x/uses/all/ever"
    used = (Use(key=money, amount=7), Use(key=points, amount=2))
    kept = counted_uses(ALL, TOMANS, used)
    assert [one.amount for one in kept] == [700, 2]
    assert counted_uses(ALL, RIALS, used) == used
    rows = [Used(key=money, amount=799), Used(key=points, amount=2)]
    assert [one.amount for one in seen_uses(ALL, TOMANS, rows)] == [7, 2]
    assert seen_uses(ALL, RIALS, rows) == tuple(rows)
    assert seen_uses(ALL, TOMANS, [Used(key=money, amount=99)]) == ()


def test_levels_by_money_are_measured_in_the_unit_of_their_thresholds() -> None:
    """What was spent is brought into the rules' own unit, and points are left alone."""
    levels = TierScheme(basis=TierBasis.SPEND, levels=(TierLevel(id="gold", threshold=10),))
    by_money = replace(TOMANS, rules=Rules(tiers=levels))
    assert seen_basis(ALL, by_money, 1_099) == 10
    assert seen_basis(ALL, TOMANS, 1_099) == 1_099


def test_versions_that_have_nothing_to_do_with_each_other_end_the_chain() -> None:
    """Where a currency came without a word of the one before, nothing follows anything."""
    strange = replace(AGAIN, version=5, effective_from_ms=5_000, currency=EUR, succeeds=None)
    assert superseded((*ALL, strange), 5_000) == {}
    assert first_minor((*ALL, strange), strange) == 1
