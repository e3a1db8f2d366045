"""A till and a card terminal talk to each other in memory, and somebody listens."""

from __future__ import annotations

from collections import deque

from simulators.tills.card_terminal import Heard, TerminalEnd
from terminal_agent.pos.port import Direction

#: Far more than any payment takes; two ends that talk for ever are a mistake in one of them.
_MESSAGES_MAX = 200


def converse(first: bytes, till: TerminalEnd, terminal: TerminalEnd, heard: Heard) -> None:
    """Let them talk until both are silent.

    Args:
        first: what the till begins with.
        till: one end.
        terminal: the other.
        heard: is told every message, in the order in which they go over the line.

    Raises:
        RuntimeError: if they do not stop.
    """
    under_way = deque([(first, Direction.FROM_TILL)])
    for _ in range(_MESSAGES_MAX):
        if not under_way:
            return
        data, direction = under_way.popleft()
        heard(data, direction)
        from_till = direction is Direction.FROM_TILL
        back = Direction.TO_TILL if from_till else Direction.FROM_TILL
        under_way.extend((said, back) for said in (terminal if from_till else till).feed(data))
    raise RuntimeError("till and card terminal do not stop talking")
