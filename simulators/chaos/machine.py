"""What this machine lets us do to processes, and making sure that nothing of it remains."""

from __future__ import annotations

import ctypes
import logging
import os
import shutil
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

import structlog

from gateway.errors import ConfigError
from simulators.chaos.faked_clock import find_library, sweep_after_the_dead
from simulators.chaos.plan import VICTIMS, FaultKind
from simulators.command_process import DIE_WITH_US
from simulators.mosquitto_process import mosquitto_program
from simulators.small_disk import SmallDisk, SmallDiskError

#: Not in Python 3.11's ``os`` yet (linux/sched.h, sys/mount.h).
_CLONE_NEWNS: Final = 0x00020000
_MS_REC: Final = 0x4000
_MS_PRIVATE: Final = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What is possible here.

    Attributes:
        clock_library: libfaketime; None where it is not installed.
        small_disks: whether disks can be mounted.
        unavailable: faults that cannot be done, by name, and what is missing for them.
    """

    clock_library: Path | None
    small_disks: bool
    unavailable: dict[str, str]


def prepare_machine() -> Machine:
    """Look at what there is, and arrange that mounts and processes end with this process.

    Call it from the main thread before any other thread is started.

    Raises:
        ConfigError: if a program is missing without which nothing can be done.
    """
    if mosquitto_program() is None:
        raise ConfigError("mosquitto is not installed: apt-get install mosquitto")
    if shutil.which(DIE_WITH_US[0]) is None:
        raise ConfigError(f"{DIE_WITH_US[0]} is not installed: apt-get install util-linux")
    signal.signal(signal.SIGTERM, _end_in_order)
    sweep_after_the_dead()
    # What goes wrong in here is wanted; the report says what matters.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    unavailable: dict[str, str] = {}
    refused = _try_small_disk()
    if refused is not None:
        unavailable |= _all_of(FaultKind.DISK_FULL, f"no disk can be mounted here ({refused})")
    library = find_library()
    if library is None:
        missing = "libfaketime is not installed: apt-get install libfaketime"
        unavailable |= _all_of(FaultKind.CLOCK, missing)
    return Machine(clock_library=library, small_disks=refused is None, unavailable=unavailable)


def _all_of(kind: FaultKind, missing: str) -> dict[str, str]:
    return {f"{kind}_{place}": missing for place in VICTIMS[kind]}


def _try_small_disk() -> str | None:
    """Why no disk can be mounted; None if one can, which nobody else then sees."""
    try:
        _hide_mounts()
        with (
            tempfile.TemporaryDirectory(prefix="mohr-chaos-") as folder,
            SmallDisk(Path(folder) / "disk", size_mib=1),
        ):
            return None
    except (OSError, SmallDiskError) as error:
        return str(error)


def _hide_mounts() -> None:
    """Enter a mount namespace of our own: its mounts vanish with us, however we end."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), f"unshare: {os.strerror(ctypes.get_errno())}")
    if libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None) != 0:
        raise OSError(ctypes.get_errno(), f"mount: {os.strerror(ctypes.get_errno())}")


def _end_in_order(number: int, frame: FrameType | None) -> None:
    """Leave all blocks, so that everything in them is closed."""
    del frame
    sys.exit(128 + number)
