"""The books of the pure executor: who is a member, what was sold, what is set aside."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from gateway.model.ids import MemberId, SaleKey
from gateway.model.member_facts import MemberDate
from gateway.model.money import Currency
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.rules.reward import GiftKind
from gateway.model.sale import Sale, TenderKind
from gateway.program.evaluation import Award, Discount, Use, Voucher
from gateway.program.facts import Place
from gateway.program.goods_back import GoodsBack
from gateway.program.returns import Rated
from gateway.program.rewards import RewardQuote
from gateway.program.tiers import TierState
from simulators.scenario.port import Answer
from simulators.scenario.pure.wallets import Taken, Wallet


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldVoucher:
    """Coupons or benefits that a member has.

    Attributes:
        id: counts them.
        source: the offer, or ``desk``, that gave them.
        kind: coupon or benefit.
        name: the reward that coupons are for; the offer that gave benefits.
        sale: the sale that gave them.
        given: how many there were.
        left: how many there are.
        expires_at_ms: from when they are gone; None for never.
    """

    id: int
    source: str
    kind: GiftKind
    name: str
    sale: str
    given: int
    left: int
    expires_at_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member.

    Attributes:
        name: the scenario's name.
        id: the pseudonym that the engine draws lots by.
        joined_on: the day of enrolment.
        dates: days of the member's own.
        segments: groups.
        tier: what is known of the level.
        brought_by: who brought the member.
        referral_paid: that was rewarded.
        household: whose wallet is used; the founder's name.
        vouchers: coupons and benefits.
    """

    name: str
    id: MemberId
    joined_on: date
    dates: tuple[MemberDate, ...] = ()
    segments: tuple[str, ...] = ()
    tier: TierState | None = None
    brought_by: str | None = None
    referral_paid: bool = False
    household: str | None = None
    vouchers: tuple[HeldVoucher, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card and whose it is."""

    member: str
    blocked: bool = False
    replaced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftAccount:
    """A gift card; the money is in the wallet of its name."""

    currency: Currency
    expires_at_ms: int | None
    blocked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldCard:
    """A gift card that was sold in a sale.

    Attributes:
        name: the card.
        source: what its lots say where they are from.
        amount_minor: what was put onto it.
        taken_minor: of that, what went back with goods of the sale.
    """

    name: str
    source: str
    amount_minor: int
    taken_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Something that is set aside, or was used, for a sale.

    Attributes:
        member: who uses it; None for a gift card.
        owner: of the wallet that it comes from.
        unit: of that wallet.
        amount: how much of it.
        parts: the lots that it came from, and that have not got it back.
        money_minor: the money it stands for.
        tender: how it pays; None where it lowers the price instead.
        discounts: what it takes off.
        quote: the reward that is taken.
        coupon: the voucher that pays for the reward.
        uses: what it adds to limits.
        returned: how much of it was given back.
        gift: what the reward brought beside money off.
        gift_source: what the gift's lots and coupons say where they are from.
    """

    member: str | None
    owner: str
    unit: Unit
    amount: int = 0
    parts: tuple[Taken, ...] = ()
    money_minor: int = 0
    tender: TenderKind | None = None
    discounts: tuple[Discount, ...] = ()
    quote: RewardQuote | None = None
    coupon: int | None = None
    uses: tuple[Use, ...] = ()
    returned: int = 0
    gift: Award | Voucher | None = None
    gift_source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A reservation.

    Attributes:
        spent: what is set aside.
        expires_at_ms: from when it frees itself.
        resolved: it was used, or given up.
        freed: its time ran out before that.
    """

    spent: Spent
    expires_at_ms: int
    resolved: bool = False
    freed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a sale brought somebody, and what returns took back of each award.

    Attributes:
        member: whom; None for a card that nobody owns.
        owner: the wallet.
        rated: the sale as it was rated.
        clawed: of each award.
        stays: how many uses of each voucher stay.
        uses: what it added to limits, and still counts.
    """

    member: str | None
    owner: str
    rated: Rated
    clawed: tuple[int, ...]
    stays: tuple[int, ...]
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRecord:
    """A closed sale, with all that a return needs.

    Attributes:
        name: the scenario's name.
        card: what was shown.
        member: whose; None for a customer whom nobody knows.
        sale: as it was paid.
        place: where and when.
        programme: the version that rated it.
        brought: what it brought its member, and whoever had brought the member.
        uses: what its offers, rewards and rules added to limits, and still count.
        spent: what was used on it.
        gift_cards: cards that were bought with it.
        back: what came back so far.
        whole: nothing of it is left.
    """

    name: str
    card: str | None
    member: str | None
    sale: Sale
    place: Place
    programme: Programme
    brought: tuple[Brought, ...] = ()
    uses: tuple[Use, ...] = ()
    spent: tuple[Spent, ...] = ()
    gift_cards: tuple[SoldCard, ...] = ()
    back: GoodsBack = field(default_factory=GoodsBack)
    whole: bool = False


@dataclass(slots=True)
class Books:
    """Everything that is written down. Values are frozen; ``copy`` is cheap.

    The last three are for redenominations: money held in an older currency by whose it is, the
    version under which each reservation was made, and how many returns a sale had.
    """

    programmes: tuple[Programme, ...]
    members: dict[str, Member] = field(default_factory=dict)
    cards: dict[str, Card] = field(default_factory=dict)
    wallets: dict[tuple[str, Unit], Wallet] = field(default_factory=dict)
    gifts: dict[str, GiftAccount] = field(default_factory=dict)
    sales: dict[str, SaleRecord] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    attached: dict[str, tuple[Spent, ...]] = field(default_factory=dict)
    events: frozenset[tuple[str, str, str]] = frozenset()
    invited: frozenset[tuple[str, str]] = frozenset()
    answers: dict[str, Answer] = field(default_factory=dict)
    last_night: date | None = None
    numbers: int = 0
    held_before: dict[str, int] = field(default_factory=dict)
    made_by: dict[str, int] = field(default_factory=dict)
    returned: dict[str, int] = field(default_factory=dict)

    def copy(self) -> Books:
        """The same books, so that what happens in one does not show in the other."""
        return Books(
            programmes=self.programmes,
            members=dict(self.members),
            cards=dict(self.cards),
            wallets=dict(self.wallets),
            gifts=dict(self.gifts),
            sales=dict(self.sales),
            holds=dict(self.holds),
            used=dict(self.used),
            attached=dict(self.attached),
            events=self.events,
            invited=self.invited,
            answers=dict(self.answers),
            last_night=self.last_night,
            numbers=self.numbers,
            held_before=dict(self.held_before),
            made_by=dict(self.made_by),
            returned=dict(self.returned),
        )

    def number(self) -> int:
        """The next number of a lot or a voucher."""
        self.numbers += 1
        return self.numbers

    def wallet(self, owner: str, unit: Unit) -> Wallet:
        """An owner's wallet; empty where there was none."""
        return self.wallets.get((owner, unit), Wallet(owner=owner, unit=unit))

    def keep(self, wallet: Wallet) -> None:
        """Write a wallet down."""
        self.wallets[wallet.owner, wallet.unit] = wallet

    def count_uses(self, uses: Iterable[Use], sign: int = 1) -> None:
        """Count uses of limits, or give them back."""
        for use in uses:
            self.used[use.key] = self.used.get(use.key, 0) + sign * use.amount

    def owner_of(self, member: str) -> str:
        """Whose wallet a member uses."""
        return self.members[member].household or member

    def change(self, member: str, **parts: object) -> None:
        """Change what is known of a member."""
        self.members[member] = replace(self.members[member], **parts)  # type: ignore[arg-type]


def member_id_of(name: str) -> MemberId:
    """The pseudonym of a scenario's member."""
    return MemberId(hashlib.sha256(f"member {name}".encode()).hexdigest()[:32])


def sale_key_of(name: str) -> SaleKey:
    """The key of a scenario's sale."""
    return SaleKey(hashlib.sha256(f"sale {name}".encode()).digest()[:16])
