"""A paper that a person has settled, as the sale it was: what writer, auditor and pages share."""

from __future__ import annotations

from dataclasses import replace

from gateway.errors import ValueRangeError
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import CardToken
from gateway.model.ledger_command import LedgerCommand
from gateway.model.sale import Sale, SaleSource
from gateway.model.transaction import ClockQuality, Kind, Transaction


def settled_sale(told: Transaction, total_minor: int) -> Sale:
    """The sale of a review, once somebody has said what it comes to.

    The goods, tax and payments that the terminal read belong to the total that it read: with
    another total they are left out, and the sale is rated by its total alone.

    Args:
        told: the review as it was sealed.
        total_minor: what it comes to.

    Raises:
        ValueRangeError: if it is no review, or the total is none.
    """
    review = told.review
    if review is None:
        raise ValueRangeError("only a review is settled")
    key = review.key_for(total_minor)
    read = review.sale
    if read is not None and read.total_minor == total_minor:
        return replace(read, key=key, source=SaleSource.REVIEWED)
    return Sale(
        key=key,
        total_minor=total_minor,
        source=SaleSource.REVIEWED,
        profile=review.profile,
        profile_version=review.profile_version,
        receipt_number=review.receipt_number,
    )


def settled_card(shown: CardEvidence | None, command: LedgerCommand) -> CardEvidence | None:
    """Whose sale it is: the card that was shown, or else the one that somebody at the desk names.

    Args:
        shown: what was shown at the till, if anything was.
        command: the settlement.

    Returns:
        None where there is neither. What is named was shown by nobody, and proves nothing.
    """
    if shown is not None or command.token is None:
        return shown
    return CardEvidence(
        profile=CardProfile(command.card_profile or ""),
        token=CardToken(bytes.fromhex(command.token)),
        assurance=Assurance.CLAIMED,
    )


def settled_earn(
    told: Transaction, *, card: CardEvidence, total_minor: int, happened_at_ms: int
) -> Transaction:
    """What the terminal would have sealed, had it been sure and known the card.

    Args:
        told: the review as it was sealed.
        card: whose sale it is.
        total_minor: what it comes to.
        happened_at_ms: when the paper was printed, as far as the terminal's clock was believed
            when it told of it, Unix time in milliseconds.

    Raises:
        ValueRangeError: if it is no review, or the total is none.
    """
    time = replace(told.time, unix_ms=happened_at_ms, quality=ClockQuality.SYNCHRONISED)
    return replace(
        told,
        kind=Kind.EARN,
        time=time,
        card=card,
        sale=settled_sale(told, total_minor),
        review=None,
    )
