"""The till on a serial line, through pyserial. The only module that imports ``serial``.

Measured, and what this port is built on (reference notes, section 4): a large fixed ``read`` loses
what it already holds when the adapter is unplugged, so only what waits is read; ``in_waiting``
raises a bare ``OSError`` after a hang-up, and changing settings can raise ``termios.error``, which
is none; modem lines do not exist on every device (ENOTTY); opening flushes what waited, and so does
every reopening: bytes printed while the port was closed are gone.
"""

from __future__ import annotations

import errno
import random
import termios
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import serial

from gateway.clock import Clock
from gateway.errors import ConfigError
from terminal_agent.pos.delivery import Delivery
from terminal_agent.pos.port import (
    PosBytes,
    PosPort,
    PosPortEvent,
    PosPortState,
    PosPortStateChanged,
)

BAUD_RATES: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400)
BACK_OFF_MIN_S: Final = 0.5
BACK_OFF_MAX_S: Final = 30.0
#: How long one read waits for the first byte; bounds how long ``stop`` takes.
_READ_TIMEOUT_S: Final = 0.1
#: A line that stayed up this long, or was heard, counts as good: the back-off begins anew.
_GOOD_AFTER_MS: Final = 10_000
_READ_BYTES_MAX: Final = 4_096
_SEVEN_BITS: Final = bytes(value & 0x7F for value in range(256))


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialSettings:
    """How a till's line is set.

    Attributes:
        device: the device. Prefer ``/dev/serial/by-id/...``: ``ttyUSB0`` is whoever came first.
        baud: bits per second.
        bytesize: data bits, 7 or 8.
        parity: ``N``, ``E`` or ``O``.
        stopbits: 1 or 2.
        xonxoff: software flow control. It takes 0x11 and 0x13 out of the data, which breaks
            pictures and lengths: only for a till that is known to use it.
        strip_high_bit: clear bit 7 of every byte, for a 7-bit till on a device that only does 8.
        dtr: state of DTR, None to leave it as the driver opens it.
        rts: state of RTS, None to leave it as the driver opens it.

    Raises:
        ConfigError: naming the setting and what to write.
    """

    device: str
    baud: int = 9_600
    bytesize: int = 8
    parity: str = "N"
    stopbits: int = 1
    xonxoff: bool = False
    strip_high_bit: bool = False
    dtr: bool | None = None
    rts: bool | None = None

    def __post_init__(self) -> None:
        if not self.device:
            raise ConfigError("serial device is empty; write one such as /dev/serial/by-id/...")
        for name, value, allowed in (
            ("baud", self.baud, BAUD_RATES),
            ("bytesize", self.bytesize, (7, 8)),
            ("parity", self.parity, ("N", "E", "O")),
            ("stopbits", self.stopbits, (1, 2)),
        ):
            if value not in allowed:
                choices = ", ".join(map(str, allowed))
                raise ConfigError(f"serial {name} = {value!r}; write one of {choices}")


class SerialPosPort(PosPort):
    """Listens to a till's serial line and comes back after every unplugging.

    One thread opens and reads, another delivers. The port never writes to the till, and opens the
    device exclusively, so that no second listener can take bytes away unnoticed.
    """

    def __init__(
        self, settings: SerialSettings, clock: Clock, *, jitter: random.Random | None = None
    ) -> None:
        """Prepare to listen; nothing is opened before ``start``.

        Args:
            settings: how the line is set.
            clock: gives the monotonic time of each read.
            jitter: spreads reopening; its own unseeded source by default.
        """
        self._settings = settings
        self._clock = clock
        # Spreading retries needs no unpredictability.
        self._jitter = jitter or random.Random()  # noqa: S311 - not a secret
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._delivery: Delivery | None = None
        self._state: PosPortState | None = None

    def start(self, on_event: Callable[[PosPortEvent], None]) -> None:
        """See ``PosPort``. The first event tells whether the device could be opened."""
        if self._thread is not None:
            raise RuntimeError("this port was started already")
        self._delivery = Delivery(on_event)
        self._thread = threading.Thread(target=self._run, name="pos-serial", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """See ``PosPort``. Joins both threads; safe to call twice or without ``start``."""
        self._stopping.set()
        if self._delivery is not None:
            self._delivery.stop()
        if self._thread is not None and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        back_off_s = BACK_OFF_MIN_S
        while not self._stopping.is_set():
            good, detail = self._listen()
            if self._stopping.is_set():
                return
            self._tell(PosPortState.DOWN, detail)
            if good:
                back_off_s = BACK_OFF_MIN_S
            # Full jitter above a floor: a rack of terminals behind one hub must not open in step.
            self._stopping.wait(
                BACK_OFF_MIN_S + self._jitter.random() * (back_off_s - BACK_OFF_MIN_S)
            )
            back_off_s = min(back_off_s * 2, BACK_OFF_MAX_S)

    def _listen(self) -> tuple[bool, str]:
        """Open and read until it fails; returns whether that went well for a while, and why not."""
        opened_ms = self._clock.monotonic_ms()
        heard = False
        try:
            with self._open() as device:
                self._tell(PosPortState.UP, "input that waited before opening was flushed")
                while not self._stopping.is_set():
                    heard = self._read(device) or heard
        except (OSError, ValueError, termios.error) as error:
            # ValueError is pyserial's word for a setting that the driver refuses.
            stayed_ms = self._clock.monotonic_ms() - opened_ms
            return heard or stayed_ms >= _GOOD_AFTER_MS, _why(error)
        return True, "stopped"

    def _read(self, device: serial.Serial) -> bool:
        data = device.read(min(max(1, device.in_waiting), _READ_BYTES_MAX))
        if not data:
            return False
        if self._settings.strip_high_bit:
            data = strip_high_bits(data)
        if self._delivery is not None:
            self._delivery.put(PosBytes(data=data, monotonic_ms=self._clock.monotonic_ms()))
        return True

    def _open(self) -> serial.Serial:
        settings = self._settings
        device = serial.Serial(
            port=None,
            baudrate=settings.baud,
            bytesize=settings.bytesize,
            parity=settings.parity,
            stopbits=settings.stopbits,
            timeout=_READ_TIMEOUT_S,
            xonxoff=settings.xonxoff,
            exclusive=True,
        )
        device.port = settings.device
        # Set before opening, so that the lines do not blink; pyserial tolerates ENOTTY there.
        if settings.dtr is not None:
            device.dtr = settings.dtr
        if settings.rts is not None:
            device.rts = settings.rts
        device.open()
        try:
            tolerating_missing_lines(lambda: device.set_low_latency_mode(True))
        except OSError:
            device.close()
            raise
        return device

    def _tell(self, state: PosPortState, detail: str) -> None:
        # A device that stays away is told once, not at every attempt.
        if state is not self._state and self._delivery is not None:
            self._state = state
            self._delivery.put(PosPortStateChanged(state=state, detail=detail))


def strip_high_bits(data: bytes) -> bytes:
    """Clear bit 7 of every byte: 7E1 or 7O1 data as an 8N1 receiver sees it."""
    return data.translate(_SEVEN_BITS)


def tolerating_missing_lines(action: Callable[[], None]) -> bool:
    """Do something to modem lines or driver latency; False where the device has none.

    Pseudo-terminals and many adapters answer ENOTTY or EINVAL, pyserial turns the latter into
    ValueError. Anything else is a real fault and goes up.
    """
    try:
        action()
    except (ValueError, NotImplementedError):
        return False
    except OSError as error:
        if error.errno not in (errno.ENOTTY, errno.EINVAL, errno.EPERM, errno.EOPNOTSUPP):
            raise
        return False
    return True


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
