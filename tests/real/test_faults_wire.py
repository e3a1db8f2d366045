"""A real broker carries what nobody should send: repetitions, forgeries, noise, oversized lumps."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.crypto.public_key import PublicKey
from gateway.ledger.kinds import JournalKind
from gateway.model.ids import TerminalId
from gateway.model.outcome import Reason, Status
from gateway.model.receipt import Receipt
from gateway.system_clock import SystemClock
from gateway.wire.batch import encode_batch
from mqtt.link import PAYLOAD_BYTES_MAX
from mqtt.topics import topic_auth, topic_rx, topic_tx
from simulators.process_setup import TERMINAL, ShopOptions, introduce
from simulators.process_shop import ProcessShop
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key
from simulators.wire_client import WireClient
from terminal_agent.gateway_messages import open_message
from terminal_agent.identity import load_gateway_identity

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(600)]

OpenShop = Callable[[ShopOptions], ProcessShop]
BARE = ShopOptions(reader=False, till=False, agent=False)
HONEST, STRANGER = TerminalId("till-9"), TerminalId("till-8")
REPETITIONS = 1_000


def box(name: TerminalId, seed: int) -> SealedTerminal:
    """A terminal that seals at the present time."""
    return SealedTerminal(name, randomness=random.Random(seed), now_ms=SystemClock().unix_ms())


def introduced(shop: ProcessShop, name: TerminalId, seed: int) -> SealedTerminal:
    """A terminal that the running gateway knows."""
    terminal = box(name, seed)
    file = shop.folder / f"{name}.json"
    file.write_text(terminal.registration.to_json(), encoding="utf-8")
    introduce(file, shop.gateway_dir)
    return terminal


def gateway_key(directory: Path) -> PublicKey:
    """The key that terminals are set up with."""
    return PublicKey.from_cose_key(load_gateway_identity(directory / "gateway.json").public_key)


def receipts(client: WireClient, shop: ProcessShop, terminal: TerminalId) -> list[Receipt]:
    """What the gateway has sealed for the terminal so far."""
    key = gateway_key(shop.gateway_dir)
    messages = [open_message(payload, key, terminal) for payload in client.payloads]
    return [message for message in messages if isinstance(message, Receipt)]


def wait_watermark(client: WireClient, shop: ProcessShop, terminal: TerminalId, seq: int) -> None:
    """Wait for a receipt that settles everything up to ``seq``."""
    shop.wait(
        lambda: any(one.watermark == seq for one in receipts(client, shop, terminal)),
        f"a receipt up to {seq}",
    )


def test_the_same_message_a_thousand_times_is_one_posting(open_shop: OpenShop) -> None:
    """One envelope, published a thousand times over a real broker, earns once."""
    shop = open_shop(BARE)
    terminal = introduced(shop, HONEST, 1)
    envelope = terminal.earn(card_evidence(1), sale_key(1), 2_500)
    with WireClient(shop.broker.port, HONEST, [topic_rx(HONEST)]) as client:
        client.publish(topic_tx(HONEST), *[envelope] * REPETITIONS)
        shop.wait(
            lambda: shop.stats().deliveries == REPETITIONS and shop.stats().waiting == 0,
            "every delivery",
        )
        wait_watermark(client, shop, HONEST, 1)
        results = {
            (result.seq, result.status, result.points, result.balance_points)
            for one in receipts(client, shop, HONEST)
            for result in one.results
        }
    stats = shop.stats()
    assert (stats.journalled, stats.quarantined) == (1, 0), stats
    # Debian's Mosquitto forgets the gateway's window, and the gateway has room for all the same.
    assert (stats.duplicates, stats.shed) == (REPETITIONS - 1, 0), stats
    # Whoever asks again is told the same again.
    assert {status for _, status, _, _ in results} <= {Status.APPLIED, Status.DUPLICATE}
    assert {(seq, points, balance) for seq, _, points, balance in results} == {(1, 25, 25)}
    assert [one.available for one in shop.ledger.balances()] == [25]
    assert shop.findings() == ()
    assert shop.gateway.running


def strange_messages(victim: SealedTerminal, seed: int) -> list[tuple[str, bytes, Reason]]:
    """What a stranger publishes, and what must be found wrong with it."""
    noise = random.Random(seed)
    unknown = box(STRANGER, 2)
    tx, auth = topic_tx(victim.name), topic_auth(victim.name)
    forged = bytearray(victim.earn(card_evidence(3), sale_key(77), 9_900))
    forged[-1] ^= 1
    # The victim never sends what was forged, so its own number is used for an honest sale.
    victim.seq -= 1
    impostor = box(victim.name, 3)
    return [
        (topic_tx(STRANGER), unknown.earn(card_evidence(1), sale_key(1), 100), Reason.UNKNOWN_KEY),
        (tx, impostor.earn(card_evidence(2), sale_key(2), 100), Reason.UNKNOWN_KEY),
        (auth, unknown.inquire(card_evidence(1)), Reason.UNKNOWN_KEY),
        (tx, bytes(forged), Reason.BAD_SEAL),
        (tx, unknown.inquire(card_evidence(1)), Reason.MALFORMED),
        (tx, encode_batch([b"\xd2 no envelope", b"\xd2 nor this"]), Reason.MALFORMED),
        (auth, b"", Reason.MALFORMED),
        (tx, noise.randbytes(300), Reason.MALFORMED),
        (tx, b"\xd2" + noise.randbytes(2_000), Reason.MALFORMED),
        (tx, b"\xa2" + noise.randbytes(2_000), Reason.MALFORMED),
        (tx, noise.randbytes(PAYLOAD_BYTES_MAX), Reason.MALFORMED),
        ("mohr/v1/00/no-such-shard/tx", noise.randbytes(40), Reason.MALFORMED),
    ]


def test_a_strangers_messages_are_quarantined_and_the_honest_terminal_goes_on(
    open_shop: OpenShop,
) -> None:
    """Unknown keys, broken seals, noise and a neighbour's topic: each is named and none counts."""
    shop = open_shop(BARE)
    honest = introduced(shop, HONEST, 1)
    neighbour = introduced(shop, TerminalId("till-7"), 4)
    previous = honest.previous_hash
    strange = strange_messages(honest, seed=11)
    honest.previous_hash = previous
    foreign = neighbour.earn(card_evidence(5), sale_key(5), 100)
    strange.append((topic_tx(HONEST), foreign, Reason.WRONG_TERMINAL))
    sales = [honest.earn(card_evidence(4), sale_key(100 + n), 1_000) for n in range(len(strange))]
    with (
        WireClient(shop.broker.port, "stranger") as stranger,
        WireClient(shop.broker.port, HONEST, [topic_rx(HONEST)]) as client,
    ):
        for (topic, payload, _), sale in zip(strange, sales, strict=True):
            stranger.publish(topic, payload)
            client.publish(topic_tx(HONEST), sale)
        wait_watermark(client, shop, HONEST, len(sales))
        rejections = [one for each in receipts(client, shop, HONEST) for one in each.rejections]
    # Two envelopes in the batch, and nothing else comes in two.
    wanted = sorted([reason for _, _, reason in strange] + [Reason.MALFORMED])
    found = shop.ledger.quarantine()
    assert sorted(row.reason for row in found for _ in range(row.times)) == wanted
    assert all(row.detail for row in found), "every row says what is wrong"
    assert rejections == [], "nobody is told of what an unauthenticated stranger did"
    rows = [row for row in shop.ledger.journal() if row.kind is JournalKind.TRANSACTION]
    assert {row.terminal for row in rows} == {HONEST}
    assert {row.status for row in rows} == {Status.APPLIED}
    assert [one.available for one in shop.ledger.balances()] == [10 * len(sales)]
    assert shop.findings() == ()
    # The neighbour's own envelope was not spoilt by whoever showed it around.
    with WireClient(shop.broker.port, "till-7", [topic_rx("till-7")]) as client:
        client.publish(topic_tx("till-7"), foreign)
        wait_watermark(client, shop, TerminalId("till-7"), 1)


