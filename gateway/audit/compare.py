"""Compares the stored tables with the books that the envelopes came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import TypeVar

from gateway.audit.books import PARTS, Account, Books, Wallet
from gateway.audit.replay import Moved
from gateway.audit.report import Findings
from gateway.ledger.row import Row
from gateway.ledger.rows import MovementRow
from gateway.ledger.rows_intake import (
    QUARANTINE_TALLIES,
    AuthRow,
    QuarantineRow,
    Tally,
    TallyRow,
)
from gateway.ledger.rows_lots import AllocationRow
from gateway.ledger.rows_members import WalletRow
from gateway.ledger.rows_sales import SaleRow
from gateway.model.authorisation import AuthKind
from gateway.model.ids import HoldId, WalletId
from gateway.model.outcome import Status

R = TypeVar("R", bound=Row)


def compare_table(
    findings: Findings, table: str, stored: Iterable[R], computed: Iterable[R]
) -> int:
    """Compare rows with what they must be, both ways.

    Returns:
        how many rows are stored.
    """
    left = {row.key: row for row in computed}
    count = 0
    for row in stored:
        count += 1
        wanted = left.pop(row.key, None)
        if wanted is None:
            findings.add(f"{table} {_name(row.key)}", "no envelope accounts for it")
            continue
        for one in fields(row):  # type: ignore[arg-type] # every row is a dataclass
            findings.expect(
                f"{table} {_name(row.key)}",
                one.name,
                stored=getattr(row, one.name),
                computed=getattr(wanted, one.name),
            )
    for key in left:
        findings.add(f"{table} {_name(key)}", "it is missing")
    return count


def compare_sales(findings: Findings, stored: Iterable[SaleRow], books: Books) -> int:
    """Compare sales. Of those that are older than totals, nobody wrote down what they came to.

    Returns:
        how many rows are stored.
    """

    def as_stored() -> Iterator[SaleRow]:
        for row in stored:
            known = books.sales.get(row.key)
            if known is None or row.total_minor is not None:
                yield row
            else:
                yield replace(
                    row, total_minor=known.total_minor, returned_minor=known.returned_minor
                )

    return compare_table(findings, SaleRow.TABLE, as_stored(), books.sales.values())


def compare_wallets(
    findings: Findings,
    stored: Iterable[WalletRow],
    books: Books,
    entries: Counter[Account],
    accounts: Mapping[int, Account],
) -> None:
    """Compare every balance four ways: stored, recomputed, from the entries, from the lots."""
    left = set(books.wallets)
    for wallet in stored:
        name = wallet.wallet_id
        where = f"wallet {name}"
        if name not in left:
            findings.add(where, "no envelope accounts for it")
            continue
        left.discard(name)
        owner = Wallet(wallet.kind, wallet.member_id, wallet.ledger)
        findings.expect(where, "its owner", stored=owner, computed=books.wallets[name])
        own = [books.account(name, part) for part in PARTS]
        numbers = (wallet.available_account, wallet.held_account, wallet.pending_account)
        named = [accounts.get(number) for number in numbers]
        findings.expect(where, "its accounts", stored=named, computed=own)
        kept = (wallet.available, wallet.held, wallet.pending)
        for account, value in zip(own, kept, strict=True):
            text = account[1]
            findings.expect(where, text, stored=value, computed=books.balances[account])
            findings.expect(
                where, f"{text} by its entries", stored=value, computed=entries[account]
            )
        _compare_heap(findings, wallet, books)
    for name in left:
        findings.add(f"wallet {name}", "it is missing")
    _compare_sums(findings, entries)


def _compare_heap(findings: Findings, wallet: WalletRow, books: Books) -> None:
    name, heap = wallet.wallet_id, books.heap
    where, owed = f"wallet {name}", heap.owed(wallet.wallet_id)
    active = heap.left(name, pending=False)
    findings.expect(
        where,
        "spendable points by lots and debts",
        stored=wallet.available,
        computed=active - owed,
    )
    pending = heap.left(name, pending=True)
    findings.expect(where, "pending points by lots", stored=wallet.pending, computed=pending)
    if active and owed:
        findings.add(where, f"it owes {owed} beside lots of {active}")


def _compare_sums(findings: Findings, entries: Counter[Account]) -> None:
    sums: Counter[str] = Counter()
    for (ledger, _), balance in entries.items():
        sums[ledger] += balance
    for ledger, total in sorted(sums.items()):
        findings.expect("every account", f"the sum of {ledger}", stored=total, computed=0)


def compare_allocations(findings: Findings, stored: Iterable[AllocationRow], books: Books) -> None:
    """Compare which lots serve which debits, net of what was given back."""
    net: Counter[tuple[int, int]] = Counter()
    for row in stored:
        net[row.owner_index, row.lot_id] += row.points
    computed: Counter[tuple[int, int]] = Counter()
    for owner, lots in books.heap.served.items():
        computed.update({(owner, lot): points for lot, points in lots.items()})
    for owner, lot in sorted(net.keys() | computed.keys()):
        findings.expect(
            f"allocation of lot {lot} to journal {owner}",
            "points",
            stored=net[owner, lot],
            computed=computed[owner, lot],
        )


def compare_movements(
    findings: Findings,
    stored: Iterable[MovementRow],
    computed: Mapping[tuple[WalletId, int], Moved],
) -> None:
    """Compare the lines of every wallet's statement."""
    left = dict(computed)
    for row in stored:
        where = f"statement of {row.wallet_id}, journal {row.journal_index}"
        wanted = left.pop(row.key, None)
        if wanted is None:
            if row.available_points or row.held_points or row.pending_points:
                findings.add(where, "no envelope accounts for it")
            continue
        is_stored = Moved(
            row.available_points, row.held_points, row.pending_points, row.balance_points
        )
        findings.expect(where, "the line", stored=is_stored, computed=wanted)
    for (wallet, index), wanted in left.items():
        if wanted.available or wanted.held or wanted.pending:
            findings.add(f"statement of {wallet}, journal {index}", "the line is missing")


