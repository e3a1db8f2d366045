"""``mohr gateway account``: beside a running gateway, with passwords that never are arguments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.account import app
from gateway.config_programme import default_programme
from gateway.errors import ConfigError
from gateway.office.sessions import SessionLimits, Stage, Visitor
from gateway.office.store import OFFICE_FILE, OfficeStore
from gateway.office.trail import COMMAND_LINE, TrailOutcome
from gateway.service.data_dir import DataDir
from gateway.service.set_up import NewGateway, set_up
from gateway.system_clock import SystemClock

GOOD = "correct horse battery"
LIMITS = SessionLimits(idle_ms=10**9, age_ms=10**9)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A gateway that is set up and does not run."""
    new = NewGateway(
        name="Shop", identity="shop", programme=default_programme("IRR"), host="h", port=1
    )
    set_up(DataDir(tmp_path / "data"), new)
    return tmp_path / "data"


def _run(folder: Path, *arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, [*arguments, "--dir", str(folder)], input=typed)


def _said(result: Result) -> str:
    """The clear sentence that the root command would print."""
    assert isinstance(result.exception, ConfigError), result.output
    return str(result.exception)


def _office(folder: Path) -> OfficeStore:
    return OfficeStore(folder / OFFICE_FILE, SystemClock())


def test_an_account_is_added_and_listed(folder: Path) -> None:
    """The password comes by standard input, and the account opens with it."""
    office = _office(folder)
    result = _run(folder, "add", "Zahra", "--name", "زهرا", typed=f"{GOOD}\n")
    assert result.exit_code == 0, result.output
    assert GOOD not in result.output
    account = office.accounts.check_password("zahra", GOOD)
    assert account is not None
    assert account.language == "fa"
    rows = json.loads(_run(folder, "list", "--json").output)
    assert [(row["login"], row["name"], row["role"]) for row in rows] == [
        ("zahra", "زهرا", "owner")
    ]
    assert "zahra" in _run(folder, "list").output
    (entry,) = office.trail.entries()
    assert (entry.actor, entry.action) == (COMMAND_LINE, "account.add")
    assert entry.outcome is TrailOutcome.DONE


def test_refusals_are_sentences(folder: Path) -> None:
    """Each mistake says what to do, adds nothing, and stands in the trail as refused."""
    assert "at least 10" in _said(_run(folder, "add", "a", typed="short\n"))
    assert "--branch" in _said(_run(folder, "add", "a", "--role", "cashier", typed=f"{GOOD}\n"))
    assert "standard input" in _said(_run(folder, "add", "a", typed=""))
    assert "fa or en" in _said(_run(folder, "add", "a", "--language", "de", typed=f"{GOOD}\n"))
    assert "no account" in _said(_run(folder, "disable", "nobody"))
    assert "mohr gateway init" in _said(_run(folder / "nowhere", "list"))
    office = _office(folder)
    assert office.accounts.all() == []
    outcomes = {entry.outcome for entry in office.trail.entries()}
    assert outcomes <= {TrailOutcome.REFUSED, None}


def test_a_lost_owner_comes_back(folder: Path) -> None:
    """A reset gives a new password, removes the lost telephone, and ends every session."""
    _run(folder, "add", "owner", typed=f"{GOOD}\n")
    office = _office(folder)
    office.second_factors.renew_recovery(1)
    secret = office.sessions.open(1, Stage.FULL, Visitor(device="", address=""))
    result = _run(folder, "reset", "owner", typed="an entirely new one\n")
    assert result.exit_code == 0, result.output
    assert office.accounts.check_password("owner", "an entirely new one") is not None
    assert office.second_factors.recovery_left(1) == 0
    assert office.sessions.find(secret, LIMITS) is None


def test_the_last_owner_is_not_disabled(folder: Path) -> None:
    """Somebody must remain who may do everything; the others go and come back."""
    _run(folder, "add", "owner", typed=f"{GOOD}\n")
    _run(folder, "add", "till", "--role", "cashier", "--branch", "north", typed=f"{GOOD}\n")
    assert "last owner" in _said(_run(folder, "disable", "owner"))
    assert _run(folder, "disable", "till").exit_code == 0
    assert _office(folder).accounts.check_password("till", GOOD) is None
    assert _run(folder, "enable", "till").exit_code == 0
    assert _office(folder).accounts.check_password("till", GOOD) is not None
