"""A terminal that hears two lines of one till, as real processes: printer and customer display."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.card import UidCard
from simulators.command_process import run_mohr
from simulators.process_setup import ShopOptions, receipt
from simulators.process_shop import ProcessShop
from simulators.till import PtyTill
from simulators.tills.sayings import Saying, sayings
from terminal_agent.pos.profile import Dialect

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(120)]

OpenShop = Callable[[ShopOptions], ProcessShop]
#: A display's total is believed once it rests; customers look at it for longer than that.
LOOKED_AT_S = 1.0


@pytest.fixture
def display(tmp_path: Path) -> Iterator[PtyTill]:
    """A customer display's cable."""
    folder = tmp_path / "display"
    folder.mkdir()
    with PtyTill(folder, baud=9_600) as made:
        yield made


@pytest.fixture
def shop(open_shop: OpenShop, display: PtyTill) -> ProcessShop:
    """A shop whose terminal hears its till's printer and its display."""
    opened = open_shop(ShopOptions(agent=False))
    settings = opened.terminal_dir / "terminal.toml"
    line = (
        f'\n[[pos.lines]]\nname = "display"\ndevice = "{display.device}"\nprofile = "cd5220-eur"\n'
    )
    settings.write_text(settings.read_text("utf-8") + line, "utf-8")
    opened.agent.start()
    opened.wait_open()
    return opened


def shown(seed: int) -> Saying:
    """A total on the display."""
    return next(sayings(Dialect.CD5220, seed, 1))


def bare_paper(number: str, total_minor: int) -> bytes:
    """A paper with a total and nothing that could confirm it: no goods, no tax, no payment."""
    total = f"{total_minor // 100},{total_minor % 100:02d}"
    lines = ("CAFE AM ECK", f"Beleg-Nr: {number}", "23.11.2026 10:15", f"SUMME EUR {total}")
    return b"\x1b@" + "".join(f"{line}\n" for line in lines).encode("ascii") + b"\n\x1dVA\x03"


def look_at(display: PtyTill, saying: Saying) -> None:
    """The display shows a total, and the customer reads it."""
    display.print(saying.data)
    threading.Event().wait(LOOKED_AT_S)


def reviews(shop: ProcessShop) -> list[dict[str, Any]]:
    """The receipts that wait for a person."""
    told = run_mohr("ledger", "review", "list", "--json", "--dir", str(shop.gateway_dir))
    found: list[dict[str, Any]] = json.loads(told)
    return found


def points(shop: ProcessShop) -> int:
    """What all members have together."""
    return sum(one.available for one in shop.ledger.balances())


def test_a_display_confirms_a_bare_paper_or_has_a_person_asked(
    shop: ProcessShop, display: PtyTill
) -> None:
    """The same total on both is a sale; two totals, or a display that fell silent, are not."""
    confirmed, other, after = shown(1), shown(2), shown(3)
    shop.tap(UidCard(bytes.fromhex("04a1b2c3000001")))
    look_at(display, confirmed)
    shop.till.print(bare_paper("101", confirmed.amount_minor))
    shop.wait_settled(1)
    earned = confirmed.amount_minor // 100
    assert (points(shop), reviews(shop)) == (earned, [])

    shop.tap(UidCard(bytes.fromhex("04a1b2c3000002")))
    look_at(display, other)
    shop.till.print(bare_paper("102", other.amount_minor + 100))
    shop.wait_settled(2)
    (asked,) = reviews(shop)
    assert asked["receipt_number"] == "102"
    assert asked["reasons"]
    assert points(shop) == earned

    shop.tap(UidCard(bytes.fromhex("04a1b2c3000003")))
    look_at(display, after)
    shop.agent.kill()
    shop.agent.start()
    shop.wait_open()
    shop.till.print(bare_paper("103", after.amount_minor))
    shop.wait_settled(3)
    assert {one["receipt_number"] for one in reviews(shop)} == {"102", "103"}
    assert points(shop) == earned
    assert shop.findings() == ()


def test_a_display_that_is_unplugged_is_said_and_stops_no_sure_sale(
    shop: ProcessShop, display: PtyTill
) -> None:
    """One line down: the till counts as not heard, sure papers are sales all the same."""
    display.unplug()
    shop.wait_status(lambda status: status.till == "down", "the display's line to be missed")
    shop.tap(UidCard(bytes.fromhex("04a1b2c3000001")))
    shop.till.print(receipt("2026-0201", 4_200))
    shop.wait_settled(1)
    assert points(shop) == 42
    display.plug()
    shop.wait_open()
    said = shown(4)
    look_at(display, said)
    shop.till.print(bare_paper("202", said.amount_minor))
    shop.wait_status(lambda status: status.anonymous_sales == 1, "the sale without a card")
    assert reviews(shop) == []
