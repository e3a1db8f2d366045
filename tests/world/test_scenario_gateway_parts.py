"""The gateway executor itself: it sees what is wrong, and says honestly what it cannot do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows_members import WalletRow
from gateway.ledger.shelf import ChangeSet
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.outcome import Reason
from simulators.scenario import steps_desk
from simulators.scenario.cli import app
from simulators.scenario.executors import Executor
from simulators.scenario.gateway.cutting import CutShop
from simulators.scenario.gateway.homes import Home, MemoryHome, SqliteHome
from simulators.scenario.gateway.shop import GatewayShop
from simulators.scenario.port import Answer, Moment
from simulators.scenario.read import load_scenario
from simulators.scenario.report import FileReport, to_lines
from simulators.scenario.run import run_scenario

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore
    from simulators.scenario.story import Scenario

HEAD = 'source = "M-0"\ntitle = "a test"\n'
ONE_SALE = """
[programme]
earn_points = 1
[[members]]
name = "ada"
[[steps]]
do = "sale"
card = "ada"
sale = "s"
total_minor = 1_000
expect = { earned = 10 }
[[steps]]
do = "refund"
sale = "s"
expect = { clawed = 10, members.ada.points = 0 }
"""


@pytest.fixture
def told(tmp_path: Path) -> Callable[[str], Scenario]:
    """Read a scenario of which the text is the part behind source and title."""

    def tell(text: str) -> Scenario:
        file = tmp_path / "scenario.toml"
        file.write_text(HEAD + text, encoding="utf-8")
        return load_scenario(file)

    return tell


class ForgetfulHome(SqliteHome):
    """A disk that says a commit is durable, and with its power loses all since a checkpoint."""

    def cut(self) -> None:
        """See ``Home``."""
        log = Path(f"{self._file}-wal")
        log.write_bytes(b"")
        super().cut()


class WastefulHome(MemoryHome):
    """A ledger whose wallets gain a point with every power cut."""

    def cut(self) -> None:
        """See ``Home``."""
        with self.open().batch() as batch:
            rows = list(batch.every(WalletRow))
            more = [replace(row, available=row.available + 1) for row in rows]
            batch.save(ChangeSet({}, {WalletRow: more}, {}))


def on(home: Callable[[], Home], *, cuts: bool = True) -> Executor:
    """A gateway on such a home."""
    return Executor(name="it", open=lambda told: GatewayShop(told, home(), cuts=cuts))


def test_a_commit_that_is_forgotten_is_found(told: Callable[[str], Scenario]) -> None:
    """What a receipt has settled and the ledger lost does not go unnoticed."""
    run = run_scenario(told(ONE_SALE), on(ForgetfulHome))
    assert run.fault
    assert not run.passed


def test_books_that_do_not_add_up_are_found(told: Callable[[str], Scenario]) -> None:
    """A balance that no entry accounts for is a broken identity, and an objection of the audit."""
    run = run_scenario(told(ONE_SALE), on(WastefulHome))
    assert any("entries say" in broken for step in run.steps for broken in step.broken)
    assert run.audit
    assert not run.passed


def test_the_audit_can_be_left_out(told: Callable[[str], Scenario]) -> None:
    """One switch: without it nobody audits."""
    executor = Executor(
        name="it",
        open=lambda scenario: GatewayShop(scenario, WastefulHome(), cuts=True, audited=False),
    )
    assert run_scenario(told(ONE_SALE), executor).audit == ()


def test_a_difference_between_two_gateways_is_found(told: Callable[[str], Scenario]) -> None:
    """Where power cuts change what everybody has, both states are told."""
    executor = Executor(
        name="it",
        open=lambda scenario: CutShop(
            GatewayShop(scenario, MemoryHome()), GatewayShop(scenario, WastefulHome(), cuts=True)
        ),
    )
    run = run_scenario(told(ONE_SALE), executor)
    assert run.fault or any("with power cuts" in one for step in run.steps for one in step.broken)


def test_what_cannot_be_done_is_not_run(told: Callable[[str], Scenario]) -> None:
    """A second card can be given to nobody: the scenario is neither passed nor failed."""
    text = ONE_SALE.replace('name = "ada"', 'name = "ada"\ncards = ["ada", "other"]')
    scenario = told(text)
    run = run_scenario(scenario, on(MemoryHome, cuts=False))
    report = FileReport(file="f", source=("M-0",), title="t", differs="", runs=(run,))
    assert (report.passed, report.not_run, report.failed) == (False, True, False)
    assert list(to_lines(report)) == [
        "not run  M-0  t",
        "  f: on it: not run: nobody can be given a second card",
    ]


def test_what_happens_twice_is_sent_twice(told: Callable[[str], Scenario]) -> None:
    """The same transaction again is the same envelope: one journal row, and the same answer."""
    scenario = told(ONE_SALE)
    shop = GatewayShop(scenario, MemoryHome())
    moment = Moment(
        id="once", branch="main", terminal="till-1", at_ms=2 * 10**12, made_at_ms=2 * 10**12
    )
    adjust = steps_desk.Adjust(member="ada", amount=7)
    assert shop.adjust(adjust, moment) == shop.adjust(adjust, moment) == Answer()
    refused = steps_desk.Adjust(member="ada", amount=-8)
    later = replace(moment, id="twice")
    answers = [shop.adjust(refused, later) for _ in range(2)]
    assert [one.refused for one in answers] == [Reason.INSUFFICIENT_POINTS] * 2
    assert shop.look(moment).members[0].points == 7
    shop.close()


def test_a_file_outlives_a_power_cut() -> None:
    """What was committed is there in the copy, though nobody closed the original."""
    home = SqliteHome()
    first: LedgerStore = home.open()
    with first.batch() as batch:
        batch.save(ChangeSet({}, {}, {}))
    home.cut()
    second = home.open()
    assert isinstance(first, SqlLedgerStore)
    assert isinstance(second, SqlLedgerStore)
    assert first.place != second.place
    home.close()
    assert not Path(str(second.place)).exists()


def test_memory_stays_what_it_is() -> None:
    """A ledger in memory is the same object after a power cut."""
    home = MemoryHome()
    first = home.open()
    home.cut()
    assert home.open() is first
    assert isinstance(first, MemoryLedgerStore)
    home.close()


def test_the_command_plays_on_a_gateway(tmp_path: Path) -> None:
    """``--on both --cuts`` runs everything; JSON tells of each, audit and faults included."""
    file = tmp_path / "s.toml"
    file.write_text(HEAD + ONE_SALE)
    words = ["run", str(file), "--on", "both", "--store", "memory", "--cuts", "--json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    (told,) = json.loads(result.stdout)["files"]
    assert [run["on"] for run in told["runs"]] == ["pure", "gateway", "gateway, with power cuts"]
    assert all(run["passed"] and not run["audit"] and not run["fault"] for run in told["runs"])


def test_the_command_knows_its_stores() -> None:
    """A store that is none is refused with those that are."""
    result = CliRunner().invoke(app, ["run", "--store", "punch-cards"])
    assert result.exit_code == 2
    assert "postgresql" in result.output
