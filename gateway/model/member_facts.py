"""What was known of a member before a sale that is rated: values that can be written down.

The gateway keeps the facts that rated a sale with the sale, so that a return a year later and an
audit rate it again exactly; an answer to an inquiry carries them to the terminal, whose preview
then says what the gateway will.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gateway.model.card import Assurance
from gateway.model.checks import I63_MAX, check_int, check_name
from gateway.model.ids import MemberId
from gateway.model.rules.condition import BIRTHDAY
from gateway.model.rules.expiry import CalendarKind


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDate:
    """A day of the member's own that comes back every year.

    Attributes:
        day: ``birthday``, or another day that the programme's rules name.
        month: in ``calendar``.
        day_of_month: in ``calendar``; a leap day falls on the month's last day in other years.
        calendar: as the member told it.
    """

    month: int
    day_of_month: int
    calendar: CalendarKind = CalendarKind.GREGORIAN
    day: str = BIRTHDAY

    def __post_init__(self) -> None:
        check_name("day", self.day)
        check_int("month", self.month, 1, 12)
        check_int("day_of_month", self.day_of_month, 1, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """How much of one limit was used before; the key is made by ``gateway.program.limits``."""

    key: str
    amount: int

    def __post_init__(self) -> None:
        check_int("amount", self.amount, 0, I63_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFacts:
    """What the gateway knew of a member before the sale that is rated.

    Attributes:
        member_id: whose; None for a card that nobody owns yet.
        tier: the level; None for none.
        segments: the groups the member is in, sorted.
        dates: the member's days, where the member told them and agreed.
        purchases: sales before this one that were not wholly returned.
        visits: visits before this business day, at all branches.
        visited_today: whether a sale of this business day at this branch is known already.
        last_visit_on: the business day of the visit before this business day; None for none.
        visit_days: the business days of visits before this one, newest first, as far back as the
            programme's conditions look; see ``gateway.program.needs``.
        referred: somebody brought this member and was not rewarded for it yet.
        tier_basis: what the tiers measure, before this sale.
        used: how much of the limits was used, by key.
        card: what the card at hand proved; None where the rules do not ask, or none was shown.
    """

    member_id: MemberId | None = None
    tier: str | None = None
    segments: tuple[str, ...] = ()
    dates: tuple[MemberDate, ...] = ()
    purchases: int = 0
    visits: int = 0
    visited_today: bool = False
    last_visit_on: date | None = None
    visit_days: tuple[date, ...] = ()
    referred: bool = False
    tier_basis: int = 0
    used: tuple[Used, ...] = ()
    card: Assurance | None = None

    def used_of(self, key: str) -> int:
        """How much of a limit was used; nothing where nobody wrote it down."""
        return next((used.amount for used in self.used if used.key == key), 0)
