"""The running gateway: threads, back-pressure, a full disk, a clean stop, and its local socket."""

from __future__ import annotations

import json
import os
import random
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.config import GatewaySettings, LimitSettings
from gateway.config_programme import default_programme
from gateway.crypto.public_key import PublicKey
from gateway.crypto.registration import GatewayIdentity
from gateway.crypto.seal import SealType, parse_envelope, verify_envelope
from gateway.errors import ConfigError, MohrError
from gateway.ledger.queries import LedgerReader
from gateway.model.ids import TerminalId
from gateway.notifier import NoticeKind
from gateway.office.commands import AddTerminal, GetStats, ListTerminals, Reply
from gateway.service.admin_socket import AdminSocket, ask
from gateway.service.assembly import RunningGateway
from gateway.service.data_dir import DataDir, DataLock
from gateway.service.runner import GatewayService
from gateway.service.set_up import NewGateway, set_up
from gateway.system_clock import SystemClock
from gateway.wire.batch import encode_batch
from gateway.wire.receipt import decode_receipt
from mqtt.link import LinkDown, LinkError, LinkUp
from mqtt.topics import topic_cfg, topic_rx, topic_tx
from simulators.direct_link import DirectLink, Sent
from simulators.notifier import RecordingNotifier
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

NEW = NewGateway(
    name="فروشگاه مهر",
    identity="gateway",
    programme=default_programme("EUR"),
    host="127.0.0.1",
    port=1883,
)


class Shop:
    """A running gateway in a folder of its own, on a link without a broker."""

    def __init__(self, folder: Path, **limits: int) -> None:
        self.data_dir = DataDir(folder / "gateway")
        self.identity = set_up(self.data_dir, NEW)
        self.link = DirectLink()
        self.notifier = RecordingNotifier()
        self.running = RunningGateway(
            self.data_dir,
            GatewaySettings(limits=LimitSettings(**limits)),
            self.link,
            SystemClock(),
            self.notifier,
        )
        assert self.service.wait_up(20)

    @property
    def service(self) -> GatewayService:
        """The running service."""
        return self.running.service

    def add(self, name: str) -> SealedTerminal:
        """Register a terminal."""
        box = SealedTerminal(TerminalId(name), now_ms=SystemClock().unix_ms())
        command = AddTerminal(registration=box.registration.to_json(), branch="north")
        assert self.service.administer(command).ok
        return box

    def receipts(self, name: str) -> list[Sent]:
        """What was sent to a terminal so far."""
        return [one for one in self.link.sent if one.topic == topic_rx(name)]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A running gateway, stopped afterwards with no thread left."""
    before = threading.active_count()
    made = Shop(tmp_path)
    with made.running:
        yield made
    assert threading.active_count() == before


def earn(box: SealedTerminal, number: int) -> bytes:
    """Seal the terminal's next earn."""
    return box.earn(card_evidence(number % 5), sale_key(number), 100 * number)


def test_everything_is_acknowledged_in_order_and_before_its_receipt(shop: Shop) -> None:
    """Hundreds of deliveries of three terminals are acknowledged in order, receipts after them."""
    boxes = [shop.add(f"till-{number}") for number in range(3)]
    tokens = []
    for number in range(300):
        box = boxes[number % 3]
        tokens.append(shop.link.deliver(topic_tx(box.name), earn(box, number)))
    assert shop.link.wait_for(lambda: len(shop.link.acks) == 300)
    assert shop.link.acks == tokens
    assert shop.link.wait_for(lambda: _settled(shop, boxes))
    acked = 0
    watermarks = dict.fromkeys((box.name for box in boxes), 0)
    for one in tuple(shop.link.log):
        if not isinstance(one, Sent):
            acked += 1
        elif one.topic.endswith("/rx"):
            receipt = decode_receipt(parse_envelope(one.payload).payload)
            watermarks[receipt.terminal] = receipt.watermark
            assert sum(watermarks.values()) <= acked
    with LedgerReader(shop.data_dir.ledger).batch() as batch:
        assert len(batch.journal(0, 1_000)) == 300


def _settled(shop: Shop, boxes: list[SealedTerminal]) -> bool:
    marks = [
        max(
            decode_receipt(parse_envelope(one.payload).payload).watermark
            for one in shop.receipts(box.name)
        )
        for box in boxes
        if shop.receipts(box.name)
    ]
    return marks == [100, 100, 100]


