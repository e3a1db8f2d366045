"""``mohr ledger review`` lists, shows, settles and dismisses receipts, once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import gateway as gateway_cli
from gateway.cli import ledger as ledger_cli
from gateway.errors import ConfigError, MohrError
from gateway.ledger.queries import LedgerReader
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.service.data_dir import DataDir
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from simulators.rules_till import RulesTill, card_named

NOW_MS = 1_800_000_000_000


def invoke(*arguments: str) -> Result:
    """Run a command in this process; a fault of ours is raised as it is."""
    app = gateway_cli.app if arguments[0] == "init" else ledger_cli.app
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    if isinstance(result.exception, MohrError):
        raise result.exception
    return result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A gateway's folder with a member and three doubtful receipts, one of them nobody's."""
    made = tmp_path / "gateway"
    invoke("init", "--dir", str(made), "--name", "shop", "--currency", "EUR")
    store = SqlLedgerStore(DataDir(made).ledger)
    till = RulesTill(TerminalId("till-1"), lambda: NOW_MS)
    store.add_terminal(till.registration, BranchId("north"), NOW_MS)
    names = iter(range(1, 9))
    writer = Writer(
        store,
        new_member_id=lambda: MemberId(f"{next(names):032x}"),
        settings=WriterSettings(),
    )
    told = (
        till.enrol("ada"),
        till.doubt("one", [1_200, 2_100], card="ada"),
        till.doubt("two", [500]),
        till.doubt("three", [700], card="ada"),
    )
    writer.apply(told, NOW_MS)
    store.close()
    return made


def points(folder: Path) -> int:
    """What Ada can spend."""
    balance = LedgerReader(DataDir(folder).ledger).balance_of_card(card_named("ada").token)
    assert balance is not None
    return balance.available


def test_receipts_are_listed_shown_settled_and_dismissed(folder: Path) -> None:
    """What waits is listed with its number; what is decided leaves the list and is done once."""
    at = ("--dir", str(folder))
    listed = json.loads(invoke("review", "list", "--json", *at).output)
    third, second, first = (one["number"] for one in listed)
    assert [one["totals_minor"] for one in listed] == [[700], [500], [1_200, 2_100]]
    shown = invoke("review", "show", str(first), *at).output
    assert "| TOTAL 2100" in shown
    assert json.loads(invoke("review", "show", str(second), "--json", *at).output)["card"] is None
    assert "21 points" in invoke("review", "settle", str(first), "2100", *at).output
    with pytest.raises(ConfigError, match="review_closed"):
        invoke("review", "settle", str(first), "2100", *at)
    with pytest.raises(ConfigError, match="card_missing"):
        invoke("review", "settle", str(second), "500", *at)
    token = card_named("ada").token.hex()
    invoke("review", "settle", str(second), "500", "--card", token, "--reason", "she called", *at)
    invoke("review", "dismiss", str(third), "a kitchen ticket", *at)
    assert points(folder) == 21 + 5
    assert json.loads(invoke("review", "list", "--json", *at).output) == []
    every = json.loads(invoke("review", "list", "--all", "--json", *at).output)
    assert [one["state"] for one in every] == ["dismissed", "settled", "settled"]
    assert "settled" in invoke("review", "list", "--all", *at).output
    assert invoke("audit", *at).exit_code == 0


def test_what_is_not_there_is_said(folder: Path) -> None:
    """A number without a receipt, a card that is none and one that nobody owns name the fault."""
    at = ("--dir", str(folder))
    with pytest.raises(ConfigError, match="there is no receipt 999"):
        invoke("review", "show", "999", *at)
    number = str(json.loads(invoke("review", "list", "--json", *at).output)[1]["number"])
    with pytest.raises(ConfigError, match="64 hexadecimal digits"):
        invoke("review", "settle", number, "500", "--card", "ada", *at)
    with pytest.raises(ConfigError, match="nobody owns"):
        invoke("review", "settle", number, "500", "--card", "0" * 64, *at)
