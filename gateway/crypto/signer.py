"""The ``Signer`` port: something that holds a private key and never shows it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import IntEnum

from gateway.model.ids import KeyId


class Algorithm(IntEnum):
    """Fully specified COSE algorithms (RFC 9864) that Mohr seals with."""

    ESP256 = -9
    ED25519 = -19


class Signer(ABC):
    """A private key: in a file, in a TPM or in a secure element."""

    @property
    @abstractmethod
    def algorithm(self) -> Algorithm:
        """The algorithm of every signature this signer makes."""

    @property
    @abstractmethod
    def key_id(self) -> KeyId:
        """The public key's id (``gateway.crypto.public_key``)."""

    @property
    @abstractmethod
    def public_key(self) -> bytes:
        """The public key as a deterministic COSE_Key (RFC 9052 section 7)."""

    @abstractmethod
    def sign(self, message: bytes) -> bytes:
        """Sign ``message``.

        Returns:
            64 bytes as COSE carries them: r ‖ s with s in the lower half of the group order
            for ESP256 (RFC 9053 section 2.1 and Mohr's low-s rule), or an Ed25519 signature.

        Raises:
            CryptoError: if the key cannot be used now.
        """
