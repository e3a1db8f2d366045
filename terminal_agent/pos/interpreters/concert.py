"""Concert E and E+ (France): what tills ask of a card terminal by it, and what they are told.

Requests have 26 characters (E) or 34 (E+: with a delay and an authorisation behind), answers 25, or
80 with what the card said: till number (2), result (1), amount (8), means of payment (1), [card
(55)], currency (3), private (10). Positions as pyTeliumManager and pypostelium send and read them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from terminal_agent.pos.framers.stx import StxEvent, StxFrame
from terminal_agent.pos.interpreters.currency_numbers import currency_of_number
from terminal_agent.pos.interpreters.payment_interpreter import PaymentInterpreter
from terminal_agent.pos.interpreters.payment_pairing import PaymentAnswer, PaymentPairing
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.payments import PaymentKind, PaymentSeen, PaymentStatus
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile import ShopProfile

_REQUEST: Final = re.compile(
    r"(?P<till>\d\d)(?P<amount>\d{8})[01](?P<means>.)(?P<type>\d)(?P<currency>\d{3})"
    r"(?P<private>.{10})(?:(?P<delay>A01[01])B01[01])?"
)
_ANSWER: Final = re.compile(
    r"(?P<till>\d\d)(?P<result>\d)(?P<amount>\d{8})(?P<means>.)(?P<card>.{55})?"
    r"(?P<currency>\d{3})(?P<private>.{10})"
)
_KINDS: Final[Mapping[str, PaymentKind]] = {
    "0": PaymentKind.PURCHASE,
    "1": PaymentKind.REFUND,
    "2": PaymentKind.REVERSAL,
}
_ACCEPTED: Final = "0"
#: The terminal answers at once, before anything is paid.
_AT_ONCE: Final = "A011"


def paid_columns(body: str) -> tuple[tuple[int, int], ...]:
    """Begin and end of what in a body says what is paid; card and private text do not."""
    if (request := _REQUEST.fullmatch(body)) is not None:
        return ((0, request.end("currency")),)
    if (answer := _ANSWER.fullmatch(body)) is not None:
        return (0, answer.end("means")), answer.span("currency")
    return ()


class ConcertInterpreter(PaymentInterpreter[StxEvent]):
    """Reads Concert E and E+; requests and answers differ in their form, so one wire will do."""

    def __init__(self, profile: ShopProfile) -> None:
        """Start with nothing asked."""
        self._pairing = PaymentPairing(profile.currency.code)
        self._at_once = False

    def on_frame(self, frame: StxEvent, direction: Direction) -> Sequence[TillEvent]:  # noqa: ARG002 - told by the form
        """See ``PaymentInterpreter``."""
        if not isinstance(frame, StxFrame):
            return []
        said = frame.body.decode("ascii", "replace")
        if (request := _REQUEST.fullmatch(said)) is not None:
            return self._on_request(request, frame.body)
        if (answer := _ANSWER.fullmatch(said)) is not None:
            return self._on_answer(answer, frame.body)
        return []

    def lost(self) -> Sequence[TillEvent]:
        """See ``PaymentInterpreter``."""
        self._pairing.lost()
        return []

    def _on_request(self, said: re.Match[str], body: bytes) -> Sequence[TillEvent]:
        self._at_once = said["delay"] == _AT_ONCE
        asked = PaymentSeen(
            kind=_KINDS.get(said["type"], PaymentKind.OTHER),
            status=PaymentStatus.REQUESTED,
            amount_minor=int(said["amount"]),
            currency=currency_of_number(said["currency"]),
            reference=said["private"].strip() or None,
        )
        return self._pairing.request(asked, body)

    def _on_answer(self, said: re.Match[str], body: bytes) -> Sequence[TillEvent]:
        accepted = said["result"] == _ACCEPTED
        if accepted and self._at_once:
            # It has only taken the order: whether anybody pays is never said on this line.
            return []
        amount = int(said["amount"])
        return self._pairing.answer(
            PaymentAnswer(
                status=PaymentStatus.APPROVED if accepted else PaymentStatus.FAILED,
                identity=body,
                amount_minor=amount if accepted else None,
                currency=currency_of_number(said["currency"]),
                reference=said["private"].strip() or None,
                failure=None if accepted else f"result {said['result']}",
            )
        )
