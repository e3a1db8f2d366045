"""The card's side of vpcd's protocol, against a socket that plays the driver."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from simulators.card import CardFault, FaultyCard, UidCard, VirtualCard
from simulators.vpcd import VpcdError, VpcdSlot

# The protocol under test is spoken over TCP on the loopback address.
pytestmark = pytest.mark.enable_socket

UID = bytes.fromhex("04a1b2c3d4e5f6")
GET_UID = bytes.fromhex("ffca000000")


class Driver:
    """Plays vpcd: listens, and speaks first."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.slot = VpcdSlot(self.port)

    def accept(self, card: VirtualCard) -> socket.socket:
        """Have a card put in; give its connection."""
        self.slot.insert(card)
        link, _address = self.listener.accept()
        link.settimeout(5)
        return link


def say(link: socket.socket, payload: bytes) -> None:
    """Send one message."""
    link.sendall(len(payload).to_bytes(2) + payload)


def hear(link: socket.socket) -> bytes:
    """Receive one message; empty at the end of the connection."""
    with link.makefile("rb") as stream:
        return stream.read(int.from_bytes(stream.read(2)))


@pytest.fixture
def driver() -> Iterator[Driver]:
    """A driver that takes its card out at the end."""
    driver = Driver()
    with closing(driver.listener):
        yield driver
        driver.slot.remove()


def test_the_card_answers_controls_and_commands(driver: Driver) -> None:
    """Power and reset are silent, the ATR is told, a command is executed."""
    card = UidCard(UID)
    with driver.accept(card) as link:
        for control in (b"\x01", b"\x02", b"\x00", b"\x04"):
            say(link, control)
        assert hear(link) == card.atr
        say(link, GET_UID)
        assert hear(link) == UID + b"\x90\x00"


def test_a_removed_card_hangs_up(driver: Driver) -> None:
    """Taking the card out ends the connection, which is how vpcd learns of it."""
    with driver.accept(UidCard(UID)) as link:
        driver.slot.remove()
        assert hear(link) == b""


@pytest.mark.parametrize("fault", [CardFault.TEAR_BEFORE, CardFault.TEAR_AFTER])
def test_a_torn_card_hangs_up_in_the_middle_of_a_command(driver: Driver, fault: CardFault) -> None:
    """No answer of zero length is ever sent: that would block the reader for ever."""
    with driver.accept(FaultyCard(UidCard(UID), {0: fault})) as link:
        say(link, GET_UID)
        assert hear(link) == b""


def test_a_silent_card_stays_and_says_nothing(driver: Driver) -> None:
    """The connection stays up without an answer until the card is taken out."""
    with driver.accept(FaultyCard(UidCard(UID), {0: CardFault.SILENCE})) as link:
        say(link, GET_UID)
        say(link, b"\x04")
        link.settimeout(0.2)
        with pytest.raises(TimeoutError):
            link.recv(1)
        link.settimeout(5)
        driver.slot.remove()
        assert hear(link) == b""


def test_the_next_card_takes_the_place_of_the_last(driver: Driver) -> None:
    """A slot holds one card; putting in another takes the first one out."""
    other = bytes.fromhex("04ffffffffffff")
    with driver.accept(UidCard(UID)) as first, driver.accept(UidCard(other)) as second:
        assert hear(first) == b""
        say(second, GET_UID)
        assert hear(second) == other + b"\x90\x00"


def test_a_slot_without_a_driver_says_so() -> None:
    """A wrong port is a named fault, not a traceback of the socket library."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(VpcdError, match=str(port)):
        VpcdSlot(port).insert(UidCard(UID))
