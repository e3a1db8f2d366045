"""What settings of the model are called on pages, for sentences that must name one."""

from __future__ import annotations

from typing import Final

from flask_babel import LazyString, lazy_gettext
from markupsafe import Markup

from web_admin.programme.sentence import code, trusted

_WORDS: Final[dict[str, LazyString]] = {
    "when.amount_basis": lazy_gettext("Amounts are taken"),
    "when.visits_within_days": lazy_gettext("Count the visits of the last days only"),
    "first_purchase": lazy_gettext("At a member's first purchase only"),
    "visit_every": lazy_gettext("Once every so many visits"),
    "visits_minimum": lazy_gettext("From this visit on"),
    "visits_maximum": lazy_gettext("Up to this visit"),
    "days_since_visit_minimum": lazy_gettext("Stayed away for at least (days)"),
    "days_since_visit_maximum": lazy_gettext("Was here within the last (days)"),
    "gift.valid_days": lazy_gettext("It lapses after so many days"),
    "gift.quantity": lazy_gettext("How often it can be used"),
    "gift.cheapest": lazy_gettext("Only the cheapest piece of them"),
    "gift.items": lazy_gettext("Which goods"),
    "per_pieces": lazy_gettext("for so many pieces"),
    "basis": lazy_gettext("Amounts are taken"),
    "calendar": lazy_gettext("Whose months"),
    "window_months": lazy_gettext("Months that are looked at"),
    "keep_months": lazy_gettext("Kept for months"),
    "keep_days": lazy_gettext("Kept for days"),
    "keep_until_month": lazy_gettext("Until a day of the month number"),
    "keep_until_day": lazy_gettext("Until the day of that month"),
    "period": lazy_gettext("In which time"),
    "start": lazy_gettext("A level begins"),
    "end": lazy_gettext("A level is kept"),
    "downgrade": lazy_gettext("Then members go down"),
    "grace_days": lazy_gettext("Days longer"),
    "grace_months": lazy_gettext("Months longer"),
    "round_up_to_month": lazy_gettext("The end moves to the end of its month"),
    "counts_this_sale": lazy_gettext("A purchase that reaches a level counts as made in it"),
    "top_up_minimum_minor": lazy_gettext("Least that may be paid in at once"),
    "minimum_minor": lazy_gettext("Least that a gift card is sold for"),
    "reloadable": lazy_gettext("Money can be added to it later"),
    "most_per_sale": lazy_gettext("Cards that one sale may be paid with"),
    "leave": lazy_gettext("Whoever leaves takes along"),
    "spend_limit_points": lazy_gettext("Points that one of them may use a day"),
    "settings": lazy_gettext("Clocks and settings"),
    "expiry": lazy_gettext("When points lapse"),
    "credit": lazy_gettext("Stored credit"),
    "credit.earned_expiry": lazy_gettext("When credit that was given lapses"),
    "credit.paid_expiry": lazy_gettext("When credit that was paid in lapses"),
    "gift_cards": lazy_gettext("Gift cards"),
    "gift_cards.expiry": lazy_gettext("When its money lapses"),
    "households": lazy_gettext("Households"),
    "returns": lazy_gettext("Returns"),
    "cards": lazy_gettext("Cards"),
    "earn_needs": lazy_gettext("To earn, at least"),
    "redeem_needs": lazy_gettext("To spend, at least"),
    "terminals_authenticate": lazy_gettext("Terminals know a genuine card without a network"),
    "block_copies": lazy_gettext("Block a card that was copied"),
    "weak_below": lazy_gettext("Weak cards"),
    "weak_points_per_sale": lazy_gettext("Points of a weak card in a purchase, at most"),
    "weak_points_per_day": lazy_gettext("Points of a member's weak cards in a day, at most"),
    "tiers": lazy_gettext("Tiers"),
    "auto_redeem": lazy_gettext("Points that become credit by night"),
}


def words_of_setting(name: str) -> Markup:
    """A setting in words; one that has none shows by its name."""
    words = _WORDS.get(name)
    return code(name) if words is None else trusted(str(words))
