"""Wallets and what they hold: the part of a batch's book that points move in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from gateway.ledger.accounts import (
    Ledgers,
    WalletAccounts,
    member_accounts,
    other_accounts,
    points_wallet_id,
)
from gateway.ledger.book_journal import JournalBook
from gateway.ledger.errors import NotLoadedError
from gateway.ledger.head import Head
from gateway.ledger.kinds import WalletKind
from gateway.ledger.rows_lots import AllocationRow, DebtRow, LotRow, SuspendedRow
from gateway.ledger.rows_members import WalletRow
from gateway.ledger.shelf import Shelf
from gateway.model.ids import CardToken, MemberId, WalletId


def spend_order(lot: LotRow) -> tuple[bool, int, int]:
    """Sort lots for spending: soonest to expire first, never expiring last, then oldest."""
    return (lot.expires_at_ms is None, lot.expires_at_ms or 0, lot.lot_id)


class LotBook(JournalBook):
    """Wallets, lots, debts and what waits for an owner, as far as a batch may touch them."""

    def __init__(self, head: Head, ledgers: Ledgers) -> None:
        super().__init__(head, ledgers)
        self.wallets = Shelf[WalletId, WalletRow](WalletRow)
        self.lots = Shelf[int, LotRow](LotRow)
        self.debts = Shelf[tuple[int, WalletId], DebtRow](DebtRow)
        self.suspended = Shelf[int, SuspendedRow](SuspendedRow)
        self.allocations: list[AllocationRow] = []
        self._account_id = head.account_id
        self._other_account_id = head.other_account_id
        self._lots_of: defaultdict[WalletId, dict[int, None]] = defaultdict(dict)
        self._lots_made: defaultdict[int, dict[int, None]] = defaultdict(dict)
        self._waiting_made: defaultdict[int, dict[int, None]] = defaultdict(dict)
        self._with_lots: set[WalletId] = set()
        self._with_made: set[int] = set()
        self._debts: defaultdict[WalletId, list[int]] = defaultdict(list)
        self._held_by: dict[int, dict[int, int]] = {}
        self._suspended_for: dict[CardToken, list[int]] = {}

    # -- loading ------------------------------------------------------------------------------

    def load_lots(self, lots: Iterable[LotRow]) -> None:
        """Take lots by their numbers."""
        rows = list(lots)
        self.lots.load(rows)
        lots_of, lots_made = self._lots_of, self._lots_made
        for lot in rows:
            lots_of[lot.wallet_id][lot.lot_id] = None
            lots_made[lot.earned_index][lot.lot_id] = None

    def load_open_lots(self, wallets: Iterable[WalletId], lots: Iterable[LotRow]) -> None:
        """Take all lots of wallets, pending ones too, that this batch may take something from."""
        self.load_lots(lots)
        self._with_lots.update(wallets)

    def load_made(
        self, earns: Iterable[int], lots: Iterable[LotRow], waiting: Iterable[SuspendedRow]
    ) -> None:
        """Take what earlier earns made, in a wallet or in suspense, so that it can be undone."""
        self._with_made.update(earns)
        self.load_lots(lots)
        for row in waiting:
            self.suspended.load([row])
            self._waiting_made[row.journal_index][row.lot_id] = None

    def load_debts(self, debts: Iterable[DebtRow]) -> None:
        """Take the open debts of wallets whose balance is below zero."""
        for debt in sorted(debts, key=lambda debt: debt.owner_index):
            self.debts.load([debt])
            self._debts[debt.wallet_id].append(debt.owner_index)

    def load_allocations(
        self, owners: Iterable[int], allocations: Iterable[AllocationRow], lots: Iterable[LotRow]
    ) -> None:
        """Take what earlier debits hold of which lots, so that it can be given back."""
        for owner in owners:
            self._held_by[owner] = {}
        # In the order in which they were taken: what was taken last is given back first.
        for row in sorted(allocations, key=lambda row: row.key):
            parts = self._held_by[row.owner_index]
            parts[row.lot_id] = parts.get(row.lot_id, 0) + row.points
        self.load_lots(lots)

    def load_suspended(self, tokens: Iterable[CardToken], waiting: Iterable[SuspendedRow]) -> None:
        """Take what waits for the owners of cards that nobody owned before this batch."""
        for token in tokens:
            self._suspended_for.setdefault(token, [])
        for row in sorted(waiting, key=lambda row: row.lot_id):
            self.suspended.load([row])
            self._suspended_for[row.card_token].append(row.lot_id)
            self._waiting_made[row.journal_index][row.lot_id] = None

    # -- reading ------------------------------------------------------------------------------

    def open_lots(self, wallet_id: WalletId) -> list[LotRow]:
        """A wallet's lots with something left, pending ones too, in spending order.

        Raises:
            NotLoadedError: if they were not loaded.
        """
        if wallet_id not in self._with_lots:
            raise NotLoadedError(f"the lots of wallet {wallet_id} were not loaded")
        lots = self.lots.among(self._lots_of[wallet_id])
        return sorted([lot for lot in lots if lot.remaining], key=spend_order)

    def knows_lots(self, wallet_id: WalletId) -> bool:
        """Whether a wallet's open lots were loaded."""
        return wallet_id in self._with_lots

    def spendable_lots(self, wallet_id: WalletId) -> list[LotRow]:
        """Those of them that are not pending."""
        return [lot for lot in self.open_lots(wallet_id) if not lot.pending]

    def open_debts(self, wallet_id: WalletId) -> list[DebtRow]:
        """A wallet's unpaid debts, oldest first."""
        owners = self._debts.get(wallet_id, ())
        debts = (self.debts.require((owner, wallet_id)) for owner in owners)
        return [debt for debt in debts if debt.remaining]

    def debt_of(self, owner_index: int, wallet_id: WalletId) -> DebtRow | None:
        """What a debit still owes, if it does."""
        name = (owner_index, wallet_id)
        return self.debts.get(name) if self.debts.knows(name) else None

    def held_by(self, owner_index: int) -> Mapping[int, int]:
        """How many points of which lot serve a debit now, in the order they were taken in.

        Raises:
            NotLoadedError: if the debit is an earlier one and was not loaded.
        """
        parts = self._held_by.get(owner_index)
        if parts is None:
            if self._is_stored(owner_index):
                raise NotLoadedError(f"the allocations of posting {owner_index} were not loaded")
            return {}
        return parts

    def lots_made_by(self, earn_index: int) -> list[LotRow]:
        """The lots that an earn made, in whatever wallet and state; none where it still waits.

        Raises:
            NotLoadedError: if the earn is an earlier one and was not loaded.
        """
        self._require_made(earn_index)
        return [self.lots.require(lot_id) for lot_id in sorted(self._lots_made[earn_index])]

    def suspended_by(self, earn_index: int) -> list[SuspendedRow]:
        """What an earn put in suspense, resolved or not.

        Raises:
            NotLoadedError: if the earn is an earlier one and was not loaded.
        """
        self._require_made(earn_index)
        made = sorted(self._waiting_made[earn_index])
        return [self.suspended.require(lot_id) for lot_id in made]

    def suspended_for(self, token: CardToken) -> list[SuspendedRow]:
        """What still waits for a card's owner, oldest first.

        Raises:
            NotLoadedError: if it was not loaded.
        """
        lots = self._suspended_for.get(token)
        if lots is None:
            raise NotLoadedError("what waits for a card was not loaded")
        waiting = (self.suspended.require(lot_id) for lot_id in lots)
        return [row for row in waiting if row.resolved_index is None]

    # -- changing -----------------------------------------------------------------------------

    def add_points_wallet(self, member_id: MemberId) -> WalletId:
        """Make the empty wallet of a new member's points."""
        wallet_id, ledger = points_wallet_id(member_id), self.points_ledger
        made = member_accounts(wallet_id, ledger, self._account_id)
        self._account_id = made.numbers[1]
        self._add_wallet(wallet_id, WalletKind.POINTS, member_id, ledger, made)
        return wallet_id

    def add_wallet(
        self, wallet_id: WalletId, kind: WalletKind, member_id: MemberId | None, ledger: str
    ) -> None:
        """Make any other empty wallet.

        Args:
            wallet_id: its name, from ``gateway.ledger.accounts``.
            kind: what it is.
            member_id: whose.
            ledger: its unit's ledger, which must be open.

        Raises:
            NotLoadedError: if there is no such ledger.
        """
        if ledger not in self.ledgers.by_name:
            raise NotLoadedError(f"there is no ledger {ledger!r}")
        made = other_accounts(wallet_id, ledger, self._other_account_id)
        self._other_account_id = made.numbers[2]
        self._add_wallet(wallet_id, kind, member_id, ledger, made)

    def add_lot(self, lot: LotRow) -> None:
        """Open a lot."""
        self.lots.add(lot)
        self._lots_of[lot.wallet_id][lot.lot_id] = None
        self._lots_made[lot.earned_index][lot.lot_id] = None

    def add_suspended(self, row: SuspendedRow) -> None:
        """Let a lot wait for a card's owner."""
        self.suspended.add(row)
        self._suspended_for.setdefault(row.card_token, []).append(row.lot_id)
        self._waiting_made[row.journal_index][row.lot_id] = None

    def add_debt(self, debt: DebtRow) -> None:
        """Write down what no lot covered."""
        self.debts.add(debt)
        self._debts[debt.wallet_id].append(debt.owner_index)

    def allocate(self, row: AllocationRow) -> None:
        """Let points of a lot serve a debit, or give them back."""
        self.allocations.append(row)
        parts = self._held_by.get(row.owner_index)
        if parts is None:
            if self._is_stored(row.owner_index):
                return  # an earlier debit that this batch does not undo
            parts = self._held_by[row.owner_index] = {}
        parts[row.lot_id] = parts.get(row.lot_id, 0) + row.points

    # -- parts --------------------------------------------------------------------------------

    def _add_wallet(
        self,
        wallet_id: WalletId,
        kind: WalletKind,
        member_id: MemberId | None,
        ledger: str,
        made: WalletAccounts,
    ) -> None:
        self.accounts.extend(made.rows)
        available, held, pending = made.numbers
        wallet = WalletRow(
            wallet_id=wallet_id,
            kind=kind,
            member_id=member_id,
            ledger=ledger,
            available_account=available,
            held_account=held,
            pending_account=pending,
            available=0,
            held=0,
            pending=0,
        )
        self.wallets.add(wallet)
        self._with_lots.add(wallet_id)

    def _require_made(self, earn_index: int) -> None:
        if self._is_stored(earn_index) and earn_index not in self._with_made:
            raise NotLoadedError(f"what journal row {earn_index} made was not loaded")
