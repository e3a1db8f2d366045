"""What the ledger keeps, one frozen value per row. ``key`` is the row's primary key.

Rows of the chain of terminals and of quarantine stand in ``gateway.ledger.rows_intake``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gateway.ledger.kinds import CardState, HoldState, JournalKind, PostingKind
from gateway.ledger.row import Row
from gateway.model.card import CardProfile
from gateway.model.ids import (
    BranchId,
    CardToken,
    EnvelopeHash,
    HoldId,
    KeyId,
    MemberId,
    SaleKey,
    TerminalId,
)
from gateway.model.outcome import Reason, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow(Row):
    """One judged message, in the one order in which everything happened.

    Attributes:
        journal_index: counts from 1 without gaps.
        recorded_at_ms: strictly rising; the clock's reading, or one more than the row before
            where the clock stood still or went back.
        judged_at_ms: the clock's reading that deadlines and rules were judged by; equal for the
            rows of one batch. (A batch of 256 in one millisecond moves ``recorded_at_ms`` 256
            ahead; a customer's deadline must not suffer for that.)
        kind: what the row records; the fields that do not belong to the kind are None.
        terminal: whose message, or whose hold expired.
        epoch: of a transaction.
        seq: of a transaction.
        request_id: of an auth request.
        hold_id: of a hold that the row made or resolved.
        card_token: of a card whose state an administrator set.
        card_state: that state.
        envelope_hash: SHA-256 over ``envelope``.
        key_id: the key that sealed it.
        status: how it ended.
        reason: why, where it was not applied.
        member_id: the member concerned; of a refund that touches two, the one who had earned.
        points: what moved on that member's account (spendable and held together); for a held earn,
            the points that wait.
        balance_points: that member's spendable points afterwards.
        programme_version: the rules it was judged by.
        envelope: the sealed bytes, whole, for the auditor.
    """

    journal_index: int
    recorded_at_ms: int
    judged_at_ms: int
    kind: JournalKind
    terminal: TerminalId | None = None
    epoch: int | None = None
    seq: int | None = None
    request_id: HoldId | None = None
    hold_id: HoldId | None = None
    card_token: CardToken | None = None
    card_state: CardState | None = None
    envelope_hash: EnvelopeHash | None = None
    key_id: KeyId | None = None
    status: Status
    reason: Reason
    member_id: MemberId | None = None
    points: int = 0
    balance_points: int | None = None
    programme_version: int | None = None
    envelope: bytes | None = None

    TABLE: ClassVar[str] = "journal"

    @property
    def key(self) -> int:
        """The journal index."""
        return self.journal_index


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingRow(Row):
    """The effect of one journal row: its rules, its branch, and through its entries its points."""

    journal_index: int
    ledger: str
    kind: PostingKind
    programme_version: int
    branch: BranchId

    TABLE: ClassVar[str] = "posting"

    @property
    def key(self) -> int:
        """The journal index."""
        return self.journal_index


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow(Row):
    """One transfer: ``points`` leave the debit account and reach the credit account.

    Debit and credit stand in one row, so a ledger cannot fail to sum to zero.
    """

    journal_index: int
    line: int
    debit_account: int
    credit_account: int
    points: int

    TABLE: ClassVar[str] = "entry"

    @property
    def key(self) -> tuple[int, int]:
        """Journal index and line."""
        return (self.journal_index, self.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementRow(Row):
    """What one posting did to one member: the lines of a statement.

    Attributes:
        member_id: whose.
        journal_index: by which posting.
        available_points: change of the spendable points.
        held_points: change of the held points.
        balance_points: spendable points afterwards.
    """

    member_id: MemberId
    journal_index: int
    available_points: int
    held_points: int
    balance_points: int

    TABLE: ClassVar[str] = "movement"

    @property
    def key(self) -> tuple[MemberId, int]:
        """Member and journal index."""
        return (self.member_id, self.journal_index)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow(Row):
    """One account of one ledger. Balances of members stand in ``WalletRow``."""

    account_id: int
    ledger: str
    name: str

    TABLE: ClassVar[str] = "account"

    @property
    def key(self) -> int:
        """The account's number."""
        return self.account_id


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow(Row):
    """A customer's pseudonym and where it was made. Nothing about the person."""

    member_id: MemberId
    enrolled_at_ms: int
    branch: BranchId

    TABLE: ClassVar[str] = "member"

    @property
    def key(self) -> MemberId:
        """The pseudonym."""
        return self.member_id


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletRow(Row):
    """A member's two accounts in the points' ledger, with their materialised balances.

    ``available`` is negative only where the refund policy lets it be; it always equals the open
    points of the member's lots minus the open points of the member's debts, one of which is zero.
    """

    member_id: MemberId
    ledger: str
    available_account: int
    held_account: int
    available: int
    held: int

    TABLE: ClassVar[str] = "wallet"

    @property
    def key(self) -> MemberId:
        """The member."""
        return self.member_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRow(Row):
    """A credential that names a member."""

    token: CardToken
    profile: CardProfile
    member_id: MemberId
    state: CardState
    added_at_ms: int

    TABLE: ClassVar[str] = "card"

    @property
    def key(self) -> CardToken:
        """The token."""
        return self.token


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRow(Row):
    """A credit of points with its own expiry.

    Attributes:
        lot_id: the journal index of the earn that made the points, also where they waited in
            suspense and the lot was opened later.
        member_id: whose.
        points: as earned.
        remaining: not spent, held or taken back; always ``points`` minus the lot's allocations.
        available_from_ms: since when they may be spent.
        expires_at_ms: when they lapse; None for never.
        opened_index: the posting that put them on the member's account.
    """

    lot_id: int
    member_id: MemberId
    points: int
    remaining: int
    available_from_ms: int
    expires_at_ms: int | None
    opened_index: int

    TABLE: ClassVar[str] = "lot"

    @property
    def key(self) -> int:
        """The lot's number."""
        return self.lot_id


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationRow(Row):
    """Points of a lot that serve a debit; negative where they were given back.

    Attributes:
        journal_index: when it happened.
        line: counts within that journal row.
        owner_index: the debit they serve: the posting that spent, held or took back.
        lot_id: the lot they came from.
        points: how many.
    """

    journal_index: int
    line: int
    owner_index: int
    lot_id: int
    points: int

    TABLE: ClassVar[str] = "allocation"

    @property
    def key(self) -> tuple[int, int]:
        """Journal index and line."""
        return (self.journal_index, self.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtRow(Row):
    """The part of a debit that no lot covered; the next credits pay it, oldest first."""

    owner_index: int
    member_id: MemberId
    points: int
    remaining: int

    TABLE: ClassVar[str] = "debt"

    @property
    def key(self) -> int:
        """The posting that went into debt."""
        return self.owner_index


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow(Row):
    """A reservation, resolved at most once.

    Attributes:
        hold_id: the request's id.
        member_id: whose points.
        terminal: who asked; nobody else may post, void or cancel it.
        branch: where they were asked for and, once posted, redeemed.
        sale_key: the sale they were asked for and, once posted, the sale they paid.
        points: how many.
        amount_minor: the money they stand for.
        programme_version: the rules they were quoted by.
        expires_at_ms: when the gateway frees them.
        state: see ``HoldState``.
        owner_index: the posting whose allocations hold the points now.
        shortfall_points: of a posted hold, what the programme bore.
        resolved_index: the journal row that resolved it.
    """

    hold_id: HoldId
    member_id: MemberId
    terminal: TerminalId
    branch: BranchId
    sale_key: SaleKey
    points: int
    amount_minor: int
    programme_version: int
    expires_at_ms: int
    state: HoldState
    owner_index: int
    shortfall_points: int
    resolved_index: int | None

    TABLE: ClassVar[str] = "hold"

    @property
    def key(self) -> HoldId:
        """The hold's id."""
        return self.hold_id


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRow(Row):
    """A sale that points were earned or redeemed on.

    Attributes:
        branch: where; a sale key names a sale within its branch.
        sale_key: the key.
        receipt_number: the till's number, where it told one.
        first_index: the journal row that first named the sale.
        earn_index: the one earn; None where only points were redeemed on it.
        refund_index: the one refund.
    """

    branch: BranchId
    sale_key: SaleKey
    receipt_number: str | None
    first_index: int
    earn_index: int | None
    refund_index: int | None

    TABLE: ClassVar[str] = "sale"

    @property
    def key(self) -> tuple[BranchId, SaleKey]:
        """Branch and sale key."""
        return (self.branch, self.sale_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendedRow(Row):
    """Points earned with a card that nobody owns yet; resolved by enrolment or by a refund."""

    journal_index: int
    card_token: CardToken
    points: int
    available_from_ms: int
    expires_at_ms: int | None
    resolved_index: int | None

    TABLE: ClassVar[str] = "suspended"

    @property
    def key(self) -> int:
        """The journal index of the earn."""
        return self.journal_index
