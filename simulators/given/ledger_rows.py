"""Rows of a ledger with one member, one till and one programme."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.registration import Registration
from gateway.crypto.signer import Algorithm
from gateway.ledger.accounts import member_accounts, points_wallet_id
from gateway.ledger.kinds import HoldState, JournalKind, PostingKind, WalletKind
from gateway.ledger.row import Row
from gateway.ledger.rows import JournalRow, PostingRow
from gateway.ledger.rows_lots import HoldRow, LotRow
from gateway.ledger.rows_members import MemberRow, WalletRow
from gateway.ledger.shelf import ChangeSet
from gateway.ledger.store import LedgerStore
from gateway.model.ids import BranchId, EnvelopeHash, HoldId, KeyId, MemberId, SaleKey, TerminalId
from gateway.model.instrument import Instrument
from gateway.model.money import EUR
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme

TILL = TerminalId("till-1")
NORTH = BranchId("north")
ADA = MemberId("a" * 32)
WALLET = points_wallet_id(ADA)


def rules_of(version: int, effective_from_ms: int, name: str = "club") -> Programme:
    """A programme that is in force from a moment on."""
    return Programme(
        name=name,
        version=version,
        effective_from_ms=effective_from_ms,
        currency=EUR,
        earn_points=1,
        earn_per_minor=100,
        redeem_points=1,
        redeem_value_minor=1,
    )


def registration_of(epoch: int = 1, terminal: TerminalId = TILL) -> Registration:
    """What the gateway is told of a terminal, with a fresh key."""
    signer = FileSigner.generate(Algorithm.ESP256)
    return Registration(
        terminal=terminal, epoch=epoch, public_key=signer.public_key, agreement_key=bytes(32)
    )


def journal_row(index: int, *, recorded_at_ms: int | None = None) -> JournalRow:
    """A refused transaction in the journal, by its index."""
    return JournalRow(
        journal_index=index,
        recorded_at_ms=index if recorded_at_ms is None else recorded_at_ms,
        judged_at_ms=0,
        kind=JournalKind.TRANSACTION,
        terminal=TILL,
        epoch=1,
        seq=index,
        envelope_hash=EnvelopeHash(index.to_bytes(32, "big")),
        key_id=KeyId(bytes(16)),
        status=Status.REFUSED,
        reason=Reason.CARD_BLOCKED,
        envelope=b"sealed %d" % index,
    )


def grouped(rows: Iterable[Row]) -> dict[type[Row], list[Row]]:
    """Rows by their kind, as a change set has them."""
    groups: dict[type[Row], list[Row]] = {}
    for row in rows:
        groups.setdefault(type(row), []).append(row)
    return groups


def save(store: LedgerStore, *inserted: Row, updated: Iterable[Row] = ()) -> None:
    """Insert and update rows in one batch."""
    with store.batch() as batch:
        batch.save(ChangeSet(grouped(inserted), grouped(updated), {}))


def make_member(store: LedgerStore) -> None:
    """Make Ada, with the journal row and posting that others refer to."""
    store.add_programme(rules_of(1, 0))
    posting = PostingRow(
        journal_index=1,
        ledger="PTS:club",
        kind=PostingKind.EARN,
        programme_version=1,
        branch=NORTH,
    )
    member = MemberRow(member_id=ADA, enrolled_at_ms=5, branch=NORTH)
    made = member_accounts(WALLET, "PTS:club", 0)
    available, held, pending = made.numbers
    wallet = WalletRow(
        wallet_id=WALLET,
        kind=WalletKind.POINTS,
        member_id=ADA,
        ledger="PTS:club",
        available_account=available,
        held_account=held,
        pending_account=pending,
        available=0,
        held=0,
        pending=0,
    )
    save(store, journal_row(1), member, posting, *made.rows, wallet)


def lot_row(lot_id: int, remaining: int) -> LotRow:
    """One of Ada's lots, of a hundred points."""
    return LotRow(
        lot_id=lot_id,
        wallet_id=WALLET,
        points=100,
        remaining=remaining,
        available_from_ms=0,
        expires_at_ms=None,
        opened_index=1,
        earned_index=1,
        source="",
        activated_index=1,
        closed_index=None,
        brought_by=None,
    )


def hold_row(number: int, state: HoldState, expires_at_ms: int) -> HoldRow:
    """A hold of ten points, by number."""
    return HoldRow(
        hold_id=HoldId(number.to_bytes(16, "big")),
        member_id=ADA,
        wallet_id=WALLET,
        instrument=Instrument.POINTS,
        source="",
        terms="",
        terminal=TILL,
        branch=NORTH,
        sale_key=SaleKey(bytes(16)),
        points=10,
        amount_minor=10,
        programme_version=1,
        expires_at_ms=expires_at_ms,
        state=state,
        owner_index=1,
        redeemed_points=0,
        redeemed_minor=0,
        shortfall_points=0,
        given_back_points=0,
        given_back_minor=0,
        resolved_index=None,
    )
