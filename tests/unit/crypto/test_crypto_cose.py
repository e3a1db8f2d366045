"""The generic COSE_Sign1 verifier against the COSE working group's published examples."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Final

import cbor2
import pytest

from gateway.crypto.cose import (
    UnsupportedCoseError,
    decode_sign1,
    signature_structure,
    verify_sign1,
)
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import parse_envelope
from gateway.errors import KeyStoreError, SealError

PASS: Final = ("ecdsa-sig-01", "eddsa-sig-01", "sign-pass-01", "sign-pass-02", "sign-pass-03")
FAIL: Final = tuple(f"sign-fail-0{number}" for number in (1, 2, 3, 4, 6, 7))
#: Refused by name: what the message of the fault must name.
UNSUPPORTED: Final = {
    "ecdsa-01": "COSE_Sign",
    "ecdsa-02": "COSE_Sign",
    "ecdsa-03": "COSE_Sign",
    "ecdsa-04": "COSE_Sign",
    "eddsa-01": "COSE_Sign",
    "eddsa-02": "COSE_Sign",
    "ecdsa-sig-02": "ES384",
    "ecdsa-sig-03": "ES512",
    "ecdsa-sig-04": "ES512",
}
ED448: Final = "eddsa-sig-02"


def example(folder: Path, name: str) -> dict[str, Any]:
    """One published example."""
    loaded: dict[str, Any] = json.loads((folder / "cose" / f"{name}.json").read_text("utf-8"))
    return loaded


def encoded(case: dict[str, Any]) -> bytes:
    """The example's message."""
    return bytes.fromhex(case["output"]["cbor"])


def external_aad(case: dict[str, Any]) -> bytes:
    """The example's external data, mostly none."""
    return bytes.fromhex(case["input"]["sign0"].get("external", ""))


def coordinate(key: dict[str, str], name: str) -> bytes:
    """One coordinate, which the examples write in base64 or in hexadecimal."""
    if f"{name}_hex" in key:
        return bytes.fromhex(key[f"{name}_hex"])
    return base64.urlsafe_b64decode(key[name] + "=" * (-len(key[name]) % 4))


def cose_key(case: dict[str, Any]) -> bytes:
    """The example's key as a COSE_Key, of whatever curve."""
    key = case["input"]["sign0"]["key"]
    curves = {"P-256": 1, "P-384": 2, "P-521": 3, "Ed25519": 6, "Ed448": 7}
    members = {1: 2 if key["kty"] == "EC" else 1, -1: curves[key["crv"]], -2: coordinate(key, "x")}
    if key["kty"] == "EC":
        members[-3] = coordinate(key, "y")
    return cbor2.dumps(members)


def test_the_tables_name_every_published_example(vectors_folder: Path) -> None:
    """No example lies in the folder without an expectation here."""
    names = {path.stem for path in (vectors_folder / "cose").glob("*.json")}
    assert names == {*PASS, *FAIL, *UNSUPPORTED, ED448}


@pytest.mark.parametrize("name", PASS)
def test_a_good_example_verifies(vectors_folder: Path, name: str) -> None:
    """Tagged, untagged, with external data, with the algorithm unprotected: all verify."""
    case = example(vectors_folder, name)
    message = decode_sign1(encoded(case))
    verify_sign1(message, PublicKey.from_cose_key(cose_key(case)), external_aad(case))
    assert message.payload == case["input"]["plaintext"].encode()


@pytest.mark.parametrize("name", PASS)
def test_the_signed_bytes_are_the_published_ones(vectors_folder: Path, name: str) -> None:
    """The structure under the signature agrees with the example's own intermediate result."""
    case = example(vectors_folder, name)
    message = decode_sign1(encoded(case))
    signed = signature_structure(message.protected, message.payload, external_aad(case))
    assert signed == bytes.fromhex(case["intermediates"]["ToBeSign_hex"])


@pytest.mark.parametrize("name", FAIL)
def test_a_broken_example_fails(vectors_folder: Path, name: str) -> None:
    """A wrong tag, signature, algorithm or protected header is refused."""
    case = example(vectors_folder, name)
    with pytest.raises(SealError):
        verify_sign1(
            decode_sign1(encoded(case)),
            PublicKey.from_cose_key(cose_key(case)),
            external_aad(case),
        )


@pytest.mark.parametrize(("name", "named"), sorted(UNSUPPORTED.items()))
def test_what_is_out_of_scope_is_refused_by_name(
    vectors_folder: Path, name: str, named: str
) -> None:
    """Other structures and algorithms are named, not called broken."""
    with pytest.raises(UnsupportedCoseError, match=named):
        decode_sign1(encoded(example(vectors_folder, name)))


def test_ed448_is_refused_by_name(vectors_folder: Path) -> None:
    """EdDSA does not say which curve: the key does, and it is refused by its curve's name."""
    case = example(vectors_folder, ED448)
    message = decode_sign1(encoded(case))
    with pytest.raises(KeyStoreError, match="Ed448"):
        PublicKey.from_cose_key(cose_key(case))
    ed25519 = PublicKey.from_cose_key(cose_key(example(vectors_folder, "eddsa-sig-01")))
    with pytest.raises(SealError, match="64 bytes, not 114"):
        verify_sign1(message, ed25519)


