"""A fuse burns down by one with each call a process makes to the world outside, and then kills it.

Not modelled: a death inside a call (half a page written, half a packet sent). ``mohr power`` tears
pages and ``mohr chaos`` kills real processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class ProcessDied(BaseException):
    """The process is gone. No program catches this; only the world does, at the process's entry."""


class Fuse:
    """Counts one process's calls. A process that is dead makes none: each of them raises."""

    def __init__(self) -> None:
        """Begin unlit: calls are only passed through."""
        self._left: int | None = None
        self._after = False
        self.burnt_at: str | None = None

    @property
    def lit(self) -> bool:
        """Whether it is burning."""
        return self._left is not None

    def light(self, calls: int, *, after: bool) -> None:
        """Let the process die at the ``calls``-th call from now, before or after its effect."""
        self._left = max(calls, 1)
        self._after = after

    def put_out(self) -> None:
        """Let the process live, or live again."""
        self._left = None
        self.burnt_at = None

    @contextmanager
    def call(self, what: str) -> Iterator[None]:
        """Surround one call to the world outside.

        Raises:
            ProcessDied: if this is where the process ends, or where it has ended before.
        """
        burns = self._burns(what)
        if burns and not self._after:
            raise ProcessDied(self._end(f"before {what}"))
        yield
        if burns:
            raise ProcessDied(self._end(f"after {what}"))

    def touch(self, when: str) -> None:
        """Count a moment between two calls.

        Raises:
            ProcessDied: as ``call`` does.
        """
        if self._burns(when):
            raise ProcessDied(self._end(when))

    def _burns(self, what: str) -> bool:
        if self.burnt_at is not None:
            # Something on its way out of a dying process still calls: it takes no effect.
            raise ProcessDied(f"{what} after the end")
        if self._left is None:
            return False
        self._left -= 1
        return self._left <= 0

    def _end(self, where: str) -> str:
        self._left = None
        self.burnt_at = where
        return where
