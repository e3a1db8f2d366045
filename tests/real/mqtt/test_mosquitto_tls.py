"""The production path: a real Mosquitto with our configuration, our certificates and our rules."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.broker import app
from gateway.crypto.tls_certificates import CertificateRole, issue_certificate, make_authority
from gateway.system_clock import SystemClock
from mqtt.link import Delivered, LinkDown, LinkEvent, LinkUp, Published
from mqtt.mosquitto import GATEWAY_USER
from mqtt.paho_link import PahoLink
from mqtt.settings import GATEWAY_INFLIGHT_MAX, LinkSettings, MqttVersion, TlsSettings
from mqtt.topics import (
    gateway_subscriptions,
    terminal_subscriptions,
    topic_cfg,
    topic_rx,
    topic_state,
    topic_tx,
)
from simulators.mosquitto_process import MosquittoProcess, free_port, mosquitto_program

pytestmark = pytest.mark.real

PATIENCE_S = 30.0


def wait(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; fail where it never does."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, f"the condition was not met in {PATIENCE_S:g} s"
        time.sleep(0.005)


@dataclass
class Peer:
    link: PahoLink
    events: list[LinkEvent] = field(default_factory=list)

    def on_event(self, event: LinkEvent) -> None:
        if isinstance(event, Delivered):
            self.link.ack(event.token)
        self.events.append(event)

    @property
    def received(self) -> list[tuple[str, bytes]]:
        return [(e.topic, e.payload) for e in tuple(self.events) if isinstance(e, Delivered)]

    @property
    def reasons(self) -> list[str]:
        return [e.reason for e in tuple(self.events) if isinstance(e, LinkDown)]

    @property
    def ups(self) -> int:
        return sum(isinstance(e, LinkUp) for e in tuple(self.events))

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        message_id = self.link.publish(topic, payload, retain=retain)
        assert message_id is not None
        wait(lambda: Published(message_id=message_id) in self.events)


class Shop:
    """A broker with certificates for a gateway and the terminals ``till-a`` and ``till-b``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        cli = CliRunner()
        names = ["--terminal", "till-a", "--terminal", "till-b", "--host", "127.0.0.1"]
        made = cli.invoke(app, ["certs", "--out", str(folder), *names])
        assert made.exit_code == 0, made.output
        options = ["--terminals", "2", "--port", str(self.port), "--folder", str(folder)]
        written = cli.invoke(
            app,
            ["config", "--out", str(folder), *options, "--persistence", str(folder)],
        )
        assert written.exit_code == 0, written.output
        text = (folder / "mohr.conf").read_text(encoding="utf-8")
        self.broker = MosquittoProcess(text, port=self.port, folder=folder)
        self.links: list[PahoLink] = []

    def peer(
        self,
        files: str,
        client_id: str,
        *subscriptions: str,
        version: MqttVersion = MqttVersion.V5,
        tls: TlsSettings | None = None,
        host: str = "127.0.0.1",
    ) -> Peer:
        settings = LinkSettings(
            host=host,
            port=self.port,
            client_id=client_id,
            subscriptions=subscriptions,
            inflight_max=GATEWAY_INFLIGHT_MAX,
            receive_max=GATEWAY_INFLIGHT_MAX,
            reconnect_min_s=0.05,
            reconnect_max_s=0.2,
            version=version,
            tls=tls or self.tls(files),
        )
        peer = Peer(PahoLink(settings))
        self.links.append(peer.link)
        peer.link.start(peer.on_event)
        return peer

    def tls(self, files: str) -> TlsSettings:
        return TlsSettings(
            ca_file=self.folder / "ca.crt",
            certificate_file=self.folder / f"{files}.crt",
            key_file=self.folder / f"{files}.key",
        )

    def gateway(self) -> Peer:
        peer = self.peer("gateway", GATEWAY_USER, *gateway_subscriptions())
        wait(lambda: peer.ups == 1)
        return peer

    def till(self, name: str, version: MqttVersion = MqttVersion.V5) -> Peer:
        topics = terminal_subscriptions(name)
        peer = self.peer(f"terminal-{name}", name, *topics, version=version)
        wait(lambda: peer.ups == 1)
        return peer


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A running broker for two terminals."""
    # Without leave to skip, starting it fails and says what to install.
    if mosquitto_program() is None and os.environ.get("MOHR_ALLOW_SKIPS") == "1":
        pytest.skip("mosquitto is not installed")
    one = Shop(tmp_path)
    one.broker.start()
    yield one
    for link in one.links:
        link.stop()
    one.broker.stop()


def test_terminal_and_gateway_talk_over_mutual_tls(shop: Shop) -> None:
    """What a terminal sends reaches the gateway, answers come back, configuration is retained."""
    gateway, till = shop.gateway(), shop.till("till-a")
    till.publish(topic_tx("till-a"), b"sale")
    till.publish(topic_state("till-a"), b"{}", retain=True)
    wait(lambda: len(gateway.received) == 2)
    gateway.publish(topic_rx("till-a"), b"receipt")
    gateway.publish(topic_cfg("till-a"), b"programme", retain=True)
    wait(lambda: len(till.received) == 2)
    assert gateway.received == [(topic_tx("till-a"), b"sale"), (topic_state("till-a"), b"{}")]
    assert till.received == [(topic_rx("till-a"), b"receipt"), (topic_cfg("till-a"), b"programme")]


def test_terminal_cannot_publish_for_another(shop: Shop) -> None:
    """A message on a neighbour's topic is refused, the link says why, and nobody receives it."""
    gateway, till = shop.gateway(), shop.till("till-a")
    assert till.link.publish(topic_tx("till-b"), b"forged") is not None
    wait(lambda: bool(till.reasons))
    wait(lambda: till.ups == 2)
    till.publish(topic_tx("till-a"), b"honest")
    wait(lambda: bool(gateway.received))
    assert till.reasons[0] == (
        f"the broker refused a message on {topic_tx('till-b')}: Not authorized"
    )
    assert gateway.received == [(topic_tx("till-a"), b"honest")]


