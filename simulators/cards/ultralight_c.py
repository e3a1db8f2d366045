"""A MIFARE Ultralight C with its real cryptography (MF0ICU2 data sheet).

Its pages are written one by one, key pages included, and nothing says so to the reader: that is
why terminals refuse it. State is a frozen value, so a copy of it is a clone.

Not modelled: lock bits of single data pages, the counter page, tearing inside one page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.crypto.cards.blocks import rotate_left
from gateway.crypto.cards.triple_des import BLOCK_BYTES as TDES_BLOCK_BYTES
from gateway.crypto.cards.triple_des import tdes_decrypt, tdes_encrypt
from gateway.model.checks import check_bytes
from gateway.readers.cards.storage import BLOCK_BYTES
from gateway.readers.cards.traits import NAME_ULTRALIGHT
from simulators.card import storage_atr
from simulators.cards.layer3 import (
    ACK,
    NAK_ARGUMENT,
    Layer3Card,
    Said,
    page_of,
    read_rolled,
    written,
)

PAGES: Final = 0x30
#: The maker's key, whose letters on the pages read BREAKMEIFYOUCAN!.
DEFAULT_KEY: Final = bytes.fromhex("49454d4b41455242214e4143554f5946")

_AUTH0_PAGE: Final = 0x2A
_READ_TOO_PAGE: Final = 0x2B
_KEY_PAGE: Final = 0x2C
_FIRST_WRITABLE_PAGE: Final = 0x02


def key_block(key: bytes) -> bytes:
    """A key as its pages hold it: each half with its last byte first."""
    return key[:TDES_BLOCK_BYTES][::-1] + key[TDES_BLOCK_BYTES:][::-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class UltralightCState:
    """What the card keeps without power.

    Attributes:
        uid: 7 bytes.
        memory: all 48 pages, the key in the last four.
    """

    uid: bytes
    memory: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_bytes("uid", self.uid, 7, 7)
        check_bytes("memory", self.memory, PAGES * BLOCK_BYTES, PAGES * BLOCK_BYTES)

    @property
    def key(self) -> bytes:
        """The key as the chip uses it."""
        return key_block(self.memory[_KEY_PAGE * BLOCK_BYTES :])


def blank_ultralight_c(uid: bytes) -> UltralightCState:
    """A card as the maker sells it: the known key, nothing protected."""
    memory = uid[:3] + b"\0" + uid[3:] + bytes((_KEY_PAGE - 2) * BLOCK_BYTES)
    memory = written(memory, _AUTH0_PAGE, bytes((PAGES, 0, 0, 0)))
    return UltralightCState(uid=uid, memory=memory + key_block(DEFAULT_KEY))


class UltralightCCard(Layer3Card):
    """The card in front of a reader.

    Args:
        state: what it keeps.
        random_bytes: where its challenges come from.
        name: what the reader calls it; most call it an Ultralight.
    """

    def __init__(
        self,
        state: UltralightCState,
        random_bytes: Callable[[int], bytes],
        *,
        name: int = NAME_ULTRALIGHT,
    ) -> None:
        super().__init__(state.uid, atr=storage_atr(name=name))
        self.state = state
        self._random_bytes = random_bytes
        self._challenge: tuple[bytes, bytes] | None = None
        self._authenticated = False

    def deselect(self) -> None:
        """Forget challenge and authentication."""
        self._challenge = None
        self._authenticated = False

    def answer(self, frame: bytes) -> Said:
        """Answer a frame."""
        challenge, self._challenge = self._challenge, None
        if challenge is not None:
            return self._check_reader(*challenge, frame)
        match frame[0] if frame else None, len(frame):
            case 0x1A, 2:
                rnd_b = self._random_bytes(TDES_BLOCK_BYTES)
                sent = tdes_encrypt(self.state.key, bytes(TDES_BLOCK_BYTES), rnd_b)
                self._challenge = (rnd_b, sent)
                return b"\xaf" + sent
            case 0x30, 2:
                return self._read(frame[1])
            case 0xA2, 6:
                return self._write(frame[1], frame[2:])
            case _:
                return NAK_ARGUMENT

    def _check_reader(self, rnd_b: bytes, sent: bytes, frame: bytes) -> Said:
        if frame[:1] != b"\xaf" or len(frame) != 1 + 2 * TDES_BLOCK_BYTES:
            return NAK_ARGUMENT
        plain = tdes_decrypt(self.state.key, sent, frame[1:])
        rnd_a, turned = plain[:TDES_BLOCK_BYTES], plain[TDES_BLOCK_BYTES:]
        if turned != rotate_left(rnd_b):
            return NAK_ARGUMENT
        self._authenticated = True
        last = frame[-TDES_BLOCK_BYTES:]
        return b"\x00" + tdes_encrypt(self.state.key, last, rotate_left(rnd_a))

    def _is_open(self, page: int) -> bool:
        return self._authenticated or page < page_of(self.state.memory, _AUTH0_PAGE)[0]

    def _read(self, page: int) -> Said:
        reading_protected = not page_of(self.state.memory, _READ_TOO_PAGE)[0] & 1
        if page >= _KEY_PAGE or (reading_protected and not self._is_open(page)):
            return NAK_ARGUMENT
        return read_rolled(self.state.memory[: _KEY_PAGE * BLOCK_BYTES], page)

    def _write(self, page: int, block: bytes) -> Said:
        if not _FIRST_WRITABLE_PAGE <= page < PAGES or not self._is_open(page):
            return NAK_ARGUMENT
        self.state = replace(self.state, memory=written(self.state.memory, page, block))
        return ACK
