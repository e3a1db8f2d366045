"""Keep what cannot be taken, once each, and never so much of it that the disk fills."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from gateway.ledger.book import Book
from gateway.ledger.rows_intake import QuarantineRow, Tally, TallyRow
from gateway.model.ids import EnvelopeHash, TerminalId
from gateway.model.outcome import Reason
from gateway.writer.settings import WriterSettings

DETAIL_CHARACTERS_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """Bytes on their way to quarantine.

    Attributes:
        payload: the bytes.
        payload_hash: SHA-256 over them.
        reason: what is wrong with them.
        detail: the same in a sentence.
        sealed: the seal was good, so the sealing key's terminal is told.
        claimed_terminal: whom they say they are from.
        answer_to: the terminal and epoch whose receipt names the rejection.
    """

    payload: bytes
    payload_hash: EnvelopeHash
    reason: Reason
    detail: str
    sealed: bool
    claimed_terminal: TerminalId | None
    answer_to: tuple[TerminalId, int] | None


@dataclass(frozen=True, slots=True)
class _Allowance:
    rows: Tally
    bytes: Tally
    dropped: Tally


# Sealed bytes have an allowance of their own, so that strangers cannot push out the evidence of
# a cloned terminal.
_SEALED: Final = _Allowance(Tally.SEALED_ROWS, Tally.SEALED_BYTES, Tally.SEALED_DROPPED)
_UNSEALED: Final = _Allowance(Tally.UNSEALED_ROWS, Tally.UNSEALED_BYTES, Tally.UNSEALED_DROPPED)


def file_suspect(book: Book, settings: WriterSettings, suspect: Suspect, now_ms: int) -> bool:
    """Put bytes into quarantine, or count them where they are known or there is no room.

    Returns:
        Whether they are kept, now or since earlier.
    """
    known = book.quarantine.get((suspect.payload_hash, suspect.reason))
    if known is not None:
        book.quarantine.replace(replace(known, last_seen_ms=now_ms, times=known.times + 1))
        return True
    allowance = _SEALED if suspect.sealed else _UNSEALED
    size = len(suspect.payload)
    rows, kept_bytes = _value(book, allowance.rows), _value(book, allowance.bytes)
    if rows >= settings.quarantine_rows_max or kept_bytes + size > settings.quarantine_bytes_max:
        _count(book, allowance.dropped, 1)
        return False
    book.quarantine.add(
        QuarantineRow(
            payload_hash=suspect.payload_hash,
            reason=suspect.reason,
            claimed_terminal=suspect.claimed_terminal,
            detail=suspect.detail[:DETAIL_CHARACTERS_MAX],
            sealed=suspect.sealed,
            first_seen_ms=now_ms,
            last_seen_ms=now_ms,
            times=1,
            payload=suspect.payload,
        )
    )
    _count(book, allowance.rows, 1)
    _count(book, allowance.bytes, size)
    return True


def _value(book: Book, name: Tally) -> int:
    row = book.tallies.get(name)
    return 0 if row is None else row.value


def _count(book: Book, name: Tally, amount: int) -> None:
    row = book.tallies.get(name)
    if row is None:
        book.tallies.add(TallyRow(name=name, value=amount))
    else:
        book.tallies.replace(replace(row, value=row.value + amount))
