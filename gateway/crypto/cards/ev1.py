"""DESFire EV1 with AES: authentication 0xAA, and a session whose MACs and IVs form one chain.

Sources: the public transcripts of real cards that the tests recompute; the rules are those of the
DESFire EV1 functional specification as libfreefare documents them. Every CMAC and every encryption
starts from the last block of the one before, so both sides must see every message, also those that
carry no MAC.
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
    pad_zeros,
    xor,
)
from gateway.crypto.cards.cmac import chained_cmac, verify_mac
from gateway.crypto.cards.handshake import (
    RANDOM_BYTES,
    challenge_answer,
    check_challenge_answer,
    check_confirmation,
    confirmation,
)
from gateway.errors import CryptoError

#: How much of a CMAC goes over the air: its first half.
MAC_BYTES: Final = 8
_CRC_BYTES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Ev1Session:
    """What card and reader share after authentication 0xAA.

    Attributes:
        key: the session key.
        iv: the last block of the last CMAC or encryption; zeros at the start.

    Raises:
        CryptoError: if a part has a wrong length.
    """

    key: bytes = field(repr=False)
    iv: bytes = field(default=ZERO_IV, repr=False)

    def __post_init__(self) -> None:
        check_length("a session key", self.key, BLOCK_BYTES)
        check_length("an IV", self.iv, BLOCK_BYTES)

    def absorb(self, message: bytes) -> tuple[bytes, Ev1Session]:
        """The CMAC of one message, whole, and the session after it.

        A command is absorbed as instruction, header, data; an answer as data, then its status
        byte, whether or not a MAC goes over the air.
        """
        mac = chained_cmac(self.key, self.iv, message)
        return mac, replace(self, iv=mac)

    def check(self, message: bytes, mac: bytes) -> Ev1Session:
        """Absorb a message that came with eight bytes of MAC.

        Raises:
            CryptoError: if the MAC is wrong.
        """
        expected, after = self.absorb(message)
        if not verify_mac(expected[:MAC_BYTES], mac):
            raise CryptoError("the message's MAC is wrong")
        return after

    def encrypt(self, padded: bytes) -> tuple[bytes, Ev1Session]:
        """Encrypt whole blocks, and the session after it.

        Raises:
            CryptoError: if ``padded`` is no whole blocks, or none.
        """
        sent = cbc_encrypt(self.key, self.iv, padded)
        return sent, self._after(sent)

    def decrypt(self, sent: bytes) -> tuple[bytes, Ev1Session]:
        """Decrypt whole blocks, and the session after it.

        Raises:
            CryptoError: if ``sent`` is no whole blocks, or none.
        """
        return cbc_decrypt(self.key, self.iv, sent), self._after(sent)

    def _after(self, sent: bytes) -> Ev1Session:
        if not sent:
            raise CryptoError("an encrypted message of DESFire EV1 has at least one block")
        return replace(self, iv=sent[-BLOCK_BYTES:])


def answer_challenge(key: bytes, rnd_a: bytes, rnd_b_enc: bytes) -> tuple[bytes, bytes]:
    """The reader's pass of authentication 0xAA: the 32 bytes for the card, and RndB.

    Raises:
        CryptoError: if a length is wrong.
    """
    return challenge_answer(key, rnd_a, rnd_b_enc, chained=True)


def check_answer(key: bytes, rnd_b: bytes, cryptogram: bytes) -> bytes:
    """The card's check of the reader's 32 bytes; returns RndA.

    Raises:
        CryptoError: if the reader holds another key, or a length is wrong.
    """
    return check_challenge_answer(key, rnd_b, cryptogram, chained=True)


def issue(key: bytes, rnd_a: bytes, cryptogram: bytes) -> bytes:
    """The card's last word: RndA turned by one byte, chained to the reader's cryptogram.

    Raises:
        CryptoError: if a length is wrong.
    """
    return confirmation(key, rnd_a, iv=cryptogram[-BLOCK_BYTES:])


def accept(key: bytes, rnd_a: bytes, rnd_b: bytes, cryptogram: bytes, answer: bytes) -> Ev1Session:
    """Check the card's last word.

    Args:
        key: the key of the authentication.
        rnd_a: the reader's random number.
        rnd_b: the card's, from ``answer_challenge``.
        cryptogram: what the reader sent.
        answer: the card's 16 bytes.

    Raises:
        CryptoError: if the card does not hold the key, or a length is wrong.
    """
    check_confirmation(key, rnd_a, answer, iv=cryptogram[-BLOCK_BYTES:])
    return open_session(rnd_a, rnd_b)


def open_session(rnd_a: bytes, rnd_b: bytes) -> Ev1Session:
    """The session of AES authentication, as both sides compute it: quarters of both numbers.

    Raises:
        CryptoError: if a length is wrong.
    """
    check_length("RndA", rnd_a, RANDOM_BYTES)
    check_length("RndB", rnd_b, RANDOM_BYTES)
    return Ev1Session(key=rnd_a[:4] + rnd_b[:4] + rnd_a[12:] + rnd_b[12:])


def change_own_key(
    session: Ev1Session, header: bytes, new_key: bytes, version: int
) -> tuple[bytes, Ev1Session]:
    """ChangeKey's cryptogram for the key that the session stands on.

    Args:
        session: as it is before the command.
        header: instruction C4 and key number.
        new_key: 16 bytes.
        version: 0 to 255.

    Raises:
        CryptoError: if the version is no byte.
    """
    plain = new_key + _version_byte(version)
    return session.encrypt(pad_zeros(plain + crc32_desfire(header + plain)))


def change_other_key(
    session: Ev1Session, header: bytes, old_key: bytes, new_key: bytes, version: int
) -> tuple[bytes, Ev1Session]:
    """ChangeKey's cryptogram for another key of the application: new XOR old, two checksums.

    Args:
        session: as it is before the command.
        header: instruction C4 and key number.
        old_key: what the card holds.
        new_key: 16 bytes.
        version: 0 to 255.

    Raises:
        CryptoError: if the keys' lengths differ or the version is no byte.
    """
    plain = xor(old_key, new_key) + _version_byte(version)
    checked = plain + crc32_desfire(header + plain) + crc32_desfire(new_key)
    return session.encrypt(pad_zeros(checked))


def encrypt_data(session: Ev1Session, header: bytes, data: bytes) -> tuple[bytes, Ev1Session]:
    """A command's data in CommMode.Full: data, checksum over header and data, zeros.

    Args:
        session: as it is before the command.
        header: instruction and the parameters in plain.
        data: in plain.
    """
    return session.encrypt(pad_zeros(data + crc32_desfire(header + data)))


def decrypt_data(
    session: Ev1Session, sent: bytes, status: int, length_bytes: int
) -> tuple[bytes, Ev1Session]:
    """An answer's data in CommMode.Full: data, checksum over data and status, zeros.

    Args:
        session: as it is after the command.
        sent: the answer without its status bytes.
        status: the second status byte, 00 in 9100.
        length_bytes: how many bytes of data were asked for.

    Raises:
        CryptoError: if the checksum is wrong or the length is another.
    """
    plain, after = session.decrypt(sent)
    data = plain[:length_bytes]
    if plain != pad_zeros(data + crc32_desfire(data + bytes((status,)))):
        raise CryptoError("the decrypted answer's checksum is wrong")
    return data, after


def encrypt_answer(session: Ev1Session, status: int, data: bytes) -> tuple[bytes, Ev1Session]:
    """The card's side of ``decrypt_data``."""
    return session.encrypt(pad_zeros(data + crc32_desfire(data + bytes((status,)))))


def decrypt_command(
    session: Ev1Session, header: bytes, sent: bytes, length_bytes: int
) -> tuple[bytes, Ev1Session]:
    """The card's side of ``encrypt_data``.

    Raises:
        CryptoError: if the checksum is wrong or the length is another.
    """
    plain, after = session.decrypt(sent)
    data = plain[:length_bytes]
    if plain != pad_zeros(data + crc32_desfire(header + data)):
        raise CryptoError("the decrypted command's checksum is wrong")
    return data, after


def _version_byte(version: int) -> bytes:
    if not 0 <= version <= 0xFF:
        raise CryptoError("a key's version is one byte")
    return bytes((version,))
