"""One key per card from one master key, as NXP's application note AN10922 derives it.

The note pads its input to two blocks, also where one would do. Plain CMAC pads to whole blocks
only, so the two agree exactly where the input, with its leading constant, is longer than one
block. ``diversification_message`` makes inputs of that kind only: any key store that has CMAC
(PKCS#11: ``CKM_AES_CMAC``) then derives the right key.
"""

from __future__ import annotations

from typing import Final

from gateway.crypto.cards.blocks import BLOCK_BYTES, ZERO_IV, cbc_encrypt, check_length, xor
from gateway.crypto.cards.cmac import cmac_subkeys
from gateway.errors import CryptoError

#: What AES-128 derivation puts before the message (AN10922, AES-128).
AES_128_CONSTANT: Final = b"\x01"
MESSAGE_BYTES_MIN: Final = 16
MESSAGE_BYTES_MAX: Final = 31
ORGANISATION_BYTES: Final = 8

_UID_BYTES: Final = frozenset({4, 7, 10})
_AID_BYTES: Final = frozenset({3, 7})
_INPUT_BYTES: Final = 2 * BLOCK_BYTES


def diversification_message(
    uid: bytes, aid: bytes, organisation: bytes, key_number: int, key_version: int
) -> bytes:
    """What makes a key this card's own, and this key number's and version's.

    No two sets of arguments give one message: each pair of lengths has a sum of its own.

    Args:
        uid: the real UID, 4, 7 or 10 bytes.
        aid: a DESFire application's three bytes, or the seven of NTAG 424's DF name.
        organisation: eight bytes that no two organisations share.
        key_number: 0 to 255.
        key_version: 0 to 255.

    Returns:
        16 to 31 bytes.

    Raises:
        CryptoError: if a part has a wrong length or is out of range.
    """
    if len(uid) not in _UID_BYTES:
        raise CryptoError(f"a UID has 4, 7 or 10 bytes, not {len(uid)}")
    if len(aid) not in _AID_BYTES:
        raise CryptoError(f"an application's name has 3 or 7 bytes, not {len(aid)}")
    check_length("an organisation's id", organisation, ORGANISATION_BYTES)
    if not (0 <= key_number <= 0xFF and 0 <= key_version <= 0xFF):
        raise CryptoError("a key's number and version are one byte each")
    return uid + aid + organisation + bytes((key_number, key_version))


def diversified_key(master: bytes, message: bytes) -> bytes:
    """The 16 bytes of an AES-128 card key (AN10922, AES-128).

    Args:
        master: 16 bytes.
        message: 1 to 31 bytes; see ``diversification_message``. Shorter ones than 16 are for the
            note's own examples and for other people's cards.

    Raises:
        CryptoError: if a length is wrong.
    """
    check_length("a master key", master, 16)
    return _derived(master, AES_128_CONSTANT, message)


def diversified_key_192(master: bytes, message: bytes) -> bytes:
    """The 24 bytes of an AES-192 card key (AN10922): two derivations, folded.

    Raises:
        CryptoError: if ``master`` has not 24 bytes or ``message`` not 1 to 31.
    """
    check_length("a master key", master, 24)
    one, other = _derived(master, b"\x11", message), _derived(master, b"\x12", message)
    return one[:8] + xor(one[8:], other[:8]) + other[8:]


def diversified_key_256(master: bytes, message: bytes) -> bytes:
    """The 32 bytes of an AES-256 card key (AN10922): two derivations side by side.

    Raises:
        CryptoError: if ``master`` has not 32 bytes or ``message`` not 1 to 31.
    """
    check_length("a master key", master, 32)
    return _derived(master, b"\x41", message) + _derived(master, b"\x42", message)


def _derived(master: bytes, constant: bytes, message: bytes) -> bytes:
    if not 1 <= len(message) <= MESSAGE_BYTES_MAX:
        raise CryptoError(f"a message has 1 to {MESSAGE_BYTES_MAX} bytes, not {len(message)}")
    whole_key, filled_key = cmac_subkeys(master)
    padded, subkey = constant + message, whole_key
    if len(padded) < _INPUT_BYTES:
        padded, subkey = (padded + b"\x80").ljust(_INPUT_BYTES, b"\0"), filled_key
    marked = padded[:BLOCK_BYTES] + xor(padded[BLOCK_BYTES:], subkey)
    return cbc_encrypt(master, ZERO_IV, marked)[BLOCK_BYTES:]
