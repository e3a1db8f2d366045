"""A simulated MIFARE DESFire EV1, EV2 or EV3 with its real cryptography.

It speaks native commands inside APDUs, the secure messaging of EV1 and, from EV2 on, of EV2, with
AES keys. Its state is a frozen value that changes by whole commands: a card torn away before a
command has not changed, after it has.

Not modelled: DES keys but for the factory key of a new card, LRP, ISO files, several key sets,
delegated applications, proximity check, the signature inside a session, memory size, and the
back-off of EV3 after failed authentications.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from gateway.crypto.cards import ev1
from gateway.crypto.cards.ev2 import (
    check_challenge_answer,
    first_session,
    issue_challenge,
    issue_first,
)
from gateway.errors import CryptoError, WireError
from gateway.readers.apdu import CommandApdu, ResponseApdu, StatusWord
from gateway.readers.cards.desfire_card import PICC_AID
from gateway.readers.cards.desfire_wire import (
    NATIVE_CLASS,
    NATIVE_SW1,
    DesfireStatus,
    Instruction,
)
from simulators.card import VirtualCard, iso_14443_4_atr
from simulators.cards.desfire_execution import Execution, shape_of
from simulators.cards.desfire_factory import FactoryLogin
from simulators.cards.desfire_files import RefusedError
from simulators.cards.desfire_secure import CardChannel, CardEv1, CardEv2, Shape
from simulators.cards.desfire_state import AesKey, DesfireState, Generation

_ANSWER_FRAME_BYTES: Final = 59
#: The historical byte of a DESFire's ATS.
_HISTORICAL_BYTES: Final = b"\x80"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Challenge:
    """An authentication under way."""

    instruction: Instruction
    key_number: int
    key: bytes
    rnd_b: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Incoming:
    """A command whose frames are not all here yet."""

    shape: Shape
    body: bytes
    wanted: int


class VirtualDesfire(VirtualCard):
    """One card.

    Args:
        state: what it keeps; ``state`` of another card makes a clone.
        random_bytes: the card's random numbers; None draws them from a seed of its UID.
    """

    def __init__(
        self, state: DesfireState, *, random_bytes: Callable[[int], bytes] | None = None
    ) -> None:
        self.atr = iso_14443_4_atr(_HISTORICAL_BYTES)
        self._random_bytes = random_bytes or Random(state.uid).randbytes
        self._execution = Execution(state)
        self.power_on()

    @property
    def state(self) -> DesfireState:
        """What the card keeps without power."""
        return self._execution.state

    def power_on(self) -> None:
        """Forget session, selection and open transaction, and draw a UID where it is random."""
        self._execution.select(PICC_AID)
        self._channel: CardChannel | None = None
        self._challenge: _Challenge | None = None
        self._factory: FactoryLogin | None = None
        self._incoming: _Incoming | None = None
        self._outgoing: list[bytes] = []
        self._shown_uid = (
            b"\x08" + self._random_bytes(3) if self.state.random_uid else self.state.uid
        )

    def transmit(self, command: bytes) -> bytes:
        """Answer one APDU."""
        try:
            parsed = CommandApdu.from_bytes(command)
        except WireError:
            return ResponseApdu(status=StatusWord.WRONG_LENGTH).to_bytes()
        if (parsed.cla, parsed.ins) == (0xFF, 0xCA):
            return ResponseApdu(data=self._shown_uid, status=StatusWord.OK).to_bytes()
        if parsed.cla == NATIVE_CLASS:
            return self._native(parsed.ins, parsed.data).to_bytes()
        if (parsed.cla, parsed.ins) == (0x00, 0xA4):
            return ResponseApdu(status=StatusWord.FILE_NOT_FOUND).to_bytes()
        return ResponseApdu(status=StatusWord.CLASS_UNKNOWN).to_bytes()

    def _native(self, instruction: int, data: bytes) -> ResponseApdu:
        try:
            frame = self._frame(instruction, data)
        except RefusedError as refusal:
            return self._refuse(refusal.status)
        except CryptoError:
            return self._refuse(DesfireStatus.INTEGRITY_ERROR)
        status = DesfireStatus.ADDITIONAL_FRAME if self._goes_on else DesfireStatus.OK
        if instruction == Instruction.READ_SIGNATURE:
            status = DesfireStatus.SIGNATURE_OK
        return _answer(status, frame)

    @property
    def _goes_on(self) -> bool:
        """Whether another frame must come before anything else."""
        logging_in = self._factory is not None and self._factory.session is None
        waits = self._challenge is not None or self._incoming is not None
        return logging_in or waits or bool(self._outgoing)

    def _refuse(self, status: DesfireStatus) -> ResponseApdu:
        # Any error ends the session and drops what is open (MF2DL(H)x0, 8.3.5 and 10.2.2).
        self._channel = self._challenge = self._incoming = self._factory = None
        self._outgoing = []
        self._execution.abort()
        return _answer(status, b"")

    def _frame(self, instruction: int, data: bytes) -> bytes:
        if instruction == Instruction.ADDITIONAL_FRAME:
            return self._go_on(data)
        if self._goes_on:
            raise RefusedError(DesfireStatus.COMMAND_ABORTED)
        factory, self._factory = self._factory, None
        if factory is not None and instruction == Instruction.CHANGE_KEY:
            factory.change_key(self._execution, data)
            return b""
        outside: dict[int, Callable[[bytes], bytes]] = {
            Instruction.AUTHENTICATE_ISO: self._begin_factory,
            Instruction.AUTHENTICATE_AES: self._begin_ev1,
            Instruction.AUTHENTICATE_EV2_FIRST: self._begin_ev2,
            Instruction.SELECT_APPLICATION: self._select,
            Instruction.READ_SIGNATURE: self._signature,
        }
        if instruction in outside:
            return outside[instruction](data)
        return self._command(instruction, data)

    def _command(self, instruction: int, data: bytes) -> bytes:
        shape = shape_of(self._execution, instruction, data, self._channel)
        if instruction == Instruction.CHANGE_KEY:
            return self._change_key(data, shape)
        wanted = shape.plain_bytes if self._channel is None else self._channel.command_bytes(shape)
        return self._collect(_Incoming(shape=shape, body=data, wanted=wanted))

    def _select(self, data: bytes) -> bytes:
        self._channel = None
        self._execution.select(data)
        return b""

    def _signature(self, data: bytes) -> bytes:
        # Inside a session the real card answers enciphered; nobody asks for it there.
        if self.state.generation is Generation.EV1 or self._channel is not None:
            raise RefusedError(DesfireStatus.ILLEGAL_COMMAND)
        if data != b"\x00":
            raise RefusedError(DesfireStatus.LENGTH_ERROR)
        return self.state.signature

    def _go_on(self, data: bytes) -> bytes:
        if self._challenge is not None:
            return self._finish_authentication(data)
        if self._factory is not None and self._factory.session is None:
            self._factory, frame = self._factory.finish(data)
            return frame
        if self._incoming is not None:
            return self._collect(replace(self._incoming, body=self._incoming.body + data))
        if self._outgoing and not data:
            return self._outgoing.pop(0)
        raise RefusedError(DesfireStatus.ILLEGAL_COMMAND)

    def _collect(self, incoming: _Incoming) -> bytes:
        if len(incoming.body) < incoming.wanted:
            self._incoming = incoming
            return b""
        self._incoming = None
        if len(incoming.body) > incoming.wanted:
            raise RefusedError(DesfireStatus.LENGTH_ERROR)
        return self._execute(incoming.shape, incoming.body)

    def _execute(self, shape: Shape, body: bytes) -> bytes:
        channel = self._channel
        if channel is None:
            header, data = body[: shape.header_bytes], body[shape.header_bytes :]
            answer = self._execution.run(shape.instruction, header, data, None)
            return self._send(shape, answer)
        header, data, channel = channel.open(shape, body)
        answer = self._execution.run(shape.instruction, header, data, channel.key_number)
        sealed, self._channel = channel.seal(shape, answer)
        return self._send(shape, sealed)

    def _send(self, shape: Shape, body: bytes) -> bytes:
        if shape.instruction == Instruction.GET_VERSION:
            parts = [body[:7], body[7:14], body[14:]]
        else:
            size = _ANSWER_FRAME_BYTES
            parts = [body[start : start + size] for start in range(0, len(body), size)]
        self._outgoing = parts[1:]
        return parts[0] if parts else b""

    def _begin_factory(self, data: bytes) -> bytes:
        self._channel = None
        self._factory, challenge = FactoryLogin.begin(self._execution, data, self._random_bytes(8))
        return challenge

    def _begin_ev1(self, data: bytes) -> bytes:
        if len(data) != 1:
            raise RefusedError(DesfireStatus.LENGTH_ERROR)
        return self._begin(Instruction.AUTHENTICATE_AES, data[0])

    def _begin_ev2(self, data: bytes) -> bytes:
        if self.state.generation is Generation.EV1:
            raise RefusedError(DesfireStatus.ILLEGAL_COMMAND)
        if len(data) < 2:
            raise RefusedError(DesfireStatus.LENGTH_ERROR)
        return self._begin(Instruction.AUTHENTICATE_EV2_FIRST, data[0])

    def _begin(self, instruction: Instruction, key_number: int) -> bytes:
        self._channel = None
        self._execution.abort()
        key = self._execution.key(key_number).key
        rnd_b = self._random_bytes(16)
        self._challenge = _Challenge(
            instruction=instruction, key_number=key_number, key=key, rnd_b=rnd_b
        )
        return issue_challenge(key, rnd_b)

    def _finish_authentication(self, cryptogram: bytes) -> bytes:
        challenge, self._challenge = self._challenge, None
        assert challenge is not None
        chained = challenge.instruction is Instruction.AUTHENTICATE_AES
        key, rnd_b = challenge.key, challenge.rnd_b
        try:
            rnd_a = check_challenge_answer(key, rnd_b, cryptogram, chained=chained)
        except CryptoError as error:
            raise RefusedError(DesfireStatus.AUTHENTICATION_ERROR) from error
        if chained:
            session = ev1.open_session(rnd_a, rnd_b)
            self._channel = CardEv1(key_number=challenge.key_number, session=session)
            return ev1.issue(key, rnd_a, cryptogram)
        identifier = self._random_bytes(4)
        self._channel = CardEv2(
            key_number=challenge.key_number,
            session=first_session(key, rnd_a, rnd_b, identifier),
        )
        return issue_first(key, rnd_a, identifier)

    def _change_key(self, body: bytes, shape: Shape) -> bytes:
        channel = self._channel
        if channel is None or not body:
            raise RefusedError(DesfireStatus.AUTHENTICATION_ERROR)
        own = body[0] == channel.key_number
        if isinstance(channel, CardEv1):
            plain, after = channel.decrypt_key(body)
            head = bytes((Instruction.CHANGE_KEY, body[0]))
            key = self._execution.changed_key_ev1(head, plain, own=own)
            channel = after
        else:
            _, plain, channel = channel.open(shape, body)
            key = self._execution.changed_key_ev2(body[0], plain, own=own)
        self._execution.put_key(body[0], AesKey(key=key, version=plain[16]), channel.key_number)
        if own:
            # The session stood on the key that is gone; its answer carries no MAC.
            self._channel = None
            return b""
        sealed, self._channel = channel.seal(shape, b"")
        return sealed


def _answer(status: DesfireStatus, data: bytes) -> ResponseApdu:
    return ResponseApdu(data=data, status=NATIVE_SW1 << 8 | status)
