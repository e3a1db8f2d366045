"""What every ``Signer`` promises, checked on both algorithms, in memory and from a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.crypto.signer import Algorithm, Signer
from gateway.errors import SealError

CASES = [(algorithm, stored) for algorithm in Algorithm for stored in (False, True)]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0].name}-{'file' if case[1] else 'memory'}")
def signer(request: pytest.FixtureRequest, tmp_path: Path) -> Signer:
    """One signer of each kind."""
    algorithm, stored = request.param
    made = FileSigner.generate(algorithm)
    if not stored:
        return made
    made.save(tmp_path / "signing.key", "open sesame")
    return FileSigner.load(tmp_path / "signing.key", "open sesame")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(message=st.binary(max_size=2_000))
def test_a_signature_verifies_and_is_64_bytes(signer: Signer, message: bytes) -> None:
    """Every signature has COSE's length and verifies with the signer's own public key."""
    signature = signer.sign(message)
    assert len(signature) == 64
    PublicKey.from_cose_key(signer.public_key).verify(signature, message)


def test_another_message_does_not_verify(signer: Signer) -> None:
    """A signature is of one message."""
    signature = signer.sign(b"ten points")
    with pytest.raises(SealError):
        PublicKey.from_cose_key(signer.public_key).verify(signature, b"ten thousand points")


def test_the_key_names_itself(signer: Signer) -> None:
    """Key id and algorithm of signer and public key are the same."""
    key = PublicKey.from_cose_key(signer.public_key)
    assert (key.key_id, key.algorithm) == (signer.key_id, signer.algorithm)
