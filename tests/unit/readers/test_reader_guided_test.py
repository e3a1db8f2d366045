"""``mohr reader test``: its steps, its trace, and that it keeps secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from gateway.readers.cards.membership import Membership
from gateway.readers.cards.ndef import encode_message
from gateway.readers.settings import ReaderSettings
from gateway.system_clock import SystemClock
from simulators.card import Type2NdefCard, Type4NdefCard, UidCard, VirtualCard
from simulators.mcu import McuOnPty
from terminal_agent.cli_reader import app
from terminal_agent.cli_reader_check import (
    ReaderTest,
    ReaderTestFailedError,
    as_json,
    as_text,
)

UID = bytes.fromhex("04a1b2c3d4e5f6")
MEMBER = Membership(organisation=b"ORGANISA", number=b"0042")
MESSAGE = encode_message([MEMBER.to_record()])

Said = list[tuple[str, dict[str, str | int | None]]]


@pytest.fixture
def terminal() -> Iterator[McuOnPty]:
    """A terminal on a pseudo-terminal: something with a firmware to show."""
    with McuOnPty(SystemClock()) as terminal:
        yield terminal


def play(terminal: McuOnPty, card: VirtualCard | None, *, takes: bool = True) -> Said:
    """Run the test with a hand that does as it is told."""
    said: Said = []

    def say(name: str, fields: dict[str, str | int | None]) -> None:
        said.append((name, fields))
        if "hold one card" in str(fields.get("do")) and card is not None:
            terminal.put(card)
        elif "take the card" in str(fields.get("do")) and takes:
            terminal.take()

    settings = ReaderSettings(reader_name=str(terminal.path))
    test = ReaderTest("mcu", settings, SystemClock(), say)
    test.run(1.0, lambda identity: f"…{identity[-2:].hex()}")
    return said


@pytest.mark.parametrize("card", [Type2NdefCard(UID, MESSAGE), Type4NdefCard(UID, MESSAGE)])
def test_a_tap_is_guided_and_traced_without_its_secrets(
    terminal: McuOnPty, card: VirtualCard
) -> None:
    """Driver, firmware, each command with its length and status; no record and no UID."""
    said = play(terminal, card)
    names = [name for name, _ in said]
    assert names[0] == "reader"
    assert (names[-1], names.count("step")) == ("passed", 2)
    assert said[0][1]["firmware"] == "1.4.0"
    assert "apdu" in names
    written = "\n".join(as_text(*one) + as_json(*one) for one in said).lower()
    for secret in (UID.hex(), MEMBER.identity.hex(), MESSAGE.hex(), MEMBER.number.hex()):
        assert secret not in written


def test_a_card_that_is_refused_says_why(terminal: McuOnPty) -> None:
    """The reader works; what is wrong is the card."""
    said = dict(play(terminal, UidCard(bytes.fromhex("08112233"))))
    assert said["unreadable"]["trouble"] == "random_uid"


def test_a_test_without_a_card_fails_in_time(terminal: McuOnPty) -> None:
    """Nobody came: the test says so and lets go of the reader."""
    with pytest.raises(ReaderTestFailedError, match="no card was seen"):
        play(terminal, None)


def test_a_card_that_never_leaves_fails_in_time(terminal: McuOnPty) -> None:
    """A reader that does not notice a departure would let the next customer pay for the last."""
    with pytest.raises(ReaderTestFailedError, match="that the card left"):
        play(terminal, UidCard(UID), takes=False)


def test_the_command_prints_objects(terminal: McuOnPty) -> None:
    """A program gets one object a line, and a failure by the exit code."""
    terminal.put(UidCard(UID))
    arguments = ["test", "--backend", "mcu", "--name", str(terminal.path), "--seconds", "1"]
    done = CliRunner().invoke(app, [*arguments, "--json"])
    lines = [json.loads(line) for line in done.stdout.splitlines() if line]
    assert [line["event"] for line in lines][:2] == ["reader", "step"]
    assert lines[-2]["event"] == "card"
    assert lines[-2]["identity"] == "…e5f6"
    assert isinstance(done.exception, ReaderTestFailedError)
