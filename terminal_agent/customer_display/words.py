"""What of the counter's codes a customer reads, and what stays the cashier's business.

Every code is decided here. None means that the customer reads nothing of it: the cashier's console
says what to do, and a customer can only be frightened by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason
from gateway.readers.reader import CardTrouble
from terminal_agent.session.view import Notice, Refusal, Screen

TABLE: Final = "customer"


class Mark(StrEnum):
    """The drawing beside the words. Each is a symbol of the page's own."""

    CARD = "card"
    BAG = "bag"
    GIFT = "gift"
    WAIT = "wait"
    DONE = "done"
    HEART = "heart"
    HELP = "help"
    MOON = "moon"


class Tone(StrEnum):
    """How the page feels: never red, whatever happened."""

    CALM = "calm"
    INVITING = "inviting"
    GLAD = "glad"
    CAREFUL = "careful"


@dataclass(frozen=True, slots=True)
class Look:
    """How a screen meets the customer: its text's id, its drawing, its tone."""

    text: str
    mark: Mark
    tone: Tone


SCREENS: Final[Mapping[Screen, Look]] = {
    Screen.NOT_CONFIGURED: Look("not_configured", Mark.WAIT, Tone.CALM),
    Screen.READY: Look("ready", Mark.CARD, Tone.INVITING),
    Screen.CARD: Look("card", Mark.HEART, Tone.GLAD),
    Screen.SALE: Look("sale", Mark.CARD, Tone.INVITING),
    Screen.PREVIEW: Look("preview", Mark.BAG, Tone.CALM),
    Screen.AUTHORISING: Look("authorising", Mark.WAIT, Tone.CALM),
    Screen.RESERVED: Look("reserved_several", Mark.GIFT, Tone.GLAD),
    Screen.LOADING: Look("loading", Mark.CARD, Tone.INVITING),
    Screen.LATE: Look("late", Mark.CARD, Tone.INVITING),
    Screen.ACCEPTING: Look("accepting", Mark.WAIT, Tone.CALM),
    Screen.ACCEPTED: Look("accepted", Mark.DONE, Tone.GLAD),
    Screen.APPLIED: Look("applied", Mark.DONE, Tone.GLAD),
    Screen.HELD: Look("held", Mark.GIFT, Tone.GLAD),
    Screen.NOT_APPLIED: Look("not_applied", Mark.HELP, Tone.CAREFUL),
    Screen.REFUSED: Look("refused", Mark.HELP, Tone.CAREFUL),
    Screen.ENROLLED: Look("enrolled", Mark.HEART, Tone.GLAD),
    Screen.REFUND_ACCEPTED: Look("refund_accepted", Mark.DONE, Tone.CALM),
    Screen.TOPPED_UP: Look("topped_up", Mark.DONE, Tone.GLAD),
    Screen.GIFT_LOADED: Look("gift_loaded", Mark.GIFT, Tone.GLAD),
    Screen.EVENT_RECORDED: Look("event_recorded", Mark.HEART, Tone.GLAD),
    Screen.FAULT: Look("fault", Mark.HELP, Tone.CALM),
    Screen.STOPPED: Look("stopped", Mark.MOON, Tone.CALM),
}

#: What is held for a sale, where it is one thing; several together look as the screen does.
RESERVED: Final[Mapping[Instrument, Look]] = {
    Instrument.OFFER: Look("reserved_offer", Mark.GIFT, Tone.GLAD),
    Instrument.REWARD: Look("reserved_reward", Mark.GIFT, Tone.GLAD),
    Instrument.COUPON: Look("reserved_coupon", Mark.GIFT, Tone.GLAD),
    Instrument.POINTS: Look("reserved_points", Mark.GIFT, Tone.GLAD),
    Instrument.CREDIT: Look("reserved_credit", Mark.DONE, Tone.GLAD),
    Instrument.GIFT: Look("reserved_gift", Mark.GIFT, Tone.GLAD),
}

#: How what was used on a sale is labelled, where it is one thing.
USED: Final[Mapping[Instrument, str]] = {
    Instrument.OFFER: "label_used_off",
    Instrument.REWARD: "label_used_off",
    Instrument.COUPON: "label_used_off",
    Instrument.POINTS: "label_used_points",
    Instrument.CREDIT: "label_used_credit",
    Instrument.GIFT: "label_used_gift",
}