def test_receipts_carry_the_gateways_seal(shop: Shop) -> None:
    """What goes out verifies with the key in gateway.json, which terminals were given."""
    box = shop.add("till-1")
    shop.link.deliver(topic_tx("till-1"), encode_batch([earn(box, n) for n in range(1, 40)]))
    assert shop.link.wait_for(lambda: bool(shop.receipts("till-1")))
    identity = GatewayIdentity.from_json(shop.data_dir.identity.read_text())
    envelope = parse_envelope(shop.receipts("till-1")[0].payload)
    verify_envelope(envelope, PublicKey.from_cose_key(identity.public_key))
    assert envelope.seal_type is SealType.RECEIPT
    assert decode_receipt(envelope.payload).watermark == 39


def test_every_connection_gets_the_configurations(shop: Shop) -> None:
    """After a reconnect a broker without memory is told every configuration again."""
    shop.add("till-1")
    told = [one for one in shop.link.sent if one.topic == topic_cfg("till-1")]
    shop.link.emit(LinkDown(reason="test"))
    shop.link.emit(LinkUp(generation=2))
    wanted = len(told) + 1
    assert shop.link.wait_for(
        lambda: sum(one.topic == topic_cfg("till-1") for one in shop.link.sent) == wanted
    )
    again = [one for one in shop.link.sent if one.topic == topic_cfg("till-1")][-1]
    assert again == told[-1]
    assert again.retain


def test_full_disk_holds_everything_back_until_there_is_space(tmp_path: Path) -> None:
    """While nothing can be committed nothing is acknowledged; with space it goes on by itself."""
    shop = Shop(tmp_path)
    with shop.running:
        box = shop.add("till-1")
        _limit_pages(shop, None)
        payloads = [earn(box, number) for number in range(1, 400)]
        tokens = [
            shop.link.deliver(topic_tx("till-1"), encode_batch(payloads[at : at + 50]))
            for at in range(0, len(payloads), 50)
        ]
        full = threading.Event()
        while not full.wait(0.01):
            if shop.notifier.notices:
                full.set()
        stats = shop.service.administer(GetStats()).stats
        assert stats is not None
        assert stats.store_full
        assert len(shop.link.acks) < len(tokens)
        _limit_pages(shop, 1_000_000)
        assert shop.link.wait_for(lambda: len(shop.link.acks) == len(tokens))
        assert shop.link.acks == tokens
        kinds = [one.kind for one in shop.notifier.notices]
        assert kinds == [NoticeKind.STORE_FULL, NoticeKind.STORE_BACK]
    with LedgerReader(shop.data_dir.ledger).batch() as batch:
        assert len(batch.journal(0, 1_000)) == 399


def _limit_pages(shop: Shop, pages: int | None) -> None:
    """Make the real database full, or give it space, on the writer's own thread."""

    def limit() -> None:
        connection = shop.service._core._store._open_connection()  # type: ignore[attr-defined]
        now = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages or now}")
        connection.rollback()

    shop.service._lane.call(limit).result(20)


