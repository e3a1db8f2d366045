"""Members, their households, coupons, limits and visits: what rules ask of a batch's book."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from gateway.ledger.accounts import (
    Ledgers,
    credit_ledger_name,
    credit_wallet_id,
    gift_ledger_name,
    gift_wallet_after,
    gift_wallet_stem,
    points_wallet_id,
)
from gateway.ledger.book_lots import LotBook
from gateway.ledger.errors import InvariantError, NotLoadedError
from gateway.ledger.head import Head
from gateway.ledger.kinds import HouseholdRole, WalletKind
from gateway.ledger.numbering import maker_of
from gateway.ledger.rows_members import (
    GiftCardRow,
    HouseholdMemberRow,
    HouseholdRow,
    MemberRow,
    StandingRow,
    UsageRow,
    VisitRow,
    VoucherRow,
    WalletRow,
    usage_row,
)
from gateway.ledger.shelf import Shelf
from gateway.model.ids import BranchId, CardToken, HouseholdId, MemberId, WalletId
from gateway.model.rules.reward import GiftKind
from gateway.program.limit_keys import owner_of
from gateway.program.succession import Successor


class MemberBook(LotBook):
    """What a batch knows of members beside their lots.

    Attributes:
        superseded: what currencies are counted in now that were superseded, by their codes.
    """

    def __init__(self, head: Head, ledgers: Ledgers) -> None:
        super().__init__(head, ledgers)
        self.standings = Shelf[MemberId, StandingRow](StandingRow)
        self.visits = Shelf[tuple[MemberId, str, BranchId], VisitRow](VisitRow)
        self.usage = Shelf[str, UsageRow](UsageRow)
        self.vouchers = Shelf[int, VoucherRow](VoucherRow)
        self.gift_cards = Shelf[CardToken, GiftCardRow](GiftCardRow)
        self.households = Shelf[HouseholdId, HouseholdRow](HouseholdRow)
        self.household_members = Shelf[MemberId, HouseholdMemberRow](HouseholdMemberRow)
        self.members: list[MemberRow] = []
        self._visits_of: defaultdict[MemberId, dict[tuple[str, BranchId], None]] = defaultdict(dict)
        self._with_visits: set[MemberId] = set()
        self._vouchers_of: defaultdict[MemberId, dict[int, None]] = defaultdict(dict)
        self._with_vouchers: set[MemberId] = set()
        self._with_limits: set[str] = set()
        self._new: set[MemberId] = set()
        self._with_gift_card: set[WalletId] = set()
        self.superseded: Mapping[str, Successor] = {}

    # -- loading ------------------------------------------------------------------------------

    def load_visits(self, members: Iterable[MemberId], rows: Iterable[VisitRow]) -> None:
        """Take members' visits, as far back as this batch's rules look."""
        self._with_visits.update(members)
        for row in rows:
            self.visits.load([row])
            self._visits_of[row.member_id][row.business_day, row.branch] = None

    def load_limits(self, owners: Iterable[str], rows: Iterable[UsageRow]) -> None:
        """Take all that owners used of limits that can matter to this batch."""
        self._with_limits.update(owners)
        self.usage.load(rows)

    def load_vouchers(self, members: Iterable[MemberId], rows: Iterable[VoucherRow]) -> None:
        """Take every coupon and benefit of members."""
        self._with_vouchers.update(members)
        for row in rows:
            self.vouchers.load([row])
            self._vouchers_of[row.member_id][row.voucher_id] = None

    def load_cards_of(self, wallets: Iterable[WalletId], rows: Iterable[GiftCardRow]) -> None:
        """Take the gift cards whose money is in wallets; there need be none."""
        self._with_gift_card.update(wallets)
        self.gift_cards.load(rows)

    # -- wallets ------------------------------------------------------------------------------

    def points_wallet(self, member_id: MemberId) -> WalletRow:
        """The wallet that a member earns into and redeems from: the household's, or the own one."""
        household = self.household_of(member_id)
        wallet_id = points_wallet_id(member_id) if household is None else household.wallet_id
        return self.wallets.require(wallet_id)

    def household_of(self, member_id: MemberId) -> HouseholdRow | None:
        """The household that a member belongs to; an invitation is none yet."""
        if not self.household_members.knows(member_id):
            return None  # no programme of this ledger ever had households
        row = self.household_members.get(member_id)
        if row is None or row.role is HouseholdRole.INVITED:
            return None
        return self.households.require(row.household_id)

    def known_credit_wallet(self, member_id: MemberId, currency: str) -> WalletRow | None:
        """A member's stored credit in a currency; None for one who never had any."""
        wallet_id = credit_wallet_id(member_id, currency)
        if self.is_new(member_id) and not self.wallets.knows(wallet_id):
            return None
        return self.wallets.get(wallet_id)

    def credit_wallet(self, member_id: MemberId, currency: str) -> WalletRow:
        """The same, made where there is none yet."""
        wallet_id = credit_wallet_id(member_id, currency)
        if self.known_credit_wallet(member_id, currency) is None:
            ledger = credit_ledger_name(currency)
            self.add_wallet(wallet_id, WalletKind.CREDIT, member_id, ledger)
        return self.wallets.require(wallet_id)

    def wallet_in(self, member_id: MemberId, ledger: str) -> WalletRow:
        """A member's wallet in a ledger of points or of stored credit."""
        if ledger == self.points_ledger:
            return self.points_wallet(member_id)
        return self.credit_wallet(member_id, ledger.partition(":")[2])

    def is_gift_card(self, token: CardToken) -> bool:
        """Whether a card is a gift card, and so nobody's.

        Raises:
            NotLoadedError: if nobody looked for it.
        """
        return self.gift_cards.get(token) is not None

    def known_gift_wallet(self, wallet_id: WalletId, currency: str) -> WalletRow | None:
        """A gift card's wallet in a currency, by any that it ever had; None where there is none."""
        ledger, stem = gift_ledger_name(currency), gift_wallet_stem(wallet_id)
        names = (stem, gift_wallet_after(stem, currency))
        known = [self.wallets.get(name) for name in names if self.wallets.knows(name)]
        return next((row for row in known if row is not None and row.ledger == ledger), None)

    def gift_wallet(self, wallet_id: WalletId, currency: str) -> WalletRow:
        """The same, made where there is none yet."""
        known = self.known_gift_wallet(wallet_id, currency)
        if known is not None:
            return known
        # Were it there and not loaded, the store would refuse it a second time.
        name = gift_wallet_after(wallet_id, currency)
        self.add_wallet(name, WalletKind.GIFT, None, gift_ledger_name(currency))
        return self.wallets.require(name)

    def gift_card_in(self, wallet_id: WalletId) -> GiftCardRow | None:
        """The gift card whose money is in a wallet; None where it has another one by now.

        Raises:
            NotLoadedError: if nobody looked for it.
        """
        found = [row for row in self.gift_cards.rows() if row.wallet_id == wallet_id]
        if not found and wallet_id not in self._with_gift_card:
            raise NotLoadedError(f"the gift card of wallet {wallet_id} was not loaded")
        return found[0] if found else None

    def card_ends_ms(self, card: GiftCardRow) -> int | None:
        """When the last money of a gift card lapses, or lapsed; None for never.

        What a return gives back may last longer than anything that was ever put onto the card.
        """
        if card.expires_at_ms is None:
            return None
        ends_ms = card.expires_at_ms
        for lot in self.open_lots(card.wallet_id):
            if lot.expires_at_ms is None:
                return None
            ends_ms = max(ends_ms, lot.expires_at_ms)
        return ends_ms

    def extend_card(self, token: CardToken, until_ms: int | None) -> None:
        """Note that money which lapses at a moment, or never, was put onto a gift card."""
        card = self.gift_cards.require(token)
        if card.expires_at_ms is not None:
            ends_ms = None if until_ms is None else max(card.expires_at_ms, until_ms)
            self.gift_cards.replace(replace(card, expires_at_ms=ends_ms))

    # -- visits and coupons -------------------------------------------------------------------

    def visits_of(self, member_id: MemberId) -> list[VisitRow]:
        """A member's visits, as far back as they were loaded.

        Raises:
            NotLoadedError: if they were not.
        """
        if member_id not in self._with_visits:
            raise NotLoadedError(f"the visits of member {member_id} were not loaded")
        keys = self._visits_of[member_id]
        return [self.visits.require((member_id, day, branch)) for day, branch in keys]

    def put_visit(self, row: VisitRow) -> None:
        """Keep what a business day at a branch has come to."""
        if (row.business_day, row.branch) in self._visits_of[row.member_id]:
            self.visits.replace(row)
            return
        self.visits.add(row)
        self._visits_of[row.member_id][row.business_day, row.branch] = None

    def vouchers_of(self, member_id: MemberId) -> list[VoucherRow]:
        """A member's coupons and benefits, oldest first.

        Raises:
            NotLoadedError: if they were not loaded.
        """
        if member_id not in self._with_vouchers:
            raise NotLoadedError(f"the coupons of member {member_id} were not loaded")
        return [self.vouchers.require(number) for number in sorted(self._vouchers_of[member_id])]

    def usable_coupon(self, member_id: MemberId, reward: str, at_ms: int) -> VoucherRow | None:
        """The coupon for a reward that a member should use first: the one that lapses soonest."""
        usable = [
            one
            for one in self.vouchers_of(member_id)
            if one.kind is GiftKind.COUPON
            and one.reward == reward
            and one.revoked_index is None
            and one.used < one.quantity
            and (one.expires_at_ms is None or one.expires_at_ms > at_ms)
        ]
        order = [(one.expires_at_ms is None, one.expires_at_ms or 0) for one in usable]
        return min(zip(order, usable, strict=True), key=lambda pair: pair[0], default=(None, None))[
            1
        ]

    def add_voucher(self, row: VoucherRow) -> None:
        """Give a member a coupon or a benefit."""
        self.vouchers.add(row)
        self._vouchers_of[row.member_id][row.voucher_id] = None

    def vouchers_made_by(self, journal_index: int) -> list[VoucherRow]:
        """The coupons and benefits that a journal row gave, in order, as far as they are known."""
        made = (row for row in self.vouchers.rows() if maker_of(row.voucher_id) == journal_index)
        return sorted(made, key=lambda row: row.voucher_id)

    # -- changing -----------------------------------------------------------------------------

    def add_member(self, member_id: MemberId, branch: BranchId, at_ms: int) -> None:
        """Make a member with an empty wallet of points, of whom nothing was before."""
        self.members.append(MemberRow(member_id=member_id, enrolled_at_ms=at_ms, branch=branch))
        self.add_points_wallet(member_id)
        self._new.add(member_id)
        self._with_limits.add(f"member:{member_id}")
        self.standings.load((), [member_id])
        self.household_members.load((), [member_id])
        self._with_visits.add(member_id)
        self._with_vouchers.add(member_id)

    def use(self, key: str, amount: int) -> None:
        """Count the use of a limit, or with an ``amount`` below zero give it back.

        More is never given back than was used: a limit that nobody counted when the sale was made
        has nothing to give.
        """
        known = self._used(key)
        if known is None:
            if amount > 0:
                self.usage.add(usage_row(key, amount))
            return
        self.usage.replace(replace(known, amount=max(known.amount + amount, 0)))

    def use_voucher(self, voucher_id: int, times: int) -> None:
        """Use a coupon or a benefit, or with ``times`` below zero give its use back.

        Raises:
            InvariantError: if it was revoked or is used up, or gives back more than was used.
        """
        voucher = self.vouchers.require(voucher_id)
        used = voucher.used + times
        if not 0 <= used <= voucher.quantity or (times > 0 and voucher.revoked_index is not None):
            raise InvariantError(f"voucher {voucher_id} cannot be used {times} times")
        self.vouchers.replace(replace(voucher, used=used))

    def revoke_voucher(self, voucher_id: int, journal_index: int) -> None:
        """Take back what is left of a coupon or a benefit.

        Raises:
            InvariantError: if it was revoked already.
        """
        voucher = self.vouchers.require(voucher_id)
        if voucher.revoked_index is not None:
            raise InvariantError(f"voucher {voucher_id} is revoked already")
        self.vouchers.replace(replace(voucher, revoked_index=journal_index))

    def is_new(self, member_id: MemberId) -> bool:
        """Whether a member was made in this batch, so that the store cannot know anything of it."""
        return member_id in self._new

    def used(self, key: str) -> int:
        """How much of a limit was used.

        Raises:
            NotLoadedError: if nobody looked for it.
        """
        row = self._used(key)
        return 0 if row is None else row.amount

    def used_among(self, owners: Collection[str], keys: Iterable[str]) -> list[UsageRow]:
        """What of these limits was used at all.

        Args:
            owners: whom the keys count for.
            keys: the limits'.

        Raises:
            NotLoadedError: if nobody looked for what one of the owners used.
        """
        missing = [owner for owner in owners if owner not in self._with_limits]
        if missing:
            raise NotLoadedError(f"what {missing[0]} used of limits was not loaded")
        return self.usage.among(keys)

    def _used(self, key: str) -> UsageRow | None:
        if not self.usage.knows(key) and owner_of(key) in self._with_limits:
            return None  # all that this owner used was loaded, and this was not among it
        return self.usage.get(key)
