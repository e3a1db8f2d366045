"""Processes that change one key store take turns."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_turn(folder: Path) -> Iterator[None]:
    """Wait until no other process is changing what lies in a folder.

    The folder itself is locked, so that no file is left behind; the kernel frees the lock of a
    process that dies.

    Raises:
        OSError: if the folder cannot be opened.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
