"""The factory master key of a simulated DESFire: DES, zeros, good for putting an AES key there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gateway.crypto.cards import desfire_des
from gateway.crypto.cards.desfire_des import FACTORY_KEY
from gateway.errors import CryptoError
from gateway.readers.cards.desfire_card import PICC_AID
from gateway.readers.cards.desfire_factory import MASTER_AS_AES
from gateway.readers.cards.desfire_wire import DesfireStatus, Instruction
from simulators.cards.desfire_execution import Execution
from simulators.cards.desfire_files import RefusedError
from simulators.cards.desfire_state import AesKey


@dataclass(frozen=True, slots=True, kw_only=True)
class FactoryLogin:
    """Authentication 1A under the factory key.

    Attributes:
        rnd_b: the card's challenge.
        session: the session key, once the reader has answered.
    """

    rnd_b: bytes = field(repr=False)
    session: bytes | None = field(default=None, repr=False)

    @classmethod
    def begin(cls, execution: Execution, data: bytes, rnd_b: bytes) -> tuple[FactoryLogin, bytes]:
        """The first frame, for a card that still has its factory key; gives the challenge."""
        if execution.aid != PICC_AID or execution.state.master_key is not None:
            raise RefusedError(DesfireStatus.AUTHENTICATION_ERROR)
        if data != b"\x00":
            raise RefusedError(DesfireStatus.NO_SUCH_KEY)
        return cls(rnd_b=rnd_b), desfire_des.issue_challenge(FACTORY_KEY, rnd_b)

    def finish(self, cryptogram: bytes) -> tuple[FactoryLogin, bytes]:
        """The second frame; gives the card's proof."""
        try:
            rnd_a = desfire_des.check_answer(FACTORY_KEY, self.rnd_b, cryptogram)
        except CryptoError as error:
            raise RefusedError(DesfireStatus.AUTHENTICATION_ERROR) from error
        session = desfire_des.session_key(FACTORY_KEY, rnd_a, self.rnd_b)
        return replace(self, session=session), desfire_des.issue(FACTORY_KEY, rnd_a, cryptogram)

    def change_key(self, execution: Execution, body: bytes) -> None:
        """ChangeKey, for the master key as an AES key."""
        if self.session is None or body[:1] != MASTER_AS_AES:
            raise RefusedError(DesfireStatus.PARAMETER_ERROR)
        header = bytes((Instruction.CHANGE_KEY,)) + MASTER_AS_AES
        key, version = desfire_des.read_change_to_aes(self.session, header, body[1:])
        master = AesKey(key=key, version=version)
        execution.state = replace(execution.state, master_key=master)
