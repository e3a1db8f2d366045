"""Members' birthdays out of their profiles, for rules that look at them.

The writer asks before it rates, so a sale would wait for the office's file. It does not: where the
file cannot be read at once, sales are rated as if nobody had told a birthday. What was known of a
member is kept with each sale, so a return and an audit rate it the same way later; what the day
would have given is lost to that sale, and the member has it with the next one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import structlog

from gateway.model.ids import MemberId
from gateway.model.member_facts import MemberDate
from gateway.model.rules.expiry import CalendarKind
from gateway.office.errors import OfficeError
from gateway.office.people import IDS_MAX, People
from gateway.office.profile import Calendar, Profile
from gateway.program.acquaintance import Acquaintance
from gateway.program.calendars import calendar_day

#: A commit waits behind this; somebody who saves a profile must not hold it up.
_PATIENCE_MS: Final = 50
_KINDS: Final = {
    Calendar.GREGORIAN: CalendarKind.GREGORIAN,
    Calendar.JALALI: CalendarKind.JALALI,
}


class OfficeAcquaintance(Acquaintance):
    """Knows the birthdays that stand in profiles. It is asked from one thread at a time."""

    def __init__(self, people: People) -> None:
        """Know whom the office knows.

        Args:
            people: the office's profiles.
        """
        self._people = people
        self._is_away = False
        self._log = structlog.get_logger("mohr.gateway")

    def dates_of(self, members: Collection[MemberId]) -> Mapping[MemberId, tuple[MemberDate, ...]]:
        """The birthdays of members who told one; nobody's while profiles cannot be read."""
        asked = sorted(set(members))
        try:
            found = [
                profile
                for start in range(0, len(asked), IDS_MAX)
                for profile in self._profiles(asked[start : start + IDS_MAX])
            ]
        except OfficeError as error:
            if not self._is_away:
                self._is_away = True
                # The text may name a member; its kind is enough to look further.
                self._log.error("sales are rated without birthdays", fault=type(error).__name__)
            return {}
        if self._is_away:
            self._is_away = False
            self._log.info("birthdays can be read again")
        return {
            profile.member_id: (_birthday(profile),)
            for profile in found
            if profile.birthday is not None
        }

    def _profiles(self, members: list[MemberId]) -> Collection[Profile]:
        return self._people.profiles(members, patience_ms=_PATIENCE_MS).values()


def _birthday(profile: Profile) -> MemberDate:
    """The day in the calendar that it was said in: it comes back by that one's years."""
    assert profile.birthday is not None
    calendar = _KINDS[profile.birthday_calendar or Calendar.GREGORIAN]
    day = calendar_day(profile.birthday, calendar)
    return MemberDate(month=day.month, day_of_month=day.day, calendar=calendar)
