"""NTAG 424 DNA at the counter: its SUN message, and mutual authentication where a key is held.

A tap is four commands: select the application, read the SUN message, and the two parts of
AuthenticateEV2First with the card's own key, which follows from the UID that the message names.
The message alone is SIGNED: anybody who reads the card can keep it, and only the gateway, which
remembers the highest counter, can tell it from a fresh one. Sources: NT4H2421Gx data sheet rev.
3.0, section 10; AN12196 rev. 1.8.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

from gateway.crypto.cards.purpose import KeyPurpose
from gateway.crypto.cards.sdm import PiccData, decrypt_picc_data
from gateway.errors import CryptoError
from gateway.model.card import Assurance, CardProfile
from gateway.readers.apdu import CommandApdu, ResponseApdu
from gateway.readers.cards.dialogue import (
    CardIdentity,
    CardProblem,
    OtherProfile,
    ProfileDialogue,
    ProfileReader,
)
from gateway.readers.cards.keys import CardKeys
from gateway.readers.cards.ndef_type4 import accepts_type4
from gateway.readers.cards.ntag424_commands import (
    UID_BYTES,
    FilePlace,
    RandomBytes,
    authenticate_first,
    read_file,
    select_ntag424,
)
from gateway.readers.cards.ntag424_wire import (
    KEY_NUMBERS,
    NDEF_FILE,
    NTAG424_APPLICATION,
    NativeStatus,
    Ntag424RefusedError,
)
from gateway.readers.cards.sun import SUN_FILE_BYTES_MAX, SunMessage, parse_sun
from gateway.readers.cards.traits import CardTraits
from gateway.readers.errors import CardRefusedError
from gateway.readers.reader import CardTrouble

#: First byte of every UID of NXP's (ISO/IEC 7816-6). With the tag of the PICC data it leaves a
#: wrong key one chance in 65,536 to look like the right one.
_MAKER: Final = 0x04
_SUN_PLACE: Final = FilePlace(file_number=NDEF_FILE, length=SUN_FILE_BYTES_MAX)

#: A card that refused our key is left in peace for so many readings: the card counts failures,
#: slows down after 50 of them and is lost after 1,000.
PEACE_READINGS: Final = 16
#: How many such cards are remembered.
REFUSED_MAX: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A card named by its message.

    Attributes:
        key_version: of the key that decrypted it; the card's other keys are of the same version.
        picc: the UID and the counter.
        sun: the message itself.
    """

    key_version: int
    picc: PiccData
    sun: SunMessage

    def identity(self, assurance: Assurance) -> CardIdentity:
        """What the tap is worth."""
        return CardIdentity(
            profile=CardProfile.NTAG424,
            identity=self.picc.uid,
            assurance=assurance,
            counter=self.picc.read_counter,
            proof=self.sun.proof,
        )


class RefusedCards:
    """The cards that refused this terminal's key, so that they are not asked again at once.

    A reader that goes on showing such a card has it read again and again; each attempt would
    count. A card whose keys or settings were put right is tried again: a new key version is
    another key, and dynamic messaging that was turned on anew counts from 0.
    """

    def __init__(self) -> None:
        self._counters: dict[tuple[bytes, int], int] = {}

    def add(self, uid: bytes, key_version: int, counter: int) -> None:
        """Remember a refusal at this count of the card's read counter."""
        self._counters.pop((uid, key_version), None)
        self._counters[uid, key_version] = counter
        if len(self._counters) > REFUSED_MAX:
            # Dictionaries keep their order: the first is the oldest.
            del self._counters[next(iter(self._counters))]

    def holds(self, uid: bytes, key_version: int, counter: int) -> bool:
        """Whether this card is still to be left in peace."""
        refused_at = self._counters.get((uid, key_version))
        return refused_at is not None and refused_at <= counter < refused_at + PEACE_READINGS


