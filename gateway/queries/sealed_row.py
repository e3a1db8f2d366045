"""Opens the envelope of one journal row again, on the spot, and says what its seal is worth.

Nothing that the row says of its envelope is believed: hash, key, seal, content and number are
checked against the sealed bytes themselves. ``gateway.audit`` does the same for a whole ledger and
follows the chains as well; this answers for one line that somebody looks at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import SealType, envelope_hash, open_envelope
from gateway.errors import MohrError
from gateway.ledger.kinds import JournalKind
from gateway.ledger.rows_intake import TerminalKey
from gateway.model.authorisation import AuthRequest
from gateway.model.ids import EnvelopeHash, HoldId, KeyId, TerminalId
from gateway.model.transaction import Transaction
from gateway.wire.auth import decode_auth_request
from gateway.wire.transaction import decode_transaction


class SealStatus(StrEnum):
    """What the seal of a journal row is worth."""

    VERIFIED = "verified"
    BROKEN = "broken"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRow:
    """What a journal row says of its envelope, and the envelope."""

    kind: JournalKind
    terminal: TerminalId | None
    epoch: int | None
    seq: int | None
    request_id: HoldId | None
    envelope_hash: EnvelopeHash | None
    key_id: KeyId | None
    envelope: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What was found.

    Attributes:
        status: ``verified``: the terminal sealed exactly this. ``broken``: the row cannot be
            believed. ``gateway``: the gateway made the row by itself, so that no seal exists.
        fault: why it is broken, an English sentence; empty otherwise.
        content: what was sealed, where the seal is good.
    """

    status: SealStatus
    fault: str = ""
    content: Transaction | AuthRequest | None = None


_BY_THE_GATEWAY = frozenset(
    {
        JournalKind.EXPIRY,
        JournalKind.CARD,
        JournalKind.COMMAND,
        JournalKind.NIGHTLY,
        JournalKind.REDENOMINATION,
    }
)


def open_sealed_row(row: SealedRow, keys: Mapping[KeyId, TerminalKey]) -> Opened:
    """Verify a row's seal with its terminal's public key.

    Args:
        row: the row.
        keys: the registered keys that rows may name.

    Returns:
        the verdict; a seal that cannot be believed is a value, never an exception.
    """
    if row.kind in _BY_THE_GATEWAY and row.key_id is None:
        # What people ask for at a desk is kept as they asked it, and no terminal sealed it.
        return Opened(status=SealStatus.GATEWAY)
    try:
        return Opened(status=SealStatus.VERIFIED, content=_content(row, keys))
    except MohrError as error:
        return Opened(status=SealStatus.BROKEN, fault=str(error))


def _content(row: SealedRow, keys: Mapping[KeyId, TerminalKey]) -> Transaction | AuthRequest:
    if row.envelope is None or row.key_id is None:
        raise MohrError("the envelope is missing")
    if envelope_hash(row.envelope) != row.envelope_hash:
        raise MohrError("the envelope is not the one that was recorded")
    key = keys.get(row.key_id)
    if key is None:
        raise MohrError(f"key {row.key_id.hex()} is not registered")
    public_key = PublicKey.from_cose_key(key.cose_key)
    if row.kind is JournalKind.TRANSACTION:
        payload = open_envelope(row.envelope, SealType.TRANSACTION, public_key).payload
        return _same_transaction(decode_transaction(payload), row, key)
    payload = open_envelope(row.envelope, SealType.AUTH_REQUEST, public_key).payload
    request = decode_auth_request(payload)
    if (request.terminal, request.request_id) != (row.terminal, row.request_id):
        raise MohrError("the sealed request is another one than the recorded")
    if key.terminal != request.terminal:
        raise MohrError(f"the key is that of {key.terminal}")
    return request


def _same_transaction(transaction: Transaction, row: SealedRow, key: TerminalKey) -> Transaction:
    place = transaction.id
    if (place.terminal, place.epoch, place.seq) != (row.terminal, row.epoch, row.seq):
        raise MohrError("the sealed number is another one than the recorded")
    if (key.terminal, key.epoch) != (place.terminal, place.epoch):
        raise MohrError(f"the key is that of {key.terminal}, epoch {key.epoch}")
    last = key.valid_to_seq
    if place.seq < key.valid_from_seq or (last is not None and place.seq > last):
        raise MohrError(f"the key was not valid at seq {place.seq}")
    return transaction
