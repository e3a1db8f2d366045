"""What each reason means to a person at a desk, and what to do. Complete over ``Reason``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask_babel import LazyString, lazy_gettext, lazy_pgettext

from gateway.model.outcome import Reason
from gateway.office.decisions import Verdict
from web_admin.live.words import Badge

_ADVICE: Final[Mapping[Reason, LazyString]] = {
    Reason.NONE: lazy_gettext("There is nothing to do."),
    Reason.UNKNOWN_CARD: lazy_gettext(
        "The points wait for the card's owner. Enrol the card at a terminal: they arrive by"
        " themselves."
    ),
    Reason.IN_REVIEW: lazy_gettext(
        "The till's receipt was not sure. Look at it under the receipts to check, and settle or"
        " dismiss it there."
    ),
    Reason.CARD_BLOCKED: lazy_gettext(
        "Somebody used a blocked card. If its owner has it again, unblock it on the member's page;"
        " this one sale stays without points."
    ),
    Reason.CARD_ALREADY_ENROLLED: lazy_gettext(
        "Nothing was lost: the card keeps its member. There is nothing to do."
    ),
    Reason.CURRENCY_MISMATCH: lazy_gettext(
        "Correct the currency in the terminal's settings. Its sales earn nothing until then."
    ),
    Reason.PROGRAMME_UNKNOWN: lazy_gettext(
        "The sale was made before any rules were in force. Add rules, or leave it."
    ),
    Reason.SALE_ALREADY_RECORDED: lazy_gettext(
        "The same sale came a second time and was counted once. If it is another sale, the till"
        " repeats its numbers: tell whoever looks after the tills."
    ),
    Reason.SALE_NOT_FOUND: lazy_gettext(
        "Goods were returned for a sale that this branch does not know. It may be another branch's,"
        " or the number was mistyped: find the receipt."
    ),
    Reason.SALE_ALREADY_REFUNDED: lazy_gettext(
        "The points were taken back at the first return. Make sure that the goods came back once"
        " only."
    ),
    Reason.HOLD_NOT_FOUND: lazy_gettext(
        "No points stood behind the discount. Look at the receipt and settle it with the customer"
        " or the cashier."
    ),
    Reason.HOLD_EXPIRED: lazy_gettext(
        "The reservation had run out. If money was taken off at the till, settle it with the"
        " customer."
    ),
    Reason.HOLD_ALREADY_RESOLVED: lazy_gettext(
        "The same reserved points were used twice. If money was taken off twice, settle it with"
        " the customer or the cashier."
    ),
    Reason.HOLD_MISMATCH: lazy_gettext(
        "The reserved points belong to another card or sale. Compare both receipts before anything"
        " else."
    ),
    Reason.INSUFFICIENT_POINTS: lazy_gettext(
        "If money was taken off at the till all the same, settle it with the customer or the"
        " cashier."
    ),
    Reason.BELOW_MINIMUM: lazy_gettext(
        "Fewer points than the rules allow. If money was taken off, settle it with the cashier."
    ),
    Reason.REQUEST_EXPIRED: lazy_gettext("The customer had left. There is nothing to do."),
    Reason.REQUEST_ID_REUSED: lazy_gettext(
        "A number was used twice that never may be. If it happens again, report it."
    ),
    Reason.REWARD_UNKNOWN: lazy_gettext(
        "The reward was taken out of the rules, or the terminal has older ones. If something was"
        " given, settle it with the customer."
    ),
    Reason.REWARD_NOT_AVAILABLE: lazy_gettext(
        "The reward's conditions did not hold, or the sale had none of its goods. There is"
        " nothing to do unless something was given."
    ),
    Reason.COUPON_NOT_AVAILABLE: lazy_gettext(
        "The coupon was used, had run out, or belongs to somebody else. There is nothing to do"
        " unless something was given."
    ),
    Reason.OFFER_NOT_AVAILABLE: lazy_gettext(
        "No offer's conditions held, or their budgets were used up. If money was taken off at the"
        " till, settle it with the cashier."
    ),
    Reason.LIMIT_REACHED: lazy_gettext(
        "The rules set a limit and it was reached. If this happens often and is not meant so,"
        " change the limit in the rules."
    ),
    Reason.CREDIT_NOT_OFFERED: lazy_gettext(
        "Credit is not offered by the rules. Allow it there, or tell the cashiers that it is not"
        " taken."
    ),
    Reason.INSUFFICIENT_CREDIT: lazy_gettext(
        "The member's credit was used up. If the sale was not paid in full, settle it with the"
        " customer."
    ),
    Reason.GIFT_CARD_NOT_OFFERED: lazy_gettext(
        "The rules do not let gift cards be sold or filled again. If money was taken for one,"
        " give it back."
    ),
    Reason.GIFT_CARD_UNKNOWN: lazy_gettext(
        "The card was never filled here. If it was sold, find the sale: its money may still be on"
        " its way from another terminal."
    ),
    Reason.GIFT_CARD_EXPIRED: lazy_gettext(
        "The card's last day is over. Whether its money is given all the same is the shop's"
        " decision."
    ),
    Reason.GIFT_CARD_EMPTY: lazy_gettext(
        "The card had been used up. If the sale was not paid in full, settle it with the customer."
    ),
    Reason.GIFT_CARD_BLOCKED: lazy_gettext(
        "Somebody used a blocked gift card. If it is its owner, unblock the card; the money on it"
        " is untouched."
    ),
    Reason.CARD_COPIED: lazy_gettext(
        "The card showed itself in two places, or counted backwards: somebody has a copy. Give the"
        " member a new card, and look at what both were used for."
    ),
    Reason.CARD_PROOF_WRONG: lazy_gettext(
        "What the card sent was not made with its key. It is a forgery, or was issued with other"
        " keys. Have it verified, and keep it if it is not one of yours."
    ),
    Reason.CARD_TOO_WEAK: lazy_gettext(
        "The rules let only cards do this that prove more. Give the member such a card, or change"
        " what cards must prove in the rules."
    ),
    Reason.CODE_NOT_SENT: lazy_gettext(
        "Write the member's phone number into the profile, and set up how codes are sent."
    ),
    Reason.CODE_TOO_SOON: lazy_gettext(
        "One code is sent in half a minute, and five in an hour. Nothing is to be done."
    ),
    Reason.CODE_WRONG: lazy_gettext(
        "Somebody typed another code than the one that was sent. Three wrong ones end it."
    ),
    Reason.CODE_ENDED: lazy_gettext(
        "The code was too old, used already, or never asked for. A new one can be sent."
    ),
    Reason.REVIEW_CHANGED: lazy_gettext(
        "A card was shown for the receipt meanwhile, or it is another branch's. Load its page"
        " again."
    ),
    Reason.REVIEW_CLOSED: lazy_gettext(
        "Somebody has settled or dismissed this receipt, and it came again. If it is another sale,"
        " the till repeats its numbers: tell whoever looks after the tills."
    ),
    Reason.CARD_MISSING: lazy_gettext(
        "Nobody's card was shown for the receipt. Say whose it is, by name, phone or card."
    ),
    Reason.LINE_ALREADY_RETURNED: lazy_gettext(
        "The points of these goods were taken back at an earlier return. Make sure that they came"
        " back once only."
    ),
    Reason.RETURN_TOO_LARGE: lazy_gettext(
        "More came back than the sale has left. Compare the receipt with what was given back."
    ),
    Reason.RETURN_TOO_LATE: lazy_gettext(
        "The rules do not let so old a sale be returned. If the goods were taken back all the"
        " same, take the points back by an adjustment."
    ),
    Reason.HOUSEHOLD_NOT_OFFERED: lazy_gettext(
        "The rules have no households. If you want them, add them to the programme."
    ),
    Reason.HOUSEHOLD_FULL: lazy_gettext(
        "The household has as many members as the rules let it have. Somebody must leave before"
        " another joins."
    ),
    Reason.NOT_HOUSEHOLD_FOUNDER: lazy_gettext(
        "Only whoever founded the household invites others. Ask the founder."
    ),
    Reason.NOT_INVITED: lazy_gettext("Let the household's founder invite the member first."),
    Reason.NOT_IN_HOUSEHOLD: lazy_gettext(
        "There is nothing to leave: the member has points of their own."
    ),
    Reason.ALREADY_IN_HOUSEHOLD: lazy_gettext(
        "Nobody is in two households. The member must leave the first one before."
    ),
    Reason.UNKNOWN_KEY: lazy_gettext(
        "A terminal was set up and not added here, or a stranger tries. If it is yours, add it:"
        " it sends everything again."
    ),
    Reason.KEY_NOT_VALID: lazy_gettext(
        "The terminal still seals with a key that was replaced. Set it up anew and add it."
    ),
    Reason.BAD_SEAL: lazy_gettext(
        "The bytes were damaged or changed on their way. The terminal sends the true ones again;"
        " if this grows, look for a faulty network, or for somebody in it."
    ),
    Reason.MALFORMED: lazy_gettext(
        "These bytes are no message of Mohr. Seals that are good beside bytes that are not mean a"
        " fault in software: report it and keep the evidence."
    ),
    Reason.WRONG_TERMINAL: lazy_gettext(
        "One terminal spoke in another's name. Check who holds the password of the broker."
    ),
    Reason.CLONE: lazy_gettext(
        "Two different transactions carry one number, both sealed with the same key: its disk was"
        " copied, or put back from a copy. Stop the terminal, compare both receipts, and set it up"
        " anew with a new key."
    ),
    Reason.CHAIN_BROKEN: lazy_gettext(
        "What the terminal sent does not follow from what it sent before. Stop it, save its"
        " journal, and set it up anew with a new key."
    ),
    Reason.EPOCH_UNKNOWN: lazy_gettext(
        "The terminal was set up anew and its new key was not added. Add its new file: it sends"
        " everything again."
    ),
    Reason.QUARANTINE_FULL: lazy_gettext(
        "There was no room to keep it. Discard what is only noise, and it will be kept next time."
    ),
}

_VERDICT: Final[Mapping[Verdict, Badge]] = {
    Verdict.KEPT: Badge(lazy_gettext("Kept as evidence"), "info", "eye"),
    Verdict.DISCARDED: Badge(lazy_gettext("Discarded"), "secondary", "trash"),
    Verdict.SETTLED: Badge(lazy_gettext("Settled"), "success", "check"),
    Verdict.IGNORED: Badge(lazy_gettext("Left as it is"), "secondary", "minus"),
    Verdict.REOPENED: Badge(lazy_gettext("Opened again"), "warning", "refresh"),
}

OPEN: Final = Badge(lazy_pgettext("queue", "Open"), "warning", "clock")


def advice_on_reason(reason: Reason) -> LazyString:
    """What a reason means and what to do about it."""
    return _ADVICE[reason]


def badge_of_verdict(verdict: Verdict) -> Badge:
    """What was decided."""
    return _VERDICT[verdict]
