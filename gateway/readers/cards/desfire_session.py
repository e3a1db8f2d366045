"""What a command and its answer look like inside a session with a DESFire card.

Three sessions with one face: none yet, EV1's (authentication AA) and EV2's (71). A session is a
value; every method returns the next one, because MACs and IVs depend on all that went before.
What a card says never leaves here unchecked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

from gateway.crypto.cards import ev1
from gateway.crypto.cards.ev1 import Ev1Session
from gateway.crypto.cards.ev2 import (
    Ev2Session,
    change_other_key_data,
    change_own_key_data,
)
from gateway.crypto.cards.ev2_messages import CommMode, open_response, protect_command
from gateway.errors import CryptoError
from gateway.readers.cards.desfire_wire import DesfireStatus, Instruction

_OK: Final = int(DesfireStatus.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeCommand:
    """One native command before a session has wrapped it.

    Attributes:
        instruction: what to do.
        header: the parameters, which always travel in plain.
        data: what the mode protects; empty for commands that only ask.
        mode: how data and answer travel inside a session. For commands without a file this is
            ``MAC``: EV2 then sends MACs both ways, EV1 one in the answer.
        answer_bytes: how many bytes the answer must have in plain.
    """

    instruction: Instruction
    header: bytes = b""
    data: bytes = field(default=b"", repr=False)
    mode: CommMode = CommMode.MAC
    answer_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """A key to be replaced.

    Attributes:
        number: the key's number in the selected application.
        new_key: 16 bytes.
        new_version: what the card will answer to GetKeyVersion.
        old_key: what the card holds now; None where it is the key the session stands on.
    """

    number: int
    new_key: bytes = field(repr=False)
    new_version: int
    old_key: bytes | None = field(default=None, repr=False)


class Session(Protocol):
    """One side's knowledge of the conversation so far."""

    def protect(self, command: NativeCommand) -> tuple[bytes, Session]:
        """Make the parameters to send, and the session that awaits the answer.

        Raises:
            CryptoError: if the session cannot carry the command.
        """

    def protect_key_change(self, change: KeyChange) -> tuple[bytes, Session]:
        """Make ChangeKey's parameters, and the session that awaits the answer.

        Raises:
            CryptoError: if there is no session, or a part has a wrong length.
        """

    def open(self, command: NativeCommand, body: bytes) -> tuple[bytes, Session]:
        """Check an answer of status OK; its data in plain, and the session after it.

        Raises:
            CryptoError: if a MAC, a checksum or the length is wrong.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSession:
    """Nobody has authenticated: everything travels in plain and nothing is proved."""

    def protect(self, command: NativeCommand) -> tuple[bytes, Session]:
        """See ``Session.protect``; what must be enciphered is refused."""
        if command.mode is CommMode.FULL:
            raise CryptoError(f"command {command.instruction:02X} needs an authentication first")
        return command.header + command.data, self

    def protect_key_change(self, change: KeyChange) -> tuple[bytes, Session]:
        """Refuse: a key never travels in plain."""
        raise CryptoError(f"key {change.number} cannot be changed before an authentication")

    def open(self, command: NativeCommand, body: bytes) -> tuple[bytes, Session]:
        """See ``Session.open``; only the length can be checked."""
        _check_answer_length(command, body)
        return body, self


@dataclass(frozen=True, slots=True, kw_only=True)
class Ev1Channel:
    """EV1's secure messaging: one chain of IVs through all commands and answers."""

    session: Ev1Session

    def protect(self, command: NativeCommand) -> tuple[bytes, Session]:
        """See ``Session.protect``. A command that only asks carries no MAC, but is absorbed."""
        head = bytes((command.instruction,)) + command.header
        if command.mode is CommMode.FULL and command.data:
            sent, after = ev1.encrypt_data(self.session, head, command.data)
            return command.header + sent, Ev1Channel(session=after)
        mac, after = self.session.absorb(head + command.data)
        shown = mac[: ev1.MAC_BYTES] if command.mode is CommMode.MAC and command.data else b""
        return command.header + command.data + shown, Ev1Channel(session=after)

    def protect_key_change(self, change: KeyChange) -> tuple[bytes, Session]:
        """See ``Session.protect_key_change``."""
        number = bytes((change.number,))
        head = bytes((Instruction.CHANGE_KEY,)) + number
        new_key, version = change.new_key, change.new_version
        if change.old_key is None:
            sent, after = ev1.change_own_key(self.session, head, new_key, version)
        else:
            sent, after = ev1.change_other_key(self.session, head, change.old_key, new_key, version)
        return number + sent, Ev1Channel(session=after)

    def open(self, command: NativeCommand, body: bytes) -> tuple[bytes, Session]:
        """See ``Session.open``. What was written comes back as a MAC, what was read enciphered."""
        if command.mode is CommMode.FULL and not command.data:
            data, after = ev1.decrypt_data(self.session, body, _OK, command.answer_bytes)
            return data, Ev1Channel(session=after)
        data, mac = body[: -ev1.MAC_BYTES], body[-ev1.MAC_BYTES :]
        after = self.session.check(data + bytes((_OK,)), mac)
        _check_answer_length(command, data)
        return data, Ev1Channel(session=after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ev2Channel:
    """EV2's secure messaging: a transaction identifier and a command counter."""

    session: Ev2Session

    def protect(self, command: NativeCommand) -> tuple[bytes, Session]:
        """See ``Session.protect``."""
        body = protect_command(
            self.session, command.mode, command.instruction, command.header, command.data
        )
        return body, Ev2Channel(session=self.session.next())

    def protect_key_change(self, change: KeyChange) -> tuple[bytes, Session]:
        """See ``Session.protect_key_change``."""
        if change.old_key is None:
            data = change_own_key_data(change.new_key, change.new_version)
        else:
            data = change_other_key_data(change.old_key, change.new_key, change.new_version)
        return self.protect(
            NativeCommand(
                instruction=Instruction.CHANGE_KEY,
                header=bytes((change.number,)),
                data=data,
                mode=CommMode.FULL,
            )
        )

    def open(self, command: NativeCommand, body: bytes) -> tuple[bytes, Session]:
        """See ``Session.open``; the session is the one after ``protect``."""
        data = open_response(self.session, command.mode, _OK, body)
        _check_answer_length(command, data)
        return data, self


def _check_answer_length(command: NativeCommand, data: bytes) -> None:
    if len(data) != command.answer_bytes:
        raise CryptoError(
            f"command {command.instruction:02X} was answered by {len(data)} bytes,"
            f" not {command.answer_bytes}"
        )
