"""Tokens by which programs read the HTTP API: named, narrow, ending, and kept as hashes only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any, Final, cast

from sqlalchemy import Index, Row, Table, insert, select, update

from gateway.clock import Clock
from gateway.office.database import Database
from gateway.office.schema import METADATA, number, octets, text

PREFIX: Final = "mohr"
NAME_CHARACTERS_MAX: Final = 80
_LOOKUP_BYTES: Final = 6
_SECRET_BYTES: Final = 32
#: The longest text that is looked at; what is longer was not made here.
_TOKEN_CHARACTERS_MAX: Final = 128
_TOUCH_MS: Final = 60_000

_TOKEN: Final = Table(
    "token",
    METADATA,
    number("token_id", key=True),
    text("lookup"),
    octets("secret_hash"),
    text("name"),
    text("scopes"),
    text("created_by"),
    number("created_at_ms"),
    number("expires_at_ms", null=True),
    number("used_at_ms", null=True),
    number("revoked_at_ms", null=True),
    Index("uq_token_lookup", "lookup", unique=True),
    sqlite_autoincrement=True,
)


@unique
class TokenScope(StrEnum):
    """What a token may read."""

    MEMBERS_READ = "members:read"
    BALANCES_READ = "balances:read"
    TRANSACTIONS_READ = "transactions:read"
    TERMINALS_READ = "terminals:read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is known of a token; the token itself is known to its holder only.

    Attributes:
        token_id: names it for ever.
        lookup: the part of the token by which it is found; no secret.
        name: what people call it; their own text.
        scopes: what it may read.
        created_by: the login of whoever made it.
        created_at_ms: Unix time.
        expires_at_ms: Unix time from which it opens nothing; None for never.
        used_at_ms: Unix time of a recent use, at most a minute before the last; None before any.
        revoked_at_ms: Unix time at which somebody ended it; None while nobody did.
    """

    token_id: int
    lookup: str
    name: str
    scopes: frozenset[TokenScope]
    created_by: str
    created_at_ms: int
    expires_at_ms: int | None
    used_at_ms: int | None
    revoked_at_ms: int | None

    def living(self, now_ms: int) -> bool:
        """Whether it opens anything now."""
        expired = self.expires_at_ms is not None and now_ms >= self.expires_at_ms
        return self.revoked_at_ms is None and not expired


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token that was just made.

    Attributes:
        text: the token itself, to be shown once and kept by its holder.
        token: what the office keeps of it.
    """

    text: str
    token: Token


class Tokens:
    """The tokens of one office."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use a database and a clock."""
        self._database = database
        self._clock = clock

    def make(
        self,
        *,
        name: str,
        scopes: frozenset[TokenScope],
        created_by: str,
        expires_at_ms: int | None,
    ) -> NewToken:
        """Make a token.

        Raises:
            OfficeError: if it cannot be written.
        """
        lookup = secrets.token_hex(_LOOKUP_BYTES)
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        row: dict[str, Any] = {
            "lookup": lookup,
            "secret_hash": _hash(secret),
            "name": name[:NAME_CHARACTERS_MAX],
            "scopes": " ".join(sorted(scopes)),
            "created_by": created_by,
            "created_at_ms": self._clock.unix_ms(),
            "expires_at_ms": expires_at_ms,
        }
        with self._database.writing() as connection:
            connection.execute(insert(_TOKEN).values(row))
            made = connection.execute(select(_TOKEN).where(_TOKEN.c.lookup == lookup)).one()
        return NewToken(text=f"{PREFIX}_{lookup}_{secret}", token=_token(made))

    def find(self, text_: str) -> Token | None:
        """The living token that a caller presents; notes that it was used.

        Args:
            text_: what the caller sent, of any length and content.

        Returns:
            the token, or None where it is none, has ended, or its secret is not right.

        Raises:
            OfficeError: if the database fails.
        """
        if len(text_) > _TOKEN_CHARACTERS_MAX:
            return None
        prefix, _, rest = text_.partition("_")
        lookup, _, secret = rest.partition("_")
        if prefix != PREFIX or not secret:
            return None
        with self._database.reading() as connection:
            row = connection.execute(select(_TOKEN).where(_TOKEN.c.lookup == lookup)).one_or_none()
        kept = bytes(32) if row is None else cast("bytes", row.secret_hash)
        if not hmac.compare_digest(kept, _hash(secret)) or row is None:
            return None
        token = _token(row)
        now_ms = self._clock.unix_ms()
        if not token.living(now_ms):
            return None
        self._touch(token, now_ms)
        return token

    def all(self) -> Sequence[Token]:
        """Every token, also those that ended, the newest first.

        Raises:
            OfficeError: if the database fails.
        """
        with self._database.reading() as connection:
            rows = connection.execute(select(_TOKEN).order_by(_TOKEN.c.token_id.desc())).all()
        return [_token(row) for row in rows]

    def revoke(self, token_id: int) -> bool:
        """End a token.

        Returns:
            whether there was one that had not ended this way before.

        Raises:
            OfficeError: if it cannot be written.
        """
        which = (_TOKEN.c.token_id == token_id) & _TOKEN.c.revoked_at_ms.is_(None)
        values = {"revoked_at_ms": self._clock.unix_ms()}
        with self._database.writing() as connection:
            return connection.execute(update(_TOKEN).where(which).values(values)).rowcount == 1

    def _touch(self, token: Token, now_ms: int) -> None:
        if token.used_at_ms is not None and abs(now_ms - token.used_at_ms) < _TOUCH_MS:
            return
        with self._database.writing() as connection:
            connection.execute(
                update(_TOKEN).where(_TOKEN.c.token_id == token.token_id).values(used_at_ms=now_ms)
            )


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _token(row: Row[Any]) -> Token:
    known = set(TokenScope)
    return Token(
        token_id=row.token_id,
        lookup=row.lookup,
        name=row.name,
        scopes=frozenset(TokenScope(one) for one in row.scopes.split() if one in known),
        created_by=row.created_by,
        created_at_ms=row.created_at_ms,
        expires_at_ms=row.expires_at_ms,
        used_at_ms=row.used_at_ms,
        revoked_at_ms=row.revoked_at_ms,
    )
