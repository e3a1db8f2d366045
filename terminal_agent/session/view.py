"""What a display is asked to show: a screen's name and the numbers on it, no words.

Words belong to ``terminal_agent.texts``, so that Persian and English are equals.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from gateway.model.money import Currency
from gateway.model.outcome import Reason
from gateway.readers.reader import CardTrouble


class Screen(StrEnum):
    """The pages of the counter display. Each has a text of the same name."""

    NOT_CONFIGURED = "not_configured"
    READY = "ready"
    CARD = "card"
    SALE = "sale"
    PREVIEW = "preview"
    AUTHORISING = "authorising"
    RESERVED = "reserved"
    LATE = "late"
    ACCEPTING = "accepting"
    ACCEPTED = "accepted"
    APPLIED = "applied"
    HELD = "held"
    NOT_APPLIED = "not_applied"
    REFUSED = "refused"
    ENROLLED = "enrolled"
    REFUND_ACCEPTED = "refund_accepted"
    FAULT = "fault"
    STOPPED = "stopped"


class Notice(StrEnum):
    """A remark beside the screen. Each has a text of the same name."""

    CARD_FIRST = "card_first"
    SALE_FIRST = "sale_first"
    REDEEM_OFFLINE = "redeem_offline"
    REDEEM_TOO_LATE = "redeem_too_late"
    REDEEM_CANCELLED = "redeem_cancelled"
    REDEEM_LAPSED = "redeem_lapsed"
    REDEEM_CARD_CHANGED = "redeem_card_changed"
    REDEEM_SALE_CHANGED = "redeem_sale_changed"
    ALREADY_RECORDED = "already_recorded"
    SALE_CANCELLED = "sale_cancelled"
    NO_CARD = "no_card"
    NEEDS_REVIEW = "needs_review"
    REFUND_SEEN = "refund_seen"
    READER_LOST = "reader_lost"
    TILL_LOST = "till_lost"


class Refusal(StrEnum):
    """Why nothing was accepted. Each has a text of the same name that says what to do."""

    JOURNAL_FULL = "journal_full"
    JOURNAL_FORKED = "journal_forked"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One picture of the counter display.

    Attributes:
        screen: which page.
        points: points this sale brings: a preview until the gateway has said so.
        balance_points: the member's spendable points where known.
        total_minor: the sale's total.
        redeem_points: points that can be, or are being, paid with.
        redeem_minor: the money that ``redeem_points`` stand for.
        currency: the unit of the ``*_minor`` fields.
        reason: why the gateway, or the programme, said no.
        refusal: why the journal said no.
        trouble: what was wrong with the card.
        notice: a remark.
        reward_points: the fewest points that can be paid with, where the balance is known.
        reward_minor: the money that ``reward_points`` stand for.
        greeting: the name that the member of the card on the screen wants to be greeted by. It
            is shown to the customer and stays out of every record: no log, no journal, no console.
        offline: whether the gateway has been out of reach for a while.
    """

    screen: Screen
    points: int | None = None
    balance_points: int | None = None
    total_minor: int | None = None
    redeem_points: int | None = None
    redeem_minor: int | None = None
    currency: Currency | None = None
    reason: Reason | None = None
    refusal: Refusal | None = None
    trouble: CardTrouble | None = None
    notice: Notice | None = None
    reward_points: int | None = None
    reward_minor: int | None = None
    greeting: str | None = field(default=None, repr=False)
    offline: bool = False
