"""What ``[pos] device`` may say, read by one pure function: a till's line has many forms."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.errors import ConfigError

#: A device's text as settings may hold it; more is a mistake.
_CHARACTERS_MAX: Final = 1_024
_PORT_MAX: Final = 65_535
#: A host name or IPv4 address (RFC 1123), or an IPv6 address in brackets (RFC 3986, 3.2.2).
_HOST: Final = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.-]+)?)\]|(?P<name>[A-Za-z0-9_.-]{1,253}))"
    r":(?P<port>[0-9]{1,5})",
    re.ASCII,
)
FORMS: Final = (
    "/dev/serial/by-id/..., tcp://HOST:PORT, tcp-listen://HOST:PORT, "
    "proxy://HOST:PORT>PRINTER:PORT, relay://HOST:PORT>TERMINAL:PORT or file:PATH"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A TCP address: a host name or number, and a port; port 0 listens on any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialDevice:
    """A serial device by its path."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpDevice:
    """A till, or a serial device server, that we connect to."""

    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpListenDevice:
    """An address of ours that the till connects to."""

    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyDevice:
    """An address of ours that the till prints to, and the printer behind it."""

    listen: Address
    printer: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayDevice:
    """An address of ours that the till pays through, and the card terminal behind it."""

    listen: Address
    terminal: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDevice:
    """A recording that is played; relative paths start in the data directory."""

    path: Path


DeviceSpec = SerialDevice | TcpDevice | TcpListenDevice | ProxyDevice | RelayDevice | FileDevice


def parse_device(text: str) -> DeviceSpec:
    """Read a device's text.

    Args:
        text: one of ``FORMS``. A serial device is an absolute path and has no scheme.

    Raises:
        ConfigError: naming what is wrong and what to write.
    """
    if not text or len(text) > _CHARACTERS_MAX or not text.isprintable():
        raise _not_understood(text[:80])
    if text.startswith("/"):
        return SerialDevice(path=text)
    scheme, colon, rest = text.partition(":")
    parse = _SCHEMES.get(scheme)
    if not colon or parse is None:
        raise _not_understood(text)
    return parse(text, rest)


def _behind_slashes(rest: str) -> str:
    """What stands behind ``//``, or behind the colon where those are left out."""
    return rest.removeprefix("//")


def _tcp(text: str, rest: str) -> TcpDevice:
    return TcpDevice(address=_far(text, _behind_slashes(rest)))


def _tcp_listen(text: str, rest: str) -> TcpListenDevice:
    return TcpListenDevice(address=_near(text, _behind_slashes(rest)))


def _proxy(text: str, rest: str) -> ProxyDevice:
    near, far = _pair(text, rest, "printer")
    return ProxyDevice(listen=near, printer=far)


def _relay(text: str, rest: str) -> RelayDevice:
    near, far = _pair(text, rest, "card terminal")
    return RelayDevice(listen=near, terminal=far)


def _file(text: str, rest: str) -> FileDevice:
    path = _behind_slashes(rest)
    if not path:
        raise ConfigError(f"device {text!r} names no file; write file:PATH")
    return FileDevice(path=Path(path))


_SCHEMES: Final[Mapping[str, Callable[[str, str], DeviceSpec]]] = {
    "tcp": _tcp,
    "tcp-listen": _tcp_listen,
    "proxy": _proxy,
    "relay": _relay,
    "file": _file,
}


def _pair(text: str, rest: str, far_name: str) -> tuple[Address, Address]:
    near, sign, far = _behind_slashes(rest).partition(">")
    if not sign:
        raise ConfigError(
            f"device {text!r} says not where the {far_name} is; "
            f"write our HOST:PORT, then >, then the {far_name}'s HOST:PORT"
        )
    here, there = _near(text, near.strip()), _far(text, far.strip())
    if here == there:
        raise ConfigError(f"device {text!r} would forward to itself; write the {far_name}'s own")
    return here, there


def _near(text: str, part: str) -> Address:
    """An address to listen on; always said, so that no till is opened to a network by accident."""
    return _address(text, part, port_min=0)


def _far(text: str, part: str) -> Address:
    return _address(text, part, port_min=1)


def _address(text: str, part: str, *, port_min: int) -> Address:
    match = _HOST.fullmatch(part)
    if match is None:
        raise ConfigError(
            f"device {text!r}: {part!r} is no address; write HOST:PORT, such as 192.168.1.20:9100 "
            "or [fd00::20]:9100"
        )
    port = int(match["port"])
    if not port_min <= port <= _PORT_MAX:
        raise ConfigError(f"device {text!r}: port {port}; write one from {port_min} to {_PORT_MAX}")
    return Address(host=match["six"] or match["name"], port=port)


def _not_understood(text: str) -> ConfigError:
    return ConfigError(f"device {text!r} is not understood; write {FORMS}")
