"""One agent per journal, held by the kernel: the lock ends with the process, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from terminal_agent.errors import JournalBusyError, JournalError


class JournalLock:
    """An exclusive ``flock`` on a file beside the journal.

    The file itself is never removed: that would let one agent lock a new file of the same name
    while another still holds the old one.
    """

    def __init__(self, journal: Path) -> None:
        """Take the lock, or fail at once.

        Raises:
            JournalBusyError: if another process holds it.
            JournalError: if the lock file cannot be opened.
        """
        path = journal.with_name(journal.name + ".lock")
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise JournalError(f"cannot open {path}: {error.strerror}") from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._fd)
            raise JournalBusyError(
                f"another agent holds {journal}; stop it first (lock file: {path})"
            ) from error

    def release(self) -> None:
        """Let the next agent in."""
        os.close(self._fd)
