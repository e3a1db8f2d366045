"""What everybody has, as the scenario's expectations look at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from gateway.model.ids import BranchId
from gateway.model.rules.earning import Unit
from gateway.model.rules.settings import Settings
from gateway.program.local_time import place_at
from simulators.scenario.port import NEVER, LotPart, MemberView, Part, State, WalletView
from simulators.scenario.pure.books import Books, Member
from simulators.scenario.pure.wallets import Lot, Wallet, in_spending_order


def state_of(books: Books, at_ms: int) -> State:
    """Everything that is there now."""
    settings = books.programmes[-1].rules.settings
    return State(
        members=tuple(_member(books, member, settings, at_ms) for member in books.members.values()),
        gift_cards=tuple(
            Part(name=card, amount=books.wallet(card, Unit.CREDIT).active(at_ms))
            for card in books.gifts
        ),
        wallets=tuple(_wallet(wallet, at_ms) for wallet in books.wallets.values()),
    )


def last_day_of(lot: Lot, settings: Settings) -> str:
    """The last business day on which a lot can be spent."""
    if lot.expires_at_ms is None:
        return NEVER
    return _day(lot, lot.expires_at_ms - 1, settings).isoformat()


def _member(books: Books, member: Member, settings: Settings, at_ms: int) -> MemberView:
    owner = books.owner_of(member.name)
    points = books.wallet(owner, Unit.POINTS)
    waiting = sorted((lot for lot in points.lots if lot.waits), key=lambda lot: lot.active_from_ms)
    return MemberView(
        name=member.name,
        points=points.balance(at_ms),
        pending=points.pending,
        held=points.held,
        credit_minor=books.wallet(owner, Unit.CREDIT).balance(at_ms),
        tier=None if member.tier is None else member.tier.level,
        lots=tuple(
            _together(
                (last_day_of(lot, settings), lot.left) for lot in in_spending_order(points, at_ms)
            )
        ),
        pending_lots=tuple(
            _together(
                (_day(lot, lot.active_from_ms, settings).isoformat(), lot.left) for lot in waiting
            )
        ),
        vouchers=tuple(
            Part(name=voucher.name, amount=voucher.left)
            for voucher in member.vouchers
            if voucher.left and (voucher.expires_at_ms is None or voucher.expires_at_ms > at_ms)
        ),
    )


def _together(lots: Iterable[tuple[str, int]]) -> Iterator[LotPart]:
    """Lots of the same day as one: how many rows a ledger needs for them is its own business."""
    sums: dict[str, int] = {}
    for day, left in lots:
        sums[day] = sums.get(day, 0) + left
    yield from (LotPart(day=day, amount=left) for day, left in sums.items())


def _wallet(wallet: Wallet, at_ms: int) -> WalletView:
    return WalletView(
        owner=wallet.owner,
        unit=wallet.unit,
        sums=wallet.sums,
        active=wallet.active(at_ms),
        lapsed=wallet.lapsed(at_ms),
        held=wallet.held,
        pending=wallet.pending,
        negative=wallet.owed,
    )


def _day(lot: Lot, at_ms: int, settings: Settings) -> date:
    return place_at(settings, BranchId(lot.branch), at_ms).business_day
