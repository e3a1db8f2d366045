"""LRP's authentication, secure messaging and SUN messages: EV2's and SDM's other half.

Sources: AN12321 for the authentication and the session, AN12304 for the primitive. Nobody encrypts
the random numbers here: each side sends a MAC over both under the session's own key.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from typing import Final

from gateway.crypto.cards.blocks import (
    BLOCK_BYTES,
    check_length,
    pad_iso9797_2,
    unpad_iso9797_2,
    xor,
)
from gateway.crypto.cards.cmac import mac_truncated, verify_mac
from gateway.crypto.cards.ev2 import (
    CAPABILITIES_BYTES,
    COMMAND_COUNTER_MAX,
    TRANSACTION_IDENTIFIER_BYTES,
)
from gateway.crypto.cards.handshake import RANDOM_BYTES
from gateway.crypto.cards.lrp import LrpKey, LrpStream, lrp_key
from gateway.crypto.cards.sdm import PiccData, read_picc_data
from gateway.errors import CryptoError

PICC_RANDOM_BYTES: Final = 8

#: What a session vector begins with: counter 1, 128 bits; and its last two bytes.
_LABEL: Final = bytes.fromhex("00010080")
_SESSION_CONTEXT: Final = bytes.fromhex("9669")
_SDM_CONTEXT: Final = bytes.fromhex("1EE1")
_STREAM_COUNTER_BYTES: Final = 4
_USE_MAC, _USE_ENCRYPTION = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LrpHandshake:
    """What both sides know once both random numbers have been said.

    Attributes:
        rnd_a: the reader's, which travels in plain.
        rnd_b: the card's, which travels in plain.
        mac_key: the session's, made ready.
        stream: the session's encryption, before its first block.
    """

    rnd_a: bytes
    rnd_b: bytes
    mac_key: LrpKey
    stream: LrpStream

    def reader_mac(self) -> bytes:
        """What the reader sends behind RndA: it holds the key."""
        return self.mac_key.cmac(self.rnd_a + self.rnd_b)

    def check_reader(self, mac: bytes) -> None:
        """The card's check of it.

        Raises:
            CryptoError: if the reader holds another key.
        """
        if not hmac.compare_digest(self.reader_mac(), mac):
            raise CryptoError("the reader holds another key")


@dataclass(frozen=True, slots=True, kw_only=True)
class LrpSession:
    """What card and reader share after AuthenticateLRPFirst.

    Attributes:
        transaction_identifier: four bytes that the card chose.
        mac_key: makes MACs.
        stream: encrypts, block by block, in both directions.
        command_counter: commands since the authentication, 0 to 65,535.

    Raises:
        CryptoError: if a part has a wrong length or the counter is out of range.
    """

    transaction_identifier: bytes
    mac_key: LrpKey
    stream: LrpStream
    command_counter: int = 0

    def __post_init__(self) -> None:
        check_length(
            "a transaction identifier", self.transaction_identifier, TRANSACTION_IDENTIFIER_BYTES
        )
        if not 0 <= self.command_counter <= COMMAND_COUNTER_MAX:
            raise CryptoError("the session's command counter has run out; authenticate again")

    def next(self) -> LrpSession:
        """The session after one more command: an answer carries the counter one higher.

        Raises:
            CryptoError: if the counter has run out (65,535).
        """
        return replace(self, command_counter=self.command_counter + 1)

    def mac(self, code: int, content: bytes) -> bytes:
        """Eight bytes over a command or an answer.

        Args:
            code: the instruction, or the answer's second status byte.
            content: header and data as they travel.
        """
        head = bytes((code,)) + self.command_counter.to_bytes(2, "little")
        return mac_truncated(self.mac_key.cmac(head + self.transaction_identifier + content))

    def check(self, code: int, content: bytes, mac: bytes) -> None:
        """Compare with what came over the air.

        Raises:
            CryptoError: if the MAC is wrong.
        """
        if not verify_mac(self.mac(code, content), mac):
            raise CryptoError("the message's MAC is wrong")

    def encrypt(self, data: bytes) -> tuple[bytes, LrpSession]:
        """Pad and encrypt data, whoever sends them; no data stay no data."""
        sent, stream = self.stream.encrypt(pad_iso9797_2(data) if data else b"")
        return sent, replace(self, stream=stream)

    def decrypt(self, sent: bytes) -> tuple[bytes, LrpSession]:
        """Decrypt data, whoever received them, once the MAC is checked.

        Raises:
            CryptoError: if they are no whole blocks or end in no padding.
        """
        padded, stream = self.stream.decrypt(sent)
        return unpad_iso9797_2(padded) if sent else b"", replace(self, stream=stream)


def begin(key: bytes, rnd_a: bytes, rnd_b: bytes) -> LrpHandshake:
    """Derive the session's keys from both random numbers, as either side does.

    Raises:
        CryptoError: if a length is wrong.
    """
    check_length("RndA", rnd_a, RANDOM_BYTES)
    check_length("RndB", rnd_b, RANDOM_BYTES)
    mixed = rnd_a[:2] + xor(rnd_a[2:8], rnd_b[:6]) + rnd_b[6:] + rnd_a[8:]
    master = session_master(key, mixed)
    stream = LrpStream(key=lrp_key(master, _USE_ENCRYPTION), counter=bytes(_STREAM_COUNTER_BYTES))
    return LrpHandshake(rnd_a=rnd_a, rnd_b=rnd_b, mac_key=lrp_key(master), stream=stream)


def session_master(key: bytes, mixed: bytes) -> bytes:
    """SesAuthMasterKey: the LRP-CMAC over the session vector."""
    return lrp_key(key).cmac(_LABEL + mixed + _SESSION_CONTEXT)


def issue_first(
    handshake: LrpHandshake, identifier: bytes, capabilities: bytes = bytes(CAPABILITIES_BYTES)
) -> tuple[bytes, LrpSession]:
    """The card's last word in AuthenticateLRPFirst: 32 bytes, and the session.

    Raises:
        CryptoError: if a length is wrong.
    """
    check_length("a transaction identifier", identifier, TRANSACTION_IDENTIFIER_BYTES)
    check_length("the capabilities", capabilities, CAPABILITIES_BYTES)
    enc, stream = handshake.stream.encrypt(identifier + capabilities)
    session = LrpSession(
        transaction_identifier=identifier, mac_key=handshake.mac_key, stream=stream
    )
    return enc + _card_mac(handshake, enc), session


def accept_first(handshake: LrpHandshake, answer: bytes) -> LrpSession:
    """Check the card's last word in AuthenticateLRPFirst.

    Raises:
        CryptoError: if the card does not hold the key, or the answer has a wrong length.
    """
    check_length("the card's answer", answer, 2 * BLOCK_BYTES)
    enc, mac = answer[:BLOCK_BYTES], answer[BLOCK_BYTES:]
    if not hmac.compare_digest(_card_mac(handshake, enc), mac):
        raise CryptoError("the card holds another key")
    plain, stream = handshake.stream.decrypt(enc)
    return LrpSession(
        transaction_identifier=plain[:TRANSACTION_IDENTIFIER_BYTES],
        mac_key=handshake.mac_key,
        stream=stream,
    )


def _card_mac(handshake: LrpHandshake, enc: bytes) -> bytes:
    return handshake.mac_key.cmac(handshake.rnd_b + handshake.rnd_a + enc)


def decrypt_lrp_picc_data(meta_key: bytes, random: bytes, enc: bytes) -> PiccData:
    """Learn which card made a SUN message. Without ``lrp_sdm_mac`` this proves nothing.

    Args:
        meta_key: SDMMetaRead key.
        random: the eight bytes that go before the encrypted ones.
        enc: 16 bytes.

    Raises:
        CryptoError: if a length is wrong, or the plaintext names no card.
    """
    check_length("PICC random", random, PICC_RANDOM_BYTES)
    check_length("PICCENCData", enc, BLOCK_BYTES)
    plain, _ = LrpStream(key=lrp_key(meta_key), counter=random).decrypt(enc)
    return read_picc_data(plain)


def lrp_sdm_session_key(file_key: bytes, picc: PiccData) -> bytes:
    """The master key of one count of the read counter.

    Raises:
        CryptoError: if the key has a wrong length.
    """
    context = picc.uid + picc.read_counter.to_bytes(3, "little")
    return lrp_key(file_key).cmac(_LABEL + context + _SDM_CONTEXT)


def lrp_sdm_mac(file_key: bytes, picc: PiccData, message: bytes = b"") -> bytes:
    """SDMMAC of a card switched to LRP, eight bytes; see ``sdm.sdm_mac``."""
    session = lrp_key(lrp_sdm_session_key(file_key, picc))
    return mac_truncated(session.cmac(message))


def verify_lrp_sdm(file_key: bytes, picc: PiccData, mac: bytes, message: bytes = b"") -> bool:
    """Whether the card that holds ``file_key`` made this MAC at this count."""
    return verify_mac(lrp_sdm_mac(file_key, picc, message), mac)
