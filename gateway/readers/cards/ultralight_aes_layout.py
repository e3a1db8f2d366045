"""How a card of ours uses the memory of an Ultralight AES (MF0AES(H)20).

Pages and bits are those of the data sheet as two published implementations read it, both of which
were tried on real cards (libpretixnfc and a fork of the Flipper firmware).

Page 4 begins our own area: ``4D 55`` (MU), layout version, key version; pages 5 and 6 hold the
organisation. They are free to read, so that a terminal knows before any authentication whether
the card is ours and which key to use: a wrong key counts on the card's limit of failures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.model.checks import check_bytes, check_int

PAGE_BYTES: Final = 4
#: READ answers four pages.
READ_BYTES: Final = 16

MARKER_PAGE: Final = 0x04
LOCK_PAGE: Final = 0x28
CONFIG_PAGE: Final = 0x29
ACCESS_PAGE: Final = 0x2A
KEY_LOCK_PAGE: Final = 0x2D
DATA_KEY_PAGE: Final = 0x30
UID_KEY_PAGE: Final = 0x34
KEY_PAGES: Final = 4

#: Key numbers of AUTHENTICATE.
DATA_KEY: Final = 0x00
UID_KEY: Final = 0x01

MARKER: Final = b"MU"
LAYOUT_VERSION: Final = 1
ORGANISATION_BYTES: Final = 8

#: Page 29, byte 0.
RANDOM_ID: Final = 0x01
SECURE_MESSAGING: Final = 0x02
#: Page 2A, byte 0. With PROT the protected pages cannot be read either, ours are free to read.
PROTECT_READING: Final = 0x80
LOCK_CONFIG: Final = 0x40
#: Page 2D, byte 0: keys 1 and 0, and these bits themselves.
LOCK_ALL_KEYS: Final = 0xE0

#: From our own area on, writing wants an authentication.
AUTH0: Final = MARKER_PAGE
#: Failed authentications after which the card locks for good. AES needs no such limit against
#: guessing; it limits what can be measured of the chip while it computes.
AUTH_LIMIT: Final = 256
_VIRTUAL_CARD_TYPE: Final = 0x05

#: What pages 29, 2A and 2D must read on a card of ours. Bytes without a meaning are zero.
CONFIG: Final = bytes((SECURE_MESSAGING, 0, 0, AUTH0))
ACCESS: Final = bytes((LOCK_CONFIG, _VIRTUAL_CARD_TYPE)) + AUTH_LIMIT.to_bytes(2, "little")
KEY_LOCK: Final = bytes((LOCK_ALL_KEYS, 0, 0, 0))

#: While a card is being issued: everything but the locks.
ACCESS_OPEN: Final = bytes((0,)) + ACCESS[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What a card of ours says of itself before anybody has authenticated.

    Attributes:
        organisation: 8 bytes, whose card it is.
        key_version: which generation of keys it was issued with, 1 to 255.

    Raises:
        ValueRangeError: if a part is outside its range.
    """

    organisation: bytes
    key_version: int

    def __post_init__(self) -> None:
        check_bytes("organisation", self.organisation, ORGANISATION_BYTES, ORGANISATION_BYTES)
        check_int("key_version", self.key_version, 1, 255)

    def to_bytes(self) -> bytes:
        """Pages 4 to 6."""
        return MARKER + bytes((LAYOUT_VERSION, self.key_version)) + self.organisation


def decode_marker(raw: bytes) -> Marker | None:
    """Read pages 4 to 6; None where they are not ours."""
    if len(raw) != len(MARKER) + 2 + ORGANISATION_BYTES or not raw.startswith(MARKER):
        return None
    version, key_version = raw[2], raw[3]
    if version != LAYOUT_VERSION or key_version == 0:
        return None
    return Marker(organisation=raw[4:], key_version=key_version)


def key_pages(key: bytes) -> tuple[bytes, ...]:
    """A key as its four pages hold it: last byte first.

    Raises:
        ValueRangeError: if the key has not 16 bytes.
    """
    check_bytes("key", key, KEY_PAGES * PAGE_BYTES, KEY_PAGES * PAGE_BYTES)
    turned = key[::-1]
    return tuple(turned[start : start + PAGE_BYTES] for start in range(0, len(turned), PAGE_BYTES))


def what_is_wrong(config: bytes, access: bytes, key_lock: bytes) -> str | None:
    """Compare pages 29, 2A and 2D with what a card of ours was issued with; None where equal."""
    if config != CONFIG:
        return f"page 29 is {config.hex()}, not {CONFIG.hex()}"
    if access != ACCESS:
        return f"page 2A is {access.hex()}, not {ACCESS.hex()}"
    if key_lock != KEY_LOCK:
        return f"the keys are not locked: page 2D is {key_lock.hex()}, not {KEY_LOCK.hex()}"
    return None
