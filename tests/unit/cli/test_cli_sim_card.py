"""``mohr sim card tap``: at a terminal's door and without one, and what it says of failures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import MohrError
from gateway.readers.settings import ReaderSettings
from gateway.system_clock import SystemClock
from simulators.command_process import run_mohr_here
from simulators.socket_reader import SocketReader


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Path]:
    """Where a terminal's reader listens."""
    place = tmp_path / "reader.sock"
    reader = SocketReader(ReaderSettings(reader_name=str(place)), clock=SystemClock())
    reader.start(lambda _event: None)
    yield place
    reader.stop()


def test_a_card_is_tapped_at_a_terminal(door: Path) -> None:
    """By option or by the environment, and what the reader told is printed; twice is once."""
    said = run_mohr_here("sim", "card", "tap", "desfire", "--socket", str(door))
    assert said.splitlines()[0] == "desfire: desfire, authenticated"
    assert said.splitlines()[1].startswith("by radio: ")
    again = run_mohr_here("sim", "card", "tap", "desfire", "--socket", str(door))
    assert again.startswith("desfire: nothing: it is the card that was there a moment ago")


def test_the_environment_names_the_terminal(door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the option the variable counts."""
    monkeypatch.setenv("MOHR_SIM_SOCKET", str(door))
    said = json.loads(run_mohr_here("sim", "card", "tap", "ntag424", "--json"))
    assert said["said"] == ["ntag424, authenticated, counter 101"]
    assert door.with_name("reader.sock.cards").is_dir()


def test_the_older_command_still_taps_a_number(door: Path) -> None:
    """``mohr sim tap SOCKET UID`` is as it was."""
    assert run_mohr_here("sim", "tap", str(door), "04a1b2c3d4e5f6") == "tapped\n"


def test_a_code_has_no_radio_and_a_refusal_is_no_failure() -> None:
    """What the reader refuses is told, and the command has done what it was asked."""
    said = run_mohr_here("sim", "card", "tap", "bank-card").splitlines()
    assert said == ["bank-card: refused, payment_card: a bank card was refused"]
    assert "broken_cipher" in run_mohr_here("sim", "card", "tap", "classic", "--rf")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("clown",), "no test card 'clown'"),
        (("nowhere.card",), "holds no card"),
        (("uid", "--socket", "/nowhere/reader.sock"), "no simulated reader listens"),
    ],
)
def test_what_cannot_be_shown_is_a_fault(words: tuple[str, ...], why: str) -> None:
    """Each has its one line."""
    with pytest.raises(MohrError, match=why):
        run_mohr_here("sim", "card", "tap", *words)
