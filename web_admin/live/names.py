"""Members' names where many may look over a shoulder: a first name and an initial, no more."""

from __future__ import annotations

from collections.abc import Collection

from gateway.model.ids import MemberId
from gateway.queries.live import LiveEvent
from gateway.queries.scope import Scope
from web_admin.access.current import may
from web_admin.access.permissions import Permission
from web_admin.context import current_office


def short_name(name: str) -> str:
    """Shorten a full name: the first word, and of the last its first letter."""
    words = name.split()
    if len(words) < 2:
        return name.strip()
    return f"{words[0]} {words[-1][0]}."


def short_names(events: Collection[LiveEvent], scope: Scope) -> dict[MemberId, str]:
    """The short names of the members in some rows, for those who may open these members' pages."""
    if not may(Permission.VIEW_MEMBERS):
        return {}
    wanted = {
        event.member_id
        for event in events
        if event.member_id is not None and scope.holds(event.member_branch)
    }
    if not wanted:
        return {}
    profiles = current_office().people.profiles(wanted)
    return {one: short_name(profile.name) for one, profile in profiles.items() if profile.name}
