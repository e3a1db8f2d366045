"""Frames on the line to a microcontroller: flags, stuffing, length and CRC. Pure.

``7E | version | length (2) | type | sequence | payload | CRC-16 (2) | 7E``, big-endian. Between
the flags, 7E is sent as ``7D 5E`` and 7D as ``7D 5D`` (RFC 1662, 4.2), so a flag is a flag wherever
one begins to listen. The CRC is CRC-16/IBM-3740 (polynomial 1021, initial value FFFF) over version
to payload, unstuffed. What lies between two flags counts if its length and its CRC agree; so a
single wrong bit is never accepted, garbage costs one frame at most, and nothing has to time out.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.model.checks import check_bytes, check_int

FLAG: Final = 0x7E
ESCAPE: Final = 0x7D
ESCAPE_XOR: Final = 0x20
#: The longest payload: a short command APDU of 261 bytes and what goes with it.
PAYLOAD_BYTES_MAX: Final = 512

_HEAD_BYTES: Final = 5
_CRC_BYTES: Final = 2
_BODY_BYTES_MAX: Final = _HEAD_BYTES + PAYLOAD_BYTES_MAX + _CRC_BYTES
_STUFFED = {FLAG: bytes((ESCAPE, FLAG ^ ESCAPE_XOR)), ESCAPE: bytes((ESCAPE, ESCAPE ^ ESCAPE_XOR))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message on the line.

    Attributes:
        version: of the protocol; 0 in greetings.
        kind: what the payload is, see ``Kind``; a byte not known here is kept as it is.
        sequence: 0 to 255; an answer has its question's.
        payload: at most ``PAYLOAD_BYTES_MAX`` bytes.

    Raises:
        ValueRangeError: if a part is outside its range.
    """

    version: int
    kind: int
    sequence: int
    payload: bytes = b""

    def __post_init__(self) -> None:
        for name in ("version", "kind", "sequence"):
            check_int(name, int(getattr(self, name)), 0, 0xFF)
        check_bytes("payload", self.payload, 0, PAYLOAD_BYTES_MAX)


def crc16(data: bytes) -> int:
    """CRC-16/IBM-3740; its check value (of ``123456789``) is 29B1."""
    return crc_hqx(data, 0xFFFF)


def encode_frame(frame: Frame) -> bytes:
    """The bytes to send, both flags included."""
    head = bytes((frame.version,)) + len(frame.payload).to_bytes(2)
    body = head + bytes((frame.kind, frame.sequence)) + frame.payload
    body += crc16(body).to_bytes(_CRC_BYTES)
    stuffed = b"".join(_STUFFED.get(byte, bytes((byte,))) for byte in body)
    return bytes((FLAG,)) + stuffed + bytes((FLAG,))


class FrameDecoder:
    """Finds frames in whatever pieces the line brings them.

    Attributes:
        bad_count: pieces between flags that were no frame.
    """

    def __init__(self) -> None:
        self.bad_count = 0
        self._body = bytearray()
        self._in_frame = False
        self._escaped = False

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take bytes, and give the frames that they complete."""
        for byte in data:
            if byte == FLAG:
                frame = self._finish()
                if frame is not None:
                    yield frame
            elif self._in_frame:
                self._take(byte)

    def _take(self, byte: int) -> None:
        if byte == ESCAPE and not self._escaped:
            self._escaped = True
            return
        self._body.append(byte ^ ESCAPE_XOR if self._escaped else byte)
        self._escaped = False
        if len(self._body) > _BODY_BYTES_MAX:
            # No frame is this long: wait for the next flag and keep nothing meanwhile.
            self._in_frame = False
            self.bad_count += 1

    def _finish(self) -> Frame | None:
        """Judge what lay between the last flag and this one; nothing at all is no fault."""
        body, torn = bytes(self._body), self._escaped
        judged = self._in_frame and bool(body or torn)
        self._body.clear()
        self._in_frame, self._escaped = True, False
        if not judged:
            return None
        frame = None if torn else _read_body(body)
        self.bad_count += frame is None
        return frame


def _read_body(body: bytes) -> Frame | None:
    if len(body) < _HEAD_BYTES + _CRC_BYTES:
        return None
    payload = body[_HEAD_BYTES:-_CRC_BYTES]
    if int.from_bytes(body[1:3]) != len(payload):
        return None
    if crc16(body[:-_CRC_BYTES]) != int.from_bytes(body[-_CRC_BYTES:]):
        return None
    return Frame(version=body[0], kind=body[3], sequence=body[4], payload=payload)
