"""What members, cards and limits become in the books of an audit, apart from points and money."""

from __future__ import annotations

from dataclasses import replace

from gateway.audit.books import Books, Wallet
from gateway.ledger.kinds import CardState, GiftCardState, HouseholdRole, WalletKind
from gateway.ledger.rows_members import (
    CardRow,
    GiftCardRow,
    HouseholdMemberRow,
    MemberRow,
    VisitRow,
    VoucherRow,
    usage_row,
)
from gateway.model.card import CardEvidence
from gateway.model.ids import BranchId, CardToken, HouseholdId, MemberId, WalletId
from gateway.model.outcome import Reason
from gateway.model.rules.reward import GiftKind

# -- limits and coupons -----------------------------------------------------------------------


def use(books: Books, key: str, amount: int) -> None:
    """Count the use of a limit; below zero gives it back, never more than was used."""
    known = books.usage.get(key)
    if known is not None:
        books.usage[key] = replace(known, amount=max(known.amount + amount, 0))
    elif amount > 0:
        books.usage[key] = usage_row(key, amount)


def used(books: Books, key: str) -> int:
    """How much of a limit was used."""
    known = books.usage.get(key)
    return 0 if known is None else known.amount


def add_voucher(books: Books, row: VoucherRow) -> None:
    """Give a member a coupon or a benefit."""
    books.vouchers[row.voucher_id] = row
    books.vouchers_of.setdefault(row.member_id, []).append(row.voucher_id)


def use_voucher(books: Books, voucher_id: int, times: int) -> None:
    """Use a coupon so often, or with ``times`` below zero give its use back."""
    voucher = books.vouchers[voucher_id]
    books.vouchers[voucher_id] = replace(voucher, used=voucher.used + times)


def revoke_voucher(books: Books, voucher_id: int) -> None:
    """Take back what is left of a coupon or a benefit."""
    revoked = replace(books.vouchers[voucher_id], revoked_index=books.index)
    books.vouchers[voucher_id] = revoked


def usable_coupon(books: Books, member: MemberId, reward: str, at_ms: int) -> VoucherRow | None:
    """The coupon for a reward that lapses soonest; of several the oldest."""
    found: list[VoucherRow] = []
    for number in sorted(books.vouchers_of.get(member, ())):
        one = books.vouchers[number]
        over = one.expires_at_ms is not None and one.expires_at_ms <= at_ms
        dead = over or one.revoked_index is not None or one.used >= one.quantity
        if one.kind is GiftKind.COUPON and one.reward == reward and not dead:
            found.append(one)

    def ends(one: VoucherRow) -> float:
        return float("inf") if one.expires_at_ms is None else one.expires_at_ms

    return min(found, key=ends, default=None)


# -- members and cards ------------------------------------------------------------------------


def active_owner(books: Books, token: CardToken) -> MemberId | Reason:
    """Whose card it is, where it is somebody's and neither blocked nor replaced; else why not."""
    card = books.cards.get(token)
    if card is None:
        return Reason.UNKNOWN_CARD
    return card.member_id if card.state is CardState.ACTIVE else Reason.CARD_BLOCKED


def add_member(
    books: Books, member: MemberId, card: CardEvidence, branch: BranchId, at_ms: int
) -> None:
    """Make a member of a card that nobody owns."""
    books.members[member] = MemberRow(member_id=member, enrolled_at_ms=at_ms, branch=branch)
    books.wallets[WalletId(member)] = Wallet(WalletKind.POINTS, member, books.ledger)
    books.cards[card.token] = CardRow(
        token=card.token,
        profile=card.profile,
        member_id=member,
        state=CardState.ACTIVE,
        added_at_ms=at_ms,
    )


def open_gift_card(books: Books, row: GiftCardRow, ledger: str) -> None:
    """Make an empty gift card."""
    books.wallets[row.wallet_id] = Wallet(WalletKind.GIFT, None, ledger)
    books.gift_cards[row.token] = replace(row, state=GiftCardState.ACTIVE)


def card_ends_ms(books: Books, card: GiftCardRow) -> int | None:
    """When the last of a gift card's money is gone, or went; None for never."""
    ends = [lot.expires_at_ms for lot in books.heap.open_lots(card.wallet_id)]
    known = [one for one in (card.expires_at_ms, *ends) if one is not None]
    return max(known) if len(known) == len(ends) + 1 else None


def extend_card(books: Books, token: CardToken, until_ms: int | None) -> None:
    """A gift card lasts as long as the last of what was put onto it."""
    card = books.gift_cards[token]
    if until_ms is None or card.expires_at_ms is None:
        books.gift_cards[token] = replace(card, expires_at_ms=None)
    elif until_ms > card.expires_at_ms:
        books.gift_cards[token] = replace(card, expires_at_ms=until_ms)


def put_visit(books: Books, row: VisitRow) -> None:
    """Write down what a business day at a branch has come to."""
    if row.key not in books.visits:
        books.visits_of.setdefault(row.member_id, []).append(row.key)
    books.visits[row.key] = row


# -- households -------------------------------------------------------------------------------


def members_of(books: Books, household: HouseholdId) -> list[HouseholdMemberRow]:
    """Everybody who belongs to a household or is asked to."""
    rows = (books.household_members.get(one) for one in books.in_household.get(household, ()))
    return [row for row in rows if row is not None and row.household_id == household]


def put_into_household(
    books: Books, member: MemberId, household: HouseholdId, role: HouseholdRole, at_ms: int
) -> None:
    """Say what a member is to a household from now on; who stays in it keeps the first day."""
    known = books.household_members.get(member)
    since_ms = at_ms
    if known is not None and known.household_id == household:
        since_ms = at_ms if known.role is HouseholdRole.INVITED else known.since_ms
    books.in_household.setdefault(household, {})[member] = None
    books.household_members[member] = HouseholdMemberRow(
        member_id=member, household_id=household, role=role, since_ms=since_ms
    )
