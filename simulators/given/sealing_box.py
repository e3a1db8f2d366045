"""The sealing half of a terminal, which hands its arrivals to a writer itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from gateway.crypto.chain import genesis_hash
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.registration import Registration
from gateway.crypto.seal import SealType, envelope_hash, seal
from gateway.model.authorisation import AuthAnswer, AuthKind, AuthRequest
from gateway.model.card import CardEvidence
from gateway.model.ids import BootId, EnvelopeHash, HoldId, TerminalId, TransactionId
from gateway.model.money import EUR, Currency
from gateway.model.sale import Sale, SaleSource
from gateway.model.transaction import (
    Channel,
    ClockQuality,
    EventTime,
    Kind,
    Redemption,
    SaleReference,
    Transaction,
)
from gateway.wire.auth import encode_auth_request
from gateway.wire.transaction import encode_transaction
from gateway.writer.arrival import AuthArrival, TransactionArrival
from simulators.sealed_terminal import sale_key

START_MS = 1_800_000_000_000


@dataclass
class Box:
    """The sealing half of a terminal."""

    terminal: TerminalId
    epoch: int
    signer: FileSigner
    now_ms: int = START_MS
    seq: int = 0
    quality: ClockQuality = ClockQuality.SYNCHRONISED
    currency: Currency = EUR
    previous_hash: EnvelopeHash = field(init=False)
    requests: int = 0

    def __post_init__(self) -> None:
        self.previous_hash = genesis_hash(self.terminal, self.epoch, self.signer.key_id)

    def registration(self) -> Registration:
        """What the gateway is told of this box."""
        return Registration(
            terminal=self.terminal,
            epoch=self.epoch,
            public_key=self.signer.public_key,
            agreement_key=hashlib.sha256(self.terminal.encode()).digest(),
        )

    def enrol(self, evidence: CardEvidence) -> TransactionArrival:
        """Seal an enrolment."""
        return self.sealed(self.transaction(Kind.ENROL, card=evidence))

    def earn(
        self, evidence: CardEvidence, number: int, total_minor: int, receipt: str | None = None
    ) -> TransactionArrival:
        """Seal an earn."""
        return self.sealed(self.transaction_of_earn(evidence, number, total_minor, receipt))

    def transaction_of_earn(
        self, evidence: CardEvidence, number: int, total_minor: int, receipt: str | None = None
    ) -> Transaction:
        """An earn that is next in the chain, not yet sealed."""
        sale = _sale(number, total_minor, receipt)
        return self.transaction(Kind.EARN, card=evidence, sale=sale)

    def redeem(
        self,
        evidence: CardEvidence,
        number: int,
        answer: AuthAnswer,
        *,
        points: int | None = None,
        receipt: str | None = None,
    ) -> TransactionArrival:
        """Seal the posting of a granted reservation."""
        redemption = Redemption(
            hold_id=answer.request_id,
            points=points or answer.points or 1,
            amount_minor=answer.amount_minor or 1,
        )
        sale = _sale(number, 100_000, receipt)
        parts = self.transaction(Kind.REDEEM, card=evidence, sale=sale, redemption=redemption)
        return self.sealed(parts)

    def void(self, hold_id: HoldId) -> TransactionArrival:
        """Seal the voiding of a reservation."""
        return self.sealed(self.transaction(Kind.VOID, hold_id=hold_id))

    def refund(self, number: int | None = None, receipt: str | None = None) -> TransactionArrival:
        """Seal the refund of a whole sale."""
        key = None if number is None else sale_key(number)
        original = SaleReference(key=key, receipt_number=receipt)
        return self.sealed(self.transaction(Kind.REFUND, original=original))

    def reserve(
        self,
        evidence: CardEvidence,
        number: int,
        points: int,
        *,
        total_minor: int = 100_000,
        deadline_ms: int | None = None,
        request_id: HoldId | None = None,
    ) -> AuthArrival:
        """Seal a request to reserve points."""
        return self.asked(
            AuthRequest(
                request_id=request_id or self._request_id(),
                terminal=self.terminal,
                kind=AuthKind.RESERVE,
                made_at_ms=self.now_ms,
                deadline_ms=self.now_ms + 5_000 if deadline_ms is None else deadline_ms,
                programme_version=1,
                currency=self.currency,
                card=evidence,
                points=points,
                sale_key=sale_key(number),
                sale_total_minor=total_minor,
            )
        )

    def cancel(self, hold_id: HoldId) -> AuthArrival:
        """Seal a request to cancel a reservation."""
        return self.asked(
            AuthRequest(
                request_id=self._request_id(),
                terminal=self.terminal,
                kind=AuthKind.CANCEL,
                made_at_ms=self.now_ms,
                deadline_ms=self.now_ms + 5_000,
                programme_version=1,
                currency=self.currency,
                hold_id=hold_id,
            )
        )

    def inquire(self, evidence: CardEvidence) -> AuthArrival:
        """Seal a question for a balance."""
        return self.asked(
            AuthRequest(
                request_id=self._request_id(),
                terminal=self.terminal,
                kind=AuthKind.INQUIRE,
                made_at_ms=self.now_ms,
                deadline_ms=self.now_ms + 5_000,
                programme_version=1,
                currency=self.currency,
                card=evidence,
            )
        )

    def asked(self, request: AuthRequest) -> AuthArrival:
        """Seal a request."""
        envelope = seal(encode_auth_request(request), SealType.AUTH_REQUEST, self.signer)
        return AuthArrival(
            envelope=envelope,
            envelope_hash=envelope_hash(envelope),
            key_id=self.signer.key_id,
            request=request,
        )

    def transaction(
        self,
        kind: Kind,
        *,
        card: CardEvidence | None = None,
        sale: Sale | None = None,
        redemption: Redemption | None = None,
        hold_id: HoldId | None = None,
        original: SaleReference | None = None,
    ) -> Transaction:
        """The next transaction of the chain, not yet sealed."""
        return Transaction(
            id=TransactionId(terminal=self.terminal, epoch=self.epoch, seq=self.seq + 1),
            previous_hash=self.previous_hash,
            time=EventTime(
                unix_ms=self.now_ms,
                utc_offset_min=60,
                quality=self.quality,
                boot_id=BootId(bytes(16)),
                monotonic_ms=self.seq,
            ),
            programme_version=1,
            channel=Channel.SIMULATED,
            currency=self.currency,
            kind=kind,
            card=card,
            sale=sale,
            redemption=redemption,
            hold_id=hold_id,
            original=original,
        )

    def sealed(self, transaction: Transaction) -> TransactionArrival:
        """Seal a transaction and make it the newest of the chain."""
        arrival = self.sealed_aside(transaction)
        self.seq = transaction.id.seq
        self.previous_hash = arrival.envelope_hash
        return arrival

    def sealed_aside(self, transaction: Transaction) -> TransactionArrival:
        """Seal a transaction and leave the chain as it was, as a clone would."""
        envelope = seal(encode_transaction(transaction), SealType.TRANSACTION, self.signer)
        return TransactionArrival(
            envelope=envelope,
            envelope_hash=envelope_hash(envelope),
            key_id=self.signer.key_id,
            transaction=transaction,
        )

    def _request_id(self) -> HoldId:
        self.requests += 1
        return HoldId(hashlib.sha256(f"{self.terminal} {self.requests}".encode()).digest()[:16])


def _sale(number: int, total_minor: int, receipt: str | None) -> Sale:
    return Sale(
        key=sale_key(number),
        total_minor=total_minor,
        source=SaleSource.KEYED,
        profile="test",
        receipt_number=receipt,
    )
