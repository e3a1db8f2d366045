"""The key that vouches for printed membership codes and signed tags, one for each gateway."""

from __future__ import annotations

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.signer import Algorithm
from gateway.errors import KeyStoreError
from gateway.service.data_dir import DataDir


def open_issuer(data_dir: DataDir) -> FileSigner:
    """Read the issuer's key; make it where there is none yet.

    Terminals are told its public half with their configuration. What it signed is worth no more
    without it, so it belongs into the backup like the gateway's own key.

    Raises:
        KeyStoreError: if it cannot be read or made.
    """
    path = data_dir.issuer_key
    if not path.exists():
        try:
            FileSigner.generate(Algorithm.ED25519).save(path)
        except KeyStoreError:
            # Another process may have made it in this very moment.
            if not path.exists():
                raise
    return FileSigner.load(path)


def known_issuers(data_dir: DataDir) -> tuple[bytes, ...]:
    """The COSE keys that may vouch for codes and tags: none before the first was issued.

    Raises:
        KeyStoreError: if the issuer's key is there and cannot be read.
    """
    if not data_dir.issuer_key.exists():
        return ()
    return (FileSigner.load(data_dir.issuer_key).public_key,)
