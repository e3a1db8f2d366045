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
from gateway.model.instrument import STORED_MONEY, Instrument
from gateway.model.money import Currency
from gateway.model.review import Review
from gateway.model.sale import LINES_MAX, Sale, SaleLine

UTC_OFFSET_MIN_LIMIT: Final = 18 * 60


class Kind(StrEnum):
    """What a transaction does. Kinds are added, never renumbered (see ``docs/wire.cddl``)."""

    ENROL = "enrol"
    EARN = "earn"
    REDEEM = "redeem"
    VOID = "void"
    REFUND = "refund"
    TOP_UP = "top_up"
    EVENT = "event"
    REVIEW = "review"


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
    """The posting of a reservation: what is held becomes this money off, or towards, this sale.

    Attributes:
        hold_id: the reservation.
        points: units of the reservation's wallet that are used: points, or minor units of stored
            money; 0 for what costs none. Fewer than are held frees the rest.
        amount_minor: the money they stand for; 0 for a reward that is no money.
    """

    hold_id: HoldId
    points: int
    amount_minor: int

    def __post_init__(self) -> None:
        check_bytes("hold_id", self.hold_id, HOLD_ID_BYTES, HOLD_ID_BYTES)
        check_int("points", self.points, 0, I63_MAX)
        check_int("amount_minor", self.amount_minor, 0, I63_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """The part of a sale that came back.

    Attributes:
        key: names the return, as a sale's key names the sale: the same paper counts once.
        amount_minor: the money that went back.
        lines: the goods that came back, amounts and quantities above zero, where they are known.
    """

    key: SaleKey
    amount_minor: int
    lines: tuple[SaleLine, ...] = ()

    def __post_init__(self) -> None:
        check_bytes("return key", self.key, SALE_KEY_BYTES, SALE_KEY_BYTES)
        check_int("returned amount_minor", self.amount_minor, 0, I63_MAX)
        if len(self.lines) > LINES_MAX:
            raise ValueRangeError(f"a return holds at most {LINES_MAX} lines")
        if any(line.amount_minor < 0 for line in self.lines):
            raise ValueRangeError("the lines of a return have amounts above zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Money paid in: into a member's stored credit, or onto a gift card.

    A gift card that nobody knows yet is issued by its first load.
    """

    instrument: Instrument
    amount_minor: int

    def __post_init__(self) -> None:
        if self.instrument not in STORED_MONEY:
            raise ValueRangeError("money is loaded into stored credit or onto a gift card")
        check_int("load amount_minor", self.amount_minor, 1, I63_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEvent:
    """Something that a member did and that is no purchase.

    Attributes:
        name: what, as the programme's rules call it.
        source: which one: the same event of the same source counts once for a member.
    """

    name: str
    source: str

    def __post_init__(self) -> None:
        check_name("event", self.name)
        check_text("event source", self.source, 1, 32)


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

    Which parts a kind needs, and no others (``?``: may have):

    ======== ==== ==== ========== ======= ======== ======== ==== ===== ======
    kind     card sale redemption hold_id original returned load event review
    ======== ==== ==== ========== ======= ======== ======== ==== ===== ======
    enrol    yes
    earn     yes  yes
    redeem   yes  yes  yes
    void                          yes
    refund                                yes      ?
    refund   yes                                   yes
    top_up   yes  ?                                         yes
    event    yes                                                 yes
    review   ?                                                         yes
    ======== ==== ==== ========== ======= ======== ======== ==== ===== ======

    A refund without ``returned`` undoes the whole sale; one without ``original`` is of a sale that
    nobody can name any more. A top-up with a sale is a gift card that was sold in it. A review is a
    paper that may be a sale; where it has a card, that was shown for it.

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
    returned: Returned | None = None
    load: Load | None = None
    event: MemberEvent | None = None
    review: Review | None = None
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
        present = frozenset(name for name in _PART_NAMES if getattr(self, name) is not None)
        if present not in _PARTS[self.kind]:
            wanted = " or ".join(", ".join(sorted(parts)) for parts in _PARTS[self.kind])
            raise ValueRangeError(f"a {self.kind} transaction carries exactly: {wanted}")
        _check_sold(self)


def _check_sold(transaction: Transaction) -> None:
    load = transaction.load
    if load is not None and transaction.sale is not None and load.instrument is not Instrument.GIFT:
        raise ValueRangeError("only a gift card is sold in a sale")


_PART_NAMES: Final = (
    "card", "sale", "redemption", "hold_id", "original", "returned", "load", "event", "review",
)  # fmt: skip

_PARTS: Final[dict[Kind, tuple[frozenset[str], ...]]] = {
    Kind.ENROL: (frozenset({"card"}),),
    Kind.EARN: (frozenset({"card", "sale"}),),
    Kind.REDEEM: (frozenset({"card", "sale", "redemption"}),),
    Kind.VOID: (frozenset({"hold_id"}),),
    Kind.REFUND: (
        frozenset({"original"}),
        frozenset({"original", "returned"}),
        frozenset({"card", "returned"}),
    ),
    Kind.TOP_UP: (frozenset({"card", "load"}), frozenset({"card", "sale", "load"})),
    Kind.EVENT: (frozenset({"card", "event"}),),
    Kind.REVIEW: (frozenset({"review"}), frozenset({"card", "review"})),
}
