"""How much memory a process uses, as Linux tells it in ``/proc/PID/status``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.errors import MohrError

_KIB_PER_MIB: Final = 1024


class MemoryUnknownError(MohrError):
    """The process is gone, or its status does not say how much memory it uses."""


@dataclass(frozen=True, slots=True)
class Memory:
    """A process's resident memory, shared pages included.

    Attributes:
        rss_mib: now.
        peak_mib: the most it ever was.
    """

    rss_mib: float
    peak_mib: float


def memory_of(pid: int) -> Memory:
    """Look at a running process.

    Raises:
        MemoryUnknownError: if there is no such process.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError as error:
        raise MemoryUnknownError(f"process {pid} cannot be looked at: {error}") from error
    return parse_status(status)


def parse_status(status: str) -> Memory:
    """Read the text of ``/proc/PID/status``, whose sizes are in KiB.

    Raises:
        MemoryUnknownError: if it does not hold both sizes; a process that has ended has none.
    """
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    try:
        return Memory(rss_mib=_mib(fields["VmRSS"]), peak_mib=_mib(fields["VmHWM"]))
    except (KeyError, ValueError, IndexError) as error:
        raise MemoryUnknownError("the status does not say how much memory is used") from error


def _mib(field: str) -> float:
    return int(field.split(maxsplit=1)[0]) / _KIB_PER_MIB
