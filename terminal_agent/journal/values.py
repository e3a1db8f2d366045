"""What goes into the journal and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.crypto.public_key import PublicKey
from gateway.model.checks import I63_MAX, U32_MAX, check_bytes, check_int, check_name
from gateway.model.ids import (
    HOLD_ID_BYTES,
    SALE_KEY_BYTES,
    EnvelopeHash,
    HoldId,
    SaleKey,
    TerminalId,
    TransactionId,
)
from gateway.model.receipt import Rejection, Result

Draft = Callable[[TransactionId, EnvelopeHash], bytes]
"""Makes one finished sealed transaction.

It is called inside the journal's write transaction with the id that the transaction must carry and
the hash of the envelope before it, and returns the whole envelope. It must not call the journal.
What it raises rolls everything back: no number is used up.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalSettings:
    """Whose journal it is, and how much room it may take.

    Attributes:
        terminal: the terminal.
        epoch: the epoch of its signing key.
        public_key: that key's public half; every envelope is opened with it before it is kept.
        reserve_bytes: accept nothing while less than this is free, so that receipts always
            find room to settle what was accepted.
        archive_bytes_max: settled envelopes are kept, packed, up to this size; beyond it the
            oldest are dropped as far as the gateway holds them off its own machine.
        tail_check: how many of the newest unsettled envelopes opening the journal checks.
    """

    terminal: TerminalId
    epoch: int
    public_key: PublicKey
    reserve_bytes: int = 32 * 1024 * 1024
    archive_bytes_max: int = 256 * 1024 * 1024
    tail_check: int = 256

    def __post_init__(self) -> None:
        check_name("terminal", self.terminal)
        check_int("epoch", self.epoch, 1, U32_MAX)
        check_int("reserve_bytes", self.reserve_bytes, 0, I63_MAX)
        check_int("archive_bytes_max", self.archive_bytes_max, 0, I63_MAX)
        check_int("tail_check", self.tail_check, 1, 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where the chain stands: the number and the previous hash of the next transaction."""

    epoch: int
    next_seq: int
    last_hash: EnvelopeHash


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A transaction that is sealed, numbered and on the disk."""

    id: TransactionId
    envelope_hash: EnvelopeHash


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An envelope to be sent."""

    seq: int
    envelope: bytes
    envelope_hash: EnvelopeHash


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What one receipt changed.

    Attributes:
        watermark: the receipt's own, for the outbox. It is lower than ``Journal.watermark`` for
            an old receipt, and for a gateway that was restored and is being sent the rest again.
        settled: how many transactions this receipt newly settled.
        results: the results that were not known before, by seq.
        rejections: envelopes of this journal that the gateway newly refused to take.
        archive_over_limit: the archive is beyond its limit and nothing in it may be dropped
            yet, because the gateway holds no off-site copy; a person should be told.
    """

    watermark: int
    settled: int
    results: tuple[Result, ...]
    rejections: tuple[Rejection, ...]
    archive_over_limit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How the journal stands, without reading through it.

    Attributes:
        accepted: transactions ever accepted in this epoch.
        settled: how many of them the gateway settled.
        pending: how many wait for a receipt, rejected ones not counted.
        rejected: how many the gateway refused to take and a person must look at.
        oldest_pending_at_ms: when the oldest waiting one was accepted; None: nothing waits.
        archive_bytes: size of the packed archive.
        archive_first_seq: the oldest envelope still kept; None before the first.
        open_holds: reservations asked for and neither used nor given back.
    """

    accepted: int
    settled: int
    pending: int
    rejected: int
    oldest_pending_at_ms: int | None
    archive_bytes: int
    archive_first_seq: int | None
    open_holds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHold:
    """A reservation that was asked for and neither used nor given back.

    Attributes:
        hold_id: the request's id, which is the hold's.
        sale_key: the sale it was meant for.
        asked_at_ms: Unix time of asking in milliseconds.
        expires_at_ms: Unix time after which the gateway frees it by itself: before the answer
            the request's deadline plus the longest time a hold may stand.
        points: points held; None while the answer is unknown.
        amount_minor: the money they stand for; None while the answer is unknown.
    """

    hold_id: HoldId
    sale_key: SaleKey
    asked_at_ms: int
    expires_at_ms: int
    points: int | None = None
    amount_minor: int | None = None

    def __post_init__(self) -> None:
        check_bytes("hold_id", self.hold_id, HOLD_ID_BYTES, HOLD_ID_BYTES)
        check_bytes("sale_key", self.sale_key, SALE_KEY_BYTES, SALE_KEY_BYTES)
        check_int("asked_at_ms", self.asked_at_ms, 0, I63_MAX)
        check_int("expires_at_ms", self.expires_at_ms, 0, I63_MAX)
        for name in ("points", "amount_minor"):
            if getattr(self, name) is not None:
                check_int(name, getattr(self, name), 0, I63_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What an export wrote: ``count`` envelopes from ``first_seq`` to ``last_seq``, if any."""

    count: int
    size_bytes: int
    first_seq: int | None
    last_seq: int | None
