"""The journal's one-row state: whose it is, and how far each mark has moved."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.crypto.chain import genesis_hash
from gateway.model.ids import EnvelopeHash, KeyId, TerminalId
from terminal_agent.errors import JournalError
from terminal_agent.journal.database import JournalDatabase
from terminal_agent.journal.values import JournalSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One row, read whole.

    Marks only rise, and each stands at or below the one before: ``next_seq - 1`` accepted,
    ``watermark`` settled, ``archived_seq`` packed, ``dropped_seq`` forgotten.
    ``offsite_watermark`` stands at or below ``watermark``.
    """

    terminal: TerminalId
    epoch: int
    key_id: KeyId
    genesis_hash: EnvelopeHash
    next_seq: int
    last_hash: EnvelopeHash
    watermark: int
    offsite_watermark: int
    archived_seq: int
    dropped_seq: int
    archive_bytes: int
    clean: bool
    stopped: str | None


def find_state(database: JournalDatabase) -> State | None:
    """Read the state; None in a journal that was only just made."""
    row = database.row(
        "SELECT terminal, epoch, key_id, genesis_hash, next_seq, last_hash, watermark,"
        " offsite_watermark, archived_seq, dropped_seq, archive_bytes, clean, stopped"
        " FROM state WHERE id = 1"
    )
    if row is None:
        return None
    return State(
        terminal=TerminalId(row[0]),
        epoch=row[1],
        key_id=KeyId(row[2]),
        genesis_hash=EnvelopeHash(row[3]),
        next_seq=row[4],
        last_hash=EnvelopeHash(row[5]),
        watermark=row[6],
        offsite_watermark=row[7],
        archived_seq=row[8],
        dropped_seq=row[9],
        archive_bytes=row[10],
        clean=bool(row[11]),
        stopped=row[12],
    )


def read_state(database: JournalDatabase) -> State:
    """Read the state of a journal that has one.

    Raises:
        JournalError: if the row is gone.
    """
    state = find_state(database)
    if state is None:
        raise JournalError("the journal has lost its state row")
    return state


def claim_state(database: JournalDatabase, settings: JournalSettings) -> State:
    """Give a new journal its owner, or make sure that an old one has the right owner.

    Returns:
        the state as it was found, with ``clean`` as the last run left it; from here on the file
        counts as in use until ``leave_state``.

    Raises:
        JournalError: if the journal is another terminal's, epoch's or key's.
    """
    with database.transaction():
        state = find_state(database)
        key_id = settings.public_key.key_id
        if state is None:
            genesis = genesis_hash(settings.terminal, settings.epoch, key_id)
            database.execute(
                "INSERT INTO state VALUES (1, ?, ?, ?, ?, 1, ?, 0, 0, 0, 0, 0, 0, NULL)",
                (settings.terminal, settings.epoch, key_id, genesis, genesis),
            )
            state = find_state(database)
            assert state is not None
            return state
        if (state.terminal, state.epoch, state.key_id) != (
            settings.terminal,
            settings.epoch,
            key_id,
        ):
            raise JournalError(
                f"{database.path} belongs to terminal {state.terminal}, epoch {state.epoch}, key"
                f" {state.key_id.hex()}, not to terminal {settings.terminal}, epoch"
                f" {settings.epoch}, key {key_id.hex()}"
            )
        database.execute("UPDATE state SET clean = 0")
    return state


def leave_state(database: JournalDatabase) -> None:
    """Mark that the journal was closed in order, so that the next opening need not search it."""
    with database.transaction():
        database.execute("UPDATE state SET clean = 1")
