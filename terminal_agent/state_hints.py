"""What a terminal says about itself on its ``state`` topic, and when: hints for people.

Nothing depends on them (``docs/wire.md``, "State hints"), so they must cost nothing: the layers are
looked at often and told when one changes, the numbers are looked at once a minute, and everything
is told again on every connection.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

#: A gateway of this version or later reads so much; earlier ones read 256 bytes and then nothing.
HINT_BYTES_MAX: Final = 1_024
#: A reader with a loose contact must not become busy traffic.
LAYERS_EVERY_MS: Final = 1_000
#: Sales come every few seconds; whoever looks at a backlog can wait a minute.
NUMBERS_EVERY_MS: Final = 60_000
_VERSION_MAX: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """What changes seldom, and is told at once.

    Attributes:
        version: of the agent's software; None leaves it out.
        reader: ``up``, ``down``, ``starting`` or ``none``.
        till: the same of the till's line.
        clock: ``synchronised`` or ``guessed``.
        configuration_version: of the settings in force; 0 before the first.
        programme_version: of the rules in force; 0 where none is.
        stopped: a code that says why nothing more is accepted; None: all is well.
    """

    version: str | None
    reader: str
    till: str
    clock: str
    configuration_version: int
    programme_version: int
    stopped: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What changes with every sale, and is told once a minute.

    Attributes:
        pending: transactions that wait for a receipt.
        rejected: transactions of ours in the gateway's quarantine.
        unread_receipts: what the till sent that needs a person's eye, since the start.
    """

    pending: int
    rejected: int
    unread_receipts: int


def state_payload(
    session_number: str,
    *,
    online: bool,
    layers: Layers | None = None,
    numbers: Numbers | None = None,
) -> bytes:
    """The unsealed hint on the ``state`` topic: a convenience for people, never believed.

    Args:
        session_number: names this run, so that a late will is recognised.
        online: whether the agent is there.
        layers: how it stands; a will knows nothing of it.
        numbers: the same.

    Returns:
        one JSON object of at most ``HINT_BYTES_MAX`` bytes; members that are None are left out.
    """
    told: dict[str, object] = {"session": session_number, "online": online}
    if layers is not None:
        told |= asdict(layers)
    if numbers is not None:
        told |= asdict(numbers)
    known = {name: value for name, value in told.items() if value is not None}
    payload = json.dumps(known).encode()
    assert len(payload) <= HINT_BYTES_MAX, "every member is short"
    return payload


def short_version(version: str) -> str:
    """A software version as a hint can carry it."""
    return version[:_VERSION_MAX]


class StateHints:
    """Decides when a hint is due. Times are monotonic milliseconds."""

    def __init__(self, session_number: str) -> None:
        """Begin without a connection."""
        self._session_number = session_number
        self._waiting: bytes | None = None
        self._told: tuple[Layers, Numbers] | None = None
        self._told_at_ms = 0
        self._looked_at_ms = 0

    def link_up(self) -> None:
        """There is a new connection: the broker may hold this run's will, so it is told anew."""
        self._told = None
        self._waiting = None

    def due(self, now_ms: int, layers: Layers, numbers: Callable[[], Numbers]) -> bytes | None:
        """The hint to publish now, or None; the same again until it was taken.

        Args:
            now_ms: when it is asked.
            layers: how the terminal stands.
            numbers: counts; only called where they are needed, because it asks the disk.
        """
        if self._waiting is not None:
            return self._waiting
        if self._told is None:
            return self._payload(now_ms, layers, numbers())
        told_layers, told_numbers = self._told
        if layers != told_layers and now_ms - self._told_at_ms >= LAYERS_EVERY_MS:
            return self._payload(now_ms, layers, numbers())
        if now_ms - self._looked_at_ms < NUMBERS_EVERY_MS:
            return None
        self._looked_at_ms = now_ms
        counted = numbers()
        if counted == told_numbers:
            return None
        return self._payload(now_ms, layers, counted)

    def taken(self) -> None:
        """The link took the hint that ``due`` gave last."""
        self._waiting = None

    def _payload(self, now_ms: int, layers: Layers, numbers: Numbers) -> bytes:
        self._told = (layers, numbers)
        self._told_at_ms = self._looked_at_ms = now_ms
        payload = state_payload(self._session_number, online=True, layers=layers, numbers=numbers)
        self._waiting = payload
        return payload
