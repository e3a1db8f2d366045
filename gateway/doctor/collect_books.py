"""Learns about the ledger: whether it opens, and whether a sample of its books holds together.

The sample is the newest journal rows and the members in them; ``mohr ledger audit`` looks at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from gateway.doctor.facts import LedgerFacts, QuarantineFacts, TerminalFacts
from gateway.errors import LedgerError, MohrError
from gateway.ledger.accounts import points_wallet_id
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.migrate import HEAD_REVISION, current_revision
from gateway.ledger.place import LedgerPlace
from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_intake import Tally, TallyRow
from gateway.ledger.rows_members import WalletRow
from gateway.model.ids import MemberId, TerminalId, WalletId
from gateway.office.terminal_hint import TerminalHint
from gateway.queries.reading import reading
from gateway.queries.scope import EVERYTHING
from gateway.queries.terminals import terminals
from gateway.writer.settings import WriterSettings

SAMPLED_ROWS: Final = 200
TERMINALS_MAX: Final = 10_000


def ledger_facts(place: LedgerPlace) -> LedgerFacts:
    """Learn about a ledger; what makes it unreadable is a fact too."""
    try:
        with reading(place) as connection:
            revision = current_revision(connection)
        if revision is None:
            raise LedgerError(f"{place} holds no ledger")
        if revision != HEAD_REVISION:
            # Its tables are others than those that the questions below are written for.
            return LedgerFacts(fault=None, revision=revision, known_revision=HEAD_REVISION)
        with LedgerReader(place).batch() as batch:
            first = max(0, batch.head().journal_index - SAMPLED_ROWS)
            rows = batch.journal(first, SAMPLED_ROWS)
            return LedgerFacts(
                fault=None,
                revision=revision,
                known_revision=HEAD_REVISION,
                broken=tuple(broken_in_sample(batch, rows)),
                sampled_rows=len(rows),
                quarantine=_quarantine(batch),
            )
    except (MohrError, ValueError) as error:
        return LedgerFacts(fault=str(error), revision=None, known_revision=HEAD_REVISION)


def broken_in_sample(batch: LedgerBatch, rows: list[JournalRow]) -> Iterator[str]:
    """Say in sentences what does not hold in some rows of the journal and for their members."""
    for before, row in pairwise(rows):
        if row.journal_index != before.journal_index + 1:
            yield f"journal row {row.journal_index} follows {before.journal_index}"
        if row.recorded_at_ms <= before.recorded_at_ms:
            yield f"journal row {row.journal_index} was recorded before the row before it"
    members = sorted({row.member_id for row in rows if row.member_id is not None})
    if members:
        yield from _broken_wallets(batch, members)


def _broken_wallets(batch: LedgerBatch, members: Sequence[MemberId]) -> Iterator[str]:
    names = {points_wallet_id(member): member for member in members}
    open_points: Counter[WalletId] = Counter()
    pending: Counter[WalletId] = Counter()
    for lot in batch.open_lots(names):
        (pending if lot.pending else open_points)[lot.wallet_id] += lot.remaining
    for debt in batch.open_debts(names):
        open_points[debt.wallet_id] -= debt.remaining
    wallets = {wallet.wallet_id: wallet for wallet in batch.rows(WalletRow, names)}
    for name, member in names.items():
        wallet = wallets.get(name)
        if wallet is None:
            yield f"member {member} has no wallet"
        elif wallet.available != open_points[name] or wallet.held < 0:
            yield f"member {member} has {wallet.available}, lots and debts {open_points[name]}"
        elif wallet.pending != pending[name]:
            yield f"member {member} has {wallet.pending} pending, lots {pending[name]}"


def terminal_facts(
    place: LedgerPlace, hints: Mapping[TerminalId, TerminalHint] | None
) -> tuple[TerminalFacts, ...] | None:
    """Learn about every terminal; None where the ledger cannot be asked."""
    try:
        with reading(place) as connection:
            found = terminals(connection, EVERYTHING, limit=TERMINALS_MAX)
    except MohrError:
        # The ledger's own check says why.
        return None
    return tuple(
        TerminalFacts(
            terminal=one.terminal,
            missing=one.missing,
            hint=None if hints is None else hints.get(one.terminal),
        )
        for one in found
    )


def _quarantine(batch: LedgerBatch) -> QuarantineFacts:
    tallies = {row.name: row.value for row in batch.every(TallyRow)}

    def highest(*names: Tally) -> int:
        return max(tallies.get(name, 0) for name in names)

    limits = WriterSettings()
    return QuarantineFacts(
        rows=highest(Tally.SEALED_ROWS, Tally.UNSEALED_ROWS),
        rows_max=limits.quarantine_rows_max,
        kept_bytes=highest(Tally.SEALED_BYTES, Tally.UNSEALED_BYTES),
        bytes_max=limits.quarantine_bytes_max,
        dropped=tallies.get(Tally.SEALED_DROPPED, 0) + tallies.get(Tally.UNSEALED_DROPPED, 0),
    )
