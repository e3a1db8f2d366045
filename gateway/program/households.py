"""Who may found, join and leave a household, what one who leaves takes along, and who may spend.

A household's points are in one wallet; every lot remembers who brought it. Lots keep their expiry
wherever they go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from gateway.model.ids import MemberId
from gateway.model.rules.caps import CapMeasure
from gateway.model.rules.stored_value import HouseholdPolicy, LeavePolicy
from gateway.program.lines import allocate


class HouseholdRefusal(StrEnum):
    """Why something cannot be done with a household."""

    NOT_OFFERED = "not_offered"
    """The programme has no households."""
    FULL = "full"
    """It has as many members as the programme lets it have."""
    NOT_FOUNDER = "not_founder"
    """Only the founder invites."""
    NOT_INVITED = "not_invited"
    NOT_A_MEMBER = "not_a_member"
    IN_A_HOUSEHOLD = "in_a_household"
    """Nobody is in two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdMember:
    """One member: who, and since when in Unix milliseconds."""

    member_id: MemberId
    since_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """Members who earn into and spend from one wallet.

    Attributes:
        founder: one of the members: invites, and spends without a limit.
        members: all of them, the founder included.
        invited: who was asked and has not answered.
    """

    founder: MemberId
    members: tuple[HouseholdMember, ...]
    invited: tuple[MemberId, ...] = ()

    def has(self, member_id: MemberId) -> bool:
        """Whether somebody is a member."""
        return any(member.member_id == member_id for member in self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdLot:
    """A lot of the common wallet.

    Attributes:
        lot_id: the ledger's number.
        remaining: points that are not spent, held, lapsed or taken back; those that cannot be
            spent yet included.
        brought_by: who earned it or brought it in; None where nobody did.
    """

    lot_id: int
    remaining: int
    brought_by: MemberId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What becomes of a household that somebody leaves.

    Attributes:
        member_id: who leaves.
        household: what is left of it; None where nobody is.
        takes: lots and how many points of each go along.
        takes_debt: whatever the wallet owes goes along too: there is nobody else to owe it.
    """

    member_id: MemberId
    household: Household | None
    takes: tuple[tuple[int, int], ...]
    takes_debt: bool = False


def found(
    policy: HouseholdPolicy, founder: MemberId, at_ms: int, *, in_household: bool
) -> Household | HouseholdRefusal:
    """Found a household of one.

    Args:
        policy: the programme's.
        founder: who.
        at_ms: now, Unix time in milliseconds.
        in_household: the founder is in one already.

    Returns:
        The household; or ``NOT_OFFERED``, ``IN_A_HOUSEHOLD``.
    """
    if policy.members_maximum == 0:
        return HouseholdRefusal.NOT_OFFERED
    if in_household:
        return HouseholdRefusal.IN_A_HOUSEHOLD
    return Household(founder=founder, members=(HouseholdMember(member_id=founder, since_ms=at_ms),))


def invite(
    policy: HouseholdPolicy, household: Household, by: MemberId, guest: MemberId
) -> Household | HouseholdRefusal:
    """Ask somebody to join; asking again changes nothing.

    More may be asked than there is room for: the first to answer come in.

    Returns:
        The household; or ``NOT_OFFERED``, ``NOT_FOUNDER``, ``IN_A_HOUSEHOLD`` where the guest is a
        member already, ``FULL``.
    """
    if policy.members_maximum == 0:
        return HouseholdRefusal.NOT_OFFERED
    if by != household.founder:
        return HouseholdRefusal.NOT_FOUNDER
    if household.has(guest):
        return HouseholdRefusal.IN_A_HOUSEHOLD
    if len(household.members) >= policy.members_maximum:
        return HouseholdRefusal.FULL
    if guest in household.invited:
        return household
    return replace(household, invited=(*household.invited, guest))


def join(
    policy: HouseholdPolicy,
    household: Household,
    guest: MemberId,
    at_ms: int,
    *,
    in_household: bool,
) -> Household | HouseholdRefusal:
    """Accept an invitation; the guest's own points then go into the common wallet.

    Args:
        policy: the programme's.
        household: who was asked to join it.
        guest: who.
        at_ms: now, Unix time in milliseconds.
        in_household: the guest is in one already, this one or another.

    Returns:
        The household; or ``NOT_OFFERED``, ``IN_A_HOUSEHOLD``, ``NOT_INVITED``, ``FULL``.
    """
    if policy.members_maximum == 0:
        return HouseholdRefusal.NOT_OFFERED
    if in_household:
        return HouseholdRefusal.IN_A_HOUSEHOLD
    if guest not in household.invited:
        return HouseholdRefusal.NOT_INVITED
    if len(household.members) >= policy.members_maximum:
        return HouseholdRefusal.FULL
    return replace(
        household,
        members=(*household.members, HouseholdMember(member_id=guest, since_ms=at_ms)),
        invited=tuple(other for other in household.invited if other != guest),
    )


def leave(
    policy: HouseholdPolicy,
    household: Household,
    member_id: MemberId,
    lots: Sequence[HouseholdLot],
    debt_points: int = 0,
) -> Leaving | HouseholdRefusal:
    """Let a member go, with what the policy gives.

    Whoever is last takes everything. Where the founder goes, whoever was a member for longest is
    the founder from then on.

    Args:
        policy: what one who leaves takes along; also where households are no longer offered.
        household: from which.
        member_id: who leaves.
        lots: of the common wallet.
        debt_points: what the wallet owes: nobody takes points along that others then owe.

    Returns:
        What is left and what goes; or ``NOT_A_MEMBER``.
    """
    if not household.has(member_id):
        return HouseholdRefusal.NOT_A_MEMBER
    return _let_go(policy, household, member_id, lots, debt_points)


def split(
    policy: HouseholdPolicy,
    household: Household,
    lots: Sequence[HouseholdLot],
    debt_points: int = 0,
) -> tuple[Leaving, ...]:
    """Dissolve a household: all but the founder leave, the newest member first, then the founder.

    Returns:
        The leavings, in their order; the founder's holds what the policy gave to nobody else.
    """
    order = sorted(
        household.members,
        key=lambda member: (member.member_id == household.founder, -member.since_ms),
    )
    leavings: list[Leaving] = []
    for member in order:
        leavings.append(_let_go(policy, household, member.member_id, lots, debt_points))
        household, taken = leavings[-1].household or household, dict(leavings[-1].takes)
        lots = [replace(lot, remaining=lot.remaining - taken.get(lot.lot_id, 0)) for lot in lots]
    return tuple(leavings)


def spend_key(member_id: MemberId, day: date) -> str:
    """Name the count of what a member spends of the common points on a business day."""
    return f"household/{CapMeasure.POINTS}/member:{member_id}/{day.isoformat()}"


def spend_room(
    policy: HouseholdPolicy, household: Household, member_id: MemberId, spent_today: int
) -> int | None:
    """Say how many points a member may still redeem in a business day.

    Args:
        policy: the programme's.
        household: the member's.
        member_id: who redeems.
        spent_today: points that this member redeemed in this business day, held ones included.

    Returns:
        Points, never below 0; None for no limit, as for the founder.
    """
    if policy.spend_limit_points is None or member_id == household.founder:
        return None
    return max(policy.spend_limit_points - spent_today, 0)


def _let_go(
    policy: HouseholdPolicy,
    household: Household,
    member_id: MemberId,
    lots: Sequence[HouseholdLot],
    debt_points: int,
) -> Leaving:
    stay = tuple(member for member in household.members if member.member_id != member_id)
    if not stay:
        everything = tuple((lot.lot_id, lot.remaining) for lot in lots if lot.remaining)
        return Leaving(member_id=member_id, household=None, takes=everything, takes_debt=True)
    founder = household.founder
    if founder == member_id:
        founder = min(stay, key=lambda member: (member.since_ms, member.member_id)).member_id
    return Leaving(
        member_id=member_id,
        household=replace(household, founder=founder, members=stay),
        takes=_taken_along(policy.leave, household, member_id, lots, debt_points),
    )


def _taken_along(
    policy: LeavePolicy,
    household: Household,
    member_id: MemberId,
    lots: Sequence[HouseholdLot],
    debt_points: int,
) -> tuple[tuple[int, int], ...]:
    """Lots and points that one who leaves takes, from each lot in proportion."""
    if policy is LeavePolicy.NOTHING:
        return ()
    whole = max(sum(lot.remaining for lot in lots) - debt_points, 0)
    weights = [lot.remaining for lot in lots]
    points = whole // len(household.members)
    if policy is LeavePolicy.OWN_SHARE:
        weights = [lot.remaining if lot.brought_by == member_id else 0 for lot in lots]
        points = min(sum(weights), whole)
    if points == 0:
        return ()
    parts = allocate(points, weights)
    return tuple((lot.lot_id, part) for lot, part in zip(lots, parts, strict=True) if part)
