"""Reads the messages whose forms a profile writes down: ECR protocols that nobody coded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from terminal_agent.pos.framers.stx import StxEvent, StxFrame
from terminal_agent.pos.interpreters.payment_interpreter import PaymentInterpreter
from terminal_agent.pos.interpreters.payment_pairing import PaymentAnswer, PaymentPairing
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.message_forms import FieldPlace, MessageForm, MessageForms, MessageRole
from terminal_agent.pos.payments import PaymentKind, PaymentSeen, PaymentStatus
from terminal_agent.pos.port import Direction

_AMOUNT_DIGITS_MAX: Final = 12


class WrittenMessages(PaymentInterpreter[StxEvent]):
    """Reads by forms; the first that fits counts, and what fits none says nothing."""

    def __init__(self, forms: MessageForms, currency: str) -> None:
        """Start with nothing asked.

        Args:
            forms: of the messages.
            currency: ISO 4217 code that amounts are counted in.
        """
        self._forms = forms
        self._currency = currency
        self._pairing = PaymentPairing(currency)

    def on_frame(self, frame: StxEvent, direction: Direction) -> Sequence[TillEvent]:  # noqa: ARG002 - told by the form
        """See ``PaymentInterpreter``."""
        if not isinstance(frame, StxFrame):
            return []
        said = frame.body.decode("latin-1")
        separator = self._forms.separator
        form = next((one for one in self._forms.forms if one.fits(said, separator)), None)
        if form is None:
            return []
        if form.role is MessageRole.REQUEST:
            return self._on_request(form, said, frame.body)
        return self._on_answer(form, said, frame.body)

    def lost(self) -> Sequence[TillEvent]:
        """See ``PaymentInterpreter``."""
        self._pairing.lost()
        return []

    def _on_request(self, form: MessageForm, said: str, body: bytes) -> Sequence[TillEvent]:
        amount = self._amount(form, said)
        if form.amount is not None and amount is None:
            return []
        asked = PaymentSeen(
            kind=form.kind or PaymentKind.OTHER,
            status=PaymentStatus.REQUESTED,
            amount_minor=amount,
            currency=self._currency,
            reference=self._text(form.reference, said),
        )
        return self._pairing.request(asked, body)

    def _on_answer(self, form: MessageForm, said: str, body: bytes) -> Sequence[TillEvent]:
        result = self._text(form.status, said) or ""
        done = result in form.approved
        return self._pairing.answer(
            PaymentAnswer(
                status=PaymentStatus.APPROVED if done else PaymentStatus.FAILED,
                identity=body,
                kind=form.kind,
                amount_minor=self._amount(form, said) if done else None,
                reference=self._text(form.reference, said),
                receipt_number=self._text(form.receipt_number, said),
                failure=None if done else f"result {result}",
            )
        )

    def _text(self, place: FieldPlace | None, said: str) -> str | None:
        return None if place is None else place.read(said, self._forms.separator) or None

    def _amount(self, form: MessageForm, said: str) -> int | None:
        digits = self._text(form.amount, said)
        if digits is None or not (digits.isascii() and digits.isdigit()):
            return None
        return int(digits) if len(digits) <= _AMOUNT_DIGITS_MAX else None
