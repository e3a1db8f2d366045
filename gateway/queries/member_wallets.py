"""What a member keeps in every wallet, and how the member stands with the programme.

``member_points`` tells of the points alone; this is for whoever acts on all of it at a desk.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from gateway.ledger.accounts import credit_ledger_name, credit_wallet_id, points_wallet_id
from gateway.ledger.kinds import HouseholdRole, WalletKind
from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows_lots import LotRow
from gateway.ledger.rows_members import (
    HouseholdMemberRow,
    HouseholdRow,
    StandingRow,
    VoucherRow,
    WalletRow,
)
from gateway.ledger.sql_batch import SqlBatch
from gateway.model.ids import HouseholdId, MemberId, WalletId
from gateway.model.plain import from_plain
from gateway.model.rules.reward import GiftKind
from gateway.program.tiers import TierState

#: So many lots of one wallet are listed; a wallet with more tells how many there are.
LOTS_MAX: Final = 60
#: So many coupons and benefits are listed, the newest first.
VOUCHERS_MAX: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletLot:
    """A part of a wallet that came together and is not used up.

    Attributes:
        amount: as it came, in the wallet's unit.
        remaining: what is left of it.
        pending: it cannot be spent yet...
        available_from_ms: ...before this Unix time in milliseconds.
        expires_at_ms: from when it is gone; None for never.
    """

    amount: int
    remaining: int
    pending: bool
    available_from_ms: int
    expires_at_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """One wallet at one moment: what time has done to its lots by then is in it.

    Attributes:
        wallet_id: its name.
        kind: what it is.
        currency: the ISO 4217 code of money; None for points.
        available: what can be spent; below zero it is owed.
        pending: what cannot be spent yet.
        held: what is reserved.
        lots: what it is made of, next to be spent first; at most ``LOTS_MAX``.
        lots_in_all: how many there are.
    """

    wallet_id: WalletId
    kind: WalletKind
    currency: str | None
    available: int
    pending: int
    held: int
    lots: tuple[WalletLot, ...]
    lots_in_all: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberVoucher:
    """A coupon or a benefit.

    Attributes:
        voucher_id: its number.
        kind: coupon or benefit.
        source: the offer that gave it; empty where somebody at a desk did.
        reward: what a coupon is for.
        left: how often it can still be used; 0 where it was taken back.
        quantity: how often it could be used at first.
        granted_at_ms: since when.
        expires_at_ms: from when it is gone; None for never.
        revoked: whether it was taken back.
    """

    voucher_id: int
    kind: GiftKind
    source: str
    reward: str | None
    left: int
    quantity: int
    granted_at_ms: int
    expires_at_ms: int | None
    revoked: bool

    def usable(self, now_ms: int) -> bool:
        """Whether it can be used at a moment."""
        return self.left > 0 and (self.expires_at_ms is None or self.expires_at_ms > now_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberStanding:
    """How a member stands.

    Attributes:
        tier: the level; None for none.
        tier_since: the business day from which the member has it.
        tier_until: the last one on which it is kept whatever happens; None where it only follows
            what is measured.
        segments: the groups that the member is in, in order.
        referred_by: who brought the member.
        purchases: sales that were not wholly returned.
    """

    tier: str | None = None
    tier_since: date | None = None
    tier_until: date | None = None
    segments: tuple[str, ...] = ()
    referred_by: MemberId | None = None
    purchases: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberWallets:
    """Everything.

    Attributes:
        points: the member's own points.
        credits: stored credit, a wallet for each currency that the member has any in.
        household: the common wallet, for members of a household.
        household_id: which household, also of one who is only invited.
        role: what the member is to it; None for one who has nothing to do with any.
        vouchers: the newest first; at most ``VOUCHERS_MAX``.
        standing: see there.
    """

    points: Wallet
    credits: tuple[Wallet, ...]
    household: Wallet | None
    household_id: HouseholdId | None
    role: HouseholdRole | None
    vouchers: tuple[MemberVoucher, ...]
    standing: MemberStanding


def wallets_of(ledger: LedgerReader, member_id: MemberId, now_ms: int) -> MemberWallets | None:
    """All that one member has; ask ``member_of_id`` first whether it may be seen.

    Args:
        ledger: where.
        member_id: whose.
        now_ms: Unix time in milliseconds.

    Returns:
        None where there is no such member.

    Raises:
        LedgerError: if the ledger cannot be read.
    """
    with ledger.batch() as batch:
        known = batch.rows(HouseholdMemberRow, [member_id])
        home = batch.rows(HouseholdRow, [one.household_id for one in known])
        common = home[0].wallet_id if home and known[0].role is not HouseholdRole.INVITED else None
        money = _credit_wallets(batch, member_id)
        wanted = [points_wallet_id(member_id), *money]
        rows = {row.wallet_id: row for row in batch.rows(WalletRow, [*wanted, *_some(common)])}
        lots = batch.open_lots(list(rows))
        standing = batch.rows(StandingRow, [member_id])
        vouchers = batch.vouchers_of([member_id])
    wallets = {name: _wallet(row, lots, money.get(name), now_ms) for name, row in rows.items()}
    own = wallets.get(points_wallet_id(member_id))
    if own is None:
        return None
    return MemberWallets(
        points=own,
        credits=tuple(wallets[name] for name in money if name in wallets),
        household=None if common is None else wallets[common],
        household_id=known[0].household_id if known else None,
        role=known[0].role if known else None,
        vouchers=_vouchers(vouchers),
        standing=standing_of(standing[0] if standing else None),
    )


def settled_wallet(
    row: WalletRow, lots: Iterable[LotRow], now_ms: int, currency: str | None
) -> Wallet:
    """Show a wallet as it would be if its lots were brought to a moment.

    Args:
        row: the wallet.
        lots: its open lots.
        now_ms: Unix time in milliseconds.
        currency: of what it holds; None for points.
    """
    available, pending, shown = row.available, row.pending, []
    for lot in lots:
        gone = lot.expires_at_ms is not None and lot.expires_at_ms <= now_ms
        begun = lot.pending and lot.available_from_ms <= now_ms
        available -= lot.remaining if gone and not lot.pending else 0
        available += lot.remaining if begun and not gone else 0
        pending -= lot.remaining if lot.pending and (gone or begun) else 0
        if not gone:
            shown.append(_lot(lot, pending=lot.pending and not begun))
    shown.sort(key=lambda lot: (lot.pending, lot.expires_at_ms is None, lot.expires_at_ms or 0))
    return Wallet(
        wallet_id=row.wallet_id,
        kind=row.kind,
        currency=currency,
        available=available,
        pending=pending,
        held=row.held,
        lots=tuple(shown[:LOTS_MAX]),
        lots_in_all=len(shown),
    )


def standing_of(row: StandingRow | None) -> MemberStanding:
    """How a member stands, by what is kept of it."""
    if row is None:
        return MemberStanding()
    state = from_plain(TierState, json.loads(row.tier_state)) if row.tier_state else None
    has_level = state is not None and state.level is not None
    return MemberStanding(
        tier=row.tier,
        tier_since=state.since if state is not None and has_level else None,
        tier_until=state.kept_until if state is not None and has_level else None,
        segments=tuple(json.loads(row.segments)) if row.segments else (),
        referred_by=row.referred_by,
        purchases=row.purchases,
    )


def _credit_wallets(batch: SqlBatch, member_id: MemberId) -> dict[WalletId, str]:
    """What a member's wallets of money would be called, and their currencies."""
    prefix = credit_ledger_name("")
    codes = (one.removeprefix(prefix) for one in batch.ledgers().by_name if one.startswith(prefix))
    return {credit_wallet_id(member_id, code): code for code in sorted(codes)}


