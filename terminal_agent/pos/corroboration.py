"""Weighs what several lines of one till tell: printer, customer display, card terminal. Pure.

A printer's paper is the sale where there is a printer; display and card terminal then only confirm
what by itself was not sure, and never overrule it. Where nothing prints, a sale is sure when two
statements of its amount agree: what the till asked the card terminal for and what that approved, or
what the display called the total and what the card terminal approved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.model.sale import Sale, SaleSource, Tender, TenderKind
from terminal_agent.pos.interpreters.displays import DisplayMeaning, DisplayShown
from terminal_agent.pos.interpreters.events import (
    EvidenceKind,
    NeedsReview,
    NotASale,
    NotASaleReason,
    ReceiptEvent,
    RefundSeen,
    ReviewReason,
    SaleClosed,
    TotalSeen,
)
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listeners import prints_paper
from terminal_agent.pos.payments import PaymentKind, PaymentSeen, PaymentStatus
from terminal_agent.pos.profile import ShopProfile
from terminal_agent.pos.sale_key import sale_key

#: How long a display's total and a card terminal's approval speak for a paper that comes later.
WINDOW_MS: Final = 180_000
#: More than one customer is not waited for.
_REMEMBERED_MAX: Final = 8
_REFUNDS: Final = frozenset({PaymentKind.REFUND, PaymentKind.REVERSAL})


@dataclass(frozen=True, slots=True)
class _Said:
    """An amount that a line stated, and when."""

    evidence: EvidenceKind
    amount_minor: int
    at_ms: int


class Corroborator:
    """What the lines of one till said lately. Holds a few amounts, and no more."""

    def __init__(self, lines: Mapping[str, ShopProfile], *, unix_ms_at_zero: int) -> None:
        """Begin with silent lines.

        Args:
            lines: the profile of each line, by the line's name.
            unix_ms_at_zero: Unix time at which the clock of the events reads 0; it tells payments
                of the same amount from each other where the protocol has no number for them.
        """
        self._lines = dict(lines)
        self._unix_ms_at_zero = unix_ms_at_zero
        self._on_paper = any(prints_paper(profile) for profile in lines.values())
        self._said: list[_Said] = []
        self._asked: PaymentSeen | None = None

    def take(self, line: str, events: Sequence[TillEvent], now_ms: int) -> tuple[ReceiptEvent, ...]:
        """Weigh what a line told.

        Args:
            line: which line.
            events: what its listener told, in order.
            now_ms: monotonic time.

        Returns:
            what the till as a whole is known to have done.
        """
        self._said = [one for one in self._said if now_ms - one.at_ms < WINDOW_MS]
        known: list[ReceiptEvent] = []
        for event in events:
            match event:
                case PaymentSeen():
                    known += self._on_payment(self._lines[line], event, now_ms)
                case DisplayShown():
                    known += self._on_display(self._lines[line], event, now_ms)
                case NotASale(reason=NotASaleReason.IMAGE_ONLY):
                    known.append(self._on_picture(self._lines[line], event, now_ms))
                case _:
                    known.append(self._on_paper_event(event))
        return tuple(known)

    def lost(self, line: str) -> None:
        """A line went down: what it said before belongs to nobody's visit any more."""
        if not prints_paper(self._lines[line]):
            self._said.clear()
            self._asked = None

    # -- the printer ----------------------------------------------------------------------------

    def _on_paper_event(self, event: ReceiptEvent) -> ReceiptEvent:
        match event:
            case SaleClosed():
                agreeing = self._agreeing(event.sale.total_minor)
                self._said.clear()
                return replace(event, evidence=event.evidence | agreeing) if agreeing else event
            case NeedsReview():
                confirmed = self._confirmed(event)
                self._said.clear()
                return confirmed
            case NotASale() | RefundSeen():
                self._said.clear()
        return event

    def _on_picture(self, profile: ShopProfile, paper: NotASale, now_ms: int) -> ReceiptEvent:
        """A paper that is only a picture ended: what the other lines said of it must do."""
        said, self._said = self._said, []
        if not said:
            return paper
        amount = said[-1].amount_minor
        evidence = frozenset(one.evidence for one in said if one.amount_minor == amount)
        sale = self._sale(profile, None, amount, now_ms)
        if len(evidence) > 1:
            return SaleClosed(sale=sale, evidence=evidence)
        return _doubt(sale, ReviewReason.UNCORROBORATED, evidence)

    def _confirmed(self, doubt: NeedsReview) -> ReceiptEvent:
        """A paper with one statement of its total is sure once another line states the same."""
        sale = doubt.sale
        if sale is None or doubt.reasons != (ReviewReason.UNCORROBORATED,):
            return doubt
        agreeing = self._agreeing(sale.total_minor)
        if not agreeing or not doubt.evidence:
            return doubt
        return SaleClosed(
            sale=sale, evidence=doubt.evidence | agreeing, occurred_at=doubt.occurred_at
        )

    def _agreeing(self, amount_minor: int) -> frozenset[EvidenceKind]:
        return frozenset(one.evidence for one in self._said if one.amount_minor == amount_minor)

    # -- the display ----------------------------------------------------------------------------

    def _on_display(
        self, profile: ShopProfile, shown: DisplayShown, now_ms: int
    ) -> list[ReceiptEvent]:
        amount = shown.amount_minor
        if shown.meaning is not DisplayMeaning.TOTAL or amount is None or amount <= 0:
            return []
        self._say(EvidenceKind.DISPLAY, amount, now_ms)
        return self._prompt(profile, amount, EvidenceKind.DISPLAY, "", now_ms)

    # -- the card terminal ----------------------------------------------------------------------

    def _on_payment(
        self, profile: ShopProfile, payment: PaymentSeen, now_ms: int
    ) -> list[ReceiptEvent]:
        if payment.kind in _REFUNDS:
            return self._on_refund(payment)
        if payment.kind is not PaymentKind.PURCHASE or payment.currency != profile.currency.code:
            return []
        if payment.status is PaymentStatus.REQUESTED:
            self._asked = payment
            amount = payment.amount_minor
            number = payment.reference or ""
            if amount is None or amount <= 0:
                return []
            return self._prompt(profile, amount, EvidenceKind.REQUEST, number, now_ms)
        asked, self._asked = self._asked, None
        if payment.status is not PaymentStatus.APPROVED or not payment.amount_minor:
            return []
        return self._on_approval(profile, payment, asked, now_ms)

    def _on_approval(
        self,
        profile: ShopProfile,
        payment: PaymentSeen,
        asked: PaymentSeen | None,
        now_ms: int,
    ) -> list[ReceiptEvent]:
        amount = payment.amount_minor
        assert amount is not None, "an approval without an amount says nothing"
        if self._on_paper:
            self._say(EvidenceKind.APPROVAL, amount, now_ms)
            return []
        evidence = {EvidenceKind.APPROVAL, *self._agreeing(amount)}
        if asked is not None and asked.amount_minor == amount:
            evidence.add(EvidenceKind.REQUEST)
        self._said.clear()
        sale = self._sale(profile, payment, amount, now_ms)
        if len(evidence) > 1:
            return [
                SaleClosed(sale=sale, evidence=frozenset(evidence), occurred_at=payment.occurred_at)
            ]
        reason = ReviewReason.UNCORROBORATED if asked is None else ReviewReason.PAYMENT_DIFFERS
        return [_doubt(sale, reason, frozenset(evidence), payment.occurred_at)]

    def _on_refund(self, payment: PaymentSeen) -> list[ReceiptEvent]:
        """Shown, where no paper tells of it; a printer's refund names its original by itself."""
        if payment.status is not PaymentStatus.APPROVED or self._on_paper:
            return []
        return [
            RefundSeen(
                total_minor=payment.amount_minor,
                receipt_number=payment.receipt_number,
                original_receipt_number=payment.reference,
                occurred_at=payment.occurred_at,
            )
        ]

    # -- both -----------------------------------------------------------------------------------

    def _say(self, evidence: EvidenceKind, amount_minor: int, now_ms: int) -> None:
        """A line has one last word: an earlier total on the display was not the last one."""
        if evidence is EvidenceKind.DISPLAY:
            self._said = [one for one in self._said if one.evidence is not evidence]
        self._said.append(_Said(evidence, amount_minor, now_ms))
        del self._said[:-_REMEMBERED_MAX]

    def _prompt(
        self,
        profile: ShopProfile,
        amount_minor: int,
        evidence: EvidenceKind,
        number: str,
        now_ms: int,
    ) -> list[ReceiptEvent]:
        """Ask for the card at the total; with a printer its own line does that."""
        if self._on_paper:
            return []
        key = sale_key(
            profile=profile.name,
            receipt_number=number or None,
            printed_at="",
            total_minor=amount_minor,
            text=(str(self._unix_ms_at_zero + now_ms),),
        )
        return [TotalSeen(total_minor=amount_minor, key=key, evidence=frozenset({evidence}))]

    def _sale(
        self, profile: ShopProfile, payment: PaymentSeen | None, amount_minor: int, now_ms: int
    ) -> Sale:
        number = None if payment is None else payment.receipt_number or payment.reference
        printed_at = "" if payment is None else payment.occurred_at or ""
        tenders = (Tender(kind=TenderKind.CARD, amount_minor=amount_minor),)
        return Sale(
            key=sale_key(
                profile=profile.name,
                receipt_number=number,
                printed_at=printed_at,
                total_minor=amount_minor,
                text=(str(self._unix_ms_at_zero + now_ms),),
            ),
            total_minor=amount_minor,
            source=SaleSource.PROTOCOL,
            profile=profile.name,
            profile_version=profile.version,
            tenders=() if payment is None else tenders,
            receipt_number=number,
        )


def _doubt(
    sale: Sale,
    reason: ReviewReason,
    evidence: frozenset[EvidenceKind],
    occurred_at: str | None = None,
) -> NeedsReview:
    """A sale that only one line states: there is no paper to draw."""
    return NeedsReview(
        reasons=(reason,),
        lines=(),
        key=sale.key,
        candidates_minor=(sale.total_minor,),
        receipt_number=sale.receipt_number,
        evidence=evidence,
        sale=sale,
        occurred_at=occurred_at,
    )
