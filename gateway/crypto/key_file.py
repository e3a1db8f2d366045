"""Private keys in files: PEM PKCS #8, readable by their owner alone, written once and whole."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519

from gateway.durable import write_whole
from gateway.errors import KeyStoreError

StoredKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | x25519.X25519PrivateKey

KEY_FILE_BYTES_MAX: Final = 16_384


def write_key(path: Path, key: StoredKey, passphrase: str | None) -> None:
    """Write a key to a new file that exists whole and synced, or not at all.

    An existing file is never replaced: it may be the only copy of a key.

    Args:
        path: where to; the directory must exist.
        key: the key.
        passphrase: encrypts the key at rest where given.

    Raises:
        KeyStoreError: if the file exists, cannot be written, or the passphrase is empty.
    """
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, _encryption(passphrase)
    )
    try:
        write_whole(path, pem)
    except FileExistsError as error:
        raise KeyStoreError(
            f"{path} already exists; keys are never overwritten: move it away first"
        ) from error
    except OSError as error:
        raise KeyStoreError(f"the key cannot be written to {path}: {error}") from error


def read_key(path: Path, passphrase: str | None) -> object:
    """Read a key from a file that nobody but its owner can read.

    Returns:
        A private key of whatever kind the file holds; the caller says which it takes.

    Raises:
        KeyStoreError: if the file cannot be read, is open to others, is no key, or does not open
            with the passphrase. The message says what to do.
    """
    try:
        pem = read_private(path)
    except OSError as error:
        raise KeyStoreError(f"the key in {path} cannot be read: {error}") from error
    secret = None if passphrase is None else passphrase.encode()
    try:
        return serialization.load_pem_private_key(pem, secret)
    except TypeError as error:
        # The library tells these two apart by the type of the exception and in words only.
        advice = "give its passphrase" if passphrase is None else "leave the passphrase out"
        state = "is encrypted" if passphrase is None else "is not encrypted"
        raise KeyStoreError(f"the key in {path} {state}: {advice}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        problem = "holds no readable private key (PEM, PKCS #8)"
        if passphrase is not None:
            problem += ", or the passphrase is wrong"
        raise KeyStoreError(f"{path} {problem}") from error


def _encryption(passphrase: str | None) -> serialization.KeySerializationEncryption:
    if passphrase is None:
        return serialization.NoEncryption()
    if not passphrase:
        raise KeyStoreError("the passphrase must not be empty; leave it out to store a key plainly")
    return serialization.BestAvailableEncryption(passphrase.encode())


def read_private(path: Path, bytes_max: int = KEY_FILE_BYTES_MAX) -> bytes:
    """Read a file that holds keys, if nobody but its owner can.

    Args:
        path: where.
        bytes_max: refuse a longer one.

    Raises:
        KeyStoreError: if it is no plain file, is open to others, or is too long.
        OSError: if it cannot be read.
    """
    with path.open("rb") as file:
        # The open file is asked, not the name: the name may point elsewhere by now.
        status = os.fstat(file.fileno())
        mode = stat.S_IMODE(status.st_mode)
        if not stat.S_ISREG(status.st_mode):
            raise KeyStoreError(f"{path} is no plain file")
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyStoreError(
                f"the key in {path} is open to others (mode {mode:04o}): run chmod 600 on it, "
                "and make a new key if others may have read it"
            )
        content = file.read(bytes_max + 1)
    if len(content) > bytes_max:
        raise KeyStoreError(f"{path} is too long for a key")
    return content
