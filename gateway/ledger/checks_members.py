"""What must hold of members, sales and cards beside points and money; see ``checks``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import chain as joined

from gateway.ledger.batch import LedgerBatch
from gateway.ledger.kinds import HoldState, HouseholdRole, WalletKind
from gateway.ledger.rows_lots import HoldRow
from gateway.ledger.rows_members import (
    CardRow,
    GiftCardRow,
    HouseholdMemberRow,
    HouseholdRow,
    StandingRow,
    UsageRow,
    VisitRow,
    VoucherRow,
    WalletRow,
)
from gateway.ledger.rows_sales import RatingRow, SaleReturnRow, SaleRow
from gateway.model.ids import BranchId, HouseholdId, MemberId, SaleKey


def broken_memberships(batch: LedgerBatch) -> Iterator[str]:
    """Say in sentences what does not hold; nothing is good news. Reads every row."""
    return joined(
        _standings(batch),
        _counts(batch),
        _returns(batch),
        _sales(batch),
        _ratings(batch),
        _given_back(batch),
        _gift_cards(batch),
        _households(batch),
    )


def _standings(batch: LedgerBatch) -> Iterator[str]:
    """What a member did in all is the sum of what the member's visits say."""
    sums: defaultdict[MemberId, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for visit in batch.every(VisitRow):
        parts = (visit.sales, visit.sales > 0, visit.amount_minor, visit.points)
        sums[visit.member_id] = [
            had + more for had, more in zip(sums[visit.member_id], parts, strict=True)
        ]
        if visit.sales < 0:
            yield f"visit {visit.key} has {visit.sales} sales"
    for row in batch.every(StandingRow):
        kept = [row.purchases, row.visits, row.spent_minor, row.earned_points]
        summed = sums.pop(row.member_id, [0, 0, 0, 0])
        if kept != summed:
            yield f"member {row.member_id} stands at {kept}, but the visits say {summed}"
    yield from (f"member {member} has visits and no standing" for member in sums)


def _counts(batch: LedgerBatch) -> Iterator[str]:
    for usage in batch.every(UsageRow):
        if usage.amount < 0:
            yield f"limit {usage.usage_key} is used {usage.amount} times"
    for voucher in batch.every(VoucherRow):
        if not 0 <= voucher.used <= voucher.quantity:
            yield f"voucher {voucher.voucher_id} is used {voucher.used} of {voucher.quantity} times"


def _returns(batch: LedgerBatch) -> Iterator[str]:
    names = Counter((row.branch, row.return_key) for row in batch.every(SaleReturnRow))
    for (_, key), times in names.items():
        if times > 1:
            yield f"return {key.hex()} was booked {times} times"


def _sales(batch: LedgerBatch) -> Iterator[str]:
    """Of a sale comes back what its returns say, and with a whole refund the rest of it."""
    returned: Counter[tuple[BranchId, SaleKey | None]] = Counter()
    for row in batch.every(SaleReturnRow):
        returned[row.branch, row.sale_key] += row.amount_minor
    for sale in batch.every(SaleRow):
        if sale.total_minor is None:
            continue
        least, name = returned[sale.branch, sale.sale_key], f"sale {sale.sale_key.hex()}"
        # A till may tell another total with the earn than it had told with the redemption before.
        told_once = sale.earn_index in (None, sale.first_index)
        if told_once and not least <= sale.returned_minor <= sale.total_minor:
            yield f"{name} of {sale.total_minor} has {sale.returned_minor} returned"
        if sale.refund_index is None and sale.returned_minor != least:
            yield f"{name} has {sale.returned_minor} returned, its returns say {least}"


def _ratings(batch: LedgerBatch) -> Iterator[str]:
    earns = {sale.earn_index: sale.key for sale in batch.every(SaleRow)}
    for rating in batch.every(RatingRow):
        if earns.get(rating.journal_index) != (rating.branch, rating.sale_key):
            yield f"rating {rating.journal_index} is of no sale"


def _given_back(batch: LedgerBatch) -> Iterator[str]:
    for hold in batch.every(HoldRow):
        name = f"hold {hold.hold_id.hex()}"
        used = hold.redeemed_points if hold.state is HoldState.POSTED else 0
        minor = hold.redeemed_minor if hold.state is HoldState.POSTED else 0
        if not 0 <= hold.given_back_points <= used <= hold.points:
            yield f"{name} gave {hold.given_back_points} of {used} points back"
        if not 0 <= hold.given_back_minor <= minor <= hold.amount_minor:
            yield f"{name} gave {hold.given_back_minor} of {minor} back"
        if not 0 <= hold.shortfall_points <= used:
            yield f"{name} lacked {hold.shortfall_points} of {used} points"


def _gift_cards(batch: LedgerBatch) -> Iterator[str]:
    cards = {card.token for card in batch.every(CardRow)}
    wallets = {
        wallet.wallet_id for wallet in batch.every(WalletRow) if wallet.kind is WalletKind.GIFT
    }
    for row in batch.every(GiftCardRow):
        if row.wallet_id not in wallets:
            yield f"gift card {row.token.hex()} has no wallet of its own"
        wallets.discard(row.wallet_id)
        if row.token in cards:
            yield f"card {row.token.hex()} is a member's and a gift card"


def _households(batch: LedgerBatch) -> Iterator[str]:
    founders: Counter[HouseholdId] = Counter()
    for member in batch.every(HouseholdMemberRow):
        founders[member.household_id] += member.role is HouseholdRole.FOUNDER
    for row in batch.every(HouseholdRow):
        if founders.pop(row.household_id, 0) > 1:
            yield f"household {row.household_id} has several founders"
    yield from (f"household {name} has members and is none" for name in founders)
