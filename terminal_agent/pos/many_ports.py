"""Several lines of one till as one port: their events, each with the name of its line."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from terminal_agent.pos.port import PosPort, PosPortEvent


class ManyPorts(PosPort):
    """Starts and stops several ports together; one event at a time leaves it."""

    def __init__(self, ports: Mapping[str, PosPort]) -> None:
        """Take over ports by the names of their lines; none is started."""
        self._ports = dict(ports)
        self._turn = threading.Lock()

    def start(self, on_event: Callable[[PosPortEvent], None]) -> None:
        """See ``PosPort``."""
        for name, port in self._ports.items():
            port.start(self._named(name, on_event))

    def stop(self) -> None:
        """See ``PosPort``."""
        for port in self._ports.values():
            port.stop()

    def _named(
        self, name: str, on_event: Callable[[PosPortEvent], None]
    ) -> Callable[[PosPortEvent], None]:
        def hand_on(event: PosPortEvent) -> None:
            with self._turn:
                on_event(replace(event, line=name))

        return hand_on
