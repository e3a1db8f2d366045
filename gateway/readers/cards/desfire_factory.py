"""Taking a new DESFire card over: its factory master key of zeros, a DES key, becomes an AES key.

Until then anybody can format the card. The new key should be the card's own, made from its UID
with ``PICC_AID`` and key number 0.
"""

from __future__ import annotations

from typing import Final

from gateway.crypto.cards import desfire_des
from gateway.crypto.cards.desfire_des import FACTORY_KEY
from gateway.errors import CryptoError
from gateway.readers.cards.desfire_card import (
    PICC_AID,
    DesfireCard,
    Steps,
    expect,
    select_application,
    send_checked,
)
from gateway.readers.cards.desfire_wire import (
    DesfireStatus,
    Instruction,
    send_frame,
)
from gateway.readers.errors import AnswerNotGenuineError

FACTORY_RND_A_BYTES: Final = 8
#: ChangeKey's key number 0 with the mark of an AES key, for the card's master key alone.
MASTER_AS_AES: Final = b"\x80"


def take_over(card: DesfireCard, new_key: bytes, version: int, rnd_a: bytes) -> Steps[None]:
    """Put an AES master key onto a card that still has its factory key.

    Where the answer is lost, authenticate with the new key as key 0 of ``PICC_AID``: a card that
    accepts it was taken over, one that refuses it has its factory key still.

    Args:
        card: any conversation; the card itself gets selected.
        new_key: 16 bytes.
        version: what the card will answer to GetKeyVersion.
        rnd_a: 8 fresh random bytes.

    Raises:
        DesfireRefusedError: if the card has its factory key no longer.
        AnswerNotGenuineError: if the card does not hold the key that it claims to hold.
    """
    yield from select_application(card, PICC_AID)
    first = yield from send_frame(Instruction.AUTHENTICATE_ISO, b"\x00")
    challenge = expect(first, Instruction.AUTHENTICATE_ISO, DesfireStatus.ADDITIONAL_FRAME)
    header = bytes((Instruction.CHANGE_KEY,)) + MASTER_AS_AES
    try:
        answer, rnd_b = desfire_des.answer_challenge(FACTORY_KEY, rnd_a, challenge)
        second = yield from send_frame(Instruction.ADDITIONAL_FRAME, answer)
        proof = expect(second, Instruction.AUTHENTICATE_ISO, DesfireStatus.OK)
        session = desfire_des.accept(FACTORY_KEY, rnd_a, rnd_b, answer, proof)
        cryptogram = desfire_des.change_to_aes(session, header, new_key, version)
    except CryptoError as error:
        raise AnswerNotGenuineError(f"the factory key: {error}") from error
    yield from send_checked(card, Instruction.CHANGE_KEY, MASTER_AS_AES + cryptogram)
