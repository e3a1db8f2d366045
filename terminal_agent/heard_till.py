"""A till that is only heard: by what it prints, shows and asks a card terminal for."""

from __future__ import annotations

from collections.abc import Mapping

from terminal_agent.pos.corroboration import Corroborator
from terminal_agent.pos.interpreters.events import ReceiptEvent
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.port import PosBytes, PosPortEvent, PosPortState
from terminal_agent.pos.profile import ShopProfile
from terminal_agent.till import Till


class HeardTill(Till):
    """Reads every line of one till by its profile, and weighs what they tell together."""

    def __init__(self, lines: Mapping[str, ShopProfile], *, unix_ms_at_zero: int = 0) -> None:
        """Start at power-on state.

        Args:
            lines: profiles by the name of the line, as the port's events bear it.
            unix_ms_at_zero: Unix time at which the monotonic clock of the events reads 0.
        """
        self._listeners = {name: listener_of(profile) for name, profile in lines.items()}
        self._corroborator = Corroborator(lines, unix_ms_at_zero=unix_ms_at_zero)
        self._down: set[str] = set()

    def take(self, event: PosPortEvent) -> tuple[ReceiptEvent, ...]:
        """See ``Till``; what is half received when a wire goes down is dropped."""
        listener = self._listeners[event.line]
        if isinstance(event, PosBytes):
            told = listener.feed(event.data, event.monotonic_ms, event.direction)
            return self._corroborator.take(event.line, told, event.monotonic_ms)
        if event.state is PosPortState.UP:
            self._down.discard(event.line)
            return ()
        self._down.add(event.line)
        told = listener.lost()
        self._corroborator.lost(event.line)
        return tuple(self._corroborator.take(event.line, told, 0))

    def pass_time(self, now_ms: int) -> tuple[ReceiptEvent, ...]:
        """See ``Till``."""
        return tuple(
            known
            for name, listener in self._listeners.items()
            for known in self._corroborator.take(name, listener.idle(now_ms), now_ms)
        )

    def state_after(self, state: PosPortState) -> PosPortState:
        """See ``Till``: as long as one line is down, something is not heard."""
        return PosPortState.DOWN if self._down else state


def heard_by_one(profile: ShopProfile) -> HeardTill:
    """A till of one line, whose events need no name."""
    return HeardTill({"": profile})
