"""The cards that a terminal must turn away, without saying which cards they are.

A list holds salted, shortened hashes of tokens. Tokens are keyed already; the salt keeps two lists
from being compared by somebody who has no key. Eight bytes let one card in 10^16 be taken for one
that is denied by a list of two thousand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from gateway.model.deny_list import DENY_ENTRY_BYTES, DenyList
from gateway.model.ids import CardToken

_SEPARATION: Final = b"mohr deny list 1"


def make_deny_list(tokens: Iterable[CardToken], salt: bytes, *, issued_at_ms: int) -> DenyList:
    """Write a list.

    Args:
        tokens: the cards, at most ``DENY_ENTRIES_MAX``.
        salt: sixteen bytes.
        issued_at_ms: Unix time in milliseconds.

    Raises:
        ValueRangeError: if there are too many, or the salt has another length.
    """
    entries = b"".join(sorted({_entry(token, salt) for token in tokens}))
    return DenyList(issued_at_ms=issued_at_ms, salt=salt, entries=entries)


def is_denied(listed: DenyList, token: CardToken) -> bool:
    """Whether a list holds a card. Nothing secret is compared: a list tells no token."""
    entry, entries = _entry(token, listed.salt), listed.entries
    low, high = 0, len(entries) // DENY_ENTRY_BYTES
    while low < high:
        middle = (low + high) // 2
        at = middle * DENY_ENTRY_BYTES
        if entries[at : at + DENY_ENTRY_BYTES] < entry:
            low = middle + 1
        else:
            high = middle
    at = low * DENY_ENTRY_BYTES
    return entries[at : at + DENY_ENTRY_BYTES] == entry


def _entry(token: CardToken, salt: bytes) -> bytes:
    return hashlib.sha256(_SEPARATION + salt + token).digest()[:DENY_ENTRY_BYTES]
