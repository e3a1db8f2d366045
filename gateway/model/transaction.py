"""What a terminal asserts and seals, and the circumstances it was made in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.card import CardEvidence
from gateway.model.checks import I63_MAX, check_bytes, check_int, check_name, check_text
from gateway.model.ids import (
    BOOT_ID_BYTES,
    HASH_BYTES,
    HOLD_ID_BYTES,
    SALE_KEY_BYTES,
    BootId,
    EnvelopeHash,
    HoldId,
    OperatorId,
    SaleKey,
    TransactionId,
)
from gateway.model.money import Currency
from gateway.model.sale import Sale

UTC_OFFSET_MIN_LIMIT: Final = 18 * 60


class Kind(StrEnum):
    """What a transaction does. Kinds are added, never renumbered (see ``docs/wire.cddl``)."""

    ENROL = "enrol"
    EARN = "earn"
    REDEEM = "redeem"
    VOID = "void"
    REFUND = "refund"


class ClockQuality(StrEnum):
    """What the terminal knows of its own clock."""

    SYNCHRONISED = "synchronised"
    GUESSED = "guessed"


class Channel(StrEnum):
    """How the transaction came about."""

    TILL = "till"
    KEYED = "keyed"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTime:
    """When something happened, with what is known of the clock that says so.

    Attributes:
        unix_ms: Unix time in milliseconds.
        utc_offset_min: local time minus UTC in minutes, at the terminal, then.
        quality: whether the clock was synchronised.
        synchronised_at_ms: Unix time of the last synchronisation, where one is known.
        boot_id: the agent's run in which ``monotonic_ms`` counts.
        monotonic_ms: milliseconds since that run began; never goes back.
    """

    unix_ms: int
    utc_offset_min: int
    quality: ClockQuality
    boot_id: BootId
    monotonic_ms: int
    synchronised_at_ms: int | None = None

    def __post_init__(self) -> None:
        check_int("unix_ms", self.unix_ms, 0, I63_MAX)
        limit = UTC_OFFSET_MIN_LIMIT
        check_int("utc_offset_min", self.utc_offset_min, -limit, limit)
        check_bytes("boot_id", self.boot_id, BOOT_ID_BYTES, BOOT_ID_BYTES)
        check_int("monotonic_ms", self.monotonic_ms, 0, I63_MAX)
        if self.synchronised_at_ms is not None:
            check_int("synchronised_at_ms", self.synchronised_at_ms, 0, I63_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """The posting of a reservation: these held points become this money off this sale."""

    hold_id: HoldId
    points: int
    amount_minor: int

    def __post_init__(self) -> None:
        check_bytes("hold_id", self.hold_id, HOLD_ID_BYTES, HOLD_ID_BYTES)
        check_int("points", self.points, 1, I63_MAX)
        check_int("amount_minor", self.amount_minor, 1, I63_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleReference:
    """Names an earlier sale, by its key or by the receipt number the customer brings.

    Raises:
        ValueRangeError: if neither is given.
    """

    key: SaleKey | None = None
    receipt_number: str | None = None

    def __post_init__(self) -> None:
        if self.key is None and self.receipt_number is None:
            raise ValueRangeError("a sale reference needs a key or a receipt number")
        if self.key is not None:
            check_bytes("sale key", self.key, SALE_KEY_BYTES, SALE_KEY_BYTES)
        if self.receipt_number is not None:
            check_text("receipt_number", self.receipt_number, 1, 32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One sealed assertion of a terminal.

    Which parts a kind needs, and no others:

    ======== ==== ==== ========== ======= ========
    kind     card sale redemption hold_id original
    ======== ==== ==== ========== ======= ========
    enrol    yes
    earn     yes  yes
    redeem   yes  yes  yes
    void                          yes
    refund                                yes
    ======== ==== ==== ========== ======= ========

    Attributes:
        id: (terminal, epoch, seq).
        previous_hash: SHA-256 of the terminal's whole previous envelope; an epoch's first
            carries that epoch's genesis hash (``gateway.crypto.chain``).
        time: when, by the terminal's clock.
        programme_version: the rules the terminal previewed with.
        channel: how it came about.
        currency: the unit of every ``*_minor`` in it.
        kind: what it does.
        operator: the cashier's pseudonym where one is signed in.
        shift: the operator's shift where one is open.
        wire_minor: minor version of the wire format it was written in; 0 for what this code makes.
        extensions: fields of a newer minor version, kept byte for byte; see ``gateway.wire``.

    Raises:
        ValueRangeError: if a part is out of range, or missing or surplus for the kind.
    """

    id: TransactionId
    previous_hash: EnvelopeHash
    time: EventTime
    programme_version: int
    channel: Channel
    currency: Currency
    kind: Kind
    card: CardEvidence | None = None
    sale: Sale | None = None
    redemption: Redemption | None = None
    hold_id: HoldId | None = None
    original: SaleReference | None = None
    operator: OperatorId | None = None
    shift: str | None = None
    wire_minor: int = 0
    extensions: tuple[tuple[int, bytes], ...] = ()

    def __post_init__(self) -> None:
        check_bytes("previous_hash", self.previous_hash, HASH_BYTES, HASH_BYTES)
        check_int("programme_version", self.programme_version, 0, 2**31 - 1)
        check_int("wire_minor", self.wire_minor, 0, 65_535)
        if self.operator is not None:
            check_name("operator", self.operator)
        if self.shift is not None:
            check_text("shift", self.shift, 1, 32)
        if self.hold_id is not None:
            check_bytes("hold_id", self.hold_id, HOLD_ID_BYTES, HOLD_ID_BYTES)
        present = {
            name
            for name in ("card", "sale", "redemption", "hold_id", "original")
            if getattr(self, name) is not None
        }
        if present != _PARTS[self.kind]:
            wanted = ", ".join(sorted(_PARTS[self.kind]))
            raise ValueRangeError(f"a {self.kind} transaction carries exactly: {wanted}")


_PARTS: Final[dict[Kind, set[str]]] = {
    Kind.ENROL: {"card"},
    Kind.EARN: {"card", "sale"},
    Kind.REDEEM: {"card", "sale", "redemption"},
    Kind.VOID: {"hold_id"},
    Kind.REFUND: {"original"},
}
