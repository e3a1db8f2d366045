"""Opens every stored envelope again: shape, seal, key, content, and its place in its chain.

Nothing the database says about an envelope is believed; what it says is compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.audit.report import Findings
from gateway.crypto.chain import genesis_hash
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import SealType, envelope_hash, open_envelope, parse_envelope
from gateway.errors import MohrError
from gateway.ledger.kinds import JournalKind
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_intake import ChainRow, InboxRow, TerminalKey
from gateway.model.authorisation import AuthRequest
from gateway.model.ids import EnvelopeHash, KeyId, TerminalId
from gateway.model.transaction import Transaction
from gateway.wire.auth import decode_auth_request
from gateway.wire.transaction import decode_transaction

ChainKey: TypeAlias = tuple[TerminalId, int]


@dataclass(slots=True)
class _Tip:
    """The last envelope seen of one chain."""

    seq: int
    hash: EnvelopeHash


@dataclass(slots=True)
class Evidence:
    """The stored envelopes, opened one by one in journal order.

    Attributes:
        keys: every registered key by its id.
        findings: where to note what is wrong.
        seals: how many seals were verified.
    """

    keys: Mapping[KeyId, TerminalKey]
    findings: Findings
    seals: int = 0
    _tips: dict[ChainKey, _Tip] = field(default_factory=dict)

    def open_row(self, row: JournalRow, where: str) -> Transaction | AuthRequest | None:
        """Open the envelope of a journal row and check the row's own columns against it.

        Returns:
            its content, or None where it cannot be believed; that was noted.
        """
        if row.envelope is None or row.key_id is None:
            self.findings.add(where, "the envelope is missing")
            return None
        hashed = envelope_hash(row.envelope)
        self.findings.expect(where, "the hash", stored=row.envelope_hash, computed=hashed)
        if row.kind is JournalKind.TRANSACTION:
            return self._open_transaction(row, row.envelope, where)
        return self._open_request(row, row.envelope, where)

    def check_inbox(self, row: InboxRow) -> None:
        """Check an envelope that waits for the ones before it."""
        where = f"inbox {row.terminal} epoch {row.epoch} seq {row.seq}"
        hashed = envelope_hash(row.envelope)
        self.findings.expect(where, "the hash", stored=row.envelope_hash, computed=hashed)
        try:
            payload = self._payload(row.envelope, SealType.TRANSACTION, row.key_id)
            waiting = decode_transaction(payload)
        except MohrError as error:
            self.findings.add(where, f"the envelope cannot be believed: {error}")
            return
        stored = (row.terminal, row.epoch, row.seq)
        sealed = (waiting.id.terminal, waiting.id.epoch, waiting.id.seq)
        self.findings.expect(where, "the id", stored=stored, computed=sealed)

    def check_chain(self, row: ChainRow, waiting: tuple[InboxRow, ...]) -> None:
        """Check what the ledger holds of one chain against the envelopes that were opened."""
        where = f"chain {row.terminal} epoch {row.epoch}"
        tip = self._tips.get((row.terminal, row.epoch)) or self._genesis(row.terminal, row.epoch)
        if tip is None:
            self.findings.add(where, "no key is registered for it")
            return
        self.findings.expect(where, "the watermark", stored=row.watermark, computed=tip.seq)
        self.findings.expect(
            where, "the watermark's hash", stored=row.watermark_hash, computed=tip.hash
        )
        self.findings.expect(
            where, "the count of waiting envelopes", stored=row.waiting, computed=len(waiting)
        )
        highest = max((one.seq for one in waiting), default=tip.seq)
        if row.highest_seq < max(highest, tip.seq):
            self.findings.add(where, f"highest seq is {row.highest_seq}, but {highest} is here")
        for one in waiting:
            if one.seq <= tip.seq:
                self.findings.add(where, f"seq {one.seq} waits, but is settled")

    @property
    def chains(self) -> frozenset[ChainKey]:
        """Every chain that has at least one envelope in the journal."""
        return frozenset(self._tips)

    # -- parts --------------------------------------------------------------------------------

    def _open_transaction(self, row: JournalRow, envelope: bytes, where: str) -> Transaction | None:
        key_id = row.key_id
        assert key_id is not None
        try:
            payload = self._payload(envelope, SealType.TRANSACTION, key_id)
            transaction = decode_transaction(payload)
        except MohrError as error:
            self.findings.add(where, f"the envelope cannot be believed: {error}")
            return None
        place = transaction.id
        stored = (row.terminal, row.epoch, row.seq)
        sealed = (place.terminal, place.epoch, place.seq)
        self.findings.expect(where, "the id", stored=stored, computed=sealed)
        key = self.keys[key_id]
        if (key.terminal, key.epoch) != sealed[:2]:
            self.findings.add(where, f"the key is for {key.terminal} epoch {key.epoch}")
        last = key.valid_to_seq
        if place.seq < key.valid_from_seq or (last is not None and place.seq > last):
            self.findings.add(where, f"the key was not valid at seq {place.seq}")
        self._follow(transaction, envelope_hash(envelope), where)
        return transaction

    def _open_request(self, row: JournalRow, envelope: bytes, where: str) -> AuthRequest | None:
        key_id = row.key_id
        assert key_id is not None
        try:
            payload = self._payload(envelope, SealType.AUTH_REQUEST, key_id)
            request = decode_auth_request(payload)
        except MohrError as error:
            self.findings.add(where, f"the envelope cannot be believed: {error}")
            return None
        stored = (row.terminal, row.request_id)
        sealed = (request.terminal, request.request_id)
        self.findings.expect(where, "the request", stored=stored, computed=sealed)
        if self.keys[key_id].terminal != request.terminal:
            self.findings.add(where, f"the key is for {self.keys[key_id].terminal}")
        return request

    def _payload(self, envelope: bytes, seal_type: SealType, key_id: KeyId) -> bytes:
        """Verify a seal.

        Raises:
            MohrError: if it cannot be believed.
        """
        self.seals += 1
        key = self.keys.get(key_id)
        if key is None:
            parse_envelope(envelope)
            raise MohrError(f"its key {key_id.hex()} is not registered")
        return open_envelope(envelope, seal_type, PublicKey.from_cose_key(key.cose_key)).payload

    def _follow(self, transaction: Transaction, hashed: EnvelopeHash, where: str) -> None:
        place = transaction.id
        chain = (place.terminal, place.epoch)
        tip = self._tips.get(chain) or self._genesis(*chain)
        if tip is None:
            self.findings.add(where, "no key is registered for its epoch")
        elif place.seq != tip.seq + 1:
            self.findings.add(where, f"seq {place.seq} follows seq {tip.seq} of its chain")
        elif transaction.previous_hash != tip.hash:
            self.findings.add(where, "it is not chained to the envelope before it")
        self._tips[chain] = _Tip(place.seq, hashed)

    def _genesis(self, terminal: TerminalId, epoch: int) -> _Tip | None:
        for key in self.keys.values():
            if (key.terminal, key.epoch) == (terminal, epoch):
                # The id is taken from the key itself: the column beside it could lie.
                key_id = PublicKey.from_cose_key(key.cose_key).key_id
                return _Tip(0, genesis_hash(terminal, epoch, key_id))
        return None
