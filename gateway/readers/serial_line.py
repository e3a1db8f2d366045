"""Serial devices, through pyserial. The only module that imports ``serial``.

Tills, scanners and stripe readers are opened here; what their bytes mean is for others. Measured
(reference notes on tills, section 4): ``in_waiting`` raises a bare ``OSError`` after a hang-up, and
changing settings can raise ``termios.error``, which is none; modem lines do not exist on every
device (ENOTTY); opening flushes what waited, and so does every reopening.
"""

from __future__ import annotations

import errno
import termios
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import serial
from serial.tools import list_ports

from gateway.errors import ConfigError

BAUD_RATES: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400)
#: What opening or reading a device can raise; ValueError is pyserial's word for a setting that the
#: driver refuses.
LINE_FAULTS: Final = (OSError, ValueError, termios.error)

#: An open device.
SerialLine = serial.Serial


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialSettings:
    """How a device's line is set.

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


def open_line(settings: SerialSettings, *, read_timeout_s: float) -> SerialLine:
    """Open a device exclusively, so that no second listener takes bytes away unnoticed.

    Args:
        settings: how the line is set.
        read_timeout_s: how long one read waits for its first byte.

    Raises:
        OSError, ValueError, termios.error: if it cannot be opened, see ``LINE_FAULTS``.
    """
    device = serial.Serial(
        port=None,
        baudrate=settings.baud,
        bytesize=settings.bytesize,
        parity=settings.parity,
        stopbits=settings.stopbits,
        timeout=read_timeout_s,
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


def read_waiting(line: SerialLine, bytes_max: int) -> bytes:
    """Read what waits, or the next byte; empty where none came within the timeout.

    A large fixed read would lose what it already holds when the adapter is unplugged.

    Raises:
        OSError: if the device went away.
    """
    return line.read(min(max(1, line.in_waiting), bytes_max))


def present_lines() -> tuple[str, ...]:
    """The serial devices that are there now, by path."""
    return tuple(sorted(port.device for port in list_ports.comports()))


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


def fault_words(error: Exception) -> str:
    """What to tell the log of a device that failed."""
    return str(error) or type(error).__name__
