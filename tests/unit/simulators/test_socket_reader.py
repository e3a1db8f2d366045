"""A simulated reader that other processes tap."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.readers.reader import CardSeen, ReaderEvent
from gateway.readers.settings import ReaderSettings
from gateway.wire.code_text import CodeKind, write_code_text
from simulators.cards.named import NAMED_CARDS
from simulators.clock import VirtualClock
from simulators.socket_line import TapOrder, decode_order, encode_order, order_of
from simulators.socket_reader import SocketReader, order_through, tap_through

UID = bytes.fromhex("04a1b2c3d4e5f6")


def test_a_tap_through_the_door_is_a_tap(tmp_path: Path) -> None:
    """A UID sent to the socket becomes the event of a seen card, and the socket is private."""
    door = tmp_path / "reader.sock"
    seen: list[ReaderEvent] = []
    reader = SocketReader(
        ReaderSettings(reader_name=str(door)), clock=VirtualClock(unix_ms=1_800_000_000_000)
    )
    reader.start(seen.append)
    try:
        assert stat.S_IMODE(door.stat().st_mode) == 0o600
        tap_through(door, UID)
        with pytest.raises(ConfigError, match="not tapped"):
            tap_through(door, b"\x01")
    finally:
        reader.stop()
    taps = [event.tap for event in seen if isinstance(event, CardSeen)]
    assert [tap.identity for tap in taps] == [UID]
    assert not door.exists()


def test_nobody_at_the_door_is_said(tmp_path: Path) -> None:
    """A tap where no reader listens names the path."""
    with pytest.raises(ConfigError, match="no simulated reader listens"):
        tap_through(tmp_path / "none.sock", UID)


def test_a_door_needs_a_place() -> None:
    """Without a path the error says which setting to write."""
    with pytest.raises(ConfigError, match="set name under"):
        SocketReader(ReaderSettings(), clock=VirtualClock(unix_ms=0))


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Path]:
    """Where a reader listens that tells nobody."""
    place = tmp_path / "lane 1.sock"
    settings = ReaderSettings(reader_name=str(place), debounce_ms=0)
    reader = SocketReader(settings, clock=VirtualClock(unix_ms=1_800_000_000_000))
    reader.start(lambda _event: None)
    yield place
    reader.stop()


@pytest.mark.parametrize("name", sorted(set(NAMED_CARDS) - {"slow", "too-slow"}))
def test_a_named_card_is_tapped_through_the_door(door: Path, name: str) -> None:
    """The answer says what the reader told the terminal, as the card's row does."""
    card = NAMED_CARDS[name]
    (said,) = order_through(door, TapOrder(card=name)).said
    taken = f"{card.profile}, {card.expected}"
    assert said.startswith(taken if card.identity is not None else f"refused, {card.expected}:")


def test_named_cards_are_kept_beside_the_socket(door: Path) -> None:
    """The counter goes on from tap to tap, in a file that can be tapped as well, or copied."""
    first = order_through(door, TapOrder(card="ntag424"))
    assert first.air_ms is not None
    file = door.with_name("lane 1.sock.cards") / "ntag424.card"
    # Another card between, so that it is no second look at the same one.
    order_through(door, TapOrder(card="uid"))
    second = order_through(door, order_of(str(file)))
    assert (first.said[0][-3:], second.said[0][-3:]) == ("101", "102")


def test_a_scan_goes_through_the_door(door: Path) -> None:
    """A code that somebody holds as text is scanned beside the reader."""
    report = order_through(door, TapOrder(scan=";990000001?"))
    assert report.said == ("stripe, identified",)
    assert report.air_ms is None
    receipt = write_code_text(CodeKind.CLAIM, bytes(70))
    assert order_through(door, TapOrder(scan=receipt)).said == ("a receipt's code",)


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (TapOrder(card="clown"), "no test card 'clown'"),
        (TapOrder(file="/nowhere/at.card"), "holds no card"),
    ],
)
def test_what_cannot_be_tapped_is_said(door: Path, order: TapOrder, why: str) -> None:
    """The reason comes back through the door, and the door stays open."""
    with pytest.raises(ConfigError, match=why):
        order_through(door, order)
    assert order_through(door, TapOrder(card="uid")).said == ("uid, identified",)


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"{}",
        b'{"card": ""}',
        b'{"card": 1}',
        b'{"card": "uid", "scan": "x"}',
        b'{"card": "uid", "radio": 1}',
        b'{"card": "uid", "colour": "red"}',
        b'{"card": "a\\u0000b"}',
    ],
)
def test_a_strange_line_taps_nothing(tmp_path: Path, line: bytes) -> None:
    """No line but a whole order is carried out, and none ends the reader."""
    settings = ReaderSettings(reader_name=str(tmp_path / "door"))
    reader = SocketReader(settings, clock=VirtualClock(unix_ms=0))
    assert reader.take_line(line + b"\n").startswith("not tapped: ")


@pytest.mark.parametrize(
    "order", [TapOrder(card="uid"), TapOrder(file="/a b/ü.card", radio=True), TapOrder(scan="x")]
)
def test_an_order_is_read_as_it_was_written(order: TapOrder) -> None:
    """Whatever a path holds."""
    assert decode_order(encode_order(order)) == order
