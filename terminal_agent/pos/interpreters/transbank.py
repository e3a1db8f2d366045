"""Transbank POS Integrado (Chile): fields between bars, the first says which message it is.

Fields as the documentation and Transbank's own SDK have them. A sale is 0200 or 0270 (several
shops in one), answered by 0210 or 0271; 1200 takes an operation back, answered by 1210. What a
terminal tells of sales that are past (0260, 0261) is no sale.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from terminal_agent.pos.framers.stx import StxEvent, StxFrame
from terminal_agent.pos.interpreters.payment_interpreter import PaymentInterpreter
from terminal_agent.pos.interpreters.payment_pairing import PaymentAnswer, PaymentPairing
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.payments import PaymentKind, PaymentSeen, PaymentStatus
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile import ShopProfile

_SALES: Final = frozenset({"0200", "0270"})
_SALES_ANSWERED: Final = frozenset({"0210", "0271"})
_REFUND, _REFUND_ANSWERED = "1200", "1210"
_AMOUNT_DIGITS_MAX: Final = 9
_DONE: Final = "00"
_CODE, _TICKET, _AMOUNT, _OPERATION, _DATE, _TIME = 1, 4, 6, 10, 15, 16


class TransbankInterpreter(PaymentInterpreter[StxEvent]):
    """Reads sales and refunds; the messages differ by their numbers, so one wire will do."""

    def __init__(self, profile: ShopProfile) -> None:
        """Start with nothing asked."""
        self._currency = profile.currency.code
        self._pairing = PaymentPairing(self._currency)
        self._taken_back: str | None = None

    def on_frame(self, frame: StxEvent, direction: Direction) -> Sequence[TillEvent]:  # noqa: ARG002 - told by the number
        """See ``PaymentInterpreter``."""
        if not isinstance(frame, StxFrame):
            return []
        fields = frame.body.decode("ascii", "replace").split("|")
        if fields[0] in _SALES:
            return self._on_sale(fields, frame.body)
        if fields[0] == _REFUND:
            return self._on_refund(fields, frame.body)
        if fields[0] in _SALES_ANSWERED:
            return self._pairing.answer(_sale_answer(fields, frame.body))
        if fields[0] == _REFUND_ANSWERED:
            return self._pairing.answer(self._refund_answer(fields, frame.body))
        return []

    def lost(self) -> Sequence[TillEvent]:
        """See ``PaymentInterpreter``."""
        self._pairing.lost()
        return []

    def _on_sale(self, fields: Sequence[str], body: bytes) -> Sequence[TillEvent]:
        amount = _whole(_field(fields, 1))
        if amount is None:
            return []
        asked = PaymentSeen(
            kind=PaymentKind.PURCHASE,
            status=PaymentStatus.REQUESTED,
            amount_minor=amount,
            currency=self._currency,
            reference=_field(fields, 2) or None,
        )
        return self._pairing.request(asked, body)

    def _on_refund(self, fields: Sequence[str], body: bytes) -> Sequence[TillEvent]:
        self._taken_back = _field(fields, 1) or None
        asked = PaymentSeen(
            kind=PaymentKind.REFUND,
            status=PaymentStatus.REQUESTED,
            amount_minor=None,
            currency=self._currency,
            reference=self._taken_back,
        )
        return self._pairing.request(asked, body)

    def _refund_answer(self, fields: Sequence[str], body: bytes) -> PaymentAnswer:
        done = _field(fields, _CODE) == _DONE
        operation = _field(fields, 5) or self._taken_back
        return PaymentAnswer(
            status=PaymentStatus.APPROVED if done else PaymentStatus.FAILED,
            identity=body,
            kind=PaymentKind.REFUND,
            original_number=operation,
            receipt_number=operation,
            failure=None if done else f"code {_field(fields, _CODE)}",
        )


def _sale_answer(fields: Sequence[str], body: bytes) -> PaymentAnswer:
    done = _field(fields, _CODE) == _DONE
    return PaymentAnswer(
        status=PaymentStatus.APPROVED if done else PaymentStatus.FAILED,
        identity=body,
        kind=PaymentKind.PURCHASE,
        amount_minor=_whole(_field(fields, _AMOUNT)) if done else None,
        reference=_field(fields, _TICKET) or None,
        receipt_number=_field(fields, _OPERATION) or None,
        occurred_at=_moment(_field(fields, _DATE), _field(fields, _TIME)),
        failure=None if done else f"code {_field(fields, _CODE)}",
    )


def _field(fields: Sequence[str], at: int) -> str:
    return fields[at].strip() if at < len(fields) else ""


def _whole(digits: str) -> int | None:
    usable = digits.isascii() and digits.isdigit() and len(digits) <= _AMOUNT_DIGITS_MAX
    return int(digits) if usable else None


def _moment(day: str, time: str) -> str | None:
    """``DDMMYYYY`` and ``HHMMSS`` as ISO 8601; None where the terminal sends something else."""
    try:
        return datetime.strptime(day + time, "%d%m%Y%H%M%S").isoformat()  # noqa: DTZ007 - local
    except ValueError:
        return None
