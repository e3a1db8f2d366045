"""What must become of households: founded, asked into, joined, left."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gateway.audit.bench import Bench
from gateway.audit.books import Wallet
from gateway.audit.heap import spendable as can_be_spent
from gateway.audit.members import members_of, put_into_household
from gateway.audit.moves import Load, carry, settle
from gateway.audit.verdict import Effect, Verdict, refusal
from gateway.ledger.accounts import household_wallet_id, points_wallet_id
from gateway.ledger.kinds import HouseholdRole, PostingKind, WalletKind
from gateway.ledger.rows_members import HouseholdRow
from gateway.model.ids import HouseholdId, MemberId, WalletId
from gateway.model.ledger_command import LedgerCommand
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.program.households import (
    Household,
    HouseholdLot,
    HouseholdMember,
    HouseholdRefusal,
    Leaving,
    found,
    invite,
    join,
    leave,
)

_REASONS: Final = {
    HouseholdRefusal.NOT_OFFERED: Reason.HOUSEHOLD_NOT_OFFERED,
    HouseholdRefusal.FULL: Reason.HOUSEHOLD_FULL,
    HouseholdRefusal.NOT_FOUNDER: Reason.NOT_HOUSEHOLD_FOUNDER,
    HouseholdRefusal.NOT_INVITED: Reason.NOT_INVITED,
    HouseholdRefusal.NOT_A_MEMBER: Reason.NOT_IN_HOUSEHOLD,
    HouseholdRefusal.IN_A_HOUSEHOLD: Reason.ALREADY_IN_HOUSEHOLD,
}


def founded(bench: Bench, rules: Programme, command: LedgerCommand) -> Verdict:
    """A household of one gets its founder's points. Its random name is its row's."""
    books, member = bench.books, command.member_id or MemberId("")
    at_home = books.household_of(member) is not None
    made = found(rules.rules.households, member, bench.now_ms, in_household=at_home)
    if isinstance(made, HouseholdRefusal):
        return refusal(_REASONS[made])

    def carry_out() -> Effect:
        stored = bench.stored.household(bench.now_ms)
        name = HouseholdId("nobody's") if stored is None else stored.household_id
        wallet = household_wallet_id(name)
        books.wallets[wallet] = Wallet(WalletKind.HOUSEHOLD, None, books.ledger)
        books.households[name] = HouseholdRow(
            household_id=name, wallet_id=wallet, founder=member, created_at_ms=bench.now_ms
        )
        _bring(bench, member, wallet)
        put_into_household(books, member, name, HouseholdRole.FOUNDER, bench.now_ms)
        return bench.of(member)

    return bench.applied(PostingKind.HOUSEHOLD, rules, carry_out)


def invited(bench: Bench, rules: Programme, command: LedgerCommand) -> Verdict:
    """The founder asks somebody who is in no household."""
    books, by = bench.books, command.member_id or MemberId("")
    guest = command.other_member_id or MemberId("")
    row = books.household_of(by)
    if row is None:
        return refusal(Reason.NOT_IN_HOUSEHOLD)
    if books.household_of(guest) is not None:
        return refusal(Reason.ALREADY_IN_HOUSEHOLD)
    asked = invite(rules.rules.households, _household(bench, row), by, guest)
    if isinstance(asked, HouseholdRefusal):
        return refusal(_REASONS[asked])

    def carry_out() -> Effect:
        invitation = (row.household_id, HouseholdRole.INVITED)
        put_into_household(books, guest, *invitation, bench.now_ms)
        return bench.of(by)

    return bench.applied(None, rules, carry_out)


def joined(bench: Bench, rules: Programme, command: LedgerCommand) -> Verdict:
    """Whoever was asked comes in, with all points."""
    books, member = bench.books, command.member_id or MemberId("")
    known = books.household_members.get(member)
    if known is None:
        return refusal(Reason.NOT_INVITED)
    row = books.households[known.household_id]
    answered = join(
        rules.rules.households,
        _household(bench, row),
        member,
        bench.now_ms,
        in_household=known.role is not HouseholdRole.INVITED,
    )
    if isinstance(answered, HouseholdRefusal):
        return refusal(_REASONS[answered])

    def carry_out() -> Effect:
        _bring(bench, member, row.wallet_id)
        membership = (row.household_id, HouseholdRole.MEMBER)
        put_into_household(books, member, *membership, bench.now_ms)
        return bench.of(member)

    return bench.applied(PostingKind.HOUSEHOLD, rules, carry_out)


def left(bench: Bench, rules: Programme, command: LedgerCommand) -> Verdict:
    """Whoever leaves takes along what the programme gives; the last one cannot leave debts."""
    books, member = bench.books, command.member_id or MemberId("")
    row = books.household_of(member)
    if row is None:
        return refusal(Reason.NOT_IN_HOUSEHOLD)

    def carry_out() -> Effect:
        settle(books, row.wallet_id, bench.now_ms)
        lots = [
            HouseholdLot(lot_id=lot.lot_id, remaining=lot.remaining, brought_by=lot.brought_by)
            for lot in books.heap.open_lots(row.wallet_id)
        ]
        owed = books.heap.owed(row.wallet_id)
        leaving = leave(rules.rules.households, _household(bench, row), member, lots, owed)
        if isinstance(leaving, Leaving) and not (leaving.takes_debt and owed):
            _let_go(bench, row, leaving)
        return bench.of(member)

    return bench.applied(PostingKind.HOUSEHOLD, rules, carry_out)


def _let_go(bench: Bench, row: HouseholdRow, leaving: Leaving) -> None:
    books, own = bench.books, points_wallet_id(leaving.member_id)
    for lot_id, points in leaving.takes:
        pending = not can_be_spent(books.heap.lots[lot_id])
        carry(books, row.wallet_id, own, Load(points=points, lots=[lot_id], pending=pending))
    del books.household_members[leaving.member_id]
    stays = leaving.household
    if stays is not None and stays.founder != row.founder:
        books.households[row.household_id] = replace(row, founder=stays.founder)
        role = (row.household_id, HouseholdRole.FOUNDER)
        put_into_household(books, stays.founder, *role, bench.now_ms)


def _household(bench: Bench, row: HouseholdRow) -> Household:
    rows = members_of(bench.books, row.household_id)
    return Household(
        founder=row.founder,
        members=tuple(
            HouseholdMember(member_id=one.member_id, since_ms=one.since_ms)
            for one in rows
            if one.role is not HouseholdRole.INVITED
        ),
        invited=tuple(one.member_id for one in rows if one.role is HouseholdRole.INVITED),
    )


def _bring(bench: Bench, member: MemberId, wallet: WalletId) -> None:
    """Move all that a member has into a common wallet, what cannot be spent yet as well."""
    books, own = bench.books, points_wallet_id(member)
    settle(books, own, bench.now_ms)
    for pending in (False, True):
        points = books.heap.left(own, pending=pending)
        if points:
            carry(books, own, wallet, Load(points=points, pending=pending, brought_by=member))
