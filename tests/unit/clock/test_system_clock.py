"""The machine's clock says no more about itself than it knows."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway import system_clock
from gateway.system_clock import (
    KernelClock,
    SystemClock,
    last_synchronisation_ms,
    read_kernel_clock,
)

NOW = 1_800_000_000_000
SYNCHRONISED = KernelClock(synchronised=True, maxerror_us=50_000)
ADRIFT = KernelClock(synchronised=False, maxerror_us=16_000_000)


@pytest.mark.parametrize(
    ("kernel", "mark_ms", "expected"),
    [
        (None, None, None),
        (ADRIFT, None, None),
        # 50 ms of error bound at 500 µs a second: the last correction is at most 100 s old.
        (SYNCHRONISED, None, NOW - 100_000),
        (SYNCHRONISED, NOW - 5_000, NOW - 5_000),
        (SYNCHRONISED, NOW - 500_000, NOW - 100_000),
        # Long offline: the kernel has given up, but the mark still says when it was.
        (ADRIFT, NOW - 86_400_000, NOW - 86_400_000),
        # A mark in the future: somebody set the clock back since.
        (ADRIFT, NOW + 1, None),
        (SYNCHRONISED, NOW + 1, NOW - 100_000),
        (KernelClock(synchronised=True, maxerror_us=2**60), None, 0),
    ],
)
def test_the_last_synchronisation_is_the_latest_that_is_known(
    kernel: KernelClock | None, mark_ms: int | None, expected: int | None
) -> None:
    """Each witness counts for what it proves, and none means None."""
    assert last_synchronisation_ms(now_ms=NOW, kernel=kernel, mark_ms=mark_ms) == expected


def test_the_kernel_answers_within_its_own_bounds() -> None:
    """The structure is read at the right places: the bound is one the kernel can have."""
    kernel = read_kernel_clock()
    if kernel is None:
        pytest.skip("this system has no adjtimex, or its sandbox forbids it")
    # NTP_PHASE_LIMIT, at which the kernel stops calling the clock synchronised.
    assert 0 <= kernel.maxerror_us <= 16_000_000


def test_the_time_daemons_mark_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mark's modification time is the answer where the kernel knows nothing better."""
    mark = tmp_path / "synchronized"
    mark.touch()
    os.utime(mark, ns=(10**18, 10**18 + 7_000_000))
    monkeypatch.setattr(system_clock, "TIMESYNC_MARK", mark)
    monkeypatch.setattr(system_clock, "read_kernel_clock", lambda: ADRIFT)
    assert SystemClock().synchronised_at_ms() == 10**12 + 7
    mark.unlink()
    assert SystemClock().synchronised_at_ms() is None


def test_time_goes_on_in_the_right_units() -> None:
    """Unix time agrees with the library's, and the monotonic clock does not go back."""
    clock = SystemClock()
    before = datetime.now(UTC).timestamp()  # noqa: TID251 - the very thing it is compared with
    unix_ms = clock.unix_ms()
    after = datetime.now(UTC).timestamp()  # noqa: TID251 - as above
    assert int(before * 1000) - 1 <= unix_ms <= after * 1000 + 1
    readings = [clock.monotonic_ms() for _ in range(100)]
    assert readings == sorted(readings)


@pytest.mark.parametrize(
    ("zone", "minutes"), [("Asia/Tehran", 210), ("UTC", 0), ("<-0930>9:30", -570)]
)
def test_the_offset_is_local_time_minus_utc(
    monkeypatch: pytest.MonkeyPatch, zone: str, minutes: int
) -> None:
    """Tehran is three and a half hours ahead; west of Greenwich is negative."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        offset = SystemClock().utc_offset_min()
    time.tzset()
    assert offset == minutes
