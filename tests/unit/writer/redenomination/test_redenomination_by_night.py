"""Whom the desk names and whom nobody touched is brought over too."""

from __future__ import annotations

from gateway.ledger.rows_members import WalletRow
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.outcome import Reason, Status
from gateway.model.rules.earning import Unit
from simulators.given.teheran import GIFT, Teheran
from simulators.rules_shop import Purse
from simulators.rules_till import RulesTill


def test_the_desk_brings_over_whom_it_names(shop: Teheran, till: RulesTill) -> None:
    """Who gives and who gets credit has tomans before the rules of credit are asked."""
    shop.do(till.load("ada", 1_000_000), till.load("bob", 500_000))
    shop.change_over()
    ada, bob = shop.member("ada"), shop.member("bob")
    shop.command(LedgerCommandKind.ADJUST, member_id=ada, unit=Unit.CREDIT, amount=-4_000)
    moved = shop.command(
        LedgerCommandKind.TRANSFER, member_id=ada, other_member_id=bob, amount=6_000
    )
    assert moved.status is Status.APPLIED
    assert (shop.tomans("ada"), shop.tomans("bob")) == (Purse(), Purse(active=11_000))


def test_a_refused_command_brings_nothing_over(shop: Teheran, till: RulesTill) -> None:
    """What is refused is not written, and neither is what was brought over for it."""
    shop.do(till.load("ada", 1_000_000))
    shop.change_over()
    ada = shop.member("ada")
    more = shop.command(LedgerCommandKind.ADJUST, member_id=ada, unit=Unit.CREDIT, amount=-10_001)
    assert more.reason is Reason.INSUFFICIENT_CREDIT
    assert shop.rials("ada") == Purse(active=1_000_000)


def test_the_night_brings_over_whom_nobody_touched(shop: Teheran, till: RulesTill) -> None:
    """Before anything else a night lets follow what is left, in slices that change nothing."""
    for number in range(5):
        shop.do(till.load(f"member {number}", 100_000), till.load(f"card {number}", 200_000, GIFT))
    shop.change_over()
    shop.later(days=1)
    while shop.writer.night(shop.now_ms, 2).left:
        shop.check()
    shop.check()
    assert len(shop.brought_over()) == 10
    left = [row for row in shop.rows(WalletRow) if row.ledger.endswith(":IRR")]
    assert [(row.available, row.pending) for row in left] == [(0, 0)] * 10
    new = [row for row in shop.rows(WalletRow) if row.ledger.endswith(":IRT")]
    assert sorted(row.available for row in new) == [1_000] * 5 + [2_000] * 5
    assert shop.writer.night(shop.now_ms, 2).journalled == 0


def test_a_night_that_loses_power_after_each_part_gets_to_its_end(
    shop: Teheran, till: RulesTill
) -> None:
    """What a night did is durable, and what is left of it does not begin from the first anew."""
    for number in range(3):
        shop.do(till.load(f"card {number}", 200_000, GIFT))
    shop.change_over()
    shop.later(days=1)
    for _ in range(20):
        shop.restart()
        if not shop.writer.night(shop.now_ms, 1).left:
            break
    assert len(shop.brought_over()) == 3
    assert not shop.writer.night(shop.now_ms, 1).left
