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


class Direction(StrEnum):
    """Which way bytes went on a line between a till and a device beside it."""

    FROM_TILL = "from_till"
    TO_TILL = "to_till"


@dataclass(frozen=True, slots=True, kw_only=True)
class PosPortStateChanged:
    """The wire came up or went down. Whatever was half received must be dropped."""

    state: PosPortState
    detail: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PosBytes:
    """Bytes as they came.

    Attributes:
        data: the bytes.
        monotonic_ms: when they were read.
        direction: which way they went; a tap on one wire hears the till only.
        line: which line of the till they were on, where it has several.
    """

    data: bytes
    monotonic_ms: int
    direction: Direction = Direction.FROM_TILL
    line: str = ""


PosPortEvent = PosPortStateChanged | PosBytes


class PosPort(ABC):
    """A tap on the till's line. An observer: it never writes to the till."""

    @abstractmethod
    def start(self, on_event: Callable[[PosPortEvent], None]) -> None:
        """Begin listening; ``on_event`` is called from a thread of the port, one at a time."""

    @abstractmethod
    def stop(self) -> None:
        """Stop listening and let go of the device. No event is delivered after this returns."""
