"""What the ledger keeps, one frozen value per row. ``key`` is the row's primary key.

The journal and its postings stand here; see ``gateway.ledger.row_types`` for every kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gateway.ledger.kinds import CardState, JournalKind, PostingKind
from gateway.ledger.row import Row
from gateway.model.ids import (
    BranchId,
    CardToken,
    EnvelopeHash,
    HoldId,
    KeyId,
    MemberId,
    TerminalId,
    WalletId,
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
        request_id: of an auth request, or of a command.
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
        envelope: the sealed bytes, whole, for the auditor; of a command its canonical bytes; of a
            nightly row its ``gateway.writer.night_note.NightNote``; of a redenomination the name of
            the wallet that was brought over.
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
    """The effect of one journal row: its rules, its branch, and through its entries what moved.

    ``ledger`` is that of the programme's points, whose rules made the posting. An entry is in the
    ledger of its two accounts, which may be another.
    """

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

    Debit and credit stand in one row and are of one ledger, so no ledger can fail to sum to zero.
    ``points`` are units of that ledger: points, or minor units of money.
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
    """What one posting did to one wallet: the lines of a statement, in the wallet's unit.

    Attributes:
        wallet_id: whose.
        journal_index: by which posting.
        available_points: change of what can be spent.
        held_points: change of what is held.
        pending_points: change of what cannot be spent yet.
        balance_points: what can be spent afterwards.
    """

    wallet_id: WalletId
    journal_index: int
    available_points: int
    held_points: int
    pending_points: int
    balance_points: int

    TABLE: ClassVar[str] = "movement"

    @property
    def key(self) -> tuple[WalletId, int]:
        """Wallet and journal index."""
        return (self.wallet_id, self.journal_index)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow(Row):
    """One account of one ledger. Balances of wallets stand in ``WalletRow``."""

    account_id: int
    ledger: str
    name: str

    TABLE: ClassVar[str] = "account"

    @property
    def key(self) -> int:
        """The account's number."""
        return self.account_id
