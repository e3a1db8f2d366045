"""EV2 secure messaging: NTAG 424 DNA and DESFire EV2, EV3 and Light, with AES.

Sources: AN12196 rev. 1.8 (NTAG 424 DNA), AN12343 (DESFire Light). Both sides of the conversation
use these functions, so a simulated card and a reader cannot agree on a mistake of one of them
only: the published vectors hold both.

A command carries the counter as it is, the card's answer the counter one higher. So whatever here
takes ``session_after`` wants the session after ``Ev2Session.next``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from gateway.crypto.cards.blocks import (
    BLOCK_BYTES,
    ZERO_IV,
    cbc_decrypt,
    cbc_encrypt,
    check_length,
    crc32_desfire,
    ecb_encrypt_block,
    pad_iso9797_2,
    rotate_left,
    unpad_iso9797_2,
    xor,
)
from gateway.crypto.cards.cmac import aes_cmac, mac_truncated
from gateway.crypto.cards.handshake import (
    RANDOM_BYTES,
    challenge_answer,
    check_challenge_answer,
    check_confirmation,
    check_turned,
    confirmation,
    issue_challenge,
)
from gateway.errors import CryptoError

__all__ = [
    "CAPABILITIES_BYTES",
    "COMMAND_COUNTER_MAX",
    "TRANSACTION_IDENTIFIER_BYTES",
    "Ev2Session",
    "accept_first",
    "accept_non_first",
    "challenge_answer",
    "change_other_key_data",
    "change_own_key_data",
    "check_challenge_answer",
    "command_iv",
    "command_mac",
    "decrypt_command",
    "decrypt_response",
    "encrypt_command",
    "encrypt_response",
    "first_session",
    "issue_challenge",
    "issue_first",
    "issue_non_first",
    "non_first_session",
    "response_iv",
    "response_mac",
    "session_keys",
]

TRANSACTION_IDENTIFIER_BYTES: Final = 4
#: What the card tells of itself (PDcap2) and echoes of the reader (PCDcap2), six bytes each.
CAPABILITIES_BYTES: Final = 12
COMMAND_COUNTER_MAX: Final = 0xFFFF

_KEY_BYTES: Final = 16
_FIRST_ANSWER_BYTES: Final = TRANSACTION_IDENTIFIER_BYTES + RANDOM_BYTES + CAPABILITIES_BYTES
#: What a session vector begins with: label, counter 1, 128 bits long (AN12196, table 14).
_ENC_LABEL: Final = bytes.fromhex("A55A00010080")
_MAC_LABEL: Final = bytes.fromhex("5AA500010080")
#: What an IV begins with (AN12196, tables 18 and 29).
_COMMAND_IV_LABEL: Final = bytes.fromhex("A55A")
_RESPONSE_IV_LABEL: Final = bytes.fromhex("5AA5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ev2Session:
    """What card and reader share after mutual authentication.

    Attributes:
        transaction_identifier: four bytes that the card chose; AuthenticateEV2NonFirst keeps it.
        enc_key: encrypts.
        mac_key: makes MACs.
        command_counter: commands since AuthenticateEV2First, 0 to 65,535.

    Raises:
        CryptoError: if a part has a wrong length or the counter is out of range.
    """

    transaction_identifier: bytes
    enc_key: bytes = field(repr=False)
    mac_key: bytes = field(repr=False)
    command_counter: int = 0

    def __post_init__(self) -> None:
        check_length(
            "a transaction identifier", self.transaction_identifier, TRANSACTION_IDENTIFIER_BYTES
        )
        check_length("a session key", self.enc_key, _KEY_BYTES)
        check_length("a session key", self.mac_key, _KEY_BYTES)
        if not 0 <= self.command_counter <= COMMAND_COUNTER_MAX:
            raise CryptoError("the session's command counter has run out; authenticate again")

    def next(self) -> Ev2Session:
        """The session after one more command, whatever its communication mode.

        Raises:
            CryptoError: if the counter has run out (65,535): never is a counter used twice.
        """
        return replace(self, command_counter=self.command_counter + 1)


def session_keys(key: bytes, rnd_a: bytes, rnd_b: bytes) -> tuple[bytes, bytes]:
    """Derive the two session keys (AN12196, table 14): for encryption, and for MACs.

    Raises:
        CryptoError: if a length is wrong.
    """
    check_length("RndA", rnd_a, RANDOM_BYTES)
    check_length("RndB", rnd_b, RANDOM_BYTES)
    context = rnd_a[:2] + xor(rnd_a[2:8], rnd_b[:6]) + rnd_b[6:] + rnd_a[8:]
    return aes_cmac(key, _ENC_LABEL + context), aes_cmac(key, _MAC_LABEL + context)


def first_session(key: bytes, rnd_a: bytes, rnd_b: bytes, identifier: bytes) -> Ev2Session:
    """The session that AuthenticateEV2First opens, as both sides compute it.

    Raises:
        CryptoError: if a length is wrong.
    """
    enc_key, mac_key = session_keys(key, rnd_a, rnd_b)
    return Ev2Session(transaction_identifier=identifier, enc_key=enc_key, mac_key=mac_key)


def non_first_session(session: Ev2Session, key: bytes, rnd_a: bytes, rnd_b: bytes) -> Ev2Session:
    """The session after AuthenticateEV2NonFirst: new keys; identifier and counter go on.

    Raises:
        CryptoError: if a length is wrong.
    """
    enc_key, mac_key = session_keys(key, rnd_a, rnd_b)
    return replace(session, enc_key=enc_key, mac_key=mac_key)


def issue_first(
    key: bytes, rnd_a: bytes, identifier: bytes, capabilities: bytes = bytes(CAPABILITIES_BYTES)
) -> bytes:
    """The card's last word in AuthenticateEV2First: TI ‖ RndA' ‖ PDcap2 ‖ PCDcap2, encrypted.

    Raises:
        CryptoError: if a length is wrong.
    """
    check_length("RndA", rnd_a, RANDOM_BYTES)
    check_length("a transaction identifier", identifier, TRANSACTION_IDENTIFIER_BYTES)
    check_length("the capabilities", capabilities, CAPABILITIES_BYTES)
    return cbc_encrypt(key, ZERO_IV, identifier + rotate_left(rnd_a) + capabilities)


def accept_first(key: bytes, rnd_a: bytes, rnd_b: bytes, answer: bytes) -> Ev2Session:
    """Check the card's last word in AuthenticateEV2First; the capabilities bind us to nothing.

    Args:
        key: the key of the authentication.
        rnd_a: the reader's random number.
        rnd_b: the card's, from ``challenge_answer``.
        answer: the card's 32 bytes.

    Raises:
        CryptoError: if the card does not hold the key, or the answer has a wrong length.
    """
    check_length("the card's answer", answer, _FIRST_ANSWER_BYTES)
    plain = cbc_decrypt(key, ZERO_IV, answer)
    identifier = plain[:TRANSACTION_IDENTIFIER_BYTES]
    check_turned(rnd_a, plain[TRANSACTION_IDENTIFIER_BYTES:-CAPABILITIES_BYTES])
    return first_session(key, rnd_a, rnd_b, identifier)


def issue_non_first(key: bytes, rnd_a: bytes) -> bytes:
    """The card's last word in AuthenticateEV2NonFirst: RndA' alone, encrypted.

    Raises:
        CryptoError: if a length is wrong.
    """
    return confirmation(key, rnd_a)


def accept_non_first(
    session: Ev2Session, key: bytes, rnd_a: bytes, rnd_b: bytes, answer: bytes
) -> Ev2Session:
    """Check the card's last word in AuthenticateEV2NonFirst, 16 bytes.

    Raises:
        CryptoError: if the card does not hold the key, or the answer has a wrong length.
    """
    check_confirmation(key, rnd_a, answer)
    return non_first_session(session, key, rnd_a, rnd_b)


def command_mac(session: Ev2Session, ins: int, header: bytes, data: bytes) -> bytes:
    """The eight bytes at the end of a command (AN12196, table 8).

    Args:
        session: as it is before the command.
        ins: the instruction byte.
        header: the parameters that always travel in plain.
        data: the command's data as they travel: encrypted in CommMode.Full.
    """
    return _mac(session, ins, header + data)


def response_mac(session_after: Ev2Session, status: int, data: bytes) -> bytes:
    """The eight bytes at the end of an answer (AN12196, table 8).

    Args:
        session_after: the session after ``next``.
        status: the second status byte, 00 in 9100.
        data: the answer's data as they travel: encrypted in CommMode.Full.
    """
    return _mac(session_after, status, data)


def command_iv(session: Ev2Session) -> bytes:
    """The IV of a command's encryption, with the session as it is before the command."""
    return _iv(_COMMAND_IV_LABEL, session)


