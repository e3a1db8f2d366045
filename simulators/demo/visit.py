"""The scripted visit of ``mohr demo --once``: join, buy, buy again, redeem, bring back.

Each step waits for what a person would wait for: the display, and then the sealed receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.model.outcome import Status
from gateway.model.receipt import Result
from simulators.card import UidCard
from simulators.demo.house import DemoError, DemoHouse
from simulators.receipts import ReceiptItem, ReceiptLanguage, TillReceipt, render_receipt
from simulators.test_bench.counter import SimCounter
from terminal_agent.control import AnswerCode, AskStatus, Redeem, Refund, Total
from terminal_agent.session.view import Screen

CARD: Final = UidCard(bytes.fromhex("04a1b2c3d4e5f6"))

_FIRST: Final = (
    ReceiptItem(label="Breakfast for two", amount_minor=2_480),
    ReceiptItem(label="Orange juice", amount_minor=420),
)
_SECOND: Final = (ReceiptItem(label="Cappuccino", amount_minor=390),)
_THIRD: Final = (
    ReceiptItem(label="Cheesecake", amount_minor=495),
    ReceiptItem(label="Tea", amount_minor=290),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitStep:
    """One thing that happened, and what the gateway's sealed receipts said of it.

    Attributes:
        step: what the customer did.
        terminal: at which till.
        transactions: (seq, status, points, balance) of each transaction of it.
        balance_points: the member's balance afterwards.
        expected_points: what it must be by the rules.
    """

    step: str
    terminal: str
    transactions: tuple[dict[str, object], ...]
    balance_points: int | None
    expected_points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitReport:
    """The whole visit."""

    steps: tuple[VisitStep, ...]
    receipts_verified: int
    receipts_failed: int
    balance_points: int | None
    audit: str
    right: bool


def run_visit(house: DemoHouse) -> VisitReport:
    """Play the visit.

    Raises:
        DemoError: if something does not happen in time.
    """
    first, second = house.tills[0], house.tills[-1]
    steps = (
        _buy(house, first, "joins with the first purchase", ("0001", _FIRST), expected=29),
        _buy(house, first, "buys again", ("0002", _SECOND), expected=32),
        _redeem(house, second, ("7001", _THIRD), expected=28),
        _refund(house, second, "7001", expected=32),
    )
    audit = house.audit()
    balances = house.queries().balances()
    balance = balances[0].available if len(balances) == 1 else None
    # Receipts also repeat; what counts is that each was sealed by the gateway.
    seen = house.receipts
    right = (
        all(step.balance_points == step.expected_points for step in steps)
        and all(one["status"] == Status.APPLIED for step in steps for one in step.transactions)
        and balance == steps[-1].expected_points
        and seen.failed == 0
        and audit.clean
    )
    return VisitReport(
        steps=steps,
        receipts_verified=seen.verified,
        receipts_failed=seen.failed,
        balance_points=balance,
        audit="clean" if audit.clean else "findings",
        right=right,
    )


def _buy(
    house: DemoHouse,
    till: SimCounter,
    step: str,
    paper: tuple[str, tuple[ReceiptItem, ...]],
    *,
    expected: int,
) -> VisitStep:
    before = _accepted(till)
    _tap(till)
    till.print(render_receipt(_paper(*paper)))
    return _settled(house, till, step, before, expected)


def _redeem(
    house: DemoHouse,
    till: SimCounter,
    paper: tuple[str, tuple[ReceiptItem, ...]],
    *,
    expected: int,
) -> VisitStep:
    """The total is keyed in first: this till prints only when everything is paid."""
    before = _accepted(till)
    receipt = _paper(*paper)
    _tap(till)
    till.tell(Total(total_minor=receipt.total_minor))
    answer = till.tell(Redeem(points=10))
    if answer.code is not AnswerCode.ASKED:
        raise DemoError(f"the agent would not ask for a redemption: {answer.code}")
    till.wait_view(lambda view: view.screen is Screen.RESERVED, "the reserved points")
    till.print(render_receipt(receipt))
    return _settled(house, till, "pays 1.00 with 10 points", before, expected)


def _refund(house: DemoHouse, till: SimCounter, number: str, *, expected: int) -> VisitStep:
    before = _accepted(till)
    answer = till.tell(Refund(receipt_number=number))
    if answer.code is not AnswerCode.DONE:
        raise DemoError(f"the agent would not refund: {answer.code}")
    return _settled(house, till, "brings the third purchase back", before, expected)


def _tap(till: SimCounter) -> None:
    till.wait_view(lambda view: view.screen is Screen.READY, "the till to be free")
    till.tap(CARD)
    till.wait_view(
        lambda view: view.screen is Screen.CARD and view.balance_points is not None, "the balance"
    )


def _settled(
    house: DemoHouse, till: SimCounter, step: str, before: int, expected: int
) -> VisitStep:
    def everything() -> list[Result] | None:
        after = _accepted(till)
        results = [house.receipts.result(till.name, seq) for seq in range(before + 1, after + 1)]
        known = [result for result in results if result is not None]
        return known if known and len(known) == len(results) else None

    results = till.wait(everything, f"the receipt of: {step}")
    return VisitStep(
        step=step,
        terminal=till.name,
        transactions=tuple(_told(result) for result in results),
        balance_points=results[-1].balance_points,
        expected_points=expected,
    )


def _told(result: Result) -> dict[str, object]:
    return {
        "seq": result.seq,
        "status": result.status,
        "reason": result.reason,
        "points": result.points,
        "balance_points": result.balance_points,
    }


def _accepted(till: SimCounter) -> int:
    status = till.tell(AskStatus()).status
    if status is None:
        raise DemoError(f"{till.name} gave no status")
    return status.accepted


def _paper(number: str, items: tuple[ReceiptItem, ...]) -> TillReceipt:
    return TillReceipt(
        shop="Corner Café",
        items=items,
        receipt_number=number,
        printed_at="23.11.2026 10:15",
        language=ReceiptLanguage.ENGLISH,
    )
