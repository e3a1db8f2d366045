"""ZVT 700: what a till asks of a card terminal in Germany, Austria and Switzerland, and what comes.

A payment is the till's Authorisation (06 01), the terminal's Status-Information (04 0F) with result
00, and its Completion (06 0F). Only all of that is an approval: after a good Status-Information the
till may still refuse to hand out the goods, and the terminal then aborts (06 1E).

Which way an APDU went is told by itself, so one wire, both, or both mixed into one recording are
read alike. Where the till's command was not heard, nobody can say whether money came or went: such
a payment is of unknown kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from enum import Enum, auto
from typing import Final

from terminal_agent.pos.framers.zvt_apdu import (
    ABORT,
    AUTHORISATION,
    CHANGED_AMOUNT,
    COMPLETION,
    NO_ERROR,
    NOT_YET,
    REFUND,
    REVERSAL,
    STATUS_INFORMATION,
    ZvtApdu,
)
from terminal_agent.pos.framers.zvt_fields import (
    AMOUNT,
    CURRENCY,
    DATE,
    DATE_WITH_YEAR,
    RECEIPT_NUMBER,
    RESULT,
    TIME,
    TRACE_NUMBER,
    bcd_digits,
)
from terminal_agent.pos.interpreters.currency_numbers import currency_of_number
from terminal_agent.pos.interpreters.payment_interpreter import PaymentInterpreter
from terminal_agent.pos.interpreters.payment_pairing import PaymentAnswer, PaymentPairing
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.payments import PaymentKind, PaymentSeen, PaymentStatus
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile import ShopProfile

_PAYMENTS: Final = {
    AUTHORISATION: PaymentKind.PURCHASE,
    REFUND: PaymentKind.REFUND,
    REVERSAL: PaymentKind.REVERSAL,
}
_APPROVED: Final = b"\x00"
#: First bytes of control fields: what begins something on the terminal, the terminal's own
#: messages, and a refusal.
_COMMANDS: Final = frozenset((0x05, 0x06, 0x08))
_FROM_TERMINAL: Final = 0x04
_REFUSAL: Final = 0x84
#: Sent by the terminal although their first byte is that of commands: Print Line, Print Text-Block.
_PRINTS: Final = frozenset((0x06D1, 0x06D3))
#: From the till while something else goes on: Abort, and texts for the terminal's display.
_IN_BETWEEN: Final = frozenset((0x0685, 0x0686, 0x0687, 0x0688, 0x06B0, *range(0x06E0, 0x06E9)))
_LEAP_YEAR: Final = 2000


class _Heard(Enum):
    """What the till last began."""

    NOTHING = auto()
    PAYMENT = auto()
    ANOTHER_THING = auto()
    """A repeated receipt, an end of day: what the terminal says then is of the past."""


class ZvtInterpreter(PaymentInterpreter[ZvtApdu]):
    """Follows one till and its card terminal from command to completion."""

    def __init__(self, profile: ShopProfile) -> None:
        """Start with nothing asked."""
        self._currency = profile.currency.code
        self._pairing = PaymentPairing(self._currency)
        self._heard = _Heard.NOTHING
        #: The Status-Information with result 00 that waits for its Completion.
        self._approved: ZvtApdu | None = None
        #: The last one that was completed: terminals repeat what got no acknowledgement.
        self._completed: ZvtApdu | None = None
        self._changed_minor: int | None = None
        #: The receipt number that a reversal names.
        self._original: str | None = None
        self._last_of_terminal: int | None = None

    def on_frame(self, frame: ZvtApdu, direction: Direction) -> Sequence[TillEvent]:  # noqa: ARG002 - told by the APDU
        """See ``PaymentInterpreter``."""
        control_field = frame.control_field
        if control_field in _PAYMENTS:
            return self._on_payment(frame)
        if control_field >> 8 == _REFUSAL and control_field != NO_ERROR:
            return self._on_refusal(frame)
        if control_field >> 8 == _FROM_TERMINAL or control_field in (*_PRINTS, COMPLETION, ABORT):
            self._last_of_terminal = control_field
            return self._on_terminal(frame)
        if control_field >> 8 in _COMMANDS and control_field not in _IN_BETWEEN:
            return self._on_another_thing()
        return []

    def lost(self) -> Sequence[TillEvent]:
        """See ``PaymentInterpreter``."""
        self._pairing.lost()
        self._forget(_Heard.NOTHING)
        return []

    def _on_payment(self, asked: ZvtApdu) -> Sequence[TillEvent]:
        told = self._pairing.request(
            PaymentSeen(
                kind=_PAYMENTS[asked.control_field],
                status=PaymentStatus.REQUESTED,
                amount_minor=_amount_minor(asked),
                currency=_currency(asked) or self._currency,
            ),
            repr(asked).encode(),
        )
        if told:
            self._forget(_Heard.PAYMENT)
            is_reversal = asked.control_field == REVERSAL
            self._original = _number(asked, RECEIPT_NUMBER) if is_reversal else None
        return told

    def _on_another_thing(self) -> Sequence[TillEvent]:
        self._forget(_Heard.ANOTHER_THING)
        return self._pairing.give_up("not completed")

    def _on_refusal(self, refusal: ZvtApdu) -> Sequence[TillEvent]:
        if self._last_of_terminal is None:
            # The terminal's answer to the command.
            return self._pairing.give_up(f"{refusal.control_field & 0xFF:02X}")
        if self._last_of_terminal != STATUS_INFORMATION or refusal.control_field == NOT_YET:
            return []
        changed_minor = _amount_minor(refusal)
        if refusal.control_field == CHANGED_AMOUNT and changed_minor is not None:
            self._changed_minor = changed_minor
        else:
            # The till does not hand out the goods: the terminal will take the payment back.
            self._approved = None
        return []

    def _on_terminal(self, said: ZvtApdu) -> Sequence[TillEvent]:
        if self._heard is _Heard.ANOTHER_THING:
            if said.control_field in (COMPLETION, ABORT):
                self._heard = _Heard.NOTHING
            return []
        if said.control_field == STATUS_INFORMATION:
            return self._on_status(said)
        if said.control_field == COMPLETION:
            return self._on_completion()
        if said.control_field == ABORT:
            return self._on_abort(said)
        return []

    def _on_status(self, status: ZvtApdu) -> Sequence[TillEvent]:
        result = status.field(RESULT)
        if result is None or status in (self._approved, self._completed):
            return []
        if result != _APPROVED:
            self._approved = None
            return self._fail(status, result)
        self._approved = status
        if self._pairing.waiting is not None:
            return []
        # The command was not heard, but the terminal says itself what is being paid.
        answer = self._answer(status)
        return [
            PaymentSeen(
                kind=PaymentKind.UNKNOWN,
                status=PaymentStatus.REQUESTED,
                amount_minor=answer.amount_minor,
                currency=answer.currency or self._currency,
                amount_answered=answer.amount_minor is not None,
                receipt_number=answer.receipt_number,
                occurred_at=answer.occurred_at,
            )
        ]

    def _on_completion(self) -> Sequence[TillEvent]:
        status, self._approved = self._approved, None
        if status is None:
            return self._pairing.give_up("completed without a good status")
        self._completed = status
        return self._pairing.answer(self._answer(status))

    def _on_abort(self, abort: ZvtApdu) -> Sequence[TillEvent]:
        pending = self._approved is not None or self._pairing.waiting is not None
        self._approved = None
        return self._fail(abort, abort.field(RESULT) or b"") if pending else []

    def _fail(self, said: ZvtApdu, result: bytes) -> Sequence[TillEvent]:
        answer = PaymentAnswer(
            status=PaymentStatus.FAILED,
            identity=repr(said).encode(),
            failure=result.hex().upper() or "aborted",
        )
        return self._pairing.answer(answer)

    def _answer(self, status: ZvtApdu) -> PaymentAnswer:
        return PaymentAnswer(
            status=PaymentStatus.APPROVED,
            identity=repr(status).encode(),
            amount_minor=self._changed_minor or _amount_minor(status),
            currency=_currency(status),
            receipt_number=_number(status, RECEIPT_NUMBER) or _number(status, TRACE_NUMBER),
            original_number=self._original,
            occurred_at=_occurred_at(status),
        )

    def _forget(self, heard: _Heard) -> None:
        self._heard = heard
        self._approved = self._changed_minor = self._original = self._last_of_terminal = None
        if heard is _Heard.PAYMENT:
            self._completed = None


def _amount_minor(apdu: ZvtApdu) -> int | None:
    """Twelve digits in minor units; None where there are none, or nothing is to be paid."""
    digits = bcd_digits(apdu.field(AMOUNT) or b"")
    return int(digits) or None if digits else None


def _currency(apdu: ZvtApdu) -> str | None:
    digits = bcd_digits(apdu.field(CURRENCY) or b"")
    return currency_of_number(digits[-3:]) if digits else None


def _number(apdu: ZvtApdu, bitmap: int) -> str | None:
    """Its digits with their zeros, as the terminal prints them; all zeros are no number."""
    digits = bcd_digits(apdu.field(bitmap) or b"")
    return digits if digits and digits.strip("0") else None


def _occurred_at(apdu: ZvtApdu) -> str | None:
    """ISO 8601; most terminals tell no year, and get the form without one: ``--04-25T09:38:48``."""
    year_digits = bcd_digits(apdu.field(DATE_WITH_YEAR) or b"")
    digits = year_digits or bcd_digits(apdu.field(DATE) or b"")
    clock = bcd_digits(apdu.field(TIME) or b"")
    if not digits:
        return None
    year = 2000 + int(year_digits[:2]) if year_digits else _LEAP_YEAR
    try:
        day = date(year, int(digits[-4:-2]), int(digits[-2:]))
        at = time(int(clock[:2]), int(clock[2:4]), int(clock[4:])) if clock else None
    except ValueError:
        return None
    written = day.isoformat() if year_digits else f"-{day:-%m-%d}"
    return written if at is None else f"{written}T{at.isoformat()}"
