"""Changes of the office that leave a trace, written down around the change itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.office.trail import Actor, TrailOutcome, Values
from web_admin.access.current import current_account
from web_admin.context import current_office


class Change:
    """A change that is being made; the block that makes it says here what became of it."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self.after: Values = {}
        self.outcome = TrailOutcome.DONE
        self.detail = ""

    def refuse(self, why: str) -> None:
        """Say that the change was not allowed.

        Args:
            why: a machine name or an English sentence.
        """
        self.outcome = TrailOutcome.REFUSED
        self.detail = why


@contextmanager
def recorded(
    action: str, subject: str, before: Values, *, actor: Actor | None = None
) -> Iterator[Change]:
    """Write a change of the office down: before it, durably, and after it.

    Args:
        action: a machine name such as ``account.disable``.
        subject: what is changed.
        before: what it is now; no secrets, telephone numbers masked.
        actor: who changes it; None for the account that is logged in.

    Raises:
        OfficeError: if the trail cannot be written; then the block does not run.
    """
    trail = current_office().trail
    who = actor or current_actor()
    entry = trail.begin(account=who, action=action, subject=subject, before=before)
    change = Change()
    try:
        yield change
    except Exception as error:
        # The text of a fault may hold what somebody typed; its kind says enough here.
        trail.finish(entry, outcome=TrailOutcome.FAILED, detail=type(error).__name__)
        raise
    trail.finish(entry, outcome=change.outcome, after=change.after, detail=change.detail)


def current_actor() -> Actor:
    """The account that is logged in, as the trail names it."""
    account = current_account()
    return Actor(account_id=account.account_id, name=account.login)
