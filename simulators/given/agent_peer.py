"""The gateway's end of one agent's broker: it verifies what comes and answers as a test says."""

from __future__ import annotations

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.greeting import seal_greeting
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import SealType, open_envelope, seal
from gateway.crypto.sealed_box import card_key_info, seal_box
from gateway.model.authorisation import AuthAnswer, AuthKind, AuthRequest
from gateway.model.configuration import Configuration
from gateway.model.deny_list import DenyList
from gateway.model.ids import BranchId, EnvelopeHash, HoldId, TerminalId
from gateway.model.money import EUR
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.model.receipt import Receipt, Result
from gateway.model.transaction import Kind, Transaction
from gateway.wire.auth import decode_auth_request, encode_auth_answer
from gateway.wire.batch import decode_batch, is_batch
from gateway.wire.configuration import encode_configuration
from gateway.wire.receipt import encode_receipt
from gateway.wire.transaction import decode_transaction
from mqtt.link import Delivered, LinkEvent
from mqtt.topics import gateway_subscriptions, parse_topic, topic_cfg, topic_rx
from simulators.broker import SimBroker

TERMINAL = TerminalId("lane-1")
CARD_KEY = bytes(range(32))
PROGRAMME = Programme(
    name="club",
    version=4,
    effective_from_ms=0,
    currency=EUR,
    earn_points=1,
    earn_per_minor=100,
    redeem_points=100,
    redeem_value_minor=500,
)
START_MS = 1_800_000_000_000


class Peer:
    """The other end: takes what the agent sends, verifies it, and answers as a test says."""

    def __init__(self, broker: SimBroker, agent_key: PublicKey, agreement: bytes) -> None:
        self.signer = FileSigner.generate()
        self.link = broker.link("gateway", gateway_subscriptions())
        self.agent_key = agent_key
        self.agreement = agreement
        self.answers = True
        self.balance_points = 1_000
        self.greets_with: str | None = None
        self.box_for: HoldId | None = None
        self.transactions: dict[int, Transaction] = {}
        self.hashes: dict[int, EnvelopeHash] = {}
        self.requests: list[AuthRequest] = []
        self.states: list[bytes] = []

    def start(self) -> None:
        """Listen to what the terminal publishes."""
        self.link.start(self._on_event)

    @property
    def public_key(self) -> PublicKey:
        """What the agent knows its gateway by."""
        return PublicKey.from_cose_key(self.signer.public_key)

    def configure(
        self,
        *programmes: Programme,
        version: int = 1,
        key: bytes = CARD_KEY,
        deny_list: DenyList | None = None,
    ) -> None:
        """Publish a configuration of these programmes, retained."""
        configuration = Configuration(
            terminal=TERMINAL,
            version=version,
            issued_at_ms=START_MS,
            branch=BranchId("b1"),
            programmes=programmes,
            card_key_box=seal_box(key, self.agreement, card_key_info(TERMINAL)),
            deny_list=deny_list,
        )
        envelope = seal(encode_configuration(configuration), SealType.CONFIGURATION, self.signer)
        self.link.publish(topic_cfg(TERMINAL), envelope, retain=True)

    def send(self, payload: bytes, seal_type: SealType, signer: FileSigner | None = None) -> None:
        """Publish to the terminal under the gateway's seal, or under another signer's."""
        envelope = seal(payload, seal_type, signer or self.signer)
        self.link.publish(topic_rx(TERMINAL), envelope)

    def _on_event(self, event: LinkEvent) -> None:
        if not isinstance(event, Delivered):
            return
        place = parse_topic(event.topic)
        assert place is not None
        if place.leaf == "state":
            self.states.append(event.payload)
        elif place.leaf == "auth":
            self._on_request(event.payload)
        else:
            batch = is_batch(event.payload)
            for one in decode_batch(event.payload) if batch else (event.payload,):
                self._on_transaction(one)
        self.link.ack(event.token)

    def _on_transaction(self, data: bytes) -> None:
        envelope = open_envelope(data, SealType.TRANSACTION, self.agent_key)
        transaction = decode_transaction(envelope.payload)
        known = self.hashes.get(transaction.id.seq, envelope.hash)
        assert known == envelope.hash, "one number, two envelopes"
        self.transactions[transaction.id.seq] = transaction
        self.hashes[transaction.id.seq] = envelope.hash
        if self.answers:
            self.settle()

    def settle(
        self,
        status: Status = Status.APPLIED,
        reason: Reason = Reason.NONE,
        watermark_hash: EnvelopeHash | None = None,
    ) -> None:
        """Send a receipt for everything that came without a gap."""
        last = 0
        while last + 1 in self.hashes:
            last += 1
        if last == 0:
            return
        receipt = Receipt(
            terminal=TERMINAL,
            epoch=1,
            watermark=last,
            watermark_hash=watermark_hash or self.hashes[last],
            offsite_watermark=0,
            issued_at_ms=START_MS,
            results=tuple(
                Result(
                    seq=seq,
                    envelope_hash=digest,
                    status=status,
                    reason=reason,
                    points=12,
                    balance_points=112,
                )
                for seq, digest in sorted(self.hashes.items())[-200:]
            ),
        )
        self.send(encode_receipt(receipt), SealType.RECEIPT)

    def _on_request(self, data: bytes) -> None:
        envelope = open_envelope(data, SealType.AUTH_REQUEST, self.agent_key)
        request = decode_auth_request(envelope.payload)
        self.requests.append(request)
        if self.answers:
            self.answer(request)

    def answer(self, request: AuthRequest, reason: Reason = Reason.NONE) -> None:
        """Answer a request: granted as it was asked, or refused with a reason."""
        granted = request.kind is AuthKind.RESERVE and reason is Reason.NONE
        reply = AuthAnswer(
            request_id=request.request_id,
            terminal=request.terminal,
            kind=request.kind,
            status=Status.APPLIED if reason is Reason.NONE else Status.REFUSED,
            reason=reason,
            answered_at_ms=START_MS,
            balance_points=self.balance_points,
            points=request.points if granted else None,
            amount_minor=request.points * 5 if granted and request.points else None,
            expires_at_ms=START_MS + 300_000 if granted else None,
            greeting_box=self._greeting_box(request) if reason is Reason.NONE else None,
        )
        self.send(encode_auth_answer(reply), SealType.AUTH_ANSWER)

    def _greeting_box(self, request: AuthRequest) -> bytes | None:
        if self.greets_with is None or request.kind is not AuthKind.INQUIRE:
            return None
        box_for = self.box_for or request.request_id
        return seal_greeting(self.greets_with, self.agreement, TERMINAL, box_for)

    def kinds(self) -> list[Kind]:
        """The kinds of what came, by number."""
        return [self.transactions[seq].kind for seq in sorted(self.transactions)]

    def asked(self, kind: AuthKind) -> list[AuthRequest]:
        """The requests of one kind, in order, repeated ones too."""
        return [request for request in self.requests if request.kind is kind]
