"""The accounts of people at the desk: who they are, what they may do, and their passwords."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from typing import Any, Final

from sqlalchemy import (
    Connection,
    ForeignKey,
    Index,
    Row,
    Select,
    Table,
    delete,
    insert,
    select,
    update,
)

from gateway.clock import Clock
from gateway.model.ids import BranchId
from gateway.office.account import Account, clean_name, normal_login
from gateway.office.database import Database
from gateway.office.errors import OfficeError
from gateway.office.passwords import Passwords, Weakness, weakness
from gateway.office.roles import BRANCH_ROLES, Role
from gateway.office.schema import METADATA, flag, number, text
from gateway.office.second_factor import AUTHENTICATOR

ACCOUNTS_MAX: Final = 1_000

_ACCOUNT: Final = Table(
    "account",
    METADATA,
    number("account_id", key=True),
    text("login"),
    text("display_name"),
    text("role"),
    text("language"),
    text("password_hash"),
    flag("must_change_password"),
    flag("disabled"),
    number("created_at_ms"),
    number("seen_at_ms", null=True),
    Index("uq_account_login", "login", unique=True),
    # The trail names accounts by number: a number must never come back.
    sqlite_autoincrement=True,
)
_BRANCH: Final = Table(
    "account_branch",
    METADATA,
    number("account_id", ForeignKey("account.account_id", ondelete="CASCADE"), key=True),
    text("branch", key=True),
)


@unique
class AccountRefusal(StrEnum):
    """Why an account is not added or changed."""

    BAD_LOGIN = "bad-login"
    LOGIN_TAKEN = "login-taken"
    BAD_NAME = "bad-name"
    NO_BRANCH = "no-branch"
    LAST_OWNER = "last-owner"
    TOO_MANY = "too-many"
    UNKNOWN = "unknown"
    PASSWORD_SHORT = "password-short"  # noqa: S105 - a reason, no password
    PASSWORD_LONG = "password-long"  # noqa: S105 - the same
    PASSWORD_COMMON = "password-common"  # noqa: S105 - the same
    PASSWORD_LIKE_LOGIN = "password-like-login"  # noqa: S105 - the same


_OF_WEAKNESS: Final = {
    Weakness.SHORT: AccountRefusal.PASSWORD_SHORT,
    Weakness.LONG: AccountRefusal.PASSWORD_LONG,
    Weakness.COMMON: AccountRefusal.PASSWORD_COMMON,
    Weakness.LIKE_LOGIN: AccountRefusal.PASSWORD_LIKE_LOGIN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What others decide about an account.

    Attributes:
        display_name: the person's name, their own text.
        role: what they may do.
        branches: the branches they belong to; counts only for roles that belong to branches.
    """

    display_name: str
    role: Role
    branches: frozenset[BranchId] = frozenset()


