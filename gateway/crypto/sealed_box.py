"""Boxes that one holder of a key can open: HPKE (RFC 9180) in base mode.

Base mode does not say who packed a box. Mohr's boxes travel inside sealed configuration, whose
signature says it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from gateway.crypto.key_file import read_key, write_key
from gateway.errors import CryptoError, KeyStoreError
from gateway.model.ids import TerminalId

PUBLIC_BYTES: Final = 32
#: What a box is longer than its content: the ephemeral public key and the tag of AES-GCM.
OVERHEAD_BYTES: Final = PUBLIC_BYTES + 16

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def card_key_info(terminal: TerminalId) -> bytes:
    """What binds the box of a card key to its purpose and to the terminal it is for."""
    return b"mohr card key" + terminal.encode()


def shared_keys_info(terminal: TerminalId) -> bytes:
    """What binds the box of shared card keys to its purpose and to the terminal it is for."""
    return b"mohr shared card keys" + terminal.encode()


def seal_box(plaintext: bytes, recipient_public: bytes, info: bytes) -> bytes:
    """Encrypt for one recipient.

    Args:
        plaintext: what to hide.
        recipient_public: the 32 bytes of ``AgreementKey.public_bytes``.
        info: purpose and context; opening needs the same.

    Returns:
        The ephemeral public key (32 bytes), the ciphertext, and a 16-byte tag.

    Raises:
        CryptoError: if the public key is none, or is of small order.
    """
    try:
        return _SUITE.encrypt(plaintext, X25519PublicKey.from_public_bytes(recipient_public), info)
    except ValueError as error:
        raise CryptoError("the recipient's key is no usable X25519 public key") from error


class AgreementKey:
    """The X25519 key that opens boxes. Apart from the signing key: one key, one purpose."""

    def __init__(self, key: object) -> None:
        """Take a private key of the library.

        Raises:
            KeyStoreError: if it is no X25519 key.
        """
        if not isinstance(key, X25519PrivateKey):
            raise KeyStoreError("an agreement key must be of the curve X25519")
        self._key = key

    @classmethod
    def generate(cls) -> AgreementKey:
        """Make a new key, in memory only."""
        return cls(X25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path, passphrase: str | None = None) -> AgreementKey:
        """Read a key from a file that nobody but its owner can read.

        Raises:
            KeyStoreError: saying what is wrong with the file and what to do.
        """
        key = read_key(path, passphrase)
        try:
            return cls(key)
        except KeyStoreError as error:
            raise KeyStoreError(f"{path} holds no agreement key: {error}") from error

    def save(self, path: Path, passphrase: str | None = None) -> None:
        """Write the key to a new file with mode 0600; an existing one is never replaced.

        Raises:
            KeyStoreError: if the file exists or cannot be written.
        """
        write_key(path, self._key, passphrase)

    @property
    def public_bytes(self) -> bytes:
        """The public key's 32 bytes."""
        return self._key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )

    def open_box(self, box: bytes, info: bytes) -> bytes:
        """Decrypt what was packed for this key and this ``info``.

        Raises:
            CryptoError: if it was packed for another key or purpose, or was changed.
        """
        try:
            return _SUITE.decrypt(box, self._key, info)
        except (InvalidTag, ValueError) as error:
            raise CryptoError(
                "the box does not open: it is damaged, or was packed for another key or purpose"
            ) from error
