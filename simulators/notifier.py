"""A notifier that remembers, for tests and for the demonstration's control panel.

It does not model a channel that is slow, rate-limited or loses notices; ``broken`` makes every
hand-over fail, which is the one fault the gateway must survive.
"""

from __future__ import annotations

import threading

from gateway.notifier import Notice, Notifier


class RecordingNotifier(Notifier):
    """Keeps every notice in order of arrival; safe to use from several threads.

    Attributes:
        broken: while true, ``notify`` raises instead of remembering.
    """

    def __init__(self) -> None:
        self.broken = False
        self._lock = threading.Lock()
        self._notices: list[Notice] = []

    def notify(self, notice: Notice) -> None:
        """Remember ``notice``.

        Raises:
            OSError: while ``broken``.
        """
        if self.broken:
            raise ConnectionError("the simulated channel is down")
        with self._lock:
            self._notices.append(notice)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was handed over so far."""
        with self._lock:
            return tuple(self._notices)
