"""Holds the newest picture for whoever draws it. Earlier ones are of no interest to anybody."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Posted:
    """A picture as it is sent, and its number, which rises with each."""

    number: int
    json: bytes


class Board:
    """The newest picture. Posting never waits for a reader, however slow."""

    def __init__(self, first: bytes) -> None:
        """Begin with a picture."""
        self._changed = threading.Condition()
        self._posted = Posted(1, first)
        self._closed = False

    def post(self, json: bytes) -> None:
        """Replace the picture, if it is another: the same one again is no news to anybody."""
        with self._changed:
            if json == self._posted.json:
                return
            self._posted = Posted(self._posted.number + 1, json)
            self._changed.notify_all()

    def newest(self) -> Posted:
        """The picture now."""
        with self._changed:
            return self._posted

    def wait_newer(self, than: int, timeout_s: float) -> Posted | None:
        """The newest picture as soon as there is one after ``than``, or None if time is up."""
        with self._changed:
            if not self._closed and self._posted.number <= than:
                self._changed.wait_for(
                    lambda: self._closed or self._posted.number > than, timeout_s
                )
            return self._posted if self._posted.number > than else None

    @property
    def closed(self) -> bool:
        """Whether nothing will be posted any more."""
        with self._changed:
            return self._closed

    def close(self) -> None:
        """Wake everybody who waits; they find the board closed."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
