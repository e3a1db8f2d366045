"""How many requests each caller may make: windows of a minute, counted in memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Final

WINDOW_S: Final = 60
#: Strangers may come from as many addresses as they like; the longest unused are forgotten.
_KEYS_MAX: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiLimits:
    """What each caller may do within a minute.

    Attributes:
        requests: requests with one token.
        failures: requests without a good token from one address.
    """

    requests: int = 600
    failures: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a caller has left.

    Attributes:
        limit: requests in a window.
        remaining: left in this one.
        reset_s: seconds until the next window begins.
        allowed: whether this request was within the limit.
    """

    limit: int
    remaining: int
    reset_s: int
    allowed: bool

    def headers(self) -> dict[str, str]:
        """The headers that tell a program (draft-ietf-httpapi-ratelimit-headers)."""
        told = {
            "RateLimit-Policy": f'"default";q={self.limit};w={WINDOW_S}',
            "RateLimit": f'"default";r={self.remaining};t={self.reset_s}',
        }
        return told if self.allowed else {**told, "Retry-After": str(self.reset_s)}


@dataclass(slots=True)
class _Window:
    begun_ms: int
    used: int


class Windows:
    """Counts of many callers. May be used from any thread."""

    def __init__(self, limit: int) -> None:
        """Allow every caller ``limit`` requests in a window."""
        self._limit = limit
        self._windows: OrderedDict[str, _Window] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str, now_ms: int) -> Allowance:
        """Count a request.

        Args:
            key: the caller.
            now_ms: monotonic time.
        """
        with self._lock:
            window = self._windows.pop(key, None)
            if window is None or now_ms - window.begun_ms >= WINDOW_S * 1_000:
                window = _Window(begun_ms=now_ms, used=0)
            self._windows[key] = window
            while len(self._windows) > _KEYS_MAX:
                self._windows.popitem(last=False)
            allowed = window.used < self._limit
            window.used += allowed
            left_ms = window.begun_ms + WINDOW_S * 1_000 - now_ms
            return Allowance(
                limit=self._limit,
                remaining=self._limit - window.used,
                reset_s=max(1, -(-left_ms // 1_000)),
                allowed=allowed,
            )
