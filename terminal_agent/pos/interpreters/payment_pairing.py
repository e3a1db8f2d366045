"""Pairs what a till asks of a card terminal with what comes back, whatever the protocol. Pure.

An answer often carries no amount, or does not say what it answers; a frame that got no
acknowledgement is sent again. So the last request is remembered until it is answered, and what was
heard already is not told twice.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final

from terminal_agent.pos.interpreters.pan import mask_pans
from terminal_agent.pos.payments import PaymentKind, PaymentSeen, PaymentStatus

#: Approved payments that a later refund or reversal may name.
_REMEMBERED_MAX: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAnswer:
    """What a card terminal answered.

    Attributes:
        status: approved or failed.
        identity: tells this answer from every other one of the terminal: its bytes, or its number.
        kind: what it answers, where it says so itself.
        amount_minor: the amount in it, where it carries one.
        currency: its currency, where it carries one.
        reference: the till's number in it, where it carries one.
        receipt_number: the terminal's own number of the payment.
        original_number: of the payment that is taken back, where it says so.
        occurred_at: see ``PaymentSeen``.
        failure: see ``PaymentSeen``.
    """

    status: PaymentStatus
    identity: bytes
    kind: PaymentKind | None = None
    amount_minor: int | None = None
    currency: str | None = None
    reference: str | None = None
    receipt_number: str | None = None
    original_number: str | None = None
    occurred_at: str | None = None
    failure: str | None = None


class PaymentPairing:
    """The state between requests and answers of one card terminal."""

    def __init__(self, currency: str) -> None:
        """Start with nothing asked.

        Args:
            currency: ISO 4217 code for messages that name none.
        """
        self._currency = currency
        self._asked: PaymentSeen | None = None
        self._last_request = self._last_answer = b""
        self._amounts: OrderedDict[str, int] = OrderedDict()

    def request(self, asked: PaymentSeen, identity: bytes) -> list[PaymentSeen]:
        """Take a request; the same bytes again before an answer are the same request.

        Args:
            asked: what the till asks.
            identity: the request's bytes.
        """
        if self._asked is not None and identity == self._last_request:
            return []
        asked = _without_cards(asked)
        self._asked, self._last_request, self._last_answer = asked, identity, b""
        return [asked]

    def answer(self, answer: PaymentAnswer) -> list[PaymentSeen]:
        """Take an answer; the same one again without a new request is not told."""
        if answer.identity == self._last_answer:
            return []
        asked, self._asked, self._last_answer = self._asked, None, answer.identity
        kind = answer.kind or (PaymentKind.UNKNOWN if asked is None else asked.kind)
        amount = answer.amount_minor
        if amount is None and answer.original_number is not None:
            amount = self._amounts.get(answer.original_number)
        if amount is None and asked is not None:
            amount = asked.amount_minor
        seen = PaymentSeen(
            kind=kind,
            status=answer.status,
            amount_minor=amount,
            currency=answer.currency or (self._currency if asked is None else asked.currency),
            amount_answered=answer.amount_minor is not None,
            reference=answer.reference or (None if asked is None else asked.reference),
            receipt_number=answer.receipt_number,
            occurred_at=answer.occurred_at,
            failure=answer.failure,
        )
        seen = _without_cards(seen)
        self._remember(seen)
        return [seen]

    def give_up(self, failure: str) -> list[PaymentSeen]:
        """What was asked came to nothing without an answer of its own; nothing if none waits."""
        asked, self._asked = self._asked, None
        if asked is None:
            return []
        return [replace(asked, status=PaymentStatus.FAILED, failure=failure)]

    @property
    def waiting(self) -> PaymentSeen | None:
        """The request that has no answer yet."""
        return self._asked

    def lost(self) -> None:
        """The line went down: an answer to what was asked before may never have been heard."""
        self._asked, self._last_request, self._last_answer = None, b"", b""

    def _remember(self, seen: PaymentSeen) -> None:
        if seen.status is not PaymentStatus.APPROVED or seen.kind is not PaymentKind.PURCHASE:
            return
        if seen.receipt_number is None or seen.amount_minor is None:
            return
        self._amounts[seen.receipt_number] = seen.amount_minor
        if len(self._amounts) > _REMEMBERED_MAX:
            self._amounts.popitem(last=False)


def _without_cards(seen: PaymentSeen) -> PaymentSeen:
    """A payment without the card number that a till may have put where its own number belongs."""
    return replace(
        seen,
        reference=_masked(seen.reference),
        receipt_number=_masked(seen.receipt_number),
        failure=_masked(seen.failure),
    )


def _masked(text: str | None) -> str | None:
    return None if text is None else mask_pans(text)
