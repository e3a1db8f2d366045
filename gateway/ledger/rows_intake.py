"""Rows about terminals, their chains of envelopes, their requests, and quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from gateway.ledger.row import Row
from gateway.model.authorisation import AuthKind
from gateway.model.ids import BranchId, EnvelopeHash, HoldId, KeyId, TerminalId, TransactionId
from gateway.model.outcome import Reason, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalRow(Row):
    """A box with a key.

    Attributes:
        terminal: its name.
        branch: where it stands; postings name this branch.
        epoch: its newest epoch.
        agreement_key: its X25519 public key, which configuration secrets are encrypted to.
        added_at_ms: when this epoch was added.
    """

    terminal: TerminalId
    branch: BranchId
    epoch: int
    agreement_key: bytes
    added_at_ms: int

    TABLE: ClassVar[str] = "terminal"

    @property
    def key(self) -> TerminalId:
        """The name."""
        return self.terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalKey(Row):
    """A terminal's sealing key for one epoch.

    Attributes:
        key_id: names the key.
        terminal: whose.
        epoch: for which.
        cose_key: the public key as a deterministic COSE_Key.
        valid_from_seq: the first transaction it may seal.
        valid_to_seq: the last; None while it is in use.
    """

    key_id: KeyId
    terminal: TerminalId
    epoch: int
    cose_key: bytes
    valid_from_seq: int = 1
    valid_to_seq: int | None = None

    TABLE: ClassVar[str] = "terminal_key"

    @property
    def key(self) -> KeyId:
        """The key id."""
        return self.key_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRow(Row):
    """How far one epoch of one terminal is settled.

    Old epochs stay: a box that was off during a change of keys may still bring its backlog.

    Attributes:
        terminal: whose.
        epoch: which.
        watermark: the highest seq up to which nothing is missing.
        watermark_hash: SHA-256 over the envelope there; the genesis hash at 0.
        highest_seq: the highest seq seen; above the watermark there is a gap.
        waiting: rows in the inbox.
    """

    terminal: TerminalId
    epoch: int
    watermark: int
    watermark_hash: EnvelopeHash
    highest_seq: int
    waiting: int

    TABLE: ClassVar[str] = "chain"

    @property
    def key(self) -> tuple[TerminalId, int]:
        """Terminal and epoch."""
        return (self.terminal, self.epoch)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow(Row):
    """A verified envelope that waits for the ones before it."""

    terminal: TerminalId
    epoch: int
    seq: int
    envelope_hash: EnvelopeHash
    key_id: KeyId
    arrived_at_ms: int
    envelope: bytes

    TABLE: ClassVar[str] = "inbox"

    @property
    def key(self) -> TransactionId:
        """The transaction's id."""
        return TransactionId(terminal=self.terminal, epoch=self.epoch, seq=self.seq)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthRow(Row):
    """The answer given to a request, to be given again.

    Attributes:
        request_id: the request's id.
        terminal: who asked.
        kind: what.
        content_hash: SHA-256 over the request's canonical bytes: the same question sealed twice
            is one question, because ECDSA seals differ each time.
        status: the answer, as are the rest.
        standing: its standing, canonical JSON; empty for none.
    """

    request_id: HoldId
    terminal: TerminalId
    kind: AuthKind
    content_hash: bytes
    status: Status
    reason: Reason
    answered_at_ms: int
    balance_points: int | None
    points: int | None
    amount_minor: int | None
    expires_at_ms: int | None
    standing: str = ""

    TABLE: ClassVar[str] = "auth_request"

    @property
    def key(self) -> HoldId:
        """The request's id."""
        return self.request_id


@dataclass(frozen=True, slots=True, kw_only=True)
class TombstoneRow(Row):
    """A hold cancelled before its reservation arrived: the reservation must then be refused."""

    hold_id: HoldId
    terminal: TerminalId
    cancelled_at_ms: int

    TABLE: ClassVar[str] = "tombstone"

    @property
    def key(self) -> tuple[HoldId, TerminalId]:
        """Hold and terminal: one terminal cannot bury another's hold."""
        return (self.hold_id, self.terminal)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRow(Row):
    """Bytes that could not be taken, kept once however often they come.

    Attributes:
        payload_hash: SHA-256 over ``payload``.
        reason: what is wrong with them.
        claimed_terminal: whom they say they are from.
        detail: the reason in a sentence.
        sealed: the seal was good.
        first_seen_ms: when they came first.
        last_seen_ms: when they came last.
        times: how often.
        payload: the bytes.
    """

    payload_hash: EnvelopeHash
    reason: Reason
    claimed_terminal: TerminalId | None
    detail: str
    sealed: bool
    first_seen_ms: int
    last_seen_ms: int
    times: int
    payload: bytes

    TABLE: ClassVar[str] = "quarantine"

    @property
    def key(self) -> tuple[EnvelopeHash, Reason]:
        """Payload hash and reason."""
        return (self.payload_hash, self.reason)


class Tally(StrEnum):
    """Counts kept so that a limit needs no scan of a table, and how far the nights are."""

    SEALED_ROWS = "quarantine_sealed_rows"
    SEALED_BYTES = "quarantine_sealed_bytes"
    SEALED_DROPPED = "quarantine_sealed_dropped"
    UNSEALED_ROWS = "quarantine_unsealed_rows"
    UNSEALED_BYTES = "quarantine_unsealed_bytes"
    UNSEALED_DROPPED = "quarantine_unsealed_dropped"
    NIGHT = "night"
    """The last night that is done, as its day's number; see ``datetime.date.toordinal``."""
    NIGHT_PLACE = "night_place"
    """How far the next one is: the last account that it came to; see ``gateway.writer.night``."""
    TOLD = "told"
    """What terminals are told beside rules: the first seven bytes of a digest, as a number."""
    TOLD_CHANGES = "told_changes"
    """How often that has changed."""


QUARANTINE_TALLIES: Final = frozenset(Tally) - {
    *(Tally.NIGHT, Tally.NIGHT_PLACE, Tally.TOLD, Tally.TOLD_CHANGES)
}
"""The counts of what is in quarantine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyRow(Row):
    """One count."""

    name: Tally
    value: int

    TABLE: ClassVar[str] = "tally"

    @property
    def key(self) -> Tally:
        """The name."""
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeRow(Row):
    """One version of the rules as canonical JSON; see ``gateway.ledger.programme_json``."""

    version: int
    rules: str

    TABLE: ClassVar[str] = "programme"

    @property
    def key(self) -> int:
        """The version."""
        return self.version
