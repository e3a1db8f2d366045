"""Who is heard when several connections of one till speak at once: one of them, to its end.

A printer prints one job after the other; bytes of two jobs mixed would be a receipt that nobody
printed. Forwarding does not wait for any of this.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final

from terminal_agent.pos.port import Direction

#: What the others may have said while one has the floor, together; more is lost, and told as lost.
WAITING_BYTES_MAX: Final = 262_144
#: Whoever has the floor loses it after so much silence, if somebody else waits.
SILENT_MS: Final = 2_500

Piece = tuple[bytes, Direction]


class Floor:
    """Passes the bytes of one talker on and keeps those of the others until it is their turn."""

    def __init__(
        self, pass_on: Callable[[bytes, Direction], None], lose: Callable[[str], None]
    ) -> None:
        """Begin with nobody talking.

        Args:
            pass_on: takes what is heard, in order.
            lose: is told why bytes were lost, before any that follow them.
        """
        self._pass_on = pass_on
        self._lose = lose
        self._holder: Hashable | None = None
        self._spoke_ms = 0
        self._waiting: OrderedDict[Hashable, list[Piece]] = OrderedDict()
        self._left: set[Hashable] = set()
        self._bytes = 0

    def remark(self, who: Hashable, data: bytes, direction: Direction) -> None:
        """Somebody said something that belongs to no job, such as a question after the status.

        It takes no floor, and is left out where it would stand in the middle of another's job.
        """
        if self._holder in (None, who) and who not in self._waiting:
            self._pass_on(data, direction)

    def say(self, who: Hashable, data: bytes, direction: Direction, now_ms: int) -> None:
        """Somebody said something."""
        if direction is Direction.TO_TILL and who not in self._waiting:
            # An answer stands in no job of the other direction, so it need not wait for one.
            self._pass_on(data, direction)
            return
        if self._holder is None and not self._waiting:
            self._holder = who
        if self._holder == who:
            self._spoke_ms = now_ms
            self._pass_on(data, direction)
            return
        self._waiting.setdefault(who, []).append((data, direction))
        self._bytes += len(data)
        if self._bytes > WAITING_BYTES_MAX:
            self._forget("too much said at once")
        else:
            self.tick(now_ms)

    def leave(self, who: Hashable, now_ms: int) -> None:
        """Somebody has ended; whoever waits longest is next."""
        if who in self._waiting:
            self._left.add(who)
        elif self._holder == who:
            self._holder = None
            self._next(now_ms)

    def tick(self, now_ms: int) -> None:
        """Let silence take the floor from whoever has it, if somebody waits."""
        if self._waiting and now_ms - self._spoke_ms >= SILENT_MS:
            self._next(now_ms)

    def _next(self, now_ms: int) -> None:
        while self._waiting:
            who, pieces = self._waiting.popitem(last=False)
            self._holder, self._spoke_ms = who, now_ms
            for data, direction in pieces:
                self._bytes -= len(data)
                self._pass_on(data, direction)
            if who not in self._left:
                return
            self._left.discard(who)
            self._holder = None

    def _forget(self, why: str) -> None:
        self._waiting.clear()
        self._left.clear()
        self._bytes = 0
        self._lose(why)
