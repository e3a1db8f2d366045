"""What a terminal means to do to the value on a card, and what became of it.

One SQLite file beside the journal of transactions, with the same promises: an intent is on the
disk before the card hears of it, an outcome is written once, and what is open after a power cut is
found again and settled at the card's next tap.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from gateway.model.ids import CardToken
from gateway.readers.cards.desfire_commands import TransactionMac
from gateway.readers.cards.desfire_layout import OPERATION_ID_BYTES, PurseHistory
from gateway.readers.cards.desfire_value import CardIntent, OperationOutcome, OperationResult
from terminal_agent.errors import JournalError
from terminal_agent.journal.card_schema import CARD_SCHEMA
from terminal_agent.journal.database import JournalDatabase, Row
from terminal_agent.journal.lock import JournalLock

_INTENT: str = (
    "operation_id, card, amount, value_before, moves_before, recent_before, intended_at_ms"
)


class CardJournal:
    """Operations on cards, durable before a card hears of them.

    One process (held by a lock), one thread. Every method either does all it says, committed and
    synced, or raises and has changed nothing.
    """

    def __init__(self, database: JournalDatabase, lock: JournalLock) -> None:
        """Use ``CardJournal.open``."""
        self._database = database
        self._lock = lock

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file, making it if there is none.

        Raises:
            JournalBusyError: if another process holds it.
            JournalError: if it cannot be used.
        """
        lock = JournalLock(path)
        try:
            database = JournalDatabase(path, CARD_SCHEMA)
        except BaseException:
            lock.release()
            raise
        return cls(database, lock)

    def close(self) -> None:
        """Close the file. Nothing that was written depends on it."""
        self._database.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def intend(self, intent: CardIntent) -> None:
        """Write an intent down. Only now may the card hear of it.

        Raises:
            JournalFullError: if there is no room; the operation must not begin.
            JournalError: if the journal fails, or an operation of this id was intended before.
        """
        with self._database.transaction():
            added = self._database.execute(
                f"INSERT OR IGNORE INTO operations ({_INTENT}, detail)"  # noqa: S608 - our own names
                " VALUES (?, ?, ?, ?, ?, ?, ?, 'intended')",
                (
                    intent.operation_id,
                    intent.card,
                    intent.amount,
                    intent.value_before,
                    intent.history_before.moves,
                    b"".join(intent.history_before.recent),
                    intent.intended_at_ms,
                ),
            )
            if not added:
                raise JournalError(f"operation {intent.operation_id.hex()} was intended before")

    def settle(self, operation_id: bytes, outcome: OperationOutcome) -> bool:
        """Write down what became of an operation, once; UNKNOWN leaves it open.

        Returns:
            whether this call settled it: who counts what was done counts on True alone.

        Raises:
            JournalError: if there is no such intent, it was settled otherwise, or the journal
                fails.
        """
        is_certain = outcome.result is not OperationResult.UNKNOWN
        mac = outcome.transaction_mac
        with self._database.transaction():
            changed = self._database.execute(
                "UPDATE operations SET result = ?, detail = ?, mac_counter = ?, mac_value = ?"
                " WHERE operation_id = ? AND result IS NULL",
                (
                    outcome.result.value if is_certain else None,
                    outcome.detail,
                    None if mac is None else mac.counter,
                    None if mac is None else mac.value,
                    operation_id,
                ),
            )
            if not changed:
                self._check_settled_alike(operation_id, outcome)
        return changed == 1 and is_certain

    def _check_settled_alike(self, operation_id: bytes, outcome: OperationOutcome) -> None:
        settled = self.outcome(operation_id)
        if settled is None:
            raise JournalError(f"operation {operation_id.hex()} was never intended")
        if outcome.result not in {settled.result, OperationResult.UNKNOWN}:
            raise JournalError(
                f"operation {operation_id.hex()} is settled as {settled.result},"
                f" not {outcome.result}"
            )

    def outcome(self, operation_id: bytes) -> OperationOutcome | None:
        """What is known of an operation; None where it was never intended.

        Raises:
            JournalError: if the journal fails.
        """
        row = self._database.row(
            "SELECT result, detail, mac_counter, mac_value FROM operations WHERE operation_id = ?",
            (operation_id,),
        )
        if row is None:
            return None
        result, detail, counter, value = row
        return OperationOutcome(
            result=OperationResult.UNKNOWN if result is None else OperationResult(result),
            detail=detail,
            transaction_mac=(
                None if counter is None else TransactionMac(counter=counter, value=value)
            ),
        )

    def open_intents(self, card: CardToken | None = None) -> tuple[CardIntent, ...]:
        """Operations without a certain outcome, oldest first; of one card, or of all.

        Raises:
            JournalError: if the journal fails.
        """
        rows = self._database.rows(
            f"SELECT {_INTENT} FROM operations"  # noqa: S608 - our own names
            " WHERE result IS NULL AND (?1 IS NULL OR card = ?1) ORDER BY rowid",
            (card,),
        )
        return tuple(_intent(row) for row in rows)

    def moved(self, card: CardToken) -> int:
        """The sum of what was certainly done to a card here.

        Raises:
            JournalError: if the journal fails.
        """
        row = self._database.row(
            "SELECT coalesce(sum(amount), 0) FROM operations WHERE card = ? AND result = 'done'",
            (card,),
        )
        assert row is not None, "a sum is always there"
        return int(row[0])


def _intent(row: Row) -> CardIntent:
    operation_id, card, amount, value_before, moves, recent, intended_at_ms = row
    starts = range(0, len(recent), OPERATION_ID_BYTES)
    ids = tuple(recent[start : start + OPERATION_ID_BYTES] for start in starts)
    return CardIntent(
        operation_id=operation_id,
        card=CardToken(card),
        amount=amount,
        value_before=value_before,
        history_before=PurseHistory(moves=moves, recent=ids),
        intended_at_ms=intended_at_ms,
    )
