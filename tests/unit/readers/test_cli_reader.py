"""The lines of ``mohr reader``, without any hardware."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from gateway.errors import ConfigError
from gateway.model.card import Assurance, CardProfile, Tap
from gateway.readers.reader import (
    CardGone,
    CardSeen,
    CardTrouble,
    CardUnreadable,
    ReaderEvent,
    ReaderState,
    ReaderStateChanged,
    ReceiptScanned,
)
from terminal_agent.cli_reader import _as_json, _as_text, _organisation

TAP = Tap(
    reader="Lane 1",
    profile=CardProfile.UID,
    identity=bytes.fromhex("04a1b2c3d4e5f6"),
    assurance=Assurance.IDENTIFIED,
    seen_at_ms=1,
)
EVENTS: list[tuple[ReaderEvent, str]] = [
    (ReaderStateChanged(reader="Lane 1", state=ReaderState.READY), "ready         Lane 1"),
    (
        ReaderStateChanged(reader="Lane 1", state=ReaderState.READER_LOST, detail="why"),
        "reader_lost   Lane 1  (why)",
    ),
    (CardSeen(tap=TAP), "card          Lane 1  uid …e5f6 identified"),
    (CardGone(reader="Lane 1"), "gone          Lane 1"),
    (
        CardUnreadable(reader="Lane 1", trouble=CardTrouble.RANDOM_UID, detail="a phone"),
        "unreadable    Lane 1  random_uid  (a phone)",
    ),
    (ReceiptScanned(reader="Lane 1", code="MOHR:AMAQ"), "receipt       Lane 1"),
]


@pytest.mark.parametrize(("event", "line"), EVENTS)
def test_each_event_is_one_line(event: ReaderEvent, line: str) -> None:
    """An integrator reads states, cards and troubles in columns, without a customer's name."""
    assert _as_text(event, show_identity=False) == line


@pytest.mark.parametrize(("event", "line"), EVENTS)
def test_each_event_is_one_object(event: ReaderEvent, line: str) -> None:
    """A program gets the same facts; the whole identity only where it was asked for."""
    fields = json.loads(_as_json(event, show_identity=True))
    assert fields["reader"] == "Lane 1"
    assert ("identity" in fields) == ("card" in line.split())
    assert fields.get("identity", TAP.identity.hex()) == TAP.identity.hex()


@pytest.mark.parametrize("text", ["xy", "00", "00" * 9])
def test_a_wrong_organisation_is_refused(text: str) -> None:
    """A mistyped organisation would silently accept nobody."""
    with pytest.raises(ConfigError, match="--organisation"):
        _organisation(text)


def test_an_organisation_is_read_from_hexadecimal() -> None:
    """Sixteen digits are eight bytes; none at all is no filter."""
    assert _organisation("4f5247414e495341") == b"ORGANISA"
    assert _organisation("") is None


def test_the_simulated_reader_can_be_watched() -> None:
    """The whole command runs without hardware and ends by itself after the time given."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from gateway.cli.main import main; main()",
            *("reader", "watch", "--backend", "sim", "--seconds", "0"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["ready", "Simulated", "reader"]
