"""DESFire EV1 with AES: a real card's transcripts, both sides, and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.cards.blocks import crc32_desfire
from gateway.crypto.cards.ev1 import (
    MAC_BYTES,
    Ev1Session,
    accept,
    answer_challenge,
    change_other_key,
    change_own_key,
    check_answer,
    decrypt_command,
    decrypt_data,
    encrypt_answer,
    encrypt_data,
    issue,
    open_session,
)
from gateway.crypto.cards.handshake import issue_challenge
from gateway.errors import CryptoError

VECTORS = json.loads(
    (Path(__file__).parents[2] / "data" / "cards" / "desfire_ev1.json").read_text("utf-8")
)
SESSION = Ev1Session(key=bytes(range(16)))


def name_of(vector: dict[str, Any]) -> str:
    """What the test's line shows."""
    return str(vector["name"])


def raw(vector: dict[str, Any], *names: str) -> tuple[bytes, ...]:
    """Some of a vector's values as bytes."""
    return tuple(bytes.fromhex(vector[name]) for name in names)


def flipped(value: bytes) -> list[bytes]:
    """The value with each one of its bits turned over."""
    size = len(value)
    return [(int.from_bytes(value) ^ 1 << bit).to_bytes(size) for bit in range(8 * size)]


def changed_key(vector: dict[str, Any], session: Ev1Session) -> tuple[bytes, Ev1Session]:
    """ChangeKey's cryptogram, for the own key or for another."""
    header, new = raw(vector, "header", "new")
    if "old" not in vector:
        return change_own_key(session, header, new, vector["version"])
    old = bytes.fromhex(vector["old"])
    return change_other_key(session, header, old, new, vector["version"])


@pytest.mark.parametrize("vector", VECTORS["authentication"], ids=name_of)
def test_the_published_authentication(vector: dict[str, Any]) -> None:
    """Three messages in one chain, every byte of both sides, and the session key."""
    key, rnd_a, rnd_b = raw(vector, "key", "rnd_a", "rnd_b")
    rnd_b_enc, cryptogram, answer = raw(vector, "rnd_b_enc", "cryptogram", "answer")
    session = Ev1Session(key=bytes.fromhex(vector["session_key"]))
    assert answer_challenge(key, rnd_a, rnd_b_enc) == (cryptogram, rnd_b)
    assert accept(key, rnd_a, rnd_b, cryptogram, answer) == session
    assert issue_challenge(key, rnd_b) == rnd_b_enc
    assert check_answer(key, rnd_b, cryptogram) == rnd_a
    assert issue(key, rnd_a, cryptogram) == answer
    assert open_session(rnd_a, rnd_b) == session


@pytest.mark.parametrize("vector", VECTORS["authentication"], ids=name_of)
def test_one_bit_breaks_an_authentication(vector: dict[str, Any]) -> None:
    """Each bit of the reader's cryptogram is refused by the card, of the card's by the reader."""
    key, rnd_a, rnd_b = raw(vector, "key", "rnd_a", "rnd_b")
    cryptogram, answer = raw(vector, "cryptogram", "answer")
    for changed in flipped(cryptogram):
        with pytest.raises(CryptoError, match="the reader holds another key"):
            check_answer(key, rnd_b, changed)
    for changed in flipped(answer):
        with pytest.raises(CryptoError, match="the card holds another key"):
            accept(key, rnd_a, rnd_b, cryptogram, changed)


@pytest.mark.parametrize("vector", VECTORS["change_key"], ids=name_of)
def test_the_published_key_changes(vector: dict[str, Any]) -> None:
    """Both cryptograms with their checksums, which the transcript prints as numbers."""
    session = Ev1Session(key=bytes.fromhex(vector["session_key"]))
    sent, _ = changed_key(vector, session)
    assert sent == bytes.fromhex(vector["cryptogram"])
    plain, _ = session.decrypt(sent)
    header, new, crc = raw(vector, "header", "new", "crc")
    assert plain[17:21] == crc32_desfire(header + plain[:17]) == crc[::-1]
    if "new_crc" in vector:
        assert plain[21:25] == crc32_desfire(new) == bytes.fromhex(vector["new_crc"])[::-1]


def test_the_published_chain_of_key_changes() -> None:
    """Two keys changed in one session: each message goes on from the last block of the other's."""
    chain = VECTORS["change_key_chain"]
    session = Ev1Session(key=bytes.fromhex(chain["session_key"]))
    for step in chain["steps"]:
        sent, session = changed_key(step, session)
        assert sent == bytes.fromhex(step["cryptogram"])
        mac, session = session.absorb(b"\x00")
        assert mac == bytes.fromhex(step["answer_cmac"])


