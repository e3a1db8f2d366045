"""What a display is asked to show: a screen's name and the numbers on it, no words.

Words belong to ``terminal_agent.texts``, so that Persian and English are equals.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from gateway.model.instrument import Instrument
from gateway.model.money import Currency
from gateway.model.outcome import Reason
from gateway.model.rules.succession import Succession
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
    LOADING = "loading"
    ENROLLED = "enrolled"
    REFUND_ACCEPTED = "refund_accepted"
    TOPPED_UP = "topped_up"
    GIFT_LOADED = "gift_loaded"
    EVENT_RECORDED = "event_recorded"
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
    DISCOUNT_FIRST = "discount_first"
    HELD_ALREADY = "held_already"
    NOTHING_DUE = "nothing_due"
    OFFERS_OFFLINE = "offers_offline"
    OFFERS_TOO_LATE = "offers_too_late"
    OFFERS_DECLINED = "offers_declined"
    PRESENT_GIFT_CARD = "present_gift_card"
    GIFT_CARD_SEEN = "gift_card_seen"
    NO_GIFT_CARD = "no_gift_card"
    LOAD_OFFLINE = "load_offline"
    LOAD_CANCELLED = "load_cancelled"
    ALREADY_RECORDED = "already_recorded"
    CLAIM_TAKEN = "claim_taken"
    CLAIM_LATER = "claim_later"
    CLAIM_KNOWN = "claim_known"
    CLAIM_WRONG = "claim_wrong"
    CLAIM_OTHER_BRANCH = "claim_other_branch"
    CLAIM_OTHER_CURRENCY = "claim_other_currency"
    CLAIM_TOO_OLD = "claim_too_old"
    SALE_CANCELLED = "sale_cancelled"
    NO_CARD = "no_card"
    NEEDS_REVIEW = "needs_review"
    REVIEW_CARD = "review_card"
    REFUND_SEEN = "refund_seen"
    CODE_SENT = "code_sent"
    CODE_RIGHT = "code_right"
    CODE_OFFLINE = "code_offline"
    READER_LOST = "reader_lost"
    TILL_LOST = "till_lost"


class Refusal(StrEnum):
    """Why nothing was accepted. Each has a text of the same name that says what to do."""

    JOURNAL_FULL = "journal_full"
    JOURNAL_FORKED = "journal_forked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """What the programme calls something, in both languages; empty where it says nothing."""

    id: str
    en: str = ""
    fa: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOff:
    """So much money comes off a line of goods, by its label."""

    label: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of what is held for a sale, or was used on it.

    Attributes:
        instrument: what it is taken from.
        points: how many points, for points and rewards.
        amount_minor: the money it stands for; 0 for a reward that is no money.
        title: what it is called, where it has a name.
        lines: of a discount, what comes off which goods, where that is known.
    """

    instrument: Instrument
    points: int = 0
    amount_minor: int = 0
    title: Title | None = None
    lines: tuple[LineOff, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """So many uses of a coupon or a benefit that a member has."""

    title: Title
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    """How the member of the card on the screen stands, beside points that can be spent.

    Attributes:
        tier: the level.
        benefits: what the level brings and is no points rule.
        owned: coupons and benefits that can be used.
        credit_minor: stored credit.
        pending_points: points that cannot be spent yet.
        last_points: so many points lapse next...
        last_day: ...after this day of the branch.
    """

    tier: Title | None = None
    benefits: tuple[Title, ...] = ()
    owned: tuple[Owned, ...] = ()
    credit_minor: int | None = None
    pending_points: int | None = None
    last_points: int | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One picture of the counter display.

    Attributes:
        screen: which page.
        points: points this sale brings: a preview until the gateway has said so.
        coming_minor: stored credit this sale brings, where it does; always a preview.
        about: the preview may differ from what the gateway will say.
        promised_points: what the sale was surely said to bring, where the gateway has said
            something else: its rules are newer, or something else happened to the member.
        balance_points: the member's spendable points where known.
        total_minor: the sale's total.
        redeem_points: points that can be paid with, where nothing is held yet.
        redeem_minor: the money that ``redeem_points`` stand for.
        parts: what is held for the sale, or was used on it.
        due_minor: what is left to pay otherwise, where something is held.
        member: how the member stands.
        purse_minor: what is left on a gift card that was shown.
        load_minor: money that is, or was, put onto a card.
        currency: the unit of the ``*_minor`` fields.
        before: the currency that it took the place of, as long as amounts are shown in both.
        reason: why the gateway, or the programme, said no.
        refusal: why the journal said no.
        trouble: what was wrong with the card.
        notice: a remark.
        reward_points: the fewest points that can be paid with, where the balance is known.
        reward_minor: the money that ``reward_points`` stand for.
        claim: the code with which the closed sale on the screen can be claimed later. Whoever has
            it claims the sale, so it is shown to the customer alone.
        greeting: the name that the member of the card on the screen wants to be greeted by. It
            is shown to the customer and stays out of every record: no log, no journal, no console.
        offline: whether the gateway has been out of reach for a while.
    """

    screen: Screen
    points: int | None = None
    coming_minor: int | None = None
    about: bool = False
    promised_points: int | None = None
    balance_points: int | None = None
    total_minor: int | None = None
    redeem_points: int | None = None
    redeem_minor: int | None = None
    parts: tuple[Part, ...] = ()
    due_minor: int | None = None
    member: MemberView = MemberView()
    purse_minor: int | None = None
    load_minor: int | None = None
    currency: Currency | None = None
    before: Succession | None = None
    reason: Reason | None = None
    refusal: Refusal | None = None
    trouble: CardTrouble | None = None
    notice: Notice | None = None
    reward_points: int | None = None
    reward_minor: int | None = None
    claim: str | None = field(default=None, repr=False)
    greeting: str | None = field(default=None, repr=False)
    offline: bool = False
