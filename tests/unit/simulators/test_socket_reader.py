"""A simulated reader that other processes tap."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.readers.reader import CardSeen, ReaderEvent
from gateway.readers.settings import ReaderSettings
from simulators.clock import VirtualClock
from simulators.socket_reader import SocketReader, tap_through

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
