"""The ``LedgerStore`` port: who keeps the rows, one batch at a time.

A store gives out one batch at a time. Within a batch everything read is one state, and what is
saved becomes durable as a whole when the batch ends, or not at all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager

from gateway.crypto.registration import Registration
from gateway.ledger import administration
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.kinds import CardState
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_intake import TerminalKey, TerminalRow
from gateway.ledger.rows_members import CardRow
from gateway.model.ids import BranchId, CardToken, EnvelopeHash
from gateway.model.outcome import Reason
from gateway.model.programme import Programme

__all__ = ["LedgerBatch", "LedgerStore", "TerminalKey"]


class LedgerStore(ABC):
    """Where the ledger lives. Safe to be called from several threads, one batch at a time."""

    @abstractmethod
    def batch(self) -> AbstractContextManager[LedgerBatch]:
        """Begin a batch. It commits durably on leaving, and is undone by an exception.

        Raises:
            StoreFullError: on leaving, if there is no space; nothing was applied.
            StoreClosedError: if the store was closed.
            LedgerError: if the store fails otherwise.
        """

    @abstractmethod
    def close(self) -> None:
        """Give everything back to the system; again is no fault."""

    def add_terminal(self, registration: Registration, branch: BranchId, at_ms: int) -> None:
        """Add a terminal, or a known terminal's next epoch with its new key.

        Adding the same registration again changes the branch and nothing else.

        Args:
            registration: the terminal's name, epoch and public keys.
            branch: where it stands.
            at_ms: Unix time in milliseconds.

        Raises:
            AdministrationError: if the epoch is older than, or the key other than, the one known.
            CryptoError: if the public key cannot be used.
        """
        with self.batch() as batch:
            batch.save(administration.terminal_added(batch, registration, branch, at_ms))

    def terminals(self) -> tuple[TerminalRow, ...]:
        """Every terminal, by name."""
        with self.batch() as batch:
            return tuple(batch.every(TerminalRow))

    def terminal_keys(self) -> tuple[TerminalKey, ...]:
        """Every sealing key, of all epochs."""
        with self.batch() as batch:
            return tuple(batch.every(TerminalKey))

    def add_programme(self, programme: Programme) -> None:
        """Add the next version of the rules, and open the ledgers of its units.

        Raises:
            AdministrationError: if the version is not the next, the name is another programme's,
                or it would take effect before the version it follows or in the past of the
                journal, where it would rate sales differently from those already rated.
        """
        with self.batch() as batch:
            batch.save(administration.programme_added(batch, programme))

    def programmes(self) -> tuple[Programme, ...]:
        """Every version of the rules, by rising version."""
        with self.batch() as batch:
            return batch.programmes()

    def denied_cards(self, limit: int) -> tuple[CardRow, ...]:
        """Up to ``limit`` cards that may not be used, the youngest first."""
        with self.batch() as batch:
            return tuple(batch.denied_cards(limit))

    def count_told(self, digest: int) -> int:
        """Count how often what terminals are told, beside rules and epochs, has changed.

        Args:
            digest: of what they are to be told now, below 2**56.

        Returns:
            the count, which never goes down and rises with each other digest.
        """
        with self.batch() as batch:
            changes, count = administration.told_counted(batch, digest)
            if changes is not None:
                batch.save(changes)
        return count

    def set_card_state(self, token: CardToken, state: CardState, at_ms: int) -> None:
        """Block a card, or make it active again; the journal says when.

        Raises:
            AdministrationError: if nobody owns such a card.
        """
        with self.batch() as batch:
            batch.save(administration.card_state_set(batch, token, state, at_ms))

    def discard_quarantined(self, payload_hash: EnvelopeHash, reason: Reason) -> None:
        """Forget bytes in quarantine; what they took of its room is free again.

        Raises:
            AdministrationError: if they are not in quarantine for that reason.
        """
        with self.batch() as batch:
            batch.save(administration.quarantine_discarded(batch, payload_hash, reason))

    def journal(self, *, after_index: int = 0, limit: int = 1_000) -> Sequence[JournalRow]:
        """Read the journal in pieces, envelopes included."""
        with self.batch() as batch:
            return batch.journal(after_index, limit)
