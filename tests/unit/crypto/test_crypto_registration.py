"""The text files exchanged at set-up: complete, strict, and clear about what is wrong."""

from __future__ import annotations

import json

import pytest

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.registration import TEXT_CHARACTERS_MAX, GatewayIdentity, Registration
from gateway.crypto.sealed_box import AgreementKey
from gateway.crypto.signer import Algorithm
from gateway.errors import KeyStoreError, ValueRangeError
from gateway.model.ids import TerminalId

SIGNER = FileSigner.generate(Algorithm.ED25519)
REGISTRATION = Registration(
    terminal=TerminalId("till-1"),
    epoch=1,
    public_key=SIGNER.public_key,
    agreement_key=AgreementKey.generate().public_bytes,
)
GATEWAY = GatewayIdentity(name="gateway", public_key=FileSigner.generate().public_key)


def test_both_files_read_back_equal() -> None:
    """What is written is read back, and names the key it holds."""
    assert Registration.from_json(REGISTRATION.to_json()) == REGISTRATION
    assert GatewayIdentity.from_json(GATEWAY.to_json()) == GATEWAY
    assert REGISTRATION.key_id == SIGNER.key_id
    assert REGISTRATION.to_json().endswith("}\n")


def test_the_files_do_not_pass_for_one_another() -> None:
    """Giving the one file where the other is asked for is explained."""
    with pytest.raises(KeyStoreError, match="no mohr gateway file"):
        GatewayIdentity.from_json(REGISTRATION.to_json())
    with pytest.raises(KeyStoreError, match="no mohr terminal file"):
        Registration.from_json(GATEWAY.to_json())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"extra": 1}, "holds exactly"),
        ({"format": 2}, "does not know"),
        ({"format": True}, "does not know"),
        ({"epoch": 0}, "epoch must be"),
        ({"epoch": True}, "epoch must be"),
        ({"epoch": 1.0}, "epoch must be"),
        ({"epoch": "1"}, "epoch must be"),
        ({"terminal": "Till 1"}, "terminal must be"),
        ({"terminal": 1}, "terminal must be text"),
        ({"public_key": "zz"}, "hexadecimal"),
        ({"public_key": "00"}, "public key"),
        ({"public_key": SIGNER.public_key.hex().upper()}, "lower case"),
        ({"public_key": " " + SIGNER.public_key.hex()}, "lower case"),
        ({"agreement_key": "00" * 31}, "agreement_key must be"),
        ({"agreement_key": None}, "agreement_key must be text"),
    ],
)
def test_a_changed_file_is_refused(change: dict[str, object], words: str) -> None:
    """Unknown, mistyped and malformed fields are each named."""
    text = json.dumps(json.loads(REGISTRATION.to_json()) | change)
    with pytest.raises(KeyStoreError, match=words):
        Registration.from_json(text)


@pytest.mark.parametrize("name", ["terminal", "epoch", "public_key", "agreement_key", "format"])
def test_an_incomplete_file_is_refused(name: str) -> None:
    """Every field is needed."""
    fields = json.loads(REGISTRATION.to_json())
    del fields[name]
    with pytest.raises(KeyStoreError, match=r"holds exactly|does not know"):
        Registration.from_json(json.dumps(fields))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no mohr terminal file"),
        ("[]", "no mohr terminal file"),
        ("{", "no mohr terminal file"),
        ('{"kind": "mohr terminal", "kind": "mohr terminal"}', "repeated"),
        ("[" * 5_000, "no mohr terminal file"),
        (" " * (TEXT_CHARACTERS_MAX + 1), "at most"),
    ],
)
def test_other_text_is_no_file_of_ours(text: str, words: str) -> None:
    """Empty, broken, repeated and overlong text is refused without any other fault."""
    with pytest.raises(KeyStoreError, match=words):
        Registration.from_json(text)


def test_a_malformed_value_cannot_be_made() -> None:
    """The values check themselves, so what is in the program is what could be in a file."""
    with pytest.raises(ValueRangeError):
        GatewayIdentity(name="a gateway", public_key=GATEWAY.public_key)
    with pytest.raises(KeyStoreError):
        GatewayIdentity(name="gateway", public_key=b"")
