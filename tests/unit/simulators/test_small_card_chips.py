"""The simulated small cards do what their data sheets and traces say: locks, limits, counters."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.crypto.cards.ultralight_aes import challenge_answer
from gateway.errors import ValueRangeError
from gateway.readers.cards.ntag21x import SmallCardKind
from gateway.readers.cards.ultralight_aes_layout import (
    ACCESS_PAGE,
    AUTH_LIMIT,
    CONFIG_PAGE,
    DATA_KEY_PAGE,
    KEY_LOCK_PAGE,
    key_pages,
)
from simulators.cards.layer3 import ACK
from simulators.cards.ntag21x import Ntag21xCard, Ntag21xState, blank_ntag21x
from simulators.cards.ultralight_aes import UltralightAesCard, blank_ultralight_aes
from simulators.cards.ultralight_c import UltralightCCard, blank_ultralight_c
from simulators.given.small_cards import UID, data_key, issued_card, random_from

DATA = Path(__file__).parents[2] / "data" / "cards"
PASSWORD = b"pass"


def test_the_published_3des_authentication_is_what_the_card_does() -> None:
    """G3: the trace of a real card; the simulated one answers the same frames."""
    vector = json.loads((DATA / "ultralight_c.json").read_text("utf-8"))["authentication"][0]
    raw = {name: bytes.fromhex(vector[name]) for name in vector if name != "name"}
    card = UltralightCCard(blank_ultralight_c(UID), lambda _size: raw["rnd_b"])
    assert card.state.key == raw["key"]
    assert card.send(b"\x1a\x00") == raw["challenge"]
    assert card.send(raw["reader"]) == raw["card"]
    page = 0x2C
    assert card.send(bytes((0xA2, page)) + b"MIEH") == ACK


def test_an_ultralight_c_takes_a_part_of_a_new_key() -> None:
    """The weakness that it is refused for: each page of the key can be overwritten alone."""
    card = UltralightCCard(blank_ultralight_c(UID), random_from("card"))
    before = card.state.key
    assert card.send(bytes((0xA2, 0x2C)) + bytes(4)) == ACK
    assert card.state.key == before[:4] + bytes(4) + before[8:]


def test_a_protected_ultralight_c_refuses_without_its_key() -> None:
    """AUTH0 closes writing, and reading where the card is told so."""
    card = UltralightCCard(blank_ultralight_c(UID), random_from("card"))
    assert card.send(bytes((0xA2, 0x2A, 4, 0, 0, 0))) == ACK
    for frame in (bytes((0x30, 4)), bytes((0xA2, 4)) + bytes(4), b"\x99"):
        card.power_on()
        assert not isinstance(card.send(frame), bytes)
    card.power_on()
    card.send(b"\x1a\x00")
    assert card.send(b"\xaf" + bytes(16)) == 0


def attempt(card: UltralightAesCard, key: bytes) -> bool:
    """Whether the card takes a key."""
    card.power_on()
    challenge = card.send(b"\x1a\x00")
    if not isinstance(challenge, bytes):
        return False
    cryptogram, _rnd_b = challenge_answer(key, bytes(16), challenge[1:])
    return isinstance(card.send(b"\xaf" + cryptogram), bytes)


def test_an_ultralight_aes_locks_after_its_limit_of_failures() -> None:
    """A good authentication clears the count; at the limit not even the right key helps."""
    card = issued_card()
    card.state = replace(card.state, failures=AUTH_LIMIT - 2)
    assert not attempt(card, bytes(16))
    assert attempt(card, data_key())
    assert card.state.failures == 0
    card.state = replace(card.state, failures=AUTH_LIMIT - 1)
    assert not attempt(card, bytes(16))
    assert not attempt(card, data_key())


def test_an_ultralight_aes_never_shows_its_keys() -> None:
    """The key pages read as zeros, also on a card that protects nothing."""
    card = UltralightAesCard(blank_ultralight_aes(UID), random_from("card"))
    for offset, block in enumerate(key_pages(data_key())):
        assert card.send(bytes((0xA2, DATA_KEY_PAGE + offset)) + block) == ACK
    assert card.state.key(DATA_KEY_PAGE) == data_key()
    assert card.send(bytes((0x30, DATA_KEY_PAGE))) == bytes(16)


def test_locks_of_an_ultralight_aes_can_be_set_and_not_cleared() -> None:
    """Lock and one-time pages keep every bit; locked settings stay as they are."""
    card = UltralightAesCard(blank_ultralight_aes(UID), random_from("card"))
    assert card.send(bytes((0xA2, 3)) + b"\x0f\0\0\0") == ACK
    assert card.send(bytes((0xA2, 3)) + b"\xf0\0\0\0") == ACK
    assert card.state.page(3) == b"\xff\0\0\0"
    assert card.send(bytes((0xA2, KEY_LOCK_PAGE, 0xE0, 0, 0, 0))) == ACK
    assert card.send(bytes((0xA2, ACCESS_PAGE, 0x40, 5, 0, 0))) == ACK
    for page in (KEY_LOCK_PAGE, ACCESS_PAGE, CONFIG_PAGE, DATA_KEY_PAGE, 0x34, 0x2E, 1):
        card.power_on()
        assert card.send(bytes((0xA2, page)) + bytes(4)) != ACK


def test_the_counters_of_an_ultralight_aes_only_rise() -> None:
    """By the step asked for, up to 24 bits, and never past them."""
    card = UltralightAesCard(blank_ultralight_aes(UID), random_from("card"))
    assert card.send(b"\xa5\x01\x05\x00\x00\x00") == ACK
    assert card.send(b"\x39\x01") == b"\x05\x00\x00"
    assert card.send(b"\xa5\x01\xfb\xff\xff\x00") != ACK
    card.power_on()
    assert card.send(b"\x39\x01") == b"\x05\x00\x00"
    assert card.send(b"\x39\x03") == 0


def test_a_refused_card_is_silent_until_it_is_selected() -> None:
    """As in the field: the next frame is not heard."""
    card = UltralightAesCard(blank_ultralight_aes(UID), random_from("card"))
    assert card.send(b"\x99") == 0
    assert card.send(b"\x60") is None
    card.power_on()
    assert isinstance(card.send(b"\x60"), bytes)


def protected(limit: int = 0, *, reading: bool = False) -> Ntag21xState:
    """An NTAG213 whose pages from 4 on want a password."""
    card = Ntag21xCard(blank_ntag21x(SmallCardKind.NTAG213, UID))
    first = card.state.settings_page
    access = limit | (0x80 if reading else 0)
    pages = {2: PASSWORD, 3: b"PK\0\0", 1: bytes((access, 0, 0, 0)), 0: bytes((4, 0, 0, 4))}
    for offset, block in pages.items():
        assert card.send(bytes((0xA2, first + offset)) + block) == ACK
    return card.state


@pytest.mark.parametrize("reading", [False, True])
def test_a_password_protects_an_ntag(*, reading: bool) -> None:
    """Writing always, reading where the tag is told so, until the password is given."""
    card = Ntag21xCard(protected(reading=reading))
    assert isinstance(card.send(b"\x30\x04"), bytes) is not reading
    card.power_on()
    assert card.send(b"\xa2\x04" + bytes(4)) != ACK
    card.power_on()
    assert card.send(b"\x1b" + PASSWORD) == b"PK"
    assert isinstance(card.send(b"\x30\x04"), bytes)
    assert card.send(b"\xa2\x04" + bytes(4)) == ACK


def test_an_ntag_locks_after_its_limit_of_wrong_passwords() -> None:
    """Three wrong ones, and the right one is refused as well."""
    card = Ntag21xCard(protected(limit=3))
    for password in (b"aaaa", PASSWORD, b"aaaa", b"bbbb", b"cccc", PASSWORD):
        card.power_on()
        said = card.send(b"\x1b" + password)
    assert said == 4
    assert card.state.failures == 3


def test_an_ntag_shows_neither_its_password_nor_its_answer() -> None:
    """Both read as zeros; version, signature and counter are there for anybody."""
    card = Ntag21xCard(protected())
    last = len(card.state.memory) // 4 - 1
    page = card.send(bytes((0x30, last - 1)))
    assert isinstance(page, bytes)
    assert page[:8] == bytes(8)
    assert card.send(b"\x3c\x00") == bytes(32)
    assert card.send(b"\x39\x02") == bytes(3)


def test_a_chip_has_the_bytes_that_it_has() -> None:
    """A state of another size or with another UID is a mistake of whoever makes it."""
    with pytest.raises(ValueRangeError):
        blank_ultralight_aes(b"\x04")
    with pytest.raises(ValueRangeError):
        replace(blank_ultralight_c(UID), memory=b"")
