"""What may go wrong between a link and its counterpart, as numbers that a test can set."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """How badly a simulated broker behaves. The default is a well-behaved broker.

    Probabilities are per message and in [0, 1].

    Attributes:
        lose: the broker confirms a published message and forgets it.
        repeat: a subscriber gets the message twice, as two deliveries.
        reorder: a message waits ``reorder_ms`` before it is routed, so later ones overtake it.
        disconnect: the publisher's or the subscriber's connection drops while the message is on
            its way; whether the broker still took it is a coin's throw.
        restart_empty: the broker dies at this message and comes back with nothing.
        delay_min_ms: least time for one hop. At least 1, so that simulated time moves on.
        delay_max_ms: most time for one hop; messages of one connection keep their order.
        reorder_ms: how long a reordered message is held.
        outage_ms: how long a broker that restarted by itself stays away.

    Raises:
        ValueError: if a number is outside its range.
    """

    lose: float = 0.0
    repeat: float = 0.0
    reorder: float = 0.0
    disconnect: float = 0.0
    restart_empty: float = 0.0
    delay_min_ms: int = 1
    delay_max_ms: int = 1
    reorder_ms: int = 200
    outage_ms: int = 500

    def __post_init__(self) -> None:
        chances = (self.lose, self.repeat, self.reorder, self.disconnect, self.restart_empty)
        if not all(0.0 <= chance <= 1.0 for chance in chances):
            raise ValueError("every probability must be in [0, 1]")
        if not 1 <= self.delay_min_ms <= self.delay_max_ms:
            raise ValueError("delay_min_ms must be at least 1 and at most delay_max_ms")
        if self.reorder_ms < 0 or self.outage_ms < 0:
            raise ValueError("reorder_ms and outage_ms must not be negative")


QUIET = FaultPlan()
"""A broker that does what the specification says."""

ROUGH = FaultPlan(
    lose=0.05,
    repeat=0.05,
    reorder=0.05,
    disconnect=0.02,
    restart_empty=0.001,
    delay_max_ms=40,
)
"""A bad day: a bit of everything."""
