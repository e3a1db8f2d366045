"""MQTT 3.1.1 packets as bytes: just what a load generator needs, and nothing that slows it down.

A generator that costs as much as what it loads measures itself. This one knows QoS 1 only, never
retains, and does not look at what the broker confirms beyond counting it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

CONNACK: Final = 0x20
PUBLISH: Final = 0x30
PUBACK: Final = 0x40
SUBACK: Final = 0x90

_QOS_1: Final = 0x02
_TYPE_MASK: Final = 0xF0
_PACKET_ID_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet from the broker.

    Attributes:
        kind: its type, in the upper half of the first byte (MQTT 3.1.1 section 2.2.1).
        body: what follows the length.
    """

    kind: int
    body: bytes


def connect_packet(client_id: str, *, keepalive_s: int = 300) -> bytes:
    """CONNECT with a clean session."""
    body = _text("MQTT") + bytes((4, 0x02)) + keepalive_s.to_bytes(2, "big") + _text(client_id)
    return _packet(0x10, body)


def subscribe_packet(packet_id: int, topic_filter: str) -> bytes:
    """SUBSCRIBE to one filter at QoS 1."""
    return _packet(0x82, packet_id.to_bytes(2, "big") + _text(topic_filter) + b"\x01")


def publish_packet(packet_id: int, topic: str, payload: bytes) -> bytes:
    """PUBLISH at QoS 1."""
    return _packet(PUBLISH | _QOS_1, _text(topic) + packet_id.to_bytes(2, "big") + payload)


def puback_packet(packet_id: bytes) -> bytes:
    """PUBACK for a packet id as it stood in the PUBLISH."""
    return b"\x40\x02" + packet_id


def published(body: bytes) -> tuple[bytes, bytes]:
    """Take a PUBLISH at QoS 1 apart: its packet id, two bytes, and its payload."""
    id_at = 2 + int.from_bytes(body[:2], "big")
    payload_at = id_at + _PACKET_ID_BYTES
    return body[id_at:payload_at], body[payload_at:]


class PacketReader:
    """Cuts a stream into packets."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Packet]:
        """Take bytes, and give every packet that is complete now."""
        data = self._rest + data
        at = 0
        while True:
            head = _head(data, at)
            if head is None or head[1] > len(data):
                break
            start, end = head
            yield Packet(data[at] & _TYPE_MASK, data[start:end])
            at = end
        self._rest = data[at:]


def _head(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the body of the packet at ``at`` starts and ends, or None where its head is cut off."""
    length = 0
    for number in range(4):
        position = at + 1 + number
        if position >= len(data):
            return None
        length |= (data[position] & 0x7F) << (7 * number)
        if data[position] < 0x80:
            return position + 1, position + 1 + length
    raise ValueError("a packet's length has more than four bytes")


def _packet(first: int, body: bytes) -> bytes:
    length = len(body)
    head = bytearray((first,))
    while True:
        length, low = length >> 7, length & 0x7F
        head.append(low | (0x80 if length else 0))
        if not length:
            return bytes(head) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded
