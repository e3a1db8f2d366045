"""``mohr gateway account``: who may log in to the pages. Works beside a running gateway.

Whoever may read the data directory may do everything anyway; this is also the way back in for an
owner who lost a password or a telephone.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.administer import DirOption
from gateway.cli.tables import JsonOption, moment, show_json, show_table
from gateway.config import load_settings
from gateway.errors import ConfigError
from gateway.model.ids import BranchId
from gateway.office.roles import Role

if TYPE_CHECKING:
    from gateway.office.account import Account
    from gateway.office.accounts import AccountRefusal
    from gateway.office.store import OfficeStore

app = typer.Typer(
    name="account",
    no_args_is_help=True,
    add_completion=False,
    help="Add, list, reset and disable the accounts of people at the desk.",
)

_LINE_CHARACTERS_MAX: Final = 4_096
_LoginArgument = Annotated[str, typer.Argument(help="The sign-in name.")]


@app.command()
def add(
    login: _LoginArgument,
    directory: DirOption,
    *,
    role: Annotated[Role, typer.Option(help="What the account may do.")] = Role.OWNER,
    name: Annotated[str | None, typer.Option(help="The person's name, in any script.")] = None,
    branch: Annotated[
        list[str] | None, typer.Option(help="A branch of a manager, cashier or support; repeat it.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Of its pages: fa or en.")] = None,
) -> None:
    """Add an account; the password is asked for, or read as one line of standard input."""
    from gateway.office.accounts import Profile  # noqa: PLC0415 - loads the database
    from gateway.office.trail import COMMAND_LINE, TrailOutcome  # noqa: PLC0415 - the same

    office = _office(directory)
    spoken = language or load_settings(directory).languages[0]
    if spoken not in ("fa", "en"):
        raise ConfigError("the language must be fa or en")
    branches = frozenset(BranchId(one) for one in branch or ())
    profile = Profile(display_name=name or login, role=role, branches=branches)
    entry = office.trail.begin(account=COMMAND_LINE, action="account.add", subject=login, before={})
    made = office.accounts.add(
        login, profile, _read_password(), language=spoken, must_change_password=False
    )
    refused = _refusal(made)
    office.trail.finish(
        entry,
        outcome=TrailOutcome.REFUSED if refused else TrailOutcome.DONE,
        after={} if refused else {"role": role.value, "branches": " ".join(sorted(branches))},
        detail=refused.value if refused else "",
    )
    _raise(refused)
    typer.echo(f"account {login} added as {role.value}")


@app.command("list")
def list_accounts(directory: DirOption, *, as_json: JsonOption = False) -> None:
    """Show every account."""
    rows = [_row(account) for account in _office(directory).accounts.all()]
    if as_json:
        show_json(rows)
        return
    headings = ("login", "name", "role", "branches", "second factor", "state", "last login")
    show_table(headings, [tuple(row.values()) for row in rows])


@app.command()
def reset(
    login: _LoginArgument,
    directory: DirOption,
    *,
    keep_second_factor: Annotated[
        bool, typer.Option(help="Leave the authenticator and passkeys as they are.")
    ] = False,
) -> None:
    """Give an account a new password, let it in again, and end its sessions.

    Its authenticator, recovery codes and passkeys are removed unless you keep them.
    """
    from gateway.office.trail import COMMAND_LINE, TrailOutcome  # noqa: PLC0415 - as above

    office = _office(directory)
    account = _find(office, login)
    entry = office.trail.begin(
        account=COMMAND_LINE,
        action="account.reset",
        subject=account.login,
        before={"authenticator": account.has_code, "disabled": account.disabled},
    )
    refused = office.accounts.set_password(
        account.account_id, _read_password(), must_change_password=False
    )
    if refused is None:
        office.accounts.set_disabled(account.account_id, disabled=False)
        if not keep_second_factor:
            office.second_factors.remove(account.account_id)
            office.passkeys.remove_all(account.account_id)
        office.sessions.close_all(account.account_id)
    office.trail.finish(
        entry,
        outcome=TrailOutcome.REFUSED if refused else TrailOutcome.DONE,
        after={} if refused else {"second_factor_removed": not keep_second_factor},
        detail=refused.value if refused else "",
    )
    _raise(refused)
    typer.echo(f"account {account.login} has a new password; its sessions have ended")


@app.command()
def disable(login: _LoginArgument, directory: DirOption) -> None:
    """Forbid an account to log in; its sessions end at once."""
    _set_disabled(_office(directory), login, disabled=True)


@app.command()
def enable(login: _LoginArgument, directory: DirOption) -> None:
    """Let a disabled account log in again."""
    _set_disabled(_office(directory), login, disabled=False)


def _set_disabled(office: OfficeStore, login: str, *, disabled: bool) -> None:
    from gateway.office.trail import COMMAND_LINE, TrailOutcome  # noqa: PLC0415 - as above

    account = _find(office, login)
    action = "account.disable" if disabled else "account.enable"
    entry = office.trail.begin(
        account=COMMAND_LINE,
        action=action,
        subject=account.login,
        before={"disabled": account.disabled},
    )
    refused = _refusal(office.accounts.set_disabled(account.account_id, disabled=disabled))
    if refused is None:
        office.sessions.close_all(account.account_id)
    office.trail.finish(
        entry,
        outcome=TrailOutcome.REFUSED if refused else TrailOutcome.DONE,
        after={} if refused else {"disabled": disabled},
        detail=refused.value if refused else "",
    )
    _raise(refused)
    typer.echo(f"account {account.login} {'disabled' if disabled else 'enabled'}")


def _office(directory: Path) -> OfficeStore:
    from gateway.office.store import OFFICE_FILE, OfficeStore  # noqa: PLC0415 - as above
    from gateway.system_clock import SystemClock  # noqa: PLC0415 - as above

    # Says what to do where the directory holds no gateway.
    load_settings(directory)
    return OfficeStore(directory / OFFICE_FILE, SystemClock())


def _find(office: OfficeStore, login: str) -> Account:
    account = office.accounts.by_login(login)
    if account is None:
        raise ConfigError(f"there is no account {login}: mohr gateway account list names them")
    return account


def _read_password() -> str:
    """Ask for a password, or take the first line of standard input; never from the arguments."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    line = sys.stdin.readline(_LINE_CHARACTERS_MAX).rstrip("\r\n")
    if not line:
        raise ConfigError("no password came on standard input: write it there as one line")
    return line


