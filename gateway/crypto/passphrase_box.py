"""Boxes that a passphrase opens: scrypt (RFC 7914) makes the key, AES-256-GCM closes the box.

For what a person keeps away from the machine, such as the keys in a backup. The cost of trying one
passphrase is what protects a box that is lost, so it is high: a tenth of a gigabyte for a moment.
"""

from __future__ import annotations

import secrets
import struct
import unicodedata
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from gateway.errors import CryptoError, KeyStoreError

PASSPHRASE_CHARACTERS_MIN: Final = 12
PASSPHRASE_CHARACTERS_MAX: Final = 1_024

_MAGIC: Final = b"mohr passphrase box 1\n"
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_KEY_BYTES: Final = 32
#: 2^17 blocks of 8 × 128 bytes are 128 MiB: the first of OWASP's equal choices for scrypt.
_COST_LOG2: Final = 17
#: What we open: a box from elsewhere must not make this machine run out of memory (256 MiB).
_COST_LOG2_MAX: Final = 18
_COST_LOG2_MIN: Final = 14
_BLOCKS: Final = 8
_HEAD: Final = struct.Struct(f">{len(_MAGIC)}sB{_SALT_BYTES}s{_NONCE_BYTES}s")


def check_passphrase(passphrase: str) -> None:
    """Refuse what could be guessed or never typed again.

    Raises:
        KeyStoreError: if it is too short or too long.
    """
    if not PASSPHRASE_CHARACTERS_MIN <= len(passphrase) <= PASSPHRASE_CHARACTERS_MAX:
        raise KeyStoreError(
            f"a passphrase has {PASSPHRASE_CHARACTERS_MIN} to {PASSPHRASE_CHARACTERS_MAX} "
            "characters; five or six random words make a good one"
        )


def seal_with_passphrase(plaintext: bytes, passphrase: str, purpose: bytes) -> bytes:
    """Close a box.

    Args:
        plaintext: what to hide.
        passphrase: opens it again; see ``check_passphrase``.
        purpose: what the box is for; opening needs the same.

    Returns:
        the box: cost, salt and nonce, then the ciphertext with its tag.

    Raises:
        KeyStoreError: if the passphrase is too short or too long.
    """
    check_passphrase(passphrase)
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    head = _HEAD.pack(_MAGIC, _COST_LOG2, salt, nonce)
    key = _key(passphrase, salt, _COST_LOG2)
    return head + AESGCM(key).encrypt(nonce, plaintext, head + purpose)


def open_with_passphrase(box: bytes, passphrase: str, purpose: bytes) -> bytes:
    """Open a box.

    Raises:
        CryptoError: if it is no box, was changed, is for another purpose, or the passphrase is
            another one; the last three cannot be told apart.
    """
    if len(box) < _HEAD.size + _TAG_BYTES:
        raise CryptoError("this is no box of ours: it is too short")
    magic, cost_log2, salt, nonce = _HEAD.unpack_from(box)
    if magic != _MAGIC or not _COST_LOG2_MIN <= cost_log2 <= _COST_LOG2_MAX:
        raise CryptoError("this is no box that this version of Mohr opens")
    head, ciphertext = box[: _HEAD.size], box[_HEAD.size :]
    try:
        return AESGCM(_key(passphrase, salt, cost_log2)).decrypt(nonce, ciphertext, head + purpose)
    except InvalidTag as error:
        raise CryptoError("the passphrase is wrong, or the box was changed") from error


def _key(passphrase: str, salt: bytes, cost_log2: int) -> bytes:
    # Keyboards differ in how they compose a letter; both must make the same key (RFC 8265, 4.2.2).
    secret = unicodedata.normalize("NFC", passphrase).encode()
    return Scrypt(salt=salt, length=_KEY_BYTES, n=1 << cost_log2, r=_BLOCKS, p=1).derive(secret)
