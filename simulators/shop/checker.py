"""Compares a finished day with a one-thread model that knows nothing of brokers and ledgers.

The terminals' journals say what was accepted; the gateway's journal says what was judged. The model
adds up, per card, what the rules give for the accepted transactions, and the ledger's balances must
be those. It shares with the product only the wire format and the definition of one rule: how many
points a sale is worth.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from gateway.crypto.seal import envelope_hash, parse_envelope
from gateway.ledger.kinds import HoldState, JournalKind
from gateway.ledger.rows import CardRow, HoldRow, JournalRow, WalletRow
from gateway.ledger.store import LedgerStore
from gateway.model.ids import CardToken, EnvelopeHash, SaleKey, TransactionId
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.model.transaction import Kind, Transaction
from gateway.program.earn import points_for_sale
from gateway.wire.transaction import decode_transaction
from terminal_agent.journal.journal import Journal

_PIECE: Final = 256


@dataclass(slots=True)
class Verdict:
    """What a comparison found."""

    transactions: int = 0
    lost: int = 0
    doubled: int = 0
    findings: list[str] = field(default_factory=list)
    fingerprint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What the gateway's journal says of one transaction."""

    index: int
    hash: EnvelopeHash | None
    status: Status
    reason: Reason


def check_day(journals: Iterable[Journal], store: LedgerStore, programme: Programme) -> Verdict:
    """Compare what was accepted with what the ledger says.

    Args:
        journals: of every terminal, settled.
        store: the gateway's ledger.
        programme: the only rules of the day.
    """
    verdict = Verdict()
    accepted: list[tuple[Transaction, EnvelopeHash]] = [
        one for journal in journals for one in _accepted(journal, verdict)
    ]
    verdict.transactions = len(accepted)
    judged = _judged(store, verdict)
    for transaction, its_hash in accepted:
        found = judged.get(transaction.id)
        if found is None or found.hash != its_hash:
            verdict.lost += 1
            verdict.findings.append(f"lost: {transaction.id}")
    known = [(one, judged[one.id]) for one, _ in accepted if one.id in judged]
    _check_sales(known, verdict)
    _check_balances(known, store, programme, verdict)
    _check_holds(store, verdict)
    verdict.fingerprint = _fingerprint(store)
    return verdict


def _fingerprint(store: LedgerStore) -> str:
    """A digest of what was judged in which order. Keys and seals are random and stay out of it."""
    digest = hashlib.sha256()
    for row in _journal_rows(store):
        told = (row.kind, row.terminal, row.seq, row.status, row.reason, row.member_id, row.points)
        digest.update(repr((*told, row.balance_points, row.recorded_at_ms)).encode())
    return digest.hexdigest()[:16]


def _accepted(journal: Journal, verdict: Verdict) -> list[tuple[Transaction, EnvelopeHash]]:
    counts = journal.counts()
    if counts.pending or counts.rejected or counts.open_holds:
        verdict.findings.append(f"journal is not settled: {counts}")
    envelopes = list(_kept(journal))
    if len(envelopes) != counts.accepted:
        verdict.lost += counts.accepted - len(envelopes)
        verdict.findings.append(f"the journal keeps {len(envelopes)} of {counts.accepted}")
    return [
        (decode_transaction(parse_envelope(one).payload), envelope_hash(one)) for one in envelopes
    ]


def _kept(journal: Journal) -> Iterable[bytes]:
    after = 0
    while pieces := journal.envelopes(after, _PIECE):
        yield from (one.envelope for one in pieces)
        after = pieces[-1].seq


def _judged(store: LedgerStore, verdict: Verdict) -> dict[TransactionId, _Judged]:
    judged: dict[TransactionId, _Judged] = {}
    for row in _journal_rows(store):
        if row.kind is not JournalKind.TRANSACTION:
            continue
        assert row.terminal is not None
        assert row.epoch is not None
        assert row.seq is not None
        identity = TransactionId(terminal=row.terminal, epoch=row.epoch, seq=row.seq)
        if identity in judged:
            verdict.doubled += 1
            verdict.findings.append(f"judged twice: {identity}")
        judged[identity] = _Judged(
            index=row.journal_index, hash=row.envelope_hash, status=row.status, reason=row.reason
        )
    return judged


