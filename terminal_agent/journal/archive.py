"""Settled envelopes, packed: kept until the gateway also holds them off its own machine.

A single envelope hardly compresses (seal, hashes and tokens are random bytes). Sixty-four of one
terminal share their structure, so they are packed together.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Final

from gateway.model.ids import EnvelopeHash
from terminal_agent.errors import JournalError
from terminal_agent.journal.database import JournalDatabase
from terminal_agent.journal.state import State, read_state
from terminal_agent.journal.values import Pending

#: Envelopes in one packed block.
BLOCK: Final = 64
#: Blocks packed, and blocks dropped, by one call: one commit of bounded size.
BLOCKS_PER_CALL: Final = 8

_PAGE: Final = 256
_LENGTH: Final = struct.Struct(">I")


def pack_settled(database: JournalDatabase) -> int:
    """Pack whole blocks of settled envelopes, in one commit.

    Returns:
        how many envelopes were packed; 0 where less than a block is settled and unpacked.

    Raises:
        JournalFullError: if there is no room to do it now. Nothing is lost by waiting.
        JournalError: if the journal fails.
    """
    state = read_state(database)
    blocks = min((state.watermark - state.archived_seq) // BLOCK, BLOCKS_PER_CALL)
    if blocks == 0:
        return 0
    with database.transaction():
        for number in range(blocks):
            first = state.archived_seq + 1 + number * BLOCK
            _pack_block(database, first, first + BLOCK - 1)
    return blocks * BLOCK


def _pack_block(database: JournalDatabase, first: int, last: int) -> None:
    rows = database.rows(
        "SELECT envelope FROM envelopes WHERE seq BETWEEN ? AND ? ORDER BY seq", (first, last)
    )
    if len(rows) != last - first + 1 or any(row[0] is None for row in rows):
        raise JournalError(f"envelopes between {first} and {last} are missing from the journal")
    packed = pack([row[0] for row in rows])
    database.execute("INSERT INTO archive VALUES (?, ?, ?)", (first, last, packed))
    database.execute(
        "UPDATE envelopes SET envelope = NULL WHERE seq BETWEEN ? AND ?", (first, last)
    )
    database.execute(
        "UPDATE state SET archived_seq = ?, archive_bytes = archive_bytes + ?",
        (last, len(packed)),
    )


def drop_surplus(database: JournalDatabase, bytes_max: int) -> bool:
    """Drop the oldest blocks beyond the limit, as far as they are safe off the gateway's machine.

    Returns:
        whether the archive is within its limit now, or only not yet because one call drops a
        bounded number of blocks. False: what is left over must be kept, and a person told.

    Raises:
        JournalError: if the journal fails.
    """
    state = read_state(database)
    if state.archive_bytes <= bytes_max:
        return True
    surplus = state.archive_bytes - bytes_max
    doomed: list[tuple[int, int]] = []
    for first, last, size in database.rows(
        "SELECT first_seq, last_seq, length(packed) FROM archive ORDER BY first_seq LIMIT ?",
        (BLOCKS_PER_CALL,),
    ):
        if surplus <= 0 or last > state.offsite_watermark:
            break
        doomed.append((first, last))
        surplus -= size
    if not doomed:
        return False
    with database.transaction():
        database.execute(
            "UPDATE state SET dropped_seq = ?, archive_bytes = archive_bytes -"
            " (SELECT sum(length(packed)) FROM archive WHERE first_seq <= ?)",
            (doomed[-1][1], doomed[-1][0]),
        )
        database.execute("DELETE FROM archive WHERE first_seq <= ?", (doomed[-1][0],))
        database.execute("DELETE FROM envelopes WHERE seq <= ?", (doomed[-1][1],))
    return surplus <= 0 or len(doomed) == BLOCKS_PER_CALL


def kept_envelopes(database: JournalDatabase, after_seq: int) -> Iterator[Pending]:
    """Every envelope still kept after ``after_seq``, packed or not, in order.

    Reads page by page; what is accepted meanwhile is included.

    Raises:
        JournalError: if the journal fails or a block is damaged.
    """
    state = read_state(database)
    cursor = max(after_seq, state.dropped_seq)
    while cursor < state.archived_seq:
        block = _block_after(database, cursor)
        yield from (item for item in block if item.seq > cursor)
        cursor = block[-1].seq
    while page := _unpacked_after(database, cursor, state):
        yield from page
        cursor = page[-1].seq


def _block_after(database: JournalDatabase, after_seq: int) -> Sequence[Pending]:
    row = database.row(
        "SELECT first_seq, last_seq, packed FROM archive WHERE first_seq <= ?"
        " ORDER BY first_seq DESC LIMIT 1",
        (after_seq + 1,),
    )
    if row is None or row[1] <= after_seq:
        raise JournalError(f"envelope {after_seq + 1} is missing from the archive")
    first, last, packed = row
    envelopes = unpack(packed)
    hashes = database.rows(
        "SELECT seq, hash FROM envelopes WHERE seq BETWEEN ? AND ? ORDER BY seq", (first, last)
    )
    if len(envelopes) != len(hashes) or len(hashes) != last - first + 1:
        raise JournalError(f"the archive block from {first} to {last} is damaged")
    return [
        Pending(seq=seq, envelope=envelope, envelope_hash=EnvelopeHash(digest))
        for (seq, digest), envelope in zip(hashes, envelopes, strict=True)
    ]


def _unpacked_after(database: JournalDatabase, after_seq: int, state: State) -> list[Pending]:
    rows = database.rows(
        "SELECT seq, envelope, hash FROM envelopes WHERE seq > ? ORDER BY seq LIMIT ?",
        (max(after_seq, state.archived_seq), _PAGE),
    )
    return [
        Pending(seq=row[0], envelope=row[1], envelope_hash=EnvelopeHash(row[2])) for row in rows
    ]


def pack(envelopes: Sequence[bytes]) -> bytes:
    """Compress envelopes into one block; zlib's own checksum guards it."""
    return zlib.compress(b"".join(_LENGTH.pack(len(item)) + item for item in envelopes), 6)


def unpack(packed: bytes) -> tuple[bytes, ...]:
    """Give back what ``pack`` took.

    Raises:
        JournalError: if the block is damaged.
    """
    try:
        plain = zlib.decompress(packed)
    except zlib.error as error:
        raise JournalError("an archive block is damaged") from error
    envelopes: list[bytes] = []
    offset = 0
    while offset < len(plain):
        start = offset + _LENGTH.size
        if start > len(plain):
            raise JournalError("an archive block ends within a length")
        offset = start + int(_LENGTH.unpack_from(plain, offset)[0])
        if offset > len(plain):
            raise JournalError("an archive block ends within an envelope")
        envelopes.append(plain[start:offset])
    return tuple(envelopes)
