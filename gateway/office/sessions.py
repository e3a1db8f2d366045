"""Sessions of people at the desk: rows on the server, named by a secret that only a browser holds.

The row keeps a hash of the secret, so that a copy of the database opens no session. A session is
replaced by a new one at every change of what it may do; a secret that somebody planted in a browser
beforehand never becomes a logged-in one.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any, Final

from sqlalchemy import Connection, ForeignKey, Index, Row, Table, delete, insert, select, update

from gateway.clock import Clock
from gateway.office.database import Database
from gateway.office.schema import METADATA, number, octets, text

SECRET_BYTES: Final = 32
DEVICE_CHARACTERS_MAX: Final = 80
ADDRESS_CHARACTERS_MAX: Final = 45
#: How far the machine's clock may have been set back without ending sessions.
CLOCK_TOLERANCE_MS: Final = 5 * 60_000
#: A page a second would otherwise be a write a second. Where sessions end sooner than that, a use
#: is written after a quarter of their idle time.
_TOUCH_MS: Final = 60_000
#: A person types a code within this time or begins again.
PENDING_MS: Final = 5 * 60_000

_SESSION: Final = Table(
    "session",
    METADATA,
    number("session_id", key=True),
    octets("secret_hash"),
    number("account_id", ForeignKey("account.account_id", ondelete="CASCADE")),
    text("stage"),
    number("created_at_ms"),
    number("seen_at_ms"),
    text("device"),
    text("address"),
    Index("uq_session_secret_hash", "secret_hash", unique=True),
    Index("ix_session_account_id", "account_id"),
)


@unique
class Stage(StrEnum):
    """How far a login has come.

    Attributes:
        CODE: the password was right; a code of the second factor is still missing.
        FULL: logged in.
    """

    CODE = "code"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """When sessions end.

    Attributes:
        idle_ms: a session that was not used for so long ends.
        age_ms: one that is this old ends, however busy.
    """

    idle_ms: int
    age_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session.

    Attributes:
        session_id: names it to its owner; opens nothing.
        account_id: whose it is.
        stage: how far the login has come.
        created_at_ms: Unix time of the login.
        seen_at_ms: Unix time of a recent use, at most a minute before the last one.
        device: what the browser called itself, shortened.
        address: where it came from.
    """

    session_id: int
    account_id: int
    stage: Stage
    created_at_ms: int
    seen_at_ms: int
    device: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Where a login comes from, as it was told; shown to the account's owner only.

    Attributes:
        device: what the browser calls itself.
        address: its network address.
    """

    device: str
    address: str


class Sessions:
    """The sessions of all accounts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use a database and a clock."""
        self._database = database
        self._clock = clock

    def open(
        self, account_id: int, stage: Stage, visitor: Visitor, *, instead_of: str | None = None
    ) -> str:
        """Begin a session under a new secret.

        Args:
            account_id: whose.
            stage: how far the login has come.
            visitor: where it comes from.
            instead_of: the secret of a session that this one replaces, which ends.

        Returns:
            the secret; nothing else holds it.

        Raises:
            OfficeError: if it cannot be written.
        """
        secret = secrets.token_urlsafe(SECRET_BYTES)
        now_ms = self._clock.unix_ms()
        row = {
            "secret_hash": _hash(secret),
            "account_id": account_id,
            "stage": stage.value,
            "created_at_ms": now_ms,
            "seen_at_ms": now_ms,
            "device": visitor.device[:DEVICE_CHARACTERS_MAX],
            "address": visitor.address[:ADDRESS_CHARACTERS_MAX],
        }
        with self._database.writing() as connection:
            if instead_of is not None:
                _delete_secret(connection, instead_of)
            connection.execute(insert(_SESSION).values(row))
        return secret

    def find(self, secret: str, limits: SessionLimits, *, in_use: bool = True) -> Session | None:
        """The living session of a secret.

        Args:
            secret: from the cookie.
            limits: when sessions end.
            in_use: whether a person is there, which keeps it from falling idle.

        Raises:
            OfficeError: if the database fails.
        """
        with self._database.reading() as connection:
            row = connection.execute(
                select(_SESSION).where(_SESSION.c.secret_hash == _hash(secret))
            ).one_or_none()
        if row is None:
            return None
        session = _session(row)
        now_ms = self._clock.unix_ms()
        if is_over(session, limits, now_ms):
            self.close(secret)
            return None
        seen_ms_ago = abs(now_ms - session.seen_at_ms)
        if in_use and seen_ms_ago >= min(_TOUCH_MS, limits.idle_ms // 4):
            with self._database.writing() as connection:
                connection.execute(
                    update(_SESSION)
                    .where(_SESSION.c.session_id == session.session_id)
                    .values(seen_at_ms=now_ms)
                )
        return session

    def of_account(self, account_id: int, limits: SessionLimits) -> Sequence[Session]:
        """An account's living sessions that are logged in, the newest first.

        Raises:
            OfficeError: if the database fails.
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                select(_SESSION)
                .where(_SESSION.c.account_id == account_id, _SESSION.c.stage == Stage.FULL.value)
                .order_by(_SESSION.c.session_id.desc())
            ).all()
        now_ms = self._clock.unix_ms()
        found = (_session(row) for row in rows)
        return [session for session in found if not is_over(session, limits, now_ms)]

    def close(self, secret: str) -> None:
        """End a session; one that is over already does no harm.

        Raises:
            OfficeError: if it cannot be written.
        """
        with self._database.writing() as connection:
            _delete_secret(connection, secret)

    def close_one(self, account_id: int, session_id: int) -> bool:
        """End one session of an account.

        Returns:
            whether the account had it.

        Raises:
            OfficeError: if it cannot be written.
        """
        with self._database.writing() as connection:
            ended = connection.execute(
                delete(_SESSION).where(
                    _SESSION.c.account_id == account_id, _SESSION.c.session_id == session_id
                )
            )
        return ended.rowcount == 1

    def close_all(self, account_id: int, *, but: int | None = None) -> int:
        """End every session of an account, with one exception where named.

        Returns:
            how many ended.

        Raises:
            OfficeError: if it cannot be written.
        """
        which = _SESSION.c.account_id == account_id
        if but is not None:
            which &= _SESSION.c.session_id != but
        with self._database.writing() as connection:
            return connection.execute(delete(_SESSION).where(which)).rowcount

    def sweep(self, limits: SessionLimits) -> int:
        """Forget sessions that are over.

        Returns:
            how many there were.

        Raises:
            OfficeError: if it cannot be written.
        """
        now_ms = self._clock.unix_ms()
        too_old = (_SESSION.c.created_at_ms < now_ms - limits.age_ms) | (
            _SESSION.c.seen_at_ms < now_ms - limits.idle_ms
        )
        with self._database.writing() as connection:
            return connection.execute(delete(_SESSION).where(too_old)).rowcount


def is_over(session: Session, limits: SessionLimits, now_ms: int) -> bool:
    """Whether a session has ended, by age, by idleness, or because the clock contradicts it."""
    age_ms = now_ms - session.created_at_ms
    idle_ms = now_ms - session.seen_at_ms
    if age_ms < -CLOCK_TOLERANCE_MS:
        # It begins in the future: the clock was set back, and its age can no longer be told.
        return True
    longest_ms = PENDING_MS if session.stage is Stage.CODE else limits.age_ms
    return age_ms >= longest_ms or idle_ms >= limits.idle_ms


def _hash(secret: str) -> bytes:
    # No salt and no stretching: what is hashed has 256 random bits.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _delete_secret(connection: Connection, secret: str) -> None:
    connection.execute(delete(_SESSION).where(_SESSION.c.secret_hash == _hash(secret)))


def _session(row: Row[Any]) -> Session:
    return Session(
        session_id=row.session_id,
        account_id=row.account_id,
        stage=Stage(row.stage),
        created_at_ms=row.created_at_ms,
        seen_at_ms=row.seen_at_ms,
        device=row.device,
        address=row.address,
    )