def _journal_rows(store: LedgerStore) -> Iterable[JournalRow]:
    after = 0
    while rows := store.journal(after_index=after):
        yield from rows
        after = rows[-1].journal_index


def _check_sales(known: list[tuple[Transaction, _Judged]], verdict: Verdict) -> None:
    """Each sale earns once and is taken back at most once; what is refused, is so for a reason."""
    once: Counter[tuple[Kind, SaleKey]] = Counter()
    by_receipt = _by_receipt(known)
    earned_at = {
        one.sale.key: judged.index
        for one, judged in known
        if one.kind is Kind.EARN and one.sale is not None and judged.status is Status.APPLIED
    }
    for one, judged in known:
        key = _sale_of(one, by_receipt)
        if judged.status is Status.APPLIED and key is not None:
            once[one.kind, key] += 1
        sold_at = None if key is None else earned_at.get(key)
        if judged.status is not Status.APPLIED and not _deserved(one, judged, sold_at):
            verdict.findings.append(f"{one.kind} {one.id} ended {judged.status} {judged.reason}")
    for (kind, key), times in once.items():
        if times > 1:
            verdict.doubled += 1
            verdict.findings.append(f"{kind} of sale {key.hex()} applied {times} times")


def _by_receipt(known: list[tuple[Transaction, _Judged]]) -> dict[str, SaleKey]:
    """Sales by the number on the customer's paper; a simulated shop uses each number once."""
    sales = (one.sale for one, _ in known if one.sale is not None)
    return {sale.receipt_number: sale.key for sale in sales if sale.receipt_number is not None}


def _sale_of(one: Transaction, by_receipt: dict[str, SaleKey]) -> SaleKey | None:
    """The sale a transaction belongs to, or takes back."""
    if one.sale is not None:
        return one.sale.key
    if one.original is None:
        return None
    return one.original.key or by_receipt.get(one.original.receipt_number or "")


def _deserved(one: Transaction, judged: _Judged, sold_at: int | None) -> bool:
    """Whether the gateway had a right not to apply an accepted transaction."""
    if one.kind is not Kind.REFUND:
        return False
    if judged.reason is Reason.SALE_ALREADY_REFUNDED:
        return True
    # Another till's backlog may bring the sale after its refund; or nobody showed a card for it.
    return judged.reason is Reason.SALE_NOT_FOUND and (sold_at is None or sold_at > judged.index)


def _check_balances(
    known: list[tuple[Transaction, _Judged]],
    store: LedgerStore,
    programme: Programme,
    verdict: Verdict,
) -> None:
    expected = _model(known, programme)
    with store.batch() as batch:
        owners = {card.token: card.member_id for card in batch.every(CardRow)}
        balances = {wallet.member_id: wallet.available for wallet in batch.every(WalletRow)}
        held = {wallet.member_id: wallet.held for wallet in batch.every(WalletRow)}
    for token, points in expected.items():
        owner = owners.get(token)
        balance = None if owner is None else balances[owner]
        if balance != points:
            verdict.findings.append(f"card {token.hex()[:8]}: {balance} points, not {points}")
    if any(held.values()):
        verdict.findings.append("points are still held at the end of the day")


def _model(known: list[tuple[Transaction, _Judged]], programme: Programme) -> dict[CardToken, int]:
    """Points per card. A sum needs no order, so the model has none."""
    points: dict[CardToken, int] = {}
    of_sale: dict[SaleKey, list[tuple[CardToken, int]]] = {}
    for one, judged in known:
        if one.card is None or one.sale is None or judged.status is not Status.APPLIED:
            continue
        moved = points_for_sale(programme, one.sale)
        if one.redemption is not None:
            moved = -one.redemption.points
        of_sale.setdefault(one.sale.key, []).append((one.card.token, moved))
        points[one.card.token] = points.get(one.card.token, 0) + moved
    by_receipt = _by_receipt(known)
    for one, judged in known:
        key = _sale_of(one, by_receipt)
        if one.original is None or key is None or judged.status is not Status.APPLIED:
            continue
        for token, moved in of_sale.get(key, []):
            points[token] -= moved
    return points


def _check_holds(store: LedgerStore, verdict: Verdict) -> None:
    with store.batch() as batch:
        pending = [hold for hold in batch.every(HoldRow) if hold.state is HoldState.PENDING]
    if pending:
        verdict.findings.append(f"{len(pending)} holds were never resolved")
