"""What the intake hands to the writer, in order of arrival."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from gateway.model.authorisation import AuthRequest
from gateway.model.ids import EnvelopeHash, KeyId, TerminalId
from gateway.model.outcome import Reason
from gateway.model.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionArrival:
    """A transaction whose seal was verified with the public key named ``key_id``.

    Attributes:
        envelope: the sealed bytes as they came; the journal keeps them whole.
        envelope_hash: SHA-256 over them.
        key_id: the registered key that verified the seal.
        transaction: the decoded payload.
    """

    envelope: bytes
    envelope_hash: EnvelopeHash
    key_id: KeyId
    transaction: Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthArrival:
    """A request on the ``auth`` topic whose seal was verified; see ``TransactionArrival``."""

    envelope: bytes
    envelope_hash: EnvelopeHash
    key_id: KeyId
    request: AuthRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineArrival:
    """Bytes the intake could not take, to be kept for a person to look at.

    Attributes:
        payload: the bytes as they came.
        envelope_hash: SHA-256 over them.
        claimed_terminal: whom they say, or the connection says, they are from.
        reason: what is wrong with them.
        detail: the same in a sentence for the log.
        sealed: the seal was good, so the terminal is told of the rejection in its receipt;
            strangers are never answered.
    """

    payload: bytes
    envelope_hash: EnvelopeHash
    claimed_terminal: TerminalId | None
    reason: Reason
    detail: str
    sealed: bool


Arrival: TypeAlias = TransactionArrival | AuthArrival | QuarantineArrival
