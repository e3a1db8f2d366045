"""Rows about what wallets hold: lots, what serves which debit, debts, suspense and holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gateway.ledger.kinds import HoldState
from gateway.ledger.row import Row
from gateway.model.ids import (
    BranchId,
    CardToken,
    HoldId,
    MemberId,
    SaleKey,
    TerminalId,
    WalletId,
)
from gateway.model.instrument import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRow(Row):
    """A credit with its own expiry, in the wallet's unit: points, or minor units of money.

    Attributes:
        lot_id: made of ``earned_index``; see ``gateway.ledger.numbering``.
        wallet_id: where.
        points: as they came.
        remaining: not spent, held or taken back; always ``points`` minus the lot's allocations.
        available_from_ms: since when they may be spent, or will be.
        expires_at_ms: when they lapse; None for never. It moves where rules let it slide, and
            where points come back after they lapsed.
        opened_index: the posting that put them into the wallet.
        earned_index: the journal row that made them, also where they waited in suspense and the
            lot was opened later.
        source: the rule or offer that gave them; empty where there is no one such.
        activated_index: the posting since which they can be spent; None while they are pending.
        closed_index: the posting that closed it when it lapsed, also when nothing was left. A
            closed lot that gets something back is open again, until it lapses anew.
        brought_by: who brought them into a household.
    """

    lot_id: int
    wallet_id: WalletId
    points: int
    remaining: int
    available_from_ms: int
    expires_at_ms: int | None
    opened_index: int
    earned_index: int
    source: str
    activated_index: int | None
    closed_index: int | None
    brought_by: MemberId | None

    TABLE: ClassVar[str] = "lot"

    @property
    def key(self) -> int:
        """The lot's number."""
        return self.lot_id

    @property
    def pending(self) -> bool:
        """Whether it cannot be spent yet."""
        return self.activated_index is None


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
    """The part of a debit that no lot covered; the next credits pay it, oldest first.

    A return may lead more than one wallet into debt: points, and the credit beside them.
    """

    owner_index: int
    wallet_id: WalletId
    points: int
    remaining: int

    TABLE: ClassVar[str] = "debt"

    @property
    def key(self) -> tuple[int, WalletId]:
        """The posting that went into debt, and the wallet that owes it."""
        return (self.owner_index, self.wallet_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendedRow(Row):
    """A lot that waits for a card's owner; resolved by enrolment or by a refund.

    Attributes:
        lot_id: the number that the lot will have.
        journal_index: of the earn.
        ledger: the unit's ledger.
        card_token: whose owner it waits for.
        points: in that unit.
        available_from_ms: from when they may be spent.
        expires_at_ms: when they lapse; None for never.
        pending: they cannot be spent before ``available_from_ms``.
        source: see ``LotRow``.
        taken_back: of ``points``, what returns took back while they waited.
        resolved_index: the posting that ended the waiting.
    """

    lot_id: int
    journal_index: int
    ledger: str
    card_token: CardToken
    points: int
    available_from_ms: int
    expires_at_ms: int | None
    pending: bool
    source: str
    taken_back: int
    resolved_index: int | None

    TABLE: ClassVar[str] = "suspended"

    @property
    def key(self) -> int:
        """The number of the lot."""
        return self.lot_id

    @property
    def waiting(self) -> int:
        """What is left to be given to the owner."""
        return 0 if self.resolved_index is not None else self.points - self.taken_back


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow(Row):
    """A reservation, resolved at most once.

    Attributes:
        hold_id: the request's id.
        member_id: who asked; None for whoever holds a gift card.
        wallet_id: what holds it; None for what is in no wallet, such as an offer's use.
        instrument: what is reserved.
        source: the reward's or the offer's id; empty for points as money and for stored money.
        terms: what else was granted and, once posted, used: the canonical JSON of a
            ``gateway.writer.hold_terms.HoldTerms``; empty for nothing.
        terminal: who asked; nobody else may post, void or cancel it.
        branch: where it was asked for and, once posted, redeemed.
        sale_key: the sale it was asked for and, once posted, the sale it paid.
        points: how many units of the wallet are held; 0 where it holds none.
        amount_minor: the money they stand for.
        programme_version: the rules they were quoted by.
        expires_at_ms: when the gateway frees them.
        state: see ``HoldState``.
        owner_index: the posting whose allocations hold the points now.
        redeemed_points: of a posted hold, how many were used; the rest was given back at once.
        redeemed_minor: the money that those stood for.
        shortfall_points: of those, what the programme bore.
        given_back_points: of those, what returns gave back so far.
        given_back_minor: the money that returns gave back so far.
        resolved_index: the journal row that resolved it.
    """

    hold_id: HoldId
    member_id: MemberId | None
    wallet_id: WalletId | None
    instrument: Instrument
    source: str
    terms: str
    terminal: TerminalId
    branch: BranchId
    sale_key: SaleKey
    points: int
    amount_minor: int
    programme_version: int
    expires_at_ms: int
    state: HoldState
    owner_index: int
    redeemed_points: int
    redeemed_minor: int
    shortfall_points: int
    given_back_points: int
    given_back_minor: int
    resolved_index: int | None

    TABLE: ClassVar[str] = "hold"

    @property
    def key(self) -> HoldId:
        """The hold's id."""
        return self.hold_id
