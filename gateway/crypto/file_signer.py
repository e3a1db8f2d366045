"""A signer whose private key lies in a file: the lowest step of the storage ladder."""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from gateway.crypto import ecdsa
from gateway.crypto.key_file import read_key, write_key
from gateway.crypto.public_key import PublicKey
from gateway.crypto.signer import Algorithm, Signer
from gateway.errors import KeyStoreError
from gateway.model.ids import KeyId

_PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class FileSigner(Signer):
    """Signs with a P-256 or Ed25519 key held in memory, made here or loaded from a file."""

    def __init__(self, key: object) -> None:
        """Take a private key of the library.

        Raises:
            KeyStoreError: if it is neither P-256 nor Ed25519.
        """
        if not isinstance(key, _PrivateKey):
            raise KeyStoreError("a signing key must be of the curve P-256 or Ed25519")
        self._key = key
        self._public = PublicKey.from_native(key.public_key())
        self._ecdsa = _ecdsa()

    @classmethod
    def generate(cls, algorithm: Algorithm = Algorithm.ESP256) -> FileSigner:
        """Make a new key, in memory only."""
        if algorithm is Algorithm.ED25519:
            return cls(ed25519.Ed25519PrivateKey.generate())
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def load(cls, path: Path, passphrase: str | None = None) -> FileSigner:
        """Read a key from a file that nobody but its owner can read.

        Raises:
            KeyStoreError: saying what is wrong with the file and what to do.
        """
        key = read_key(path, passphrase)
        try:
            return cls(key)
        except KeyStoreError as error:
            raise KeyStoreError(f"{path} holds no signing key: {error}") from error

    def save(self, path: Path, passphrase: str | None = None) -> None:
        """Write the key to a new file with mode 0600; an existing one is never replaced.

        Raises:
            KeyStoreError: if the file exists or cannot be written.
        """
        write_key(path, self._key, passphrase)

    @property
    def algorithm(self) -> Algorithm:
        """The key's one algorithm."""
        return self._public.algorithm

    @property
    def key_id(self) -> KeyId:
        """The public key's id."""
        return self._public.key_id

    @property
    def public_key(self) -> bytes:
        """The public key as a deterministic COSE_Key."""
        return self._public.cose_key

    def sign(self, message: bytes) -> bytes:
        """Sign a message; see ``Signer.sign``."""
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(message)
        return ecdsa.der_to_low_s(self._key.sign(message, self._ecdsa))


def _ecdsa() -> ec.ECDSA:
    """ECDSA with the nonce derived from key and message (RFC 6979) where OpenSSL can.

    A box that has just started has gathered little randomness, and one repeated nonce gives the
    key away. Nothing else depends on signatures being repeatable.
    """
    try:
        return ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    except UnsupportedAlgorithm:
        # OpenSSL before 3.2 draws the nonce at random, which is what most of the world does.
        return ec.ECDSA(hashes.SHA256())