def _some(wallet_id: WalletId | None) -> tuple[WalletId, ...]:
    return () if wallet_id is None else (wallet_id,)


def _wallet(row: WalletRow, lots: list[LotRow], currency: str | None, now_ms: int) -> Wallet:
    own = [lot for lot in lots if lot.wallet_id == row.wallet_id]
    return settled_wallet(row, own, now_ms, currency)


def _lot(lot: LotRow, *, pending: bool) -> WalletLot:
    return WalletLot(
        amount=lot.points,
        remaining=lot.remaining,
        pending=pending,
        available_from_ms=lot.available_from_ms,
        expires_at_ms=lot.expires_at_ms,
    )


def _vouchers(rows: list[VoucherRow]) -> tuple[MemberVoucher, ...]:
    newest = sorted(rows, key=lambda row: -row.voucher_id)[:VOUCHERS_MAX]
    return tuple(
        MemberVoucher(
            voucher_id=row.voucher_id,
            kind=row.kind,
            source=row.source,
            reward=row.reward,
            left=0 if row.revoked_index is not None else row.quantity - row.used,
            quantity=row.quantity,
            granted_at_ms=row.granted_at_ms,
            expires_at_ms=row.expires_at_ms,
            revoked=row.revoked_index is not None,
        )
        for row in newest
    )
