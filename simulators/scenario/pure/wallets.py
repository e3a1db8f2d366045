"""Wallets as values: lots, what is set aside, what is owed, and sums of all that ever moved.

Every function takes a wallet and gives another. A wallet owes only while nothing in it can be
spent: whatever becomes spendable pays first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from gateway.model.rules.earning import Unit
from gateway.model.rules.expiry import Expiry
from simulators.scenario.port import Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Points or credit that came together.

    Attributes:
        id: counts lots in the order in which they came.
        source: the sale, or what else they came from.
        rule: the rule that gave them.
        owner: the member who brought them in.
        branch: whose business days its expiry counts.
        left: how many are left.
        active_from_ms: since when they can be spent.
        expires_at_ms: from when they are gone; None for never.
        expiry: the rule behind that.
        pending: they wait for the night after that moment.
        closed: the night has closed it.
    """

    id: int
    source: str
    rule: str
    owner: str
    branch: str
    left: int
    active_from_ms: int
    expires_at_ms: int | None
    expiry: Expiry = Expiry()
    pending: bool = False
    closed: bool = False

    def can_be_spent(self, at_ms: int) -> bool:
        """Whether it has begun, and not lapsed, and something is left."""
        lapsed = self.expires_at_ms is not None and self.expires_at_ms <= at_ms
        return self.left > 0 and not self.pending and not lapsed

    @property
    def waits(self) -> bool:
        """Whether something is left that cannot be spent yet."""
        return self.left > 0 and self.pending


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """So much out of one lot."""

    lot: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """One owner's points, or credit, or the money on a gift card.

    Attributes:
        owner: a member, a household, a gift card.
        unit: what is in it.
        lots: every one there ever was.
        held: taken out of lots and set aside.
        owed: taken beyond what was there.
        sums: all that ever moved.
    """

    owner: str
    unit: Unit
    lots: tuple[Lot, ...] = ()
    held: int = 0
    owed: int = 0
    sums: Sums = field(default_factory=Sums)

    def active(self, at_ms: int) -> int:
        """What can be spent; lots that the night has not closed yet still count to the books."""
        return sum(lot.left for lot in self.lots if lot.can_be_spent(at_ms))

    @property
    def pending(self) -> int:
        """What cannot be spent yet."""
        return sum(lot.left for lot in self.lots if lot.waits)

    def lapsed(self, at_ms: int) -> int:
        """What has lapsed and waits for the night to say so."""
        return sum(lot.left for lot in self.lots) - self.active(at_ms) - self.pending

    def balance(self, at_ms: int) -> int:
        """What can be spent, below zero where something is owed."""
        return self.active(at_ms) - self.owed


def in_spending_order(wallet: Wallet, at_ms: int) -> list[Lot]:
    """The lots that can be spent: what lapses soonest first, then what is older."""
    lots = [lot for lot in wallet.lots if lot.can_be_spent(at_ms)]
    return sorted(lots, key=lambda lot: (lot.expires_at_ms is None, lot.expires_at_ms or 0, lot.id))


def with_sums(wallet: Wallet, **more: int) -> Wallet:
    """Add to the sums."""
    added = {name: getattr(wallet.sums, name) + amount for name, amount in more.items()}
    return replace(wallet, sums=replace(wallet.sums, **added))


def add(wallet: Wallet, lot: Lot, at_ms: int) -> Wallet:
    """Put a lot in; the caller says in which sum it counts. It waits if it begins later."""
    lot = replace(lot, pending=lot.active_from_ms > at_ms)
    return settle(replace(wallet, lots=(*wallet.lots, lot)), at_ms)


def activate(wallet: Wallet, lot_id: int, at_ms: int) -> Wallet:
    """Let a lot be spent from now on; what is owed is paid first."""
    lots = (replace(lot, pending=lot.pending and lot.id != lot_id) for lot in wallet.lots)
    return settle(replace(wallet, lots=tuple(lots)), at_ms)


