"""Other members on a page, as far as its reader may see who they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from markupsafe import Markup, escape

from gateway.model.ids import MemberId
from gateway.queries.members import members_of_ids
from web_admin.access.current import current_scope
from web_admin.context import current_house, current_office
from web_admin.desk.member_case import name_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Another member.

    Attributes:
        member_id: whose page to lead to; None for a member of another branch.
        name: what the page calls it.
    """

    member_id: MemberId | None
    name: Markup


def named_people(member_ids: Iterable[MemberId]) -> Mapping[MemberId, Person]:
    """Who these members are; those of other branches are told as such, and no more."""
    wanted = set(member_ids)
    lines = members_of_ids(current_house().ledger, wanted, current_scope())
    seen = {line.member_id for line in lines}
    profiles = current_office().people.profiles(seen)
    stranger = Person(member_id=None, name=escape(_("a member of another branch")))
    return {
        one: Person(member_id=one, name=name_of(one, profiles.get(one)))
        if one in seen
        else stranger
        for one in wanted
    }
