"""ECR17 (Italy): fixed columns; the tenth character says which message it is.

Columns count from one, as in the protocol's tables. A payment is ``P`` or ``X`` and its answer
``E`` (or ``V``, with an exchange of currency); ``S`` takes a payment back by its STAN. Pre-
authorisations (``p``, ``i``, ``c``) are no sale. ``G`` asks for the last result once more: its
answer counts where the first one was lost, and is no second payment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from terminal_agent.pos.framers.stx import StxEvent, StxFrame
from terminal_agent.pos.interpreters.payment_interpreter import PaymentInterpreter
from terminal_agent.pos.interpreters.payment_pairing import PaymentAnswer, PaymentPairing
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.payments import PaymentKind, PaymentSeen, PaymentStatus
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile import ShopProfile

_REQUEST_CHARACTERS: Final = {"P": 167, "X": 167, "p": 167, "i": 176, "c": 176, "S": 26}
_KINDS: Final[Mapping[str, PaymentKind]] = {
    "P": PaymentKind.PURCHASE,
    "X": PaymentKind.PURCHASE,
    "S": PaymentKind.REVERSAL,
}
_ANSWERS: Final = frozenset({"E", "V", "e"})
#: ``E`` from the till switches printing on and off; an answer reaches to its STAN at least.
_ANSWER_CHARACTERS_MIN: Final = 65
#: A refusal has neither card nor STAN: it reaches to the end of its words at least.
_REFUSAL_CHARACTERS_MIN: Final = 36
_OK, _DECLINED = "00", "01"
#: Where, from 0, a request's amount and an answer's result end, and where its STAN stands.
_AMOUNT_END, _RESULT_END, _STAN_COLUMNS = 31, 12, (59, 65)
_NO_STAN: Final = "000000"


def paid_columns(body: str) -> tuple[tuple[int, int], ...]:
    """Begin and end of what in a body says what is paid: an answer's card stands between them."""
    if len(body) == _REQUEST_CHARACTERS.get(body[9:10]):
        return ((0, _AMOUNT_END),)
    return (0, _RESULT_END), _STAN_COLUMNS


class Ecr17Interpreter(PaymentInterpreter[StxEvent]):
    """Reads payments and reversals; the messages differ by form, so one wire will do."""

    def __init__(self, profile: ShopProfile) -> None:
        """Start with nothing asked."""
        self._currency = profile.currency.code
        self._pairing = PaymentPairing(self._currency)
        self._taken_back: str | None = None
        self._last_approved: str | None = None
        self._answered: str | None = None

    def on_frame(self, frame: StxEvent, direction: Direction) -> Sequence[TillEvent]:  # noqa: ARG002 - told by the form
        """See ``PaymentInterpreter``."""
        if not isinstance(frame, StxFrame):
            return []
        said = frame.body.decode("ascii", "replace")
        code = said[9:10]
        if len(said) == _REQUEST_CHARACTERS.get(code):
            return self._on_request(code, said, frame.body)
        shortest = _ANSWER_CHARACTERS_MIN if said[10:12] == _OK else _REFUSAL_CHARACTERS_MIN
        if code in _ANSWERS and len(said) >= shortest:
            return self._on_answer(said, frame.body)
        return []

    def lost(self) -> Sequence[TillEvent]:
        """See ``PaymentInterpreter``."""
        self._pairing.lost()
        return []

    def _on_request(self, code: str, said: str, body: bytes) -> Sequence[TillEvent]:
        kind = _KINDS.get(code, PaymentKind.OTHER)
        amount: int | None = None
        if kind is PaymentKind.REVERSAL:
            stan = _columns(said, 19, 6)
            self._taken_back = self._last_approved if stan == _NO_STAN else stan
        else:
            digits = _columns(said, 24, 8)
            if not (digits.isascii() and digits.isdigit()):
                return []
            amount = int(digits)
        asked = PaymentSeen(
            kind=kind,
            status=PaymentStatus.REQUESTED,
            amount_minor=amount,
            currency=self._currency,
            reference=self._taken_back if kind is PaymentKind.REVERSAL else None,
        )
        return self._pairing.request(asked, body)

    def _on_answer(self, said: str, body: bytes) -> Sequence[TillEvent]:
        waiting = self._pairing.waiting
        result, stan = _columns(said, 11, 2), _columns(said, 60, 6)
        if waiting is None and stan == self._answered:
            # The last result, asked for once more.
            return []
        self._answered = stan
        done = result == _OK
        if done and waiting is not None and waiting.kind is PaymentKind.PURCHASE:
            self._last_approved = stan
        taken_back = waiting is not None and waiting.kind is PaymentKind.REVERSAL
        return self._pairing.answer(
            PaymentAnswer(
                status=PaymentStatus.APPROVED if done else PaymentStatus.FAILED,
                identity=body,
                receipt_number=stan,
                original_number=self._taken_back if taken_back else None,
                failure=None if done else _why(result, said),
            )
        )


def _why(result: str, said: str) -> str:
    words = _columns(said, 13, 24) if result == _DECLINED else ""
    return f"{result} {words}".strip()


def _columns(said: str, first: int, count: int) -> str:
    return said[first - 1 : first - 1 + count].strip()
