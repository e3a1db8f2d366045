"""Recompute every invariant of the books from their rows, and name what does not hold.

The writer keeps these by construction; this is for audits, for tests after every step, and for
the day somebody edits a database by hand. Envelopes are the auditor's matter, not this module's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import chain as joined

from gateway.ledger.batch import LedgerBatch
from gateway.ledger.kinds import HoldState, JournalKind, SystemAccount
from gateway.ledger.rows import (
    AllocationRow,
    DebtRow,
    EntryRow,
    HoldRow,
    JournalRow,
    LotRow,
    MovementRow,
    PostingRow,
    SuspendedRow,
    WalletRow,
)
from gateway.ledger.rows_intake import ChainRow, InboxRow
from gateway.model.ids import MemberId


def broken_invariants(batch: LedgerBatch) -> tuple[str, ...]:
    """Say in sentences which invariants the books break; nothing is good news.

    Reads every row: seconds for a shop, minutes for a chain.
    """
    return tuple(
        joined(
            _accounts(batch),
            _lots(batch),
            _wallets(batch),
            _holds(batch),
            _resolutions(batch),
            _movements(batch),
            _journal(batch),
            _chains(batch),
        )
    )


def _accounts(batch: LedgerBatch) -> Iterator[str]:
    balances: Counter[int] = Counter()
    for entry in batch.every(EntryRow):
        if entry.points <= 0:
            yield f"entry {entry.key} moves {entry.points} points"
        balances[entry.debit_account] -= entry.points
        balances[entry.credit_account] += entry.points
    if sum(balances.values()) != 0:
        yield f"the ledger sums to {sum(balances.values())}"
    for wallet in batch.every(WalletRow):
        kept = (wallet.available, wallet.held)
        summed = (balances[wallet.available_account], balances[wallet.held_account])
        if kept != summed:
            yield f"member {wallet.member_id} has {kept}, but the entries say {summed}"
    ledger = batch.points_ledger()
    if ledger is not None:
        unresolved = (row for row in batch.every(SuspendedRow) if row.resolved_index is None)
        waiting = sum(row.points for row in unresolved)
        suspense = balances[ledger.accounts[SystemAccount.SUSPENSE]]
        if waiting != suspense:
            yield f"{waiting} points wait for members, but suspense holds {suspense}"


def _lots(batch: LedgerBatch) -> Iterator[str]:
    taken: Counter[int] = Counter()
    for row in batch.every(AllocationRow):
        taken[row.lot_id] += row.points
    for lot in batch.every(LotRow):
        if lot.remaining != lot.points - taken[lot.lot_id]:
            yield f"lot {lot.lot_id} keeps {lot.remaining}, but its allocations say otherwise"
        if not 0 <= lot.remaining <= lot.points:
            yield f"lot {lot.lot_id} keeps {lot.remaining} of {lot.points}"


def _wallets(batch: LedgerBatch) -> Iterator[str]:
    open_points: Counter[MemberId] = Counter()
    for lot in batch.every(LotRow):
        open_points[lot.member_id] += lot.remaining
    owed: Counter[MemberId] = Counter()
    for debt in batch.every(DebtRow):
        owed[debt.member_id] += debt.remaining
    for wallet in batch.every(WalletRow):
        has, owes = open_points[wallet.member_id], owed[wallet.member_id]
        if wallet.available != has - owes:
            yield f"member {wallet.member_id} has {wallet.available}, lots {has}, debts {owes}"
        if has and owes:
            yield f"member {wallet.member_id} owes {owes} beside open lots of {has}"


def _holds(batch: LedgerBatch) -> Iterator[str]:
    serving = _points_serving(batch)
    held: Counter[MemberId] = Counter()
    for hold in batch.every(HoldRow):
        if hold.state is HoldState.PENDING:
            held[hold.member_id] += hold.points
        behind = serving[hold.owner_index]
        if behind not in _points_behind(hold):
            yield f"hold {hold.hold_id.hex()} is {hold.state} with {behind} points behind it"
        if (hold.state is HoldState.PENDING) != (hold.resolved_index is None):
            yield f"hold {hold.hold_id.hex()} is {hold.state}, resolved {hold.resolved_index}"
    for wallet in batch.every(WalletRow):
        if wallet.held != held[wallet.member_id]:
            yield f"member {wallet.member_id} holds {wallet.held}, not {held[wallet.member_id]}"


def _resolutions(batch: LedgerBatch) -> Iterator[str]:
    kinds = {posting.journal_index: posting.kind for posting in batch.every(PostingRow)}
    ends = Counter(
        (row.hold_id, kinds[row.journal_index])
        for row in batch.every(JournalRow)
        if row.hold_id is not None and row.journal_index in kinds
    )
    # A hold may free itself and be redeemed late all the same, but each of them only once.
    for (hold_id, kind), times in ends.items():
        if times > 1 and hold_id is not None:
            yield f"hold {hold_id.hex()} has {times} postings of kind {kind}"


def _points_serving(batch: LedgerBatch) -> Counter[int]:
    """How many points of lots and of debt serve each debit now."""
    serving: Counter[int] = Counter()
    for row in batch.every(AllocationRow):
        serving[row.owner_index] += row.points
    for debt in batch.every(DebtRow):
        serving[debt.owner_index] += debt.remaining
    return serving


def _points_behind(hold: HoldRow) -> tuple[int, ...]:
    """How many points of lots or debt may stand behind a hold in its state."""
    if hold.state is HoldState.PENDING:
        return (hold.points,)
    if hold.state is HoldState.POSTED:
        # All of them until the sale is refunded, none afterwards.
        return (hold.points - hold.shortfall_points, 0)
    return (0,)


def _movements(batch: LedgerBatch) -> Iterator[str]:
    available: Counter[MemberId] = Counter()
    held: Counter[MemberId] = Counter()
    balance: dict[MemberId, int] = {}
    for row in batch.every(MovementRow):
        available[row.member_id] += row.available_points
        held[row.member_id] += row.held_points
        balance[row.member_id] = row.balance_points
    for wallet in batch.every(WalletRow):
        member = wallet.member_id
        if (available[member], held[member]) != (wallet.available, wallet.held):
            yield f"the statement of member {member} does not add up"
        if balance.get(member, 0) != wallet.available:
            yield f"the last line of member {member} does not show the balance"


def _journal(batch: LedgerBatch) -> Iterator[str]:
    index, recorded_at_ms = 0, -1
    for row in batch.every(JournalRow):
        if row.journal_index != index + 1:
            yield f"the journal misses a row before {row.journal_index}"
        if row.recorded_at_ms <= recorded_at_ms:
            yield f"journal row {row.journal_index} is not later than the one before"
        index, recorded_at_ms = row.journal_index, row.recorded_at_ms
        named = None not in (row.terminal, row.epoch, row.seq, row.envelope_hash, row.envelope)
        if row.kind is JournalKind.TRANSACTION and not named:
            yield f"journal row {row.journal_index} names no transaction"


def _chains(batch: LedgerBatch) -> Iterator[str]:
    settled: defaultdict[tuple[object, object], list[tuple[object, object]]] = defaultdict(list)
    for row in batch.every(JournalRow):
        if row.kind is JournalKind.TRANSACTION:
            settled[row.terminal, row.epoch].append((row.seq, row.envelope_hash))
    waiting = Counter((row.terminal, row.epoch) for row in batch.every(InboxRow))
    for chain in batch.every(ChainRow):
        rows = settled[chain.key]
        if [seq for seq, _ in rows] != list(range(1, chain.watermark + 1)):
            yield f"terminal {chain.key} is not settled without gaps up to {chain.watermark}"
        elif rows and rows[-1][1] != chain.watermark_hash:
            yield f"terminal {chain.key} has another envelope at its watermark"
        if chain.waiting != waiting[chain.key]:
            yield f"terminal {chain.key} counts {chain.waiting} waiting envelopes wrongly"
