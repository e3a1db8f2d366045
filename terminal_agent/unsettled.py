"""Whose transactions are still on their way: what the gateway says of them meanwhile is old."""

from __future__ import annotations

from collections import Counter, deque
from typing import Final

from gateway.model.ids import CardToken

#: More than a counter does in hours. Without a network for longer nobody answers anyway.
REMEMBERED_MAX: Final = 4_096


class Unsettled:
    """Cards with transactions that the gateway has not settled yet.

    Args:
        watermark: up to which number everything is settled.
        newest_seq: the newest number given out before this run; whose those transactions are is
            not known any more, so until they are settled they may be anybody's.
    """

    def __init__(self, watermark: int, newest_seq: int) -> None:
        self._watermark = watermark
        self._anybodys = newest_seq
        self._waiting: deque[tuple[int, CardToken]] = deque()
        self._count: Counter[CardToken] = Counter()

    def accepted(self, seq: int, token: CardToken | None) -> None:
        """A transaction was journaled; None for one that names no card, and may be anybody's."""
        if token is None:
            self._anybodys = max(self._anybodys, seq)
            return
        self._waiting.append((seq, token))
        self._count[token] += 1
        while len(self._waiting) > REMEMBERED_MAX:
            self._anybodys = max(self._anybodys, self._forget_oldest())

    def settled(self, watermark: int) -> None:
        """A receipt came; one older than the last changes nothing."""
        self._watermark = max(self._watermark, watermark)
        while self._waiting and self._waiting[0][0] <= self._watermark:
            self._forget_oldest()

    def concerns(self, token: CardToken) -> bool:
        """Whether something that this card did may be unknown to the gateway."""
        return self._anybodys > self._watermark or token in self._count

    def _forget_oldest(self) -> int:
        seq, token = self._waiting.popleft()
        self._count[token] -= 1
        if not self._count[token]:
            del self._count[token]
        return seq