NOTICES: Final[Mapping[Notice, str | None]] = {
    Notice.CARD_FIRST: "present_card",
    Notice.SALE_FIRST: None,  # the cashier asked too early; the customer did nothing wrong
    Notice.REDEEM_OFFLINE: "points_not_now",
    Notice.REDEEM_TOO_LATE: "points_too_late",
    Notice.REDEEM_CANCELLED: "points_stay",
    Notice.REDEEM_LAPSED: "points_stay",
    Notice.REDEEM_CARD_CHANGED: "other_card",
    Notice.REDEEM_SALE_CHANGED: "total_changed",
    Notice.DISCOUNT_FIRST: None,  # in which order things are asked for is the cashier's
    Notice.HELD_ALREADY: None,  # the page shows it
    Notice.NOTHING_DUE: None,  # the page shows that too
    Notice.OFFERS_OFFLINE: None,  # nobody had promised anything
    Notice.OFFERS_TOO_LATE: None,  # the same
    Notice.OFFERS_DECLINED: None,  # this till cannot give it, and the customer cannot help that
    Notice.PRESENT_GIFT_CARD: "present_gift_card",
    Notice.GIFT_CARD_SEEN: "gift_card_pays",
    Notice.NO_GIFT_CARD: None,  # the cashier took a step back
    Notice.LOAD_OFFLINE: "ask_again",
    Notice.LOAD_CANCELLED: None,  # the cashier gives the money back
    Notice.ALREADY_RECORDED: "counted_already",
    Notice.CLAIM_TAKEN: None,  # the page asks for the card
    Notice.CLAIM_LATER: "claim_later",
    Notice.CLAIM_KNOWN: "claim_known",
    Notice.CLAIM_WRONG: "claim_wrong",
    Notice.CLAIM_OTHER_BRANCH: "claim_other_branch",
    Notice.CLAIM_OTHER_CURRENCY: "claim_other_currency",
    Notice.CLAIM_TOO_OLD: "claim_too_old",
    Notice.SALE_CANCELLED: None,  # the till's paper was none; there is nothing to explain
    Notice.NO_CARD: "next_time",
    Notice.NEEDS_REVIEW: "in_review",
    Notice.REVIEW_CARD: "review_card",
    Notice.REFUND_SEEN: None,  # the cashier is to key a number in
    Notice.CODE_SENT: "code_sent",
    Notice.CODE_RIGHT: "code_right",
    Notice.CODE_OFFLINE: None,  # the cashier asks again
    Notice.READER_LOST: None,  # said by another screen: an invitation would be wrong
    Notice.TILL_LOST: None,  # a cable is the cashier's
}

REFUSALS: Final[Mapping[Refusal, str | None]] = {
    # The screen says to keep the receipt; why is for the person who looks after the box.
    Refusal.JOURNAL_FULL: None,
    Refusal.JOURNAL_FORKED: None,
}

TROUBLES: Final[Mapping[CardTrouble, str]] = {
    trouble: f"trouble_{trouble}" for trouble in CardTrouble
}

