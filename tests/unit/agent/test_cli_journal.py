"""``mohr terminal journal``: what a person does with a journal at rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.registration import GatewayIdentity
from terminal_agent.cli import app
from terminal_agent.cli_init import NewTerminal, set_up
from terminal_agent.cli_run import journal_settings
from terminal_agent.config import load_settings
from terminal_agent.errors import JournalBusyError
from terminal_agent.identity import load_identity
from terminal_agent.journal.journal import Journal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A terminal's data directory, as ``mohr terminal init`` makes it."""
    pinned = tmp_path / "gateway.json"
    pinned.write_text(
        GatewayIdentity(name="gateway", public_key=FileSigner.generate().public_key).to_json()
    )
    made = tmp_path / "till-1"
    new = NewTerminal(
        terminal="till-1",
        gateway=pinned,
        host="127.0.0.1",
        port=1883,
        reader="none",
        till="none",
        profile=None,
        currency="EUR",
        language="en",
    )
    set_up(made, new, None)
    return made


def invoke(*arguments: str) -> Result:
    """Run a command in this process; a fault of ours is raised as it is."""
    result = CliRunner().invoke(app, ["journal", *arguments], env={"COLUMNS": "200"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_journal_is_verified_exported_and_released(folder: Path, tmp_path: Path) -> None:
    """Each command does its work on the journal at rest and says what it did."""
    assert "0 envelopes are whole" in invoke("verify", "--dir", str(folder)).output
    out = tmp_path / "journal.cbor"
    assert "0 envelopes, 0 bytes" in invoke("export", str(out), "--dir", str(folder)).output
    assert out.read_bytes() == b""
    assert "0 rejected" in invoke("release", "--dir", str(folder)).output


def test_a_running_agents_journal_is_left_alone(folder: Path) -> None:
    """While an agent holds the journal, nobody else opens it."""
    settings, identity = load_settings(folder), load_identity(folder)
    path = settings.journal_path(identity.epoch)
    with (
        Journal.open(path, settings=journal_settings(settings, identity)),
        pytest.raises(JournalBusyError),
    ):
        invoke("verify", "--dir", str(folder))
