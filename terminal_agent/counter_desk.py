"""The counter's answers to a till that asks: a balance, or points that are to pay its sale.

Only the card that is at the counter is spoken of. Whether it may pay, by its kind and by what it
has proved, the gateway decides, as for a cashier who asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.clock import Clock
from gateway.model.ids import HoldId
from terminal_agent import commands
from terminal_agent.cashier import Cashier
from terminal_agent.control import AnswerCode
from terminal_agent.counter import Counter
from terminal_agent.pos.line_protocol.replies import Result, ResultStatus
from terminal_agent.pos.line_protocol.steps import Question
from terminal_agent.session.paying import due_minor
from terminal_agent.standing import Standing
from terminal_agent.till_desk import TillDesk

#: A balance that the gateway has not told by then is not told.
_BALANCE_WAIT_MS: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Redeeming:
    request_id: str
    hold_id: HoldId


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looking:
    request_id: str
    until_ms: int


class CounterDesk(TillDesk):
    """Puts a till's questions to the counter as a cashier would, and watches for what becomes."""

    def __init__(
        self, counter: Counter, cashier: Cashier, standing: Standing, clock: Clock
    ) -> None:
        """Answer for this counter."""
        self._standing = standing
        self._counter = counter
        self._cashier = cashier
        self._clock = clock
        self._open: list[_Redeeming | _Looking] = []
        self._results: list[Result] = []

    @property
    def ready(self) -> bool:
        """See ``TillDesk``."""
        return self._standing.version != 0 and not self._counter.stopped

    def ask(self, question: Question) -> None:
        """See ``TillDesk``."""
        if self._counter.session.card is None:
            self._refuse(question.request_id, AnswerCode.NO_CARD)
        elif question.sale_key is None:
            until_ms = self._clock.monotonic_ms() + _BALANCE_WAIT_MS
            self._open.append(_Looking(request_id=question.request_id, until_ms=until_ms))
        else:
            self._redeem(question)

    def withdraw(self, request_id: str) -> None:
        """See ``TillDesk``."""
        for one in [one for one in self._open if one.request_id == request_id]:
            self._open.remove(one)
            asked = self._counter.session.asked
            waits = None if asked is None else asked.request_id
            if isinstance(one, _Redeeming) and waits == one.hold_id:
                self._cashier.carry_out(commands.Cancel())

    def results(self) -> tuple[Result, ...]:
        """See ``TillDesk``."""
        for one in list(self._open):
            result = self._redeemed(one) if isinstance(one, _Redeeming) else self._looked_up(one)
            if result is not None:
                self._open.remove(one)
                self._results.append(result)
        told, self._results = tuple(self._results), []
        return told

    def _redeem(self, question: Question) -> None:
        offer = self._counter.session.offer
        if offer is None or offer.key != question.sale_key:
            self._refuse(question.request_id, AnswerCode.NO_SALE)
            return
        code = self._cashier.carry_out(commands.Redeem(points=question.points))
        asked = self._counter.session.asked
        if code is AnswerCode.ASKED and asked is not None:
            self._open.append(_Redeeming(request_id=question.request_id, hold_id=asked.request_id))
        else:
            self._refuse(question.request_id, code)

    def _redeemed(self, one: _Redeeming) -> Result | None:
        session = self._counter.session
        for grant in session.grants:
            if grant.hold_id == one.hold_id and session.offer is not None:
                return Result(
                    id=one.request_id,
                    status=ResultStatus.GRANTED,
                    points=grant.points,
                    amount_minor=grant.amount_minor,
                    due_minor=due_minor(session.offer, session.grants),
                )
        if session.asked is not None and session.asked.request_id == one.hold_id:
            return None
        why = session.reason.value if session.reason is not None else None
        if why is None and session.notice is not None:
            why = session.notice.value
        return _refused(one.request_id, why or AnswerCode.NOT_REDEEMABLE.value)

    def _looked_up(self, one: _Looking) -> Result | None:
        session = self._counter.session
        if session.card is None:
            return _refused(one.request_id, AnswerCode.NO_CARD.value)
        if session.balance_points is not None:
            return Result(
                id=one.request_id, status=ResultStatus.GRANTED, points=session.balance_points
            )
        if session.reason is not None:
            return _refused(one.request_id, session.reason.value)
        if self._clock.monotonic_ms() >= one.until_ms:
            return _refused(one.request_id, AnswerCode.NOT_KNOWN_YET.value)
        return None

    def _refuse(self, request_id: str, code: AnswerCode) -> None:
        self._results.append(_refused(request_id, code.value))


def _refused(request_id: str, code: str) -> Result:
    return Result(id=request_id, status=ResultStatus.REFUSED, code=code)
