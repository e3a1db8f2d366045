"""A simulated microcontroller terminal on a pseudo-terminal, with everything that lines do to it.

Garbage, lost and damaged frames, a chip that is stuck, a plug that is pulled and put in again: each
is one method. The firmware itself is ``simulators.mcu_firmware``.

Not modelled: the baud rate, which a pseudo-terminal ignores, and the time that cards take.
"""

from __future__ import annotations

import os
import select
import tempfile
import threading
import tty
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.clock import Clock
from simulators.card import VirtualCard
from simulators.mcu_firmware import Flash, McuFirmware

_LOOK_S: Final = 0.01
_READ_BYTES_MAX: Final = 4_096
_DAMAGE: Final = 0x10


class McuOnPty:
    """The terminal. ``path`` is its device, which stays the same from plug to plug.

    Args:
        clock: when news are repeated.
        model: see ``McuFirmware``.
    """

    def __init__(self, clock: Clock, *, model: str = "MOHR-SIM") -> None:
        self.flash = Flash()
        self._clock = clock
        self._model = model
        self._boots = count(1)
        self._folder = tempfile.TemporaryDirectory(prefix="mohr-mcu-")
        self.path = Path(self._folder.name) / "tty"
        self._lock = threading.RLock()
        self._line: tuple[int, int] | None = None
        self._stuck = False
        self._lose = self._damage = 0
        self._stopping = threading.Event()
        self.firmware = self._boot()
        self.plug()
        self._thread = threading.Thread(target=self._run, name="mcu-sim", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Switch it off for good."""
        self._stopping.set()
        self._thread.join()
        self.unplug()
        self._folder.cleanup()

    # The hand.

    def put(self, card: VirtualCard, *, several: bool = False) -> None:
        """Hold a card to it; one that is there leaves first. ``several``: one more beside it."""
        with self._lock:
            self.firmware.put(card, several=several)

    def take(self) -> None:
        """Take the card away."""
        with self._lock:
            self.firmware.take_away()

    def unplug(self) -> None:
        """Pull the plug: the device is gone, and so is what the chip knew."""
        with self._lock:
            line, self._line = self._line, None
            if line is None:
                return
            self.path.unlink()
            for end in line:
                os.close(end)
            self.firmware = self._boot()

    def plug(self) -> None:
        """Put the plug in again, if it is out."""
        with self._lock:
            if self._line is not None:
                return
            master, slave = os.openpty()
            # Left open here, so that the line outlives a host that closes it and comes back.
            tty.setraw(slave)
            os.set_blocking(master, False)
            self.path.symlink_to(os.ttyname(slave))
            self._line = (master, slave)

    def restart(self) -> None:
        """Start anew without a word, as after a brown-out."""
        with self._lock:
            self.firmware = self._boot()

    def stick(self, *, stuck: bool = True) -> None:
        """Let the chip hang: it reads nothing and says nothing."""
        with self._lock:
            self._stuck = stuck

    # The line.

    def say(self, noise: bytes) -> None:
        """Put bytes on the line to the host, whatever they are."""
        with self._lock:
            self._write(noise)

    def lose(self, pieces: int) -> None:
        """Lose the next so many pieces of what the chip says."""
        with self._lock:
            self._lose += pieces

    def damage(self, pieces: int) -> None:
        """Turn one bit round in each of the next so many pieces of what the chip says."""
        with self._lock:
            self._damage += pieces

    def _boot(self) -> McuFirmware:
        return McuFirmware(self.flash, boot=next(self._boots), model=self._model)

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                line = None if self._stuck else self._line
            if line is None:
                self._stopping.wait(_LOOK_S)
                continue
            with suppress(OSError, ValueError):
                # The plug may be pulled while this waits; the next round sees it.
                select.select([line[0]], [], [], _LOOK_S)
            with self._lock:
                if self._line is line and not self._stuck:
                    self._serve(line[0])

    def _serve(self, master: int) -> None:
        try:
            data = os.read(master, _READ_BYTES_MAX)
        except BlockingIOError:
            data = b""
        said = self.firmware.receive(data, self._clock.monotonic_ms())
        if said:
            self._speak(said)
        if self.firmware.restarts:
            self.firmware = self._boot()

    def _speak(self, said: bytes) -> None:
        if self._lose:
            self._lose -= 1
            return
        if self._damage:
            self._damage -= 1
            middle = len(said) // 2
            said = said[:middle] + bytes((said[middle] ^ _DAMAGE,)) + said[middle + 1 :]
        self._write(said)

    def _write(self, data: bytes) -> None:
        if self._line is not None:
            os.write(self._line[0], data)
