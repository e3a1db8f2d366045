"""What the cashier, or an integrator's button, may ask for, and what becomes of it."""

from __future__ import annotations

from typing import Final, assert_never

from gateway.clock import Clock
from gateway.model.ids import SaleKey
from gateway.model.transaction import Kind, SaleReference
from terminal_agent.asking import Asker
from terminal_agent.control import AnswerCode, Cancel, Enrol, Redeem, Refund, Total
from terminal_agent.counter import Counter
from terminal_agent.journal.journal import Journal
from terminal_agent.sealing import Content
from terminal_agent.session.events import OperatorCancelled, RedeemAsked, SaleOffered
from terminal_agent.session.states import State
from terminal_agent.session.view import Refusal, Screen
from terminal_agent.standing import Standing

CashierCommand = Total | Redeem | Refund | Enrol | Cancel

_REFUSED: Final = {
    Refusal.JOURNAL_FULL: AnswerCode.JOURNAL_FULL,
    Refusal.JOURNAL_FORKED: AnswerCode.JOURNAL_FORKED,
}


class Cashier:
    """Carries a cashier's commands out at one counter."""

    def __init__(
        self,
        *,
        counter: Counter,
        standing: Standing,
        asker: Asker,
        journal: Journal,
        clock: Clock,
    ) -> None:
        """Serve this counter."""
        self._counter = counter
        self._standing = standing
        self._asker = asker
        self._journal = journal
        self._clock = clock

    def carry_out(self, command: CashierCommand) -> AnswerCode:
        """Carry a command out, and say what became of it.

        Nothing but a cancellation means anything before the gateway's first configuration.
        """
        if isinstance(command, Cancel):
            return self._cancel()
        if self._standing.version == 0:
            return AnswerCode.NOT_CONFIGURED
        match command:
            case Total(total_minor=total_minor):
                return self._total(total_minor)
            case Redeem(points=points):
                return self._redeem(points)
            case Enrol():
                return self._enrol()
            case Refund(receipt_number=number):
                return self._refund(number)
            case _:
                assert_never(command)

    def _cancel(self) -> AnswerCode:
        if self._counter.session.state is State.IDLE:
            return AnswerCode.NOTHING_TO_CANCEL
        self._counter.feed(OperatorCancelled(now_ms=self._clock.monotonic_ms()))
        return AnswerCode.DONE

    def _total(self, total_minor: int) -> AnswerCode:
        key = SaleKey(self._asker.fresh_id())
        self._counter.feed(
            SaleOffered(now_ms=self._clock.monotonic_ms(), total_minor=total_minor, key=key)
        )
        return AnswerCode.DONE

    def _redeem(self, points: int | None) -> AnswerCode:
        before = self._counter.session
        asked = RedeemAsked(
            now_ms=self._clock.monotonic_ms(), points=points, request_id=self._asker.fresh_id()
        )
        self._counter.feed(asked)
        if before.state in (State.AUTHORISING, State.RESERVED):
            return AnswerCode.BUSY
        if self._counter.session.state is State.AUTHORISING:
            return AnswerCode.ASKED
        if before.card is None:
            return AnswerCode.NO_CARD
        return AnswerCode.NO_SALE if before.offer is None else AnswerCode.NOT_REDEEMABLE

    def _enrol(self) -> AnswerCode:
        card = self._counter.session.card
        if card is None:
            return AnswerCode.NO_CARD
        refusal = self._counter.record(Content(kind=Kind.ENROL, card=card), Screen.ENROLLED)
        return AnswerCode.DONE if refusal is None else _REFUSED[refusal]

    def _refund(self, receipt_number: str) -> AnswerCode:
        key = self._journal.find_sale(receipt_number)
        original = SaleReference(key=key, receipt_number=receipt_number)
        content = Content(kind=Kind.REFUND, original=original)
        refusal = self._counter.record(content, Screen.REFUND_ACCEPTED)
        if refusal is not None:
            return _REFUSED[refusal]
        return AnswerCode.SALE_NOT_FOUND if key is None else AnswerCode.DONE
