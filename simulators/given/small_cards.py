"""Small cards and their keys for tests: one organisation, one terminal, one issuing desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import count
from typing import Final

from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.readers.cards.keys import SharedCardKeys
from gateway.readers.cards.selection import CardReading, identify, own_profiles
from gateway.readers.cards.ultralight_aes import AID
from gateway.readers.cards.ultralight_aes_issuing import UltralightAesIssue
from gateway.readers.cards.ultralight_aes_layout import DATA_KEY, Marker
from gateway.readers.drive import drive
from gateway.readers.native import FrameStyle
from simulators.card import VirtualCard
from simulators.cards.ultralight_aes import UltralightAesCard, issued_ultralight_aes

ORGANISATION: Final = b"ORGANISA"
UID: Final = bytes.fromhex("04a1b2c3d4e5f6")
KEY_VERSION: Final = 3
KEYS: Final = SharedCardKeys(
    organisation=ORGANISATION,
    masters={
        CardKeyName(purpose=KeyPurpose.TERMINAL, version=KEY_VERSION): bytes(range(16)),
        CardKeyName(purpose=KeyPurpose.TERMINAL, version=2): bytes(range(16, 32)),
    },
)
UID_KEY: Final = bytes.fromhex("00112233445566778899aabbccddeeff")


def random_from(seed: str) -> Callable[[int], bytes]:
    """A source of random bytes that a test can repeat."""
    numbers: Iterator[int] = count()
    return lambda size: sha256(f"{seed} {next(numbers)}".encode()).digest()[:size]


def data_key(uid: bytes = UID, version: int = KEY_VERSION) -> bytes:
    """The key of one card of ours."""
    key = KEYS.key(KeyPurpose.TERMINAL, version, uid, AID, DATA_KEY)
    assert key is not None
    return key


def issue_of(uid: bytes = UID) -> UltralightAesIssue:
    """What the issuing desk writes onto an Ultralight AES."""
    return UltralightAesIssue(
        marker=Marker(organisation=ORGANISATION, key_version=KEY_VERSION),
        data_key=data_key(uid),
        uid_key=UID_KEY,
    )


def issued_card(uid: bytes = UID) -> UltralightAesCard:
    """An Ultralight AES of ours as a member carries it."""
    issue = issue_of(uid)
    state = issued_ultralight_aes(uid, issue.marker, issue.data_key, issue.uid_key)
    return UltralightAesCard(state, random_from("card"))


def read_card(
    card: VirtualCard, frames: FrameStyle = FrameStyle.TRANSPARENT, *, legacy_classic: bool = False
) -> CardReading:
    """Put a card in front of a terminal that holds our keys."""
    profiles = own_profiles(
        ORGANISATION, keys=KEYS, random_bytes=random_from("reader"), legacy_classic=legacy_classic
    )
    card.power_on()
    return drive(identify(card.atr, profiles, frames), card.transmit)
