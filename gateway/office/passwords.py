"""Passwords: which are taken, and how they are kept (Argon2id).

Only length and the best known bad choices count: rules about signs make people choose worse
(NIST SP 800-63B, 5.1.1.2).
"""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum, unique
from importlib.resources import files
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import Type

from gateway.office.errors import OfficeError

CHARACTERS_MIN: Final = 10
CHARACTERS_MAX: Final = 256

_COMMON: Final = frozenset(
    tomllib.loads((files("gateway.office") / "common_passwords.toml").read_text(encoding="utf-8"))[
        "passwords"
    ]
)


@unique
class Weakness(StrEnum):
    """Why a password is not taken."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    LIKE_LOGIN = "like-login"


@dataclass(frozen=True, slots=True, kw_only=True)
class HashCost:
    """What one hash costs. The default is OWASP's first choice for Argon2id with little memory.

    Attributes:
        memory_kib: memory.
        passes: how often it is gone through.
        lanes: parallel parts.
    """

    memory_kib: int = 19 * 1024
    passes: int = 2
    lanes: int = 1


DEFAULT_COST: Final = HashCost()


def weakness(password: str, login: str) -> Weakness | None:
    """Why a password is not taken; None where it is.

    Args:
        password: as typed.
        login: the account's login, in its normal form.
    """
    plain = _same_keys(password)
    if len(plain) < CHARACTERS_MIN:
        return Weakness.SHORT
    if len(plain) > CHARACTERS_MAX:
        return Weakness.LONG
    low = plain.casefold()
    if low in _COMMON or len(set(low)) <= 2:
        return Weakness.COMMON
    if login and low in {login.casefold(), login.casefold()[::-1], login.casefold() * 2}:
        return Weakness.LIKE_LOGIN
    return None


class Passwords:
    """Hashes passwords and compares them, at one cost."""

    def __init__(self, cost: HashCost) -> None:
        """Take the cost of hashes made from now on; older ones keep theirs."""
        self._hasher = PasswordHasher(
            time_cost=cost.passes,
            memory_cost=cost.memory_kib,
            parallelism=cost.lanes,
            type=Type.ID,
        )
        # Compared with where there is no account, so that the answer takes as long.
        self._nobody = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """Hash a password that ``weakness`` took, with a salt of its own."""
        return self._hasher.hash(_bytes(_same_keys(password)))

    def matches(self, kept: str | None, password: str) -> bool:
        """Whether a password is the one that was hashed.

        Args:
            kept: the hash; None where there is no account, which takes the same time.
            password: as typed, of any length.

        Raises:
            OfficeError: if what was kept is no hash.
        """
        typed = _same_keys(password[: 4 * CHARACTERS_MAX])
        try:
            self._hasher.verify(self._nobody if kept is None else kept, _bytes(typed))
        except VerifyMismatchError:
            return False
        except (VerificationError, InvalidHashError) as error:
            raise OfficeError("a kept password is damaged: reset the account") from error
        return kept is not None and len(typed) <= CHARACTERS_MAX

    def outdated(self, kept: str) -> bool:
        """Whether a hash was made at another cost and should be made anew."""
        return self._hasher.check_needs_rehash(kept)


def _same_keys(password: str) -> str:
    # The same keys give other code points on other systems; NIST asks for a normal form.
    return unicodedata.normalize("NFKC", password)


def _bytes(plain: str) -> bytes:
    # JSON can bring halves of a pair, which plain UTF-8 does not take.
    return plain.encode("utf-8", "surrogatepass")
