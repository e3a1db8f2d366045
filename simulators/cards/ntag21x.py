"""NTAG213, NTAG215, NTAG216 and Ultralight EV1 (their data sheets): memory, password, counter.

There is no cryptography to simulate: a password of 32 bits in clear, and a signature that the
maker made over the UID. A copied signature is the maker's, so a clone with the same UID has it.

Not modelled: ASCII mirrors, lock bits, tearing inside one page, the counters 1 and 2 of an EV1.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.model.checks import check_bytes
from gateway.readers.cards.ntag21x import SmallCardKind
from gateway.readers.cards.storage import BLOCK_BYTES
from simulators.card import storage_atr
from simulators.cards.layer3 import (
    ACK,
    NAK_ARGUMENT,
    NAK_AUTHENTICATION,
    Layer3Card,
    Said,
    page_of,
    read_rolled,
    written,
)

#: Version, number of pages, size byte of the capability container, by kind.
_SHAPES: Final = {
    SmallCardKind.NTAG213: (bytes.fromhex("0004040201000f03"), 45, 0x12),
    SmallCardKind.NTAG215: (bytes.fromhex("0004040201001103"), 135, 0x3E),
    SmallCardKind.NTAG216: (bytes.fromhex("0004040201001303"), 231, 0x6D),
    SmallCardKind.ULTRALIGHT_EV1_48: (bytes.fromhex("0004030101000b03"), 20, 0x06),
    SmallCardKind.ULTRALIGHT_EV1_128: (bytes.fromhex("0004030101000e03"), 41, 0x10),
}
_CONTAINER_PAGE: Final = 0x03
_PROTECT_READING: Final = 0x80
_LIMIT: Final = 0x07
_COUNTER_NUMBERS: Final = frozenset({0, 2})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ntag21xState:
    """What the tag keeps without power.

    Attributes:
        kind: which chip.
        uid: 7 bytes.
        memory: all pages; the last four are two of settings, the password, and its answer PACK.
        failures: wrong passwords since the last right one.
        counter: readings since it was made, where the chip counts them.
        signature: the maker's, 32 bytes.
    """

    kind: SmallCardKind
    uid: bytes
    memory: bytes = field(repr=False)
    failures: int = 0
    counter: int = 0
    signature: bytes = bytes(32)

    def __post_init__(self) -> None:
        check_bytes("uid", self.uid, 7, 7)
        check_bytes("signature", self.signature, 32, 32)

    @property
    def settings_page(self) -> int:
        """The first of the four last pages."""
        return len(self.memory) // BLOCK_BYTES - 4

    def page(self, offset: int) -> bytes:
        """One of the four last pages."""
        return page_of(self.memory, self.settings_page + offset)


def blank_ntag21x(
    kind: SmallCardKind, uid: bytes, *, message: bytes = b"", signature: bytes = bytes(32)
) -> Ntag21xState:
    """A tag as the maker sells it: formatted for NDEF, nothing protected.

    Args:
        kind: which chip; not the Ultralight AES.
        uid: 7 bytes.
        message: an NDEF message of at most 48 bytes that lies on it.
        signature: what READ_SIG answers.
    """
    _version, pages, size = _SHAPES[kind]
    head = uid[:3] + b"\0" + uid[3:] + bytes(4) + bytes((0xE1, 0x10, size, 0))
    area = bytes((0x03, len(message))) + message + b"\xfe"
    data = area.ljust((pages - 4) * BLOCK_BYTES - len(head), b"\0")
    settings = bytes((0x04, 0, 0, 0xFF)) + bytes(4) + b"\xff" * 4 + bytes(4)
    return Ntag21xState(kind=kind, uid=uid, memory=head + data + settings, signature=signature)


class Ntag21xCard(Layer3Card):
    """The tag in front of a reader."""

    def __init__(self, state: Ntag21xState) -> None:
        super().__init__(state.uid, atr=storage_atr())
        self.state = state
        self._opened = False

    def deselect(self) -> None:
        """Forget the password."""
        self._opened = False

    def answer(self, frame: bytes) -> Said:
        """Answer a frame."""
        match frame[0] if frame else None, len(frame):
            case 0x60, 1:
                return _SHAPES[self.state.kind][0]
            case 0x30, 2:
                return self._read(frame[1])
            case 0xA2, 6:
                return self._write(frame[1], frame[2:])
            case 0x1B, 5:
                return self._check_password(frame[1:])
            case _:
                return self._answer_rarer(frame)

    def _answer_rarer(self, frame: bytes) -> Said:
        if frame == b"\x3c\x00":
            return self.state.signature
        if len(frame) == 2 and frame[0] == 0x39 and frame[1] in _COUNTER_NUMBERS:
            return self.state.counter.to_bytes(3, "little")
        return NAK_ARGUMENT

    def _may(self, page: int) -> bool:
        return self._opened or page < self.state.page(0)[3]

    def _read(self, page: int) -> Said:
        state = self.state
        if page * BLOCK_BYTES >= len(state.memory):
            return NAK_ARGUMENT
        if state.page(1)[0] & _PROTECT_READING and not self._may(page):
            return NAK_AUTHENTICATION
        # Password and PACK read as zeros (NTAG213/215/216 data sheet).
        return read_rolled(state.memory[: -2 * BLOCK_BYTES] + bytes(2 * BLOCK_BYTES), page)

    def _write(self, page: int, block: bytes) -> Said:
        if not _CONTAINER_PAGE <= page < len(self.state.memory) // BLOCK_BYTES:
            return NAK_ARGUMENT
        if not self._may(page):
            return NAK_AUTHENTICATION
        if page == _CONTAINER_PAGE:
            old = page_of(self.state.memory, page)
            block = bytes(one | other for one, other in zip(old, block, strict=True))
        self.state = replace(self.state, memory=written(self.state.memory, page, block))
        return ACK

    def _check_password(self, password: bytes) -> Said:
        limit = self.state.page(1)[0] & _LIMIT
        if limit and self.state.failures >= limit:
            return NAK_AUTHENTICATION
        if not hmac.compare_digest(password, self.state.page(2)):
            self.state = replace(self.state, failures=self.state.failures + 1)
            return NAK_AUTHENTICATION
        self.state = replace(self.state, failures=0)
        self._opened = True
        return self.state.page(3)[:2]
