"""Passkeys of accounts, and the challenges of their ceremonies, each good for one try."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, Row, Table, delete, func, insert, select, update

from gateway.clock import Clock
from gateway.office.database import Database
from gateway.office.schema import METADATA, number, octets, text

NAME_CHARACTERS_MAX: Final = 60
PASSKEYS_MAX: Final = 20
CHALLENGE_BYTES: Final = 32
CHALLENGE_MS: Final = 5 * 60_000
#: Anybody may ask for a login's challenge: more than these are never kept.
CHALLENGES_MAX: Final = 1_000

_PASSKEY: Final = Table(
    "passkey",
    METADATA,
    number("passkey_id", key=True),
    number("account_id", ForeignKey("account.account_id", ondelete="CASCADE")),
    octets("credential_id"),
    octets("public_key"),
    number("uses"),
    text("name"),
    number("created_at_ms"),
    number("used_at_ms", null=True),
    Index("uq_passkey_credential_id", "credential_id", unique=True),
    Index("ix_passkey_account_id", "account_id"),
)
_CHALLENGE: Final = Table(
    "challenge",
    METADATA,
    octets("challenge_hash", key=True),
    text("purpose"),
    number("account_id", null=True),
    number("expires_at_ms"),
)


@unique
class Ceremony(StrEnum):
    """What a challenge is for."""

    LOG_IN = "log-in"
    REGISTER = "register"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One passkey.

    Attributes:
        passkey_id: names it to its owner.
        account_id: whose it is.
        credential_id: the authenticator's name for it.
        public_key: its public key, COSE.
        uses: the authenticator's own count at the last use; 0 where it does not count.
        name: what its owner calls it; their own text.
        created_at_ms: Unix time.
        used_at_ms: Unix time of the last login with it; None before the first.
    """

    passkey_id: int
    account_id: int
    credential_id: bytes
    public_key: bytes
    uses: int
    name: str
    created_at_ms: int
    used_at_ms: int | None


