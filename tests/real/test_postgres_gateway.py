"""A gateway whose ledger is in PostgreSQL: killed, cut off and looked at like any other."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator

import pytest

from gateway.config import SETTINGS_FILE
from gateway.model.outcome import Status
from gateway.service.data_dir import DataDir
from gateway.system_clock import SystemClock
from simulators.backlog import accept_sales
from simulators.command_process import CommandError, run_mohr
from simulators.postgres_server import PostgresServer, missing_postgres
from simulators.process_setup import ShopOptions
from simulators.process_shop import ProcessShop
from terminal_agent.identity import load_identity

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(300)]

OpenShop = Callable[[ShopOptions], ProcessShop]
SALES = 1_500
CARDS = 11


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server of its own, because it is killed."""
    needed = missing_postgres()
    if needed is not None:
        if os.environ.get("MOHR_ALLOW_SKIPS") == "1":
            pytest.skip(needed)
        pytest.fail(f"{needed} (or set MOHR_ALLOW_SKIPS=1)")
    with PostgresServer() as started:
        yield started


@pytest.fixture
def shop(server: PostgresServer, open_shop: OpenShop) -> ProcessShop:
    """A shop whose gateway keeps its ledger there."""
    url = server.make_database("shop").url
    return open_shop(ShopOptions(reader=False, till=False, agent=False, ledger_url=url))


def test_nothing_is_lost_or_done_twice_whoever_is_killed(
    server: PostgresServer, shop: ProcessShop
) -> None:
    """Gateway and database die while a backlog drains; the ledger is the journal, once."""
    signer = load_identity(shop.terminal_dir).signer
    with shop.journal() as journal:
        euro = accept_sales(journal, signer, SystemClock(), count=SALES, cards=CARDS)
    shop.agent.start()
    chance = random.Random(20261123)
    marks = sorted(chance.sample(range(1, SALES * 3 // 4), 3))
    for mark, gateway_dies in zip(marks, (True, False, True), strict=True):
        shop.wait_settled_part(mark)
        if gateway_dies:
            shop.gateway.kill()
            shop.gateway.start()
        else:
            server.kill()
            shop.wait(lambda: "does not answer" in shop.gateway.said(), "the gateway to notice")
            server.start()
    shop.wait_settled(SALES)
    assert shop.findings() == ()
    assert sum(one.available for one in shop.ledger.balances()) == euro
    assert shop.ledger.counts().members == CARDS
    assert {row.status for row in shop.ledger.journal(limit=SALES)} == {Status.APPLIED}
    shop.agent.stop()
    assert shop.in_ledger() == shop.in_journal()
    assert not DataDir(shop.gateway_dir).ledger.exists()


def test_the_commands_find_the_ledger(shop: ProcessShop) -> None:
    """Every command reads this ledger; a backup says who takes it; init leaves it alone."""
    directory = ("--dir", str(shop.gateway_dir))
    assert "till-1" in run_mohr("gateway", "terminals", *directory)
    assert "clean" in run_mohr("ledger", "audit", *directory)
    assert run_mohr("member", "list", *directory)
    with pytest.raises(CommandError, match="pg_dump"):
        run_mohr("gateway", "backup", "take", *directory)
    shop.gateway.stop()
    # With no gateway running a command opens the ledger by itself.
    assert "till-1" in run_mohr("gateway", "terminals", *directory)
    other = shop.folder / "other"
    url = shop.ledger.place
    with pytest.raises(CommandError, match="holds a ledger already"):
        run_mohr("gateway", "init", "--dir", str(other), "--ledger-url", str(url))
    assert not (other / SETTINGS_FILE).exists()
