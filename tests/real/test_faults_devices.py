"""What is plugged into the terminal misbehaves: noise on the line, readers, cards, cables."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable

import pytest

from gateway.formatting.numbers import Language
from simulators.card import CardFault, FaultyCard, UidCard
from simulators.process_setup import IMPATIENT, PROFILE, ShopOptions, receipt
from simulators.process_shop import ProcessShop
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.texts.catalogue import load_texts

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(600)]

OpenShop = Callable[[ShopOptions], ProcessShop]
ROUNDS = 10 if os.environ.get("MOHR_SOAK") is not None else 1
TEXTS = load_texts(Language.EN)


def card(number: int) -> UidCard:
    """The ``number``-th customer's card."""
    return UidCard(bytes.fromhex("04beef") + number.to_bytes(4))


def wait_silence() -> None:
    """Leave the line quiet for long enough to end whatever was begun on it."""
    gap_ms = load_profile(PROFILE).idle_gap_ms
    threading.Event().wait(1.1 * gap_ms / 1_000)


def garbage(chance: random.Random) -> list[bytes]:
    """One of each kind of noise, none of which is a sale."""
    paper = receipt("2026-9999", 99_900)
    # With its total and a silence behind it, a paper would be a sale.
    torn = paper[: chance.randrange(len(paper) // 4, paper.index(b"SUMME"))]
    parity = bytes(byte | 0x80 * (byte.bit_count() % 2) for byte in paper)
    return [
        chance.randbytes(700),
        # A till at another speed: few patterns, the high bits set, and what looks like breaks.
        bytes(chance.choice(b"\x00\x80\xe0\xf8\xfe\xff") for _ in range(500)),
        # A picture whose header promises more than ever comes.
        b"\x1dv0\x00\x48\x00\xff\x0f" + chance.randbytes(200),
        torn,
        # A till that sends seven bits and a parity bit, heard as eight.
        parity,
    ]


def test_garbage_on_the_serial_line_never_becomes_a_sale(open_shop: OpenShop) -> None:
    """After any noise and a moment of silence the next receipt counts, once and for its total."""
    chance = random.Random(8086)
    shop = open_shop(ShopOptions())
    earned = sold = 0
    for _ in range(ROUNDS):
        for noise in garbage(chance):
            sold += 1
            shop.tap(card(sold % 3))
            shop.till.print(noise)
            wait_silence()
            assert shop.status().accepted == sold - 1, noise.hex()
            shop.till.print(receipt(f"2026-{sold:04d}", sold * 100))
            shop.wait_accepted(sold)
            earned += sold
    # A burst on the line, as when its plug is touched, and no pause at all before the paper.
    sold += 1
    shop.tap(card(sold % 3))
    shop.till.print(b"\x00\xff\xfe\x00\x80\xff" + receipt(f"2026-{sold:04d}", sold * 100))
    shop.wait_settled(sold)
    earned += sold
    assert sum(one.available for one in shop.ledger.balances()) == earned
    assert shop.status().anonymous_sales == 0
    assert shop.close_day() == ()


def test_a_till_unplugged_in_the_middle_of_a_receipt_is_heard_again(open_shop: OpenShop) -> None:
    """Half a receipt is no sale, the screen names the cable, and the reprint counts once."""
    shop = open_shop(ShopOptions())
    paper = receipt("2026-0001", 1_500)
    shop.tap(card(1))
    shop.till.print(paper[: len(paper) // 2])
    shop.till.unplug()
    shop.wait_status(lambda status: status.till == "down", "the lost till")
    shop.wait_screen(TEXTS.write("notice.till_lost"))
    shop.till.plug()
    shop.wait_status(lambda status: status.till == "up", "the till again")
    shop.till.print(paper)
    shop.wait_settled(1)
    assert [one.available for one in shop.ledger.balances()] == [15]
    assert shop.close_day() == ()


def test_a_reader_that_goes_and_comes_needs_no_new_agent(open_shop: OpenShop) -> None:
    """Its daemon killed, its plug pulled: the screen says so, and the next tap works each time."""
    shop = open_shop(ShopOptions())
    pid = shop.agent.pid
    shop.sell(card(1), "2026-0001", 1_000)

    shop.daemon.kill()
    shop.wait_status(lambda status: status.reader == "service_lost", "the lost daemon")
    shop.wait_screen(TEXTS.write("notice.reader_lost"))
    shop.daemon.start()
    shop.wait_status(lambda status: status.reader == "ready", "the reader again")
    shop.sell(card(2), "2026-0002", 1_000)

    shop.daemon.stop()
    shop.daemon.start([])
    shop.wait_status(lambda status: status.reader == "reader_lost", "the unplugged reader")
    shop.daemon.stop()
    shop.daemon.start()
    shop.wait_status(lambda status: status.reader == "ready", "the reader again")
    shop.sell(card(3), "2026-0003", 1_000)

    # In the middle of a visit: the card was seen, so the sale still finds its owner.
    shop.tap(card(4))
    shop.daemon.kill()
    shop.till.print(receipt("2026-0004", 1_000))
    shop.wait_settled(4)
    assert shop.agent.pid == pid
    assert shop.agent.running
    assert [one.available for one in shop.ledger.balances()] == [10] * 4
    assert shop.close_day() == ()


def test_a_card_pulled_away_in_mid_dialogue_is_told_to_stay(open_shop: OpenShop) -> None:
    """The screen says what to do (both languages have the text), and the next try works."""
    assert load_texts(Language.FA).write("trouble.removed_early")
    # Nobody is as fast as this test; without these it would wait for what only people need.
    hurried = {"waits.show_ms": "500", "reader.debounce_ms": "0"}
    shop = open_shop(ShopOptions(settings={**IMPATIENT, **hurried}))
    for number, fault in enumerate((CardFault.TEAR_BEFORE, CardFault.TEAR_AFTER), start=1):
        shop.wait_idle()
        shop.slot.insert(FaultyCard(card(number), {0: fault}))
        shop.wait_screen(TEXTS.write("trouble.removed_early"), times=number)
        assert shop.status().state == "idle"
        # At once, before the reader's driver has even seen the first one leave.
        shop.sell(card(number), f"2026-000{number}", 1_200)
        shop.wait_settled(number)
    assert [one.available for one in shop.ledger.balances()] == [12, 12]
    assert shop.close_day() == ()
