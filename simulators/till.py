"""Tills that speak real bytes: over a pseudo-terminal at a real line's pace, or in memory.

Not modelled: modem lines, flow control, parity (a pseudo-terminal is always 8N1), framing errors,
and the latency timer of USB adapters. A pseudo-terminal ignores the baud rate, so the till itself
keeps the pace: ten bits a byte.
"""

from __future__ import annotations

import os
import select
import threading
import tty
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.clock import Clock
from terminal_agent.pos.delivery import Delivery
from terminal_agent.pos.port import (
    PosBytes,
    PosPort,
    PosPortEvent,
    PosPortState,
    PosPortStateChanged,
)

_BITS_PER_BYTE: Final = 10
#: Bytes written at once; at 9600 baud a piece takes 17 ms, well within any idle gap.
_PIECE_BYTES: Final = 16
#: How long a full line is waited for before bytes fall on the floor, as a real UART's would.
_BLOCKED_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Line:
    master: int
    slave: int


class PtyTill:
    """A till on a pseudo-terminal, behind a name that stays when it is unplugged.

    ``device`` is a symbolic link, as udev makes them under ``/dev/serial/by-id``: unplugging takes
    it away, plugging puts it back, pointing at another pseudo-terminal.
    """

    def __init__(
        self, directory: Path, *, receipts: Sequence[bytes] = (), baud: int | None = 9_600
    ) -> None:
        """Plug the till in.

        Args:
            directory: where the device's link is made.
            receipts: what ``play`` prints.
            baud: pace in bits per second, None for as fast as the line takes it.
        """
        self._link = directory / "till"
        self._receipts = tuple(receipts)
        self._baud = baud
        self._line: _Line | None = None
        self._closing = threading.Event()
        self._writing = threading.Lock()
        self.lost_bytes = 0
        self.plug()

    @property
    def device(self) -> str:
        """The path to open. Exists only while plugged."""
        return str(self._link)

    def plug(self) -> None:
        """Connect the cable; nothing if it is connected."""
        if self._line is not None:
            return
        master, slave = os.openpty()
        # The slave end stays open here too: a master without any slave gives EIO (notes, 4.10).
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._line = _Line(master, slave)
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(os.ttyname(slave))

    def unplug(self) -> None:
        """Pull the cable: the reader sees a hang-up, and what waited is lost."""
        with self._writing:
            if self._line is not None:
                self._link.unlink(missing_ok=True)
                os.close(self._line.slave)
                os.close(self._line.master)
                self._line = None

    def print(self, data: bytes) -> None:
        """Send bytes at the line's pace; returns when they are on the wire.

        Without a cable, or when nobody reads, they are counted in ``lost_bytes`` and gone.
        """
        for at in range(0, len(data), _PIECE_BYTES):
            piece = data[at : at + _PIECE_BYTES]
            with self._writing:
                self._send(piece)
            if self._baud is not None:
                self._closing.wait(len(piece) * _BITS_PER_BYTE / self._baud)

    def play(self, *, pause_s: float = 0.0) -> None:
        """Print every receipt, ``pause_s`` apart."""
        for receipt in self._receipts:
            self.print(receipt)
            self._closing.wait(pause_s)

    def close(self) -> None:
        """Unplug for good and stop pacing."""
        self._closing.set()
        self.unplug()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, piece: bytes) -> None:
        rest = piece
        while rest and self._line is not None:
            _, writable, _ = select.select([], [self._line.master], [], _BLOCKED_S)
            if not writable:
                break
            rest = rest[os.write(self._line.master, rest) :]
        self.lost_bytes += len(rest)


class SimPosPort(PosPort):
    """A till's line in memory, for agents in simulated worlds."""

    def __init__(self, clock: Clock) -> None:
        """Prepare a line that is plugged in; ``clock`` gives the time of each chunk."""
        self._clock = clock
        self._delivery: Delivery | None = None
        self._plugged = True

    def start(self, on_event: Callable[[PosPortEvent], None]) -> None:
        """See ``PosPort``."""
        if self._delivery is not None:
            raise RuntimeError("this port was started already")
        self._delivery = Delivery(on_event)
        self._tell()

    def stop(self) -> None:
        """See ``PosPort``."""
        if self._delivery is not None:
            self._delivery.stop()

    def print(self, data: bytes) -> None:
        """Send bytes; without a cable or a listener they are gone."""
        if self._plugged and self._delivery is not None:
            now_ms = self._clock.monotonic_ms()
            self._delivery.put(PosBytes(data=data, monotonic_ms=now_ms))

    def unplug(self) -> None:
        """Pull the cable."""
        self._plugged = False
        self._tell()

    def plug(self) -> None:
        """Connect it again."""
        self._plugged = True
        self._tell()

    def _tell(self) -> None:
        state = PosPortState.UP if self._plugged else PosPortState.DOWN
        if self._delivery is not None:
            self._delivery.put(PosPortStateChanged(state=state, detail="simulated cable"))
