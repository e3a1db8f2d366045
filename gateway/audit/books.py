"""Points and money, counted a second time: balances as one sum per account, lots as dictionaries.

Written apart from ``gateway.ledger.posting`` on purpose, from the rules in ``docs/ledger.md``. Two
programmers, or one on two days, do not make the same mistake at the same place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeAlias

from gateway.audit.heap import Heap
from gateway.ledger.accounts import credit_ledger_name, credit_wallet_id, points_wallet_id
from gateway.ledger.kinds import HoldState, HouseholdRole, SystemAccount, WalletKind
from gateway.ledger.numbering import number_of
from gateway.ledger.rows_lots import HoldRow, SuspendedRow
from gateway.ledger.rows_members import (
    CardRow,
    CardUseRow,
    GiftCardRow,
    HouseholdMemberRow,
    HouseholdRow,
    MemberRow,
    StandingRow,
    UsageRow,
    VisitRow,
    VoucherRow,
)
from gateway.ledger.rows_reviews import ReviewRow
from gateway.ledger.rows_sales import RatingRow, SaleReturnRow, SaleRow
from gateway.model.card import CardEvidence
from gateway.model.ids import (
    BranchId,
    CardToken,
    HoldId,
    HouseholdId,
    MemberId,
    SaleKey,
    WalletId,
)
from gateway.model.member_facts import MemberDate
from gateway.model.programme import Programme
from gateway.model.transaction import Transaction

SaleName: TypeAlias = tuple[BranchId, SaleKey]

Account: TypeAlias = tuple[str, str]
"""A ledger and the name of one of its accounts."""

Transfer: TypeAlias = tuple[Account, Account, int]
"""From an account, to an account, how much."""

PARTS = ("available", "held", "pending")
"""What a wallet's three accounts are called after its name."""


@dataclass(frozen=True, slots=True)
class Wallet:
    """Who owns a wallet, and in which ledger it is."""

    kind: WalletKind
    member_id: MemberId | None
    ledger: str


@dataclass(frozen=True, slots=True)
class HeldReview:
    """A paper that was not sure.

    Attributes:
        row: how it stands.
        transaction: as it was sealed.
        card: the card that was shown for it, were it a moment later.
        moments: when it may have been printed, the likeliest first.
    """

    row: ReviewRow
    transaction: Transaction
    card: CardEvidence | None
    moments: tuple[int, ...]


