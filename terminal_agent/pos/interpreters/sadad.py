"""Sadad PcPos: what a till in Iran asks of a card terminal, and what it is told. Rials throughout.

The till initialises (F1), asks (19) and gets a response (1A); each is acknowledged, and repeated
where it is not. Response code zero is an approval. Either side may cancel (04).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from terminal_agent.pos.framers.sadad import VERSION_002, SadadMessage, SadadType
from terminal_agent.pos.framers.sadad_fields import SALE, SadadResponse
from terminal_agent.pos.interpreters.payment_interpreter import PaymentInterpreter
from terminal_agent.pos.interpreters.payment_pairing import PaymentAnswer, PaymentPairing
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.payments import PaymentKind, PaymentSeen, PaymentStatus
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile import ShopProfile

_RIAL: Final = "IRR"


class SadadInterpreter(PaymentInterpreter[SadadMessage]):
    """Pairs requests and responses; which way a message went is told by its type."""

    def __init__(self, profile: ShopProfile) -> None:  # noqa: ARG002 - every interpreter gets one
        """Start with nothing asked."""
        self._pairing = PaymentPairing(_RIAL)

    def on_frame(self, frame: SadadMessage, direction: Direction) -> Sequence[TillEvent]:  # noqa: ARG002 - told by the type
        """See ``PaymentInterpreter``."""
        if frame.type is SadadType.REQUEST:
            return self._on_request(frame)
        if frame.type is SadadType.RESPONSE:
            return self._on_response(frame)
        if frame.type is SadadType.CANCEL:
            return self._pairing.give_up("cancelled")
        return []

    def lost(self) -> Sequence[TillEvent]:
        """See ``PaymentInterpreter``."""
        self._pairing.lost()
        return []

    def _on_request(self, frame: SadadMessage) -> Sequence[TillEvent]:
        asked = frame.request
        if asked is None:
            # A till that asks something else waits for nothing from before.
            return self._pairing.give_up("not answered")
        kind = _kind(asked.processing_code)
        if kind is None:
            kind = PaymentKind.PURCHASE if frame.version == VERSION_002 else PaymentKind.OTHER
        seen = PaymentSeen(
            kind=kind,
            status=PaymentStatus.REQUESTED,
            amount_minor=asked.amount,
            currency=_RIAL,
            reference=asked.reference,
        )
        return self._pairing.request(seen, repr(frame).encode())

    def _on_response(self, frame: SadadMessage) -> Sequence[TillEvent]:
        waiting = self._pairing.waiting
        asked_minor = None if waiting is None else waiting.amount_minor
        responses = frame.responses
        if frame.version == VERSION_002:
            responses = tuple(one for one in responses if one.amount == asked_minor is not None)
        if len(responses) != 1:
            return []
        response = responses[0]
        done = set(response.code) == {"0"}
        failure = None if done else f"code {response.code}"
        if done and None not in (asked_minor, response.amount) and asked_minor != response.amount:
            # One check byte lets two wrong bits pass: two amounts prove that one of them is wrong.
            done, failure = False, f"{asked_minor} asked, {response.amount} answered"
        return self._pairing.answer(_answer(response, done=done, failure=failure))


def _answer(response: SadadResponse, *, done: bool, failure: str | None) -> PaymentAnswer:
    return PaymentAnswer(
        status=PaymentStatus.APPROVED if done else PaymentStatus.FAILED,
        identity=repr(response).encode(),
        kind=_kind(response.processing_code),
        amount_minor=response.amount if done else None,
        currency=_RIAL,
        receipt_number=response.receipt_number,
        occurred_at=response.occurred_at,
        failure=failure,
    )


def _kind(processing_code: str | None) -> PaymentKind | None:
    if processing_code is None:
        return None
    return PaymentKind.PURCHASE if processing_code == SALE else PaymentKind.OTHER
