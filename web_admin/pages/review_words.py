"""What is said of a paper that was not sure: why, what speaks for its total, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask_babel import LazyString, lazy_gettext, lazy_pgettext

from gateway.ledger.kinds import ReviewState
from gateway.model.review import EvidenceKind, ReviewReason
from web_admin.live.words import Badge

_REASON: Final[Mapping[ReviewReason, LazyString]] = {
    ReviewReason.UNCORROBORATED: lazy_gettext(
        "Too little on the paper says the same amount as its total."
    ),
    ReviewReason.TOTALS_DIFFER: lazy_gettext("The paper names several totals."),
    ReviewReason.FISCAL_DIFFERS: lazy_gettext(
        "The fiscal code says another total, or cannot be read."
    ),
    ReviewReason.PAYMENT_DIFFERS: lazy_gettext("What was paid does not come to the total."),
    ReviewReason.TAX_ABOVE_TOTAL: lazy_gettext(
        "More tax is printed than the whole total: figures were lost on the way."
    ),
    ReviewReason.TOTAL_UNREADABLE: lazy_gettext("The total cannot be read."),
    ReviewReason.OTHER_CURRENCY: lazy_gettext("The total is in another currency."),
    ReviewReason.UNCLEAR_NOTICE: lazy_gettext(
        "A word such as refund or copy stands on it, and it is not clear what it is about."
    ),
    ReviewReason.ABOVE_CEILING: lazy_gettext(
        "The total is larger than what is recorded without being asked."
    ),
    ReviewReason.TOO_LONG: lazy_gettext("The paper is longer than any receipt."),
    ReviewReason.LINE_LOST: lazy_gettext(
        "The cable to the till was interrupted before the paper ended."
    ),
    ReviewReason.DISPLAY_DIFFERS: lazy_gettext(
        "The customer display or the card terminal showed another amount."
    ),
}
_EVIDENCE: Final[Mapping[EvidenceKind, LazyString]] = {
    EvidenceKind.FISCAL: lazy_gettext("The fiscal code says it"),
    EvidenceKind.LABEL: lazy_gettext("A line calls it the total"),
    EvidenceKind.ITEMS: lazy_gettext("The goods add up to it"),
    EvidenceKind.NET_TAX: lazy_gettext("Net amount and tax add up to it"),
    EvidenceKind.PAYMENT: lazy_gettext("What was paid comes to it"),
    EvidenceKind.SIZE: lazy_gettext("It is printed larger than all else"),
    EvidenceKind.DISPLAY: lazy_gettext("The customer display showed it"),
    EvidenceKind.REQUEST: lazy_gettext("The till asked the card terminal for it"),
    EvidenceKind.APPROVAL: lazy_gettext("The card terminal approved it"),
    EvidenceKind.MESSAGE: lazy_gettext("The till said it in a message"),
}
_STATE: Final[Mapping[ReviewState, Badge]] = {
    ReviewState.OPEN: Badge(lazy_pgettext("queue", "Open"), "warning", "clock"),
    ReviewState.SETTLED: Badge(lazy_pgettext("receipt", "Settled"), "success", "check"),
    ReviewState.DISMISSED: Badge(lazy_pgettext("receipt", "Dismissed"), "secondary", "minus"),
}


def words_of_review_reason(reason: ReviewReason) -> LazyString:
    """Why a paper was not recorded by itself."""
    return _REASON[reason]


def words_of_evidence(kind: EvidenceKind) -> LazyString:
    """What speaks for a total."""
    return _EVIDENCE[kind]


def badge_of_review(state: ReviewState) -> Badge:
    """Whether somebody has decided, and how."""
    return _STATE[state]
