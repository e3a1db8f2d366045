"""A process of its own that plays all terminals at once: it publishes, and hears the receipts.

``python -m simulators.bench.publisher PORT FILE TRANSACTIONS WINDOW`` sends what ``write_messages``
wrote and prints one JSON object when everything is done. As each terminal would, it has only so
much unanswered at once; it believes an answer's results without checking their seals, because the
point is to load the gateway and not itself.
"""

from __future__ import annotations

import json
import resource
import selectors
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from gateway.crypto.seal import SealType, parse_envelope
from gateway.errors import MohrError
from gateway.wire.batch import envelopes_claimed
from gateway.wire.receipt import decode_receipt
from simulators.bench import mqtt_bytes

#: Where the bare intake says how many transactions it has durably taken.
PROGRESS_TOPIC = "mohr/v1/00/bare/rx"

_LENGTH = struct.Struct(">I")
_READ_BYTES = 1 << 18
_SILENCE_MAX_S = 20.0
_PACKET_IDS = 65_535
_CHUNK_PACKETS = 64


class LoadError(MohrError):
    """The load was not taken: the connection broke, or the answers stopped coming."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of a load.

    Attributes:
        seconds: from the first byte sent to the last transaction settled.
        settled: transactions whose outcome was heard of, each counted once.
        refused: those of them that the gateway did not apply.
        answers: messages heard; the fewer, the more results each held.
        cpu_s: processor time of this process.
    """

    seconds: float
    settled: int
    refused: int
    answers: int
    cpu_s: float


def write_messages(path: Path, messages: Iterable[tuple[str, bytes]]) -> None:
    """Write finished PUBLISH packets, each with how many transactions it holds.

    Args:
        path: a new file.
        messages: topic and payload.
    """
    with path.open("wb") as file:
        for number, (topic, payload) in enumerate(messages):
            packet = mqtt_bytes.publish_packet(number % _PACKET_IDS + 1, topic, payload)
            weight = envelopes_claimed(payload)
            file.write(_LENGTH.pack(len(packet)) + _LENGTH.pack(weight) + packet)


def _read_messages(path: Path) -> deque[tuple[int, bytes]]:
    data = path.read_bytes()
    packets: deque[tuple[int, bytes]] = deque()
    at = 0
    while at < len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        (weight,) = _LENGTH.unpack_from(data, at + _LENGTH.size)
        at += 2 * _LENGTH.size
        packets.append((weight, data[at : at + length]))
        at += length
    return packets


class _Publisher:
    """One connection to the broker.

    Args:
        port: of a broker on 127.0.0.1.
        packets: what is sent, with its weight.
        window: transactions that may be unanswered at once.
    """

    def __init__(self, port: int, packets: deque[tuple[int, bytes]], window: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = mqtt_bytes.PacketReader()
        self._packets = packets
        self._window = window
        self._unsent = bytearray()
        self._sent = 0
        self._seen: set[tuple[str, int]] = set()
        self._counted = 0
        self.refused = 0
        self.answers = 0

    def open(self) -> None:
        """Connect, and listen to what every terminal would hear."""
        hello = mqtt_bytes.connect_packet("bench-terminals")
        self._socket.sendall(hello + mqtt_bytes.subscribe_packet(1, "mohr/v1/+/+/rx"))
        awaited = {mqtt_bytes.CONNACK, mqtt_bytes.SUBACK}
        while awaited:
            data = self._socket.recv(_READ_BYTES)
            if not data:
                raise LoadError("the broker closed the connection")
            awaited -= {packet.kind for packet in self._reader.feed(data)}
        self._socket.setblocking(False)

    def run(self, transactions: int) -> None:
        """Send everything, as the window allows, until every transaction is settled.

        Raises:
            LoadError: if the answers stop coming.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            while self.settled < transactions:
                self._fill()
                wants = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
                selector.modify(self._socket, wants)
                ready = selector.select(_SILENCE_MAX_S)
                if not ready:
                    raise LoadError(f"{self.settled} of {transactions} settled, then silence")
                events = ready[0][1]
                if events & selectors.EVENT_WRITE:
                    self._write()
                if events & selectors.EVENT_READ:
                    self._read()

    @property
    def settled(self) -> int:
        """Transactions whose outcome was heard of, or that the bare intake has counted."""
        return max(len(self._seen), self._counted)

    def close(self) -> None:
        """Leave."""
        self._socket.close()

    def _fill(self) -> None:
        """Put more packets in line, a few at a time, so that answers are read in between."""
        for _ in range(_CHUNK_PACKETS):
            if not self._packets or self._sent - self.settled >= self._window:
                return
            weight, packet = self._packets.popleft()
            self._unsent += packet
            self._sent += weight

    def _write(self) -> None:
        sent = self._socket.send(self._unsent)
        del self._unsent[:sent]

    def _read(self) -> None:
        data = self._socket.recv(_READ_BYTES)
        if not data:
            raise LoadError("the broker closed the connection")
        for packet in self._reader.feed(data):
            if packet.kind == mqtt_bytes.PUBLISH:
                packet_id, payload = mqtt_bytes.published(packet.body)
                self._unsent += mqtt_bytes.puback_packet(packet_id)
                self._hear(payload)

    def _hear(self, payload: bytes) -> None:
        if payload.isdigit():
            self._counted = int(payload)
            return
        envelope = parse_envelope(payload)
        if envelope.seal_type is not SealType.RECEIPT:
            return
        self.answers += 1
        receipt = decode_receipt(envelope.payload)
        for result in receipt.results:
            name = (receipt.terminal, result.seq)
            if name not in self._seen:
                self._seen.add(name)
                self.refused += result.status != "applied"


def main(arguments: list[str]) -> None:
    """Run one load and print what became of it."""
    port, path, transactions, window = arguments
    publisher = _Publisher(int(port), _read_messages(Path(path)), int(window))
    publisher.open()
    before = resource.getrusage(resource.RUSAGE_SELF)
    started_s = time.perf_counter()
    try:
        publisher.run(int(transactions))
    finally:
        publisher.close()
    seconds = time.perf_counter() - started_s
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    sent = Sent(
        seconds=seconds,
        settled=publisher.settled,
        refused=publisher.refused,
        answers=publisher.answers,
        cpu_s=cpu_s,
    )
    sys.stdout.write(json.dumps(asdict(sent)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
