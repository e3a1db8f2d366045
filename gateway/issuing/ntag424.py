"""Personalising an NTAG 424 DNA: issuing, giving new keys, and back to the factory's.

All three are one dialogue that looks what the card is and does what is missing, in the order in
which nothing can be lost: contents, then who may read and write them, then keys 1 to 4, and key 0
last. So a card that was torn away anywhere is finished by the same dialogue again. Which keys a
card holds is asked inside a session of its master key, where the answer is proved; only the master
key itself has to be found by trying, and never more than two are tried.

Sources: NT4H2421Gx data sheet rev. 3.0, section 10; AN12196 rev. 1.8, section 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.crypto.cards.ev2 import Ev2Session
from gateway.crypto.cards.ev2_messages import CommMode
from gateway.crypto.cards.originality import OriginalityProduct, verify_originality
from gateway.crypto.cards.purpose import KeyPurpose
from gateway.crypto.cards.sdm import PiccData, decrypt_picc_data, verify_sdm
from gateway.errors import CryptoError
from gateway.issuing.errors import IssuingError, WrongCardError
from gateway.issuing.key_ring import KeyRing
from gateway.issuing.ntag424_target import FileTarget, Ntag424Target
from gateway.issuing.protocol import (
    FACTORY_VERSION,
    Intent,
    IntentKind,
    Issuing,
    KeysFound,
    Talk,
)
from gateway.readers.cards.desfire_layout import MEMBERSHIP_BYTES
from gateway.readers.cards.keys import CardKeys
from gateway.readers.cards.ntag424_commands import (
    MASTER_KEY,
    UID_BYTES,
    FilePlace,
    RandomBytes,
    authenticate_first,
    authenticate_non_first,
    change_file_settings,
    change_other_key,
    change_own_key,
    enable_random_uid,
    get_file_settings,
    get_key_version,
    get_version,
    read_file,
    read_signature,
    select_ntag424,
    write_file,
)
from gateway.readers.cards.ntag424_settings import FREE, KEY_NUMBER_MAX, FileInformation
from gateway.readers.cards.ntag424_wire import (
    KEY_NUMBERS,
    NDEF_FILE,
    NTAG424_APPLICATION,
    PRIVATE_FILE,
    NativeStatus,
    Ntag424RefusedError,
)
from gateway.readers.cards.sun import SUN_FILE_BYTES_MAX, SunMessage, parse_sun

PURPOSES: Final = {number: purpose for purpose, number in KEY_NUMBERS.items()}
_HIDDEN_UID: Final = bytes(UID_BYTES)
_TERMINAL: Final = KEY_NUMBERS[KeyPurpose.TERMINAL]
_WRITE: Final = KEY_NUMBERS[KeyPurpose.WRITE]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenNtag424:
    """A card before anything is done to it.

    Attributes:
        uid: the real UID, seven bytes.
        original: whether NXP's signature over it is there and good; None where the card hides it.
    """

    uid: bytes
    original: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SunReading:
    """A SUN message that was checked with the card's own keys.

    Attributes:
        version: of these keys.
        uid: whom it names.
        counter: SDMReadCtr.
    """

    version: int
    uid: bytes
    counter: int


def key_ring(keys: CardKeys, uid: bytes) -> KeyRing:
    """The keys of one card."""
    return KeyRing(keys=keys, uid=uid, aid=NTAG424_APPLICATION, purposes=PURPOSES)


def see_ntag424(keys: CardKeys) -> Talk[SeenNtag424]:
    """Find out whether it is such a card, which one, and whether its maker vouches for it.

    Raises:
        WrongCardError: if it is another card, or hides its UID from us.
        CardRefusedError: if it answers as no such card does.
    """
    try:
        yield from select_ntag424()
        version, _ = yield from get_version()
    except Ntag424RefusedError as error:
        raise WrongCardError(f"this is no NTAG 424 DNA: {error}") from error
    if not version.is_ntag424:
        raise WrongCardError("this is another chip than NTAG 424 DNA")
    if version.uid == _HIDDEN_UID:
        reading = yield from read_sun(keys)
        return SeenNtag424(uid=reading.uid, original=None)
    signature, _ = yield from read_signature()
    product = OriginalityProduct.NTAG_424_DNA
    return SeenNtag424(
        uid=version.uid, original=verify_originality(product, version.uid, signature)
    )


def read_sun(keys: CardKeys) -> Talk[SunReading]:
    """Read one SUN message and check it with the keys held here; counts one reading.

    Raises:
        IssuingError: if there is none, or no key held here made it.
        CardRefusedError: if the card refuses.
    """
    yield from select_ntag424()
    place = FilePlace(file_number=NDEF_FILE, length=SUN_FILE_BYTES_MAX)
    content, _ = yield from read_file(None, place)
    message = parse_sun(content)
    if message is None:
        raise IssuingError("the card shows no SUN message")
    for version in keys.versions(KeyPurpose.SDM_META):
        picc = _checked(keys, message, version)
        if picc is not None:
            return SunReading(version=version, uid=picc.uid, counter=picc.read_counter)
    raise IssuingError("no key held here made the card's SUN message")


def _checked(keys: CardKeys, message: SunMessage, version: int) -> PiccData | None:
    number = KEY_NUMBERS[KeyPurpose.SDM_META]
    meta = keys.key(KeyPurpose.SDM_META, version, b"", NTAG424_APPLICATION, number)
    try:
        picc = None if meta is None else decrypt_picc_data(meta, message.picc_data)
    except CryptoError:
        # Another version's message gives no PICC data.
        return None
    if picc is None:
        return None
    number = KEY_NUMBERS[KeyPurpose.SDM_FILE]
    file_key = keys.key(KeyPurpose.SDM_FILE, version, picc.uid, NTAG424_APPLICATION, number)
    return picc if file_key is not None and verify_sdm(file_key, picc, message.mac) else None


class Ntag424Desk:
    """One card on the desk. Make a new one for each presentation.

    Args:
        ring: its keys.
        random_bytes: fresh, unpredictable bytes.
        old_version: the version that its keys had, where the journal knows; see ``KeyRing``.
    """

    def __init__(
        self, ring: KeyRing, random_bytes: RandomBytes, old_version: int = FACTORY_VERSION
    ) -> None:
        self._ring = ring
        self._random_bytes = random_bytes
        self._old_version = old_version
        #: By key number, from the card.
        self._versions: tuple[int, ...] = ()

    def make(self, target: Ntag424Target) -> Issuing[int | None]:
        """Make the card what it is to be, whatever it is half of now.

        Returns:
            SDMReadCtr after the last reading; None for a card that went back to the factory's.

        Raises:
            IssuingError: if it holds keys that are not ours, or does not read back as written.
            CardRefusedError: if the card refuses.
        """
        session = yield from self._open(target.version)
        for file in target.files:
            session = yield from self._write(session, file)
        for file in reversed(target.files):
            session = yield from _settle_settings(session, file)
        yield from self._change_keys(session, target.version)
        yield from self._prove(target)
        if target.version == FACTORY_VERSION:
            return None
        counter = yield from self._check_sun(target.version)
        if target.random_uid:
            counter = yield from self._hide_uid(target.version, counter)
        return counter

    def read_membership(self, version: int) -> Talk[bytes]:
        """Read file 3 as a terminal would, with the card's key of a version.

        Raises:
            CardRefusedError: if the card does not hold that key; it has counted a failure then.
        """
        yield from select_ntag424()
        session = yield from self._first(_TERMINAL, version)
        place = FilePlace(file_number=PRIVATE_FILE, length=MEMBERSHIP_BYTES, mode=CommMode.FULL)
        content, _ = yield from read_file(session, place)
        return content

    # The master key.

    def _open(self, wanted: int) -> Issuing[Ev2Session]:
        """A session of the master key, and what the card says in it of its other keys."""
        yield from select_ntag424()
        told, _ = yield from get_key_version(None, MASTER_KEY)
        session, master = yield from self._try(
            self._ring.candidates(told, wanted, self._old_version)
        )
        versions = [master]
        for number in range(1, KEY_NUMBER_MAX + 1):
            version, after = yield from get_key_version(session, number)
            assert after is not None
            session = after
            versions.append(version)
        self._versions = tuple(versions)
        yield KeysFound(versions=self._versions)
        for number, version in enumerate(versions):
            if not self._ring.holds(version):
                raise WrongCardError(
                    f"key {number} is of version {version}, which is not held here: the card is"
                    " another system's, or its keys were retired"
                )
        return session

    def _try(self, candidates: tuple[int, ...]) -> Talk[tuple[Ev2Session, int]]:
        for version in candidates:
            try:
                return (yield from self._first(MASTER_KEY, version)), version
            except Ntag424RefusedError as error:
                if not error.says(NativeStatus.AUTHENTICATION_ERROR):
                    raise
        tried = " and ".join(map(str, candidates)) or "none"
        raise WrongCardError(
            f"the card's master key is not ours (tried version {tried}): it is left in peace"
        )

    def _first(self, number: int, version: int) -> Talk[Ev2Session]:
        return authenticate_first(number, self._ring.key(number, version), self._random_bytes)

    def _next(self, session: Ev2Session, number: int) -> Talk[Ev2Session]:
        key = self._ring.key(number, self._versions[number])
        return authenticate_non_first(session, number, key, self._random_bytes)

    # Files.

    def _write(self, session: Ev2Session, file: FileTarget) -> Talk[Ev2Session]:
        """Write a file where it holds something else, and read it back."""
        information, after = yield from get_file_settings(session, file.number)
        assert after is not None
        number, mode = _writer(information, file.number)
        session = after if number is None else (yield from self._next(after, number))
        place = FilePlace(file_number=file.number, length=len(file.content), mode=mode)
        for _ in range(2):
            found, read = yield from read_file(session, place)
            assert read is not None
            session = read
            if found == file.content:
                return session if number is None else (yield from self._next(session, MASTER_KEY))
            _, written = yield from write_file(session, place, file.content)
            assert written is not None
            session = written
        raise IssuingError(f"file {file.number} does not read back as it was written")

    # Keys.

    def _change_keys(self, session: Ev2Session, wanted: int) -> Issuing[None]:
        ring, versions = self._ring, self._versions
        for number in range(1, KEY_NUMBER_MAX + 1):
            if versions[number] == wanted:
                continue
            old, new = ring.key(number, versions[number]), ring.key(number, wanted)
            yield _change(number, versions[number], wanted)
            session = yield from change_other_key(session, number, old, new, wanted)
        if versions[MASTER_KEY] != wanted:
            yield _change(MASTER_KEY, versions[MASTER_KEY], wanted)
            yield from change_own_key(session, ring.key(MASTER_KEY, wanted), wanted)
        self._versions = (wanted,) * len(versions)

    # Reading back.

    def _prove(self, target: Ntag424Target) -> Issuing[None]:
        """Authenticate with keys 0, 4 and 3, and read what file 3 holds."""
        yield from select_ntag424()
        session = yield from self._first(MASTER_KEY, target.version)
        yield KeysFound(versions=self._versions)
        session = yield from self._next(session, _WRITE)
        session = yield from self._next(session, _TERMINAL)
        wanted = target.content(PRIVATE_FILE)
        place = FilePlace(file_number=PRIVATE_FILE, length=len(wanted), mode=CommMode.FULL)
        content, _ = yield from read_file(session, place)
        if content != wanted:
            raise IssuingError("file 3 does not read back as it was written")

    def _check_sun(self, version: int) -> Talk[int]:
        reading = yield from read_sun(self._ring.keys)
        if (reading.version, reading.uid) != (version, self._ring.uid):
            raise IssuingError("the card's SUN message names another card or key version")
        return reading.counter

    def _hide_uid(self, version: int, counter: int) -> Issuing[int]:
        yield from select_ntag424()
        told, _ = yield from get_version()
        if told.uid == _HIDDEN_UID:
            return counter
        session = yield from self._first(MASTER_KEY, version)
        yield Intent(kind=IntentKind.RANDOM_UID, from_version=version, to_version=version)
        yield from enable_random_uid(session)
        return (yield from self._check_sun(version))


def _change(number: int, old: int, new: int) -> Intent:
    return Intent(kind=IntentKind.CHANGE_KEY, key_number=number, from_version=old, to_version=new)


def _writer(information: FileInformation, number: int) -> tuple[int | None, CommMode]:
    """The key that may read and write a file, and how the data then travel.

    Returns:
        the key's number, None where anybody may and any session will do, and the mode.

    Raises:
        WrongCardError: if nobody may.
    """
    access = information.settings.access
    if FREE in {access.write, access.read_write}:
        return None, CommMode.PLAIN
    if access.read_write > KEY_NUMBER_MAX:
        raise WrongCardError(f"nobody may write file {number}: the card is another system's")
    return access.read_write, information.settings.mode


def _settle_settings(session: Ev2Session, file: FileTarget) -> Talk[Ev2Session]:
    information, after = yield from get_file_settings(session, file.number)
    assert after is not None
    if information.settings == file.settings:
        return after
    return (yield from change_file_settings(after, file.number, file.settings))
