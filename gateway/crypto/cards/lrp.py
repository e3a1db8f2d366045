"""LRP, the leakage resilient primitive: AES that never shows one key much to whoever listens.

Source: AN12304. Each key is turned into sixteen secret plaintexts and some updated keys; a value
then chooses, four bits at a time, which plaintext encrypts the key to the next. NTAG 424 DNA and
DESFire Light can be switched to it for good.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.crypto.cards.blocks import (
    BLOCK_BYTES,
    ZERO_IV,
    cbc_decrypt,
    doubled,
    ecb_encrypt_block,
    pad_iso9797_2,
    xor,
)
from gateway.errors import CryptoError

_PLAINTEXTS: Final = 16
_AA: Final = b"\xaa" * BLOCK_BYTES
_55: Final = b"\x55" * BLOCK_BYTES


def secret_plaintexts(key: bytes) -> tuple[bytes, ...]:
    """Sixteen blocks, one for each value of four bits (AN12304, algorithm 1).

    Raises:
        CryptoError: if the key has a wrong length.
    """
    found, state = [], ecb_encrypt_block(key, _55)
    for _ in range(_PLAINTEXTS):
        found.append(ecb_encrypt_block(state, _AA))
        state = ecb_encrypt_block(state, _55)
    return tuple(found)


def updated_key(key: bytes, number: int) -> bytes:
    """The key of one use: 0 for MACs, 1 for encryption (AN12304, algorithm 2).

    Raises:
        CryptoError: if the key has a wrong length.
    """
    state = ecb_encrypt_block(key, _AA)
    for _ in range(number):
        state = ecb_encrypt_block(state, _55)
    return ecb_encrypt_block(state, _AA)


@dataclass(frozen=True, slots=True, kw_only=True)
class LrpKey:
    """A key made ready for one use; see ``lrp_key``."""

    plaintexts: tuple[bytes, ...] = field(repr=False)
    updated: bytes = field(repr=False)

    def evaluate(self, value: bytes, *, final: bool = True) -> bytes:
        """Walk along the value's half bytes, the high one first (AN12304, algorithm 3)."""
        state = self.updated
        for byte in value:
            state = ecb_encrypt_block(state, self.plaintexts[byte >> 4])
            state = ecb_encrypt_block(state, self.plaintexts[byte & 0x0F])
        return ecb_encrypt_block(state, ZERO_IV) if final else state

    def cmac(self, message: bytes) -> bytes:
        """CMAC with ``evaluate`` in the place of the block cipher (AN12304, algorithm 6)."""
        whole = bool(message) and len(message) % BLOCK_BYTES == 0
        subkey = doubled(self.evaluate(ZERO_IV))
        padded = message if whole else pad_iso9797_2(message)
        state = ZERO_IV
        for start in range(0, len(padded) - BLOCK_BYTES, BLOCK_BYTES):
            state = self.evaluate(xor(state, padded[start : start + BLOCK_BYTES]))
        last = xor(state, padded[-BLOCK_BYTES:])
        return self.evaluate(xor(last, subkey if whole else doubled(subkey)))


def lrp_key(key: bytes, use: int = 0) -> LrpKey:
    """Make a key ready.

    Args:
        key: 16 bytes.
        use: 0 for MACs and authentication, 1 for encryption.

    Raises:
        CryptoError: if the key has a wrong length.
    """
    return LrpKey(plaintexts=secret_plaintexts(key), updated=updated_key(key, use))


@dataclass(frozen=True, slots=True, kw_only=True)
class LrpStream:
    """LRICB: encryption whose blocks are counted, in one stream for both directions.

    Attributes:
        key: made ready for encryption.
        counter: of the next block, in as many bytes as the protocol says; it wraps.
    """

    key: LrpKey
    counter: bytes

    def encrypt(self, blocks: bytes) -> tuple[bytes, LrpStream]:
        """Encrypt whole blocks (AN12304, algorithm 4), and the stream after them.

        Raises:
            CryptoError: if the data are no whole blocks.
        """
        return self._each(blocks, ecb_encrypt_block)

    def decrypt(self, blocks: bytes) -> tuple[bytes, LrpStream]:
        """Decrypt whole blocks (AN12304, algorithm 5), and the stream after them.

        Raises:
            CryptoError: if the data are no whole blocks.
        """
        return self._each(blocks, _decrypt_block)

    def _each(
        self, blocks: bytes, step: Callable[[bytes, bytes], bytes]
    ) -> tuple[bytes, LrpStream]:
        if len(blocks) % BLOCK_BYTES:
            raise CryptoError(f"{len(blocks)} bytes are not whole blocks of {BLOCK_BYTES}")
        done, counter = [], self.counter
        for start in range(0, len(blocks), BLOCK_BYTES):
            key = self.key.evaluate(counter)
            done.append(step(key, blocks[start : start + BLOCK_BYTES]))
            counter = _incremented(counter)
        return b"".join(done), replace(self, counter=counter)


def _decrypt_block(key: bytes, block: bytes) -> bytes:
    return cbc_decrypt(key, ZERO_IV, block)


def _incremented(counter: bytes) -> bytes:
    size = len(counter)
    return ((int.from_bytes(counter) + 1) % (1 << 8 * size)).to_bytes(size)
