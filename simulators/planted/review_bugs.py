"""Mistakes with papers that were not sure: decided once, by a person, for the card shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gateway.ledger.kinds import ReviewState
from gateway.ledger.rows_reviews import ReviewRow
from gateway.model.card import CardEvidence
from gateway.model.ledger_command import LedgerCommand
from gateway.model.outcome import Reason
from gateway.model.settled_review import settled_card
from gateway.writer.bench import Bench, Reviewed
from gateway.writer.reviewed import review_name
from simulators.planted.bug import Checker, Part, plant

_Close = Callable[[Bench, ReviewRow, Reviewed, ReviewState, int], None]
_OpenRow = Callable[[Bench, LedgerCommand], ReviewRow | Reason]
_Card = Callable[[Bench, LedgerCommand, Reviewed], CardEvidence | Reason]


@plant(
    "decided-paper-settled-again",
    part=Part.GATEWAY,
    checker=Checker.REVIEWS,
    where="gateway.writer.judge_reviews:_open_row",
)
def decided_paper_settled_again(_original: _OpenRow) -> _OpenRow:
    """A decision asks whether the paper is known, and not whether somebody decided before."""

    def _open_row(bench: Bench, command: LedgerCommand) -> ReviewRow | Reason:
        row = bench.book.reviews.get(review_name(command))
        return Reason.REVIEW_CHANGED if row is None else row

    return _open_row


@plant(
    "settled-paper-stays-open",
    part=Part.GATEWAY,
    checker=Checker.REVIEWS,
    where="gateway.writer.judge_reviews:_close",
)
def settled_paper_stays_open(original: _Close) -> _Close:
    """A settled paper is left in the queue, to be settled again with another total."""

    def _close(
        bench: Bench, row: ReviewRow, reviewed: Reviewed, state: ReviewState, index: int
    ) -> None:
        if state is not ReviewState.SETTLED:
            original(bench, row, reviewed, state, index)

    return _close


@plant(
    "dismissed-under-one-name",
    part=Part.GATEWAY,
    checker=Checker.REVIEWS,
    where="gateway.writer.judge_reviews:_close",
)
def dismissed_under_one_name(_original: _Close) -> _Close:
    """A paper is decided under the name it was told by, and earns when it is read otherwise."""

    def _close(
        bench: Bench,
        row: ReviewRow,
        reviewed: Reviewed,  # noqa: ARG001 - as the true one
        state: ReviewState,
        index: int,
    ) -> None:
        bench.book.reviews.replace(replace(row, state=state, closed_index=index))

    return _close


@plant(
    "desk-names-another-card",
    part=Part.GATEWAY,
    checker=Checker.REVIEWS,
    where="gateway.writer.judge_reviews:_card",
)
def desk_names_another_card(original: _Card) -> _Card:
    """Whoever settles a paper may name a card, although another one was shown for it."""

    def _card(bench: Bench, command: LedgerCommand, reviewed: Reviewed) -> CardEvidence | Reason:
        named = settled_card(None, command)
        return original(bench, command, reviewed) if named is None else named

    return _card
