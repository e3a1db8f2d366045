"""Lots and debts, counted a second time: what is in them, whom they serve, and which come first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from gateway.ledger.rows_lots import DebtRow, LotRow
from gateway.model.ids import WalletId


def _anything(_lot: LotRow) -> bool:
    return True


def spendable(lot: LotRow) -> bool:
    """Whether a lot can be spent from."""
    return lot.activated_index is not None


@dataclass(slots=True)
class Heap:
    """Every lot and every debt.

    Attributes:
        lots: by number.
        debts: by the posting that went into debt, and the wallet.
        served: how much of a lot serves a debit, by debit and lot, in the order they were taken.
    """

    lots: dict[int, LotRow] = field(default_factory=dict)
    debts: dict[tuple[int, WalletId], DebtRow] = field(default_factory=dict)
    served: defaultdict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    _index: int = 0
    _open_in: defaultdict[WalletId, set[int]] = field(default_factory=lambda: defaultdict(set))
    _lots_made: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    _debts_of: defaultdict[WalletId, list[int]] = field(default_factory=lambda: defaultdict(list))

    def begin(self, index: int) -> None:
        """Turn to the next journal row."""
        self._index = index

    def made_by(self, earn_index: int) -> list[LotRow]:
        """The lots that a journal row made."""
        return [self.lots[lot_id] for lot_id in self._lots_made[earn_index]]

    def left(self, wallet: WalletId, *, pending: bool) -> int:
        """What is left in a wallet's lots that can be spent, or that cannot yet."""
        lots = (self.lots[lot_id] for lot_id in self._open_in[wallet])
        return sum(lot.remaining for lot in lots if spendable(lot) is not pending)

    def open_lots(self, wallet: WalletId) -> list[LotRow]:
        """A wallet's lots with something left, pending ones too, those next to expire first."""
        return self._in_order(wallet, _anything)

    def owed(self, wallet: WalletId) -> int:
        """What a wallet's debts still amount to."""
        return sum(self.debts[owner, wallet].remaining for owner in self._debts_of[wallet])

    def open(self, *lots: LotRow) -> None:
        """Put lots into their wallets; then older debts are paid from what can be spent."""
        for lot in lots:
            if lot.points:
                self.lots[lot.lot_id] = lot
                self._open_in[lot.wallet_id].add(lot.lot_id)
                self._lots_made[lot.earned_index].append(lot.lot_id)
        for wallet in dict.fromkeys(lot.wallet_id for lot in lots):
            self.pay_debts(wallet)

    def take(
        self,
        wallet: WalletId,
        points: int,
        *,
        fits: Callable[[LotRow], bool] = spendable,
        first: Callable[[LotRow], object] = _anything,
    ) -> dict[int, int]:
        """Take up to ``points`` out of a wallet's lots, those next to expire first.

        Args:
            wallet: whose.
            points: how many.
            fits: only lots that this says.
            first: those for which it says less go first.

        Returns:
            how much of which lot.
        """
        parts: dict[int, int] = {}
        for lot in sorted(self._in_order(wallet, fits), key=first):  # type: ignore[arg-type] # whatever sorts
            part = min(points, lot.remaining)
            if part:
                self._serve(self._index, lot.lot_id, part)
                parts[lot.lot_id] = part
                points -= part
        return parts

    def owe(self, wallet: WalletId, points: int) -> None:
        """Let the row being replayed owe what no lot covered."""
        if not points:
            return
        known = self.debts.get((self._index, wallet))
        if known is None:
            self._debts_of[wallet].append(self._index)
        had, left = (0, 0) if known is None else (known.points, known.remaining)
        self.debts[self._index, wallet] = DebtRow(
            owner_index=self._index,
            wallet_id=wallet,
            points=had + points,
            remaining=left + points,
        )

    def give_back(
        self,
        wallet: WalletId,
        owner: int,
        points: int,
        *,
        lapsed_at_ms: int | None = None,
        until_ms: int = 0,
    ) -> int:
        """Undo a part of a debit: first what it owes, then what it took last.

        Args:
            wallet: whose.
            owner: the debit.
            points: how many.
            lapsed_at_ms: lots that lapse then or before get their points back for a while; None
                for no such grace.
            until_ms: until when they keep them.

        Returns:
            what lapsed on the way, because it was in such a lot and no night had closed it.
        """
        debt = self.debts.get((owner, wallet))
        if debt is not None:
            less = min(debt.remaining, points)
            self.debts[owner, wallet] = replace(debt, remaining=debt.remaining - less)
            points -= less
        lost = 0
        for lot_id in [*self.served[owner]][::-1]:
            part = min(self.served[owner][lot_id], points)
            if not part:
                continue
            if self._has_lapsed(lot_id, lapsed_at_ms):
                lost += self.lots[lot_id].remaining
                self.close(lot_id)
                self.lapse_later(lot_id, until_ms)
            self._serve(owner, lot_id, -part)
            # A lot that had lapsed is open again with what it got.
            self.lots[lot_id] = replace(self.lots[lot_id], closed_index=None)
            points -= part
        self.pay_debts(wallet)
        return lost

    def activate(self, lot_id: int) -> int:
        """Let a pending lot be spent; says how much is in it."""
        lot = replace(self.lots[lot_id], activated_index=self._index)
        self.lots[lot_id] = lot
        self.pay_debts(lot.wallet_id)
        return lot.remaining

    def close(self, lot_id: int) -> int:
        """Close a lot that lapsed; says how much was left in it."""
        left = self.lots[lot_id].remaining
        if left:
            self._serve(self._index, lot_id, left)
        self.lots[lot_id] = replace(self.lots[lot_id], closed_index=self._index)
        return left

    def empty(self, lot_id: int) -> None:
        """Take all that is left of a lot, pending or not."""
        self._serve(self._index, lot_id, self.lots[lot_id].remaining)

    def first_debt(self, wallet: WalletId) -> int:
        """The posting that first went into debt of those that are still owed."""
        open_debts = (one for one in self._debts_of[wallet] if self.debts[one, wallet].remaining)
        return next(open_debts, 0)

    def lapse_later(self, lot_id: int, expires_at_ms: int) -> None:
        """Let a lot lapse later than it would have; never sooner."""
        lot = self.lots[lot_id]
        if lot.expires_at_ms is not None:
            later = max(lot.expires_at_ms, expires_at_ms)
            self.lots[lot_id] = replace(lot, expires_at_ms=later)

    def pay_debts(self, wallet: WalletId) -> None:
        """Let a wallet's lots serve what is owed, oldest debt first."""
        for owner in self._debts_of[wallet]:
            owed = self.debts[owner, wallet].remaining
            for lot in self._in_order(wallet, spendable) if owed else ():
                part = min(owed, lot.remaining)
                if part:
                    self._serve(owner, lot.lot_id, part)
                    owed -= part
            self.debts[owner, wallet] = replace(self.debts[owner, wallet], remaining=owed)

    def _has_lapsed(self, lot_id: int, at_ms: int | None) -> bool:
        expires_at_ms = self.lots[lot_id].expires_at_ms
        return at_ms is not None and expires_at_ms is not None and expires_at_ms <= at_ms

    def _in_order(self, wallet: WalletId, fits: Callable[[LotRow], bool]) -> list[LotRow]:
        def rank(lot: LotRow) -> tuple[float, int]:
            lapses = float("inf") if lot.expires_at_ms is None else lot.expires_at_ms
            return (lapses, lot.lot_id)

        lots = (self.lots[lot_id] for lot_id in self._open_in[wallet])
        return sorted((lot for lot in lots if fits(lot)), key=rank)

    def _serve(self, owner: int, lot_id: int, points: int) -> None:
        lot = self.lots[lot_id]
        left = lot.remaining - points
        self.lots[lot_id] = replace(lot, remaining=left)
        (self._open_in[lot.wallet_id].add if left else self._open_in[lot.wallet_id].discard)(lot_id)
        self.served[owner][lot_id] += points
