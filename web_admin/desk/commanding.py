"""How something is done to the ledger from a page: once, whatever is sent twice, and written down.

A command's id is made with the form and comes back with it. What is sent a second time, by a double
click or a page that is loaded again, is the same command, and the ledger says that it was done.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.errors import NoAnswerError
from gateway.model.ledger_command import LedgerCommand, encode_ledger_command
from gateway.model.outcome import Reason, Status
from gateway.office.commands import ApplyLedgerCommand, Reply
from gateway.office.trail import Values
from web_admin.access.current import current_account
from web_admin.changes import recorded
from web_admin.context import current_house

_ID_BYTES: Final = 16
_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_ACCOUNT: Final = re.compile(r"account-([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command came to.

    Attributes:
        status: applied; duplicate where it was done before; or refused.
        reason: why it was refused.
    """

    status: Status
    reason: Reason


def new_command_id() -> str:
    """An id that no command had before."""
    return secrets.token_hex(_ID_BYTES)


def is_command_id(text: str) -> bool:
    """Whether a text has the form of a command's id."""
    return _ID.fullmatch(text) is not None


def maker() -> str:
    """The account that is logged in, as commands name who asked."""
    return f"account-{current_account().account_id}"


def account_of_maker(made_by: str) -> int | None:
    """The number of the account that asked for a command; None where no account did."""
    found = _ACCOUNT.fullmatch(made_by)
    return None if found is None else int(found[1])


def carry_out(
    command: LedgerCommand, subject: str, before: Values, after: Callable[[], Values]
) -> Done:
    """Have the ledger's one writer do what somebody asks, and write it down with its reason.

    Args:
        command: what.
        subject: what is changed, for the trail.
        before: what it is now; no secrets.
        after: reads what it became, once it is done.

    Raises:
        GatewayBusyError: if the gateway did not get to it; nothing was changed.
        NoAnswerError: if nobody knows whether it was done. The same command may be sent again.
        MohrError: if it could not be carried out; nothing was changed. The trail says so each
            time.
    """
    with recorded(f"ledger.{command.kind}", subject, before) as change:
        text = encode_ledger_command(command).decode()
        done = _told(current_house().execute(ApplyLedgerCommand(command=text)))
        if done.status is Status.APPLIED:
            change.after = {**after(), "reason": command.reason}
        elif done.status is Status.DUPLICATE:
            change.refuse("done before; nothing was done a second time")
        else:
            change.refuse(done.reason.value)
    return done


def _told(reply: Reply) -> Done:
    if reply.status is None:
        raise NoAnswerError(f"the gateway did not say what became of it: {reply.text}")
    return Done(status=reply.status, reason=reply.reason)
