"""Signing keys that follow from a seed, so that a run repeats to the byte. Never for a real one."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from random import Random
from typing import Final

from gateway.crypto.file_signer import FileSigner

#: A P-256 key in PKCS #8 (RFC 5958, RFC 5915) without its public half, up to the 32 secret bytes.
_PREFIX: Final = bytes.fromhex(
    "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420"
)
#: The same of an Ed25519 key (RFC 8410, 7).
_ED25519_PREFIX: Final = bytes.fromhex("302e020100300506032b657004220420")


def seeded_signer(dice: Random) -> FileSigner:
    """Make the key that the dice say.

    Raises:
        KeyStoreError: with a chance of 2**-32, if the number is beyond the curve's order.
    """
    return _loaded(_PREFIX + dice.randbytes(32))


def seeded_issuer(dice: Random) -> FileSigner:
    """Make the Ed25519 key that the dice say; such keys vouch for memberships."""
    return _loaded(_ED25519_PREFIX + dice.randbytes(32))


def _loaded(private: bytes) -> FileSigner:
    text = base64.encodebytes(private).decode("ascii")
    # The library that makes keys lives in gateway.crypto; a key file is its door.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seeded.key"
        path.touch(mode=0o600)
        path.write_text(f"-----BEGIN PRIVATE KEY-----\n{text}-----END PRIVATE KEY-----\n", "ascii")
        return FileSigner.load(path)
