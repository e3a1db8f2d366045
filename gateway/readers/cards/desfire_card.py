"""One conversation with a DESFire card: selecting, authenticating, and sending what is protected.

A card that refuses is a ``DesfireRefusedError`` with its native status; an answer that cannot be
the card's is an ``AnswerNotGenuineError``; both are ``CardRefusedError``. After either the session
is over: select and authenticate again.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final, TypeVar

from gateway.crypto.cards import ev1
from gateway.crypto.cards.ev2 import accept_first, challenge_answer
from gateway.crypto.cards.ev2_messages import CommMode
from gateway.errors import CryptoError
from gateway.model.checks import check_bytes, check_int
from gateway.readers.apdu import CommandApdu, ResponseApdu
from gateway.readers.cards.desfire_session import (
    Ev1Channel,
    Ev2Channel,
    NativeCommand,
    NoSession,
    Session,
)
from gateway.readers.cards.desfire_wire import (
    DesfireRefusedError,
    DesfireStatus,
    Instruction,
    NativeAnswer,
    send_frame,
    send_native,
)
from gateway.readers.errors import AnswerNotGenuineError

AID_BYTES: Final = 3
#: The card itself, above all applications.
PICC_AID: Final = bytes(AID_BYTES)

Result = TypeVar("Result")
Steps = Generator[CommandApdu, ResponseApdu, Result]


class DesfireCard:
    """One conversation with one card: which session stands between them.

    Begin with ``select_application``. Not to be used again once the card has left.
    """

    def __init__(self) -> None:
        self.session: Session = NoSession()
        #: Set once the card has said that it does not know EV2's authentication.
        self.ev1_only = False

    @property
    def is_authenticated(self) -> bool:
        """Whether a session stands."""
        return not isinstance(self.session, NoSession)

    @property
    def speaks_ev2(self) -> bool:
        """Whether the session is one of EV2 or later."""
        return isinstance(self.session, Ev2Channel)


def run(card: DesfireCard, command: NativeCommand) -> Steps[bytes]:
    """Send one command through the conversation's session and check its answer.

    Raises:
        DesfireRefusedError: if the card refuses.
        AnswerNotGenuineError: if the answer is not what the card would say.
        CardRefusedError: if the card speaks something else than native DESFire.
    """
    try:
        body, awaiting = card.session.protect(command)
    except CryptoError as error:
        raise AnswerNotGenuineError(str(error)) from error
    answer = yield from send_checked(card, command.instruction, body)
    try:
        data, card.session = awaiting.open(command, answer.data)
    except CryptoError as error:
        raise AnswerNotGenuineError(str(error)) from error
    return data


def send_checked(card: DesfireCard, instruction: Instruction, body: bytes) -> Steps[NativeAnswer]:
    """Send a command's finished parameters; only an answer of status OK comes back.

    Raises:
        DesfireRefusedError, CardRefusedError: as ``run``.
    """
    # Until the answer is checked there is no session: a lost or false one must not go on.
    card.session = NoSession()
    answer = yield from send_native(instruction, body)
    if answer.status != DesfireStatus.OK:
        raise DesfireRefusedError(instruction, answer.status)
    return answer


def select_application(card: DesfireCard, aid: bytes) -> Steps[None]:
    """Select an application, or ``PICC_AID``; any session and open transaction end.

    Raises:
        CardRefusedError: if there is none of this name, or the card is no DESFire.
    """
    check_bytes("aid", aid, AID_BYTES, AID_BYTES)
    card.session = NoSession()
    command = NativeCommand(
        instruction=Instruction.SELECT_APPLICATION, header=aid, mode=CommMode.PLAIN
    )
    try:
        yield from run(card, command)
    except DesfireRefusedError as error:
        if error.status != DesfireStatus.COMMAND_ABORTED:
            raise
        # A conversation that was given up left the card waiting for a frame; now it does not.
        yield from run(card, command)


def authenticate(card: DesfireCard, key_number: int, key: bytes, rnd_a: bytes) -> Steps[None]:
    """Prove to each other that both hold an AES key, and open a session.

    AuthenticateEV2First is tried first; a card that does not know it (EV1) is asked by
    AuthenticateAES. That is remembered for this conversation and no longer.

    Args:
        card: with the application selected.
        key_number: of the selected application.
        key: 16 bytes.
        rnd_a: 16 fresh random bytes.

    Raises:
        DesfireRefusedError: if the card refuses; AUTHENTICATION_ERROR for a wrong key.
        AnswerNotGenuineError: if the card does not hold the key.
    """
    check_int("key_number", key_number, 0, 0x0F)
    card.session = NoSession()
    number = bytes((key_number,))
    try:
        if not card.ev1_only:
            # The second byte says that no capabilities of the reader follow.
            first = yield from send_frame(Instruction.AUTHENTICATE_EV2_FIRST, number + b"\x00")
            card.ev1_only = first.status == DesfireStatus.ILLEGAL_COMMAND
        if card.ev1_only:
            card.session = yield from _authenticate_ev1(number, key, rnd_a)
        else:
            card.session = yield from _authenticate_ev2(first, key, rnd_a)
    except CryptoError as error:
        raise AnswerNotGenuineError(f"authentication with key {key_number}: {error}") from error


def _authenticate_ev2(first: NativeAnswer, key: bytes, rnd_a: bytes) -> Steps[Session]:
    challenge = expect(first, Instruction.AUTHENTICATE_EV2_FIRST, DesfireStatus.ADDITIONAL_FRAME)
    cryptogram, rnd_b = challenge_answer(key, rnd_a, challenge)
    second = yield from send_frame(Instruction.ADDITIONAL_FRAME, cryptogram)
    proof = expect(second, Instruction.AUTHENTICATE_EV2_FIRST, DesfireStatus.OK)
    return Ev2Channel(session=accept_first(key, rnd_a, rnd_b, proof))


def _authenticate_ev1(number: bytes, key: bytes, rnd_a: bytes) -> Steps[Session]:
    first = yield from send_frame(Instruction.AUTHENTICATE_AES, number)
    challenge = expect(first, Instruction.AUTHENTICATE_AES, DesfireStatus.ADDITIONAL_FRAME)
    cryptogram, rnd_b = ev1.answer_challenge(key, rnd_a, challenge)
    second = yield from send_frame(Instruction.ADDITIONAL_FRAME, cryptogram)
    proof = expect(second, Instruction.AUTHENTICATE_AES, DesfireStatus.OK)
    return Ev1Channel(session=ev1.accept(key, rnd_a, rnd_b, cryptogram, proof))


def expect(answer: NativeAnswer, instruction: Instruction, status: DesfireStatus) -> bytes:
    """An answer's data, if it has the status that the dialogue goes on with.

    Raises:
        DesfireRefusedError: if it has another.
    """
    if answer.status != status:
        raise DesfireRefusedError(instruction, answer.status)
    return answer.data
