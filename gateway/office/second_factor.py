"""The second factor: codes of an authenticator (TOTP, RFC 6238) and codes for when it is lost.

A code is taken once: the step it belongs to is kept, and only later steps are taken after it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import Final

import pyotp
from sqlalchemy import (
    Connection,
    ForeignKey,
    Index,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from gateway.clock import Clock
from gateway.formatting.digits import fold_digits
from gateway.office.database import Database
from gateway.office.office_key import OfficeKey
from gateway.office.schema import METADATA, number, octets, text

RECOVERY_CODES: Final = 10
STEP_S: Final = 30
#: Steps before and after now that are taken: clocks of telephones are not exact.
_DRIFT_STEPS: Final = 1
_DIGITS: Final = 6
_CODE_CHARACTERS_MAX: Final = 64
#: Without letters and digits that are read for one another. 10 of 31 are more than 49 bits.
_RECOVERY_SIGNS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_RECOVERY_LENGTH: Final = 10
_BEFORE_ANY_STEP: Final = -1

AUTHENTICATOR: Final = Table(
    "authenticator",
    METADATA,
    number("account_id", ForeignKey("account.account_id", ondelete="CASCADE"), key=True),
    # The secret in use, and one that was shown and not yet confirmed by a first code.
    octets("sealed", null=True),
    octets("proposed", null=True),
    number("used_step"),
)
_RECOVERY: Final = Table(
    "recovery_code",
    METADATA,
    number("account_id", ForeignKey("account.account_id", ondelete="CASCADE")),
    text("code_hash"),
    Index("ix_recovery_code_account_id", "account_id"),
)


def accepted_step(secret: str, typed: str, now_s: int, used_step: int) -> int | None:
    """The time step whose code was typed, if it may be taken.

    Args:
        secret: the authenticator's secret in base32.
        typed: the code; digits of any script, spaces do not matter.
        now_s: Unix time in seconds.
        used_step: the last step whose code was taken.

    Returns:
        the step, later than ``used_step``; None where the code is wrong or was taken before.
    """
    code = _plain(typed)
    if len(code) != _DIGITS or not code.isascii() or not code.isdigit():
        return None
    generator = pyotp.TOTP(secret, digits=_DIGITS, interval=STEP_S)
    now = now_s // STEP_S
    found = None
    # Every step is compared, whichever is right, so that time tells nothing.
    for step in range(max(now - _DRIFT_STEPS, 0), now + _DRIFT_STEPS + 1):
        if secrets.compare_digest(generator.generate_otp(step), code):
            found = step
    return found if found is not None and found > used_step else None


class SecondFactors:
    """The authenticators and recovery codes of all accounts."""

    def __init__(self, database: Database, clock: Clock, key: OfficeKey) -> None:
        """Use a database, a clock, and the key that hides secrets at rest."""
        self._database = database
        self._clock = clock
        self._key = key

    def propose(self, account_id: int) -> str:
        """Make a secret that counts once a first code of it was typed.

        Returns:
            the secret in base32, to be shown to the account's owner only.

        Raises:
            OfficeError: if it cannot be kept.
        """
        secret = pyotp.random_base32()
        sealed = self._key.seal(secret.encode(), _purpose(account_id))
        which = AUTHENTICATOR.c.account_id == account_id
        with self._database.writing() as connection:
            changed = connection.execute(
                update(AUTHENTICATOR).where(which).values(proposed=sealed)
            ).rowcount
            if not changed:
                row = {
                    "account_id": account_id,
                    "proposed": sealed,
                    "used_step": _BEFORE_ANY_STEP,
                }
                connection.execute(insert(AUTHENTICATOR).values(row))
        return secret

    def proposed(self, account_id: int) -> str | None:
        """The secret that waits for its first code; None where none does.

        Raises:
            OfficeError: if it cannot be read.
        """
        with self._database.reading() as connection:
            return self._secret(connection, account_id, "proposed")

    def confirm(self, account_id: int, typed: str) -> Sequence[str] | None:
        """Use the proposed secret from now on, if the code shows that the authenticator has it.

        Returns:
            new recovery codes, to be shown once; None where the code is wrong.

        Raises:
            OfficeError: if it cannot be kept.
        """
        with self._database.writing() as connection:
            secret = self._secret(connection, account_id, "proposed")
            if secret is None:
                return None
            step = accepted_step(secret, typed, self._now_s(), _BEFORE_ANY_STEP)
            if step is None:
                return None
            connection.execute(
                update(AUTHENTICATOR)
                .where(AUTHENTICATOR.c.account_id == account_id)
                .values(sealed=AUTHENTICATOR.c.proposed, proposed=None, used_step=step)
            )
            return _renew(connection, account_id)

    def remove(self, account_id: int) -> None:
        """Ask no code of an account any more.

        Raises:
            OfficeError: if it cannot be written.
        """
        with self._database.writing() as connection:
            for table in (AUTHENTICATOR, _RECOVERY):
                connection.execute(delete(table).where(table.c.account_id == account_id))

    def take_code(self, account_id: int, typed: str) -> bool:
        """Whether a code of the authenticator was typed that was not taken before.

        Raises:
            OfficeError: if the database fails, or the secret does not open.
        """
        with self._database.writing() as connection:
            secret = self._secret(connection, account_id, "sealed")
            if secret is None:
                return False
            which = AUTHENTICATOR.c.account_id == account_id
            used = connection.execute(select(AUTHENTICATOR.c.used_step).where(which)).scalar_one()
            step = accepted_step(secret, typed, self._now_s(), used)
            if step is None:
                return False
            connection.execute(update(AUTHENTICATOR).where(which).values(used_step=step))
        return True

    def take_recovery(self, account_id: int, typed: str) -> bool:
        """Whether one of the account's recovery codes was typed; it is used up.

        Raises:
            OfficeError: if the database fails.
        """
        which = (_RECOVERY.c.account_id == account_id) & (
            _RECOVERY.c.code_hash == _hash(account_id, _plain(typed))
        )
        with self._database.writing() as connection:
            return connection.execute(delete(_RECOVERY).where(which)).rowcount == 1

    def renew_recovery(self, account_id: int) -> Sequence[str]:
        """Make new recovery codes; the old ones count no more.

        Returns:
            the codes, to be shown once.

        Raises:
            OfficeError: if they cannot be kept.
        """
        with self._database.writing() as connection:
            return _renew(connection, account_id)

    def recovery_left(self, account_id: int) -> int:
        """How many recovery codes are unused.

        Raises:
            OfficeError: if the database fails.
        """
        query = select(func.count()).where(_RECOVERY.c.account_id == account_id)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def _now_s(self) -> int:
        return self._clock.unix_ms() // 1_000

    def _secret(self, connection: Connection, account_id: int, column: str) -> str | None:
        which = AUTHENTICATOR.c.account_id == account_id
        sealed = connection.execute(select(AUTHENTICATOR.c[column]).where(which)).scalar()
        if sealed is None:
            return None
        return self._key.open(sealed, _purpose(account_id)).decode()


def _purpose(account_id: int) -> str:
    return f"mohr authenticator {account_id}"


def _plain(typed: str) -> str:
    kept = fold_digits(typed[:_CODE_CHARACTERS_MAX])
    return "".join(sign for sign in kept.lower() if sign.isalnum())


def _hash(account_id: int, code: str) -> str:
    # No stretching: a code has 49 random bits, and logins are limited to a few a minute.
    return hashlib.sha256(f"mohr recovery {account_id} {code}".encode()).hexdigest()


def _renew(connection: Connection, account_id: int) -> Sequence[str]:
    codes = [
        "".join(secrets.choice(_RECOVERY_SIGNS) for _ in range(_RECOVERY_LENGTH))
        for _ in range(RECOVERY_CODES)
    ]
    connection.execute(delete(_RECOVERY).where(_RECOVERY.c.account_id == account_id))
    rows = [{"account_id": account_id, "code_hash": _hash(account_id, code)} for code in codes]
    connection.execute(insert(_RECOVERY), rows)
    half = _RECOVERY_LENGTH // 2
    return [f"{code[:half]}-{code[half:]}" for code in codes]