class Passkeys:
    """The passkeys of all accounts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use a database and a clock."""
        self._database = database
        self._clock = clock

    def challenge(self, purpose: Ceremony, account_id: int | None) -> bytes:
        """Make a challenge that counts once, for five minutes.

        Raises:
            OfficeError: if it cannot be kept.
        """
        challenge = secrets.token_bytes(CHALLENGE_BYTES)
        now_ms = self._clock.unix_ms()
        row = {
            "challenge_hash": _hash(challenge),
            "purpose": purpose.value,
            "account_id": account_id,
            "expires_at_ms": now_ms + CHALLENGE_MS,
        }
        with self._database.writing() as connection:
            connection.execute(delete(_CHALLENGE).where(_CHALLENGE.c.expires_at_ms <= now_ms))
            kept = connection.execute(select(func.count()).select_from(_CHALLENGE)).scalar_one()
            if kept >= CHALLENGES_MAX:
                oldest = select(_CHALLENGE.c.challenge_hash).order_by(_CHALLENGE.c.expires_at_ms)
                connection.execute(
                    delete(_CHALLENGE).where(_CHALLENGE.c.challenge_hash.in_(oldest.limit(1)))
                )
            connection.execute(insert(_CHALLENGE).values(row))
        return challenge

    def take_challenge(self, challenge: bytes, purpose: Ceremony, account_id: int | None) -> bool:
        """Use a challenge up.

        Returns:
            whether it was made here for this purpose and account, is young, and was not used.

        Raises:
            OfficeError: if the database fails.
        """
        which = _CHALLENGE.c.challenge_hash == _hash(challenge)
        with self._database.writing() as connection:
            row = connection.execute(select(_CHALLENGE).where(which)).one_or_none()
            connection.execute(delete(_CHALLENGE).where(which))
        return (
            row is not None
            and row.purpose == purpose.value
            and row.account_id == account_id
            and self._clock.unix_ms() < row.expires_at_ms
        )

    def add(
        self, account_id: int, *, credential_id: bytes, public_key: bytes, uses: int, name: str
    ) -> bool:
        """Keep a passkey.

        Returns:
            whether it was kept: not where it is known already, or the account has too many.

        Raises:
            OfficeError: if it cannot be written.
        """
        row = {
            "account_id": account_id,
            "credential_id": credential_id,
            "public_key": public_key,
            "uses": uses,
            "name": name[:NAME_CHARACTERS_MAX],
            "created_at_ms": self._clock.unix_ms(),
        }
        same = _PASSKEY.c.credential_id == credential_id
        own = _PASSKEY.c.account_id == account_id
        with self._database.writing() as connection:
            known = connection.execute(select(_PASSKEY.c.passkey_id).where(same)).first()
            count = connection.execute(
                select(func.count()).select_from(_PASSKEY).where(own)
            ).scalar_one()
            if known is not None or count >= PASSKEYS_MAX:
                return False
            connection.execute(insert(_PASSKEY).values(row))
        return True

    def of_account(self, account_id: int) -> Sequence[Passkey]:
        """An account's passkeys, the oldest first.

        Raises:
            OfficeError: if the database fails.
        """
        query = select(_PASSKEY).where(_PASSKEY.c.account_id == account_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(_PASSKEY.c.passkey_id)).all()
        return [_passkey(row) for row in rows]

    def find(self, credential_id: bytes) -> Passkey | None:
        """The passkey that an authenticator names; None where it is not known.

        Raises:
            OfficeError: if the database fails.
        """
        query = select(_PASSKEY).where(_PASSKEY.c.credential_id == credential_id)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _passkey(row)

    def note_use(self, passkey_id: int, uses: int) -> bool:
        """Keep the authenticator's own count after a login.

        Returns:
            whether the count went forward, or the authenticator does not count. Where it did not,
            somebody may have a copy of the key.

        Raises:
            OfficeError: if it cannot be written.
        """
        forward = (_PASSKEY.c.uses < uses) | ((_PASSKEY.c.uses == 0) & (uses == 0))
        which = (_PASSKEY.c.passkey_id == passkey_id) & forward
        values = {"uses": uses, "used_at_ms": self._clock.unix_ms()}
        with self._database.writing() as connection:
            return connection.execute(update(_PASSKEY).where(which).values(values)).rowcount == 1

    def rename(self, account_id: int, passkey_id: int, name: str) -> bool:
        """Call a passkey something else.

        Returns:
            whether the account has it.

        Raises:
            OfficeError: if it cannot be written.
        """
        values = {"name": name[:NAME_CHARACTERS_MAX]}
        own = _own(account_id, passkey_id)
        with self._database.writing() as connection:
            return connection.execute(update(_PASSKEY).where(own).values(values)).rowcount == 1

    def remove(self, account_id: int, passkey_id: int) -> bool:
        """Forget a passkey.

        Returns:
            whether the account had it.

        Raises:
            OfficeError: if it cannot be written.
        """
        with self._database.writing() as connection:
            own = _own(account_id, passkey_id)
            return connection.execute(delete(_PASSKEY).where(own)).rowcount == 1

    def remove_all(self, account_id: int) -> int:
        """Forget every passkey of an account.

        Returns:
            how many it had.

        Raises:
            OfficeError: if it cannot be written.
        """
        which = _PASSKEY.c.account_id == account_id
        with self._database.writing() as connection:
            return connection.execute(delete(_PASSKEY).where(which)).rowcount


def _own(account_id: int, passkey_id: int) -> Any:  # noqa: ANN401 - an SQL condition
    return (_PASSKEY.c.account_id == account_id) & (_PASSKEY.c.passkey_id == passkey_id)


def _hash(challenge: bytes) -> bytes:
    return hashlib.sha256(challenge).digest()


def _passkey(row: Row[Any]) -> Passkey:
    return Passkey(
        passkey_id=row.passkey_id,
        account_id=row.account_id,
        credential_id=row.credential_id,
        public_key=row.public_key,
        uses=row.uses,
        name=row.name,
        created_at_ms=row.created_at_ms,
        used_at_ms=row.used_at_ms,
    )