class Accounts:
    """The accounts of one office."""

    def __init__(self, database: Database, clock: Clock, passwords: Passwords) -> None:
        """Use a database, a clock, and a way to hash passwords."""
        self._database = database
        self._clock = clock
        self._passwords = passwords

    def add(
        self,
        login: str,
        profile: Profile,
        password: str,
        *,
        language: str,
        must_change_password: bool,
    ) -> Account | AccountRefusal:
        """Add an account.

        Args:
            login: what is typed to log in; brought to its normal form.
            profile: who it is for.
            password: the first password.
            language: of its pages, ``fa`` or ``en``.
            must_change_password: whether its first login must choose another.

        Raises:
            OfficeError: if it cannot be written.
        """
        normal, fit = normal_login(login), _fit(profile)
        if normal is None:
            return AccountRefusal.BAD_LOGIN
        if isinstance(fit, AccountRefusal):
            return fit
        weak = weakness(password, normal)
        if weak is not None:
            return _OF_WEAKNESS[weak]
        row = {
            "login": normal,
            "display_name": fit.display_name,
            "role": fit.role.value,
            "language": language,
            # Hashed outside the transaction: it takes as long as a hundred of them.
            "password_hash": self._passwords.hash(password),
            "must_change_password": must_change_password,
            "disabled": False,
            "created_at_ms": self._clock.unix_ms(),
        }
        with self._database.writing() as connection:
            known = connection.execute(select(_ACCOUNT.c.login)).scalars().all()
            if normal in known:
                return AccountRefusal.LOGIN_TAKEN
            if len(known) >= ACCOUNTS_MAX:
                return AccountRefusal.TOO_MANY
            connection.execute(insert(_ACCOUNT).values(row))
            made = _one(connection, _ACCOUNT.c.login == normal)
            assert made is not None
            _set_branches(connection, made.account_id, fit)
            return _need(connection, made.account_id)

    def get(self, account_id: int) -> Account | None:
        """An account by its number; None where there is none.

        Raises:
            OfficeError: if the database fails.
        """
        with self._database.reading() as connection:
            return _one(connection, _ACCOUNT.c.account_id == account_id)

    def by_login(self, login: str) -> Account | None:
        """An account by what is typed to log in; None where there is none.

        Raises:
            OfficeError: if the database fails.
        """
        normal = normal_login(login)
        if normal is None:
            return None
        with self._database.reading() as connection:
            return _one(connection, _ACCOUNT.c.login == normal)

    def all(self) -> Sequence[Account]:
        """Every account by login, also disabled ones; at most ``ACCOUNTS_MAX``.

        Raises:
            OfficeError: if the database fails.
        """
        with self._database.reading() as connection:
            rows = connection.execute(_SELECT.order_by(_ACCOUNT.c.login)).all()
            branches: dict[int, set[BranchId]] = {}
            for account_id, branch in connection.execute(select(_BRANCH)):
                branches.setdefault(account_id, set()).add(BranchId(branch))
        return [_account(row, branches.get(row.account_id, ())) for row in rows]

    def has_owner(self) -> bool:
        """Whether somebody may log in who may do everything.

        Raises:
            OfficeError: if the database fails.
        """
        with self._database.reading() as connection:
            return bool(_owners(connection))

    def change(self, account_id: int, profile: Profile) -> Account | AccountRefusal:
        """Change who an account is for, and what it may do.

        Raises:
            OfficeError: if it cannot be written.
        """
        fit = _fit(profile)
        if isinstance(fit, AccountRefusal):
            return fit
        values = {"display_name": fit.display_name, "role": fit.role.value}
        with self._database.writing() as connection:
            account = _one(connection, _ACCOUNT.c.account_id == account_id)
            if account is None:
                return AccountRefusal.UNKNOWN
            if fit.role is not Role.OWNER and _is_last_owner(connection, account):
                return AccountRefusal.LAST_OWNER
            _write(connection, account_id, values)
            _set_branches(connection, account_id, fit)
            return _need(connection, account_id)

    def set_disabled(self, account_id: int, *, disabled: bool) -> Account | AccountRefusal:
        """Forbid an account to log in, or allow it again.

        Raises:
            OfficeError: if it cannot be written.
        """
        with self._database.writing() as connection:
            account = _one(connection, _ACCOUNT.c.account_id == account_id)
            if account is None:
                return AccountRefusal.UNKNOWN
            if disabled and _is_last_owner(connection, account):
                return AccountRefusal.LAST_OWNER
            _write(connection, account_id, {"disabled": disabled})
        return replace(account, disabled=disabled)

    def set_language(self, account_id: int, language: str) -> None:
        """Choose the language of an account's pages.

        Raises:
            OfficeError: if it cannot be written.
        """
        with self._database.writing() as connection:
            _write(connection, account_id, {"language": language})

    def set_password(
        self, account_id: int, password: str, *, must_change_password: bool
    ) -> AccountRefusal | None:
        """Give an account another password.

        Returns:
            why it was not taken; None where it was.

        Raises:
            OfficeError: if it cannot be written.
        """
        account = self.get(account_id)
        if account is None:
            return AccountRefusal.UNKNOWN
        weak = weakness(password, account.login)
        if weak is not None:
            return _OF_WEAKNESS[weak]
        values = {
            "password_hash": self._passwords.hash(password),
            "must_change_password": must_change_password,
        }
        with self._database.writing() as connection:
            _write(connection, account_id, values)
        return None

    def check_password(self, login: str, password: str) -> Account | None:
        """The account whose login and password these are, if it may log in.

        It takes as long for a login that nobody has, and for one that is disabled.

        Raises:
            OfficeError: if the database fails or a kept password is damaged.
        """
        normal = normal_login(login)
        with self._database.reading() as connection:
            row = connection.execute(
                select(_ACCOUNT.c.account_id, _ACCOUNT.c.password_hash).where(
                    _ACCOUNT.c.login == (normal or "")
                )
            ).one_or_none()
        kept = None if row is None else row.password_hash
        if not self._passwords.matches(kept, password) or row is None or kept is None:
            return None
        if self._passwords.outdated(kept):
            with self._database.writing() as connection:
                renewed = {"password_hash": self._passwords.hash(password)}
                _write(connection, row.account_id, renewed)
        account = self.get(row.account_id)
        return None if account is None or account.disabled else account

    def note_login(self, account_id: int) -> None:
        """Remember when somebody logged in.

        Raises:
            OfficeError: if it cannot be written.
        """
        with self._database.writing() as connection:
            _write(connection, account_id, {"seen_at_ms": self._clock.unix_ms()})


