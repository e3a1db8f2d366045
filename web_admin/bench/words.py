"""What the cards of the tray and their outcomes are called."""

from __future__ import annotations

from typing import Final

from flask_babel import LazyString, lazy_gettext

from gateway.office.test_bench import BenchCard

_CARDS: Final = {
    "first": lazy_gettext("First card"),
    "second": lazy_gettext("Second card"),
    "written": lazy_gettext("Card with a membership record"),
    "new": lazy_gettext("New card"),
    "blocked": lazy_gettext("Card to be blocked"),
    "double": lazy_gettext("First card, shown twice"),
    "removed": lazy_gettext("Card taken away too early"),
    "silent": lazy_gettext("Card that does not answer"),
    "random": lazy_gettext("Telephone with a changing number"),
    "other": lazy_gettext("Card of another kind"),
    "damaged": lazy_gettext("Card with a damaged record"),
}

_OUTCOMES: Final = {
    "ok": lazy_gettext("It is read, and the next receipt is this customer's."),
    "new_card": lazy_gettext(
        "Nobody has it yet: with the first receipt it becomes a new member's. Each tap is another "
        "card."
    ),
    "blocked": lazy_gettext(
        "Tap it and print a receipt, so that it is a member's; the next tap blocks it, and from "
        "then on its receipts are refused."
    ),
    "double_tap": lazy_gettext("The counter sees one tap and not two."),
    "removed_early": lazy_gettext("The counter asks to hold the card still."),
    "no_answer": lazy_gettext("The counter asks to present the card again."),
    "random_uid": lazy_gettext("The counter asks for the club's card."),
    "not_supported": lazy_gettext("The counter says that it does not take this kind."),
    "bad_record": lazy_gettext("The counter asks to have the card replaced."),
}


def words_of_card(card: BenchCard) -> LazyString | str:
    """A card's name; one that a bench of another version brings keeps its machine name."""
    return _CARDS.get(card.name, card.name)


def words_of_outcome(card: BenchCard) -> LazyString | str:
    """What a tap with it is made to show."""
    return _OUTCOMES.get(card.outcome, card.outcome)
