"""``mohr sim card tap``: at a terminal's door and without one, and what it says of failures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.crypto.card_token import card_token
from gateway.crypto.phone_card import PhoneCards
from gateway.crypto.rotating_code import decode_rotating_code, is_members_mac
from gateway.errors import ConfigError, KeyStoreError, MohrError
from gateway.model.card import CardProfile
from gateway.readers.settings import ReaderSettings
from gateway.service.data_dir import DataDir
from gateway.system_clock import SystemClock
from gateway.wire.code_text import CodeKind, read_code_text, write_code_text
from simulators.cards.named_states import Scanned, changing_code
from simulators.cards.named_tray import NamedTray
from simulators.cards.phone_codes import order_of_phone, phones_of, vouched
from simulators.clock import VirtualClock
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


def test_a_code_is_scanned_at_a_terminal(door: Path) -> None:
    """What it was is said, and the same again at once is nothing new."""
    receipt = write_code_text(CodeKind.CLAIM, bytes(70))
    assert run_mohr_here("sim", "scan", str(door), receipt) == "a receipt's code\n"
    assert run_mohr_here("sim", "scan", str(door), receipt) == "nothing: it was just scanned\n"


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


def test_a_phone_of_a_gateway_is_shown_as_that_gateway_draws_it(door: Path, tmp_path: Path) -> None:
    """The named phone and a member's page both show a code that the gateway believes."""
    folder = tmp_path / "gateway"
    run_mohr_here("gateway", "init", "--dir", str(folder), "--currency", "EUR")
    phones = phones_of(DataDir(folder))
    address = f"https://loyalty.example/card/{phones.capability(bytes(8))}"
    for shown in ("qr-changing", address):
        clock = VirtualClock(unix_ms=1_800_000_000_000)
        kind, body = read_code_text(order_of_phone(shown, phones, clock).scan)
        code = decode_rotating_code(body)
        token = card_token(phones.card_key, CardProfile.QR, code.organisation + code.number)
        assert kind is CodeKind.ROTATING
        assert code.step == 1_800_000_000_000 // 30_000
        assert is_members_mac(phones.master, token, code.step, code.mac)
        said = run_mohr_here(
            "sim", "card", "tap", shown, "--dir", str(folder), "--socket", str(door)
        )
        assert said.startswith(f"{shown}: qr, identified, counter ")


def test_a_phone_of_no_gateway_or_another_one_is_refused(tmp_path: Path) -> None:
    """What cannot be drawn is told, and nothing is made where there is no gateway."""
    clock = VirtualClock(unix_ms=0)
    ours, theirs = PhoneCards(bytes(32), bytes(32)), PhoneCards(bytes([1] * 32), bytes(32))
    for shown in ("ntag424", f"https://x.example/card/{theirs.capability(bytes(8))}"):
        with pytest.raises(ConfigError, match="no card on a phone of this gateway"):
            order_of_phone(shown, ours, clock)
    with pytest.raises(KeyStoreError, match="cannot be read"):
        phones_of(DataDir(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_tray_of_a_gateway_shows_codes_that_it_believes() -> None:
    """The test counters' phone is believed; what is no changing code stays as it is."""
    phones = PhoneCards(bytes(range(32)), bytes(32))
    clock = VirtualClock(unix_ms=1_800_000_000_000)
    ours, plain = NamedTray(clock, phones=phones), NamedTray(clock)
    for name in ("qr", "stripe", "bank-card"):
        assert ours.take(name) == plain.take(name)
    shown = ours.take("qr-changing")
    assert isinstance(shown, Scanned)
    assert shown == vouched(changing_code(34, clock.unix_ms()), phones) != plain.take("qr-changing")
