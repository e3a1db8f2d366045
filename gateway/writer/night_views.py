"""Wallets as the night looks at them, loaded for many at once: a query for each kind of row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.ledger.accounts import (
    FIRST_MEMBER_ACCOUNT,
    PENDING_BASE,
    credit_wallet_id,
    points_wallet_id,
    unit_of_ledger,
)
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.book import Book
from gateway.ledger.kinds import HouseholdRole
from gateway.ledger.rows import AccountRow, PostingRow
from gateway.ledger.rows_lots import LotRow
from gateway.ledger.rows_members import (
    HouseholdMemberRow,
    HouseholdRow,
    MemberRow,
    StandingRow,
    WalletRow,
)
from gateway.model.ids import BranchId, MemberId, WalletId
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.program.local_time import business_day
from gateway.program.nightly import NightMember, WalletLot, WalletView, night_business_day
from gateway.program.standing import Standing, looks_at_visits, tier_basis
from gateway.program.succession import seen_basis, superseded
from gateway.program.tiers import TierState, basis_window
from gateway.writer.night_due import Night
from gateway.writer.night_note import NightScope
from gateway.writer.plan_succession import load_beside, load_branches
from gateway.writer.standing_rows import standing_of, visit_of

ALL_MEMBERS: Final = PENDING_BASE
"""A place after every member: points of members have lower account numbers."""

_PREFIX: Final = "member:"
_SUFFIX: Final = ":available"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Wallets that one row of the night concerns.

    Attributes:
        scope: how much of the night it gets.
        wallet_id: see ``NightNote``.
        credit_id: with all of the night, the wallet that points turn into; it need not exist yet.
        owner: the member whose credit that is; None in any other scope.
        members: whose levels follow from it.
    """

    scope: NightScope
    wallet_id: WalletId
    credit_id: WalletId | None = None
    owner: MemberId | None = None
    members: tuple[MemberId, ...] = ()

    @property
    def wallets(self) -> tuple[WalletId, ...]:
        """The wallets, those that do not exist included."""
        return (self.wallet_id,) if self.credit_id is None else (self.wallet_id, self.credit_id)


