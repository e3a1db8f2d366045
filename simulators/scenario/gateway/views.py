"""What everybody has, as the ledger's rows say it, and whether those rows belong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gateway.ledger.accounts import credit_wallet_id, unit_of_ledger
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.checks import broken_invariants
from gateway.ledger.flows import Flows, flows_of
from gateway.ledger.kinds import HouseholdRole
from gateway.ledger.rows_lots import DebtRow, LotRow
from gateway.ledger.rows_members import (
    GiftCardRow,
    HouseholdMemberRow,
    HouseholdRow,
    StandingRow,
    VoucherRow,
    WalletRow,
)
from gateway.model.ids import BranchId, MemberId, WalletId
from gateway.model.programme import Programme
from gateway.program.local_time import business_day
from gateway.program.succession import Successor, rounded, superseded
from simulators.scenario.gateway.effects import branches_of, last_day
from simulators.scenario.gateway.names import card_of
from simulators.scenario.port import LotPart, MemberView, Part, State, Sums, WalletView


@dataclass(frozen=True, slots=True)
class _Rows:
    """Everything that is looked at."""

    wallets: dict[WalletId, WalletRow]
    lots: dict[WalletId, list[LotRow]]
    owed: Counter[WalletId]
    branches: dict[int, BranchId]
    programme: Programme
    at_ms: int
    superseded: Mapping[str, Successor]
    households: dict[MemberId, WalletId] = field(default_factory=dict)


def state_of(
    batch: LedgerBatch,
    members: dict[str, MemberId],
    gift_cards: Iterable[str],
    programme: Programme,
    at_ms: int,
) -> State:
    """Everything that is there now.

    Args:
        batch: one state of the ledger.
        members: everybody, by name.
        gift_cards: names of the gift cards that were issued.
        programme: the last version of the rules, by whose clocks days are told.
        at_ms: now.
    """
    rows = _read(batch, programme, at_ms)
    flows = flows_of(batch)
    return State(
        members=tuple(_member(batch, rows, name, one) for name, one in members.items()),
        gift_cards=tuple(_gift_cards(batch, rows, gift_cards)),
        wallets=tuple(
            _wallet(rows, row, flows.get(row.wallet_id, Flows())) for row in rows.wallets.values()
        ),
        faults=broken_invariants(batch),
    )


def _read(batch: LedgerBatch, programme: Programme, at_ms: int) -> _Rows:
    lots: dict[WalletId, list[LotRow]] = {}
    for lot in batch.every(LotRow):
        if lot.remaining:
            lots.setdefault(lot.wallet_id, []).append(lot)
    owed: Counter[WalletId] = Counter()
    for debt in batch.every(DebtRow):
        owed[debt.wallet_id] += debt.remaining
    households = {row.household_id: row.wallet_id for row in batch.every(HouseholdRow)}
    return _Rows(
        wallets={row.wallet_id: row for row in batch.every(WalletRow)},
        lots=lots,
        owed=owed,
        branches=branches_of(batch, (lot for own in lots.values() for lot in own)),
        programme=programme,
        at_ms=at_ms,
        superseded=superseded(batch.programmes(), at_ms),
        households={
            row.member_id: households[row.household_id]
            for row in batch.every(HouseholdMemberRow)
            if row.role is not HouseholdRole.INVITED
        },
    )


def _member(batch: LedgerBatch, rows: _Rows, name: str, member_id: MemberId) -> MemberView:
    points = rows.households.get(member_id, WalletId(member_id))
    standing = batch.rows(StandingRow, [member_id])
    credit = _money(rows, _credit_wallets(rows, member_id))
    settings = rows.programme.rules.settings
    waiting = sorted(_waiting(rows, points), key=lambda lot: lot.available_from_ms)
    return MemberView(
        name=name,
        points=_balance(rows, points),
        pending=sum(lot.remaining for lot in waiting),
        held=rows.wallets[points].held if points in rows.wallets else 0,
        credit_minor=credit,
        tier=standing[0].tier if standing else None,
        lots=_together(
            (last_day(lot, rows.branches[lot.lot_id], settings), lot.remaining)
            for lot in sorted(_spendable(rows, points), key=_spending_order)
        ),
        pending_lots=_together((_first_day(rows, lot), lot.remaining) for lot in waiting),
        vouchers=_vouchers(batch.vouchers_of([member_id]), rows.at_ms),
    )


def _gift_cards(batch: LedgerBatch, rows: _Rows, names: Iterable[str]) -> Iterator[Part]:
    for name in names:
        for row in batch.rows(GiftCardRow, [card_of(name).token]):
            yield Part(name=name, amount=max(_money(rows, [row.wallet_id]), 0))


def _wallet(rows: _Rows, row: WalletRow, flows: Flows) -> WalletView:
    lots = rows.lots.get(row.wallet_id, [])
    active = [lot for lot in lots if not lot.pending]
    lapsed = sum(lot.remaining for lot in active if _has_lapsed(rows, lot))
    return WalletView(
        owner=row.wallet_id,
        unit=unit_of_ledger(row.ledger),
        sums=Sums(
            earned=flows.earned + flows.topped_up,
            returned=flows.returned,
            spent=flows.spent + flows.paid_out,
            expired=flows.expired,
            clawed=flows.clawed,
            adjusted=flows.adjusted + flows.converted + flows.redenominated + flows.rounded,
            moved=flows.moved,
        ),
        active=sum(lot.remaining for lot in active) - lapsed,
        lapsed=lapsed,
        held=row.held,
        pending=row.pending,
        negative=rows.owed[row.wallet_id],
    )


def _credit_wallets(rows: _Rows, member_id: MemberId) -> list[WalletId]:
    codes = (rows.programme.currency.code, *rows.superseded)
    return [credit_wallet_id(member_id, code) for code in codes]


def _money(rows: _Rows, wallets: Iterable[WalletId]) -> int:
    """What wallets of one owner have in the currency in force, whoever touched them when."""
    total = 0
    for wallet_id in wallets:
        ledger = rows.wallets[wallet_id].ledger if wallet_id in rows.wallets else ""
        successor = rows.superseded.get(ledger.partition(":")[2])
        balance = _balance(rows, wallet_id)
        total += balance if successor is None else rounded(balance, successor.factor)
    return total


# -- lots -----------------------------------------------------------------------------------------


def _balance(rows: _Rows, wallet_id: WalletId) -> int:
    """What can be spent, below zero where something is owed."""
    return sum(lot.remaining for lot in _spendable(rows, wallet_id)) - rows.owed[wallet_id]


def _spendable(rows: _Rows, wallet_id: WalletId) -> Iterator[LotRow]:
    for lot in rows.lots.get(wallet_id, []):
        if not _has_lapsed(rows, lot) and not _is_early(rows, lot):
            yield lot


def _waiting(rows: _Rows, wallet_id: WalletId) -> Iterator[LotRow]:
    return (lot for lot in rows.lots.get(wallet_id, []) if _is_early(rows, lot))


def _has_lapsed(rows: _Rows, lot: LotRow) -> bool:
    return lot.expires_at_ms is not None and lot.expires_at_ms <= rows.at_ms


def _is_early(rows: _Rows, lot: LotRow) -> bool:
    """Whether it cannot be spent yet: who is asked for it after its moment lets it be spent."""
    return lot.pending and lot.available_from_ms > rows.at_ms


def _spending_order(lot: LotRow) -> tuple[bool, int, int]:
    return (lot.expires_at_ms is None, lot.expires_at_ms or 0, lot.lot_id)


def _first_day(rows: _Rows, lot: LotRow) -> str:
    settings = rows.programme.rules.settings
    return business_day(settings, rows.branches[lot.lot_id], lot.available_from_ms).isoformat()


def _together(lots: Iterable[tuple[str, int]]) -> tuple[LotPart, ...]:
    """Lots of the same day as one: how many rows a ledger needs for them is its own business."""
    sums: dict[str, int] = {}
    for day, left in lots:
        sums[day] = sums.get(day, 0) + left
    return tuple(LotPart(day=day, amount=left) for day, left in sums.items())


def _vouchers(rows: Iterable[VoucherRow], at_ms: int) -> tuple[Part, ...]:
    return tuple(
        Part(name=row.reward or row.source, amount=row.quantity - row.used)
        for row in sorted(rows, key=lambda row: row.voucher_id)
        if row.revoked_index is None
        and row.used < row.quantity
        and (row.expires_at_ms is None or row.expires_at_ms > at_ms)
    )
