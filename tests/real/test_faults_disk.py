"""Full disks and failing writes on either side: refused and said so, never lost, never overwritten.

A disk is filled for real where the machine lets us mount one. Where it does not, the tests with a
failing write (EFBIG) still hold both sides to the same promise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.formatting.numbers import Language
from gateway.model.ids import EnvelopeHash
from simulators.card import UidCard
from simulators.command_process import MohrProcess
from simulators.process_setup import IMPATIENT, TERMINAL, ShopOptions, receipt
from simulators.process_shop import ProcessShop
from simulators.small_disk import SmallDisk, SmallDiskError, limit_files
from terminal_agent.texts.catalogue import load_texts

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(600)]

OpenShop = Callable[[ShopOptions], ProcessShop]
#: Below the reserve of one mebibyte that these tests give the journal, and enough to settle in.
BELOW_RESERVE_BYTES = 600_000
#: Nobody taps as fast as these tests do; a card that comes back at once is a tap here.
SMALL_RESERVE = {**IMPATIENT, "journal.reserve_mib": "1", "reader.debounce_ms": "0"}
FAULT_EXIT = 2


@pytest.fixture
def mounted() -> Iterator[Callable[[Path], SmallDisk]]:
    """Mounts small disks that are gone after the test."""
    with ExitStack() as stack:

        def mount(folder: Path) -> SmallDisk:
            try:
                return stack.enter_context(SmallDisk(folder, size_mib=12))
            except SmallDiskError as error:
                pytest.skip(f"no disk can be mounted here, a failing write is tested: {error}")

        yield mount


def card(number: int) -> UidCard:
    """The ``number``-th customer's card."""
    return UidCard(bytes.fromhex("04d15c") + number.to_bytes(4))


def stop_growing(process: MohrProcess, write_ahead_log: Path) -> None:
    """From now on the process's database cannot grow, while its shorter text log still can."""
    assert process.pid is not None
    size_bytes = write_ahead_log.stat().st_size
    assert size_bytes > 4 * process.log.stat().st_size
    limit_files(process.pid, size_bytes)


def sell(shop: ProcessShop, *numbers: int) -> None:
    """One sale over as many euro as each number says, by a customer of its own."""
    for number in numbers:
        shop.sell(card(number), f"2026-{number:04d}", number * 100)


def points(shop: ProcessShop) -> int:
    """What all members have together."""
    return sum(one.available for one in shop.ledger.balances())


def wait_while_full(shop: ProcessShop, *numbers: int) -> None:
    """Sell while the gateway cannot keep anything, and see that it acknowledges nothing."""
    settled = shop.status().settled
    sell(shop, *numbers)
    shop.wait(lambda: shop.stats().store_full, "the gateway to say that its disk is full")
    assert shop.stats().waiting > 0, "what cannot be kept is not acknowledged"
    status = shop.status()
    assert (status.settled, status.pending) == (settled, len(numbers))
    assert "Make space: the gateway goes on by itself" in shop.gateway.said()
    assert len(shop.in_ledger()) == settled


def test_a_full_disk_at_the_gateway_makes_everything_wait(
    tmp_path: Path, mounted: Callable[[Path], SmallDisk], open_shop: OpenShop
) -> None:
    """Nothing is acknowledged or lost while it is full; with space it goes on by itself."""
    disk = mounted(tmp_path / "gateway")
    shop = open_shop(ShopOptions())
    sell(shop, 1, 2)
    shop.wait_settled(2)
    disk.fill()
    wait_while_full(shop, 3, 4, 5)
    disk.free()
    shop.wait_settled(5)
    assert not shop.stats().store_full
    assert points(shop) == 1 + 2 + 3 + 4 + 5
    assert shop.close_day() == ()


def test_a_gateway_whose_writes_fail_makes_everything_wait(open_shop: OpenShop) -> None:
    """A failing write is met like a full disk, and by a gateway killed meanwhile as well."""
    shop = open_shop(ShopOptions())
    sell(shop, 1, 2)
    shop.wait_settled(2)
    stop_growing(shop.gateway, shop.gateway_dir / "ledger.db-wal")
    wait_while_full(shop, 3, 4)
    shop.gateway.kill()
    shop.gateway.start()
    shop.wait_settled(4)
    sell(shop, 5)
    shop.wait_settled(5)
    assert points(shop) == 1 + 2 + 3 + 4 + 5
    assert shop.close_day() == ()


