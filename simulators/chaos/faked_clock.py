"""A process whose wall clock can be set while it runs, by libfaketime.

Only the wall clock jumps, as when a time daemon or a person sets it; the monotonic clocks go on.
Not modelled: a clock that drifts, and the kernel's own answer to ``adjtimex``.

Under libfaketime 0.9.10, ``time.sleep`` of Python 3.11 fails with EINVAL (it asks
``clock_nanosleep`` for an absolute monotonic time, which the library converts wrongly). Gateway and
agent wait on events and sockets, which works.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

_LIBRARY: Final = "faketime/libfaketimeMT.so.1"
#: Debian's multiarch folders, and where others install it.
_FOLDERS: Final = ("/usr/lib", "/usr/lib64", "/usr/local/lib")
_SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - where the kernel keeps shared memory
_BLOCK: Final = "faketime_shm_"


def find_library() -> Path | None:
    """Find libfaketime's library for programs with threads; None where it is not installed."""
    for folder in map(Path, _FOLDERS):
        for place in (folder, *sorted(folder.glob("*-linux-gnu*"))):
            if (place / _LIBRARY).is_file():
                return place / _LIBRARY
    return None


def clock_environment(library: Path, setting: Path) -> Mapping[str, str]:
    """What a process must be started with, so that ``setting`` sets its clock.

    Args:
        library: see ``find_library``.
        setting: the file that says by how much its clock is wrong.
    """
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(setting),
        # Read at every call, so that a jump is seen at once.
        "FAKETIME_NO_CACHE": "1",
        # The older and the newer name of one option.
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # The library's repair of timed waits for an old glibc costs a newer one wake-ups: a thread
        # that waits for another then sleeps on for some 100 ms.
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        # Files keep the times that the kernel gave them.
        "NO_FAKE_STAT": "1",
    }


class FakedClock:
    """The wall clock of one process, right at first.

    Args:
        library: see ``find_library``.
        setting: a file of its own; its folder exists.
    """

    def __init__(self, library: Path, setting: Path) -> None:
        self._setting = setting
        self.environment = clock_environment(library, setting)
        self.set_wrong_by(0)

    def set_wrong_by(self, seconds: int) -> None:
        """Let the clock be so much ahead of the machine's, or behind it, from now on."""
        new = self._setting.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n", encoding="ascii")
        # In one step: a file that is half written would be some other time.
        new.replace(self._setting)


def sweep_shared_memory(pid: int) -> None:
    """Remove what the library leaves behind of a process that was killed.

    Args:
        pid: of the process, which has ended.
    """
    for name in (f"{_BLOCK}{pid}", f"sem.faketime_sem_{pid}"):
        (_SHARED_MEMORY / name).unlink(missing_ok=True)


def sweep_after_the_dead() -> None:
    """Remove what processes left behind whose driver was killed as well."""
    for file in _SHARED_MEMORY.glob(f"{_BLOCK}[0-9]*"):
        pid = int(file.name.removeprefix(_BLOCK))
        if not Path(f"/proc/{pid}").exists():
            sweep_shared_memory(pid)