def ntag424_profile(keys: CardKeys, random_bytes: RandomBytes) -> ProfileReader:
    """The profile for the ordered list; before the plain Type 4 profile, which reads any NDEF.

    Args:
        keys: what this end holds. Without a key for ``SDM_META`` no card is even looked at.
        random_bytes: gives fresh, unpredictable bytes.
    """
    refused = RefusedCards()
    return ProfileReader(
        name="ntag424",
        accepts=lambda traits: accepts_type4(traits) and bool(keys.versions(KeyPurpose.SDM_META)),
        read=lambda traits: _read(traits, keys, random_bytes, refused),
    )


def _read(
    traits: CardTraits, keys: CardKeys, random_bytes: RandomBytes, refused: RefusedCards
) -> ProfileDialogue:
    try:
        sun = yield from _read_sun()
    except CardRefusedError as error:
        return OtherProfile(detail=str(error))
    if sun is None:
        return OtherProfile(detail="file 2 holds no SUN message")
    named = _name(sun, keys, traits.uid)
    if not isinstance(named, _Named):
        return named
    number = KEY_NUMBERS[KeyPurpose.TERMINAL]
    key = keys.key(
        KeyPurpose.TERMINAL, named.key_version, named.picc.uid, NTAG424_APPLICATION, number
    )
    if key is None:
        return named.identity(Assurance.SIGNED)
    return (yield from _authenticate(named, key, random_bytes, refused))


def _authenticate(
    named: _Named, key: bytes, random_bytes: RandomBytes, refused: RefusedCards
) -> Generator[CommandApdu, ResponseApdu, CardIdentity | CardProblem]:
    uid, version, counter = named.picc.uid, named.key_version, named.picc.read_counter
    if refused.holds(uid, version, counter):
        return _problem("the card has just refused this terminal's key; it is not tried again")
    try:
        yield from authenticate_first(KEY_NUMBERS[KeyPurpose.TERMINAL], key, random_bytes)
    except CardRefusedError as error:
        if _is_wrong_key(error):
            refused.add(uid, version, counter)
        return _problem(f"the card does not prove to hold its key of version {version}: {error}")
    return named.identity(Assurance.AUTHENTICATED)


def _read_sun() -> Generator[CommandApdu, ResponseApdu, SunMessage | None]:
    yield from select_ntag424()
    content, _ = yield from read_file(None, _SUN_PLACE)
    return parse_sun(content)


def _name(
    sun: SunMessage, keys: CardKeys, shown: bytes | None
) -> _Named | CardProblem | OtherProfile:
    """Find the key version that makes sense of a message.

    Args:
        sun: the message.
        keys: what is held.
        shown: the UID that the reader saw; of seven bytes it is the real one.
    """
    found = [
        _Named(key_version=version, picc=picc, sun=sun)
        for version in keys.versions(KeyPurpose.SDM_META)
        if (picc := _decrypted(sun, keys, version)) is not None
    ]
    real = shown is not None and len(shown) == UID_BYTES
    fitting = [one for one in found if not real or one.picc.uid == shown]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        # One tap in 65,536, and only of cards with random UIDs: the next message will differ.
        trouble, detail = CardTrouble.NO_ANSWER, "two keys make sense of the message; tap again"
        return CardProblem(trouble=trouble, detail=detail)
    if found:
        return _problem("the message names another card than the one it was read from: a copy")
    return OtherProfile(detail="no key held here makes sense of the SUN message")


def _decrypted(sun: SunMessage, keys: CardKeys, version: int) -> PiccData | None:
    number = KEY_NUMBERS[KeyPurpose.SDM_META]
    key = keys.key(KeyPurpose.SDM_META, version, b"", NTAG424_APPLICATION, number)
    try:
        picc = None if key is None else decrypt_picc_data(key, sun.picc_data)
    except CryptoError:
        # Another key's message: the next version is tried.
        return None
    return picc if picc is not None and picc.uid[0] == _MAKER else None


def _is_wrong_key(error: CardRefusedError) -> bool:
    return isinstance(error, Ntag424RefusedError) and error.says(NativeStatus.AUTHENTICATION_ERROR)


def _problem(detail: str) -> CardProblem:
    return CardProblem(trouble=CardTrouble.BAD_RECORD, detail=detail)
