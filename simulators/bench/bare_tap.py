"""The bare cost of a visit: the same devices, disk, broker and cryptography, and no rules.

Of the card: connect, read the UID, let go. Of the sale: sign 450 bytes, append them to a table with
a sync, publish them over the broker's TLS to the far side, which verifies, appends with a sync,
signs, and publishes back. The links are the product's, because nothing else here speaks MQTT; the
far side is a thread of this process, so its share of the machine is the same as the near side's.
"""

from __future__ import annotations

import queue
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final, Self

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.readers.pcsc_calls import PcscContext
from mqtt.link import Delivered, Link, LinkEvent, LinkUp
from mqtt.mosquitto import GATEWAY_USER
from mqtt.paho_link import PahoLink
from mqtt.settings import LinkSettings, TlsSettings
from mqtt.topics import topic_rx, topic_tx
from simulators.card import UidCard
from simulators.command_process import PATIENCE_S, wait_until
from simulators.pcscd import PcscDaemon
from simulators.process_setup import LANE, TERMINAL
from simulators.vpcd import VpcdSlot

_NS_PER_MS: Final = 1e6
#: As long as a sealed sale is.
_SALE_BYTES: Final = 450
_SIGNATURE_BYTES: Final = 64
_GET_UID: Final = bytes.fromhex("ffca000000")


def bare_cards_ms(slot: VpcdSlot, count: int) -> list[float]:
    """Read one card's UID ``count`` times through PC/SC; milliseconds for each."""
    slot.insert(UidCard(bytes.fromhex("04a1b2c3")))
    reader = PcscDaemon.reader_name(LANE)
    context = PcscContext()

    def there() -> bool:
        return any(one.present for one in context.status_change({reader: 0}, 0) or ())

    try:
        wait_until(there, "the card to be seen")
        took_ms = [_read_uid_ms(reader) for _ in range(count)]
    finally:
        slot.remove()
        context.release()
    return took_ms


def _read_uid_ms(reader: str) -> float:
    began_ns = time.perf_counter_ns()
    context = PcscContext()
    card = context.connect(reader)
    card.begin()
    card.transmit(_GET_UID)
    card.disconnect()
    context.release()
    return (time.perf_counter_ns() - began_ns) / _NS_PER_MS


class BareSales:
    """Both ends of a bare exchange, over a shop's own broker while its programs are stopped.

    Use as a context manager.
    """

    def __init__(self, folder: Path, *, port: int, certificates: Path) -> None:
        """Make both ends; nothing connects yet.

        Args:
            folder: where the two tables go.
            port: the broker's.
            certificates: the folder in which ``mohr broker certs`` put them.
        """
        self._folder = folder
        self._near = _link(TERMINAL, f"terminal-{TERMINAL}", topic_rx(TERMINAL), port, certificates)
        self._far = _link(GATEWAY_USER, "gateway", topic_tx(TERMINAL), port, certificates)
        self._stack = ExitStack()
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._asked: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._signer = FileSigner.generate()
        self._key = PublicKey.from_cose_key(self._signer.public_key)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._near_table = stack.enter_context(_table(self._folder / "near.db"))
            self._far_table = stack.enter_context(_table(self._folder / "far.db"))
            for link, into in ((self._near, self._answers), (self._far, self._asked)):
                stack.callback(link.stop)
                _start(link, into)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def one_ms(self) -> float:
        """Let one sale go there and its answer come back; milliseconds."""
        body = bytes(_SALE_BYTES - _SIGNATURE_BYTES)
        began_ns = time.perf_counter_ns()
        sale = self._signer.sign(body) + body
        _append(self._near_table, sale)
        self._near.publish(topic_tx(TERMINAL), sale)
        self._answer()
        self._answers.get(timeout=PATIENCE_S)
        return (time.perf_counter_ns() - began_ns) / _NS_PER_MS

    def _answer(self) -> None:
        """Be the far side, in turn: while it works the near side waits anyway."""
        sale = self._asked.get(timeout=PATIENCE_S)
        body = sale[_SIGNATURE_BYTES:]
        self._key.verify(sale[:_SIGNATURE_BYTES], body)
        _append(self._far_table, sale)
        self._far.publish(topic_rx(TERMINAL), self._signer.sign(body) + body)


def _link(user: str, files: str, subscription: str, port: int, certificates: Path) -> Link:
    return PahoLink(
        LinkSettings(
            host="127.0.0.1",
            port=port,
            client_id=user,
            subscriptions=(subscription,),
            tls=TlsSettings(
                ca_file=certificates / "ca.crt",
                certificate_file=certificates / f"{files}.crt",
                key_file=certificates / f"{files}.key",
            ),
        )
    )


def _start(link: Link, into: queue.SimpleQueue[bytes]) -> None:
    up: list[LinkEvent] = []

    def take(event: LinkEvent) -> None:
        if isinstance(event, Delivered):
            link.ack(event.token)
            # A configuration that the broker kept for the terminal is no answer of ours.
            if not event.retained:
                into.put(event.payload)
        elif isinstance(event, LinkUp):
            up.append(event)

    link.start(take)
    wait_until(lambda: bool(up), "the bare link to be up")


@contextmanager
def _table(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.execute("CREATE TABLE sale (seq INTEGER PRIMARY KEY, envelope BLOB)")
        yield connection


def _append(table: sqlite3.Connection, sale: bytes) -> None:
    table.execute("INSERT INTO sale (envelope) VALUES (?)", (sale,))
