"""Papers that were not sure, for whoever decides about them: a list, one, and how many wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select

from gateway.ledger.kinds import CardState, ReviewState
from gateway.ledger.row_codec import CODECS
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_members import CardRow
from gateway.ledger.rows_reviews import ReviewRow
from gateway.ledger.rows_sales import SaleRow
from gateway.model.card import CardEvidence
from gateway.model.ids import BranchId, MemberId
from gateway.model.ledger_command import LedgerCommand, decode_ledger_command
from gateway.model.review import Review
from gateway.model.transaction import Transaction
from gateway.queries.reading import columns_of
from gateway.queries.scope import Scope
from gateway.queries.sealed import content_of

_REVIEW: Final = columns_of(ReviewRow)
_JOURNAL: Final = columns_of(JournalRow)
_CARD: Final = columns_of(CardRow)
_SALE: Final = columns_of(SaleRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldReview:
    """A paper that was not sure.

    Attributes:
        row: how it stands.
        told: the journal row that told of it, whole.
        transaction: what was sealed; None where it cannot be read any more.
        card: the card that was shown for it, were it a moment later.
        owner: whose card that is; None where it is nobody's yet.
    """

    row: ReviewRow
    told: JournalRow
    transaction: Transaction | None
    card: CardEvidence | None
    owner: MemberId | None

    @property
    def review(self) -> Review | None:
        """What the terminal knew of the paper."""
        return None if self.transaction is None else self.transaction.review


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What somebody decided.

    Attributes:
        journal: the command's row: when, whose points and how many.
        command: what was asked for, and by whom.
    """

    journal: JournalRow
    command: LedgerCommand


def waiting_reviews(connection: Connection, scope: Scope, *, at_most: int) -> int:
    """How many papers wait at a scope's branches, counted up to a number."""
    waiting = (
        select(_REVIEW["first_index"])
        .where(_REVIEW["state"] == ReviewState.OPEN.value, scope.condition(_REVIEW["branch"]))
        .limit(at_most)
    )
    return connection.scalar(select(func.count()).select_from(waiting.subquery())) or 0


def held_reviews(
    connection: Connection,
    scope: Scope,
    *,
    decided: bool | None,
    branch: BranchId | None = None,
    before: int | None = None,
    limit: int,
) -> tuple[HeldReview, ...]:
    """Papers that were not sure, newest first.

    Args:
        connection: a state of the ledger.
        scope: whose branches.
        decided: those about which somebody has decided; False those that wait; None both.
        branch: one branch alone.
        before: the index that the page before ended with.
        limit: how many at most.
    """
    wanted = _reviews(scope).order_by(_REVIEW["first_index"].desc()).limit(limit)
    if decided is not None:
        is_open = _REVIEW["state"] == ReviewState.OPEN.value
        wanted = wanted.where(~is_open if decided else is_open)
    if branch is not None:
        wanted = wanted.where(_REVIEW["branch"] == branch)
    if before is not None:
        wanted = wanted.where(_REVIEW["first_index"] < before)
    return _read(connection, wanted)


def held_review(connection: Connection, scope: Scope, index: int) -> HeldReview | None:
    """One paper by the journal row that told of it; None where there is none that may be seen."""
    found = _read(connection, _reviews(scope).where(_REVIEW["first_index"] == index))
    return found[0] if found else None


def closing_of(connection: Connection, row: ReviewRow) -> Closing | None:
    """What somebody decided about a paper; None while nobody has."""
    journal = _journal(connection, [row.closed_index] if row.closed_index else [])
    if row.closed_index not in journal:
        return None
    closed = journal[row.closed_index]
    return Closing(journal=closed, command=decode_ledger_command(closed.envelope or b""))


def is_recorded(connection: Connection, held: HeldReview) -> bool:
    """Whether the sale has earned by itself meanwhile, under whichever of its names."""
    review = held.review
    if review is None:
        return False
    wanted = (
        select(func.count())
        .where(_SALE["branch"] == held.row.branch, _SALE["sale_key"].in_(review.names))
        .where(_SALE["earn_index"].is_not(None))
    )
    return bool(connection.scalar(wanted))


def card_to_earn(connection: Connection, member_id: MemberId) -> CardRow | None:
    """The card by which a member is named at a desk: the oldest that may be used."""
    codec = CODECS[CardRow]
    wanted = (
        select(*codec.columns)
        .where(_CARD["member_id"] == member_id, _CARD["state"] == CardState.ACTIVE.value)
        .order_by(_CARD["added_at_ms"], _CARD["token"])
        .limit(1)
    )
    found = connection.execute(wanted).one_or_none()
    return None if found is None else codec.row(found)


def _reviews(scope: Scope) -> Select[Any]:
    """The papers themselves, without their other names."""
    wanted = select(*CODECS[ReviewRow].columns).where(_REVIEW["nth"] == 0)
    return wanted.where(scope.condition(_REVIEW["branch"]))


def _read(connection: Connection, wanted: Select[Any]) -> tuple[HeldReview, ...]:
    codec = CODECS[ReviewRow]
    rows: list[ReviewRow] = [codec.row(one) for one in connection.execute(wanted)]
    indexes = {row.first_index for row in rows} | {row.card_index or 0 for row in rows}
    journal = _journal(connection, sorted(indexes))
    cards = {row.first_index: _card_in(journal.get(row.card_index or 0)) for row in rows}
    owners = _owners(connection, [card for card in cards.values() if card is not None])
    return tuple(
        HeldReview(
            row=row,
            told=journal[row.first_index],
            transaction=_transaction_in(journal[row.first_index]),
            card=(card := cards[row.first_index]),
            owner=None if card is None else owners.get(card.token),
        )
        for row in rows
    )


def _journal(connection: Connection, indexes: Sequence[int]) -> dict[int, JournalRow]:
    codec = CODECS[JournalRow]
    wanted = select(*codec.columns).where(_JOURNAL["journal_index"].in_(indexes))
    rows: list[JournalRow] = [codec.row(one) for one in connection.execute(wanted)]
    return {row.journal_index: row for row in rows}


def _owners(connection: Connection, cards: Sequence[CardEvidence]) -> dict[bytes, MemberId]:
    tokens = sorted({card.token for card in cards})
    wanted = select(_CARD["token"], _CARD["member_id"]).where(_CARD["token"].in_(tokens))
    return {bytes(token): member for token, member in connection.execute(wanted)}


def _transaction_in(row: JournalRow) -> Transaction | None:
    content = content_of(row.envelope)
    return content if isinstance(content, Transaction) else None


def _card_in(row: JournalRow | None) -> CardEvidence | None:
    transaction = None if row is None else _transaction_in(row)
    return None if transaction is None else transaction.card