def response_iv(session_after: Ev2Session) -> bytes:
    """The IV of an answer's encryption, with the session after ``next``."""
    return _iv(_RESPONSE_IV_LABEL, session_after)


def encrypt_command(session: Ev2Session, data: bytes) -> bytes:
    """Pad and encrypt a command's data; no data stay no data."""
    return _encrypted(session, command_iv(session), data)


def decrypt_command(session: Ev2Session, data: bytes) -> bytes:
    """What a card reads in a command, once it has checked the MAC.

    Raises:
        CryptoError: if the data are no whole blocks or end in no padding.
    """
    return _decrypted(session, command_iv(session), data)


def encrypt_response(session_after: Ev2Session, data: bytes) -> bytes:
    """Pad and encrypt an answer's data as a card does, with the session after ``next``."""
    return _encrypted(session_after, response_iv(session_after), data)


def decrypt_response(session_after: Ev2Session, data: bytes) -> bytes:
    """What a reader reads in an answer, once it has checked the MAC; session after ``next``.

    Raises:
        CryptoError: if the data are no whole blocks or end in no padding.
    """
    return _decrypted(session_after, response_iv(session_after), data)


def change_other_key_data(old_key: bytes, new_key: bytes, version: int) -> bytes:
    """ChangeKey's data for a key that is not the session's own (AN12196, table 26).

    New XOR old, the version, and a checksum of the new key: without it a wrong old key would
    leave a key on the card that nobody knows.

    Raises:
        CryptoError: if the keys' lengths differ or the version is no byte.
    """
    return xor(old_key, new_key) + _version_byte(version) + crc32_desfire(new_key)


