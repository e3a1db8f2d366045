"""Households: who is in one, who is asked to join, and the wallet they share."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.ledger.kinds import HouseholdRole
from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows_members import HouseholdRow
from gateway.model.ids import HouseholdId, MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdPerson:
    """One who belongs to a household, or is asked to.

    Attributes:
        member_id: who.
        role: founder, member or invited.
        since_ms: since when, Unix time in milliseconds.
    """

    member_id: MemberId
    role: HouseholdRole
    since_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdView:
    """A household.

    Attributes:
        household_id: which.
        created_at_ms: since when there is one.
        people: the founder first, then members in the order in which they joined, then those who
            are invited.
    """

    household_id: HouseholdId
    created_at_ms: int
    people: tuple[HouseholdPerson, ...]


_ORDER = {role: place for place, role in enumerate(HouseholdRole)}


def household(ledger: LedgerReader, household_id: HouseholdId) -> HouseholdView | None:
    """One household; None where there is none.

    Raises:
        LedgerError: if the ledger cannot be read.
    """
    with ledger.batch() as batch:
        rows = batch.rows(HouseholdRow, [household_id])
        members = batch.household_members([household_id])
    if not rows:
        return None
    people = [
        HouseholdPerson(member_id=row.member_id, role=row.role, since_ms=row.since_ms)
        for row in members
    ]
    people.sort(key=lambda one: (_ORDER[one.role], one.since_ms, one.member_id))
    return HouseholdView(
        household_id=household_id, created_at_ms=rows[0].created_at_ms, people=tuple(people)
    )
