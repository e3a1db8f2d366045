"""Words for what stands on a member's page: why points moved, cards, and what cannot be kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask_babel import LazyString, lazy_gettext

from gateway.formatting.phone import mask_phone, write_phone
from gateway.ledger.kinds import CardState, PostingKind
from gateway.model.card import CardProfile
from gateway.office.profile import Problem
from web_admin.access.current import may
from web_admin.access.permissions import Permission
from web_admin.live.words import Badge

_POSTING: Final[Mapping[PostingKind, LazyString]] = {
    PostingKind.ENROL: lazy_gettext("New member"),
    PostingKind.EARN: lazy_gettext("Purchase"),
    PostingKind.SUSPEND: lazy_gettext("Purchase, card without a member"),
    PostingKind.RESERVE: lazy_gettext("Points reserved"),
    PostingKind.RELEASE: lazy_gettext("Points given back"),
    PostingKind.REDEEM: lazy_gettext("Paid with points"),
    PostingKind.REFUND: lazy_gettext("Return of goods"),
    PostingKind.RETURN: lazy_gettext("Return of some goods"),
    PostingKind.ADJUST: lazy_gettext("Adjustment by hand"),
    PostingKind.TOP_UP: lazy_gettext("Money paid in"),
    PostingKind.TRANSFER: lazy_gettext("Transfer"),
    PostingKind.CONVERT: lazy_gettext("Exchange"),
    PostingKind.EXPIRE: lazy_gettext("Run out"),
    PostingKind.ACTIVATE: lazy_gettext("Waiting time over"),
    PostingKind.GIFT: lazy_gettext("Gift card"),
    PostingKind.HOUSEHOLD: lazy_gettext("Household"),
    PostingKind.EVENT: lazy_gettext("Points without a purchase"),
}

_CARD_STATE: Final[Mapping[CardState, Badge]] = {
    CardState.ACTIVE: Badge(lazy_gettext("Active"), "success", "check"),
    CardState.BLOCKED: Badge(lazy_gettext("Blocked"), "danger", "ban"),
    CardState.LOST: Badge(lazy_gettext("Reported lost"), "warning", "alert-triangle"),
    CardState.REPLACED: Badge(lazy_gettext("Replaced"), "secondary", "history"),
}

_CARD_PROFILE: Final[Mapping[CardProfile, LazyString]] = {
    CardProfile.UID: lazy_gettext("Card by its number"),
    CardProfile.NDEF: lazy_gettext("Card with a written number"),
    CardProfile.NTAG424: lazy_gettext("Secure NFC tag"),
    CardProfile.DESFIRE: lazy_gettext("Secure smart card"),
    CardProfile.ULTRALIGHT_AES: lazy_gettext("Secure paper ticket"),
    CardProfile.QR: lazy_gettext("QR code"),
    CardProfile.STRIPE: lazy_gettext("Magnetic stripe"),
    CardProfile.PASS: lazy_gettext("Wallet pass"),
    CardProfile.PHONE: lazy_gettext("Phone number as a card"),
}

_PROBLEM: Final[Mapping[Problem, LazyString]] = {
    Problem.TOO_LONG: lazy_gettext("This is too long. Please shorten it."),
    Problem.NOT_A_PHONE: lazy_gettext(
        "This is no phone number. Write it as 0912 123 4567, or with + and the country's code."
    ),
    Problem.NOT_A_DAY: lazy_gettext("There is no such day. Write year, month and day: 1370/05/23."),
    Problem.NOT_A_BIRTHDAY: lazy_gettext("Nobody alive was born on that day."),
    Problem.NOT_A_LANGUAGE: lazy_gettext("Choose one of the languages."),
}


def words_of_posting(kind: PostingKind) -> LazyString:
    """Why points moved."""
    return _POSTING[kind]


def badge_of_card(state: CardState) -> Badge:
    """Whether a card may be used."""
    return _CARD_STATE[state]


def words_of_profile(profile: CardProfile) -> LazyString:
    """What kind of card it is."""
    return _CARD_PROFILE[profile]


def words_of_problem(problem: Problem) -> LazyString:
    """Why a field cannot be kept, and what to write instead."""
    return _PROBLEM[problem]


def shown_phone(phone: str | None) -> str | None:
    """A phone number for whoever reads the page: whole for those who may edit, masked otherwise."""
    if phone is None:
        return None
    return write_phone(phone) if may(Permission.EDIT_MEMBERS) else mask_phone(phone)
