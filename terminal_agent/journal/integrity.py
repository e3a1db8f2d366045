"""Checks that the journal is what its owner left: the file, the numbers, the chain."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import SealType, envelope_hash, open_envelope
from gateway.errors import SealError, WireError
from gateway.model.ids import EnvelopeHash, TransactionId
from gateway.model.transaction import Transaction
from gateway.wire.transaction import decode_transaction
from terminal_agent.errors import JournalError
from terminal_agent.journal.database import JournalDatabase
from terminal_agent.journal.state import State
from terminal_agent.journal.values import JournalSettings, Pending

#: The tables that hold what is not settled. The archive is left out: its blocks carry their own
#: checksums, and reading all of it at each start would keep the counter waiting.
_CHECKED = ("state", "envelopes", "holds", "configuration")


def check_file(database: JournalDatabase) -> None:
    """Let SQLite check its pages after an end that was not in order.

    Raises:
        JournalError: naming what SQLite found.
    """
    for table in _CHECKED:
        found = [str(row[0]) for row in database.rows(f"PRAGMA quick_check({table})")]
        if found != ["ok"]:
            raise JournalError(f"{database.path} is damaged ({table}): {'; '.join(found[:5])}")


def check_marks(database: JournalDatabase, state: State) -> None:
    """Make sure that the newest envelope is the one that the chain goes on from.

    Raises:
        JournalError: if it is not.
    """
    row = database.row("SELECT seq, hash FROM envelopes ORDER BY seq DESC LIMIT 1")
    if row is None:
        # Everything may have been dropped; then the state row alone knows where the chain is.
        expected = state.genesis_hash if state.next_seq == 1 else state.last_hash
        whole = state.dropped_seq == state.next_seq - 1 and state.last_hash == expected
    else:
        whole = (row[0], row[1]) == (state.next_seq - 1, state.last_hash)
    if not whole:
        raise JournalError(f"{database.path}: the newest envelope is not where the chain stands")


def check_tail(database: JournalDatabase, state: State, settings: JournalSettings) -> None:
    """Check the newest unsettled envelopes: numbers without gaps, links, hashes and seals.

    Raises:
        JournalError: naming the first that is wrong.
    """
    after = max(state.watermark, state.next_seq - 1 - settings.tail_check)
    rows = database.rows(
        "SELECT seq, envelope, hash FROM envelopes WHERE seq > ? ORDER BY seq", (after,)
    )
    if len(rows) != state.next_seq - 1 - after:
        raise JournalError(f"{database.path}: unsettled envelopes after {after} are missing")
    before = state.genesis_hash if after == 0 else hash_at(database, after)
    tail = (
        Pending(seq=seq, envelope=envelope, envelope_hash=EnvelopeHash(digest))
        for seq, envelope, digest in rows
    )
    check_chain(tail, settings, after_seq=after, before=before)


def hash_at(database: JournalDatabase, seq: int) -> EnvelopeHash | None:
    """The hash of one's own envelope; None where the row was dropped."""
    row = database.row("SELECT hash FROM envelopes WHERE seq = ?", (seq,))
    return None if row is None else EnvelopeHash(row[0])


def check_chain(
    envelopes: Iterable[Pending],
    settings: JournalSettings,
    *,
    after_seq: int,
    before: EnvelopeHash | None,
) -> int:
    """Check that envelopes follow each other from ``after_seq`` on, each sealed and linked.

    Args:
        envelopes: in order.
        settings: whose they are.
        after_seq: the seq before the first.
        before: the hash of the envelope at ``after_seq``; None: not known, not checked.

    Returns:
        how many were checked.

    Raises:
        JournalError: naming the first that is wrong.
    """
    seq = after_seq
    for item in envelopes:
        seq += 1
        expected = TransactionId(terminal=settings.terminal, epoch=settings.epoch, seq=seq)
        if item.seq != seq or item.envelope_hash != envelope_hash(item.envelope):
            raise JournalError(f"the journal is damaged at seq {seq}: not the envelope it names")
        transaction = open_own(item.envelope, settings.public_key)
        if transaction.id != expected or (
            before is not None and transaction.previous_hash != before
        ):
            raise JournalError(f"the journal is damaged at seq {seq}: the chain is broken there")
        before = item.envelope_hash
    return seq - after_seq


def open_own(envelope: bytes, key: PublicKey) -> Transaction:
    """Open an envelope with one's own public key, as the gateway will.

    Fiscal tills have met signing devices that acknowledged every write and could never be read
    again; so what was signed is read back before anything depends on it.

    Raises:
        JournalError: if the seal does not verify or the payload is not a transaction.
    """
    try:
        return decode_transaction(open_envelope(envelope, SealType.TRANSACTION, key).payload)
    except (SealError, WireError) as error:
        raise JournalError(f"a sealed transaction cannot be read back: {error}") from error
