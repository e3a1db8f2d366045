"""The journal's end, and the lists that a batch only ever adds to."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.ledger.accounts import Ledgers
from gateway.ledger.errors import InvariantError, NotLoadedError
from gateway.ledger.head import Head
from gateway.ledger.kinds import JournalKind, SystemAccount
from gateway.ledger.rows import AccountRow, EntryRow, JournalRow, MovementRow, PostingRow
from gateway.model.ids import BranchId, TerminalId, TransactionId


def _name_of(row: JournalRow) -> tuple[TerminalId, int, int]:
    """The parts of a transaction's id, which the row's maker has checked already."""
    if row.terminal is None or row.epoch is None or row.seq is None:
        raise InvariantError(f"journal row {row.journal_index} names no transaction")
    return (row.terminal, row.epoch, row.seq)


class JournalBook:
    """What one batch writes to the journal.

    Attributes:
        ledgers: every ledger that there is.
        journal: new rows, as are the other lists.
        branches: where postings were booked, as far as it is known, by journal index.
    """

    def __init__(self, head: Head, ledgers: Ledgers) -> None:
        self.ledgers = ledgers
        self.journal: list[JournalRow] = []
        self.accounts: list[AccountRow] = []
        self.postings: list[PostingRow] = []
        self.entries: list[EntryRow] = []
        self.movements: list[MovementRow] = []
        self.branches: dict[int, BranchId] = {}
        self._head = head
        self._recorded_at_ms = head.recorded_at_ms
        self._results: dict[tuple[TerminalId, int, int], JournalRow] = {}

    def load_results(self, rows: Iterable[JournalRow]) -> None:
        """Take what became of transactions that were judged before this batch."""
        for row in rows:
            self._results[_name_of(row)] = row

    @property
    def next_index(self) -> int:
        """The journal index of the row to be recorded next."""
        return self._head.journal_index + len(self.journal) + 1

    def next_recorded_at_ms(self, now_ms: int) -> int:
        """When the next row is recorded: now, but always later than the row before."""
        return max(now_ms, self._recorded_at_ms + 1)

    @property
    def points_ledger(self) -> str:
        """The name of the points' ledger.

        Raises:
            NotLoadedError: if no programme was ever added, so that there is none.
        """
        if self.ledgers.points is None:
            raise NotLoadedError("there is no points ledger before the first programme")
        return self.ledgers.points.name

    def system(self, account: SystemAccount, ledger: str | None = None) -> int:
        """The number of a system account, in the points' ledger where none is named.

        Raises:
            NotLoadedError: if there is no such ledger.
        """
        return self.ledgers.system(ledger or self.points_ledger, account)

    def result(self, transaction_id: TransactionId) -> JournalRow:
        """What became of a transaction at or below its chain's watermark.

        Raises:
            InvariantError: if the journal does not know it.
        """
        name = transaction_id
        row = self._results.get((name.terminal, name.epoch, name.seq))
        if row is None:
            raise InvariantError(f"the journal holds no row for settled {transaction_id}")
        return row

    def record(self, row: JournalRow) -> None:
        """Append to the journal.

        Raises:
            InvariantError: if the row is not the next in index and time.
        """
        if row.journal_index != self.next_index or row.recorded_at_ms <= self._recorded_at_ms:
            raise InvariantError(f"journal row {row.journal_index} is not the next")
        self._recorded_at_ms = row.recorded_at_ms
        self.journal.append(row)
        if row.kind is JournalKind.TRANSACTION:
            self._results[_name_of(row)] = row

    def _is_stored(self, journal_index: int) -> bool:
        """Whether a journal row was there before this batch."""
        return journal_index <= self._head.journal_index