def raw_publish(topic: str, payload: bytes) -> bytes:
    """One MQTT 3.1.1 PUBLISH packet at QoS 0, of whatever size."""
    name = topic.encode()
    body = len(name).to_bytes(2) + name + payload
    rest, length = len(body), b""
    while True:
        rest, digit = divmod(rest, 128)
        length += bytes((digit | (0x80 if rest else 0),))
        if not rest:
            return b"\x30" + length + body


def raw_connect(client_id: str) -> bytes:
    """One MQTT 3.1.1 CONNECT packet, clean session, no keepalive."""
    name = client_id.encode()
    body = b"\x00\x04MQTT\x04\x02\x00\x00" + len(name).to_bytes(2) + name
    return b"\x10" + bytes((len(body),)) + body


@pytest.mark.parametrize("bounded", [True, False])
def test_an_oversized_message_harms_nobody(open_shop: OpenShop, *, bounded: bool) -> None:
    """Our Mosquitto throws the stranger out; behind another broker the gateway ignores it."""
    without = () if bounded else ("max_packet_size",)
    shop = open_shop(ShopOptions(reader=False, till=False, agent=False, broker_without=without))
    honest = introduced(shop, HONEST, 1)
    topic = topic_tx(TERMINAL)
    with socket.create_connection(("127.0.0.1", shop.broker.port), timeout=20) as stranger:
        stranger.sendall(raw_connect("stranger"))
        assert stranger.recv(4)[:2] == b"\x20\x02"
        ended = False
        try:
            for size in (PAYLOAD_BYTES_MAX + 2_000, 3_000_000):
                stranger.sendall(raw_publish(topic, bytes(size)))
            stranger.sendall(b"\xc0\x00")
            ended = stranger.recv(2) == b""
        except ConnectionError:
            ended = True
    assert ended is bounded, "whether the broker threw the stranger out"
    with WireClient(shop.broker.port, HONEST, [topic_rx(HONEST)]) as client:
        client.publish(topic_tx(HONEST), honest.earn(card_evidence(4), sale_key(1), 1_000))
        wait_watermark(client, shop, HONEST, 1)
    assert shop.gateway.running
    assert "connection lost" not in shop.gateway.said()
    assert shop.findings() == ()
