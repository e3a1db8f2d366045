"""MIFARE Ultralight AES: mutual authentication, and then a look whether the card is as issued.

A tap: READ of pages 3 to 6 (is it ours, and with which keys), AUTHENTICATE in two frames, two READs
under MAC. The last two are the point of it: with CMAC off, or with keys or settings left open,
whoever relays one authentication can overwrite both in the victim's session and make the card his
own (BREAKMEIFYOUCAN, 2026). So a card that does not answer under MAC, or is not locked exactly as
issued, is refused although it has just proved that it holds the key.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Final

from gateway.crypto.cards.purpose import KeyPurpose
from gateway.crypto.cards.ultralight_aes import (
    UltralightSession,
    accept,
    challenge_answer,
    open_frame,
    protect_frame,
)
from gateway.errors import CryptoError
from gateway.model.card import Assurance, CardProfile
from gateway.readers.apdu import CommandApdu, ResponseApdu, describe_status
from gateway.readers.cards.dialogue import (
    CardIdentity,
    CardProblem,
    OtherProfile,
    ProfileDialogue,
    ProfileReader,
    ProfileResult,
)
from gateway.readers.cards.keys import CardKeys
from gateway.readers.cards.storage import (
    read_patiently,
    should_have_answered,
)
from gateway.readers.cards.traits import CardTraits
from gateway.readers.cards.ultralight_aes_layout import (
    ACCESS_PAGE,
    CONFIG_PAGE,
    DATA_KEY,
    KEY_LOCK_PAGE,
    MARKER_PAGE,
    PAGE_BYTES,
    READ_BYTES,
    Marker,
    decode_marker,
    what_is_wrong,
)
from gateway.readers.cards.ultralight_c import MORE, is_ultralight_c, refuse_ultralight_c
from gateway.readers.native import (
    FrameFault,
    FrameStyle,
    FrameTrouble,
    close_frames,
    exchange_frame,
    open_frames,
)
from gateway.readers.reader import CardTrouble

#: Stands for the application in every key derivation; such a card has none.
AID: Final = b"ULA"

AUTHENTICATE: Final = 0x1A
DONE: Final = 0x00
READ: Final = 0x30
RANDOM_BYTES: Final = 16

RandomBytes = Callable[[int], bytes]
_Steps = Generator[CommandApdu, ResponseApdu, CardProblem | UltralightSession]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    """The card of this tap, and how to speak to it."""

    uid: bytes
    marker: Marker
    key: bytes = field(repr=False)
    frames: FrameStyle


def authenticate(style: FrameStyle, key_number: int, key: bytes, rnd_a: bytes) -> _Steps:
    """AUTHENTICATE with one key over an open frame session.

    Args:
        style: how the reader carries frames.
        key_number: ``DATA_KEY`` or ``UID_KEY``.
        key: 16 bytes.
        rnd_a: 16 fresh random bytes.

    Returns:
        The session, or why there is none. After a wrong key the card has counted one failure.
    """
    challenge = yield from exchange_frame(style, bytes((AUTHENTICATE, key_number)))
    if is_ultralight_c(challenge):
        return refuse_ultralight_c()
    if isinstance(challenge, FrameFault):
        return _silent("no challenge", challenge)
    try:
        cryptogram, rnd_b = challenge_answer(key, rnd_a, _after_code(challenge, MORE))
        answer = yield from exchange_frame(style, bytes((MORE,)) + cryptogram)
        if isinstance(answer, FrameFault):
            return _not_heard("the card does not take our key", answer)
        return accept(key, rnd_a, rnd_b, _after_code(answer, DONE))
    except CryptoError as error:
        return _refused(f"authentication failed: {error}")


def _after_code(frame: bytes, code: int) -> bytes:
    if frame[:1] != bytes((code,)):
        raise CryptoError(f"a frame that begins with {code:02X} was awaited, not {frame[:1].hex()}")
    return frame[1:]


def read_under_mac(
    style: FrameStyle, session: UltralightSession, page: int
) -> Generator[CommandApdu, ResponseApdu, tuple[bytes, UltralightSession] | CardProblem]:
    """READ four pages with the MAC of a session with CMAC on."""
    try:
        frame, session = protect_frame(session, bytes((READ, page)))
        answer = yield from exchange_frame(style, frame)
        if isinstance(answer, FrameFault):
            # A card with CMAC off takes the MAC for surplus bytes and refuses them.
            return _not_heard("the card does not answer under MAC: its CMAC is off", answer)
        plain, session = open_frame(session, answer)
    except CryptoError as error:
        return _refused(f"the card's answers carry no valid MAC: {error}")
    if len(plain) != READ_BYTES:
        return _refused(f"page {page:02X}: {len(plain)} bytes under MAC")
    return plain, session


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Pages 29, 2A and 2D as a session with CMAC on gave them, and the session after it."""

    config: bytes
    access: bytes
    key_lock: bytes
    session: UltralightSession

    def what_is_wrong(self) -> str | None:
        """How they differ from what a card of ours was issued with; None where they do not."""
        return what_is_wrong(self.config, self.access, self.key_lock)


