"""The office's own key: hides the secrets of authenticators at rest and signs what browsers keep.

It lies beside the database and not in it, so that a copy of ``office.db`` alone tells no secret.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Final

from gateway.crypto.sealed_box import AgreementKey, seal_box
from gateway.errors import CryptoError, KeyStoreError
from gateway.office.errors import OfficeError

KEY_FILE: Final = "web.key"


class OfficeKey:
    """The key in ``web.key``."""

    def __init__(self, path: Path) -> None:
        """Read the key, or make it where there is none.

        Raises:
            OfficeError: if it cannot be read or made; says what to do.
        """
        try:
            if not path.exists():
                self._make(path)
            self._key = AgreementKey.load(path)
            self._root = hashlib.sha256(path.read_bytes()).digest()
        except (KeyStoreError, OSError) as error:
            raise OfficeError(f"the office's key: {error}") from error

    @staticmethod
    def _make(path: Path) -> None:
        try:
            AgreementKey.generate().save(path)
        except KeyStoreError:
            # The command line and the gateway may both be the first: whoever came second reads.
            if not path.exists():
                raise

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose, always the same for this key."""
        return hmac.digest(self._root, purpose.encode(), "sha256")

    def seal(self, secret: bytes, purpose: str) -> bytes:
        """Hide a secret for keeping."""
        return seal_box(secret, self._key.public_bytes, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Read what was hidden for this purpose.

        Raises:
            OfficeError: if it was hidden under another key or for another purpose.
        """
        try:
            return self._key.open_box(sealed, purpose.encode())
        except CryptoError as error:
            raise OfficeError(
                "a secret of the office does not open: web.key is not the one it was kept with"
            ) from error
