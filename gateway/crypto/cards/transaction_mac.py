"""The transaction MAC of DESFire EV2, EV3 and Light: a card's own seal on what was committed.

Source: AN12343. The card makes it with a key that no terminal needs to hold, so the gateway
can check later that a terminal reports what the card did, and no more and no less.

Counters here are the one that CommitTransaction returns: one more than before the commit.
"""

from __future__ import annotations

from typing import Final

from gateway.crypto.cards.blocks import (
    BLOCK_BYTES,
    ZERO_IV,
    cbc_decrypt,
    cbc_encrypt,
    check_length,
)
from gateway.crypto.cards.cmac import aes_cmac, mac_truncated, verify_mac
from gateway.errors import CryptoError

UID_BYTES: Final = 7
READER_ID_BYTES: Final = BLOCK_BYTES
COUNTER_MAX: Final = 0xFFFFFFFF

_MAC_LABEL: Final = bytes.fromhex("5A00010080")
_ENC_LABEL: Final = bytes.fromhex("A500010080")


def transaction_mac_key(key: bytes, uid: bytes, counter: int) -> bytes:
    """The key that seals one transaction.

    Args:
        key: AppTransactionMACKey, 16 bytes.
        uid: seven bytes.
        counter: as CommitTransaction returns it, 1 to 4,294,967,295.

    Raises:
        CryptoError: if a length is wrong or the counter is out of range.
    """
    return aes_cmac(key, _MAC_LABEL + _context(uid, counter))


def transaction_enc_key(key: bytes, uid: bytes, counter: int) -> bytes:
    """The key that hides the reader's id of one transaction.

    Raises:
        CryptoError: if a length is wrong or the counter is out of range.
    """
    return aes_cmac(key, _ENC_LABEL + _context(uid, counter))


def transaction_mac(key: bytes, uid: bytes, counter: int, transaction: bytes) -> bytes:
    """TMV, eight bytes.

    Args:
        key: AppTransactionMACKey, 16 bytes.
        uid: seven bytes.
        counter: as CommitTransaction returns it.
        transaction: the transaction MAC input (TMI): what the card collected of each command.

    Raises:
        CryptoError: if a length is wrong or the counter is out of range.
    """
    return mac_truncated(aes_cmac(transaction_mac_key(key, uid, counter), transaction))


def verify_transaction_mac(
    key: bytes, uid: bytes, counter: int, transaction: bytes, mac: bytes
) -> bool:
    """Whether the card of this UID sealed this transaction as its ``counter``-th.

    Raises:
        CryptoError: if a length is wrong or the counter is out of range.
    """
    return verify_mac(transaction_mac(key, uid, counter, transaction), mac)


def encrypt_reader_id(key: bytes, uid: bytes, counter: int, reader_id: bytes) -> bytes:
    """EncTMRI, the card's answer to CommitReaderID: the reader of a transaction, hidden.

    Raises:
        CryptoError: if a length is wrong or the counter is out of range.
    """
    check_length("a reader's id", reader_id, READER_ID_BYTES)
    return cbc_encrypt(transaction_enc_key(key, uid, counter), ZERO_IV, reader_id)


def decrypt_reader_id(key: bytes, uid: bytes, counter: int, enc: bytes) -> bytes:
    """The reader's id that EncTMRI hides.

    Raises:
        CryptoError: if a length is wrong or the counter is out of range.
    """
    check_length("an encrypted reader's id", enc, READER_ID_BYTES)
    return cbc_decrypt(transaction_enc_key(key, uid, counter), ZERO_IV, enc)


def _context(uid: bytes, counter: int) -> bytes:
    check_length("a UID", uid, UID_BYTES)
    if not 1 <= counter <= COUNTER_MAX:
        raise CryptoError("a committed transaction's counter is 1 to 4,294,967,295")
    return counter.to_bytes(4, "little") + uid
