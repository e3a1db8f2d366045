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
    "other": lazy_gettext("Card of another kind"),
    "damaged": lazy_gettext("Card with a damaged record"),
    "uid": lazy_gettext("Old card with a number only"),
    "random-uid": lazy_gettext("Telephone with a changing number"),
    "ntag213": lazy_gettext("NTAG213 sticker"),
    "ndef": lazy_gettext("Tag with an unsigned record"),
    "ndef-signed": lazy_gettext("Tag with a signed record"),
    "ndef-copied": lazy_gettext("Signed record copied to another tag"),
    "classic": lazy_gettext("Classic card, whose cipher is broken"),
    "ultralight-c": lazy_gettext("Ultralight card, whose cipher is broken"),
    "ntag424": lazy_gettext("Genuine secure card"),
    "clone": lazy_gettext("Copy of the secure card"),
    "ntag424-random-uid": lazy_gettext("Secure card that hides its number"),
    "old-key-version": lazy_gettext("Secure card with the keys before these"),
    "wrong-keys": lazy_gettext("Secure card with a wrong key"),
    "desfire": lazy_gettext("DESFire card"),
    "desfire-ev1": lazy_gettext("DESFire card of the first generation"),
    "ultralight-aes": lazy_gettext("Ultralight AES card"),
    "ultralight-aes-no-cmac": lazy_gettext("Ultralight AES card with its guard turned off"),
    "removed-early": lazy_gettext("Card taken away too early"),
    "slow": lazy_gettext("Slow card"),
    "too-slow": lazy_gettext("Card that takes too long"),
    "silent": lazy_gettext("Card that does not answer"),
    "two-cards": lazy_gettext("Two cards at once"),
    "qr": lazy_gettext("Printed code"),
    "qr-expired": lazy_gettext("Printed code whose time is over"),
    "qr-changing": lazy_gettext("Code that changes, on a telephone"),
    "qr-screenshot": lazy_gettext("Old picture of such a code"),
    "stripe": lazy_gettext("Magnetic stripe of the club's"),
    "bank-card": lazy_gettext("Bank card"),
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
    "identified": lazy_gettext(
        "It is read by a number that anybody could copy; the next receipt is this customer's."
    ),
    "signed": lazy_gettext(
        "It is read and its signature is right; the next receipt is this customer's."
    ),
    "authenticated": lazy_gettext("It proves to be genuine; the next receipt is this customer's."),
    "copied": lazy_gettext(
        "Tap the genuine secure card at one counter and print a receipt. Then the copy's receipt at"
        " another counter is refused, an alarm is raised, and the card is blocked where the rules"
        " say so."
    ),
    "slow": lazy_gettext(
        "It is read after about a second: the customer holds it still until then."
    ),
    "broken_cipher": lazy_gettext(
        "The counter says that such cards can be copied, and does not take it."
    ),
    "not_genuine": lazy_gettext("The counter says that the card did not prove to be genuine."),
    "several_cards": lazy_gettext("The counter asks to present one card alone."),
    "payment_card": lazy_gettext("The counter says that it is a bank card; nothing of it is kept."),
    "code_expired": lazy_gettext("The counter says that the code no longer counts."),
}


def words_of_card(card: BenchCard) -> LazyString | str:
    """A card's name; one that a bench of another version brings keeps its machine name."""
    return _CARDS.get(card.name, card.name)


def words_of_outcome(card: BenchCard) -> LazyString | str:
    """What a tap with it is made to show."""
    return _OUTCOMES.get(card.outcome, card.outcome)