def compare_answers(
    findings: Findings, stored: Iterable[AuthRow], computed: Mapping[HoldId, AuthRow]
) -> None:
    """Compare what is remembered of requests; refusals changed nothing and prove nothing."""

    def grants(row: AuthRow) -> bool:
        reserved = row.kind is AuthKind.RESERVE and row.status is Status.APPLIED
        return reserved or row.request_id in computed

    kept = (row for row in stored if grants(row))
    compare_table(findings, AuthRow.TABLE, kept, computed.values())


def compare_quarantine(
    findings: Findings,
    stored: Iterable[QuarantineRow],
    tallies: Iterable[TallyRow],
    hashed: Callable[[bytes], Hashable],
    *,
    cut_at_bytes: int,
) -> int:
    """Check that what was put aside is still what it was, and counted.

    Returns:
        how many rows are stored.
    """
    counted: Counter[Tally] = Counter()
    rows = 0
    for row in stored:
        rows += 1
        size = len(row.payload)
        # What is as long as an envelope may be was perhaps cut when it came; its hash is of all.
        if size < cut_at_bytes:
            where = f"quarantine {row.payload_hash.hex()[:16]}"
            findings.expect(
                where, "the hash", stored=row.payload_hash, computed=hashed(row.payload)
            )
        counted[Tally.SEALED_ROWS if row.sealed else Tally.UNSEALED_ROWS] += 1
        counted[Tally.SEALED_BYTES if row.sealed else Tally.UNSEALED_BYTES] += size
    dropped = (Tally.SEALED_DROPPED, Tally.UNSEALED_DROPPED)
    for tally in tallies:
        if tally.name in QUARANTINE_TALLIES and tally.name not in dropped:
            findings.expect(
                "quarantine", tally.name, stored=tally.value, computed=counted.pop(tally.name, 0)
            )
    for name in counted:
        findings.add("quarantine", f"{name} is missing")
    return rows


def _name(key: Hashable) -> str:
    parts = key if isinstance(key, tuple) else (key,)
    return " ".join(part.hex()[:16] if isinstance(part, bytes) else str(part) for part in parts)
