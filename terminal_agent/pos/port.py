"""The ``PosPort`` port: a wire from the till. Bytes in, in order, with gaps made visible."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class PosPortState(StrEnum):
    """Whether the till can be heard."""

    DOWN = "down"
    UP = "up"


@dataclass(frozen=True, slots=True, kw_only=True)
class PosPortStateChanged:
    """The wire came up or went down. Whatever was half received must be dropped."""

    state: PosPortState
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PosBytes:
    """Bytes as they came, with the monotonic time in milliseconds at which they were read."""

    data: bytes
    monotonic_ms: int


PosPortEvent = PosPortStateChanged | PosBytes


class PosPort(ABC):
    """A one-way tap on the till's line. An observer: it never writes to the till."""

    @abstractmethod
    def start(self, on_event: Callable[[PosPortEvent], None]) -> None:
        """Begin listening; ``on_event`` is called from a thread of the port, one at a time."""

    @abstractmethod
    def stop(self) -> None:
        """Stop listening and let go of the device. No event is delivered after this returns."""
