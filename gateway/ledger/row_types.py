"""Every kind of row that a ledger keeps."""

from __future__ import annotations

from typing import Final

from gateway.ledger.row import Row
from gateway.ledger.rows import AccountRow, EntryRow, JournalRow, MovementRow, PostingRow
from gateway.ledger.rows_desk import DayCloseRow
from gateway.ledger.rows_intake import (
    AuthRow,
    ChainRow,
    InboxRow,
    ProgrammeRow,
    QuarantineRow,
    TallyRow,
    TerminalKey,
    TerminalRow,
    TombstoneRow,
)
from gateway.ledger.rows_lots import AllocationRow, DebtRow, HoldRow, LotRow, SuspendedRow
from gateway.ledger.rows_members import (
    CardRow,
    CardUseRow,
    GiftCardRow,
    HouseholdMemberRow,
    HouseholdRow,
    MemberRow,
    StandingRow,
    UsageRow,
    VisitRow,
    VoucherRow,
    WalletRow,
)
from gateway.ledger.rows_reviews import ReviewRow
from gateway.ledger.rows_sales import RatingRow, SaleReturnRow, SaleRow

ROW_TYPES: Final[tuple[type[Row], ...]] = (
    ProgrammeRow,
    TerminalRow,
    TerminalKey,
    ChainRow,
    InboxRow,
    TallyRow,
    QuarantineRow,
    JournalRow,
    AccountRow,
    MemberRow,
    WalletRow,
    CardRow,
    CardUseRow,
    GiftCardRow,
    HouseholdRow,
    HouseholdMemberRow,
    StandingRow,
    VisitRow,
    UsageRow,
    PostingRow,
    EntryRow,
    MovementRow,
    LotRow,
    AllocationRow,
    DebtRow,
    HoldRow,
    SaleRow,
    RatingRow,
    SaleReturnRow,
    ReviewRow,
    VoucherRow,
    SuspendedRow,
    AuthRow,
    TombstoneRow,
    DayCloseRow,
)
"""Parents before children: the order in which a change set is written."""
