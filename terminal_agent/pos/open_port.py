"""Makes the port of a device, whatever form it has."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from gateway.clock import Clock
from gateway.errors import ConfigError
from terminal_agent.pos.device import (
    DeviceSpec,
    FileDevice,
    ProxyDevice,
    RelayDevice,
    SerialDevice,
    TcpDevice,
    TcpListenDevice,
)
from terminal_agent.pos.file_port import FilePosPort
from terminal_agent.pos.port import PosPort
from terminal_agent.pos.print_proxy import PrintProxyPort
from terminal_agent.pos.speaking_port import SpeakingPort
from terminal_agent.pos.speaking_tcp import SpeakingTcpClientPort, SpeakingTcpServerPort
from terminal_agent.pos.tcp_port import TcpClientPort, TcpServerPort
from terminal_agent.pos.tcp_relay import TcpRelayPort


def open_port(
    spec: DeviceSpec, clock: Clock, *, baud: int | None, folder: Path | None = None
) -> PosPort:
    """Make an observer's port; nothing is opened before its ``start``.

    Args:
        spec: the device, see ``parse_device``.
        clock: gives the monotonic time of each read.
        baud: of a serial device, and the pace of a recording; None plays a recording as fast as it
            goes and opens a serial device at 9600.
        folder: where a recording's relative path starts; None for the working directory.

    Raises:
        ConfigError: if a setting cannot be used.
    """
    match spec:
        case SerialDevice(path=path):
            # Imported here: pyserial comes with mohr[terminal] and is not needed for the others.
            from gateway.readers.serial_line import SerialSettings  # noqa: PLC0415 - see above
            from terminal_agent.pos.serial_port import SerialPosPort  # noqa: PLC0415 - see above

            return SerialPosPort(SerialSettings(device=path, baud=baud or 9_600), clock)
        case TcpDevice(address=address):
            return TcpClientPort(address, clock)
        case TcpListenDevice(address=address):
            return TcpServerPort(address, clock)
        case ProxyDevice(listen=listen, printer=printer):
            return PrintProxyPort(listen, printer, clock)
        case RelayDevice(listen=listen, terminal=terminal):
            return TcpRelayPort(listen, terminal, clock, far_name="card terminal")
        case FileDevice(path=path):
            return FilePosPort(path if folder is None else folder / path, clock, baud=baud)
        case _:
            assert_never(spec)


def open_speaking_port(spec: DeviceSpec, clock: Clock, *, baud: int | None) -> SpeakingPort:
    """Make a participant's port: for tills that speak to the terminal and are answered.

    Args:
        spec: a serial device, or TCP in either direction.
        clock: gives the monotonic time of each read.
        baud: of a serial device; None for 9600.

    Raises:
        ConfigError: if nothing can be answered on such a device.
    """
    match spec:
        case SerialDevice(path=path):
            # Imported here: pyserial comes with mohr[terminal] and is not needed for the others.
            from gateway.readers.serial_line import SerialSettings  # noqa: PLC0415 - see above
            from terminal_agent.pos.speaking_serial import (  # noqa: PLC0415 - see above
                SpeakingSerialPort,
            )

            return SpeakingSerialPort(SerialSettings(device=path, baud=baud or 9_600), clock)
        case TcpDevice(address=address):
            return SpeakingTcpClientPort(address, clock)
        case TcpListenDevice(address=address):
            return SpeakingTcpServerPort(address, clock)
        case ProxyDevice() | RelayDevice() | FileDevice():
            raise ConfigError(
                "a till that speaks Mohr's own lines is answered: write a serial device, "
                "tcp://HOST:PORT or tcp-listen://HOST:PORT"
            )
        case _:
            assert_never(spec)