def settle(wallet: Wallet, at_ms: int) -> Wallet:
    """Pay what is owed with what can be spent."""
    if not wallet.owed:
        return wallet
    paid_wallet, taken = take(wallet, wallet.owed, at_ms)
    return replace(paid_wallet, owed=wallet.owed - amount_of(taken))


def take(
    wallet: Wallet, amount: int, at_ms: int, *, first: Callable[[Lot], int] | None = None
) -> tuple[Wallet, tuple[Taken, ...]]:
    """Take out of the lots that can be spent, as much as there is.

    Args:
        wallet: out of which.
        amount: at most so much.
        at_ms: now.
        first: a rank that goes before the spending order; lots with a smaller one go first.
    """
    lots = in_spending_order(wallet, at_ms)
    if first is not None:
        lots.sort(key=first)
    return take_from(wallet, lots, amount)


def take_from(wallet: Wallet, lots: Iterable[Lot], amount: int) -> tuple[Wallet, tuple[Taken, ...]]:
    """Take out of these lots in this order, as much as there is."""
    taken: list[Taken] = []
    for lot in lots:
        part = min(lot.left, amount)
        if part > 0:
            taken.append(Taken(lot=lot.id, amount=part))
            amount -= part
    return _change(wallet, {part.lot: -part.amount for part in taken}), tuple(taken)


def put_back(
    wallet: Wallet,
    parts: Iterable[Taken],
    at_ms: int,
    regained: Callable[[Lot], int | None] | None = None,
) -> Wallet:
    """Give what was taken back to the lots it came from.

    Args:
        wallet: where the lots are.
        parts: what each gets.
        at_ms: now.
        regained: says when a lot lapses that got something back; its old moment where left out.
    """
    amounts: dict[int, int] = {}
    for part in parts:
        amounts[part.lot] = amounts.get(part.lot, 0) + part.amount
    lots = tuple(
        replace(
            lot,
            expires_at_ms=lot.expires_at_ms if regained is None else regained(lot),
            closed=False,
        )
        if amounts.get(lot.id)
        else lot
        for lot in wallet.lots
    )
    return settle(_change(replace(wallet, lots=lots), amounts), at_ms)


def amount_of(parts: Iterable[Taken]) -> int:
    """All that was taken."""
    return sum(part.amount for part in parts)


def parts_of(parts: Iterable[Taken], amount: int) -> tuple[Taken, ...]:
    """The last part of what was taken: what was spent last comes back first.

    Lots that lapse later were spent later; giving those back first is best for the member.
    """
    given: list[Taken] = []
    for part in reversed(tuple(parts)):
        share = min(part.amount, amount)
        if share:
            given.append(Taken(lot=part.lot, amount=share))
            amount -= share
    return tuple(given)


def less(parts: Iterable[Taken], given: Iterable[Taken]) -> tuple[Taken, ...]:
    """What is still out after some of it was given back."""
    back: dict[int, int] = {}
    for part in given:
        back[part.lot] = back.get(part.lot, 0) + part.amount
    left = (replace(part, amount=part.amount - back.get(part.lot, 0)) for part in parts)
    return tuple(part for part in left if part.amount)


def close(wallet: Wallet, lot_id: int) -> Wallet:
    """Close a lot that has lapsed: what is left in it is gone."""
    left = sum(lot.left for lot in wallet.lots if lot.id == lot_id)
    lots = (replace(lot, left=0, closed=True) if lot.id == lot_id else lot for lot in wallet.lots)
    return with_sums(replace(wallet, lots=tuple(lots)), expired=left)


def _change(wallet: Wallet, amounts: dict[int, int]) -> Wallet:
    lots = tuple(
        replace(lot, left=lot.left + amounts[lot.id]) if lot.id in amounts else lot
        for lot in wallet.lots
    )
    assert all(lot.left >= 0 for lot in lots), "nothing is taken that is not there"
    return replace(wallet, lots=lots)