def test_a_flood_is_shed_in_order(tmp_path: Path) -> None:
    """A broker that ignores our window costs no memory, and the shed transactions come again."""
    shop = Shop(tmp_path, backlog_deliveries=4)
    with shop.running:
        box = shop.add("till-1")
        payloads = [earn(box, number) for number in range(1, 41)]
        gate = threading.Event()
        shop.service._lane.call(lambda: gate.wait(20))
        tokens = [shop.link.deliver(topic_tx("till-1"), payload) for payload in payloads]
        gate.set()
        assert shop.link.wait_for(lambda: len(shop.link.acks) == 40)
        assert shop.link.acks == tokens
        stats = shop.service.administer(GetStats()).stats
        assert stats is not None
        assert stats.shed >= 36
        assert stats.journalled == 40 - stats.shed
        # The terminal has no receipt for the rest, so it sends again.
        for at in range(0, 40, 4):
            shop.link.deliver(topic_tx("till-1"), encode_batch(payloads[at : at + 4]))
            assert shop.link.wait_for(lambda wanted=41 + at // 4: len(shop.link.acks) == wanted)  # type: ignore[misc]
    with LedgerReader(shop.data_dir.ledger).batch() as batch:
        assert [row.seq for row in batch.journal(0, 100)] == list(range(1, 41))


def test_stopping_leaves_the_rest_with_the_broker(tmp_path: Path) -> None:
    """A stop finishes the batch in hand; what was not acknowledged was not applied either."""
    shop = Shop(tmp_path)
    box = shop.add("till-1")
    with shop.running:
        for number in range(1, 301):
            shop.link.deliver(topic_tx("till-1"), earn(box, number))
    with LedgerReader(shop.data_dir.ledger).batch() as batch:
        assert len(batch.journal(0, 1_000)) == len(shop.link.acks)
    assert shop.service.wait_ended(0)
    shop.service.stop()
    with pytest.raises(ConfigError, match="stopping"):
        shop.service.administer(GetStats())


def test_a_broken_store_ends_the_service_with_its_fault(tmp_path: Path) -> None:
    """A store that fails for good stops the gateway, tells somebody, and acknowledges nothing."""
    shop = Shop(tmp_path)
    with shop.running:
        box = shop.add("till-1")
        shop.notifier.broken = True
        shop.service._lane.call(shop.service._core._store.close).result(20)
        shop.link.deliver(topic_tx("till-1"), earn(box, 1))
        with pytest.raises(MohrError, match="closed"):
            shop.service.wait_ended(20)
        assert shop.link.acks == []


def test_random_bytes_do_no_harm(shop: Shop) -> None:
    """A thousand random messages are acknowledged, and the next real one is receipted."""
    box = shop.add("till-1")
    source = random.Random(5)
    for _ in range(300):
        shop.link.deliver(topic_tx("till-1"), source.randbytes(source.randrange(400)))
        assert shop.link.wait_for(lambda: shop.service._lane.waiting < 500)
    shop.link.deliver(topic_tx("till-1"), earn(box, 1))
    assert shop.link.wait_for(lambda: len(shop.link.acks) == 301)
    assert shop.link.wait_for(lambda: bool(shop.receipts("till-1")))


# -- the local socket -----------------------------------------------------------------------------


def test_the_command_line_reaches_the_writer(shop: Shop) -> None:
    """A command over the socket is executed by the running gateway and answered."""
    box = SealedTerminal(TerminalId("till-9"))
    command = AddTerminal(registration=box.registration.to_json(), branch="south")
    reply = ask(shop.data_dir.socket, command)
    assert reply is not None
    assert reply.ok
    listed = ask(shop.data_dir.socket, ListTerminals())
    assert listed is not None
    assert [(one.terminal, one.branch) for one in listed.terminals] == [("till-9", "south")]


def test_the_socket_and_the_secrets_are_the_owners_alone(shop: Shop) -> None:
    """Nobody but the owner may speak to the gateway or read its keys."""
    data_dir = shop.data_dir
    assert stat.S_IMODE(data_dir.path.stat().st_mode) == 0o700
    for path in (data_dir.socket, data_dir.signing_key, data_dir.card_key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "line", [b"rubbish\n", b"{}\n", b'{"kind": "format-disk"}\n', b"[" * 5_000 + b"\n"]
)
def test_nonsense_on_the_socket_is_answered(shop: Shop, line: bytes) -> None:
    """What is no command gets a reply that says so, and the socket goes on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(shop.data_dir.socket))
        connection.sendall(line)
        reply = json.loads(connection.makefile().readline())
    assert reply["ok"] is False
    assert ask(shop.data_dir.socket, GetStats()) is not None


def test_a_peer_that_says_nothing_does_not_block_the_stop(shop: Shop) -> None:
    """A connection that closes without a word is forgotten."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(shop.data_dir.socket))
    assert ask(shop.data_dir.socket, GetStats()) is not None


def test_refusals_cross_the_socket(shop: Shop) -> None:
    """What the writer refuses is told in the reply and not raised there."""
    reply = ask(shop.data_dir.socket, AddTerminal(registration="{}", branch="north"))
    assert reply is not None
    assert not reply.ok
    assert "terminal file" in reply.text


def test_deep_directories_have_sockets_too(tmp_path: Path) -> None:
    """A path longer than a socket's address may be works, on both ends."""
    folder = tmp_path.joinpath(*["a-rather-long-folder-name"] * 8)
    folder.mkdir(parents=True)
    path = folder / "admin.sock"
    assert len(os.fsencode(path)) > 108
    server = AdminSocket(path, lambda command: Reply(ok=True, text=command.kind))
    assert ask(path, GetStats()) == Reply(ok=True, text="get-stats")
    server.stop()
    assert not path.exists()
    assert ask(path, GetStats()) is None


def test_one_process_at_a_time(shop: Shop) -> None:
    """While the gateway runs nobody else can take the directory's lock."""
    with pytest.raises(ConfigError, match="another mohr process"):
        DataLock(shop.data_dir)


def test_a_gateway_does_not_outlive_its_link(tmp_path: Path) -> None:
    """When the link's own thread has died, the gateway ends with that fault, not deaf."""
    shop = Shop(tmp_path)
    with shop.running:
        shop.link.ended = True
        with pytest.raises(LinkError, match="ended by a fault"):
            shop.service.wait_ended(20)
