"""A terminal without a till, a reader or a disk: it numbers, chains and seals what it is told to.

For tests, load and the demonstration. It does not model the agent: nothing is durable, nothing is
previewed, and receipts are not read. What it seals is real.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from gateway.crypto.chain import genesis_hash
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.registration import Registration
from gateway.crypto.seal import SealType, envelope_hash, seal
from gateway.crypto.sealed_box import AgreementKey
from gateway.model.authorisation import AuthKind, AuthRequest
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
from gateway.model.money import EUR, Currency
from gateway.model.review import Review
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

_BOOT: BootId = BootId(bytes(16))


def card_evidence(number: int) -> CardEvidence:
    """Give the ``number``-th simulated card's evidence; the token is not a real HMAC."""
    token = CardToken(number.to_bytes(32, "big"))
    return CardEvidence(profile=CardProfile.UID, token=token, assurance=Assurance.IDENTIFIED)


def sale_key(number: int) -> SaleKey:
    """Give the ``number``-th simulated sale's key."""
    return SaleKey(number.to_bytes(16, "big"))


@dataclass(slots=True)
class SealedTerminal:
    """Seals transactions in sequence, and requests beside it.

    Attributes:
        name: the terminal's name.
        epoch: which of its keys this is.
        signer: seals.
        agreement: opens the card key's box.
        currency: of every amount.
        quality: what it knows of its clock.
        now_ms: Unix time in milliseconds that the next message carries; set it freely.
        randomness: for request ids.
        seq: the last one used.
        previous_hash: what the next transaction chains to.
    """

    name: TerminalId
    epoch: int = 1
    signer: FileSigner = field(default_factory=FileSigner.generate)
    agreement: AgreementKey = field(default_factory=AgreementKey.generate)
    currency: Currency = EUR
    quality: ClockQuality = ClockQuality.SYNCHRONISED
    now_ms: int = 1_800_000_000_000
    randomness: random.Random = field(default_factory=lambda: random.Random(7))
    seq: int = 0
    previous_hash: EnvelopeHash = field(init=False)

    def __post_init__(self) -> None:
        self.previous_hash = genesis_hash(self.name, self.epoch, self.signer.key_id)

    @property
    def registration(self) -> Registration:
        """What the gateway must be told of it."""
        return Registration(
            terminal=self.name,
            epoch=self.epoch,
            public_key=self.signer.public_key,
            agreement_key=self.agreement.public_bytes,
        )

    def enrol(self, card: CardEvidence) -> bytes:
        """Make a member of whoever holds ``card``."""
        return self._transaction(Kind.ENROL, card=card)

    def earn(
        self, card: CardEvidence, key: SaleKey, total_minor: int, *, receipt: str | None = None
    ) -> bytes:
        """Earn on a sale of ``total_minor``."""
        return self._transaction(Kind.EARN, card=card, sale=_sale(key, total_minor, receipt))

    def redeem(
        self, card: CardEvidence, key: SaleKey, total_minor: int, redemption: Redemption
    ) -> bytes:
        """Post a reservation against a sale."""
        sale = _sale(key, total_minor, None)
        return self._transaction(Kind.REDEEM, card=card, sale=sale, redemption=redemption)

    def void(self, hold_id: HoldId) -> bytes:
        """Give a reservation back."""
        return self._transaction(Kind.VOID, hold_id=hold_id)

    def refund(self, original: SaleReference) -> bytes:
        """Take a whole sale back."""
        return self._transaction(Kind.REFUND, original=original)

    def doubt(self, review: Review, card: CardEvidence | None = None) -> bytes:
        """Tell of a paper that was not sure, with the card that was shown for it."""
        return self._transaction(Kind.REVIEW, card=card, review=review)

    def inquire(self, card: CardEvidence) -> bytes:
        """Ask for a balance."""
        return self._request(self.new_id(), AuthKind.INQUIRE, card=card)

    def reserve(
        self, request_id: HoldId, card: CardEvidence, key: SaleKey, *, points: int, total_minor: int
    ) -> bytes:
        """Ask for points to be held for a sale."""
        return self._request(
            request_id,
            AuthKind.RESERVE,
            card=card,
            sale_key=key,
            points=points,
            sale_total_minor=total_minor,
        )

    def challenge(self, card: CardEvidence) -> bytes:
        """Ask for a code to be sent to whoever owns a card."""
        return self._request(self.new_id(), AuthKind.CHALLENGE, card=card)

    def cancel(self, hold_id: HoldId) -> bytes:
        """Ask for a hold to be freed."""
        return self._request(self.new_id(), AuthKind.CANCEL, hold_id=hold_id)

    def new_id(self) -> HoldId:
        """Draw a request id."""
        return HoldId(self.randomness.randbytes(16))

    def _transaction(  # noqa: PLR0913 - one for each part a kind may need
        self,
        kind: Kind,
        *,
        card: CardEvidence | None = None,
        sale: Sale | None = None,
        redemption: Redemption | None = None,
        hold_id: HoldId | None = None,
        original: SaleReference | None = None,
        review: Review | None = None,
    ) -> bytes:
        self.seq += 1
        transaction = Transaction(
            id=TransactionId(terminal=self.name, epoch=self.epoch, seq=self.seq),
            previous_hash=self.previous_hash,
            time=EventTime(
                unix_ms=self.now_ms,
                utc_offset_min=0,
                quality=self.quality,
                boot_id=_BOOT,
                monotonic_ms=self.seq,
                synchronised_at_ms=self.now_ms,
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
            review=review,
        )
        sealed = seal(encode_transaction(transaction), SealType.TRANSACTION, self.signer)
        self.previous_hash = envelope_hash(sealed)
        return sealed

    def _request(  # noqa: PLR0913 - one for each part a kind may need
        self,
        request_id: HoldId,
        kind: AuthKind,
        *,
        card: CardEvidence | None = None,
        sale_key: SaleKey | None = None,
        points: int | None = None,
        sale_total_minor: int | None = None,
        hold_id: HoldId | None = None,
    ) -> bytes:
        request = AuthRequest(
            request_id=request_id,
            terminal=self.name,
            kind=kind,
            made_at_ms=self.now_ms,
            deadline_ms=self.now_ms + 10_000,
            programme_version=1,
            currency=self.currency,
            card=card,
            points=points,
            sale_key=sale_key,
            sale_total_minor=sale_total_minor,
            hold_id=hold_id,
        )
        return seal(encode_auth_request(request), SealType.AUTH_REQUEST, self.signer)


def _sale(key: SaleKey, total_minor: int, receipt: str | None) -> Sale:
    return Sale(
        key=key,
        total_minor=total_minor,
        source=SaleSource.RECEIPT,
        profile="simulated",
        receipt_number=receipt,
    )
