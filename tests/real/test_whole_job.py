"""The whole main job with nothing simulated but the plastic and the paper.

A virtual card behind the real pcscd, a receipt from python-escpos on a pseudo-terminal, a real
Mosquitto with mutual TLS and access rules, gateway and agent as processes of the shipped command.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from escpos.printer import Dummy

from gateway.crypto.seal import parse_envelope
from gateway.ledger.kinds import JournalKind
from gateway.wire.transaction import decode_transaction
from simulators.card import UidCard
from simulators.command_process import run_mohr
from simulators.process_setup import ShopOptions
from simulators.process_shop import ProcessShop

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(300)]

UID = bytes.fromhex("04a1b2c3d4e5f6")


def printed(number: str, items: list[tuple[str, int]]) -> bytes:
    """A receipt by an independent maker: python-escpos with an Epson's capabilities."""
    total_minor = sum(amount_minor for _, amount_minor in items)
    printer = Dummy(profile="TM-T88V")
    printer.hw("INIT")
    printer.set(align="center", bold=True)
    printer.text("CAFÉ AM ECK\n")
    printer.set(align="left", bold=False)
    printer.text(f"Beleg-Nr: {number}\n23.11.2026 10:15\n")
    for label, amount_minor in items:
        printer.text(f"1 x {label:<26}{euro(amount_minor):>12}\n")
    printer.set(bold=True, double_height=True)
    printer.text(f"{'SUMME EUR':<30}{euro(total_minor):>12}\n")
    printer.set(bold=False, normal_textsize=True)
    printer.text(f"{'Gegeben BAR €':<30}{euro(total_minor):>12}\n")
    printer.text("Vielen Dank!\n")
    printer.cut()
    return bytes(printer.output)


def euro(amount_minor: int) -> str:
    """An amount as a German till prints it."""
    return f"{amount_minor // 100},{amount_minor % 100:02d}"


def outcomes(shop: ProcessShop) -> list[str]:
    """What became of each transaction, in the ledger's order."""
    told = []
    for row in shop.ledger.journal():
        if row.kind is JournalKind.TRANSACTION:
            assert row.envelope is not None
            transaction = decode_transaction(parse_envelope(row.envelope).payload)
            told.append(f"{transaction.kind} {row.status}")
    return told


def points(shop: ProcessShop) -> list[int]:
    """Every member's spendable points."""
    return [member.available for member in shop.ledger.balances()]


def test_a_tap_and_a_receipt_become_a_posting_a_redemption_and_a_refund(
    open_shop: Callable[[ShopOptions], ProcessShop],
) -> None:
    """The whole main job on real input ends in right balances and a clean audit."""
    settings = {"waits.show_ms": "2000"}
    shop = open_shop(
        ShopOptions(tls=True, language="fa", baud=19_200, settings=settings, commands=run_mohr)
    )
    card = UidCard(UID)

    shop.tap(card)
    shop.till.print(printed("2026-0001", [("Frühstück", 2_480), ("Orangensaft", 420)]))
    shop.wait_settled(1)
    shop.wait_idle()

    shop.tap(card)
    shop.cashier("total", "785")
    shop.cashier("redeem", "10")
    shop.wait_status(lambda status: status.state == "reserved", "the reserved points")
    shop.till.print(printed("2026-0002", [("Käsekuchen", 495), ("Tee", 290)]))
    shop.wait_settled(3)
    assert outcomes(shop) == ["earn applied", "redeem applied", "earn applied"]
    assert shop.findings() == ()
    # 29 for the first sale, ten spent, six for what the second cost after them.
    assert points(shop) == [25]

    shop.cashier("refund", "2026-0002")
    shop.wait_settled(4)
    assert outcomes(shop)[3:] == ["refund applied"]
    assert shop.findings() == ()
    assert points(shop) == [29]
    for log in (shop.agent.log, shop.gateway.log):
        said = log.read_text(encoding="utf-8")
        assert UID.hex() not in said.lower(), "a card's number must never reach a log"
