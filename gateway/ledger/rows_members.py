"""Rows about members: what they keep, what they hold, and how they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gateway.ledger.kinds import CardState, GiftCardState, HouseholdRole, WalletKind
from gateway.ledger.row import Row
from gateway.model.card import CardProfile
from gateway.model.ids import BranchId, CardToken, HouseholdId, MemberId, TerminalId, WalletId
from gateway.model.rules.reward import GiftKind
from gateway.program.limit_keys import last_day_of, owner_of


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow(Row):
    """A customer's pseudonym and where it was made. Nothing about the person."""

    member_id: MemberId
    enrolled_at_ms: int
    branch: BranchId

    TABLE: ClassVar[str] = "member"

    @property
    def key(self) -> MemberId:
        """The pseudonym."""
        return self.member_id


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletRow(Row):
    """Three accounts of one ledger, with their materialised balances.

    ``available`` is negative only where a policy lets it be; it always equals what is left of the
    wallet's lots that can be spent, minus the wallet's open debts, one of which is zero.

    Attributes:
        wallet_id: its name; that of a member's own points is the member's.
        kind: what it is.
        member_id: whose; None where it is nobody's in particular.
        ledger: the unit's ledger.
        available_account: of what can be spent.
        held_account: of what is reserved.
        pending_account: of what cannot be spent yet.
        available: points, or minor units of money, as are the next two.
        held: reserved.
        pending: what is left of lots that cannot be spent yet.
    """

    wallet_id: WalletId
    kind: WalletKind
    member_id: MemberId | None
    ledger: str
    available_account: int
    held_account: int
    pending_account: int
    available: int
    held: int
    pending: int

    TABLE: ClassVar[str] = "wallet"

    @property
    def key(self) -> WalletId:
        """The name."""
        return self.wallet_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRow(Row):
    """A credential that names a member."""

    token: CardToken
    profile: CardProfile
    member_id: MemberId
    state: CardState
    added_at_ms: int

    TABLE: ClassVar[str] = "card"

    @property
    def key(self) -> CardToken:
        """The token."""
        return self.token