@dataclass(slots=True)
class Books:
    """Everything the envelopes say about points and money, up to the row replayed last.

    Attributes:
        ledger: the points' ledger.
        programmes: every version of the rules.
        index: the journal index being replayed.
        balances: of every account; credits minus debits.
        transfers: of the row being replayed.
        wallets: by name.
        heap: lots and debts.
        members: who there is.
        cards: by token.
        card_uses: taps by card and counter.
        counters_of: the counters of each card's taps, rising.
        holds: by id.
        sales: by branch and key.
        reviews: papers that were not sure, by branch and key.
        settled: the sales that were made of them, by the journal index that made them.
        suspended: by the number that the lot will have.
        standings: by member.
        visits: by member, day and branch.
        usage: by the limit's key.
        vouchers: by number.
        gift_cards: by token.
        households: by name.
        household_members: by member.
        rating: how the row being replayed rates its sale, where rules beyond the base do.
        returns: by the journal index of the return.
        moments: when a sale was, where its terminal's clock was ahead of the gateway's; by the
            journal index that told of it.
        dates: the days of members that a rating told of last.
        nights: the last night that did all of itself to a wallet.
        visits_of: the names of visits, by member.
        vouchers_of: the numbers of vouchers, by member.
        in_household: everybody who ever was in a household, by its name.
    """

    ledger: str = ""
    programmes: tuple[Programme, ...] = ()
    index: int = 0
    balances: Counter[Account] = field(default_factory=Counter)
    transfers: list[Transfer] = field(default_factory=list)
    wallets: dict[WalletId, Wallet] = field(default_factory=dict)
    heap: Heap = field(default_factory=Heap)
    members: dict[MemberId, MemberRow] = field(default_factory=dict)
    cards: dict[CardToken, CardRow] = field(default_factory=dict)
    card_uses: dict[tuple[CardToken, int], CardUseRow] = field(default_factory=dict)
    counters_of: dict[CardToken, list[int]] = field(default_factory=dict)
    holds: dict[HoldId, HoldRow] = field(default_factory=dict)
    sales: dict[SaleName, SaleRow] = field(default_factory=dict)
    reviews: dict[SaleName, HeldReview] = field(default_factory=dict)
    settled: dict[int, Transaction] = field(default_factory=dict)
    suspended: dict[int, SuspendedRow] = field(default_factory=dict)
    standings: dict[MemberId, StandingRow] = field(default_factory=dict)
    visits: dict[tuple[MemberId, str, BranchId], VisitRow] = field(default_factory=dict)
    usage: dict[str, UsageRow] = field(default_factory=dict)
    vouchers: dict[int, VoucherRow] = field(default_factory=dict)
    gift_cards: dict[CardToken, GiftCardRow] = field(default_factory=dict)
    households: dict[HouseholdId, HouseholdRow] = field(default_factory=dict)
    household_members: dict[MemberId, HouseholdMemberRow] = field(default_factory=dict)
    rating: RatingRow | None = None
    returns: dict[int, SaleReturnRow] = field(default_factory=dict)
    moments: dict[int, int] = field(default_factory=dict)
    dates: dict[MemberId, tuple[MemberDate, ...]] = field(default_factory=dict)
    nights: dict[WalletId, date] = field(default_factory=dict)
    visits_of: dict[MemberId, list[tuple[MemberId, str, BranchId]]] = field(default_factory=dict)
    vouchers_of: dict[MemberId, list[int]] = field(default_factory=dict)
    in_household: dict[HouseholdId, dict[MemberId, None]] = field(default_factory=dict)
    _lots: int = 0
    _waiting: defaultdict[CardToken, list[int]] = field(default_factory=lambda: defaultdict(list))
    _suspended_by: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    _posted: defaultdict[SaleName, list[HoldId]] = field(default_factory=lambda: defaultdict(list))
    _holds_on: defaultdict[SaleName, dict[HoldId, None]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    _returns_of: defaultdict[SaleName, list[int]] = field(default_factory=lambda: defaultdict(list))
    _return_names: set[SaleName] = field(default_factory=set)
    _receipts: defaultdict[tuple[BranchId, str], dict[SaleName, None]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def begin(self, index: int) -> None:
        """Turn to the next journal row."""
        self.index = index
        self.transfers = []
        self.rating = None
        self._lots = 0
        self.heap.begin(index)

    def next_lot(self) -> int:
        """Number the next lot of the row being replayed."""
        self._lots += 1
        return number_of(self.index, self._lots - 1)

    # -- wallets --------------------------------------------------------------------------------

    def household_of(self, member: MemberId) -> HouseholdRow | None:
        """The household that a member belongs to; who is only asked belongs to none."""
        row = self.household_members.get(member)
        if row is None or row.role is HouseholdRole.INVITED:
            return None
        return self.households[row.household_id]

    def points_wallet(self, member: MemberId) -> WalletId:
        """Where a member's points come in and go out."""
        household = self.household_of(member)
        return points_wallet_id(member) if household is None else household.wallet_id

    def credit_wallet(self, member: MemberId, currency: str) -> WalletId:
        """A member's stored credit in a currency, opened where there is none yet."""
        wallet = credit_wallet_id(member, currency)
        opened = Wallet(WalletKind.CREDIT, member, credit_ledger_name(currency))
        self.wallets.setdefault(wallet, opened)
        return wallet

    def wallet_in(self, member: MemberId, ledger: str) -> WalletId:
        """A member's wallet in a ledger of points or of stored credit."""
        if ledger == self.ledger:
            return self.points_wallet(member)
        return self.credit_wallet(member, ledger.partition(":")[2])

    # -- accounts -------------------------------------------------------------------------------

    def account(self, wallet: WalletId, part: str) -> Account:
        """One of a wallet's three accounts."""
        own = self.wallets[wallet]
        stem = f"member:{wallet}" if own.kind is WalletKind.POINTS else wallet
        return (own.ledger, f"{stem}:{part}")

    def system(self, account: SystemAccount, wallet: WalletId) -> Account:
        """A system account of the ledger that a wallet is in."""
        return (self.wallets[wallet].ledger, account.value)

    def available(self, wallet: WalletId) -> int:
        """What a wallet can spend."""
        return self.balances[self.account(wallet, "available")]

    def moved(self, wallet: WalletId) -> int:
        """What the row being replayed did to all that a wallet has."""
        own = {self.account(wallet, part) for part in PARTS}
        return sum(
            points * ((target in own) - (source in own))
            for source, target, points in self.transfers
        )

    def net(self, account: Account) -> int:
        """What the row being replayed did to one account."""
        return sum(
            points * ((target == account) - (source == account))
            for source, target, points in self.transfers
        )

    def touched(self) -> list[WalletId]:
        """The wallets with an account that the row being replayed moved something on."""
        named = {account for source, target, _ in self.transfers for account in (source, target)}
        return [
            wallet
            for wallet in {_wallet_named(name) for _, name in named}
            if wallet in self.wallets
        ]

    def transfer(self, source: Account, target: Account, points: int) -> None:
        """Move from one account to another."""
        if points:
            self.transfers.append((source, target, points))
            self.balances[source] -= points
            self.balances[target] += points

    # -- what waits for an owner ------------------------------------------------------------------

    def waiting_for(self, token: CardToken) -> list[SuspendedRow]:
        """What waits for a card's owner, oldest first."""
        rows = (self.suspended[lot] for lot in self._waiting.get(token, ()))
        return [row for row in rows if row.resolved_index is None]

    def waiting_of(self, earn_index: int) -> list[SuspendedRow]:
        """What an earn put in suspense and that still waits."""
        rows = (self.suspended[lot] for lot in self._suspended_by.get(earn_index, ()))
        return [row for row in rows if row.resolved_index is None]

    def tokens_of(self, earn_index: int) -> list[CardToken]:
        """The cards whose owners got what an earn had put in suspense."""
        return [self.suspended[lot].card_token for lot in self._suspended_by.get(earn_index, ())]

    def suspend(self, row: SuspendedRow) -> None:
        """Let something wait for a card's owner."""
        issued, suspense = SystemAccount.ISSUED.value, SystemAccount.SUSPENSE.value
        self.transfer((row.ledger, issued), (row.ledger, suspense), row.points)
        self.suspended[row.lot_id] = row
        self._waiting[row.card_token].append(row.lot_id)
        self._suspended_by[row.journal_index].append(row.lot_id)

    def settle_waiting(self, row: SuspendedRow, target: Account) -> int:
        """Let what waited go to its owner; says how much that was."""
        left = row.points - row.taken_back
        self.suspended[row.lot_id] = replace(row, resolved_index=self.index)
        self.transfer((row.ledger, SystemAccount.SUSPENSE.value), target, left)
        return left

    def take_waiting_back(self, row: SuspendedRow, points: int, *, whole: bool) -> None:
        """Take back some of what waits; when nothing is left of its sale, the waiting is over."""
        taken = row.taken_back + points
        over = self.index if whole else None
        self.suspended[row.lot_id] = replace(row, taken_back=taken, resolved_index=over)
        suspense, back = SystemAccount.SUSPENSE.value, SystemAccount.CLAWED_BACK.value
        self.transfer((row.ledger, suspense), (row.ledger, back), points)

    # -- holds and sales --------------------------------------------------------------------------

    def put_hold(self, hold: HoldRow) -> None:
        """Write down where a hold stands."""
        known = self.holds.get(hold.hold_id)
        self.holds[hold.hold_id] = hold
        if known is not None:
            self._holds_on[known.branch, known.sale_key].pop(hold.hold_id, None)
        if hold.state in (HoldState.PENDING, HoldState.POSTED):
            self._holds_on[hold.branch, hold.sale_key][hold.hold_id] = None
        if hold.state is HoldState.POSTED and (known is None or known.state is not hold.state):
            self._posted[hold.branch, hold.sale_key].append(hold.hold_id)

    def redemptions(self, sale: SaleName) -> list[HoldRow]:
        """The holds posted on a sale, in the order in which they were posted."""
        return [self.holds[hold_id] for hold_id in self._posted.get(sale, ())]

    def holds_on(self, sale: SaleName) -> list[HoldRow]:
        """The holds that are pending or posted on a sale."""
        return [self.holds[hold_id] for hold_id in self._holds_on.get(sale, ())]

    def put_return(self, row: SaleReturnRow) -> None:
        """Write down what came back."""
        self.returns[row.journal_index] = row
        self._return_names.add((row.branch, row.return_key))
        if row.sale_key is not None:
            self._returns_of[row.branch, row.sale_key].append(row.journal_index)

    def returns_of(self, sale: SaleName) -> list[SaleReturnRow]:
        """What came back of a sale, in order."""
        return [self.returns[index] for index in self._returns_of.get(sale, ())]

    def knows_return(self, name: SaleName) -> bool:
        """Whether a return of this name came at this branch."""
        return name in self._return_names

    def put_sale(self, sale: SaleRow) -> None:
        """Write down what happened on a sale."""
        self.sales[sale.key] = sale
        if sale.receipt_number is not None:
            self._receipts[sale.branch, sale.receipt_number][sale.key] = None

    def sales_on_receipt(self, branch: BranchId, number: str) -> list[SaleRow]:
        """Sales under a till's receipt number, oldest first."""
        found = (self.sales[key] for key in self._receipts[branch, number])
        return sorted(found, key=lambda sale: sale.first_index)


def _wallet_named(account: str) -> WalletId:
    """The wallet that an account's name begins with, if it is one of a wallet."""
    stem = account.rpartition(":")[0]
    return WalletId(stem.removeprefix("member:"))
