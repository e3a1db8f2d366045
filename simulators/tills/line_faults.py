"""What goes wrong between a till and whoever listens: noise, lost bytes, stalls, turned bits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from gateway.errors import ValueRangeError

_NOISE_BYTES_MAX: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFaults:
    """How often each fault happens, as a share of the bytes (``noise``: of the messages).

    Attributes:
        noise: random bytes come before a message.
        lost: a byte does not arrive.
        turned: one bit of a byte arrives turned, as behind a bad cable.
        stalled: the line pauses before a byte.
        stall_ms: for how long.

    Raises:
        ValueRangeError: if a share is not between 0 and 1, or the stall is negative.
    """

    noise: float = 0.0
    lost: float = 0.0
    turned: float = 0.0
    stalled: float = 0.0
    stall_ms: int = 50

    def __post_init__(self) -> None:
        for name in ("noise", "lost", "turned", "stalled"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueRangeError(f"{name} is a share from 0 to 1, not {getattr(self, name)}")
        if self.stall_ms < 0:
            raise ValueRangeError(f"stall_ms is 0 or more, not {self.stall_ms}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Bytes that arrive together, and how long the line was silent before them."""

    pause_ms: int
    data: bytes


def spoil(message: bytes, faults: LineFaults, chance: Random) -> Iterator[Stretch]:
    """Send a message over a bad line.

    Args:
        message: what is sent.
        faults: what happens to it.
        chance: decides where.

    Yields:
        what arrives, in order.
    """
    if chance.random() < faults.noise:
        yield Stretch(pause_ms=0, data=chance.randbytes(chance.randint(1, _NOISE_BYTES_MAX)))
    pause_ms, together = 0, bytearray()
    for byte in message:
        if chance.random() < faults.stalled:
            yield Stretch(pause_ms=pause_ms, data=bytes(together))
            pause_ms = faults.stall_ms
            together.clear()
        if chance.random() < faults.lost:
            continue
        together.append(
            byte ^ 1 << chance.randrange(8) if chance.random() < faults.turned else byte
        )
    yield Stretch(pause_ms=pause_ms, data=bytes(together))
