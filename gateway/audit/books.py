"""Points, counted a second time: balances as one sum per account, lots and debts as dictionaries.

Written apart from ``gateway.ledger.posting`` on purpose, from the rules in ``docs/ledger.md``. Two
programmers, or one on two days, do not make the same mistake at the same place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from gateway.ledger.kinds import HoldState, SystemAccount
from gateway.ledger.rows import (
    CardRow,
    DebtRow,
    HoldRow,
    LotRow,
    MemberRow,
    SaleRow,
    SuspendedRow,
)
from gateway.model.ids import BranchId, CardToken, HoldId, MemberId, SaleKey

SaleName: TypeAlias = tuple[BranchId, SaleKey]

Transfer: TypeAlias = tuple[str, str, int]
"""From an account's name, to an account's name, how many points."""


def available_account(member: MemberId) -> str:
    """Name the account of a member's spendable points."""
    return f"member:{member}:available"


def held_account(member: MemberId) -> str:
    """Name the account of a member's held points."""
    return f"member:{member}:held"


@dataclass(slots=True)
class Books:
    """Everything the envelopes say about points, up to the row replayed last.

    Attributes:
        index: the journal index being replayed.
        balances: points of every account; credits minus debits.
        transfers: of the row being replayed.
        members: who there is.
        cards: by token.
        lots: by number.
        debts: by the posting that went into debt.
        served: points of a lot that serve a debit, by debit and lot.
        holds: by id.
        sales: by branch and key.
        suspended: by the journal index of the earn.
    """

    index: int = 0
    balances: Counter[str] = field(default_factory=Counter)
    transfers: list[Transfer] = field(default_factory=list)
    members: dict[MemberId, MemberRow] = field(default_factory=dict)
    cards: dict[CardToken, CardRow] = field(default_factory=dict)
    lots: dict[int, LotRow] = field(default_factory=dict)
    debts: dict[int, DebtRow] = field(default_factory=dict)
    served: defaultdict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    holds: dict[HoldId, HoldRow] = field(default_factory=dict)
    sales: dict[SaleName, SaleRow] = field(default_factory=dict)
    suspended: dict[int, SuspendedRow] = field(default_factory=dict)
    _lots_of: defaultdict[MemberId, list[int]] = field(default_factory=lambda: defaultdict(list))
    _debts_of: defaultdict[MemberId, list[int]] = field(default_factory=lambda: defaultdict(list))
    _waiting: defaultdict[CardToken, list[int]] = field(default_factory=lambda: defaultdict(list))
    _posted: defaultdict[SaleName, list[HoldId]] = field(default_factory=lambda: defaultdict(list))
    _receipts: defaultdict[tuple[BranchId, str], dict[SaleName, None]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def begin(self, index: int) -> None:
        """Turn to the next journal row."""
        self.index = index
        self.transfers = []

    def available(self, member: MemberId) -> int:
        """A member's spendable points."""
        return self.balances[available_account(member)]

    def moved(self, member: MemberId) -> int:
        """What the row being replayed did to a member's points, spendable and held together."""
        own = {available_account(member), held_account(member)}
        return sum(
            points * ((target in own) - (source in own))
            for source, target, points in self.transfers
        )

    def transfer(self, source: str, target: str, points: int) -> None:
        """Move points from one account to another."""
        if points:
            self.transfers.append((source, target, points))
            self.balances[source] -= points
            self.balances[target] += points

    def open_lot(self, lot: LotRow) -> None:
        """Give a member a lot; older debts are paid from it at once."""
        if not lot.points:
            return
        self.lots[lot.lot_id] = lot
        self._lots_of[lot.member_id].append(lot.lot_id)
        self.pay_debts(lot.member_id)

    def debit(
        self, member: MemberId, points: int, *, into_debt: bool, first: int | None = None
    ) -> int:
        """Take points out of lots for the row being replayed; say how many were taken."""
        missing = points - self.take(member, points, first=first)
        if not into_debt:
            return points - missing
        if missing:
            self.debts[self.index] = DebtRow(
                owner_index=self.index, member_id=member, points=missing, remaining=missing
            )
            self._debts_of[member].append(self.index)
        return points

    def take(self, member: MemberId, points: int, *, first: int | None = None) -> int:
        """Take up to ``points`` out of a member's lots, those next to expire first."""
        before = points
        for lot_id in self._in_order(member, first):
            part = min(points, self.lots[lot_id].remaining)
            self._serve(self.index, lot_id, part)
            points -= part
        return before - points

    def give_back(self, member: MemberId, owner: int) -> None:
        """Undo a debit: its debt is forgotten and its lots have their points again."""
        if owner in self.debts:
            self.debts[owner] = replace(self.debts[owner], remaining=0)
        for lot_id, points in tuple(self.served[owner].items()):
            self._serve(owner, lot_id, -points)
        self.pay_debts(member)

    def pay_debts(self, member: MemberId) -> None:
        """Let a member's lots serve what is owed, oldest debt first."""
        for owner in self._debts_of[member]:
            owed = self.debts[owner].remaining
            for lot_id in self._in_order(member, None) if owed else ():
                part = min(owed, self.lots[lot_id].remaining)
                self._serve(owner, lot_id, part)
                owed -= part
            self.debts[owner] = replace(self.debts[owner], remaining=owed)

    def unsettled(self, member: MemberId) -> int:
        """Open points of a member's lots minus open debts: what must be spendable."""
        lots = sum(self.lots[lot_id].remaining for lot_id in self._lots_of[member])
        return lots - sum(self.debts[owner].remaining for owner in self._debts_of[member])

    def waiting_for(self, token: CardToken) -> list[SuspendedRow]:
        """Points that wait for a card's owner, oldest first."""
        rows = (self.suspended[index] for index in self._waiting[token])
        return [row for row in rows if row.resolved_index is None]

    def suspend(self, row: SuspendedRow) -> None:
        """Let points wait for a card's owner."""
        self.transfer(SystemAccount.ISSUED.value, SystemAccount.SUSPENSE.value, row.points)
        self.suspended[row.journal_index] = row
        self._waiting[row.card_token].append(row.journal_index)

    def settle_waiting(self, row: SuspendedRow, target: str) -> None:
        """Let points that waited go where they belong."""
        self.suspended[row.journal_index] = replace(row, resolved_index=self.index)
        self.transfer(SystemAccount.SUSPENSE.value, target, row.points)

    def put_hold(self, hold: HoldRow) -> None:
        """Write down where a hold stands."""
        self.holds[hold.hold_id] = hold
        if hold.state is HoldState.POSTED:
            self._posted[hold.branch, hold.sale_key].append(hold.hold_id)

    def redemptions(self, sale: SaleName) -> list[HoldRow]:
        """The holds posted on a sale, in the order in which they were posted."""
        return [self.holds[hold_id] for hold_id in self._posted[sale]]

    def put_sale(self, sale: SaleRow) -> None:
        """Write down what happened on a sale."""
        self.sales[sale.key] = sale
        if sale.receipt_number is not None:
            self._receipts[sale.branch, sale.receipt_number][sale.key] = None

    def sales_on_receipt(self, branch: BranchId, number: str) -> list[SaleRow]:
        """Sales under a till's receipt number, oldest first."""
        found = (self.sales[key] for key in self._receipts[branch, number])
        return sorted(found, key=lambda sale: sale.first_index)

    def _in_order(self, member: MemberId, first: int | None) -> list[int]:
        def rank(lot_id: int) -> tuple[bool, float, int]:
            expires_at_ms = self.lots[lot_id].expires_at_ms
            lapses = float("inf") if expires_at_ms is None else expires_at_ms
            return (lot_id != first, lapses, lot_id)

        left = [lot_id for lot_id in self._lots_of[member] if self.lots[lot_id].remaining]
        return sorted(left, key=rank)

    def _serve(self, owner: int, lot_id: int, points: int) -> None:
        lot = self.lots[lot_id]
        self.lots[lot_id] = replace(lot, remaining=lot.remaining - points)
        self.served[owner][lot_id] += points
