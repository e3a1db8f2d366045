"""What the gateway seals back: cumulative receipts and requests to send again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.checks import I63_MAX, U32_MAX, check_bytes, check_int, check_name
from gateway.model.ids import HASH_BYTES, EnvelopeHash, TerminalId
from gateway.model.outcome import Reason, Status

RESULTS_MAX: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one transaction.

    Attributes:
        seq: its sequence number in the receipt's epoch.
        envelope_hash: SHA-256 of the envelope that was judged.
        status: how it ended.
        reason: why, where it was not applied.
        points: points that moved on the member's balance; negative where they left it.
        balance_points: the member's spendable points afterwards, where a member is known.
    """

    seq: int
    envelope_hash: EnvelopeHash
    status: Status
    reason: Reason
    points: int = 0
    balance_points: int | None = None

    def __post_init__(self) -> None:
        check_int("seq", self.seq, 1, I63_MAX)
        check_bytes("envelope_hash", self.envelope_hash, HASH_BYTES, HASH_BYTES)
        check_int("points", self.points, -I63_MAX, I63_MAX)
        if self.balance_points is not None:
            check_int("balance_points", self.balance_points, -I63_MAX, I63_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """An envelope the gateway could not take at all and keeps in quarantine."""

    envelope_hash: EnvelopeHash
    reason: Reason

    def __post_init__(self) -> None:
        check_bytes("envelope_hash", self.envelope_hash, HASH_BYTES, HASH_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Cumulative: everything up to ``watermark`` is durably settled, named here or not.

    Attributes:
        terminal: whom it is for.
        epoch: the epoch that ``watermark`` and ``results`` count in.
        watermark: highest seq up to which nothing is missing; 0 before the first.
        watermark_hash: SHA-256 of the envelope at the watermark (the genesis hash at 0); a
            terminal whose own journal differs has been cloned or restored, and must stop.
        offsite_watermark: highest seq that is also durable off the gateway's own machine; up
            to it the terminal may forget the envelopes themselves.
        issued_at_ms: Unix time of issue in milliseconds, after the ledger's commit.
        results: what became of transactions lately decided or asked about, by seq.
        rejections: envelopes from this terminal that went to quarantine.
    """

    terminal: TerminalId
    epoch: int
    watermark: int
    watermark_hash: EnvelopeHash
    offsite_watermark: int
    issued_at_ms: int
    results: tuple[Result, ...] = ()
    rejections: tuple[Rejection, ...] = ()

    def __post_init__(self) -> None:
        check_name("terminal", self.terminal)
        check_int("epoch", self.epoch, 1, U32_MAX)
        check_int("watermark", self.watermark, 0, I63_MAX)
        check_bytes("watermark_hash", self.watermark_hash, HASH_BYTES, HASH_BYTES)
        check_int("offsite_watermark", self.offsite_watermark, 0, self.watermark)
        check_int("issued_at_ms", self.issued_at_ms, 0, I63_MAX)
        if len(self.results) > RESULTS_MAX or len(self.rejections) > RESULTS_MAX:
            raise ValueRangeError(f"a receipt names at most {RESULTS_MAX} results")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendRequest:
    """The gateway misses something: send again from ``from_seq`` on, in order."""

    terminal: TerminalId
    epoch: int
    from_seq: int
    issued_at_ms: int

    def __post_init__(self) -> None:
        check_name("terminal", self.terminal)
        check_int("epoch", self.epoch, 1, U32_MAX)
        check_int("from_seq", self.from_seq, 1, I63_MAX)
        check_int("issued_at_ms", self.issued_at_ms, 0, I63_MAX)
