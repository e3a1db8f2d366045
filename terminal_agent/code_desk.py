"""Codes that are sent to a customer's phone: asked for, told, and what became of them.

They stand beside the dialogue: nothing of the visit changes by them, only that the gateway lets the
card spend afterwards. So their answers are remarks, whatever screen is up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from gateway.formatting.digits import fold_digits
from gateway.model.authorisation import CODE_DIGITS, AuthAnswer, AuthKind
from gateway.model.outcome import Status
from terminal_agent.asking import Asker
from terminal_agent.commands import Code
from terminal_agent.control import AnswerCode
from terminal_agent.counter import Counter
from terminal_agent.session.view import Notice
from terminal_agent.standing import Standing

_WELL: Final[Mapping[AuthKind, Notice]] = {
    AuthKind.CHALLENGE: Notice.CODE_SENT,
    AuthKind.PROVE: Notice.CODE_RIGHT,
}


class CodeDesk:
    """Asks for codes and tells them, for the card on the screen."""

    def __init__(self, *, counter: Counter, standing: Standing, asker: Asker) -> None:
        """Serve this counter."""
        self._counter = counter
        self._standing = standing
        self._asker = asker

    def ask(self, command: Code) -> AnswerCode:
        """Have a code sent, or tell the one that the customer says."""
        if self._standing.version == 0:
            return AnswerCode.NOT_CONFIGURED
        card = self._counter.session.card
        if card is None:
            return AnswerCode.NO_CARD
        # The code is about the card; what the tap proved is another matter.
        card = replace(card, counter=None, proof=None)
        if command.said is None:
            self._asker.about_code(card, self._standing.basis())
            return AnswerCode.ASKED
        digits = "".join(fold_digits(command.said).split())
        if not (digits.isascii() and digits.isdecimal() and len(digits) in CODE_DIGITS):
            return AnswerCode.NO_CODE
        told = replace(card, proof=digits.encode("ascii"))
        self._asker.about_code(told, self._standing.basis())
        return AnswerCode.ASKED

    def take(self, answer: AuthAnswer) -> None:
        """Say what became of a code that was asked for or told."""
        if answer.status is Status.APPLIED:
            self._counter.remark(_WELL[answer.kind])
        else:
            self._counter.object(answer.reason)

    def pass_time(self) -> None:
        """Say so where the gateway gave no answer in time."""
        if self._asker.lapsed_codes():
            self._counter.remark(Notice.CODE_OFFLINE)
