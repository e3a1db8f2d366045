"""What points are worth, and every clamp on the way (scenarios S-31 to S-37)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ProgrammeError
from gateway.model.money import EUR
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.program.redeem import quote_redemption


def _rules(points: int, value_minor: int, minimum: int = 1, share: int = 100) -> Programme:
    return Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=1,
        earn_per_minor=100,
        redeem_points=points,
        redeem_value_minor=value_minor,
        redeem_minimum_points=minimum,
        redeem_share_percent=share,
    )


_ONE, _SOME, _HALF = _rules(1, 1), _rules(1, 1, 500), _rules(1, 1, 500, 50)
_HUNDREDS = _rules(100, 500, 100)


@pytest.mark.parametrize(
    ("asked", "balance", "total_minor", "rules", "quoted"),
    [
        pytest.param(1_000, 5_000, 10_000, _HALF, (1_000, 1_000), id="S-31"),
        pytest.param(1_000, 700, 10_000, _HALF, (700, 700), id="S-32"),
        pytest.param(10_000, 10_000, 10_000, _HALF, (5_000, 5_000), id="S-33"),
        pytest.param(1_050, 5_000, 100_000, _HUNDREDS, (1_000, 5_000), id="S-34"),
        pytest.param(400, 5_000, 10_000, _SOME, Reason.BELOW_MINIMUM, id="S-35"),
        pytest.param(1_000, 1_000, 100_000, _HUNDREDS, (1_000, 5_000), id="S-37"),
        pytest.param(400, 400, 10_000, _SOME, Reason.INSUFFICIENT_POINTS, id="too few"),
        pytest.param(99, 99, 10_000, _HUNDREDS, Reason.INSUFFICIENT_POINTS, id="no multiple"),
        pytest.param(10, -5, 10_000, _ONE, Reason.INSUFFICIENT_POINTS, id="in debt"),
        pytest.param(100, 100, 499, _HUNDREDS, Reason.BELOW_MINIMUM, id="small sale"),
        pytest.param(100, 100, 10_000, _rules(1, 1, 1, 0), Reason.BELOW_MINIMUM, id="no share"),
    ],
)
def test_clamps(
    asked: int, balance: int, total_minor: int, rules: Programme, quoted: tuple[int, int] | Reason
) -> None:
    """Asked, balance, share, whole multiples and minimum clamp in this order."""
    got = quote_redemption(
        rules, asked_points=asked, balance_points=balance, sale_total_minor=total_minor
    )
    assert (got if isinstance(got, Reason) else (got.points, got.amount_minor)) == quoted


def test_a_conversion_of_nothing_is_no_programme() -> None:
    """S-36: a conversion of zero cannot be written down, so nothing need be decided of it."""
    with pytest.raises(ProgrammeError):
        _rules(0, 1)
    with pytest.raises(ProgrammeError):
        _rules(1, 0)


@given(
    asked=st.integers(1, 10**12),
    balance=st.integers(-(10**6), 10**12),
    total_minor=st.integers(0, 10**12),
    points=st.integers(1, 1_000),
    value_minor=st.integers(1, 1_000),
    minimum=st.integers(1, 5_000),
    share=st.integers(0, 100),
)
def test_a_quote_keeps_every_limit(
    *,
    asked: int,
    balance: int,
    total_minor: int,
    points: int,
    value_minor: int,
    minimum: int,
    share: int,
) -> None:
    """A quote is within all limits, worth what it says, and the next multiple would break one."""
    rules = _rules(points, value_minor, minimum, share)
    quote = quote_redemption(
        rules, asked_points=asked, balance_points=balance, sale_total_minor=total_minor
    )
    if isinstance(quote, Reason):
        assert quote in (Reason.INSUFFICIENT_POINTS, Reason.BELOW_MINIMUM)
        return
    steps, rest = divmod(quote.points, points)
    assert rest == 0
    assert quote.amount_minor == steps * value_minor
    assert minimum <= quote.points <= min(asked, balance)
    assert quote.amount_minor * 100 <= total_minor * share
    more_points, more_minor = quote.points + points, quote.amount_minor + value_minor
    assert more_points > min(asked, balance) or more_minor * 100 > total_minor * share
