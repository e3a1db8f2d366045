"""How pages change anything: written down before and after, and through the ledger's one writer."""

from __future__ import annotations

from collections.abc import Callable

from gateway.office.commands import Command, Reply
from gateway.office.trail import Values
from web_admin.access.recording import Change, current_actor, recorded
from web_admin.context import current_house

__all__ = ["Change", "current_actor", "recorded", "recorded_command"]


def recorded_command(
    action: str,
    subject: str,
    before: Values,
    command: Command,
    after: Values | Callable[[Reply], Values],
) -> Reply:
    """Have the ledger's one writer carry a command out, and write it down.

    Args:
        action: a machine name such as ``card.block``.
        subject: what is changed.
        before: what it is now; no secrets, telephone numbers masked.
        command: the change.
        after: what it becomes if it is done, or how the reply tells it.

    Returns:
        the writer's reply, which may be a refusal.

    Raises:
        MohrError: if it could not be carried out; the trail says so.
    """
    with recorded(action, subject, before) as change:
        reply = current_house().execute(command)
        if reply.ok:
            change.after = after(reply) if callable(after) else after
            change.detail = reply.text
        else:
            change.refuse(reply.text)
    return reply
