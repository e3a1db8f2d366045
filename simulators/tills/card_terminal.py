"""A card terminal on a pseudo-terminal: tills of other people's make pay with it, for tests.

What each protocol says is a pure ``TerminalEnd``; the pseudo-terminal and its thread are here.
Every byte of both directions can be heard, as a tap on both wires hears them.

Not modelled: the time that customers take, and cards.
"""

from __future__ import annotations

import os
import select
import threading
import tty
from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import StrEnum
from types import TracebackType
from typing import Final, Self

from terminal_agent.pos.port import Direction

_READ_BYTES: Final = 4_096
_LOOK_S: Final = 0.05

Heard = Callable[[bytes, Direction], None]


class Outcome(StrEnum):
    """How payments end."""

    APPROVED = "approved"
    DECLINED = "declined"


class TerminalEnd(ABC):
    """What a card terminal answers by one protocol. Pure: bytes in, bytes out."""

    @abstractmethod
    def feed(self, data: bytes) -> list[bytes]:
        """Take what the till sent; returns what to send, in order."""


class PtyCardTerminal:
    """A card terminal that a till opens as a serial device."""

    def __init__(self, end: TerminalEnd, heard: Heard) -> None:
        """Plug it in.

        Args:
            end: what it says.
            heard: is told every byte, from the terminal's thread.
        """
        self._end = end
        self._heard = heard
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="card-terminal", daemon=True)
        self._thread.start()

    @property
    def device(self) -> str:
        """The path that a till opens."""
        return os.ttyname(self._slave)

    def close(self) -> None:
        """Unplug it."""
        self._stopping.set()
        self._thread.join()
        os.close(self._slave)
        os.close(self._master)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            readable, _, _ = select.select([self._master], [], [], _LOOK_S)
            if not readable:
                continue
            data = os.read(self._master, _READ_BYTES)
            self._heard(data, Direction.FROM_TILL)
            for said in self._end.feed(data):
                self._heard(said, Direction.TO_TILL)
                os.write(self._master, said)
