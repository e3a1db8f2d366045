"""Whether a card's proof was made with the card's own key."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Final

import structlog

from gateway.crypto.card_token import card_token
from gateway.crypto.cards.purpose import KeyPurpose
from gateway.crypto.cards.sdm import PiccData, decrypt_picc_data, verify_sdm
from gateway.crypto.rotating_code import is_members_mac
from gateway.errors import CryptoError, KeyStoreError
from gateway.model.card import CardEvidence, CardProfile
from gateway.readers.cards.keys import CardKeys
from gateway.readers.cards.ntag424_wire import KEY_NUMBERS, NTAG424_APPLICATION
from gateway.writer.card_check import ProofVerdict

#: A SUN message as evidence: PICCENCData ‖ SDMMAC ‖ what the MAC is over, if anything.
_ENC_BYTES: Final = 16
_MAC_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class CardProofs:
    """Checks proofs; one of these is the writer's ``CheckCard``.

    Attributes:
        keys: the gateway's card keys; None where it keeps none.
        card_key: the programme's card key, which makes tokens of card names.
        phone_key: the master of rotating codes.
    """

    keys: CardKeys | None
    card_key: bytes = field(repr=False)
    phone_key: bytes = field(repr=False)

    def __call__(self, card: CardEvidence) -> ProofVerdict:
        """Check one card's proof.

        Returns:
            NONE for a card that brings no proof of a kind known here, and where no keys are kept.
            A proof by keys that are retired is FALSE: such a card needs new ones.
        """
        if card.proof is None:
            return ProofVerdict.NONE
        if card.profile is CardProfile.QR:
            return self._shown(card, card.proof)
        if card.profile is not CardProfile.NTAG424 or self.keys is None:
            return ProofVerdict.NONE
        try:
            return self._checked(card, card.proof, self.keys)
        except KeyStoreError as error:
            # A token that was pulled out: the card is worth what its terminal says, and no more.
            structlog.get_logger("mohr.gateway").error("a card is not checked", error=str(error))
            return ProofVerdict.NONE

    def _shown(self, card: CardEvidence, mac: bytes) -> ProofVerdict:
        """Check a rotating code, whose counter is its time step."""
        if card.counter is None:
            return ProofVerdict.FALSE
        genuine = is_members_mac(self.phone_key, card.token, card.counter, mac)
        return ProofVerdict.GENUINE if genuine else ProofVerdict.FALSE

    def _checked(self, card: CardEvidence, proof: bytes, keys: CardKeys) -> ProofVerdict:
        versions = keys.versions(KeyPurpose.SDM_META)
        if not versions:
            return ProofVerdict.NONE
        picc = self._named(card, proof[:_ENC_BYTES], keys)
        if picc is None or picc.read_counter != card.counter:
            return ProofVerdict.FALSE
        mac = proof[_ENC_BYTES : _ENC_BYTES + _MAC_BYTES]
        message = proof[_ENC_BYTES + _MAC_BYTES :]
        number = KEY_NUMBERS[KeyPurpose.SDM_FILE]
        for version in versions:
            key = keys.key(KeyPurpose.SDM_FILE, version, picc.uid, NTAG424_APPLICATION, number)
            if key is not None and verify_sdm(key, picc, mac, message):
                return ProofVerdict.GENUINE
        return ProofVerdict.FALSE

    def _named(self, card: CardEvidence, enc: bytes, keys: CardKeys) -> PiccData | None:
        """Whom a message names, if that is the card that the terminal told of."""
        for version in keys.versions(KeyPurpose.SDM_META):
            key = keys.key(KeyPurpose.SDM_META, version, b"", b"", 0)
            try:
                picc = None if key is None else decrypt_picc_data(key, enc)
            except CryptoError:
                continue  # another batch's key gives nothing that looks like a card
            if picc is None:
                continue
            token = card_token(self.card_key, card.profile, picc.uid)
            if hmac.compare_digest(token, card.token):
                return picc
        return None
