"""Decides every row of the journal a second time: what it must come to, and how points then move.

Where the journal does not say which branch or which rules a refusal was judged by, every possible
answer is weighed; the stored one must be among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from gateway.audit.bench import Bench
from gateway.audit.card_uses import objections
from gateway.audit.verdict import Verdict, refusal
from gateway.audit.verdicts_holds import redeemed, voided
from gateway.audit.verdicts_returns import refunded
from gateway.audit.verdicts_reviews import kept_for_review
from gateway.audit.verdicts_sales import earned, enrolled, happened, topped_up
from gateway.model.outcome import Reason
from gateway.model.transaction import Kind, Transaction

_JUDGES: Final[Mapping[Kind, Callable[[Bench, Transaction, int], Verdict]]] = {
    Kind.ENROL: enrolled,
    Kind.EARN: earned,
    Kind.REDEEM: redeemed,
    Kind.VOID: voided,
    Kind.REFUND: refunded,
    Kind.TOP_UP: topped_up,
    Kind.EVENT: happened,
    Kind.REVIEW: kept_for_review,
}


def verdicts(bench: Bench, transaction: Transaction) -> Iterator[Verdict]:
    """Every verdict that an envelope allows at a branch, the likeliest first."""
    for at_ms in bench.moments(transaction.time):
        for reason in objections(bench, transaction, at_ms):
            if reason is Reason.NONE:
                yield _JUDGES[transaction.kind](bench, transaction, at_ms)
            else:
                yield refusal(reason)
