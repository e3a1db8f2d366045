"""What every ``Clock`` promises, checked on the system's and on the simulated one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.clock import Clock
from gateway.system_clock import SystemClock
from simulators.clock import VirtualClock

NOW_MS = 1_800_000_000_000


def _virtual() -> Clock:
    clock = VirtualClock(unix_ms=NOW_MS, synchronised_at_ms=NOW_MS)
    clock.advance(7)
    clock.jump(-3_600_000)
    return clock


@pytest.fixture(params=[SystemClock, _virtual], ids=["system", "virtual"])
def clock(request: pytest.FixtureRequest) -> Clock:
    """One clock of each kind."""
    make: Callable[[], Clock] = request.param
    return make()


def test_times_are_whole_milliseconds(clock: Clock) -> None:
    """Readings are integers, so that nothing downstream ever rounds."""
    assert type(clock.unix_ms()) is int
    assert type(clock.monotonic_ms()) is int
    assert clock.unix_ms() > 1_500_000_000_000, "milliseconds, not seconds"


def test_monotonic_time_never_goes_back(clock: Clock) -> None:
    """Later readings are never smaller, whatever happens to the wall clock."""
    readings = [clock.monotonic_ms() for _ in range(100)]
    assert readings == sorted(readings)
    assert readings[0] >= 0


def test_the_offset_is_a_time_zones(clock: Clock) -> None:
    """Local time differs from UTC by at most the width of the world."""
    assert -18 * 60 <= clock.utc_offset_min() <= 18 * 60


def test_a_clock_says_whether_it_was_ever_set(clock: Clock) -> None:
    """Synchronisation is a time in the past, or honestly unknown."""
    synchronised_at_ms = clock.synchronised_at_ms()
    assert synchronised_at_ms is None or type(synchronised_at_ms) is int


def test_a_virtual_clock_jumps_without_time_passing() -> None:
    """Setting the wall clock changes no wait."""
    clock = VirtualClock(unix_ms=NOW_MS)
    clock.advance(50)
    clock.jump(-10_000)
    assert (clock.unix_ms(), clock.monotonic_ms()) == (NOW_MS - 9_950, 50)
