"""ECDSA edge cases, published by Wycheproof: P-256, SHA-256, signatures as r ‖ s."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cbor2
import pytest

from gateway.crypto.ecdsa import is_low_s
from gateway.crypto.public_key import PublicKey
from gateway.errors import SealError


@dataclass(frozen=True)
class Case:
    """One signature and whether it is valid."""

    number: int
    key: PublicKey
    message: bytes
    signature: bytes
    valid: bool


@pytest.fixture(scope="module")
def cases(vectors_folder: Path) -> list[Case]:
    """All 262 of them."""
    path = vectors_folder / "wycheproof" / "ecdsa_secp256r1_sha256_p1363_test.json"
    found = []
    for group in json.loads(path.read_text("utf-8"))["testGroups"]:
        point = bytes.fromhex(group["publicKey"]["uncompressed"])
        key = PublicKey.from_cose_key(cbor2.dumps({1: 2, -1: 1, -2: point[1:33], -3: point[33:65]}))
        found += [
            Case(
                number=test["tcId"],
                key=key,
                message=bytes.fromhex(test["msg"]),
                signature=bytes.fromhex(test["sig"]),
                valid=test["result"] == "valid",
            )
            for test in group["tests"]
        ]
    return found


def accepts(case: Case, *, low_s_only: bool) -> bool:
    """Whether the key takes the signature."""
    try:
        case.key.verify(case.signature, case.message, low_s_only=low_s_only)
    except SealError:
        return False
    return True


def test_the_generic_rule_agrees_with_every_case(cases: list[Case]) -> None:
    """All 173 valid signatures verify and all 89 invalid ones do not."""
    assert len(cases) == 262
    wrong = [case.number for case in cases if accepts(case, low_s_only=False) is not case.valid]
    assert wrong == []


def test_the_profile_refuses_exactly_the_high_s_ones_more(cases: list[Case]) -> None:
    """The strict rule takes the valid signatures with low s, and refuses the 70 with high s."""
    high = [case for case in cases if case.valid and not is_low_s(case.signature)]
    assert len(high) == 70
    expected = {case.number for case in cases if case.valid} - {case.number for case in high}
    assert {case.number for case in cases if accepts(case, low_s_only=True)} == expected
