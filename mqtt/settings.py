"""What a link needs to know: where the broker is, who we are, and how patient to be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from mqtt.link import PAYLOAD_BYTES_MAX, LinkError, Will

TERMINAL_INFLIGHT_MAX: Final = 20
GATEWAY_INFLIGHT_MAX: Final = 512

#: Room for the fixed header, a topic of ours, a packet id and a few MQTT 5 properties.
PACKET_OVERHEAD_BYTES: Final = 1024

_U16_MAX: Final = 65_535
_U32_MAX: Final = 2**32 - 1


class MqttVersion(StrEnum):
    """Which MQTT to speak."""

    AUTO = "auto"
    """MQTT 5, and 3.1.1 with a broker that refuses it or says nothing."""
    V5 = "5"
    V311 = "3.1.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """Mutual TLS: whom we trust and what we show.

    Attributes:
        ca_file: PEM of the authority that issued the broker's certificate. Nothing else is
            trusted: the system's public authorities have no business in a private network.
        certificate_file: PEM of our own certificate; its common name is our MQTT user name.
        key_file: PEM of the key that belongs to it, without a passphrase.
    """

    ca_file: Path
    certificate_file: Path | None = None
    key_file: Path | None = None

    def __post_init__(self) -> None:
        if (self.certificate_file is None) != (self.key_file is None):
            raise LinkError("a client certificate and its key must be given together")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """One session with one broker.

    Attributes:
        host: the broker's name; with TLS it must be in the broker's certificate.
        port: TCP port.
        client_id: fixed for the life of a terminal. Two links with one id throw each other out.
        subscriptions: topic filters, subscribed at QoS 1 on every connect.
        will: published by the broker when we vanish.
        clean: start each connection with an empty session (terminals). A gateway keeps its
            session, so that what it had not acknowledged comes again.
        session_expiry_s: how long the broker keeps the session of a link that is not clean
            (MQTT 5; a 3.1.1 broker has its own setting).
        keepalive_s: a dead peer is noticed after about one and a half of these.
        inflight_max: published messages that may wait for the broker at once.
        receive_max: deliveries the broker may have unacknowledged with us (MQTT 5 only).
        payload_bytes_max: larger payloads are refused going out and dropped coming in.
        reconnect_min_s: least wait before connecting again.
        reconnect_max_s: the wait grows no further than this.
        stable_after_s: a connection that lived this long resets the wait.
        connack_timeout_s: a broker that has not answered CONNECT by then will not.
        version: leave at AUTO unless the broker is known to speak 3.1.1 only; then naming it
            saves one ``connack_timeout_s`` at every start.
        version_retry_s: how long to stay with 3.1.1 before trying MQTT 5 again.
        tls: None for plain TCP, which belongs on a loopback address only.

    Raises:
        LinkError: naming the setting that cannot work.
    """

    host: str
    port: int
    client_id: str
    subscriptions: tuple[str, ...] = ()
    will: Will | None = None
    clean: bool = True
    session_expiry_s: int = 0
    keepalive_s: int = 60
    inflight_max: int = TERMINAL_INFLIGHT_MAX
    receive_max: int = TERMINAL_INFLIGHT_MAX
    payload_bytes_max: int = PAYLOAD_BYTES_MAX
    reconnect_min_s: float = 1.0
    reconnect_max_s: float = 120.0
    stable_after_s: float = 30.0
    connack_timeout_s: float = 5.0
    version: MqttVersion = MqttVersion.AUTO
    version_retry_s: float = 3600.0
    tls: TlsSettings | None = None

    def __post_init__(self) -> None:
        if not self.host or not 1 <= self.port <= _U16_MAX:
            raise LinkError("a broker needs a host and a port in [1, 65535]")
        if not self.client_id:
            raise LinkError("a link needs a fixed client id: an empty one is new at each connect")
        if not 0 < self.reconnect_min_s <= self.reconnect_max_s:
            raise LinkError("reconnect_min_s must be above 0 and not above reconnect_max_s")
        self._check_numbers()
        for topic_filter in self.subscriptions:
            check_filter(topic_filter)
        if self.will is not None:
            check_topic(self.will.topic)
            check_payload(self.will.payload, min(self.payload_bytes_max, _U16_MAX))

    def _check_numbers(self) -> None:
        if not 0 <= self.session_expiry_s <= (0 if self.clean else _U32_MAX):
            raise LinkError("session_expiry_s must be in [0, 2**32 - 1], and 0 for a clean session")
        if not 1 <= self.keepalive_s <= _U16_MAX:
            raise LinkError("keepalive_s must be in [1, 65535]: without it a dead peer stays")
        if not (1 <= self.inflight_max <= _U16_MAX and 1 <= self.receive_max <= _U16_MAX):
            raise LinkError("inflight_max and receive_max must be in [1, 65535]")


def check_topic(name: str) -> None:
    """Refuse what cannot be published to (MQTT 5 section 4.7.3).

    Raises:
        LinkError: for an empty or too long name, wildcards, NUL and lone surrogates.
    """
    _check_text(name)
    if "+" in name or "#" in name:
        raise LinkError(f"topic {name!r} holds a wildcard")


def check_filter(topic_filter: str) -> None:
    """Refuse what cannot be subscribed to (MQTT 5 section 4.7.1).

    Raises:
        LinkError: if a wildcard shares its level, or ``#`` is not last.
    """
    _check_text(topic_filter)
    levels = topic_filter.split("/")
    for index, level in enumerate(levels):
        if level == "#" and index == len(levels) - 1:
            continue
        if "#" in level or ("+" in level and level != "+"):
            raise LinkError(f"filter {topic_filter!r} has a wildcard where MQTT allows none")


def check_payload(payload: bytes, bytes_max: int) -> None:
    """Refuse a payload above the bound.

    Raises:
        LinkError: naming both sizes.
    """
    if len(payload) > bytes_max:
        raise LinkError(f"a payload of {len(payload)} bytes is above the bound of {bytes_max}")


def _check_text(text: str) -> None:
    try:
        encoded = text.encode()
    except UnicodeEncodeError as error:
        raise LinkError("a topic must be valid Unicode") from error
    if not 1 <= len(encoded) <= _U16_MAX or "\0" in text:
        raise LinkError("a topic must be 1 to 65535 bytes of UTF-8 without NUL")
