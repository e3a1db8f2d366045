"""How Mohr uses a DESFire card: one application, its keys, its files, and what they hold.

=====  ==================  ========================================  ===============================
file   kind                holds                                     opened by
=====  ==================  ========================================  ===============================
1      standard, 25 bytes  version, organisation, member's number    read TERMINAL, write WRITE
2      value               the purse                                 VALUE
3      backup, 28 bytes    how often the purse moved, and by what    VALUE
15     Transaction MAC     counter and MAC of the last commit        read VALUE (EV2 and later)
=====  ==================  ========================================  ===============================

Every file travels enciphered. Files 2 and 3 change in one commit, so a card can tell afterwards
whether an operation whose answer was lost has happened. EV1 knows no Transaction MAC file; every
later card of ours has one. Cards without a purse have file 1 alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.crypto.cards.purpose import KeyPurpose
from gateway.errors import WireError
from gateway.model.checks import U32_MAX, check_bytes, check_int
from gateway.readers.cards.desfire_creation import NEVER, AccessRights
from gateway.readers.cards.membership import ORGANISATION_BYTES

#: The application's identifier, as it travels and as it goes into key derivation.
MOHR_AID: Final = bytes.fromhex("F54D48")
#: Key numbers of the application, as in the NTAG 424 but for key 2.
KEY_NUMBERS: Final = {
    KeyPurpose.ADMIN: 0,
    KeyPurpose.SDM_META: 1,
    KeyPurpose.VALUE: 2,
    KeyPurpose.TERMINAL: 3,
    KeyPurpose.WRITE: 4,
}
#: The master key may be changed, and settings with it; nothing is free without it (AN12343).
KEY_SETTINGS: Final = 0x09

MEMBERSHIP_FILE: Final = 1
PURSE_FILE: Final = 2
HISTORY_FILE: Final = 3
TRANSACTION_MAC_FILE: Final = 15

MEMBERSHIP_ACCESS: Final = AccessRights(read=3, write=4, read_write=NEVER, change=0)
PURSE_ACCESS: Final = AccessRights(read=2, write=2, read_write=2, change=0)
#: Nobody commits a reader's id: the operation's own id stands in the history.
TRANSACTION_MAC_ACCESS: Final = AccessRights(read=2, write=NEVER, read_write=NEVER, change=0)

MEMBERSHIP_VERSION: Final = 1
NUMBER_BYTES: Final = 16
MEMBERSHIP_BYTES: Final = 1 + ORGANISATION_BYTES + NUMBER_BYTES

OPERATION_ID_BYTES: Final = 8
#: How many operations a card remembers. As many moves at other terminals may come between an
#: operation whose answer was lost and the tap that settles it, less one.
REMEMBERED_MAX: Final = 3
HISTORY_BYTES: Final = 4 + REMEMBERED_MAX * OPERATION_ID_BYTES

_NOTHING: Final = bytes(OPERATION_ID_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardMembership:
    """File 1.

    Attributes:
        organisation: 8 bytes that name who runs the programme.
        number: the member's number there, 16 bytes.
    """

    organisation: bytes
    number: bytes

    def __post_init__(self) -> None:
        check_bytes("organisation", self.organisation, ORGANISATION_BYTES, ORGANISATION_BYTES)
        check_bytes("number", self.number, NUMBER_BYTES, NUMBER_BYTES)

    def to_bytes(self) -> bytes:
        """Encode file 1."""
        return bytes((MEMBERSHIP_VERSION,)) + self.organisation + self.number

    @classmethod
    def from_bytes(cls, raw: bytes) -> CardMembership:
        """Decode file 1.

        Raises:
            WireError: for another version or a wrong length.
        """
        if len(raw) != MEMBERSHIP_BYTES or raw[0] != MEMBERSHIP_VERSION:
            raise WireError("the membership file is of a version this terminal does not know")
        return cls(
            organisation=raw[1 : 1 + ORGANISATION_BYTES], number=raw[1 + ORGANISATION_BYTES :]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PurseHistory:
    """File 3: changes in the same commit as the purse.

    Attributes:
        moves: how many operations the purse has seen, whichever terminal made them.
        recent: the ids of the last ones, newest first, at most ``REMEMBERED_MAX``.
    """

    moves: int = 0
    recent: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        check_int("moves", self.moves, 0, U32_MAX)
        check_int("recent", len(self.recent), 0, min(self.moves, REMEMBERED_MAX))
        for one in self.recent:
            check_bytes("recent", one, OPERATION_ID_BYTES, OPERATION_ID_BYTES)

    def after(self, operation_id: bytes) -> PurseHistory:
        """The history once an operation is done.

        Raises:
            ValueRangeError: after 4,294,967,295 operations; no card lives that long.
        """
        recent = (operation_id, *self.recent)[:REMEMBERED_MAX]
        return PurseHistory(moves=self.moves + 1, recent=recent)

    def to_bytes(self) -> bytes:
        """Encode file 3; places that nothing has filled are zeros."""
        recent = b"".join(self.recent).ljust(REMEMBERED_MAX * OPERATION_ID_BYTES, b"\0")
        return self.moves.to_bytes(4) + recent

    @classmethod
    def from_bytes(cls, raw: bytes) -> PurseHistory:
        """Decode file 3.

        Raises:
            WireError: for a wrong length, or an id missing that the count says must be there.
        """
        if len(raw) != HISTORY_BYTES:
            raise WireError("the purse's history has a wrong length")
        moves = int.from_bytes(raw[:4])
        places = [
            raw[start : start + OPERATION_ID_BYTES]
            for start in range(4, HISTORY_BYTES, OPERATION_ID_BYTES)
        ]
        filled = min(moves, REMEMBERED_MAX)
        if _NOTHING in places[:filled] or any(one != _NOTHING for one in places[filled:]):
            raise WireError("the purse's history does not agree with its count")
        return cls(moves=moves, recent=tuple(places[:filled]))
