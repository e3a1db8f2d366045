"""Caisse-AP over IP: what a till in France asks of a card terminal, and what it is told.

The answer repeats the request's fields and adds what became of it: AE 10 is done, AE 01 is not done
for the reason AF. AE 11 only says that the request was taken; whether anybody pays is then not told
on this line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from terminal_agent.pos.framers.caisse_ap import CaisseApMessage
from terminal_agent.pos.interpreters.currency_numbers import currency_of_number
from terminal_agent.pos.interpreters.payment_interpreter import PaymentInterpreter
from terminal_agent.pos.interpreters.payment_pairing import PaymentAnswer, PaymentPairing
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.payments import PaymentKind, PaymentSeen, PaymentStatus
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile import ShopProfile

_KINDS: Final = {"0": PaymentKind.PURCHASE, "1": PaymentKind.REFUND}
_DONE: Final = "10"
_TAKEN: Final = "11"
_AMOUNT_DIGITS_MAX: Final = 12
_CURRENCY_DIGITS: Final = 3
#: Authorisation numbers have six characters, results and reasons two.
_SHORT_CHARACTERS: Final = 12


class CaisseApInterpreter(PaymentInterpreter[CaisseApMessage]):
    """Pairs requests and answers; an answer is what has a result (AE)."""

    def __init__(self, profile: ShopProfile) -> None:
        """Start with nothing asked."""
        self._currency = profile.currency.code
        self._pairing = PaymentPairing(self._currency)

    def on_frame(self, frame: CaisseApMessage, direction: Direction) -> Sequence[TillEvent]:  # noqa: ARG002 - told by the result
        """See ``PaymentInterpreter``."""
        result = frame.value("AE")
        if result is not None:
            return self._on_answer(frame, result)
        if frame.value("CB") is not None:
            return self._on_request(frame)
        return []

    def lost(self) -> Sequence[TillEvent]:
        """See ``PaymentInterpreter``."""
        self._pairing.lost()
        return []

    def _on_request(self, frame: CaisseApMessage) -> Sequence[TillEvent]:
        asked = PaymentSeen(
            kind=_kind(frame) or PaymentKind.OTHER,
            status=PaymentStatus.REQUESTED,
            amount_minor=_amount_minor(frame),
            currency=_currency(frame) or self._currency,
        )
        return self._pairing.request(asked, repr(frame).encode())

    def _on_answer(self, frame: CaisseApMessage, result: str) -> Sequence[TillEvent]:
        if result == _TAKEN:
            return []
        waiting = self._pairing.waiting
        asked_minor = None if waiting is None else waiting.amount_minor
        amount_minor = _amount_minor(frame)
        done = result == _DONE
        failure = None if done else _failure(frame, result)
        if done and None not in (asked_minor, amount_minor) and asked_minor != amount_minor:
            # Nothing on this line is checked: two amounts prove that one of them is wrong.
            done, failure = False, f"{asked_minor} asked, {amount_minor} answered"
        return self._pairing.answer(
            PaymentAnswer(
                status=PaymentStatus.APPROVED if done else PaymentStatus.FAILED,
                identity=repr(frame).encode(),
                kind=_kind(frame),
                amount_minor=amount_minor if done else None,
                currency=_currency(frame),
                receipt_number=_short(frame, "AC") if done else None,
                failure=failure,
            )
        )


def _kind(frame: CaisseApMessage) -> PaymentKind | None:
    action = frame.value("CD")
    return None if action is None else _KINDS.get(action, PaymentKind.OTHER)


def _amount_minor(frame: CaisseApMessage) -> int | None:
    digits = frame.value("CB") or ""
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _AMOUNT_DIGITS_MAX):
        return None
    return int(digits) or None


def _currency(frame: CaisseApMessage) -> str | None:
    number = frame.value("CE") or ""
    is_number = number.isascii() and number.isdecimal() and len(number) == _CURRENCY_DIGITS
    return currency_of_number(number) if is_number else None


def _failure(frame: CaisseApMessage, result: str) -> str:
    reason = _short(frame, "AF")
    said = result if len(result) <= _SHORT_CHARACTERS else "unreadable"
    return f"result {said}" if reason is None else f"result {said}, reason {reason}"


def _short(frame: CaisseApMessage, tag: str) -> str | None:
    """A value that is a code or a number; None for anything longer, which might be a card's."""
    value = frame.value(tag) or ""
    fits = 0 < len(value) <= _SHORT_CHARACTERS and value.isascii() and value.isalnum()
    return value if fits else None
