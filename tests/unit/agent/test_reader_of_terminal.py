"""``mohr reader`` with ``--dir``: what a terminal itself would make of a card."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.crypto.card_token import organisation_of
from gateway.crypto.cards.shared_keys import pack_shared_keys
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.crypto.registration import GatewayIdentity
from gateway.crypto.seal import SealType, seal
from gateway.crypto.sealed_box import card_key_info, seal_box, shared_keys_info
from gateway.crypto.signer import Algorithm
from gateway.errors import ConfigError
from gateway.model.card import Assurance
from gateway.model.configuration import Configuration
from gateway.model.ids import BranchId, TerminalId
from gateway.readers.cards.dialogue import CardIdentity
from gateway.readers.registry import reader_profiles
from gateway.wire.configuration import encode_configuration
from simulators.cards.ntag424 import Ntag424Card
from simulators.cards.ntag424_state import issued_state
from simulators.given.ntag424_desk import ADDRESS, TERMINAL_PURPOSES, UID, held_keys, tap
from terminal_agent.cli_init import NewTerminal, set_up
from terminal_agent.cli_reader import app
from terminal_agent.cli_reader_keys import terminal_reading
from terminal_agent.cli_run import journal_settings
from terminal_agent.config import load_settings
from terminal_agent.errors import JournalBusyError
from terminal_agent.identity import load_identity
from terminal_agent.journal.journal import Journal

TILL = TerminalId("till-1")
CARD_KEY = bytes(range(32))
ISSUER = FileSigner.generate(Algorithm.ED25519).public_key


@pytest.fixture
def gateway() -> FileSigner:
    """The gateway that the terminal believes."""
    return FileSigner.generate()


@pytest.fixture
def folder(tmp_path: Path, gateway: FileSigner) -> Path:
    """A terminal's data directory, before its first configuration."""
    pinned = tmp_path / "gateway.json"
    pinned.write_text(GatewayIdentity(name="gateway", public_key=gateway.public_key).to_json())
    made = tmp_path / "till-1"
    new = NewTerminal(
        terminal=TILL,
        gateway=pinned,
        host="127.0.0.1",
        port=1883,
        reader="sim",
        till="none",
        profile=None,
        currency="EUR",
        language="en",
    )
    set_up(made, new, None)
    return made


def _journal(folder: Path) -> Journal:
    settings, identity = load_settings(folder), load_identity(folder)
    path = settings.journal_path(identity.epoch)
    return Journal.open(path, settings=journal_settings(settings, identity))


def _tell(folder: Path, gateway: FileSigner) -> None:
    """Keep a configuration with card keys, as an earlier run of the agent did."""
    agreement = load_identity(folder).agreement.public_bytes
    masters = held_keys(1, purposes=TERMINAL_PURPOSES).masters
    told = Configuration(
        terminal=TILL,
        version=1,
        issued_at_ms=0,
        branch=BranchId("north"),
        programmes=(),
        card_key_box=seal_box(CARD_KEY, agreement, card_key_info(TILL)),
        shared_keys_box=seal_box(pack_shared_keys(masters), agreement, shared_keys_info(TILL)),
        issuers=(ISSUER,),
    )
    with _journal(folder) as journal:
        journal.save_configuration(
            1, seal(encode_configuration(told), SealType.CONFIGURATION, gateway)
        )


def test_a_card_proves_itself_with_the_terminals_own_keys(
    folder: Path, gateway: FileSigner
) -> None:
    """What the gateway told last is at hand, and the reader is the terminal's own."""
    _tell(folder, gateway)
    reading = terminal_reading(folder, None)
    assert reading.backend == "sim"
    assert list(reading.settings.codes.issuers) == [PublicKey.from_cose_key(ISSUER)]
    keys = held_keys(1, organisation=organisation_of(CARD_KEY))
    card = Ntag424Card(issued_state(UID, keys, 1, ADDRESS))
    found = tap(card, reader_profiles(reading.settings, reading.keys)).outcome
    assert isinstance(found, CardIdentity)
    assert found.assurance is Assurance.AUTHENTICATED
    strange = tap(card, reader_profiles(reading.settings)).outcome
    assert not isinstance(strange, CardIdentity) or strange.assurance is Assurance.IDENTIFIED


def test_before_the_first_configuration_there_is_nothing_to_read_with(folder: Path) -> None:
    """It says so, and what to do; the same for a terminal whose agent runs."""
    with pytest.raises(ConfigError, match="let its agent run"):
        terminal_reading(folder, None)
    with _journal(folder), pytest.raises(JournalBusyError):
        terminal_reading(folder, None)


def test_the_command_takes_reader_and_keys_from_the_directory(
    folder: Path, gateway: FileSigner
) -> None:
    """Without ``--backend`` it is the terminal's reader that is watched."""
    _tell(folder, gateway)
    ran = CliRunner().invoke(app, ["watch", "--dir", str(folder), "--seconds", "0"])
    assert ran.exit_code == 0, ran.exception
