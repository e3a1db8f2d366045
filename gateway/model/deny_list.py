"""The list of cards that terminals turn away."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.checks import I63_MAX, check_bytes, check_int

DENY_ENTRY_BYTES: Final = 8
DENY_SALT_BYTES: Final = 16
#: With a configuration's rules it must fit into one envelope. The gateway knows of all the others.
DENY_ENTRIES_MAX: Final = 2_048


@dataclass(frozen=True, slots=True, kw_only=True)
class DenyList:
    """Cards that are blocked, lost or replaced; see ``gateway.crypto.deny_list``.

    Attributes:
        issued_at_ms: when the gateway wrote it, Unix time in milliseconds; what was denied later
            is not on it.
        salt: of the hashes, sixteen bytes.
        entries: hashes of eight bytes each, rising.

    Raises:
        ValueRangeError: if it is too long, cut short or out of order.
    """

    issued_at_ms: int
    salt: bytes
    entries: bytes

    def __post_init__(self) -> None:
        check_int("issued_at_ms", self.issued_at_ms, 0, I63_MAX)
        check_bytes("salt", self.salt, DENY_SALT_BYTES, DENY_SALT_BYTES)
        check_bytes("entries", self.entries, 0, DENY_ENTRIES_MAX * DENY_ENTRY_BYTES)
        if len(self.entries) % DENY_ENTRY_BYTES:
            raise ValueRangeError("entries must be hashes of eight bytes")
        steps = range(0, len(self.entries), DENY_ENTRY_BYTES)
        hashes = (self.entries[at : at + DENY_ENTRY_BYTES] for at in steps)
        if any(one >= other for one, other in pairwise(hashes)):
            raise ValueRangeError("entries must rise")

    @property
    def count(self) -> int:
        """How many cards it holds."""
        return len(self.entries) // DENY_ENTRY_BYTES
