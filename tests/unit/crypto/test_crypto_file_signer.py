"""Keys in files: private, whole, never overwritten, and clear about what is wrong."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto import ecdsa
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.key_file import KEY_FILE_BYTES_MAX
from gateway.crypto.public_key import PublicKey
from gateway.crypto.sealed_box import AgreementKey
from gateway.crypto.signer import Algorithm
from gateway.errors import KeyStoreError

SIGNER = FileSigner.generate()
KEY = PublicKey.from_cose_key(SIGNER.public_key)


@pytest.mark.parametrize("algorithm", list(Algorithm))
@pytest.mark.parametrize("passphrase", [None, "گذرواژه بلند"])
def test_a_saved_key_loads_as_the_same_key(
    tmp_path: Path, algorithm: Algorithm, passphrase: str | None
) -> None:
    """A key written to a file, plain or encrypted, signs as before when it is read again."""
    path = tmp_path / "signing.pem"
    signer = FileSigner.generate(algorithm)
    signer.save(path, passphrase)
    loaded = FileSigner.load(path, passphrase)
    assert loaded.public_key == signer.public_key
    assert loaded.key_id == signer.key_id
    PublicKey.from_cose_key(signer.public_key).verify(loaded.sign(b"x"), b"x")


def test_a_passphrase_encrypts_the_file(tmp_path: Path) -> None:
    """With a passphrase the file says that it is encrypted; without one it is a plain key."""
    SIGNER.save(tmp_path / "plain.pem")
    SIGNER.save(tmp_path / "closed.pem", "secret")
    assert (tmp_path / "plain.pem").read_text().startswith("-----BEGIN PRIVATE KEY-----")
    assert (tmp_path / "closed.pem").read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY")


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_key_file_is_its_owner_s_alone(tmp_path: Path, mask: int) -> None:
    """The file is made with mode 0600, whatever the process's mask allows."""
    before = os.umask(mask)
    try:
        SIGNER.save(tmp_path / "signing.pem")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "signing.pem").stat().st_mode) == 0o600


def test_an_existing_key_is_never_overwritten(tmp_path: Path) -> None:
    """Saving over a file is refused, the file stays as it was, and nothing is left beside it."""
    path = tmp_path / "signing.pem"
    SIGNER.save(path)
    before = path.read_bytes()
    with pytest.raises(KeyStoreError, match=r"already exists.*move it away"):
        FileSigner.generate().save(path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["signing.pem"]


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    """Where the directory is missing, the fault says so and no file appears."""
    with pytest.raises(KeyStoreError, match="cannot be written"):
        SIGNER.save(tmp_path / "absent" / "signing.pem")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    """A file with any right for group or world is not used, and the fault says what to do."""
    path = tmp_path / "signing.pem"
    SIGNER.save(path)
    path.chmod(mode)
    with pytest.raises(KeyStoreError, match=f"mode {mode:04o}.*chmod 600"):
        FileSigner.load(path)


def test_a_stricter_mode_is_fine(tmp_path: Path) -> None:
    """A file that even its owner cannot write is private enough."""
    path = tmp_path / "signing.pem"
    SIGNER.save(path)
    path.chmod(0o400)
    assert FileSigner.load(path).key_id == SIGNER.key_id


@pytest.mark.parametrize(
    ("saved", "given", "words"),
    [
        (None, "secret", "is not encrypted: leave the passphrase out"),
        ("secret", None, "is encrypted: give its passphrase"),
        ("secret", "wrong", "or the passphrase is wrong"),
    ],
)
def test_a_passphrase_that_does_not_fit_is_explained(
    tmp_path: Path, saved: str | None, given: str | None, words: str
) -> None:
    """Missing, needless and wrong passphrases are told apart."""
    path = tmp_path / "signing.pem"
    SIGNER.save(path, saved)
    with pytest.raises(KeyStoreError, match=words):
        FileSigner.load(path, given)


def test_an_empty_passphrase_is_no_passphrase(tmp_path: Path) -> None:
    """A mistake in a form does not write a key that looks protected and is not."""
    with pytest.raises(KeyStoreError, match="must not be empty"):
        SIGNER.save(tmp_path / "signing.pem", "")
    assert list(tmp_path.iterdir()) == []


def _rubbish(path: Path) -> None:
    path.write_bytes(b"not a key at all")


def _too_long(path: Path) -> None:
    path.write_bytes(b"x" * (KEY_FILE_BYTES_MAX + 1))


def _public_half(path: Path) -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    path.write_bytes(
        public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


def _other_curve(path: Path) -> None:
    path.write_bytes(
        ec.generate_private_key(ec.SECP384R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _agreement_key(path: Path) -> None:
    AgreementKey.generate().save(path)


def _folder(path: Path) -> None:
    path.mkdir()


def _nothing(path: Path) -> None:
    assert not path.exists()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_rubbish, "no readable private key"),
        (_too_long, "too long for a key"),
        (_public_half, "no readable private key"),
        (_other_curve, "holds no signing key"),
        (_agreement_key, "holds no signing key"),
        (_folder, "cannot be read"),
        (_nothing, "cannot be read"),
    ],
)
def test_a_file_that_is_no_signing_key_is_explained(
    tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    """Whatever else lies at the path, the fault is a KeyStoreError that names path and problem."""
    path = tmp_path / "signing.pem"
    make(path)
    if path.is_file():
        path.chmod(0o600)
    with pytest.raises(KeyStoreError, match=words) as caught:
        FileSigner.load(path)
    assert str(path) in str(caught.value)


def test_a_signing_key_is_no_agreement_key(tmp_path: Path) -> None:
    """The two kinds of file cannot be mixed up in the other direction either."""
    SIGNER.save(tmp_path / "signing.pem")
    with pytest.raises(KeyStoreError, match="holds no agreement key"):
        AgreementKey.load(tmp_path / "signing.pem")


@given(st.binary(max_size=200))
def test_every_signature_is_low_s(message: bytes) -> None:
    """Each signature verifies under the strict rule, which half of all would otherwise fail."""
    signature = SIGNER.sign(message)
    assert ecdsa.is_low_s(signature)
    KEY.verify(signature, message)


def test_signing_again_gives_the_same_signature() -> None:
    """The nonce comes from key and message (RFC 6979), not from a box's young randomness."""
    assert SIGNER.sign(b"message") == SIGNER.sign(b"message")


def test_rfc_6979_s_published_signature_comes_out() -> None:
    """Appendix A.2.5, P-256 with SHA-256 and the message "sample", s turned into the lower half."""
    secret = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    r = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    s = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
    signer = FileSigner(ec.derive_private_key(secret, ec.SECP256R1()))
    expected = r.to_bytes(32, "big") + (ecdsa.ORDER - s).to_bytes(32, "big")
    assert signer.sign(b"sample") == expected


def test_a_signer_does_not_show_its_key() -> None:
    """Neither representation nor attributes of the port give the private key away."""
    secret = SIGNER._key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    shown = repr(SIGNER) + str(vars(SIGNER))
    assert secret.hex() not in shown
    assert "BEGIN" not in shown
