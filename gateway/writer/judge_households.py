"""Households: members who earn into one wallet and redeem from it."""

from __future__ import annotations

from dataclasses import replace

from gateway.ledger.accounts import household_wallet_id, points_wallet_id
from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import HouseholdRole, PostingKind, WalletKind
from gateway.ledger.posting import Posting
from gateway.ledger.rows_members import HouseholdMemberRow, HouseholdRow
from gateway.model.ids import HouseholdId, MemberId, WalletId
from gateway.model.ledger_command import LedgerCommand
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.program.households import (
    Household,
    HouseholdLot,
    HouseholdMember,
    HouseholdRefusal,
    found,
    invite,
    join,
    leave,
)
from gateway.writer.bench import Bench, Outcome, applied, refused
from gateway.writer.settling import settle

_REASONS = {
    HouseholdRefusal.NOT_OFFERED: Reason.HOUSEHOLD_NOT_OFFERED,
    HouseholdRefusal.FULL: Reason.HOUSEHOLD_FULL,
    HouseholdRefusal.NOT_FOUNDER: Reason.NOT_HOUSEHOLD_FOUNDER,
    HouseholdRefusal.NOT_INVITED: Reason.NOT_INVITED,
    HouseholdRefusal.NOT_A_MEMBER: Reason.NOT_IN_HOUSEHOLD,
    HouseholdRefusal.IN_A_HOUSEHOLD: Reason.ALREADY_IN_HOUSEHOLD,
}


def found_household(
    bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting
) -> Outcome:
    """Make a household of one, whose wallet gets the founder's points."""
    book, member_id = bench.book, _member(command.member_id)
    made = found(
        rules.rules.households,
        member_id,
        bench.now_ms,
        in_household=book.household_of(member_id) is not None,
    )
    if isinstance(made, HouseholdRefusal):
        return refused(_REASONS[made])
    name = bench.new_member_id()
    wallet_id = household_wallet_id(name)
    book.add_wallet(wallet_id, WalletKind.HOUSEHOLD, None, book.points_ledger)
    book.households.add(
        HouseholdRow(
            household_id=HouseholdId(name),
            wallet_id=wallet_id,
            founder=member_id,
            created_at_ms=bench.now_ms,
        )
    )
    _bring(bench, posting, member_id, wallet_id)
    _put(bench, member_id, HouseholdId(name), HouseholdRole.FOUNDER)
    return applied(bench, posting, member_id, PostingKind.HOUSEHOLD)


def invite_to_household(
    bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting
) -> Outcome:
    """Ask a member to join the household of another."""
    book, by, guest = bench.book, _member(command.member_id), _member(command.other_member_id)
    row = book.household_of(by)
    if row is None:
        return refused(Reason.NOT_IN_HOUSEHOLD)
    if book.household_of(guest) is not None:
        return refused(Reason.ALREADY_IN_HOUSEHOLD)
    asked = invite(rules.rules.households, _household(bench, row), by, guest)
    if isinstance(asked, HouseholdRefusal):
        return refused(_REASONS[asked])
    _put(bench, guest, row.household_id, HouseholdRole.INVITED)
    return applied(bench, posting, by)


def join_household(
    bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting
) -> Outcome:
    """Accept an invitation; the member's points go into the common wallet."""
    book, member_id = bench.book, _member(command.member_id)
    known = book.household_members.get(member_id)
    if known is None:
        return refused(Reason.NOT_INVITED)
    row = book.households.require(known.household_id)
    joined = join(
        rules.rules.households,
        _household(bench, row),
        member_id,
        bench.now_ms,
        in_household=known.role is not HouseholdRole.INVITED,
    )
    if isinstance(joined, HouseholdRefusal):
        return refused(_REASONS[joined])
    _bring(bench, posting, member_id, row.wallet_id)
    _put(bench, member_id, row.household_id, HouseholdRole.MEMBER)
    return applied(bench, posting, member_id, PostingKind.HOUSEHOLD)


def leave_household(
    bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting
) -> Outcome:
    """Leave, with what the programme lets one take along."""
    book, member_id = bench.book, _member(command.member_id)
    row = book.household_of(member_id)
    if row is None:
        return refused(Reason.NOT_IN_HOUSEHOLD)
    settle(book, posting, row.wallet_id, bench.now_ms)
    lots = book.open_lots(row.wallet_id)
    owed = sum(debt.remaining for debt in book.open_debts(row.wallet_id))
    views = [
        HouseholdLot(lot_id=lot.lot_id, remaining=lot.remaining, brought_by=lot.brought_by)
        for lot in lots
    ]
    left = leave(rules.rules.households, _household(bench, row), member_id, views, owed)
    if isinstance(left, HouseholdRefusal):
        return refused(_REASONS[left])
    if left.takes_debt and owed:
        # Nobody would be left to owe it, and points cannot be owed by a wallet of nobody's.
        return refused(Reason.INSUFFICIENT_POINTS)
    own = points_wallet_id(member_id)
    pending = {lot.lot_id: lot.pending for lot in lots}
    for lot_id, points in left.takes:
        posting.transfer(row.wallet_id, own, points, lots=[lot_id], pending=pending[lot_id])
    book.household_members.remove(member_id)
    if left.household is not None and left.household.founder != row.founder:
        book.households.replace(replace(row, founder=left.household.founder))
        _put(bench, left.household.founder, row.household_id, HouseholdRole.FOUNDER)
    return applied(bench, posting, member_id, PostingKind.HOUSEHOLD)


def _household(bench: Bench, row: HouseholdRow) -> Household:
    rows = [
        one for one in bench.book.household_members.rows() if one.household_id == row.household_id
    ]
    return Household(
        founder=row.founder,
        members=tuple(
            HouseholdMember(member_id=one.member_id, since_ms=one.since_ms)
            for one in rows
            if one.role is not HouseholdRole.INVITED
        ),
        invited=tuple(one.member_id for one in rows if one.role is HouseholdRole.INVITED),
    )


def _bring(bench: Bench, posting: Posting, member_id: MemberId, wallet_id: WalletId) -> None:
    """Move all that a member has into the common wallet, what cannot be spent yet as well."""
    book, own = bench.book, points_wallet_id(member_id)
    settle(book, posting, own, bench.now_ms)
    for pending in (False, True):
        points = sum(lot.remaining for lot in book.open_lots(own) if lot.pending is pending)
        if points:
            posting.transfer(own, wallet_id, points, pending=pending, brought_by=member_id)


def _put(bench: Bench, member_id: MemberId, household_id: HouseholdId, role: HouseholdRole) -> None:
    row = HouseholdMemberRow(
        member_id=member_id, household_id=household_id, role=role, since_ms=bench.now_ms
    )
    shelf = bench.book.household_members
    known = shelf.get(member_id)
    if known is None:
        shelf.add(row)
    else:
        same = known.household_id == household_id and known.role is not HouseholdRole.INVITED
        shelf.replace(replace(row, since_ms=known.since_ms if same else bench.now_ms))


def _member(member_id: MemberId | None) -> MemberId:
    if member_id is None:
        raise InvariantError("a command about a household names its members")
    return member_id
