"""Finds members for a page: points from the ledger, names from the office, brought together.

Both sides keep to the same branches, each in its own SQL. A page is asked for by the key of the
last row of the one before, in whichever index found it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.ledger.queries import LedgerReader
from gateway.model.ids import MemberId
from gateway.office.people import People
from gateway.office.people_search import SearchMode, SearchPlace, search_people
from gateway.office.profile import Profile
from gateway.queries.figures import Figures
from gateway.queries.members import (
    MemberLine,
    members_by_prefix,
    members_of_accounts,
    members_of_ids,
    newest_members,
)
from gateway.queries.scope import Scope

PAGE_ROWS: Final = 25
#: More members share these digits of a card or a pseudonym than anybody wants to see.
_IDENTIFIED_MAX: Final = 10
_NUMBER_DIGITS_MAX: Final = 18
_KEY_CHARACTERS_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMember:
    """One row: the member, and who that is where somebody said so."""

    line: MemberLine
    profile: Profile | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPage:
    """One page.

    Attributes:
        rows: the members.
        next_place: arguments of the address of the next page; None where this is the last.
        still_counting: whether members may be missing because they are still being counted.
    """

    rows: tuple[FoundMember, ...]
    next_place: Mapping[str, str] | None
    still_counting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where members are found, and which of them may be.

    Attributes:
        ledger: knows points.
        people: knows names.
        figures: know the order of enrolment in each branch; asked for where that is needed.
        scope: whose members may be found.
    """

    ledger: LedgerReader
    people: People
    figures: Callable[[], Figures]
    scope: Scope


def list_members(sources: Sources, before: str) -> MemberPage:
    """Members in the order of enrolment, newest first.

    Args:
        sources: where.
        before: where the page before ended, as its ``next_place`` said; empty for the first.
    """
    account = int(before) if before.isascii() and before.isdecimal() and _short(before) else None
    wanted, ledger, scope = PAGE_ROWS + 1, sources.ledger, sources.scope
    still_counting = False
    if scope.everything:
        lines = newest_members(ledger, before=account, limit=wanted)
    else:
        figures = sources.figures()
        accounts = figures.newest_accounts(scope, before=account, limit=wanted)
        lines = members_of_accounts(ledger, accounts, scope)
        still_counting = len(lines) < wanted and not figures.progress().complete
    place = {"before": str(lines[PAGE_ROWS - 1].account_id)} if len(lines) > PAGE_ROWS else None
    shown = lines[:PAGE_ROWS]
    profiles = sources.people.profiles([line.member_id for line in shown])
    rows = tuple(FoundMember(line=one, profile=profiles.get(one.member_id)) for one in shown)
    return MemberPage(rows=rows, next_place=place, still_counting=still_counting)


def find_members(sources: Sources, typed: str, place: Mapping[str, str]) -> MemberPage:
    """Members by what somebody typed: a name, a phone number, a card or a pseudonym.

    Args:
        sources: where.
        typed: what was typed; not empty.
        place: where the page before ended, as its ``next_place`` said; empty for the first.
    """
    after = _place(place)
    identified: Sequence[MemberLine] = ()
    if after is None:
        # Members by card or pseudonym are few and stand on the first page only.
        identified = members_by_prefix(sources.ledger, typed, sources.scope, limit=_IDENTIFIED_MAX)
    found = search_people(
        sources.people,
        typed,
        sources.scope.branches,
        after=after,
        limit=PAGE_ROWS,
        middles=not identified,
    )
    by_id: dict[MemberId, Profile] = {one.member_id: one for one in found.profiles}
    lines = members_of_ids(sources.ledger, list(by_id), sources.scope)
    known = {line.member_id: line for line in lines}
    others = [one for one in identified if one.member_id not in by_id]
    names = sources.people.profiles([one.member_id for one in others])
    rows = [FoundMember(line=one, profile=names.get(one.member_id)) for one in others]
    rows += [
        FoundMember(line=known[member_id], profile=profile)
        for member_id, profile in by_id.items()
        if member_id in known
    ]
    return MemberPage(rows=tuple(rows), next_place=_arguments(typed, found.next_place))


def _place(arguments: Mapping[str, str]) -> SearchPlace | None:
    """Where to go on; what makes no sense begins at the first page."""
    mode, key, member_id = (arguments.get(name, "") for name in ("mode", "key", "after"))
    if mode not in tuple(SearchMode) or not member_id or len(key) > _KEY_CHARACTERS_MAX:
        return None
    return SearchPlace(mode=SearchMode(mode), key=key, member_id=member_id[:64])


def _arguments(typed: str, place: SearchPlace | None) -> dict[str, str] | None:
    if place is None:
        return None
    return {
        "q": typed,
        "mode": place.mode.value,
        # Found by phone, members are in the order of their pseudonyms, which are enough then.
        "key": "" if place.mode is SearchMode.PHONE else place.key,
        "after": place.member_id,
    }


def _short(text: str) -> bool:
    return 0 < len(text) <= _NUMBER_DIGITS_MAX
