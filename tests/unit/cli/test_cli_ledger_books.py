"""``mohr ledger`` closes days, shows their trial balance, and gives them to an accountant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from gateway.cli import gateway as gateway_cli
from gateway.cli import ledger as ledger_cli
from gateway.errors import MohrError
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.service.data_dir import DataDir
from simulators.ledger_day import LedgerDay

MAPPING = """
["PTS:points"]
available = "2410"
held = "2411"
issued = "6200"
redeemed = "4900"
clawed_back = "6210"
suspense = "2490"
"""


def invoke(app: typer.Typer, *arguments: str) -> Result:
    """Run a command in this process; a fault of ours is raised as it is."""
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    if isinstance(result.exception, MohrError):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gateway's folder whose ledger has had a random day."""
    made = tmp_path_factory.mktemp("books") / "gateway"
    invoke(gateway_cli.app, "init", "--dir", str(made), "--name", "shop", "--currency", "EUR")
    DataDir(made).ledger.unlink()
    store = SqlLedgerStore(DataDir(made).ledger)
    LedgerDay(store, seed=7).play(150)
    store.close()
    return made


def test_the_books_of_a_day_are_closed_shown_and_exported(folder: Path, tmp_path: Path) -> None:
    """From the open day to lines that an accounting program takes: what is exported adds up."""
    at = ("--dir", str(folder))
    open_sheet = json.loads(invoke(ledger_cli.app, "trial-balance", "--json", *at).output)
    assert open_sheet["balanced"]
    assert open_sheet["totals"]
    closed = invoke(ledger_cli.app, "close-day", *at).output
    day = closed.partition(" is closed")[0]
    empty = json.loads(invoke(ledger_cli.app, "trial-balance", "--json", *at).output)
    assert empty["totals"] == []
    shown = invoke(ledger_cli.app, "trial-balance", "--day", day, *at).output
    assert "issued" in shown
    file = tmp_path / "accounts.toml"
    file.write_text(MAPPING)
    made = json.loads(invoke(ledger_cli.app, "export", day, str(file), "--json", *at).output)
    left_out = {account for _, account in made["unmapped"]}
    assert left_out <= {"shortfall", "expired"}
    owed = json.loads(invoke(ledger_cli.app, "settlement", "--day", day, "--json", *at).output)
    assert {one["debtor"] for one in owed["owings"]} <= {"north", "south"}
    rows = invoke(ledger_cli.app, "export", day, str(file), *at).output
    assert rows.startswith("day,account,debit_minor,credit_minor,text")
    if not left_out:
        lines = made["lines"]
        assert sum(one["debit_minor"] - one["credit_minor"] for one in lines) == 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("trial-balance", "--day", "2027-02-30"), "is not a day"),
        (("trial-balance", "--day", "2020-01-01"), "is not closed"),
        (("close-day", "--day", "2999-01-01"), "is not over yet"),
        (("settlement", "--day", "2020-01-01"), "is not closed"),
        (("statement", "nobody"), "nobody is known"),
        (("export", "2020-01-01", "missing.toml"), "cannot be read"),
    ],
)
def test_what_cannot_be_done_says_why(
    folder: Path, arguments: tuple[str, ...], problem: str
) -> None:
    """A wrong day, member or file is an error in a sentence, and changes nothing."""
    with pytest.raises(MohrError, match=problem):
        invoke(ledger_cli.app, *arguments, "--dir", str(folder))


def test_a_statement_shows_each_move(folder: Path) -> None:
    """A member's lines end with the balance that the ledger keeps."""
    balances = invoke(ledger_cli.app, "statement", f"{1:032x}", "--json", "--dir", str(folder))
    lines = json.loads(balances.output)
    assert lines
    assert {"kind", "balance_points", "branch"} <= set(lines[0])
