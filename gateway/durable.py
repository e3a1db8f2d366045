"""Files that a power cut leaves whole: their bytes and their names are on the disk on return."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

#: Readable by the owner alone, as everything is that Mohr keeps beside its keys.
PRIVATE: Final = 0o600
#: What other machines are told, such as public keys, and settings without secrets.
PUBLIC: Final = 0o644


def write_durably(
    path: Path, content: bytes, *, mode: int = PRIVATE, replace: bool = False
) -> None:
    """Write a file and sync it, its name included.

    Args:
        path: where.
        content: all of it.
        mode: permission bits of a new file, less the process's umask.
        replace: write over what is there already; otherwise it is an error and left as it is.

    Raises:
        FileExistsError: if something is there that must not be replaced.
        OSError: if it cannot be written or synced.
    """
    how = os.O_TRUNC if replace else os.O_EXCL
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | how | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory as durable as the files they stand for.

    Raises:
        OSError: if the directory cannot be opened or synced.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
