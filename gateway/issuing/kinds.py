"""Which kinds of card can be issued."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.crypto.signer import Signer
from gateway.errors import ConfigError
from gateway.issuing.desfire_personaliser import DesfirePersonaliser
from gateway.issuing.ndef_personaliser import NdefPersonaliser
from gateway.issuing.ntag424_personaliser import Ntag424Personaliser
from gateway.issuing.personaliser import Personaliser
from gateway.issuing.ultralight_aes_personaliser import UltralightAesPersonaliser
from gateway.model.card import CardProfile
from gateway.readers.cards.keys import CardKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskKit:
    """What any kind of card may need.

    Attributes:
        keys: the desk's card keys.
        organisation: 8 bytes.
        address: what a phone opens; see ``sun_template``.
        random_bytes: fresh, unpredictable bytes.
        issuer: signs records on tags that have no keys.
    """

    keys: CardKeys = field(repr=False)
    organisation: bytes
    address: str
    random_bytes: Callable[[int], bytes]
    issuer: Signer = field(repr=False)


def _ntag424(kit: DeskKit) -> Personaliser:
    return Ntag424Personaliser(
        keys=kit.keys,
        organisation=kit.organisation,
        address=kit.address,
        random_bytes=kit.random_bytes,
    )


def _desfire(kit: DeskKit) -> Personaliser:
    return DesfirePersonaliser(
        keys=kit.keys, organisation=kit.organisation, random_bytes=kit.random_bytes
    )


def _ultralight_aes(kit: DeskKit) -> Personaliser:
    return UltralightAesPersonaliser(
        keys=kit.keys, organisation=kit.organisation, random_bytes=kit.random_bytes
    )


def _ndef(kit: DeskKit) -> Personaliser:
    return NdefPersonaliser(issuer=kit.issuer, organisation=kit.organisation)


_KINDS: Final[Mapping[CardProfile, Callable[[DeskKit], Personaliser]]] = {
    CardProfile.NTAG424: _ntag424,
    CardProfile.DESFIRE: _desfire,
    CardProfile.ULTRALIGHT_AES: _ultralight_aes,
    CardProfile.NDEF: _ndef,
}


def personaliser_for(profile: CardProfile, kit: DeskKit) -> Personaliser:
    """What writes this kind of card.

    Raises:
        ConfigError: if it is a kind that nothing is written to.
    """
    make = _KINDS.get(profile)
    if make is None:
        raise ConfigError(f"nothing is issued as {profile}; kinds are: {', '.join(_KINDS)}")
    return make(kit)