def change_own_key_data(new_key: bytes, version: int) -> bytes:
    """ChangeKey's data for the key that the session stands on (AN12196, table 27).

    The session is lost with it: the card's answer has no MAC.

    Raises:
        CryptoError: if the version is no byte.
    """
    return new_key + _version_byte(version)


def _version_byte(version: int) -> bytes:
    if not 0 <= version <= 0xFF:
        raise CryptoError("a key's version is one byte")
    return bytes((version,))


def _mac(session: Ev2Session, code: int, content: bytes) -> bytes:
    head = bytes((code,)) + _counter(session) + session.transaction_identifier
    return mac_truncated(aes_cmac(session.mac_key, head + content))


def _iv(label: bytes, session: Ev2Session) -> bytes:
    head = label + session.transaction_identifier + _counter(session)
    return ecb_encrypt_block(session.enc_key, head.ljust(BLOCK_BYTES, b"\0"))


def _counter(session: Ev2Session) -> bytes:
    return session.command_counter.to_bytes(2, "little")


def _encrypted(session: Ev2Session, iv: bytes, data: bytes) -> bytes:
    return cbc_encrypt(session.enc_key, iv, pad_iso9797_2(data)) if data else b""


def _decrypted(session: Ev2Session, iv: bytes, data: bytes) -> bytes:
    return unpad_iso9797_2(cbc_decrypt(session.enc_key, iv, data)) if data else b""