def test_terminal_cannot_publish_for_another_in_mqtt_311(shop: Shop) -> None:
    """MQTT 3.1.1 has no way to refuse, so the broker confirms the forgery and drops it."""
    gateway, till = shop.gateway(), shop.till("till-a", MqttVersion.V311)
    till.publish(topic_tx("till-b"), b"forged")
    till.publish(topic_tx("till-a"), b"honest")
    wait(lambda: bool(gateway.received))
    assert gateway.received == [(topic_tx("till-a"), b"honest")]


@pytest.mark.parametrize("leaf", ["rx", "cfg"])
def test_terminal_cannot_answer_in_the_gateways_place(shop: Shop, leaf: str) -> None:
    """Receipts and configuration come from the gateway alone, even on the terminal's own topic."""
    till = shop.till("till-a")
    topic = topic_rx("till-a") if leaf == "rx" else topic_cfg("till-a")
    assert till.link.publish(topic, b"forged") is not None
    wait(lambda: bool(till.reasons))
    assert "Not authorized" in till.reasons[0]
    assert till.received == []


def test_terminal_cannot_listen_to_another(shop: Shop) -> None:
    """A subscription to everything yields a terminal's own messages only."""
    gateway = shop.gateway()
    spy = shop.peer("terminal-till-a", "till-a", "#", "mohr/v1/+/till-b/rx")
    wait(lambda: spy.ups == 1)
    gateway.publish(topic_rx("till-b"), b"private")
    gateway.publish(topic_rx("till-a"), b"own")
    wait(lambda: bool(spy.received))
    assert spy.received == [(topic_rx("till-a"), b"own")]


def test_client_id_of_another_throws_nobody_out(shop: Shop) -> None:
    """The certificate's name replaces the client id, so taking a neighbour's id does no harm."""
    till = shop.till("till-a")
    intruder = shop.peer("terminal-till-b", "till-a", *terminal_subscriptions("till-b"))
    wait(lambda: intruder.ups == 1)
    till.publish(topic_tx("till-a"), b"still here")
    assert till.reasons == []
    assert intruder.reasons == []


def test_client_without_a_certificate_is_refused(shop: Shop) -> None:
    """Without a certificate of the authority there is no connection, and the reason says so."""
    peer = shop.peer("", "till-a", tls=TlsSettings(ca_file=shop.folder / "ca.crt"))
    wait(lambda: len(peer.reasons) >= 2)
    assert peer.ups == 0
    assert all("does the broker accept our certificate?" in reason for reason in peer.reasons)


def test_certificate_of_another_authority_is_refused(shop: Shop, tmp_path: Path) -> None:
    """A certificate with the right name from the wrong authority opens nothing."""
    now_ms = SystemClock().unix_ms()
    stranger = make_authority("Stranger", at_ms=now_ms)
    forged = issue_certificate(stranger, "till-a", CertificateRole.CLIENT, at_ms=now_ms)
    forged.save(tmp_path / "forged.crt", tmp_path / "forged.key")
    peer = shop.peer("forged", "till-a")
    wait(lambda: len(peer.reasons) >= 2)
    assert peer.ups == 0


def test_link_refuses_a_broker_of_another_authority(shop: Shop, tmp_path: Path) -> None:
    """A broker that our own authority did not certify is not spoken to."""
    now_ms = SystemClock().unix_ms()
    make_authority("Other", at_ms=now_ms).save(tmp_path / "other.crt", tmp_path / "other.key")
    peer = shop.peer("", "till-a", tls=TlsSettings(ca_file=tmp_path / "other.crt"))
    wait(lambda: bool(peer.reasons))
    assert peer.ups == 0
    assert "certificate verify failed" in peer.reasons[0].lower()


def test_link_refuses_a_broker_with_another_name(shop: Shop) -> None:
    """A certificate for the address 127.0.0.1 does not make the broker ``localhost``."""
    peer = shop.peer("terminal-till-a", "till-a", host="localhost")
    wait(lambda: bool(peer.reasons))
    assert peer.ups == 0
    assert "hostname mismatch" in peer.reasons[0].lower()


def test_gateway_gets_hundreds_of_unacknowledged_messages(shop: Shop) -> None:
    """Our configuration lifts Mosquitto's limit of 20 messages that wait for an answer."""
    settings = LinkSettings(
        host="127.0.0.1",
        port=shop.port,
        client_id=GATEWAY_USER,
        subscriptions=gateway_subscriptions(),
        receive_max=GATEWAY_INFLIGHT_MAX,
        tls=shop.tls("gateway"),
    )
    seen: list[LinkEvent] = []
    late = PahoLink(settings)
    shop.links.append(late)
    late.start(seen.append)
    wait(lambda: bool(seen))
    till = shop.till("till-a")
    for number in range(400):
        till.publish(topic_tx("till-a"), b"%d" % number)
    wait(lambda: sum(isinstance(event, Delivered) for event in seen) == 400)
