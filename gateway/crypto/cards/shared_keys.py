"""The card keys that a programme shares with terminals, as bytes for a sealed box.

``01``, then for each key its purpose (one byte), its version (one byte) and sixteen bytes, in
rising order of the first two. What does not follow this to the last byte is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.errors import CryptoError, ValueRangeError

KEY_BYTES: Final = 16
#: As many versions as there can be, of both purposes that are shared.
SHARED_KEYS_MAX: Final = 2 * 255

_FORMAT: Final = b"\x01"
#: A number is given once, and never again to another purpose.
_CODES: Final = {KeyPurpose.SDM_META: 1, KeyPurpose.TERMINAL: 2}
_PURPOSES: Final = {code: purpose for purpose, code in _CODES.items()}
_ENTRY_BYTES: Final = 2 + KEY_BYTES


def pack_shared_keys(keys: Mapping[CardKeyName, bytes]) -> bytes:
    """Write keys.

    Raises:
        CryptoError: if a key is of a purpose that is not shared, or has not 16 bytes.
    """
    entries: list[bytes] = []
    for name, key in keys.items():
        if name.purpose not in _CODES or len(key) != KEY_BYTES:
            raise CryptoError(f"a key for {name.purpose} is not one to be shared")
        entries.append(bytes((_CODES[name.purpose], name.version)) + key)
    return _FORMAT + b"".join(sorted(entries))


def unpack_shared_keys(data: bytes) -> Mapping[CardKeyName, bytes]:
    """Read keys.

    Raises:
        CryptoError: if the bytes are not as ``pack_shared_keys`` writes them.
    """
    body = data[1:]
    if (
        data[:1] != _FORMAT
        or len(body) % _ENTRY_BYTES
        or len(body) > _ENTRY_BYTES * SHARED_KEYS_MAX
    ):
        raise CryptoError("the shared card keys are not readable")
    entries = [body[at : at + _ENTRY_BYTES] for at in range(0, len(body), _ENTRY_BYTES)]
    if any(one[:2] >= other[:2] for one, other in pairwise(entries)):
        raise CryptoError("the shared card keys are not in order")
    try:
        return {CardKeyName(purpose=_PURPOSES[one[0]], version=one[1]): one[2:] for one in entries}
    except (KeyError, ValueRangeError) as error:
        raise CryptoError("the shared card keys hold one that nobody knows") from error
