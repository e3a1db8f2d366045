"""How the gateway remembers that an event was counted."""

from __future__ import annotations

from gateway.model.ids import MemberId
from gateway.model.transaction import MemberEvent


def event_key(event: MemberEvent, member_id: MemberId) -> str:
    """Name the one time that an event of one source counts for a member."""
    return f"event:{event.name}/{event.source}/member:{member_id}/ever"