@dataclass(frozen=True, slots=True, kw_only=True)
class CardUseRow(Row):
    """One tap of a card that counts its taps, as a terminal told it.

    Attributes:
        token: the card's.
        counter: what the card had counted.
        terminal: where it was tapped.
        at_ms: when, Unix time in milliseconds, as far as the terminal's clock was believed.
        certain: whether it was; otherwise ``at_ms`` is when the gateway heard of it.
        journal_index: the row that told of it first.
    """

    token: CardToken
    counter: int
    terminal: TerminalId
    at_ms: int
    certain: bool
    journal_index: int

    TABLE: ClassVar[str] = "card_use"

    @property
    def key(self) -> tuple[CardToken, int]:
        """Card and counter: a counter is used once."""
        return (self.token, self.counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRow(Row):
    """How a member stands with the programme, for rules that ask what was before.

    Written only under programmes whose rules look at it. Days are ISO 8601 text.

    Attributes:
        member_id: who.
        purchases: sales that were not wholly returned.
        visits: business days at a branch with such a sale.
        last_visit_on: the business day of the last of them; None for none.
        visit_before_on: that of the one before it, on another day.
        spent_minor: what all sales came to, less what came back; in the smallest unit of the first
            currency, see ``gateway.program.succession``.
        earned_points: what all sales earned, less what was taken back.
        joined_on: the business day of joining.
        tier: the level; None for none.
        tier_state: all that is known of the level, the canonical JSON of a
            ``gateway.program.tiers.TierState``; empty where nothing is.
        referred_by: who brought the member.
        referral_index: the journal row that rewarded it; None where nothing did yet.
        segments: the groups the member is in, a JSON list in order; empty text for none.
    """

    member_id: MemberId
    purchases: int
    visits: int
    last_visit_on: str | None
    visit_before_on: str | None
    spent_minor: int
    earned_points: int
    joined_on: str
    tier: str | None
    tier_state: str
    referred_by: MemberId | None
    referral_index: int | None
    segments: str

    TABLE: ClassVar[str] = "standing"

    @property
    def key(self) -> MemberId:
        """The member."""
        return self.member_id


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRow(Row):
    """What a member bought on one business day at one branch, less what came back.

    Attributes:
        member_id: who.
        business_day: ISO 8601 text.
        branch: where.
        sales: sales that were not wholly returned; at none it is no visit.
        amount_minor: what they came to; in the smallest unit of the first currency.
        points: what they earned, less what returns took back.
    """

    member_id: MemberId
    business_day: str
    branch: BranchId
    sales: int
    amount_minor: int
    points: int

    TABLE: ClassVar[str] = "visit"

    @property
    def key(self) -> tuple[MemberId, str, BranchId]:
        """Member, day and branch."""
        return (self.member_id, self.business_day, self.branch)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow(Row):
    """How much of one limit is used; ``gateway.program.limits`` makes the keys.

    Attributes:
        usage_key: the limit's.
        owner: whom it counts for, taken out of the key.
        last_day: the last business day on which it can matter, ISO 8601 text.
        amount: uses, points or money; that in the smallest unit of the first currency.
    """

    usage_key: str
    owner: str
    last_day: str
    amount: int

    TABLE: ClassVar[str] = "usage"

    @property
    def key(self) -> str:
        """The limit's key."""
        return self.usage_key


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherRow(Row):
    """A coupon or a benefit that a member was given, to be used so many times.

    Attributes:
        voucher_id: made of the journal row that gave it; see ``gateway.ledger.numbering``.
        member_id: whose.
        source: the offer's id, or empty where somebody at a desk gave it.
        kind: ``coupon`` or ``benefit``.
        reward: what a coupon is for.
        quantity: how often it can be used.
        used: how often it was.
        granted_at_ms: since when.
        expires_at_ms: from when it cannot be used; None for never.
        funder: who bears it, where that is not the branch that gave it.
        revoked_index: the journal row that took it back.
    """

    voucher_id: int
    member_id: MemberId
    source: str
    kind: GiftKind
    reward: str | None
    quantity: int
    used: int
    granted_at_ms: int
    expires_at_ms: int | None
    funder: BranchId | None
    revoked_index: int | None

    TABLE: ClassVar[str] = "voucher"

    @property
    def key(self) -> int:
        """The number."""
        return self.voucher_id


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftCardRow(Row):
    """A card that names a wallet of money and no member.

    Attributes:
        token: the card's token.
        wallet_id: the wallet; another one after its currency was redenominated.
        state: whether it may be spent.
        issued_at_ms: when.
        branch: where.
        last_four: the last four digits printed on it, for people.
        expires_at_ms: when what was put onto it last lapses, or lapsed; None for never.
    """

    token: CardToken
    wallet_id: WalletId
    state: GiftCardState
    issued_at_ms: int
    branch: BranchId
    last_four: str
    expires_at_ms: int | None

    TABLE: ClassVar[str] = "gift_card"

    @property
    def key(self) -> CardToken:
        """The token."""
        return self.token


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdRow(Row):
    """Members who earn into and spend from one wallet."""

    household_id: HouseholdId
    wallet_id: WalletId
    founder: MemberId
    created_at_ms: int

    TABLE: ClassVar[str] = "household"

    @property
    def key(self) -> HouseholdId:
        """The name."""
        return self.household_id


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdMemberRow(Row):
    """What a member is to a household. Who leaves has no such row; the journal remembers."""

    member_id: MemberId
    household_id: HouseholdId
    role: HouseholdRole
    since_ms: int

    TABLE: ClassVar[str] = "household_member"

    @property
    def key(self) -> MemberId:
        """The member: nobody is in two households."""
        return self.member_id


def usage_row(key: str, amount: int) -> UsageRow:
    """The row of a limit, whose key says all but the amount."""
    return UsageRow(
        usage_key=key,
        owner=owner_of(key),
        last_day=last_day_of(key).isoformat(),
        amount=amount,
    )
