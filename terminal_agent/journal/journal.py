"""The ``Journal``: accept, send again, settle. "Accepted" on the screen means committed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Self

from gateway.crypto.seal import envelope_hash
from gateway.model.checks import I63_MAX, check_int
from gateway.model.ids import EnvelopeHash, HoldId, SaleKey, TransactionId
from gateway.model.receipt import Receipt
from terminal_agent.errors import JournalError, JournalForkError, JournalFullError
from terminal_agent.journal import archive, holds, integrity, settling
from terminal_agent.journal.database import JournalDatabase
from terminal_agent.journal.export import write_export
from terminal_agent.journal.lock import JournalLock
from terminal_agent.journal.state import State, claim_state, leave_state, read_state
from terminal_agent.journal.values import (
    Accepted,
    Counts,
    Draft,
    Export,
    JournalSettings,
    OpenHold,
    Pending,
    Position,
    Settlement,
)


class Journal:
    """One terminal's transactions of one epoch, durable before anybody hears of them.

    One process (held by a lock), one thread. Every method either does all it says, committed and
    synced, or raises and has changed nothing.
    """

    def __init__(
        self, database: JournalDatabase, lock: JournalLock, settings: JournalSettings
    ) -> None:
        """Use ``Journal.open``."""
        self._database = database
        self._lock = lock
        self._settings = settings

    @classmethod
    def open(cls, path: Path, *, settings: JournalSettings) -> Self:
        """Open the journal, making it if there is none, and check that it is whole.

        After an end that was not in order (power, kill), SQLite checks the file's pages. The
        newest unsettled envelopes are checked in any case: hashes, links, seals.

        Raises:
            JournalBusyError: if another agent holds it.
            JournalFullError: if there is no room to open it.
            JournalError: if it is damaged, or belongs to another terminal, epoch or key.
        """
        lock = JournalLock(path)
        try:
            database = JournalDatabase(path)
        except BaseException:
            lock.release()
            raise
        try:
            state = claim_state(database, settings)
            if not state.clean:
                integrity.check_file(database)
            integrity.check_marks(database, state)
            integrity.check_tail(database, state, settings)
        except BaseException:
            database.close()
            lock.release()
            raise
        return cls(database, lock, settings)

    def close(self) -> None:
        """Close in order and let the lock go. Nothing that was accepted depends on it."""
        try:
            if self._database.usable:
                leave_state(self._database)
        except JournalFullError:
            # Left marked as in use, so that the next opening checks the file: slower, not worse.
            return
        finally:
            self._database.close()
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def stopped(self) -> str | None:
        """Why this journal must never accept again; None: it may."""
        return self._state().stopped

    def position(self) -> Position:
        """Where the chain stands."""
        state = self._state()
        return Position(epoch=state.epoch, next_seq=state.next_seq, last_hash=state.last_hash)

    def watermark(self) -> int:
        """Highest seq up to which the gateway has settled everything."""
        return self._state().watermark

    def accept(self, drafts: Sequence[Draft], accepted_at_ms: int) -> tuple[Accepted, ...]:
        """Number, seal, read back and keep transactions, all in one durable commit.

        Args:
            drafts: each makes one sealed transaction for the id and previous hash it is given;
                called in order, inside the write transaction.
            accepted_at_ms: Unix time in milliseconds, for the operator's eyes only.

        Returns:
            what was accepted, in order. Only now may the screen say so.

        Raises:
            JournalFullError: if the disk is full or down to the reserve. Tell the cashier.
            JournalForkError: if this journal is a copy and must not go on.
            JournalError: if a seal cannot be read back, a draft made something else than it was
                asked for, a hold is not open, or the journal fails.
            Exception: whatever a draft raises, unchanged.
            In every case nothing was accepted and no number was used up.
        """
        check_int("accepted_at_ms", accepted_at_ms, 0, I63_MAX)
        if not drafts:
            return ()
        free = self._database.free_bytes()
        if free < self._settings.reserve_bytes:
            raise JournalFullError(
                f"{free} bytes are left for {self._database.path}; the last"
                f" {self._settings.reserve_bytes} are kept for settling what was accepted"
            )
        with self._database.transaction():
            state = self._state()
            if state.stopped is not None:
                raise JournalForkError(state.stopped)
            seq, previous = state.next_seq, state.last_hash
            accepted: list[Accepted] = []
            for draft in drafts:
                accepted.append(self._accept_one(draft, seq, previous, accepted_at_ms))
                seq, previous = seq + 1, accepted[-1].envelope_hash
            self._database.execute("UPDATE state SET next_seq = ?, last_hash = ?", (seq, previous))
        return tuple(accepted)

    def _accept_one(
        self, draft: Draft, seq: int, previous: EnvelopeHash, accepted_at_ms: int
    ) -> Accepted:
        settings = self._settings
        wanted = TransactionId(terminal=settings.terminal, epoch=settings.epoch, seq=seq)
        envelope = draft(wanted, previous)
        transaction = integrity.open_own(envelope, settings.public_key)
        if (transaction.id, transaction.previous_hash) != (wanted, previous):
            raise JournalError(f"the draft for seq {seq} sealed another id or another link")
        holds.use_hold(self._database, transaction)
        digest = envelope_hash(envelope)
        sale = transaction.sale
        self._database.execute(
            "INSERT INTO envelopes (seq, hash, envelope, kind, sale_key, receipt_number,"
            " accepted_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                seq,
                digest,
                envelope,
                transaction.kind,
                None if sale is None else sale.key,
                None if sale is None else sale.receipt_number,
                accepted_at_ms,
            ),
        )
        return Accepted(id=wanted, envelope_hash=digest)

    def pending(self, after_seq: int, limit: int) -> tuple[Pending, ...]:
        """The next envelopes that wait for a receipt, in order, rejected ones left out.

        Args:
            after_seq: begin after this one (or after the watermark, if that is higher).
            limit: at most this many.
        """
        return self.envelopes(max(after_seq, self.watermark()), limit)

    def envelopes(self, after_seq: int, limit: int) -> tuple[Pending, ...]:
        """The next envelopes to send, settled ones included, rejected ones left out.

        A gateway that was restored from its off-site copy asks again for what it settled once;
        so the outbox sends from here and not only from ``pending``.

        Raises:
            JournalError: if the journal fails or the archive is damaged.
        """
        state = self._state()
        if after_seq < state.archived_seq:
            return tuple(islice(archive.kept_envelopes(self._database, after_seq), limit))
        rows = self._database.rows(
            "SELECT seq, envelope, hash FROM envelopes"
            " WHERE seq > ? AND rejected_reason IS NULL ORDER BY seq LIMIT ?",
            (after_seq, limit),
        )
        return tuple(
            Pending(seq=row[0], envelope=row[1], envelope_hash=EnvelopeHash(row[2])) for row in rows
        )

    def settle(self, receipt: Receipt) -> Settlement:
        """Take over a receipt: settle up to its watermark, keep results, mark rejections, pack.

        Receipts are cumulative: an old or repeated one changes nothing. Rejected envelopes stay
        and are not sent again by themselves (``release_rejected``).

        Args:
            receipt: opened with the gateway's key and decoded by the caller.

        Raises:
            ForeignReceiptError: if it is for another terminal or epoch.
            JournalForkError: if the gateway knows another chain than this journal's. The journal
                has then recorded that it must not accept again.
            JournalError: if the journal fails.
        """
        settlement = settling.settle(self._database, receipt)
        return replace(settlement, archive_over_limit=not self.tidy())

    def tidy(self) -> bool:
        """Pack what is settled and drop what is beyond the limit and safe elsewhere.

        Bounded work in each call; ``settle`` calls it, and an idle agent may.

        Returns:
            whether the archive is within its limit, or will be after more calls. False: it must
            grow, because the gateway has no off-site copy yet, or the disk is too full to pack;
            a person should be told. Nothing is lost by that.

        Raises:
            JournalError: if the journal fails.
        """
        try:
            archive.pack_settled(self._database)
        except JournalFullError:
            return False
        return archive.drop_surplus(self._database, self._settings.archive_bytes_max)

    def release_rejected(self) -> int:
        """Let rejected envelopes be sent again, after a person has mended the cause.

        Returns:
            how many were released.
        """
        with self._database.transaction():
            return self._database.execute(
                "UPDATE envelopes SET rejected_reason = NULL WHERE rejected_reason IS NOT NULL"
            )

    def find_sale(self, receipt_number: str) -> SaleKey | None:
        """The key of the newest sale with this receipt number that is still kept, if any."""
        row = self._database.row(
            "SELECT sale_key FROM envelopes WHERE receipt_number = ? ORDER BY seq DESC LIMIT 1",
            (receipt_number,),
        )
        return None if row is None else SaleKey(row[0])

    def counts(self) -> Counts:
        """How the journal stands."""
        state = self._state()
        rejected = self._scalar("SELECT count(*) FROM envelopes WHERE rejected_reason IS NOT NULL")
        oldest = self._database.row(
            "SELECT accepted_at_ms FROM envelopes WHERE seq > ? ORDER BY seq LIMIT 1",
            (state.watermark,),
        )
        kept = state.next_seq - 1 > state.dropped_seq
        return Counts(
            accepted=state.next_seq - 1,
            settled=state.watermark,
            pending=state.next_seq - 1 - state.watermark - rejected,
            rejected=rejected,
            oldest_pending_at_ms=None if oldest is None else oldest[0],
            archive_bytes=state.archive_bytes,
            archive_first_seq=state.dropped_seq + 1 if kept else None,
            open_holds=self._scalar("SELECT count(*) FROM holds"),
        )

    def remember_hold(self, hold: OpenHold) -> None:
        """Write a reservation down *before* asking for it, so that a crash cannot lose it.

        Raises:
            JournalError: if its id was used before, or the journal fails.
        """
        holds.remember_hold(self._database, hold)

    def grant_hold(
        self, hold_id: HoldId, *, points: int, amount_minor: int, expires_at_ms: int
    ) -> bool:
        """Write down what the gateway granted; False if the hold is not open any more."""
        return holds.grant_hold(
            self._database,
            hold_id,
            points=points,
            amount_minor=amount_minor,
            expires_at_ms=expires_at_ms,
        )

    def close_hold(self, hold_id: HoldId) -> bool:
        """Forget a reservation that was refused, has expired or was given back.

        One that a redemption uses, or a void frees, is closed by ``accept`` in the same commit.
        """
        return holds.close_hold(self._database, hold_id)

    def open_holds(self) -> tuple[OpenHold, ...]:
        """Reservations neither used nor given back, oldest first: cancel them after a start."""
        return holds.open_holds(self._database)

    def save_configuration(self, version: int, envelope: bytes) -> bool:
        """Keep a sealed configuration, as it came, if it is newer than the one kept.

        Returns:
            whether it was newer.
        """
        check_int("version", version, 1, I63_MAX)
        with self._database.transaction():
            changed = self._database.execute(
                "INSERT INTO configuration VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                " version = excluded.version, envelope = excluded.envelope"
                " WHERE excluded.version > configuration.version",
                (version, envelope),
            )
        return changed == 1

    def load_configuration(self) -> bytes | None:
        """The sealed configuration kept last. Its seal is to be verified again, like any other."""
        row = self._database.row("SELECT envelope FROM configuration WHERE id = 1")
        return None if row is None else bytes(row[0])

    def verify(self) -> int:
        """Check every envelope still kept: hash, number, link and seal. Reads all of them.

        Returns:
            how many there are.

        Raises:
            JournalError: naming the first that is wrong.
        """
        state = self._state()
        return integrity.check_chain(
            archive.kept_envelopes(self._database, state.dropped_seq),
            self._settings,
            after_seq=state.dropped_seq,
            before=state.genesis_hash if state.dropped_seq == 0 else None,
        )

    def export(self, path: Path) -> Export:
        """Write every envelope still kept to ``path`` as a CBOR sequence (RFC 8742).

        The file appears whole or not at all.

        Raises:
            JournalError: if it cannot be written or the journal cannot be read.
        """
        return write_export(path, archive.kept_envelopes(self._database, 0))

    def _state(self) -> State:
        return read_state(self._database)

    def _scalar(self, sql: str) -> int:
        row = self._database.row(sql)
        assert row is not None, "a count always has a row"
        return int(row[0])
