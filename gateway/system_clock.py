"""The machine's own clock, and an honest answer to when it was last right.

Small boxes have no battery behind their clock: after a power cut they start at some past time until
the network corrects them. What the kernel and the time daemon know of that goes into every
transaction, so that the gateway can judge a time instead of believing it.
"""

from __future__ import annotations

import ctypes
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.clock import Clock

#: systemd-timesyncd touches it at every synchronisation (systemd-timesyncd.service(8)). It lies
#: on a file system in memory, so it never tells of an earlier boot.
TIMESYNC_MARK: Final = Path("/run/systemd/timesync/synchronized")

_STA_UNSYNC: Final = 0x0040
#: While nobody corrects the clock, the kernel lets ``maxerror`` grow by 500 µs in each second
#: (Linux, kernel/time/ntp.c: MAXFREQ), whatever daemon disciplines it.
_MAXERROR_US_PER_S: Final = 500
_SECOND_MS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelClock:
    """What ``adjtimex(2)`` says: whether a daemon keeps the clock, and its error bound."""

    synchronised: bool
    maxerror_us: int


class SystemClock(Clock):
    """The clock of the machine it runs on."""

    def unix_ms(self) -> int:
        """Unix time in milliseconds; may jump when the machine's clock is set."""
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        """Milliseconds since boot, time asleep included where the machine counts it."""
        clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
        return time.clock_gettime_ns(clock) // 1_000_000

    def utc_offset_min(self) -> int:
        """Local time minus UTC in minutes, now, summer time included."""
        return time.localtime().tm_gmtoff // 60

    def synchronised_at_ms(self) -> int | None:
        """Unix time of the last synchronisation known of; see ``last_synchronisation_ms``."""
        return last_synchronisation_ms(
            now_ms=self.unix_ms(), kernel=read_kernel_clock(), mark_ms=_read_mark(TIMESYNC_MARK)
        )


def last_synchronisation_ms(
    *, now_ms: int, kernel: KernelClock | None, mark_ms: int | None
) -> int | None:
    """The latest time at which the clock is known to have been synchronised.

    Two witnesses, and the later one counts. systemd-timesyncd's mark names the moment. Other
    daemons (chrony, ntpd) leave only the kernel's error bound: it cannot have grown for longer
    than its size allows, so the last correction is at least that recent. Both can only make the
    synchronisation look older than it is, never newer.

    Args:
        now_ms: Unix time in milliseconds.
        kernel: what the kernel says, or None where it cannot be asked.
        mark_ms: when systemd-timesyncd left its mark, or None without one.

    Returns:
        Unix milliseconds, or None where nobody vouches for the clock. A mark in the future means
        that somebody set the clock back since, so it vouches for nothing.
    """
    witnesses: list[int] = []
    if mark_ms is not None and mark_ms <= now_ms:
        witnesses.append(mark_ms)
    if kernel is not None and kernel.synchronised:
        age_ms = kernel.maxerror_us * _SECOND_MS // _MAXERROR_US_PER_S
        witnesses.append(max(now_ms - age_ms, 0))
    return max(witnesses, default=None)


class _Timex(ctypes.Structure):
    """The head of ``struct timex`` (adjtimex(2)); ``rest`` is larger than any tail of it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 512),
    )


def read_kernel_clock() -> KernelClock | None:
    """Ask the kernel; None where there is no ``adjtimex`` or a sandbox forbids it."""
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    if adjtimex is None:
        return None
    timex = _Timex()
    # No mode bits are set, so this only reads and needs no privilege.
    if adjtimex(ctypes.byref(timex)) < 0:
        return None
    return KernelClock(
        synchronised=not timex.status & _STA_UNSYNC, maxerror_us=max(int(timex.maxerror), 0)
    )


def _read_mark(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns // 1_000_000
    except OSError:
        return None
