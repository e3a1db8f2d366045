"""A driver that hangs is left behind, and cleans up after itself when it comes back."""

from __future__ import annotations

import threading

import pytest

from gateway.readers.abandonable import AbandonableDevice
from gateway.readers.errors import CardRemovedError, ReaderUnavailableError
from gateway.readers.polled import CardDevice

LIMIT_S = 0.05


class Driver(CardDevice):
    """A driver whose calls wait for a gate."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.closed = threading.Event()

    def card(self) -> bytes | None:
        """Wait."""
        self.gate.wait()
        return b"\x3b\x00"

    def transmit(self, command: bytes) -> bytes:
        """Fail, naming the command."""
        raise CardRemovedError(command.hex())

    def close(self) -> None:
        """Say that it is closed."""
        self.closed.set()


def test_answers_and_faults_come_through() -> None:
    """A driver that works is only spoken to from another thread."""
    driver = Driver()
    driver.gate.set()
    device = AbandonableDevice(lambda: driver, call_limit_s=5)
    assert device.card() == b"\x3b\x00"
    with pytest.raises(CardRemovedError, match="00a4"):
        device.transmit(bytes.fromhex("00a4"))
    device.close()
    assert driver.closed.is_set()


def test_a_hanging_driver_is_left_and_closes_later() -> None:
    """The reader goes on at once; the device is let go of when the driver returns."""
    driver = Driver()
    device = AbandonableDevice(lambda: driver, call_limit_s=LIMIT_S)
    with pytest.raises(ReaderUnavailableError, match="hangs"):
        device.card()
    device.close()
    assert not driver.closed.is_set()
    driver.gate.set()
    assert driver.closed.wait(5)


def test_a_driver_that_hangs_while_opening_is_left() -> None:
    """Also a port that never opens costs its limit and no more."""
    driver = Driver()

    def open_slowly() -> Driver:
        driver.gate.wait()
        return driver

    with pytest.raises(ReaderUnavailableError, match="hangs"):
        AbandonableDevice(open_slowly, open_limit_s=LIMIT_S)
    driver.gate.set()
    assert driver.closed.wait(5)