def read_settings(
    style: FrameStyle, session: UltralightSession
) -> Generator[CommandApdu, ResponseApdu, Settings | CardProblem]:
    """Read the settings under MAC. Two READs: no four pages hold them all."""
    first = yield from read_under_mac(style, session, CONFIG_PAGE)
    if isinstance(first, CardProblem):
        return first
    second = yield from read_under_mac(style, first[1], KEY_LOCK_PAGE)
    if isinstance(second, CardProblem):
        return second
    access = (ACCESS_PAGE - CONFIG_PAGE) * PAGE_BYTES
    return Settings(
        config=first[0][:PAGE_BYTES],
        access=first[0][access : access + PAGE_BYTES],
        key_lock=second[0][:PAGE_BYTES],
        session=second[1],
    )


def read_ultralight_aes(
    traits: CardTraits, keys: CardKeys, random_bytes: RandomBytes, organisation: bytes | None
) -> ProfileDialogue:
    """Authenticate a card of ours and check it; see the module."""
    found = yield from _find(traits, keys, organisation)
    if not isinstance(found, _Card):
        return found
    fault = yield from open_frames(found.frames)
    if fault is not None:
        return _silent("raw frames", fault)
    result = yield from _prove(found, random_bytes(RANDOM_BYTES))
    yield from close_frames(found.frames)
    return result


def _find(
    traits: CardTraits, keys: CardKeys, organisation: bytes | None
) -> Generator[CommandApdu, ResponseApdu, _Card | CardProblem | OtherProfile]:
    uid = traits.uid
    assert uid is not None
    response = yield from read_patiently(MARKER_PAGE - 1)
    if not response.ok:
        detail = f"pages 3 to 6: {describe_status(response.status)}"
        if should_have_answered(traits, response):
            return CardProblem(trouble=CardTrouble.NO_ANSWER, detail=detail)
        return OtherProfile(detail=detail)
    marker = decode_marker(response.data[PAGE_BYTES:])
    if marker is None or (organisation is not None and marker.organisation != organisation):
        return OtherProfile(detail="not an Ultralight AES of ours")
    key = keys.key(KeyPurpose.TERMINAL, marker.key_version, uid, AID, DATA_KEY)
    if key is None:
        return CardProblem(
            trouble=CardTrouble.NOT_SUPPORTED,
            detail=f"this terminal holds no key of version {marker.key_version}",
        )
    return _Card(uid=uid, marker=marker, key=key, frames=traits.frames)


def _prove(card: _Card, rnd_a: bytes) -> Generator[CommandApdu, ResponseApdu, ProfileResult]:
    session = yield from authenticate(card.frames, DATA_KEY, card.key, rnd_a)
    if isinstance(session, CardProblem):
        return session
    settings = yield from read_settings(card.frames, session)
    if isinstance(settings, CardProblem):
        return settings
    wrong = settings.what_is_wrong()
    if wrong is not None:
        return _refused(f"the card is not as it was issued: {wrong}")
    return CardIdentity(
        profile=CardProfile.ULTRALIGHT_AES,
        identity=card.uid,
        assurance=Assurance.AUTHENTICATED,
    )


def _refused(detail: str) -> CardProblem:
    return CardProblem(trouble=CardTrouble.NOT_GENUINE, detail=detail)


def _not_heard(meaning: str, fault: FrameFault) -> CardProblem:
    """Tell a card that refuses from one that is being taken away."""
    if fault.trouble is FrameTrouble.SILENT:
        return _silent("no answer", fault)
    return _refused(f"{meaning} ({fault.detail})")


def _silent(doing: str, fault: FrameFault) -> CardProblem:
    # The card says that it is ours: falling back to its UID would let a copy of that through.
    unsupported = fault.trouble is FrameTrouble.UNSUPPORTED
    trouble = CardTrouble.NOT_SUPPORTED if unsupported else CardTrouble.NO_ANSWER
    return CardProblem(trouble=trouble, detail=f"{doing}: {fault.detail}")


def ultralight_aes_profile(
    keys: CardKeys, random_bytes: RandomBytes, organisation: bytes | None = None
) -> ProfileReader:
    """The profile for the ordered list, before the NDEF profile of Type 2 tags.

    Args:
        keys: what this terminal holds; the purpose ``TERMINAL`` is asked for.
        random_bytes: a source of secret random bytes.
        organisation: take only this organisation's cards; None takes any that the keys fit.
    """
    return ProfileReader(
        name="ultralight_aes",
        accepts=lambda traits: traits.may_take_frames,
        read=lambda traits: read_ultralight_aes(traits, keys, random_bytes, organisation),
    )