def test_the_published_chain_of_macs() -> None:
    """Sixteen steps of one session: commands and answers, each MAC from the one before."""
    chain = VECTORS["cmac_chain"]
    session = Ev1Session(key=bytes.fromhex(chain["session_key"]))
    for step in chain["steps"]:
        message, cmac = raw(step, "message", "cmac")
        checked = session.check(message, cmac[:MAC_BYTES])
        mac, session = session.absorb(message)
        assert mac == cmac == session.iv
        assert checked == session
    assert len(chain["steps"]) == 16


def test_one_bit_breaks_a_mac() -> None:
    """Each bit of the MAC and of the message, and a step left out of the chain."""
    chain = VECTORS["cmac_chain"]
    fresh = Ev1Session(key=bytes.fromhex(chain["session_key"]))
    first, second = (raw(step, "message", "cmac") for step in chain["steps"][:2])
    for mac in flipped(first[1][:MAC_BYTES]):
        with pytest.raises(CryptoError, match="MAC is wrong"):
            fresh.check(first[0], mac)
    for message in flipped(first[0]):
        with pytest.raises(CryptoError, match="MAC is wrong"):
            fresh.check(message, first[1][:MAC_BYTES])
    with pytest.raises(CryptoError, match="MAC is wrong"):
        fresh.check(second[0], second[1][:MAC_BYTES])


@pytest.mark.parametrize("vector", VECTORS["checksums"], ids=name_of)
def test_the_published_checksums(vector: dict[str, Any]) -> None:
    """DESFire's CRC-32, least significant byte first."""
    data, crc = raw(vector, "data", "crc")
    assert crc32_desfire(data) == crc


@given(data=st.binary(max_size=40), header=st.binary(min_size=1, max_size=8))
def test_encryption_goes_both_ways(data: bytes, header: bytes) -> None:
    """Command and answer come out as they went in, and both sides stay on one chain."""
    sent, reader = encrypt_data(SESSION, header, data)
    read, card = decrypt_command(SESSION, header, sent, len(data))
    assert (read, card) == (data, reader)
    answered, card = encrypt_answer(card, 0, data)
    assert decrypt_data(reader, answered, 0, len(data)) == (data, card)


@pytest.mark.parametrize("bit", range(0, 256, 5))
def test_one_bit_breaks_encrypted_data(bit: int) -> None:
    """The checksum shows a changed bit to both sides; a changed status or length too."""
    data = bytes(range(20))
    sent, _ = encrypt_data(SESSION, b"\x3d", data)
    answered, _ = encrypt_answer(SESSION, 0, data)
    mask = 1 << bit
    with pytest.raises(CryptoError, match="checksum"):
        decrypt_command(SESSION, b"\x3d", (int.from_bytes(sent) ^ mask).to_bytes(32), 20)
    with pytest.raises(CryptoError, match="checksum"):
        decrypt_data(SESSION, (int.from_bytes(answered) ^ mask).to_bytes(32), 0, 20)
    with pytest.raises(CryptoError, match="checksum"):
        decrypt_data(SESSION, answered, 1 + bit % 255, 20)
    with pytest.raises(CryptoError, match="checksum"):
        decrypt_data(SESSION, answered, 0, 19)


@given(answer=st.binary(max_size=50), wanted=st.integers(0, 40))
def test_any_answer_ends_as_a_named_error(answer: bytes, wanted: int) -> None:
    """Whatever a stranger answers, of whatever length, is refused by name."""
    with pytest.raises(CryptoError):
        decrypt_data(SESSION, answer, 0, wanted)
    with pytest.raises(CryptoError):
        decrypt_command(SESSION, b"\xbd", answer, wanted)
    with pytest.raises(CryptoError):
        accept(bytes(16), bytes(16), bytes(16), bytes(32), answer)
    with pytest.raises(CryptoError):
        check_answer(bytes(16), bytes(range(16)), answer)


def test_what_is_out_of_range_is_refused() -> None:
    """Session parts and versions have their lengths, and an encrypted message is never empty."""
    with pytest.raises(CryptoError, match="session key"):
        Ev1Session(key=bytes(8))
    with pytest.raises(CryptoError, match="an IV"):
        Ev1Session(key=bytes(16), iv=b"")
    with pytest.raises(CryptoError, match="one byte"):
        change_own_key(SESSION, b"\xc4\x00", bytes(16), 256)
    with pytest.raises(CryptoError, match="at least one block"):
        SESSION.decrypt(b"")
    with pytest.raises(CryptoError):
        open_session(bytes(8), bytes(16))


def test_the_key_stays_out_of_sight() -> None:
    """A session that is printed shows neither key nor IV."""
    assert repr(SESSION) == "Ev1Session()"
