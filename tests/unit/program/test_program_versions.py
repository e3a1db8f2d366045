"""Which version of the rules is in force."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.program.versions import programme_at


def _version(version: int, effective_from_ms: int) -> Programme:
    return Programme(
        name="club",
        version=version,
        effective_from_ms=effective_from_ms,
        currency=EUR,
        earn_points=1,
        earn_per_minor=100,
        redeem_points=1,
        redeem_value_minor=1,
    )


def test_a_version_rates_from_its_first_millisecond() -> None:
    """A version is in force at its own moment and not one millisecond before."""
    first, second = _version(1, 1_000), _version(2, 2_000)
    assert programme_at((first, second), 999) is None
    assert programme_at((first, second), 1_000) is first
    assert programme_at((first, second), 1_999) is first
    assert programme_at((first, second), 2_000) is second


def test_the_highest_version_wins_in_any_order() -> None:
    """Where several versions are effective the highest rates, however they are listed."""
    versions = [_version(1, 0), _version(3, 0), _version(2, 0)]
    assert programme_at(versions, 5) is versions[1]
    assert programme_at((), 5) is None


@given(
    starts=st.lists(st.integers(0, 50), max_size=6),
    at_ms=st.integers(0, 60),
)
def test_only_effective_versions_rate(starts: list[int], at_ms: int) -> None:
    """What is found is effective, and no effective version is higher."""
    versions = [_version(number, start) for number, start in enumerate(starts, start=1)]
    found = programme_at(versions, at_ms)
    effective = [rules.version for rules in versions if rules.effective_from_ms <= at_ms]
    assert (None if found is None else found.version) == max(effective, default=None)