def _refusal(made: Account | AccountRefusal) -> AccountRefusal | None:
    from gateway.office.accounts import AccountRefusal  # noqa: PLC0415 - as above

    return made if isinstance(made, AccountRefusal) else None


def _raise(refused: AccountRefusal | None) -> None:
    if refused is not None:
        raise ConfigError(f"not done: {_SENTENCES[refused.value]}")


_SENTENCES: Final = {
    "bad-login": "a sign-in name has at most 64 letters, digits and . _ - @ + without spaces",
    "login-taken": "this sign-in name is taken",
    "bad-name": "a name has 1 to 80 characters",
    "no-branch": "this role belongs to branches: give --branch",
    "last-owner": "this is the last owner: add another owner first",
    "too-many": "there are too many accounts",
    "unknown": "there is no such account any more",
    "password-short": "a password has at least 10 characters",
    "password-long": "a password has at most 256 characters",
    "password-common": "too many people use this password",
    "password-like-login": "the password must not be the sign-in name",
}


def _row(account: Account) -> dict[str, str]:
    return {
        "login": account.login,
        "name": account.display_name,
        "role": account.role.value,
        "branches": "all" if account.branches is None else " ".join(sorted(account.branches)),
        "second_factor": "yes" if account.has_code else "no",
        "state": "disabled" if account.disabled else "active",
        "last_login": "" if account.seen_at_ms is None else moment(account.seen_at_ms),
    }