REASONS: Final[Mapping[Reason, str | None]] = {
    Reason.NONE: None,
    Reason.UNKNOWN_CARD: "card_unknown",
    Reason.IN_REVIEW: "in_review",
    Reason.CARD_BLOCKED: "card_blocked",
    Reason.CARD_ALREADY_ENROLLED: "card_enrolled",
    Reason.CURRENCY_MISMATCH: "ask_till",
    Reason.PROGRAMME_UNKNOWN: "points_not_now",
    Reason.SALE_ALREADY_RECORDED: "counted_already",
    Reason.SALE_NOT_FOUND: "ask_till",
    Reason.SALE_ALREADY_REFUNDED: "counted_already",
    Reason.HOLD_NOT_FOUND: "ask_till",
    Reason.HOLD_EXPIRED: "ask_till",
    Reason.HOLD_ALREADY_RESOLVED: "ask_till",
    Reason.HOLD_MISMATCH: "ask_till",
    Reason.INSUFFICIENT_POINTS: "few_points",
    Reason.BELOW_MINIMUM: "small_sale",
    Reason.REQUEST_EXPIRED: "ask_again",
    Reason.REQUEST_ID_REUSED: "ask_again",
    Reason.REWARD_UNKNOWN: "not_for_this",
    Reason.REWARD_NOT_AVAILABLE: "not_for_this",
    Reason.COUPON_NOT_AVAILABLE: "coupon_gone",
    Reason.OFFER_NOT_AVAILABLE: "not_for_this",
    Reason.LIMIT_REACHED: "limit_reached",
    Reason.CREDIT_NOT_OFFERED: "not_for_this",
    Reason.INSUFFICIENT_CREDIT: "no_credit",
    Reason.GIFT_CARD_NOT_OFFERED: "ask_till",
    Reason.GIFT_CARD_UNKNOWN: "ask_till",
    Reason.GIFT_CARD_EXPIRED: "gift_card_expired",
    Reason.GIFT_CARD_EMPTY: "gift_card_empty",
    Reason.GIFT_CARD_BLOCKED: "ask_till",
    Reason.LINE_ALREADY_RETURNED: "counted_already",
    Reason.RETURN_TOO_LARGE: "ask_till",
    Reason.RETURN_TOO_LATE: "ask_till",
    Reason.HOUSEHOLD_NOT_OFFERED: "ask_till",
    Reason.HOUSEHOLD_FULL: "ask_till",
    Reason.NOT_HOUSEHOLD_FOUNDER: "ask_till",
    Reason.NOT_INVITED: "ask_till",
    Reason.NOT_IN_HOUSEHOLD: "ask_till",
    Reason.ALREADY_IN_HOUSEHOLD: "ask_till",
    Reason.CARD_COPIED: "card_blocked",
    Reason.CARD_PROOF_WRONG: "ask_till",
    Reason.CARD_TOO_WEAK: "card_too_weak",
    Reason.CODE_NOT_SENT: "ask_till",
    Reason.CODE_TOO_SOON: "code_too_soon",
    Reason.CODE_WRONG: "code_wrong",
    Reason.CODE_ENDED: "code_ended",
    Reason.REVIEW_CHANGED: "ask_till",
    Reason.REVIEW_CLOSED: "ask_till",
    Reason.CARD_MISSING: "present_card",
    # What a gateway says of a terminal it does not trust is no business of the customer's.
    Reason.UNKNOWN_KEY: "ask_till",
    Reason.KEY_NOT_VALID: "ask_till",
    Reason.BAD_SEAL: "ask_till",
    Reason.MALFORMED: "ask_till",
    Reason.WRONG_TERMINAL: "ask_till",
    Reason.CLONE: "ask_till",
    Reason.CHAIN_BROKEN: "ask_till",
    Reason.EPOCH_UNKNOWN: "ask_till",
    Reason.QUARANTINE_FULL: "ask_till",
}

#: Reasons that are what the moment is about: the first line of their text is the heading, the
#: second says what to do. Beside a total they are a remark like any other.
MATTERS: Final[Mapping[str, Look]] = {
    "card_unknown": Look("card_unknown", Mark.CARD, Tone.CALM),
    "card_blocked": Look("card_blocked", Mark.HELP, Tone.CAREFUL),
    "card_enrolled": Look("card_enrolled", Mark.HEART, Tone.CALM),
    "counted_already": Look("counted_already", Mark.DONE, Tone.CALM),
    "ask_again": Look("ask_again", Mark.HELP, Tone.CAREFUL),
    "ask_till": Look("ask_till", Mark.HELP, Tone.CAREFUL),
}

#: Which of them take the page, and where. What could not be booked says that itself, and to ask.
TAKES_PAGE: Final[Mapping[Screen, frozenset[str]]] = {
    Screen.CARD: frozenset(MATTERS),
    Screen.NOT_APPLIED: frozenset(MATTERS) - {"ask_again", "ask_till"},
}

#: Texts that ``picture`` and the page itself choose, beside those of the tables above.
OTHERS: Final = frozenset(
    {
        "reader_away", "card_named", "applied_named", "accepted_offline", "try_again", "lost",
        "gift_card", "points_unit", "label_points", "label_coming", "label_tier", "label_credit",
        "label_balance", "label_balance_new", "label_total", "label_due", "label_used_several",
        "progress_missing", "progress_ready", "progress_gain", "offline", "counted_otherwise",
        "claim_code",
    }
)  # fmt: skip


def texts_used() -> frozenset[str]:
    """The id of every text that a customer can come to read."""
    told = {*NOTICES.values(), *REFUSALS.values(), *TROUBLES.values(), *REASONS.values()}
    looks = (*SCREENS.values(), *RESERVED.values())
    names = {look.text for look in looks} | (told - {None}) | OTHERS | set(USED.values())
    return frozenset(f"{TABLE}.{name}" for name in names)
