"""A till's terminal: it numbers, chains and seals, and keeps what no receipt has settled yet.

It is the sealed terminal of the simulators with every part a transaction may have. Its memory
outlives the gateway's power cuts: it has its own plug.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.crypto.chain import genesis_hash
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.registration import Registration
from gateway.crypto.seal import SealType, envelope_hash, seal
from gateway.crypto.sealed_box import AgreementKey
from gateway.model.authorisation import AuthRequest
from gateway.model.card import CardEvidence
from gateway.model.ids import BootId, BranchId, EnvelopeHash, HoldId, TerminalId, TransactionId
from gateway.model.money import Currency
from gateway.model.receipt import Receipt
from gateway.model.sale import Sale
from gateway.model.transaction import (
    Channel,
    ClockQuality,
    EventTime,
    Kind,
    Load,
    MemberEvent,
    Redemption,
    Returned,
    SaleReference,
    Transaction,
)
from gateway.wire.auth import encode_auth_request
from gateway.wire.transaction import encode_transaction
from simulators.scenario.port import ShopFaultError

_EPOCH = 1
_BOOT = BootId(bytes(16))


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A transaction before its terminal numbers and seals it; see ``Transaction`` for the parts."""

    kind: Kind
    currency: Currency
    programme_version: int
    made_at_ms: int
    card: CardEvidence | None = None
    sale: Sale | None = None
    redemption: Redemption | None = None
    hold_id: HoldId | None = None
    original: SaleReference | None = None
    returned: Returned | None = None
    load: Load | None = None
    event: MemberEvent | None = None


@dataclass(slots=True)
class Till:
    """One terminal.

    Attributes:
        name: machine name.
        branch: where it stands.
        unsettled: envelopes that no receipt has settled, by sequence number.
        seq: the last number used.
        previous_hash: of the last envelope.
    """

    name: TerminalId
    branch: BranchId
    unsettled: dict[int, bytes] = field(default_factory=dict)
    seq: int = 0
    previous_hash: EnvelopeHash = field(init=False)
    _signer: FileSigner = field(default_factory=FileSigner.generate)
    _agreement: AgreementKey = field(default_factory=AgreementKey.generate)
    _hashes: dict[int, EnvelopeHash] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.previous_hash = genesis_hash(self.name, _EPOCH, self._signer.key_id)
        self._hashes[0] = self.previous_hash

    @property
    def registration(self) -> Registration:
        """What the gateway must be told of it."""
        return Registration(
            terminal=self.name,
            epoch=_EPOCH,
            public_key=self._signer.public_key,
            agreement_key=self._agreement.public_bytes,
        )

    def seal_draft(self, draft: Draft) -> tuple[TransactionId, bytes]:
        """Make a transaction of a draft: the next of the chain."""
        self.seq += 1
        name = TransactionId(terminal=self.name, epoch=_EPOCH, seq=self.seq)
        transaction = Transaction(
            id=name,
            previous_hash=self.previous_hash,
            time=EventTime(
                unix_ms=draft.made_at_ms,
                utc_offset_min=0,
                quality=ClockQuality.SYNCHRONISED,
                boot_id=_BOOT,
                monotonic_ms=self.seq,
                synchronised_at_ms=draft.made_at_ms,
            ),
            programme_version=draft.programme_version,
            channel=Channel.SIMULATED,
            currency=draft.currency,
            kind=draft.kind,
            card=draft.card,
            sale=draft.sale,
            redemption=draft.redemption,
            hold_id=draft.hold_id,
            original=draft.original,
            returned=draft.returned,
            load=draft.load,
            event=draft.event,
        )
        envelope = seal(encode_transaction(transaction), SealType.TRANSACTION, self._signer)
        self.previous_hash = envelope_hash(envelope)
        self._hashes[self.seq] = self.previous_hash
        self.unsettled[self.seq] = envelope
        return name, envelope

    def seal_request(self, request: AuthRequest) -> bytes:
        """Seal a question; it stands outside of the chain."""
        return seal(encode_auth_request(request), SealType.AUTH_REQUEST, self._signer)

    def take(self, receipt: Receipt) -> None:
        """Let go of what a receipt settles.

        Raises:
            ShopFaultError: if it settles what this terminal never sealed.
        """
        known = self._hashes.get(receipt.watermark)
        if receipt.terminal != self.name or known != receipt.watermark_hash:
            raise ShopFaultError(f"{self.name}: a receipt settles what was never sealed here")
        for result in receipt.results:
            if self._hashes.get(result.seq) != result.envelope_hash:
                raise ShopFaultError(f"{self.name}: a result of an envelope of somebody else")
        if receipt.rejections:
            reasons = ", ".join(one.reason for one in receipt.rejections)
            raise ShopFaultError(f"{self.name}: envelopes were rejected: {reasons}")
        for seq in [seq for seq in self.unsettled if seq <= receipt.watermark]:
            del self.unsettled[seq]
