"""The tap of a DESFire card: who it is, proved by a key that only this card and we hold.

Select our application, authenticate with the card's own TERMINAL key, read the membership file
enciphered: four APDUs on EV2 and EV3, five on EV1, which has to refuse EV2's authentication first.
One more where the terminal holds several versions of a key and must ask for the card's, three
more where the card shows a random UID: the real one is asked for under the batch key, because the
card's own key is made from it. Nothing is remembered between taps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.crypto.cards.ev2_messages import CommMode
from gateway.crypto.cards.purpose import KeyPurpose
from gateway.errors import CryptoError, WireError
from gateway.model.card import Assurance, CardProfile
from gateway.readers.cards.desfire_card import (
    DesfireCard,
    Steps,
    authenticate,
    select_application,
)
from gateway.readers.cards.desfire_commands import (
    UID_BYTES,
    get_card_uid,
    get_key_version,
    read_data,
)
from gateway.readers.cards.desfire_layout import (
    KEY_NUMBERS,
    MEMBERSHIP_BYTES,
    MEMBERSHIP_FILE,
    MOHR_AID,
    CardMembership,
)
from gateway.readers.cards.desfire_wire import (
    DesfireRefusedError,
    DesfireStatus,
)
from gateway.readers.cards.dialogue import (
    CardIdentity,
    CardProblem,
    OtherProfile,
    ProfileDialogue,
    ProfileReader,
    ProfileResult,
)
from gateway.readers.cards.keys import CardKeys
from gateway.readers.cards.traits import CardKind, CardTraits
from gateway.readers.errors import AnswerNotGenuineError, CardRefusedError
from gateway.readers.reader import CardTrouble

RandomBytes = Callable[[int], bytes]

_RND_A_BYTES: Final = 16


class KeyNotHeldError(CardRefusedError):
    """This end holds no key of the purpose, or not of the version that the card has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAccess:
    """What this end brings to a card.

    Attributes:
        keys: the card keys that this end holds.
        random_bytes: fresh random bytes, for authentication.
    """

    keys: CardKeys
    random_bytes: RandomBytes


def authenticate_for(
    card: DesfireCard, access: CardAccess, purpose: KeyPurpose, uid: bytes
) -> Steps[None]:
    """Authenticate with the card's key for a purpose, with our application selected.

    The card is asked for its key's version only where this end holds several: a wrong try may
    count against the card's life.

    Raises:
        KeyNotHeldError: if this end cannot.
        CardRefusedError: as ``desfire_card.authenticate``.
    """
    number = KEY_NUMBERS[purpose]
    versions = access.keys.versions(purpose)
    if not versions:
        raise KeyNotHeldError(f"no {purpose} key is held here")
    version = versions[0] if len(versions) == 1 else (yield from get_key_version(card, number))
    try:
        held = version in versions
        key = access.keys.key(purpose, version, uid, MOHR_AID, number) if held else None
    except CryptoError as error:
        raise KeyNotHeldError(f"no {purpose} key can be made for this card: {error}") from error
    if key is None:
        raise KeyNotHeldError(f"{purpose} key version {version} is not held here")
    yield from authenticate(card, number, key, access.random_bytes(_RND_A_BYTES))


def read_membership(card: DesfireCard) -> Steps[CardMembership]:
    """Read file 1, authenticated with the TERMINAL key.

    Raises:
        WireError: if the file holds something else.
        CardRefusedError: as ``desfire_card.run``.
    """
    raw = yield from read_data(card, MEMBERSHIP_FILE, 0, MEMBERSHIP_BYTES, CommMode.FULL)
    return CardMembership.from_bytes(raw)


def real_uid(card: DesfireCard, access: CardAccess, shown: bytes | None) -> Steps[bytes]:
    """The real UID: the one shown, or where that is random, asked for under the batch key.

    Raises:
        KeyNotHeldError: if the batch key is needed and not held here.
        CardRefusedError: as ``desfire_card.run``.
    """
    if shown is not None and len(shown) == UID_BYTES:
        return shown
    yield from authenticate_for(card, access, KeyPurpose.SDM_META, b"")
    return (yield from get_card_uid(card))


def _read(access: CardAccess, organisation: bytes | None, traits: CardTraits) -> ProfileDialogue:
    card = DesfireCard()
    try:
        yield from select_application(card, MOHR_AID)
    except CardRefusedError as error:
        return OtherProfile(detail=f"no application of ours: {error}")
    try:
        return (yield from _identify(card, access, organisation, traits))
    except KeyNotHeldError as error:
        return CardProblem(trouble=CardTrouble.NOT_SUPPORTED, detail=str(error))
    except AnswerNotGenuineError as error:
        return CardProblem(trouble=CardTrouble.NOT_GENUINE, detail=str(error))
    except DesfireRefusedError as error:
        wrong_key = error.status == DesfireStatus.AUTHENTICATION_ERROR
        trouble = CardTrouble.NOT_GENUINE if wrong_key else CardTrouble.BAD_RECORD
        return CardProblem(trouble=trouble, detail=str(error))
    except (CardRefusedError, WireError) as error:
        return CardProblem(trouble=CardTrouble.BAD_RECORD, detail=str(error))


def _identify(
    card: DesfireCard, access: CardAccess, organisation: bytes | None, traits: CardTraits
) -> Steps[ProfileResult]:
    shows_uid = traits.uid is not None and len(traits.uid) == UID_BYTES
    if not shows_uid and not access.keys.versions(KeyPurpose.SDM_META):
        return CardProblem(
            trouble=CardTrouble.RANDOM_UID, detail="the card hides its UID from this terminal"
        )
    uid = yield from real_uid(card, access, traits.uid)
    if not access.keys.versions(KeyPurpose.TERMINAL):
        # Named as it would be with the key, so that the same card stays the same card; worth
        # no more than a UID that was read, because nothing has been proved.
        return _identity(uid, Assurance.IDENTIFIED)
    yield from authenticate_for(card, access, KeyPurpose.TERMINAL, uid)
    membership = yield from read_membership(card)
    if organisation not in {None, membership.organisation}:
        return CardProblem(
            trouble=CardTrouble.BAD_RECORD, detail="the card is another organisation's"
        )
    return _identity(uid, Assurance.AUTHENTICATED)


def _identity(uid: bytes, assurance: Assurance) -> CardIdentity:
    return CardIdentity(profile=CardProfile.DESFIRE, identity=uid, assurance=assurance)


_SHARED: Final = (KeyPurpose.SDM_META, KeyPurpose.TERMINAL)


def desfire_profile(
    keys: CardKeys, organisation: bytes | None, random_bytes: RandomBytes
) -> ProfileReader:
    """The profile for the ordered list; it belongs before ``ndef-type4``.

    Args:
        keys: the card keys that this terminal holds.
        organisation: the 8 bytes whose membership files count; None takes any.
        random_bytes: fresh random bytes, such as ``secrets.token_bytes``.
    """
    access = CardAccess(keys=keys, random_bytes=random_bytes)
    return ProfileReader(
        name="desfire",
        # Where no card has keys there are none of these cards, and no tap pays for looking.
        accepts=lambda traits: (
            traits.kind is CardKind.ISO_14443_4 and any(map(keys.versions, _SHARED))
        ),
        read=lambda traits: _read(access, organisation, traits),
    )
