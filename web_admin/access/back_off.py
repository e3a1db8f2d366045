"""Waits that grow while somebody guesses, and never grow so long that they lock an owner out."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Final

#: A person mistypes; a few wrong tries cost nothing.
FREE_FAILURES: Final = 5
LONGEST_WAIT_MS: Final = 60_000
_FIRST_WAIT_MS: Final = 1_000
#: Failures this long ago are forgotten.
_MEMORY_MS: Final = 3_600_000
#: Strangers may name as many accounts as they like; the longest unused are forgotten.
_KEYS_MAX: Final = 10_000


@dataclass(slots=True)
class _Failures:
    count: int
    last_ms: int


def wait_after_ms(failures: int) -> int:
    """How long to wait after so many failures in a row."""
    beyond = failures - FREE_FAILURES
    if beyond < 0:
        return 0
    # The exponent is bounded so that no number grows with the failures.
    return min(_FIRST_WAIT_MS << min(beyond, 16), LONGEST_WAIT_MS)


class BackOff:
    """Failures of each account that is guessed at, in memory. May be used from any thread."""

    def __init__(self) -> None:
        """Nobody has failed yet."""
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        self._lock = Lock()

    def wait_ms(self, key: str, now_ms: int) -> int:
        """How long until the next try counts; 0 for at once.

        Args:
            key: what is guessed at.
            now_ms: monotonic time.
        """
        with self._lock:
            found = self._failures.get(key)
            if found is None:
                return 0
            until_ms = found.last_ms + wait_after_ms(found.count)
            return max(until_ms - now_ms, 0)

    def failed(self, key: str, now_ms: int) -> None:
        """Count a failure. A try during the wait must not be counted, or waiting would not end."""
        with self._lock:
            found = self._failures.pop(key, None)
            if found is None or now_ms - found.last_ms > _MEMORY_MS:
                found = _Failures(0, now_ms)
            self._failures[key] = _Failures(found.count + 1, now_ms)
            while len(self._failures) > _KEYS_MAX:
                self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures."""
        with self._lock:
            self._failures.pop(key, None)
