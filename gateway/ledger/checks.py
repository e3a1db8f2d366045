"""Recompute every invariant of the books from their rows, and name what does not hold.

The writer keeps these by construction; this is for audits, for tests after every step, and for
the day somebody edits a database by hand. Envelopes are the auditor's matter, not this module's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain as joined

from gateway.ledger.batch import LedgerBatch
from gateway.ledger.checks_currencies import broken_currencies
from gateway.ledger.checks_members import broken_memberships
from gateway.ledger.flows import flows_of
from gateway.ledger.kinds import HoldState, JournalKind, SystemAccount
from gateway.ledger.numbering import maker_of
from gateway.ledger.rows import AccountRow, EntryRow, JournalRow, MovementRow, PostingRow
from gateway.ledger.rows_intake import ChainRow, InboxRow
from gateway.ledger.rows_lots import AllocationRow, DebtRow, HoldRow, LotRow, SuspendedRow
from gateway.ledger.rows_members import WalletRow
from gateway.model.ids import WalletId


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
            broken_memberships(batch),
        )
    )


def _accounts(batch: LedgerBatch) -> Iterator[str]:
    home = {account.account_id: account.ledger for account in batch.every(AccountRow)}
    balances: Counter[int] = Counter()
    sums: Counter[str] = Counter()
    for entry in batch.every(EntryRow):
        if entry.points <= 0:
            yield f"entry {entry.key} moves {entry.points} points"
        debit, credit = home.get(entry.debit_account, "none"), home.get(entry.credit_account)
        if debit != credit:
            yield f"entry {entry.key} leads from ledger {debit} to {credit}"
        balances[entry.debit_account] -= entry.points
        balances[entry.credit_account] += entry.points
        sums[debit] -= entry.points
        sums[str(credit)] += entry.points
    yield from (f"the ledger {name} sums to {total}" for name, total in sums.items() if total)
    yield from _balances(batch, home, balances)
    yield from _suspense(batch, balances)
    yield from broken_currencies(batch, balances)


def _balances(batch: LedgerBatch, home: Mapping[int, str], balances: Counter[int]) -> Iterator[str]:
    for wallet in batch.every(WalletRow):
        accounts = (wallet.available_account, wallet.held_account, wallet.pending_account)
        kept = (wallet.available, wallet.held, wallet.pending)
        summed = tuple(balances[account] for account in accounts)
        if kept != summed:
            yield f"wallet {wallet.wallet_id} has {kept}, but the entries say {summed}"
        if {home.get(account) for account in accounts} != {wallet.ledger}:
            yield f"wallet {wallet.wallet_id} has accounts outside of {wallet.ledger}"


def _suspense(batch: LedgerBatch, balances: Counter[int]) -> Iterator[str]:
    waiting: Counter[str] = Counter()
    for row in batch.every(SuspendedRow):
        waiting[row.ledger] += row.waiting
    for ledger in batch.ledgers().by_name.values():
        suspense = balances[ledger.accounts[SystemAccount.SUSPENSE]]
        if waiting[ledger.name] != suspense:
            yield f"{waiting[ledger.name]} wait in {ledger.name}, but suspense holds {suspense}"


def _lots(batch: LedgerBatch) -> Iterator[str]:
    taken: Counter[int] = Counter()
    for row in batch.every(AllocationRow):
        taken[row.lot_id] += row.points
    for lot in batch.every(LotRow):
        if lot.remaining != lot.points - taken[lot.lot_id]:
            yield f"lot {lot.lot_id} keeps {lot.remaining}, but its allocations say otherwise"
        if not 0 <= lot.remaining <= lot.points:
            yield f"lot {lot.lot_id} keeps {lot.remaining} of {lot.points}"
        if lot.closed_index is not None and lot.remaining:
            yield f"lot {lot.lot_id} is closed and keeps {lot.remaining}"
        if maker_of(lot.lot_id) != lot.earned_index:
            yield f"lot {lot.lot_id} was not made by journal row {lot.earned_index}"


def _wallets(batch: LedgerBatch) -> Iterator[str]:
    active: Counter[WalletId] = Counter()
    pending: Counter[WalletId] = Counter()
    for lot in batch.every(LotRow):
        (pending if lot.pending else active)[lot.wallet_id] += lot.remaining
    owed: Counter[WalletId] = Counter()
    for debt in batch.every(DebtRow):
        owed[debt.wallet_id] += debt.remaining
    for wallet in batch.every(WalletRow):
        name = wallet.wallet_id
        has, owes = active[name], owed[name]
        if wallet.available != has - owes:
            yield f"wallet {name} has {wallet.available}, lots {has}, debts {owes}"
        if wallet.pending != pending[name]:
            yield f"wallet {name} has {wallet.pending} pending, lots {pending[name]}"
        if has and owes:
            yield f"wallet {name} owes {owes} beside open lots of {has}"
    yield from _identity(batch, active + pending, owed)


def _identity(
    batch: LedgerBatch, lots: Counter[WalletId], owed: Counter[WalletId]
) -> Iterator[str]:
    """Earned + returned - spent - expired - clawed and so on is active + pending + held - owed."""
    flows = flows_of(batch)
    for wallet in batch.every(WalletRow):
        name = wallet.wallet_id
        left = flows[name].left if name in flows else 0
        kept = lots[name] + wallet.held - owed[name]
        if left != kept:
            yield f"wallet {name} must have {left} of all that came, and has {kept}"


def _holds(batch: LedgerBatch) -> Iterator[str]:
    serving = _points_serving(batch)
    held: Counter[WalletId] = Counter()
    for hold in batch.every(HoldRow):
        if hold.state is HoldState.PENDING and hold.wallet_id is not None:
            held[hold.wallet_id] += hold.points
        behind = serving[hold.owner_index]
        if behind != _points_behind(hold):
            yield f"hold {hold.hold_id.hex()} is {hold.state} with {behind} points behind it"
        if (hold.state is HoldState.PENDING) != (hold.resolved_index is None):
            yield f"hold {hold.hold_id.hex()} is {hold.state}, resolved {hold.resolved_index}"
    for wallet in batch.every(WalletRow):
        if wallet.held != held[wallet.wallet_id]:
            yield (f"wallet {wallet.wallet_id} holds {wallet.held}, not {held[wallet.wallet_id]}")


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
    # What had lapsed is closed by the posting that found it, beside what that holds or redeems.
    ledgers = batch.ledgers().by_name.values()
    expired = {ledger.accounts[SystemAccount.EXPIRED] for ledger in ledgers}
    for entry in batch.every(EntryRow):
        if entry.credit_account in expired:
            serving[entry.journal_index] -= entry.points
    return serving


def _points_behind(hold: HoldRow) -> int:
    """How many points of lots or debt must stand behind a hold in its state."""
    if hold.state is HoldState.PENDING:
        return hold.points
    if hold.state is HoldState.POSTED:
        # What the programme bore comes back first; see ``Posting.undo_redeem``.
        given_back = max(hold.given_back_points - hold.shortfall_points, 0)
        return hold.redeemed_points - hold.shortfall_points - given_back
    return 0


def _movements(batch: LedgerBatch) -> Iterator[str]:
    moved: defaultdict[WalletId, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    balance: dict[WalletId, int] = {}
    for row in batch.every(MovementRow):
        available, held, pending = moved[row.wallet_id]
        moved[row.wallet_id] = (
            available + row.available_points,
            held + row.held_points,
            pending + row.pending_points,
        )
        balance[row.wallet_id] = row.balance_points
    for wallet in batch.every(WalletRow):
        name = wallet.wallet_id
        if moved[name] != (wallet.available, wallet.held, wallet.pending):
            yield f"the statement of wallet {name} does not add up"
        if balance.get(name, 0) != wallet.available:
            yield f"the last line of wallet {name} does not show the balance"


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
