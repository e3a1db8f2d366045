"""Words for the ledger's codes: how a transaction ended, why, and what was done at the counter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString, lazy_gettext, lazy_pgettext

from gateway.model.outcome import Reason, Status
from gateway.queries.sealed_row import SealStatus


@dataclass(frozen=True, slots=True)
class Badge:
    """A coloured word with a picture: never the colour alone.

    Attributes:
        text: the word.
        kind: ``success``, ``warning``, ``danger``, ``info`` or ``secondary``.
        icon: the picture's name in the sprite.
    """

    text: LazyString
    kind: str
    icon: str


_STATUS: Final[Mapping[Status, Badge]] = {
    Status.APPLIED: Badge(lazy_pgettext("outcome", "Recorded"), "success", "check"),
    Status.DUPLICATE: Badge(lazy_pgettext("outcome", "Repeated"), "secondary", "history"),
    Status.HELD: Badge(lazy_pgettext("outcome", "Waiting"), "warning", "clock"),
    Status.REFUSED: Badge(lazy_pgettext("outcome", "Refused"), "danger", "x"),
}

_ACTION: Final[Mapping[str, LazyString]] = {
    "enrol": lazy_gettext("New member"),
    "earn": lazy_gettext("Purchase"),
    "redeem": lazy_gettext("Paid with points"),
    "void": lazy_gettext("Points given back"),
    "refund": lazy_gettext("Return of goods"),
    "inquire": lazy_gettext("Balance asked"),
    "reserve": lazy_gettext("Points reserved"),
    "cancel": lazy_gettext("Reservation cancelled"),
    "challenge": lazy_gettext("Code asked for"),
    "prove": lazy_gettext("Code told"),
    "top_up": lazy_gettext("Money paid in"),
    "event": lazy_gettext("Points without a purchase"),
    "review": lazy_gettext("Receipt to check"),
    "expiry": lazy_gettext("Reservation ran out"),
    "card": lazy_gettext("Card blocked or unblocked"),
    "command": lazy_gettext("Done at a desk"),
    "nightly": lazy_gettext("Nightly run"),
    "unreadable": lazy_gettext("Cannot be read"),
}

_REASON: Final[Mapping[Reason, LazyString]] = {
    Reason.NONE: lazy_gettext("Nothing is wrong"),
    Reason.UNKNOWN_CARD: lazy_gettext("The card has no member yet"),
    Reason.IN_REVIEW: lazy_gettext("A person checks the receipt first"),
    Reason.CARD_BLOCKED: lazy_gettext("The card is blocked"),
    Reason.CARD_ALREADY_ENROLLED: lazy_gettext("The card has a member already"),
    Reason.CURRENCY_MISMATCH: lazy_gettext("The till counts in another currency"),
    Reason.PROGRAMME_UNKNOWN: lazy_gettext("No rules were in force"),
    Reason.SALE_ALREADY_RECORDED: lazy_gettext("The sale was recorded before"),
    Reason.SALE_NOT_FOUND: lazy_gettext("There is no such sale"),
    Reason.SALE_ALREADY_REFUNDED: lazy_gettext("The sale was returned before"),
    Reason.HOLD_NOT_FOUND: lazy_gettext("The points had not been reserved"),
    Reason.HOLD_EXPIRED: lazy_gettext("The reservation had run out"),
    Reason.HOLD_ALREADY_RESOLVED: lazy_gettext("The reservation was used before"),
    Reason.HOLD_MISMATCH: lazy_gettext("The reservation was for another card or sale"),
    Reason.INSUFFICIENT_POINTS: lazy_gettext("There were too few points"),
    Reason.BELOW_MINIMUM: lazy_gettext("Too few points to pay with"),
    Reason.REQUEST_EXPIRED: lazy_gettext("The question came too late"),
    Reason.REQUEST_ID_REUSED: lazy_gettext("The question had an old number"),
    Reason.REWARD_UNKNOWN: lazy_gettext("There is no such reward"),
    Reason.REWARD_NOT_AVAILABLE: lazy_gettext("The reward does not go with this sale"),
    Reason.COUPON_NOT_AVAILABLE: lazy_gettext("No coupon could be used"),
    Reason.OFFER_NOT_AVAILABLE: lazy_gettext("No offer goes with this sale"),
    Reason.LIMIT_REACHED: lazy_gettext("The limit was reached"),
    Reason.CREDIT_NOT_OFFERED: lazy_gettext("The rules offer no credit for this"),
    Reason.INSUFFICIENT_CREDIT: lazy_gettext("There was too little credit"),
    Reason.GIFT_CARD_NOT_OFFERED: lazy_gettext("The rules offer no such gift card"),
    Reason.GIFT_CARD_UNKNOWN: lazy_gettext("Nobody knows this gift card"),
    Reason.GIFT_CARD_EXPIRED: lazy_gettext("The gift card had run out"),
    Reason.GIFT_CARD_EMPTY: lazy_gettext("The gift card was empty"),
    Reason.GIFT_CARD_BLOCKED: lazy_gettext("The gift card is blocked"),
    Reason.LINE_ALREADY_RETURNED: lazy_gettext("The goods were returned before"),
    Reason.RETURN_TOO_LARGE: lazy_gettext("More was returned than was sold"),
    Reason.RETURN_TOO_LATE: lazy_gettext("The sale is too old to be returned"),
    Reason.HOUSEHOLD_NOT_OFFERED: lazy_gettext("The rules offer no households"),
    Reason.HOUSEHOLD_FULL: lazy_gettext("The household is full"),
    Reason.NOT_HOUSEHOLD_FOUNDER: lazy_gettext("Only the household's founder can do this"),
    Reason.NOT_INVITED: lazy_gettext("The member was not invited"),
    Reason.NOT_IN_HOUSEHOLD: lazy_gettext("The member is in no household"),
    Reason.ALREADY_IN_HOUSEHOLD: lazy_gettext("The member is in a household already"),
    Reason.CARD_COPIED: lazy_gettext("The card was copied"),
    Reason.CARD_PROOF_WRONG: lazy_gettext("The card did not prove to be genuine"),
    Reason.CARD_TOO_WEAK: lazy_gettext("The rules ask for a better card"),
    Reason.CODE_NOT_SENT: lazy_gettext("No code could be sent"),
    Reason.CODE_TOO_SOON: lazy_gettext("A code was sent a moment ago"),
    Reason.CODE_WRONG: lazy_gettext("The code was wrong"),
    Reason.CODE_ENDED: lazy_gettext("The code counted no more"),
    Reason.REVIEW_CHANGED: lazy_gettext("The receipt is not as it was shown"),
    Reason.REVIEW_CLOSED: lazy_gettext("The receipt was decided before"),
    Reason.CARD_MISSING: lazy_gettext("Nobody's card was shown"),
    Reason.UNKNOWN_KEY: lazy_gettext("Sealed with an unknown key"),
    Reason.KEY_NOT_VALID: lazy_gettext("The key was not valid any more"),
    Reason.BAD_SEAL: lazy_gettext("The seal is broken"),
    Reason.MALFORMED: lazy_gettext("It cannot be read"),
    Reason.WRONG_TERMINAL: lazy_gettext("It carries another terminal's name"),
    Reason.CLONE: lazy_gettext("Two terminals use one key"),
    Reason.CHAIN_BROKEN: lazy_gettext("The terminal's records have a break"),
    Reason.EPOCH_UNKNOWN: lazy_gettext("The terminal's new set-up is not known"),
    Reason.QUARANTINE_FULL: lazy_gettext("Quarantine was full"),
}

_SEAL: Final[Mapping[SealStatus, Badge]] = {
    SealStatus.VERIFIED: Badge(lazy_gettext("The seal is intact"), "success", "shield-check"),
    SealStatus.BROKEN: Badge(lazy_gettext("The seal is broken"), "danger", "alert-triangle"),
    SealStatus.GATEWAY: Badge(lazy_gettext("Made by the gateway"), "secondary", "server"),
}


def badge_of_status(status: Status) -> Badge:
    """How a transaction ended."""
    return _STATUS[status]


def words_of_action(action: str) -> LazyString:
    """What was done at the counter; see ``LiveEvent.action``."""
    return _ACTION[action]


def words_of_reason(reason: Reason) -> LazyString:
    """Why something was not simply recorded."""
    return _REASON[reason]


def badge_of_seal(status: SealStatus) -> Badge:
    """What a look at a seal showed."""
    return _SEAL[status]
