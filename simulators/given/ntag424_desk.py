"""NTAG 424 DNA for tests: masters in two versions, issued cards, and a terminal that reads them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from random import Random
from typing import Final, TypeVar

from gateway.crypto.cards.ev2 import Ev2Session
from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.readers.apdu import CommandApdu, ResponseApdu
from gateway.readers.cards.dialogue import ProfileReader
from gateway.readers.cards.keys import SharedCardKeys
from gateway.readers.cards.ntag424 import ntag424_profile
from gateway.readers.cards.ntag424_commands import authenticate_first, select_ntag424
from gateway.readers.cards.ntag424_wire import (
    KEY_NUMBERS,
    NTAG424_APPLICATION,
    Ntag424RefusedError,
)
from gateway.readers.cards.selection import CardReading, identify, own_profiles
from gateway.readers.drive import drive
from simulators.card import VirtualCard
from simulators.cards.ntag424 import Ntag424Card
from simulators.cards.ntag424_state import Ntag424State, issued_state

ORGANISATION: Final = b"ORGANISA"
#: One command each, for tests that speak to a card in bytes.
SELECT: Final = CommandApdu(
    cla=0x00, ins=0xA4, p1=0x04, p2=0x0C, data=NTAG424_APPLICATION, expected=256
)
READ_SUN: Final = CommandApdu(
    cla=0x90, ins=0xAD, data=bytes.fromhex("02000000800000"), expected=256
)
GET_VERSION: Final = CommandApdu(cla=0x90, ins=0x60, expected=256)
GO_ON: Final = CommandApdu(cla=0x90, ins=0xAF, expected=256)
ADDRESS: Final = "https://club.example/c"
UID: Final = bytes.fromhex("04a1b2c3d4e5f6")
TERMINAL_PURPOSES: Final = (KeyPurpose.SDM_META, KeyPurpose.TERMINAL)

Result = TypeVar("Result")


def held_keys(
    *versions: int,
    purposes: Iterable[KeyPurpose] = tuple(KeyPurpose),
    organisation: bytes = ORGANISATION,
) -> SharedCardKeys:
    """Card keys of these versions; the same name is always the same master."""
    masters = {
        CardKeyName(purpose=purpose, version=version): Random(f"{purpose} {version}").randbytes(16)
        for purpose in purposes
        for version in versions
    }
    return SharedCardKeys(organisation=organisation, masters=masters)


ISSUER_KEYS: Final = held_keys(1, 2)


def card_key(purpose: KeyPurpose, version: int = 1, uid: bytes = UID) -> bytes:
    """One key of an issued card."""
    key = ISSUER_KEYS.key(purpose, version, uid, NTAG424_APPLICATION, KEY_NUMBERS[purpose])
    assert key is not None
    return key


def issued(version: int = 1, *, uid: bytes = UID, random_uid: bool = False) -> Ntag424State:
    """A card as issuing leaves it."""
    return issued_state(uid, ISSUER_KEYS, version, ADDRESS, random_uid=random_uid)


def profiles_with(keys: SharedCardKeys, seed: int = 0) -> tuple[ProfileReader, ...]:
    """The profiles of a terminal that holds these keys."""
    return own_profiles(ORGANISATION, keys=keys, random_bytes=Random(seed).randbytes)


def profile_with(keys: SharedCardKeys, seed: int = 0) -> ProfileReader:
    """The one profile alone."""
    return ntag424_profile(keys, Random(seed).randbytes)


def tap(card: VirtualCard, profiles: Iterable[ProfileReader]) -> CardReading:
    """Put a card on a perfect reader and identify it."""
    card.power_on()
    return drive(identify(card.atr, tuple(profiles)), card.transmit)


def talk(card: VirtualCard, dialogue: Generator[CommandApdu, ResponseApdu, Result]) -> Result:
    """Go on with a card that is powered already."""
    return drive(dialogue, card.transmit)


def open_session(
    card: Ntag424Card, purpose: KeyPurpose, version: int = 1, key: bytes | None = None
) -> Ev2Session:
    """Power a card, select it and authenticate, by an issued card's key or another."""
    card.power_on()
    talk(card, select_ntag424())
    key = card_key(purpose, version, card.state.uid) if key is None else key
    return talk(card, authenticate_first(KEY_NUMBERS[purpose], key, Random(7).randbytes))


def dice(*falls: str) -> Callable[[int], bytes]:
    """A source of random bytes that gives exactly these, in hexadecimal, in this order."""
    waiting = iter(falls)

    def throw(size: int) -> bytes:
        fallen = bytes.fromhex(next(waiting))
        assert len(fallen) == size, f"{size} random bytes were asked for, not {len(fallen)}"
        return fallen

    return throw


def ask(card: Ntag424Card, command: CommandApdu) -> ResponseApdu:
    """One command, one answer."""
    return ResponseApdu.from_bytes(card.transmit(command.to_bytes()))


def selected(state: Ntag424State) -> Ntag424Card:
    """A card in the field whose application is selected."""
    card = Ntag424Card(state)
    card.power_on()
    assert ask(card, SELECT).ok
    return card


def statuses(card: Ntag424Card, *sent: CommandApdu) -> list[str]:
    """What a card answers to several commands."""
    return [f"{ask(card, command).status:04X}" for command in sent]


def try_key(card: Ntag424Card, number: int, key: bytes) -> str:
    """Authenticate; OK, or the native status."""
    try:
        talk(card, authenticate_first(number, key, Random(3).randbytes))
    except Ntag424RefusedError as refusal:
        return f"{refusal.status:04X}"
    return "OK"