def refused_sale(shop: ProcessShop, number: int, language: Language) -> None:
    """Try a sale that the terminal refuses, saying in this language what to do."""
    before = shop.status().accepted
    shop.tap(card(number))
    shop.till.print(receipt(f"2026-{number:04d}", number * 100))
    shop.wait_status(lambda status: status.state == "refused", "the refusal")
    texts = load_texts(language)
    for wanted in ("screen.refused", "refusal.journal_full"):
        shop.wait_screen(texts.write(wanted))
    assert shop.status().accepted == before


def kept(shop: ProcessShop) -> dict[int, EnvelopeHash]:
    """Stop the agent and read what its journal holds."""
    shop.agent.stop()
    return shop.in_journal()


def test_a_full_disk_at_the_terminal_is_said_and_overwrites_nothing(
    tmp_path: Path, mounted: Callable[[Path], SmallDisk], open_shop: OpenShop
) -> None:
    """Refused in both languages, still settling; with space it accepts on from the next number."""
    disk = mounted(tmp_path / TERMINAL)
    shop = open_shop(ShopOptions(settings=SMALL_RESERVE))
    sell(shop, 1, 2)
    shop.wait_settled(2)
    shop.gateway.stop()
    sell(shop, 3, 4)
    disk.fill(leave_bytes=BELOW_RESERVE_BYTES)
    refused_sale(shop, 5, Language.EN)
    before = kept(shop)
    shop.agent.start(environment={"MOHR_TERMINAL_DISPLAY__LANGUAGE": "fa"})
    shop.gateway.start()
    shop.wait_open()
    refused_sale(shop, 5, Language.FA)
    # The reserve is there for this: what was accepted settles while nothing new is accepted.
    shop.wait_settled(4)
    assert kept(shop) == before
    disk.free()
    shop.agent.start()
    shop.wait_open()
    sell(shop, 5, 6)
    shop.wait_settled(6)
    assert points(shop) == 1 + 2 + 3 + 4 + 5 + 6
    assert shop.close_day() == ()
    assert list(shop.in_journal().items())[:4] == list(before.items())


def test_a_disk_without_one_free_byte_stops_no_agent(
    tmp_path: Path, mounted: Callable[[Path], SmallDisk], open_shop: OpenShop
) -> None:
    """Where something else took even the reserve, the agent refuses, waits, and goes on."""
    disk = mounted(tmp_path / TERMINAL)
    shop = open_shop(ShopOptions(settings=SMALL_RESERVE))
    sell(shop, 1)
    shop.wait_settled(1)
    shop.gateway.stop()
    sell(shop, 2, 3)
    pid = shop.agent.pid
    disk.fill()
    shop.gateway.start()
    shop.wait_screen("message not kept: make room")
    refused_sale(shop, 4, Language.EN)
    disk.free()
    sell(shop, 4)
    shop.wait_settled(4)
    assert shop.agent.pid == pid
    assert shop.agent.running
    assert points(shop) == 1 + 2 + 3 + 4
    assert shop.close_day() == ()


def test_a_terminal_that_cannot_write_says_so_and_goes_on_after_a_restart(
    open_shop: OpenShop,
) -> None:
    """A failing write ends the agent with a word for the cashier; no number is used up."""
    shop = open_shop(ShopOptions())
    sell(shop, 1, 2)
    shop.wait_settled(2)
    shop.tap(card(3))
    stop_growing(shop.agent, shop.terminal_dir / "journal-1.sqlite3-wal")
    shop.till.print(receipt("2026-0003", 300))
    assert shop.agent.wait_end() == FAULT_EXIT
    assert load_texts(Language.EN).write("screen.fault") in shop.agent.said()
    assert set(shop.in_journal()) == {1, 2}
    shop.agent.start()
    shop.wait_open()
    sell(shop, 3, 4)
    shop.wait_settled(4)
    assert points(shop) == 1 + 2 + 3 + 4
    assert shop.close_day() == ()
