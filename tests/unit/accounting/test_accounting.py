"""Trial balances, contract liabilities, closed days and what an accountant takes over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.accounting.account_class import AccountClass, class_of_account
from gateway.accounting.contract_liability import (
    PointValue,
    allocate_sale,
    expected_breakage_bp,
    revenue_to_date,
)
from gateway.accounting.day_close import (
    DayClose,
    DayClosedError,
    broken_links,
    close_from_text,
    next_close,
)
from gateway.accounting.general_ledger import csv_of, export_day
from gateway.accounting.trial_balance import AccountTotal, trial_balance

POINTS = "PTS:points"


def total(
    account_class: AccountClass, debit: int, credit: int, ledger: str = POINTS
) -> AccountTotal:
    """One line of totals."""
    return AccountTotal(ledger=ledger, account_class=account_class, debit=debit, credit=credit)


DAY_TOTALS = (
    total(AccountClass.ISSUED, 100, 0),
    total(AccountClass.AVAILABLE, 30, 100),
    total(AccountClass.REDEEMED, 0, 30),
)


def closes() -> list[DayClose]:
    """Three closed days in a row."""
    made: list[DayClose] = []
    for day, last_index in ((1, 10), (2, 10), (3, 25)):
        made.append(
            next_close(
                made,
                day=date(2027, 1, day),
                last_index=last_index,
                closed_at_ms=day * 86_400_000,
                totals=DAY_TOTALS,
            )
        )
    return made


@pytest.mark.parametrize(
    ("name", "account_class"),
    [
        ("issued", AccountClass.ISSUED),
        ("member:00ff:available", AccountClass.AVAILABLE),
        ("gift:00ff:pending", AccountClass.PENDING),
    ],
)
def test_an_account_tells_its_class_by_its_name(name: str, account_class: AccountClass) -> None:
    """System accounts are their own class, wallets' accounts are one by their part."""
    assert class_of_account(name) is account_class


def test_a_trial_balance_adds_up_by_ledger_and_class() -> None:
    """Totals of several periods are one line each, and what is owed is their balance."""
    sheet = trial_balance([*DAY_TOTALS, *DAY_TOTALS, total(AccountClass.HELD, 5, 5)])
    assert sheet.differences == ()
    assert sheet.owed(POINTS) == 140
    assert [one.account_class for one in sheet.totals][:2] == [
        AccountClass.AVAILABLE,
        AccountClass.HELD,
    ]


def test_a_ledger_that_does_not_add_up_is_named() -> None:
    """A missing side shows as a difference of that ledger and of no other."""
    sheet = trial_balance([*DAY_TOTALS, total(AccountClass.ISSUED, 7, 0, "CR:EUR")])
    assert sheet.differences == (("CR:EUR", -7),)


def test_a_sale_is_divided_by_what_goods_and_points_cost_alone() -> None:
    """2,000 paid, points worth 170 alone: 2,000 × 170 / 2,170 waits, the rest is revenue."""
    value = PointValue(points=2_000, amount_minor=200, breakage_bp=1_500)
    sold = allocate_sale(2_000, 2_000, value)
    assert (sold.liability_minor, sold.revenue_minor) == (157, 1_843)


@given(st.integers(0, 10**12), st.integers(0, 10**9), st.integers(0, 10_000))
def test_a_divided_sale_is_still_the_whole_sale(price: int, points: int, breakage_bp: int) -> None:
    """Revenue and liability add up to what was paid, and neither is below zero."""
    value = PointValue(points=100, amount_minor=7, breakage_bp=breakage_bp)
    sold = allocate_sale(price, points, value)
    assert sold.revenue_minor + sold.liability_minor == price
    assert min(sold.revenue_minor, sold.liability_minor) >= 0


def test_revenue_follows_redemption_and_is_all_there_in_the_end() -> None:
    """What was put off becomes revenue in proportion, breakage with it, and never twice."""
    steps = [revenue_to_date(158, redeemed, 1_700) for redeemed in (0, 850, 1_700, 2_000)]
    assert steps == [0, 79, 158, 158]
    assert revenue_to_date(158, 0, 0) == 158


def test_breakage_is_what_lapsed_of_what_ended() -> None:
    """A quarter of the points of ended lots lapsed; nothing ended means nothing known."""
    assert expected_breakage_bp(250, 1_000) == 2_500
    assert expected_breakage_bp(0, 0) == 0


def test_closed_days_follow_one_another_and_none_is_opened_again() -> None:
    """Each begins where the one before ended; a day that is closed is refused."""
    made = closes()
    assert [(one.first_index, one.last_index) for one in made] == [(1, 10), (11, 10), (11, 25)]
    assert broken_links(made) == ()
    with pytest.raises(DayClosedError, match="2027-01-03 is closed already"):
        next_close(made, day=date(2027, 1, 3), last_index=30, closed_at_ms=0, totals=())


def test_a_changed_or_missing_closing_shows() -> None:
    """Whoever edits one closing breaks the link to the next; one left out breaks it too."""
    made = closes()
    edited = [replace(made[0], closed_at_ms=5), *made[1:]]
    assert broken_links(edited) == (date(2027, 1, 2),)
    assert broken_links([made[0], made[2]]) == (date(2027, 1, 3),)


def test_a_closing_is_read_as_it_was_written() -> None:
    """The text keeps everything, and any other text is refused."""
    close = closes()[2]
    assert close_from_text(close.text()) == close
    with pytest.raises(ValueError, match="canonical"):
        close_from_text(close.text() + " ")


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=6), st.integers(1, 999))
def test_exported_lines_add_up_whatever_a_point_is_worth(moves: list[int], points: int) -> None:
    """Points that do not divide into money leave no line out of balance."""
    classes = list(AccountClass)
    totals = [
        total(kind, max(-move, 0), max(move, 0)) for kind, move in zip(classes, moves, strict=False)
    ]
    rest = -sum(moves)
    totals.append(total(AccountClass.SHORTFALL, max(-rest, 0), max(rest, 0)))
    close = replace(closes()[0], totals=tuple(totals))
    mapping = {(POINTS, kind): f"{place:04}" for place, kind in enumerate(classes)}
    value = PointValue(points=points, amount_minor=7)
    export = export_day(close, mapping, points_ledger=POINTS, value=value)
    assert sum(line.debit_minor - line.credit_minor for line in export.lines) == 0


def test_what_no_account_is_named_for_is_said() -> None:
    """An accountant sees which classes the mapping left out, and gets the rest as CSV."""
    mapping = {(POINTS, AccountClass.AVAILABLE): "2410", (POINTS, AccountClass.ISSUED): "6200"}
    value = PointValue(points=1, amount_minor=10)
    export = export_day(closes()[0], mapping, points_ledger=POINTS, value=value)
    assert export.unmapped == ((POINTS, AccountClass.REDEEMED),)
    assert csv_of(export.lines).splitlines()[1:] == [
        "2027-01-01,6200,1000,0,PTS:points issued",
        "2027-01-01,2410,0,700,PTS:points available",
    ]
