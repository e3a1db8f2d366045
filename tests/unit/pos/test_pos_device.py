"""Device texts: every form, and what is said of a wrong one."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigError
from terminal_agent.pos.device import (
    Address,
    DeviceSpec,
    FileDevice,
    ProxyDevice,
    RelayDevice,
    SerialDevice,
    TcpDevice,
    TcpListenDevice,
    parse_device,
)

HERE = Address(host="127.0.0.1", port=9100)
THERE = Address(host="192.168.1.20", port=9100)


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("/dev/serial/by-id/usb-x", SerialDevice(path="/dev/serial/by-id/usb-x")),
        ("tcp://192.168.1.20:9100", TcpDevice(address=THERE)),
        ("tcp://[fd00::20]:9100", TcpDevice(address=Address(host="fd00::20", port=9100))),
        ("tcp-listen://10.0.0.2:5", TcpListenDevice(address=Address(host="10.0.0.2", port=5))),
        (
            "proxy://127.0.0.1:9100>192.168.1.20:9100",
            ProxyDevice(listen=HERE, printer=THERE),
        ),
        (
            "relay://127.0.0.1:9100>192.168.1.20:9100",
            RelayDevice(listen=HERE, terminal=THERE),
        ),
        ("file:day.bin", FileDevice(path=Path("day.bin"))),
        ("file:///var/day.bin", FileDevice(path=Path("/var/day.bin"))),
        ("file://day.bin", FileDevice(path=Path("day.bin"))),
    ],
)
def test_every_form_is_read(text: str, spec: DeviceSpec) -> None:
    """Each documented form gives its device."""
    assert parse_device(text) == spec


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not understood"),
        ("ttyUSB0", "is not understood"),
        ("udp://10.0.0.1:9", "is not understood"),
        ("tcp://10.0.0.1", "write HOST:PORT"),
        ("tcp://:9100", "write HOST:PORT"),
        ("tcp://10.0.0.1:0", "port 0"),
        ("tcp://10.0.0.1:70000", "port 70000"),
        ("tcp-listen://:9100", "write HOST:PORT"),
        ("proxy://127.0.0.1:9100", "where the printer is"),
        ("relay://127.0.0.1:9100", "where the card terminal is"),
        ("proxy://127.0.0.1:9100>127.0.0.1:9100", "to itself"),
        ("file:", "names no file"),
        ("tcp://a\nb:9100", "is not understood"),
    ],
)
def test_a_wrong_form_is_refused_with_what_to_write(text: str, said: str) -> None:
    """A mistake names itself and the right form."""
    with pytest.raises(ConfigError, match=said):
        parse_device(text)


@given(st.text(max_size=80))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Whatever is written is a device or a mistake that is told."""
    with contextlib.suppress(ConfigError):
        parse_device(text)