def test_external_data_counts(vectors_folder: Path) -> None:
    """Without its external data, or with other data, the example does not verify."""
    case = example(vectors_folder, "sign-pass-02")
    key = PublicKey.from_cose_key(cose_key(case))
    message = decode_sign1(encoded(case))
    for other in (b"", external_aad(case) + b"\0"):
        with pytest.raises(SealError):
            verify_sign1(message, key, other)


@pytest.mark.parametrize("name", [*PASS, *FAIL, *UNSUPPORTED, ED448])
def test_the_profile_refuses_every_published_example(vectors_folder: Path, name: str) -> None:
    """Not one of them is an envelope of Mohr's."""
    with pytest.raises(SealError):
        parse_envelope(encoded(example(vectors_folder, name)))


def name_of(parameter: object) -> str | None:
    """Test ids that do not change with the key, which is new in every run."""
    return "bytes" if isinstance(parameter, bytes) else None


# --- cases of our own --------------------------------------------------------------------------

SIGNER: Final = FileSigner.generate()
KEY: Final = PublicKey.from_cose_key(SIGNER.public_key)


def message(
    header: object, *, unprotected: object = None, payload: object = b"hello", tail: bytes = b""
) -> bytes:
    """A tagged COSE_Sign1 with a good signature over whatever parts."""
    protected = header if isinstance(header, bytes) else cbor2.dumps(header)
    signature = SIGNER.sign(cbor2.dumps(["Signature1", protected, b"", payload]))
    parts = [protected, {} if unprotected is None else unprotected, payload, signature]
    return cbor2.dumps(cbor2.CBORTag(18, parts)) + tail


def test_an_understood_critical_header_is_accepted() -> None:
    """A message may insist on headers that this verifier knows."""
    verify_sign1(decode_sign1(message({1: -9, 2: [4], 4: b"k"})), KEY)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (message({1: -9, 2: [99], 99: 0}), "critical header 99"),
        (message({1: -9}, payload=None), "detached"),
        (message({1: -53}), "Ed448"),
        (message({1: -47}), "ES256K"),
        (message({1: "HS256"}), "unknown"),
        (cbor2.dumps(cbor2.CBORTag(17, [])), "COSE_Mac0"),
        (cbor2.dumps(cbor2.CBORTag(61, [])), "CWT"),
        (b"\xd9\x00\x62\x84", "COSE_Sign"),
    ],
    ids=name_of,
)
def test_unsupported_cose_is_named(data: bytes, words: str) -> None:
    """Well-formed COSE of another kind is refused as unsupported, with its name."""
    with pytest.raises(UnsupportedCoseError, match=words):
        decode_sign1(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (message({1: -9}, tail=b"\x00"), "after the end"),
        (message({1: -9}, unprotected={1: -9}), "repeats no protected label"),
        (message({1: -9}, unprotected={2: [4]}), "in the protected header"),
        (message({1: -9, 2: []}), "non-empty array"),
        (message({1: -9, 2: [4]}), "critical header 4 is absent"),
        (message({1: -9, 4: "k"}), "key id must be"),
        (message({4: b"k"}), "names no algorithm"),
        (message(b"\x80"), "must hold a map"),
        (message(b"\xa1\x01\x28\x00"), "after the end"),
        (message(b"\xa2\x01\x28\x01\x28"), "Duplicate"),
        (message({1: -9}, payload="text"), "byte strings"),
        (b"", "not acceptable CBOR"),
        (b"\xd2", "not acceptable CBOR"),
        (b"\xd8", "malformed tag"),
        (b"\xdc\x84", "malformed tag"),
        (b"\xd2\x83\x40\xa0\x40", "array of four"),
        (b"\xd2\xd2\x84\x40\xa0\x40\x40", "tag"),
        (bytes(1_048_577), "more than"),
    ],
    ids=name_of,
)
def test_malformed_cose_is_refused(data: bytes, words: str) -> None:
    """What is not a well-formed COSE_Sign1 is refused, and the fault says why."""
    with pytest.raises(SealError, match=words) as caught:
        decode_sign1(data)
    assert not isinstance(caught.value, UnsupportedCoseError)


def test_a_key_of_the_wrong_kind_is_refused() -> None:
    """A message's algorithm must fit the key it is verified with."""
    with pytest.raises(SealError, match="not of the kind"):
        verify_sign1(decode_sign1(message({1: -19})), KEY)


@pytest.mark.parametrize("algorithm", [-7, -9])
def test_old_and_new_names_of_an_algorithm_verify(algorithm: int) -> None:
    """ES256 and ESP256 are the same signature on this curve (RFC 9864)."""
    verify_sign1(decode_sign1(message({1: algorithm})), KEY)