_SELECT: Final[Select[Any]] = select(
    *_ACCOUNT.c, AUTHENTICATOR.c.sealed.is_not(None).label("has_code")
).outerjoin(AUTHENTICATOR, AUTHENTICATOR.c.account_id == _ACCOUNT.c.account_id)


def _fit(profile: Profile) -> Profile | AccountRefusal:
    name = clean_name(profile.display_name)
    if name is None:
        return AccountRefusal.BAD_NAME
    if profile.role not in BRANCH_ROLES:
        return Profile(display_name=name, role=profile.role)
    if not profile.branches:
        # Somebody who belongs to no branch would see nothing at all, and nobody would know why.
        return AccountRefusal.NO_BRANCH
    return replace(profile, display_name=name)


def _owners(connection: Connection) -> Sequence[int]:
    active = (_ACCOUNT.c.role == Role.OWNER.value) & _ACCOUNT.c.disabled.is_(False)
    return connection.execute(select(_ACCOUNT.c.account_id).where(active)).scalars().all()


def _is_last_owner(connection: Connection, account: Account) -> bool:
    return list(_owners(connection)) == [account.account_id]


def _write(connection: Connection, account_id: int, values: dict[str, Any]) -> None:
    which = _ACCOUNT.c.account_id == account_id
    if connection.execute(update(_ACCOUNT).where(which).values(values)).rowcount != 1:
        raise OfficeError(f"there is no account {account_id}")


def _set_branches(connection: Connection, account_id: int, profile: Profile) -> None:
    connection.execute(delete(_BRANCH).where(_BRANCH.c.account_id == account_id))
    rows = [{"account_id": account_id, "branch": str(branch)} for branch in profile.branches]
    if rows:
        connection.execute(insert(_BRANCH), rows)


def _need(connection: Connection, account_id: int) -> Account:
    found = _one(connection, _ACCOUNT.c.account_id == account_id)
    assert found is not None
    return found


def _one(connection: Connection, which: Any) -> Account | None:  # noqa: ANN401 - an SQL condition
    row = connection.execute(_SELECT.where(which)).one_or_none()
    if row is None:
        return None
    branches = connection.execute(
        select(_BRANCH.c.branch).where(_BRANCH.c.account_id == row.account_id)
    ).scalars()
    return _account(row, (BranchId(branch) for branch in branches))


def _account(row: Row[Any], branches: Iterable[BranchId]) -> Account:
    role = Role(row.role)
    return Account(
        account_id=row.account_id,
        login=row.login,
        display_name=row.display_name,
        role=role,
        branches=frozenset(branches) if role in BRANCH_ROLES else None,
        language=row.language,
        disabled=row.disabled,
        must_change_password=row.must_change_password,
        has_code=row.has_code,
        created_at_ms=row.created_at_ms,
        seen_at_ms=row.seen_at_ms,
    )
