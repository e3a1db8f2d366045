"""A terminal with a real key, and journals in the test's own directory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import SealType, seal
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import (
    BootId,
    CardToken,
    EnvelopeHash,
    HoldId,
    SaleKey,
    TerminalId,
    TransactionId,
)
from gateway.model.money import EUR
from gateway.model.outcome import Reason, Status
from gateway.model.receipt import Receipt, Rejection, Result
from gateway.model.sale import Sale, SaleSource
from gateway.model.transaction import (
    Channel,
    ClockQuality,
    EventTime,
    Kind,
    Redemption,
    Transaction,
)
from gateway.wire.transaction import encode_transaction
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import Draft, JournalSettings

LANE = TerminalId("lane-1")
CARD = CardEvidence(
    profile=CardProfile.UID, token=CardToken(bytes(32)), assurance=Assurance.IDENTIFIED
)


@dataclass(slots=True, kw_only=True)
class Bench:
    """Everything a journal test needs of a terminal and of its gateway's receipts."""

    directory: Path
    signer: FileSigner = field(default_factory=FileSigner.generate)
    opened: list[Journal] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.directory / "journal.sqlite3"

    @property
    def log(self) -> Path:
        return self.directory / "journal.sqlite3-wal"

    @property
    def settings(self) -> JournalSettings:
        key = PublicKey.from_cose_key(self.signer.public_key)
        return JournalSettings(terminal=LANE, epoch=1, public_key=key, reserve_bytes=0)

    def open(
        self, *, reserve_bytes: int = 0, archive_bytes_max: int = 2**30, tail_check: int = 256
    ) -> Journal:
        settings = replace(
            self.settings,
            reserve_bytes=reserve_bytes,
            archive_bytes_max=archive_bytes_max,
            tail_check=tail_check,
        )
        journal = Journal.open(self.path, settings=settings)
        self.opened.append(journal)
        return journal

    def close(self, journal: Journal) -> None:
        self.opened.remove(journal)
        journal.close()

    def drop(self, journal: Journal) -> None:
        """Let go of a journal without closing it in order, as a power cut would."""
        self.opened.remove(journal)
        journal._database.close()
        journal._lock.release()

    def transaction(self, wanted: TransactionId, previous: EnvelopeHash) -> Transaction:
        return Transaction(
            id=wanted,
            previous_hash=previous,
            time=EventTime(
                unix_ms=1_800_000_000_000 + wanted.seq,
                utc_offset_min=210,
                quality=ClockQuality.GUESSED,
                boot_id=BootId(bytes(16)),
                monotonic_ms=wanted.seq,
            ),
            programme_version=1,
            channel=Channel.TILL,
            currency=EUR,
            kind=Kind.EARN,
            card=CARD,
            sale=self.sale(wanted.seq),
        )

    def sale(self, number: int) -> Sale:
        return Sale(
            key=SaleKey(number.to_bytes(16, "big")),
            total_minor=100 * number,
            source=SaleSource.RECEIPT,
            profile="generic",
            receipt_number=f"R-{number}",
        )

    def seal(self, transaction: Transaction) -> bytes:
        return seal(encode_transaction(transaction), SealType.TRANSACTION, self.signer)

    def earn(self, wanted: TransactionId, previous: EnvelopeHash) -> bytes:
        return self.seal(self.transaction(wanted, previous))

    def redeem(self, hold_id: HoldId) -> Draft:
        def draft(wanted: TransactionId, previous: EnvelopeHash) -> bytes:
            redemption = Redemption(hold_id=hold_id, points=10, amount_minor=100)
            plain = self.transaction(wanted, previous)
            return self.seal(replace(plain, kind=Kind.REDEEM, redemption=redemption))

        return draft

    def void(self, hold_id: HoldId) -> Draft:
        def draft(wanted: TransactionId, previous: EnvelopeHash) -> bytes:
            plain = self.transaction(wanted, previous)
            return self.seal(replace(plain, kind=Kind.VOID, card=None, sale=None, hold_id=hold_id))

        return draft

    def fill(self, journal: Journal, count: int) -> None:
        journal.accept([self.earn] * count, accepted_at_ms=1)

    def receipt(
        self,
        journal: Journal,
        watermark: int,
        *,
        results: tuple[Result, ...] = (),
        rejections: tuple[Rejection, ...] = (),
        offsite: int = 0,
    ) -> Receipt:
        """A receipt of a gateway that has this journal's own chain up to ``watermark``."""
        return Receipt(
            terminal=LANE,
            epoch=1,
            watermark=watermark,
            watermark_hash=self.hash_of(journal, watermark),
            offsite_watermark=offsite,
            issued_at_ms=1,
            results=results,
            rejections=rejections,
        )

    def hash_of(self, journal: Journal, seq: int) -> EnvelopeHash:
        if seq == 0:
            return journal._state().genesis_hash
        row = journal._database.row("SELECT hash FROM envelopes WHERE seq = ?", (seq,))
        assert row is not None
        return EnvelopeHash(row[0])

    def applied(self, journal: Journal, seq: int, points: int = 1) -> Result:
        return Result(
            seq=seq,
            envelope_hash=self.hash_of(journal, seq),
            status=Status.APPLIED,
            reason=Reason.NONE,
            points=points,
            balance_points=points,
        )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A terminal whose journals are let go of at the end of the test."""
    bench = Bench(directory=tmp_path)
    yield bench
    for journal in list(bench.opened):
        bench.drop(journal)
