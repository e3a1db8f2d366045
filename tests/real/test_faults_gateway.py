"""The gateway dies, or its disk is full, while a terminal's backlog drains."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import pytest

from gateway.model.outcome import Status
from gateway.system_clock import SystemClock
from simulators.backlog import accept_sales
from simulators.process_setup import ShopOptions
from simulators.process_shop import ProcessShop
from terminal_agent.identity import load_identity

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(600)]

OpenShop = Callable[[ShopOptions], ProcessShop]
SOAK = os.environ.get("MOHR_SOAK") is not None
BACKLOG = 20_000 if SOAK else 3_000
KILLS = 12 if SOAK else 4
CARDS = 17


def test_a_gateway_killed_while_a_backlog_drains_applies_everything_once(
    open_shop: OpenShop,
) -> None:
    """SIGKILL between any two commits: afterwards the ledger is the terminal's journal, once."""
    chance = random.Random(20261123)
    shop = open_shop(ShopOptions(reader=False, till=False, agent=False))
    signer = load_identity(shop.terminal_dir).signer
    with shop.journal() as journal:
        euro = accept_sales(journal, signer, SystemClock(), count=BACKLOG, cards=CARDS)
    shop.agent.start()
    killed_at = []
    for mark in sorted(chance.sample(range(1, BACKLOG * 3 // 4), KILLS)):
        shop.wait_settled_part(mark)
        shop.gateway.kill()
        killed_at.append(shop.status().settled)
        shop.gateway.start()
    shop.wait_settled(BACKLOG)
    assert killed_at[0] < BACKLOG, "the gateway died while there was something to do"
    assert shop.findings() == ()
    assert sum(one.available for one in shop.ledger.balances()) == euro
    assert shop.ledger.counts().members == CARDS
    assert {row.status for row in shop.ledger.journal(limit=BACKLOG)} == {Status.APPLIED}
    assert shop.status().rejected == 0
    shop.agent.stop()
    assert shop.in_ledger() == shop.in_journal()
