"""Who sets up: the one browser that showed the one-time code, and what it has said so far.

The code is printed where the gateway was started, so that whoever reaches the pages first over the
network is not the owner by that. It is exchanged for a secret cookie; the code itself stays good
for another browser, which takes the work over and ends the first one's part in it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from gateway.clock import Clock
from web_admin.setup.draft import Draft

SECRET_BYTES: Final = 32
#: A person who was called away may go on after lunch; what was typed is then forgotten.
CLAIM_MS: Final = 2 * 3_600_000
WRONG_CODES_MAX: Final = 10
WRONG_CODES_WINDOW_MS: Final = 60_000


class Claim(Enum):
    """What becomes of somebody who shows a code."""

    GRANTED = auto()
    TAKEN = auto()
    """Another browser is at it; it may be told to stop."""
    WRONG = auto()
    TOO_OFTEN = auto()


class Desk:
    """One wizard. May be used from any thread."""

    def __init__(self, clock: Clock) -> None:
        """Begin with nobody at it."""
        self._clock = clock
        self._lock = threading.Lock()
        self._holder: bytes | None = None
        self._used_at_ms = 0
        self._draft = Draft()
        self._wrong_at_ms: deque[int] = deque(maxlen=WRONG_CODES_MAX)
        self._finishing = threading.Lock()

    def claim(
        self, shown: str, code: str | None, holder: str | None, *, take_over: bool
    ) -> tuple[Claim, str | None]:
        """Let a browser that shows the code begin, or go on.

        Args:
            shown: what it shows.
            code: the right one; None where there is none any more.
            holder: the secret that the browser has already, if any.
            take_over: end another browser's part.

        Returns:
            what becomes of it, and the new secret where it is granted one.
        """
        with self._lock:
            now_ms = self._clock.monotonic_ms()
            if self._is_hammered(now_ms):
                return Claim.TOO_OFTEN, None
            # Compared as hashes: whatever was shown, the comparison takes the same time.
            if code is None or not hmac.compare_digest(_hash(shown), _hash(code)):
                self._wrong_at_ms.append(now_ms)
                return Claim.WRONG, None
            busy = self._holder is not None and not self._is_over(now_ms)
            if busy and not take_over and not self._is_holder(holder):
                return Claim.TAKEN, None
            if not busy:
                self._draft = Draft()
            secret = secrets.token_urlsafe(SECRET_BYTES)
            self._holder = _hash(secret)
            self._used_at_ms = now_ms
            return Claim.GRANTED, secret

    def draft_of(self, secret: str | None) -> Draft | None:
        """What was said so far; None for whoever is not at the desk, or has been away too long."""
        with self._lock:
            now_ms = self._clock.monotonic_ms()
            if not self._is_holder(secret) or self._is_over(now_ms):
                return None
            self._used_at_ms = now_ms
            return self._draft

    def change(self, secret: str | None, change: Callable[[Draft], Draft]) -> Draft | None:
        """Say something more.

        Args:
            secret: of the browser.
            change: makes the new draft of the old one; must not block.

        Returns:
            the draft as it is now; None for whoever is not at the desk.
        """
        with self._lock:
            if not self._is_holder(secret) or self._is_over(self._clock.monotonic_ms()):
                return None
            self._draft = change(self._draft)
            return self._draft

    def begin_finishing(self) -> bool:
        """Whether nobody else is making the gateway at this moment; ``end_finishing`` follows."""
        return self._finishing.acquire(blocking=False)

    def end_finishing(self) -> None:
        """Let the next attempt begin."""
        self._finishing.release()

    def clear(self) -> None:
        """Forget everything: the work is done."""
        with self._lock:
            self._holder = None
            self._draft = Draft()

    def _is_holder(self, secret: str | None) -> bool:
        if secret is None or self._holder is None:
            return False
        return hmac.compare_digest(_hash(secret), self._holder)

    def _is_over(self, now_ms: int) -> bool:
        if now_ms - self._used_at_ms <= CLAIM_MS:
            return False
        # Nobody came back: a password that was typed must not wait in memory for ever.
        self._draft = Draft()
        self._holder = None
        return True

    def _is_hammered(self, now_ms: int) -> bool:
        return (
            len(self._wrong_at_ms) == WRONG_CODES_MAX
            and now_ms - self._wrong_at_ms[0] < WRONG_CODES_WINDOW_MS
        )


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
