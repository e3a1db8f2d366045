"""What a listener tells of a card terminal's line, in short forms for tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listener import Listener
from terminal_agent.pos.payments import PaymentKind, PaymentSeen, PaymentStatus

#: Monotonic milliseconds at which every deadline has passed.
LONG_AFTER: Final = 10_000_000

Told = tuple[PaymentKind, PaymentStatus, int | None]


def payments(events: Iterable[TillEvent]) -> list[PaymentSeen]:
    """Events of a card terminal's line, which are all payments.

    Raises:
        AssertionError: if one is anything else.
    """
    seen: list[PaymentSeen] = []
    for event in events:
        assert isinstance(event, PaymentSeen)
        seen.append(event)
    return seen


def told(events: Iterable[TillEvent]) -> list[Told]:
    """Payments by kind, status and amount."""
    return [(seen.kind, seen.status, seen.amount_minor) for seen in payments(events)]


def heard(listener: Listener, *pieces: bytes) -> list[TillEvent]:
    """Hear pieces of one stream, both directions mixed as recordings have them, then silence."""
    events = [known for piece in pieces for known in listener.feed(piece, 0)]
    return events + list(listener.idle(LONG_AFTER))


def turned_bits(frame: bytes) -> Iterator[bytes]:
    """The frame with each of its bits turned, one at a time."""
    for bit in range(len(frame) * 8):
        spoiled = bytearray(frame)
        spoiled[bit // 8] ^= 1 << bit % 8
        yield bytes(spoiled)
