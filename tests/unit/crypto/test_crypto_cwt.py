"""Agreement with ``cwt``, another implementation of COSE: it verifies ours, and we verify its.

``tests/vectors/cwt/generate.py`` says how the file was made.
"""

from __future__ import annotations

import json
import runpy
from itertools import product
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from gateway.crypto.cose import decode_sign1, verify_sign1
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import SealType, open_envelope, seal
from gateway.errors import SealError


@pytest.fixture(scope="module")
def folder(project_root: Path) -> Path:
    """Where the cross-check lies."""
    return project_root / "tests" / "vectors" / "cwt"


@pytest.fixture(scope="module")
def made(folder: Path) -> dict[str, Any]:
    """What ``cwt`` wrote."""
    loaded: dict[str, Any] = json.loads((folder / "sign1.json").read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def constants(folder: Path) -> dict[str, Any]:
    """The keys and payloads that both scripts use."""
    return runpy.run_path(str(folder / "keys.py"))


@pytest.fixture(scope="module")
def keys(constants: dict[str, Any]) -> dict[int, PublicKey]:
    """The public key for each algorithm, from the constants."""
    x, y = (bytes.fromhex(constants[name]) for name in ("P256_X", "P256_Y"))
    p256 = PublicKey.from_cose_key(cbor2.dumps({1: 2, -1: 1, -2: x, -3: y}))
    edwards = bytes.fromhex(constants["ED25519_X"])
    ed = PublicKey.from_cose_key(cbor2.dumps({1: 1, -1: 6, -2: edwards}))
    return {-7: p256, -9: p256, -8: ed, -19: ed}


def test_the_file_holds_what_the_script_makes(
    made: dict[str, Any], constants: dict[str, Any]
) -> None:
    """Every algorithm, payload and external data of the script is in the file, and no other."""
    expected = product((-7, -9, -8, -19), constants["PAYLOADS"], constants["EXTERNAL_AADS"])
    assert [
        (each["algorithm"], bytes.fromhex(each["payload"]), bytes.fromhex(each["external_aad"]))
        for each in made["theirs"]
    ] == list(expected)
    assert made["box"]["private_key"] == constants["X25519_D"]
    assert made["box"]["info"] == constants["BOX_INFO"].hex()
    assert made["box"]["plaintext"] == constants["BOX_PLAINTEXT"].hex()


def test_we_verify_what_cwt_signs(made: dict[str, Any], keys: dict[int, PublicKey]) -> None:
    """Each message of ``cwt`` verifies with its external data, and not with other data."""
    for each in made["theirs"]:
        message = decode_sign1(bytes.fromhex(each["message"]))
        external = bytes.fromhex(each["external_aad"])
        verify_sign1(message, keys[each["algorithm"]], external)
        assert message.payload.hex() == each["payload"]
        assert message.key_id == b"cwt"
        with pytest.raises(SealError):
            verify_sign1(message, keys[each["algorithm"]], external + b"x")


def test_the_profile_refuses_what_cwt_signs(
    made: dict[str, Any], keys: dict[int, PublicKey]
) -> None:
    """Good COSE without Mohr's headers is no envelope."""
    for each in made["theirs"]:
        with pytest.raises(SealError):
            open_envelope(
                bytes.fromhex(each["message"]), SealType.TRANSACTION, keys[each["algorithm"]]
            )


def test_cwt_verified_what_we_seal_today(made: dict[str, Any], constants: dict[str, Any]) -> None:
    """The envelopes that ``cwt`` verified are, byte for byte, what sealing makes now."""
    signers = (
        FileSigner(ec.derive_private_key(int(constants["P256_D"], 16), ec.SECP256R1())),
        FileSigner(
            ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(constants["ED25519_D"]))
        ),
    )
    cases = product(signers, constants["SEAL_TYPES"], constants["PAYLOADS"])
    assert [each["message"] for each in made["ours"]] == [
        seal(payload, SealType(seal_type), signer).hex() for signer, seal_type, payload in cases
    ]


def test_we_open_what_cwt_verified(made: dict[str, Any], keys: dict[int, PublicKey]) -> None:
    """The same envelopes open here."""
    for each in made["ours"]:
        key = keys[each["algorithm"]]
        envelope = open_envelope(bytes.fromhex(each["message"]), SealType(each["typ"]), key)
        assert envelope.payload.hex() == each["payload"]
        assert envelope.key_id.hex() == each["key_id"]