class NightLoader:
    """Fills one book from one batch of the store.

    Attributes:
        book: what was loaded.
    """

    def __init__(
        self,
        batch: LedgerBatch,
        programmes: Sequence[Programme],
        night: Night,
        rules: Programme,
        now_ms: int,
    ) -> None:
        """Load nothing yet.

        Args:
            batch: where the rows are.
            programmes: every version of the rules.
            night: which night.
            rules: its rules.
            now_ms: when it is run, Unix time in milliseconds.
        """
        self.book = Book(batch.head(), batch.ledgers())
        self.book.superseded = superseded(programmes, now_ms)
        self._batch = batch
        self._programmes = programmes
        self._rules = rules
        self._at_ms = night.at_ms
        self._day = night_business_day(rules.rules.settings, night.on)
        self._joined: dict[MemberId, MemberRow] = {}

    # -- loading ------------------------------------------------------------------------------

    def members_after(self, place: int, members_max: int) -> tuple[list[MemberId], int]:
        """The members next in the order of their enrolment, as far as the night knows them.

        Args:
            place: the last account that the night came to; 0 for none.
            members_max: at most so many.

        Returns:
            Those who had joined before the night, and the last account that they take it to.
        """
        after = max(place, FIRST_MEMBER_ACCOUNT - 1)
        # Two accounts of each in a row; that of what is pending has a number far above.
        page = self._batch.page(AccountRow, after, 2 * members_max)
        own = [row for row in page if row.account_id < ALL_MEMBERS]
        found = [
            MemberId(row.name.removeprefix(_PREFIX).removesuffix(_SUFFIX))
            for row in own
            if row.name.startswith(_PREFIX) and row.name.endswith(_SUFFIX)
        ]
        self._load_joined(found)
        is_last = len(own) < 2 * members_max
        had_joined = [member_id for member_id in found if self._had_joined(member_id)]
        return had_joined, ALL_MEMBERS if is_last else own[-1].account_id

    def load_members(self, members: Sequence[MemberId]) -> list[Group]:
        """Load everything that the night looks at for these members.

        Returns:
            A group for each; a household comes in the place of its founder, and whoever belongs
            to one and did not found it has no place of the own.
        """
        homes = self._homes_of(members)
        currency = self._rules.currency.code
        groups = []
        for member_id in members:
            home = homes.get(member_id)
            if home is not None and home.founder != member_id:
                continue
            groups.append(
                Group(
                    scope=NightScope.MEMBER,
                    wallet_id=points_wallet_id(member_id) if home is None else home.wallet_id,
                    credit_id=credit_wallet_id(member_id, currency),
                    owner=member_id,
                    members=(member_id,) if home is None else self._members_of(home),
                )
            )
        self.load_wallets([wallet_id for group in groups for wallet_id in group.wallets])
        self._load_standings([member for group in groups for member in group.members])
        return groups

    def load_wallets(self, wallets: Collection[WalletId]) -> None:
        """Load wallets with what is in them, and what their money may follow."""
        book, batch = self.book, self._batch
        if book.superseded:
            codes = {one.currency.code for one in self._programmes}
            wallets = {*wallets, *load_beside(batch, book, wallets, codes)}
        rows = batch.rows(WalletRow, wallets) if wallets else []
        book.wallets.load(rows, wallets)
        # A wallet owes nothing as long as it has something, and most have nothing that is pending.
        filled = [row.wallet_id for row in rows if row.available > 0 or row.pending]
        owing = [row.wallet_id for row in rows if row.available < 0]
        book.load_open_lots(wallets, batch.open_lots(filled) if filled else ())
        if owing:
            book.load_debts(batch.open_debts(owing))
        if book.superseded:
            load_branches(batch, book)

    def branches(self, lots: Collection[LotRow]) -> dict[int, BranchId]:
        """The branches at which lots were opened, by the posting that opened them."""
        indexes = {lot.opened_index for lot in lots}
        rows = self._batch.rows(PostingRow, indexes) if indexes else []
        return {row.journal_index: row.branch for row in rows}

    def _homes_of(self, members: Collection[MemberId]) -> dict[MemberId, HouseholdRow]:
        """The households that members belong to; with everybody, where one of them founded it."""
        book, batch = self.book, self._batch
        if not any(one.rules.households.members_maximum for one in self._programmes):
            return {}
        rows = batch.rows(HouseholdMemberRow, members) if members else []
        joined = {row.household_id for row in rows if row.role is not HouseholdRole.INVITED}
        found = batch.rows(HouseholdRow, joined) if joined else []
        book.households.load(found, joined)
        asked = set(members)
        founded = {row.household_id for row in found if row.founder in asked}
        rows += batch.household_members(founded) if founded else []
        book.household_members.load(rows)
        homes = {row.household_id: row for row in found}
        return {
            row.member_id: homes[row.household_id]
            for row in rows
            if row.role is not HouseholdRole.INVITED
        }

    def _members_of(self, home: HouseholdRow) -> tuple[MemberId, ...]:
        rows = self.book.household_members.rows()
        return tuple(
            sorted(
                row.member_id
                for row in rows
                if row.household_id == home.household_id and row.role is not HouseholdRole.INVITED
            )
        )

    def _load_standings(self, members: Collection[MemberId]) -> None:
        scheme = self._rules.rules.tiers
        if not scheme.levels or not members:
            return
        book, batch = self.book, self._batch
        book.standings.load(batch.rows(StandingRow, members), members)
        self._load_joined([one for one in members if one not in self._joined])
        if looks_at_visits(scheme):
            since = basis_window(scheme, self._day)[0].isoformat()
            book.load_visits(members, batch.visits_since(members, since))

    def _load_joined(self, members: Collection[MemberId]) -> None:
        rows = self._batch.rows(MemberRow, members) if members else []
        self._joined |= {row.member_id: row for row in rows}

    # -- looking ------------------------------------------------------------------------------

    def view(self, group: Group) -> WalletView:
        """What the night looks at, of wallets that were loaded."""
        lots: list[WalletLot] = []
        debts: list[tuple[Unit, int]] = []
        for wallet_id in group.wallets:
            wallet = self.book.wallets.get(wallet_id)
            if wallet is None:
                continue
            unit = unit_of_ledger(wallet.ledger)
            lots += (_lot(lot, unit) for lot in self.book.open_lots(wallet_id))
            owed = sum(debt.remaining for debt in self.book.open_debts(wallet_id))
            debts.append((unit, owed))
        members: tuple[NightMember, ...] = ()
        if self._rules.rules.tiers.levels:
            members = tuple(map(self._member, filter(self._had_joined, group.members)))
        return WalletView(lots=tuple(lots), debts=tuple(debts), members=members)

    def standing(self, member_id: MemberId) -> Standing:
        """How a member stands."""
        row, joined = self.book.standings.get(member_id), self._joined[member_id]
        settings = self._rules.rules.settings
        return standing_of(row, business_day(settings, joined.branch, joined.enrolled_at_ms))

    def _had_joined(self, member_id: MemberId) -> bool:
        return self._joined[member_id].enrolled_at_ms <= self._at_ms

    def _member(self, member_id: MemberId) -> NightMember:
        scheme, standing = self._rules.rules.tiers, self.standing(member_id)
        visits = self.book.visits_of(member_id) if looks_at_visits(scheme) else []
        # Nothing known of a level and no level are the same: a member who never reached one does
        # not need a row that says so.
        tier = standing.tier or TierState(level=None, since=standing.joined_on)
        basis = tier_basis(
            scheme,
            standing,
            [visit_of(row, self._day, row.branch) for row in visits],
            day=self._day,
            balance_points=0,
        )
        return NightMember(
            member_id=member_id,
            joined_on=standing.joined_on,
            tier=tier,
            basis=seen_basis(self._programmes, self._rules, basis),
        )


def _lot(lot: LotRow, unit: Unit) -> WalletLot:
    return WalletLot(
        lot_id=lot.lot_id,
        unit=unit,
        remaining=lot.remaining,
        available_from_ms=lot.available_from_ms,
        expires_at_ms=lot.expires_at_ms,
        pending=lot.pending,
    )
