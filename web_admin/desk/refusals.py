"""Why something was not done, in words for whoever sits at the desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask_babel import LazyString, lazy_gettext

from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.outcome import Reason
from web_admin.live.words import words_of_reason

_NOT_OFFERED: Final = lazy_gettext(
    "The rules in force let no gift cards be sold, or not be loaded a second time."
)
_LESS_CREDIT: Final = lazy_gettext("The member has less credit than that.")
_WORDS: Final[Mapping[tuple[LedgerCommandKind, Reason], LazyString]] = {
    (LedgerCommandKind.ADJUST, Reason.INSUFFICIENT_POINTS): lazy_gettext(
        "The member has fewer points than that, and under the rules nobody goes below zero."
    ),
    (LedgerCommandKind.ADJUST, Reason.INSUFFICIENT_CREDIT): _LESS_CREDIT,
    (LedgerCommandKind.TRANSFER, Reason.CREDIT_NOT_OFFERED): lazy_gettext(
        "The rules in force let no credit be given from one member to another."
    ),
    (LedgerCommandKind.TRANSFER, Reason.INSUFFICIENT_CREDIT): _LESS_CREDIT,
    (LedgerCommandKind.TRANSFER, Reason.BELOW_MINIMUM): lazy_gettext(
        "Credit goes to another member, and it must be more than nothing."
    ),
    (LedgerCommandKind.TRANSFER, Reason.LIMIT_REACHED): lazy_gettext(
        "The other member would have more credit than the rules allow."
    ),
    (LedgerCommandKind.ISSUE_GIFT_CARD, Reason.CARD_ALREADY_ENROLLED): lazy_gettext(
        "This card belongs to a member, so it cannot be a gift card."
    ),
    (LedgerCommandKind.ISSUE_GIFT_CARD, Reason.GIFT_CARD_NOT_OFFERED): _NOT_OFFERED,
    (LedgerCommandKind.ISSUE_GIFT_CARD, Reason.BELOW_MINIMUM): lazy_gettext(
        "This is less than the rules let a gift card be sold for."
    ),
    (LedgerCommandKind.ISSUE_GIFT_CARD, Reason.LIMIT_REACHED): lazy_gettext(
        "The card would hold more than the rules allow."
    ),
    (LedgerCommandKind.REVOKE_VOUCHER, Reason.COUPON_NOT_AVAILABLE): lazy_gettext(
        "This coupon was taken back before."
    ),
    (LedgerCommandKind.SET_REFERRER, Reason.LIMIT_REACHED): lazy_gettext(
        "The member has bought something already, or somebody else brought the member."
    ),
    (LedgerCommandKind.SET_REFERRER, Reason.UNKNOWN_CARD): lazy_gettext(
        "Nobody brings themselves. Choose another member."
    ),
    (LedgerCommandKind.REPLACE_CARD, Reason.CARD_ALREADY_ENROLLED): lazy_gettext(
        "The new card belongs to a member, or is a gift card. Take another."
    ),
    (LedgerCommandKind.LEAVE_HOUSEHOLD, Reason.INSUFFICIENT_POINTS): lazy_gettext(
        "The household owes points, and nobody would be left to owe them. Settle that first."
    ),
}


def words_of_desk_refusal(kind: LedgerCommandKind, reason: Reason) -> LazyString:
    """Why a command was refused."""
    return _WORDS.get((kind, reason)) or words_of_reason(reason)
