"""The card's side of DESFire's secure messaging: opening commands, sealing answers.

The reader's side is ``gateway.readers.cards.desfire_session``. The two are written apart on
purpose; what both could get wrong together the published vectors and transcripts hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from gateway.crypto.cards import ev1
from gateway.crypto.cards.ev1 import Ev1Session
from gateway.crypto.cards.ev2 import Ev2Session
from gateway.crypto.cards.ev2_messages import CommMode, open_command, protect_response
from gateway.errors import CryptoError

_BLOCK: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How the card reads a command before it looks at its meaning.

    Attributes:
        instruction: the command.
        header_bytes: parameters in plain.
        data_bytes: protected data, before any protection.
        mode: how the data and the answer travel.
    """

    instruction: int
    header_bytes: int
    data_bytes: int
    mode: CommMode

    @property
    def plain_bytes(self) -> int:
        """The command's length without any protection."""
        return self.header_bytes + self.data_bytes


class CardChannel(Protocol):
    """A session as the card keeps it."""

    @property
    def key_number(self) -> int:
        """Which key the session stands on."""

    def command_bytes(self, shape: Shape) -> int:
        """How long the protected parameters are."""

    def open(self, shape: Shape, body: bytes) -> tuple[bytes, bytes, CardChannel]:
        """Header and data in plain, and the session that seals the answer.

        Raises:
            CryptoError: if the command is not what the reader of this session would send.
        """

    def seal(self, shape: Shape, data: bytes) -> tuple[bytes, CardChannel]:
        """An answer of status OK, and the session after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEv1:
    """EV1 with AES."""

    key_number: int
    session: Ev1Session

    def command_bytes(self, shape: Shape) -> int:
        """See ``CardChannel.command_bytes``."""
        if shape.mode is CommMode.FULL and shape.data_bytes:
            return shape.header_bytes + _blocks(shape.data_bytes + 4)
        has_mac = shape.mode is CommMode.MAC and shape.data_bytes > 0
        return shape.plain_bytes + (ev1.MAC_BYTES if has_mac else 0)

    def open(self, shape: Shape, body: bytes) -> tuple[bytes, bytes, CardChannel]:
        """See ``CardChannel.open``."""
        header, rest = body[: shape.header_bytes], body[shape.header_bytes :]
        head = bytes((shape.instruction,)) + header
        if shape.mode is CommMode.FULL and shape.data_bytes:
            data, after = ev1.decrypt_command(self.session, head, rest, shape.data_bytes)
        elif shape.mode is CommMode.MAC and shape.data_bytes:
            data, mac = rest[: shape.data_bytes], rest[shape.data_bytes :]
            after = self.session.check(head + data, mac)
        else:
            data = rest
            _, after = self.session.absorb(head + data)
        return header, data, self._with(after)

    def decrypt_key(self, body: bytes) -> tuple[bytes, CardEv1]:
        """The plain of ChangeKey's cryptogram; the card checks its sums by itself."""
        plain, after = self.session.decrypt(body[1:])
        return plain, self._with(after)

    def seal(self, shape: Shape, data: bytes) -> tuple[bytes, CardChannel]:
        """See ``CardChannel.seal``."""
        if shape.mode is CommMode.FULL and not shape.data_bytes:
            sent, after = ev1.encrypt_answer(self.session, 0, data)
            return sent, self._with(after)
        mac, after = self.session.absorb(data + b"\x00")
        return data + mac[: ev1.MAC_BYTES], self._with(after)

    def _with(self, session: Ev1Session) -> CardEv1:
        return CardEv1(key_number=self.key_number, session=session)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEv2:
    """EV2 and later."""

    key_number: int
    session: Ev2Session

    def command_bytes(self, shape: Shape) -> int:
        """See ``CardChannel.command_bytes``."""
        if shape.mode is CommMode.PLAIN:
            return shape.plain_bytes
        padded = _blocks(shape.data_bytes + 1) if shape.data_bytes else 0
        data_bytes = padded if shape.mode is CommMode.FULL else shape.data_bytes
        return shape.header_bytes + data_bytes + 8

    def open(self, shape: Shape, body: bytes) -> tuple[bytes, bytes, CardChannel]:
        """See ``CardChannel.open``."""
        header, data = open_command(
            self.session, shape.mode, shape.instruction, shape.header_bytes, body
        )
        if len(data) != shape.data_bytes:
            raise CryptoError("the command's data have a wrong length")
        after = CardEv2(key_number=self.key_number, session=self.session.next())
        return header, data, after

    def seal(self, shape: Shape, data: bytes) -> tuple[bytes, CardChannel]:
        """See ``CardChannel.seal``."""
        return protect_response(self.session, shape.mode, 0, data), self


def _blocks(count: int) -> int:
    return -(-count // _BLOCK) * _BLOCK
