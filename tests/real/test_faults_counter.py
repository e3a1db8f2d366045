"""The agent, its broker and its network die at a counter where people go on buying."""

from __future__ import annotations

import contextlib
import os
import random
import threading
from collections.abc import Callable

import pytest

from gateway.formatting.numbers import Language
from gateway.model.outcome import Reason, Status
from simulators.card import UidCard
from simulators.command_process import CommandError
from simulators.process_setup import ShopOptions, receipt
from simulators.process_shop import ProcessShop
from terminal_agent.texts.catalogue import load_texts

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(600)]

OpenShop = Callable[[ShopOptions], ProcessShop]
SOAK = os.environ.get("MOHR_SOAK") is not None
KILLS = 40 if SOAK else 5
OUTAGES = 3 if SOAK else 2
#: A receipt of some 500 bytes then takes about half a second to print.
SLOW_BAUD = 9_600


def card(number: int) -> UidCard:
    """The ``number``-th customer's card."""
    return UidCard(bytes.fromhex("04a1b2c3") + number.to_bytes(3))


def sell(shop: ProcessShop, numbers: range) -> int:
    """One sale for each number, by another customer than the one before.

    Returns:
        the points they earn.
    """
    for number in numbers:
        shop.sell(card(number % 3), f"2026-{number:04d}", number * 100)
    return sum(numbers)


def points(shop: ProcessShop) -> int:
    """What all members have together."""
    return sum(one.available for one in shop.ledger.balances())


def test_a_broker_killed_and_back_with_an_empty_store_loses_nothing(open_shop: OpenShop) -> None:
    """SIGKILL without a disk behind it: sales go on, and all of them settle once."""
    shop = open_shop(ShopOptions())
    earned, sold = sell(shop, range(1, 3)), 2
    for _ in range(OUTAGES):
        shop.broker.kill()
        shop.wait_status(lambda status: status.link == "down", "the lost connection")
        earned += sell(shop, range(sold + 1, sold + 3))
        shop.broker.start()
        # Some are accepted before, some while, and some after both ends have found it again.
        earned += sell(shop, range(sold + 3, sold + 5))
        sold += 4
        shop.wait_settled(sold)
    assert points(shop) == earned
    assert shop.close_day() == ()


def test_earning_goes_on_without_a_network_and_settles_by_itself(open_shop: OpenShop) -> None:
    """While the terminal's network is gone the screen says "recorded", and nothing settles."""
    shop = open_shop(ShopOptions(proxied=True))
    earned = sell(shop, range(1, 2))
    shop.wait_settled(1)
    shop.network.refuse(refusing=True)
    shop.network.cut()
    shop.wait_status(lambda status: status.link == "down", "the lost connection")
    earned += sell(shop, range(2, 6))
    status = shop.status()
    assert (status.accepted, status.settled, status.pending) == (5, 1, 4)
    recorded = load_texts(Language.EN).write("screen.accepted").splitlines()[0]
    assert shop.agent.said().count(recorded) >= 5
    shop.network.refuse(refusing=False)
    shop.wait_settled(5)
    assert points(shop) == earned
    assert shop.close_day() == ()


def test_a_refused_redemption_without_a_network_says_what_to_do(open_shop: OpenShop) -> None:
    """Points are not given out offline; the cashier reads that nothing may be taken off."""
    shop = open_shop(ShopOptions(proxied=True, settings={"waits.auth_wait_ms": "1000"}))
    sell(shop, range(50, 51))
    shop.wait_settled(1)
    shop.wait_idle()
    shop.network.refuse(refusing=True)
    shop.network.cut()
    shop.wait_status(lambda status: status.link == "down", "the lost connection")
    shop.tap(card(50 % 3))
    shop.cashier("total", "2000")
    # While the balance is still waited for it is tried; after that it is refused at once.
    with contextlib.suppress(CommandError):
        shop.cashier("redeem", "10")
    shop.wait_screen(load_texts(Language.EN).write("notice.redeem_offline"))
    shop.till.print(receipt("2026-0051", 2_000))
    shop.wait_accepted(2)
    shop.network.refuse(refusing=False)
    shop.wait_settled(2)
    assert points(shop) == 50 + 20
    assert shop.close_day() == ()


def print_and_die(shop: ProcessShop, paper: bytes, after_s: float) -> None:
    """Print a receipt, and kill the agent at some moment of it."""
    printing = threading.Thread(target=shop.till.print, args=(paper,))
    printing.start()
    printing.join(timeout=after_s)
    shop.agent.kill()
    printing.join()


def test_an_agent_killed_while_the_till_prints_settles_each_sale_once(
    open_shop: OpenShop,
) -> None:
    """Wherever SIGKILL falls, what was accepted is posted once; a reprint is not posted again."""
    chance = random.Random(4711)
    shop = open_shop(ShopOptions(baud=SLOW_BAUD))
    texts = load_texts(Language.EN)
    tapped, recorded = texts.write("screen.card").split("\n")[0], "Recorded."
    assert texts.write("screen.accepted").startswith(recorded)
    accepted = 0
    for number in range(1, KILLS + 1):
        paper = receipt(f"2026-{number:04d}", number * 100)
        shop.tap(card(number % 3))
        line_s = len(paper) * 10 / SLOW_BAUD
        # Spread over printing, the journal's commit and sending, at random within each part.
        moment = 0.3 + (number - 1 + chance.random()) / KILLS
        print_and_die(shop, paper, after_s=moment * line_s)
        promised = recorded in shop.agent.said().rpartition(tapped)[2]
        shop.agent.start()
        shop.wait_open()
        survived = shop.status().accepted
        assert survived - accepted in ({1} if promised else {0, 1}), "what the screen said holds"
        # Nobody at the counter knows whether it counted; so the customer taps and it is reprinted.
        shop.tap(card(number % 3))
        shop.till.print(paper)
        accepted = survived + 1
        shop.wait_accepted(accepted)
    shop.wait_settled(accepted)
    assert points(shop) == sum(range(1, KILLS + 1)), "each receipt earned exactly once"
    rows = shop.ledger.journal()
    outcomes = [(row.status, row.reason) for row in rows if row.seq is not None]
    assert outcomes.count((Status.APPLIED, Reason.NONE)) == KILLS
    refused = (Status.REFUSED, Reason.SALE_ALREADY_RECORDED)
    assert outcomes.count(refused) == accepted - KILLS
    assert shop.close_day() == ()
