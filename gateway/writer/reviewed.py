"""Papers that were not sure, as the journal tells of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.ledger.batch import LedgerBatch
from gateway.ledger.errors import InvariantError
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_reviews import ReviewRow
from gateway.model.ids import BranchId, SaleKey
from gateway.model.ledger_command import LedgerCommand
from gateway.model.settled_review import settled_card, settled_earn
from gateway.model.transaction import Transaction
from gateway.writer.bench import Reviewed, believed_ms
from gateway.writer.settings import WriterSettings


@dataclass(frozen=True, slots=True)
class ReviewReading:
    """Reads reviews out of a batch's journal.

    Attributes:
        batch: where the rows are.
        open_transaction: decodes an envelope whose seal was verified when it arrived.
        settings: how far a clock is believed.
    """

    batch: LedgerBatch
    open_transaction: Callable[[bytes], Transaction]
    settings: WriterSettings

    def row(self, command: LedgerCommand) -> ReviewRow | None:
        """The row of the paper that a command names by branch and key."""
        found = self.batch.rows(ReviewRow, [review_name(command)])
        return found[0] if found else None

    def read(self, row: ReviewRow) -> Reviewed | None:
        """What was told of a paper, and the card that was shown for it, in the end."""
        indexes = {row.first_index, row.card_index or row.first_index}
        rows = {one.journal_index: one for one in self.batch.rows(JournalRow, indexes)}
        told = self._open(rows.get(row.first_index))
        if told is None:
            return None
        first = rows[row.first_index]
        shown = None if row.card_index is None else self._open(rows.get(row.card_index))
        happened_at_ms = believed_ms(told.time, first.judged_at_ms, self.settings)
        return Reviewed(
            transaction=told,
            card=None if shown is None else shown.card,
            happened_at_ms=happened_at_ms,
        )

    def settled(self, command: LedgerCommand) -> Transaction:
        """The sale that a settlement made of its paper.

        Raises:
            InvariantError: if the journal does not hold the paper, or nobody's card.
        """
        row = self.row(command)
        reviewed = None if row is None else self.read(row)
        card = None if reviewed is None else settled_card(reviewed.card, command)
        if reviewed is None or card is None:
            raise InvariantError(f"the paper of command {command.id} is missing")
        return settled_earn(
            reviewed.transaction,
            card=card,
            total_minor=command.amount or 0,
            happened_at_ms=reviewed.happened_at_ms,
        )

    def _open(self, row: JournalRow | None) -> Transaction | None:
        if row is None or row.envelope is None:
            return None
        return self.open_transaction(row.envelope)


def review_name(command: LedgerCommand) -> tuple[BranchId, SaleKey]:
    """The name of the paper that a command is about."""
    return command.branch, SaleKey(bytes.fromhex(command.review_key or ""))
