"""Secure dynamic messaging (SUN) of NTAG 424 DNA: what the card says to everybody who taps it.

Source: AN12196 rev. 1.8, tables 3 to 6. A message proves that the card was there once, at
this count of its read counter; whoever reads a card can keep the message for later. Only someone
who remembers the highest counter can tell the two apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.crypto.cards.blocks import (
    BLOCK_BYTES,
    ZERO_IV,
    cbc_decrypt,
    cbc_encrypt,
    check_length,
    ecb_encrypt_block,
)
from gateway.crypto.cards.cmac import aes_cmac, mac_truncated, verify_mac
from gateway.errors import CryptoError

UID_BYTES: Final = 7
READ_COUNTER_MAX: Final = 0xFFFFFF
PICC_PADDING_BYTES: Final = 5

_COUNTER_BYTES: Final = 3
#: PICCDataTag: UID and counter are both there, and the UID has seven bytes (AN12196, table 3).
_TAG: Final = 0xC7
_ENC_LABEL: Final = bytes.fromhex("C33C00010080")
_MAC_LABEL: Final = bytes.fromhex("3CC300010080")


@dataclass(frozen=True, slots=True, kw_only=True)
class PiccData:
    """What a SUN message names.

    Attributes:
        uid: the real UID, seven bytes, also of a card that shows random ones.
        read_counter: SDMReadCtr, 0 to 16,777,215; gaps are normal.
    """

    uid: bytes
    read_counter: int

    def __post_init__(self) -> None:
        check_length("a UID", self.uid, UID_BYTES)
        if not 0 <= self.read_counter <= READ_COUNTER_MAX:
            raise CryptoError("a read counter has three bytes")


def decrypt_picc_data(meta_key: bytes, enc: bytes) -> PiccData:
    """Learn which card it is. Without ``sdm_mac`` this proves nothing.

    Args:
        meta_key: SDMMetaRead key.
        enc: the 16 bytes of PICCENCData.

    Raises:
        CryptoError: if a length is wrong, or the plaintext does not begin with the tag of a
            seven-byte UID with a counter: another key, or another card.
    """
    check_length("PICCENCData", enc, BLOCK_BYTES)
    return read_picc_data(cbc_decrypt(meta_key, ZERO_IV, enc))


def read_picc_data(plain: bytes) -> PiccData:
    """Read decrypted PICC data: tag, UID, counter; the padding behind them is random.

    Raises:
        CryptoError: if the tag is not that of a seven-byte UID with a counter.
    """
    if plain[:1] != bytes((_TAG,)):
        raise CryptoError("the PICC data name no card: another key, or another card's settings")
    counter = plain[1 + UID_BYTES : 1 + UID_BYTES + _COUNTER_BYTES]
    return PiccData(uid=plain[1 : 1 + UID_BYTES], read_counter=int.from_bytes(counter, "little"))


def encrypt_picc_data(meta_key: bytes, uid: bytes, counter: int, padding: bytes) -> bytes:
    """The card's side of ``decrypt_picc_data``.

    Args:
        meta_key: SDMMetaRead key.
        uid: seven bytes.
        counter: SDMReadCtr.
        padding: five random bytes, so that no message tells anything about the next.

    Raises:
        CryptoError: if a part has a wrong length or is out of range.
    """
    check_length("PICC data padding", padding, PICC_PADDING_BYTES)
    return cbc_encrypt(meta_key, ZERO_IV, bytes((_TAG,)) + _context(uid, counter) + padding)


def sdm_session_mac_key(file_key: bytes, uid: bytes, counter: int) -> bytes:
    """The key that makes the MAC at one count of the read counter (AN12196, table 5).

    Raises:
        CryptoError: if a part has a wrong length or is out of range.
    """
    return aes_cmac(file_key, _MAC_LABEL + _context(uid, counter))


def sdm_session_enc_key(file_key: bytes, uid: bytes, counter: int) -> bytes:
    """The key that encrypts file data at one count of the read counter (AN12196, table 4).

    Raises:
        CryptoError: if a part has a wrong length or is out of range.
    """
    return aes_cmac(file_key, _ENC_LABEL + _context(uid, counter))


def sdm_mac(file_key: bytes, uid: bytes, counter: int, message: bytes = b"") -> bytes:
    """SDMMAC, eight bytes.

    Args:
        file_key: SDMFileRead key.
        uid: seven bytes.
        counter: SDMReadCtr.
        message: the file's bytes from SDMMACInputOffset to SDMMACOffset, as they were read; none
            where the two offsets are equal.

    Raises:
        CryptoError: if a part has a wrong length or is out of range.
    """
    return mac_truncated(aes_cmac(sdm_session_mac_key(file_key, uid, counter), message))


def verify_sdm(file_key: bytes, picc: PiccData, mac: bytes, message: bytes = b"") -> bool:
    """Whether the card that holds ``file_key`` made this MAC at this count.

    Raises:
        CryptoError: if the key has a wrong length.
    """
    return verify_mac(sdm_mac(file_key, picc.uid, picc.read_counter, message), mac)


def encrypt_file_data(file_key: bytes, uid: bytes, counter: int, data: bytes) -> bytes:
    """SDMENCFileData, the card's side (AN12196, table 4): whole blocks, without padding.

    Raises:
        CryptoError: if a part has a wrong length or is out of range.
    """
    key = sdm_session_enc_key(file_key, uid, counter)
    return cbc_encrypt(key, _file_iv(key, counter), data)


def decrypt_file_data(file_key: bytes, uid: bytes, counter: int, data: bytes) -> bytes:
    """SDMENCFileData, the reader's side; check ``sdm_mac`` over what was read first.

    Raises:
        CryptoError: if a part has a wrong length or is out of range.
    """
    key = sdm_session_enc_key(file_key, uid, counter)
    return cbc_decrypt(key, _file_iv(key, counter), data)


def _context(uid: bytes, counter: int) -> bytes:
    picc = PiccData(uid=uid, read_counter=counter)
    return picc.uid + picc.read_counter.to_bytes(_COUNTER_BYTES, "little")


def _file_iv(key: bytes, counter: int) -> bytes:
    return ecb_encrypt_block(key, counter.to_bytes(BLOCK_BYTES, "little"))
