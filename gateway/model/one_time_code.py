"""A code that is sent to a member's phone and read out at the till, once.

A keyed phone number is only claimed: anybody knows somebody's number. Spending with it needs a code
that went to that phone. The code belongs to one purpose (which member, which sale), is kept hashed
under a key of the gateway's, lasts a few minutes, and allows a few tries. Pure: time and randomness
come in, and whoever keeps the value replaces it atomically by the one that each check returns.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from typing import Final

from gateway.model.checks import I63_MAX, check_bytes, check_int

KEY_BYTES: Final = 32
DRAW_BYTES: Final = 16
_DIGEST_BYTES: Final = 32
_DOMAIN: Final = b"mohr one-time code 1\0"
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTerms:
    """What codes are like. Six digits and three tries let a guess through once in 333,000.

    Attributes:
        digits: how long a code is, 4 to 10.
        tries: how many wrong ones end it.
        lasts_ms: how long it counts.

    Raises:
        ValueRangeError: if a part is outside its range.
    """

    digits: int = 6
    tries: int = 3
    lasts_ms: int = 300_000

    def __post_init__(self) -> None:
        check_int("digits", self.digits, 4, 10)
        check_int("tries", self.tries, 1, 10)
        check_int("lasts_ms", self.lasts_ms, 1_000, _HOUR_MS)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeCode:
    """A code as it is kept: it can be recognised and not read.

    Attributes:
        digest: keyed hash of purpose, salt and code.
        salt: 16 random bytes.
        expires_at_ms: Unix time in milliseconds from which it no longer counts.
        tries_left: wrong tries until it ends; 0 once it has ended, also by being right.

    Raises:
        ValueRangeError: if a part is outside its range.
    """

    digest: bytes = field(repr=False)
    salt: bytes = field(repr=False)
    expires_at_ms: int
    tries_left: int

    def __post_init__(self) -> None:
        check_bytes("digest", self.digest, _DIGEST_BYTES, _DIGEST_BYTES)
        check_bytes("salt", self.salt, DRAW_BYTES, DRAW_BYTES)
        check_int("expires_at_ms", self.expires_at_ms, 0, I63_MAX)
        check_int("tries_left", self.tries_left, 0, 10)


class CodeAnswer(StrEnum):
    """What became of a code that was read out."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeKey:
    """What codes are hashed with, and what a code is good for.

    Attributes:
        key: the gateway's own, 32 bytes. Without it a kept hash of six digits is as good as the
            code: there are a million of them to try.
        purpose: names what the code allows, such as card token ‖ sale key; 1 to 256 bytes.

    Raises:
        ValueRangeError: if a part has a wrong length.
    """

    key: bytes = field(repr=False)
    purpose: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_bytes("key", self.key, KEY_BYTES, KEY_BYTES)
        check_bytes("purpose", self.purpose, 1, 256)


def issue_code(
    key: CodeKey, terms: CodeTerms, *, drawn: bytes, now_ms: int
) -> tuple[str, OneTimeCode]:
    """Make a code.

    Args:
        key: the gateway's key and what the code is for.
        terms: what codes are like.
        drawn: 32 random bytes: half of them become the code, half the salt.
        now_ms: Unix time in milliseconds.

    Returns:
        the digits to send, which are kept nowhere, and the code as it is kept.

    Raises:
        ValueRangeError: if too little was drawn.
    """
    check_bytes("drawn", drawn, 2 * DRAW_BYTES, 2 * DRAW_BYTES)
    # 128 bits over at most 10 digits: no digit is likelier than another by more than 2 to the -94.
    number = int.from_bytes(drawn[:DRAW_BYTES]) % 10**terms.digits
    digits = f"{number:0{terms.digits}d}"
    salt = drawn[DRAW_BYTES:]
    kept = OneTimeCode(
        digest=_digest(key, salt, digits),
        salt=salt,
        expires_at_ms=now_ms + terms.lasts_ms,
        tries_left=terms.tries,
    )
    return digits, kept


def check_code(
    kept: OneTimeCode, key: CodeKey, said: str, *, now_ms: int
) -> tuple[CodeAnswer, OneTimeCode]:
    """Compare what was read out, in constant time.

    Args:
        kept: the code as it was kept.
        key: the gateway's key and what is now to be allowed.
        said: ASCII digits as they were typed; a face folds Persian ones first.
        now_ms: Unix time in milliseconds.

    Returns:
        what became of it, and what to keep in its place: a right code has ended, a wrong one has a
        try less.
    """
    if kept.tries_left == 0:
        return CodeAnswer.ENDED, kept
    if now_ms >= kept.expires_at_ms:
        return CodeAnswer.EXPIRED, kept
    if hmac.compare_digest(_digest(key, kept.salt, said), kept.digest):
        return CodeAnswer.RIGHT, replace(kept, tries_left=0)
    return CodeAnswer.WRONG, replace(kept, tries_left=kept.tries_left - 1)


def _digest(key: CodeKey, salt: bytes, digits: str) -> bytes:
    purpose = len(key.purpose).to_bytes(2) + key.purpose
    # What was typed may be any text: it is hashed as it is and matches nothing.
    typed = digits.encode("utf-8", "backslashreplace")
    return hmac.digest(key.key, _DOMAIN + purpose + salt + typed, sha256)
