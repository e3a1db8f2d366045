"""A till's cable for those who only talk: a pseudo-terminal, or a connection for each message."""

from __future__ import annotations

import socket
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Final, Self

from simulators.till import PtyTill
from simulators.tills.line_faults import LineFaults, spoil
from terminal_agent.pos.device import Address

_CONNECT_S: Final = 5.0
#: How long a pulled cable stays out; an agent looks for it again within a second or two.
UNPLUGGED_S: Final = 1.0


class TillLine(ABC):
    """What a till says goes out here, at a pace and with faults."""

    def __init__(self, faults: LineFaults, chance: Random) -> None:
        """Prepare the line.

        Args:
            faults: what happens to what is said.
            chance: decides where.
        """
        self._faults = faults
        self._chance = chance
        self._pause = threading.Event()

    @property
    @abstractmethod
    def place(self) -> str:
        """Where the line is, for whoever listens."""

    def say(self, data: bytes) -> None:
        """Send one message.

        Raises:
            OSError: if nobody is there, where that can be known.
        """
        for stretch in spoil(data, self._faults, self._chance):
            self._pause.wait(stretch.pause_ms / 1_000)
            self._write(stretch.data)
        self._end_message()

    def break_within(self, data: bytes) -> None:
        """Send the first half of a message, pull the cable, and plug it in again."""
        self._write(data[: len(data) // 2])
        self._pull()
        self._pause.wait(UNPLUGGED_S)
        self._plug()

    def close(self) -> None:
        """Pull the cable for good."""
        self._pull()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @abstractmethod
    def _write(self, data: bytes) -> None: ...

    @abstractmethod
    def _pull(self) -> None: ...

    @abstractmethod
    def _plug(self) -> None: ...

    @abstractmethod
    def _end_message(self) -> None: ...


class SerialLine(TillLine):
    """A pseudo-terminal at a real line's pace."""

    def __init__(
        self, folder: Path, faults: LineFaults, chance: Random, *, baud: int | None = 9_600
    ) -> None:
        """Plug a till in, behind a name in ``folder``; see ``PtyTill``."""
        super().__init__(faults, chance)
        self._till = PtyTill(folder, baud=baud)

    @property
    def place(self) -> str:
        """See ``TillLine``."""
        return self._till.device

    def _write(self, data: bytes) -> None:
        self._till.print(data)

    def _pull(self) -> None:
        self._till.unplug()

    def _plug(self) -> None:
        self._till.plug()

    def _end_message(self) -> None:
        """Nothing: on a serial line one message follows another."""


class TcpLine(TillLine):
    """A connection for each message, as tills open one to a printer's port 9100."""

    def __init__(self, address: Address, faults: LineFaults, chance: Random) -> None:
        """Prepare to connect; nothing is opened yet."""
        super().__init__(faults, chance)
        self._address = address
        self._line: socket.socket | None = None

    @property
    def place(self) -> str:
        """See ``TillLine``."""
        return f"tcp://{self._address}"

    def _write(self, data: bytes) -> None:
        if self._line is None:
            address = (self._address.host, self._address.port)
            self._line = socket.create_connection(address, timeout=_CONNECT_S)
        self._line.sendall(data)

    def _pull(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _plug(self) -> None:
        """Nothing: the next message connects."""

    def _end_message(self) -> None:
        self._pull()
