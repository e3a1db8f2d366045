"""A disk that is small enough to be filled, and a process that may write no more.

A full disk can only be had by mounting one, for which the kernel asks for root; where it is not
given, ``limit_files`` makes every growing file fail instead, with another error (EFBIG). Neither
models a disk that lies about what it has synced.
"""

from __future__ import annotations

import errno
import resource
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.errors import MohrError

_MOUNT: Final = "/usr/bin/mount"
_UMOUNT: Final = "/usr/bin/umount"
_PIECE_BYTES: Final = 65_536
_UNLIMITED: Final = resource.RLIM_INFINITY


class SmallDiskError(MohrError):
    """This machine does not let us mount a disk."""


class SmallDisk:
    """A file system in memory of a few mebibytes. Use as a context manager.

    Args:
        folder: where it is mounted; made if missing.
        size_mib: how much it holds.

    Raises:
        SmallDiskError: on entering, if mounting is not permitted.
    """

    def __init__(self, folder: Path, size_mib: int) -> None:
        self.folder = folder
        self._size_mib = size_mib
        self._ballast = folder / "ballast"

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        options = f"size={self._size_mib}m,mode=700"
        _run(_MOUNT, "-t", "tmpfs", "-o", options, "mohr-small-disk", str(self.folder))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Lazily, so that a process which still has a file open does not keep the mount for ever.
        _run(_UMOUNT, "--lazy", str(self.folder))

    def fill(self, *, leave_bytes: int = 0) -> None:
        """Fill it with ballast.

        Args:
            leave_bytes: of what is free now, leave so much; rounded to the file system's blocks.
        """
        with self._ballast.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(_PIECE_BYTES))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
            file.truncate(max(file.tell() - leave_bytes, 0))

    def free(self) -> None:
        """Throw the ballast out."""
        self._ballast.unlink(missing_ok=True)


def limit_files(pid: int, file_bytes_max: int | None) -> None:
    """Let no file of a running process grow beyond a size; None lifts the limit.

    Args:
        pid: of a process of ours, which keeps the right to lift it.
        file_bytes_max: what a write beyond this fails with is EFBIG (setrlimit(2)).
    """
    soft = _UNLIMITED if file_bytes_max is None else file_bytes_max
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, _UNLIMITED))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed programs
    if done.returncode != 0:
        raise SmallDiskError(f"{' '.join(command)}: {done.stderr.strip()}")
