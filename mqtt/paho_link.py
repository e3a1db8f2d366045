"""A ``Link`` on paho-mqtt: the only module that imports it.

paho is used as a parser and a packet builder and nothing more. It keeps nothing on disk, waits
without jitter, resends what it remembers of an earlier connection, drops queued acknowledgements
when it reconnects, searches all that it holds on each PUBACK, ignores the broker's Receive
Maximum, and runs callbacks under its own locks. So one paho client serves exactly one connection,
one thread of ours owns it through paho's external-loop calls, and callbacks only take notes.
"""

from __future__ import annotations

import logging
import random
import socket
import time
from collections.abc import Callable
from typing import Final

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from mqtt.buffered_socket import BufferedSocket
from mqtt.connection import Connection
from mqtt.link import AckToken, Delivered, LinkUp, Published
from mqtt.ordering import AckOrder
from mqtt.reconnect import Attempt
from mqtt.reconnecting import ReconnectingLink
from mqtt.settings import PACKET_OVERHEAD_BYTES, LinkSettings, MqttVersion
from mqtt.tls_context import TlsContext, tls_context
from mqtt.topics import matches

_UNSUPPORTED_VERSION: Final = 0x84  # MQTT 5 section 3.2.2.2; paho maps 3.1.1's code 1 to it

_UNSPECIFIED: Final = 0x80

_RANDOM: Final = random.SystemRandom()
_log = structlog.get_logger("mqtt.paho")


class PahoLink(ReconnectingLink):
    """A link to a real broker. See ``ReconnectingLink`` for threads and failures."""

    def __init__(
        self,
        settings: LinkSettings,
        *,
        random_unit: Callable[[], float] = _RANDOM.random,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(settings, random_unit=random_unit, monotonic_s=monotonic_s)

    def _connection(self, version: MqttVersion, generation: int) -> Connection:
        return PahoConnection(
            self.settings, version=version, generation=generation, monotonic_s=self._monotonic_s
        )


class PahoConnection(Connection):
    """One connection through one paho client."""

    def __init__(
        self,
        settings: LinkSettings,
        *,
        version: MqttVersion,
        generation: int,
        monotonic_s: Callable[[], float],
    ) -> None:
        super().__init__(window=settings.inflight_max, publish_bytes_max=settings.payload_bytes_max)
        self._settings = settings
        self._v5 = version is MqttVersion.V5
        self._generation = generation
        self._monotonic_s = monotonic_s
        self._answer_by_s: float | None = None
        self._held: list[Delivered] = []
        self._up = False
        self._acks = AckOrder()
        self._published: dict[int, tuple[int, str]] = {}
        self._errors = _LastError()
        self._tls: TlsContext | None = None
        self._client = self._make_client()

    def _make_client(self) -> _BufferedClient:
        settings = self._settings
        client = _BufferedClient(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            clean_session=None if self._v5 else settings.clean,
            protocol=MQTTProtocolVersion.MQTTv5 if self._v5 else MQTTProtocolVersion.MQTTv311,
            # Also keeps paho from trying 3.1 by itself when 3.1.1 is refused.
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = settings.connack_timeout_s
        # 0 is "no limit": the window is the link's, and paho then skips its search per PUBACK.
        client.max_inflight_messages_set(0)
        if settings.will is not None:
            will = settings.will
            client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        client.enable_logger(self._errors)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        # With this callback paho never writes to the socket behind the back of our loop.
        client.on_socket_register_write = _leave_to_the_loop
        return client

    def open(self) -> None:
        """See ``Connection``."""
        settings = self._settings
        try:
            if settings.tls is not None:
                self._tls = tls_context(settings.tls)
                self._client.tls_set_context(self._tls)
            if self._v5:
                self._client.connect(
                    settings.host,
                    settings.port,
                    settings.keepalive_s,
                    clean_start=settings.clean,
                    properties=self._connect_properties(),
                )
            else:
                self._client.connect(settings.host, settings.port, settings.keepalive_s)
        except (OSError, ValueError) as error:
            # ssl.SSLError and socket.gaierror are OSErrors; a host that no name service could
            # even be asked for is a UnicodeError, which is a ValueError.
            self._end(f"cannot reach {settings.host}:{settings.port}: {error}")
            return
        # From here on, silence teaches us something about the version.
        self.attempt = Attempt.SILENT
        self._answer_by_s = self._monotonic_s() + settings.connack_timeout_s

    def _connect_properties(self) -> Properties:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._settings.session_expiry_s
        properties.ReceiveMaximum = self._settings.receive_max
        properties.MaximumPacketSize = self._settings.payload_bytes_max + PACKET_OVERHEAD_BYTES
        return properties

    @property
    def fileno(self) -> int | None:
        """See ``Connection``."""
        sock = self._client.buffered
        return None if sock is None else sock.fileno()

    @property
    def wants_write(self) -> bool:
        """See ``Connection``."""
        sock = self._client.buffered
        return self._client.want_write() or (sock is not None and sock.unsent > 0)

    def read(self) -> None:
        """See ``Connection``."""
        self._guard(self._client.loop_read)
        while self.ended is None and self._has_read_ahead():
            self._guard(self._client.loop_read)

    def _has_read_ahead(self) -> bool:
        sock = self._client.buffered
        return sock is not None and sock.pending() > 0

    def write(self) -> None:
        """See ``Connection``."""
        if self._client.want_write():
            self._guard(self._client.loop_write)
        sock = self._client.buffered
        if sock is None:
            return
        try:
            sock.flush()
        except OSError as error:
            self._lose(str(error))

    def tick(self) -> None:
        """See ``Connection``."""
        self._guard(self._client.loop_misc)
        if self._answer_by_s is not None and self._monotonic_s() >= self._answer_by_s:
            asked = "SUBSCRIBE" if self.attempt is Attempt.ACCEPTED else "CONNECT"
            self._end(f"no answer to {asked} within {self._settings.connack_timeout_s:g} s")

    def publish(self, message_id: int, topic: str, payload: bytes, *, retain: bool) -> None:
        """See ``Connection``."""
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._end(f"cannot publish: {info.rc.name}")
            return
        self._published[info.mid] = (message_id, topic)

    def ack(self, packet_id: int) -> None:
        """See ``Connection``."""
        for ready in self._acks.given(packet_id):
            self._client.ack(ready, 1)

    def say_goodbye(self) -> None:
        """See ``Connection``."""
        self._client.disconnect()

    def close(self) -> None:
        """See ``Connection``."""
        # Without a goodbye: whoever wanted one has said it, and otherwise the will shall speak.
        sock = self._client.buffered
        if sock is not None:
            sock.close()
        if self._tls is not None and self._tls.wrapped is not None:
            self._tls.wrapped.close()

    def _guard(self, call: Callable[[], MQTTErrorCode]) -> None:
        """Run a paho call; whatever a broker's bytes do to it ends this connection only."""
        try:
            call()
        except Exception as error:  # noqa: BLE001 - any parser fault must not end the link
            _log.warning("paho failed", error=type(error).__name__)
            self._end(f"the broker's bytes could not be handled: {type(error).__name__}")

    def _end(self, reason: str) -> None:
        if self.ended is None:
            self.ended = reason

    def _on_connect(
        self,
        _client: Client,
        _data: object,
        _flags: ConnectFlags,
        code: ReasonCode,
        props: Properties | None,
    ) -> None:
        if code.is_failure:
            refused_version = code.value == _UNSUPPORTED_VERSION
            self.attempt = Attempt.VERSION_REFUSED if refused_version else Attempt.OTHER
            self._end(f"the broker refused the connection: {code}")
            return
        self.attempt = Attempt.ACCEPTED
        self._answer_by_s = self._monotonic_s() + self._settings.connack_timeout_s
        if self._v5:
            self._take_limits(props)
        if self._settings.subscriptions:
            self._client.subscribe([(name, 1) for name in self._settings.subscriptions])
        else:
            self._come_up()

    def _take_limits(self, props: Properties | None) -> None:
        if getattr(props, "MaximumQoS", 1) < 1:
            self._end("the broker offers QoS 0 only, and nothing could be acknowledged")
        self.window = min(self.window, getattr(props, "ReceiveMaximum", self.window))
        packet_bytes_max = getattr(props, "MaximumPacketSize", None)
        if packet_bytes_max is not None:
            room = max(0, packet_bytes_max - PACKET_OVERHEAD_BYTES)
            self.publish_bytes_max = min(self.publish_bytes_max, room)

    def _on_subscribe(
        self,
        _client: Client,
        _data: object,
        _mid: int,
        codes: list[ReasonCode],
        _props: Properties | None,
    ) -> None:
        for name, code in zip(self._settings.subscriptions, codes, strict=False):
            if code.is_failure:
                self._end(f"the broker refused the subscription to {name}: {code}")
                return
        self._come_up()

    def _come_up(self) -> None:
        self._up = True
        self._answer_by_s = None
        # A kept session delivers before it confirms the subscriptions; LinkUp still comes first.
        self.events.append(LinkUp(generation=self._generation))
        self.events.extend(self._held)
        self._held.clear()

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        # QoS 0 carries no packet id, and packet ids start at 1: the link ignores a token with 0.
        packet_id = message.mid if message.qos else 0
        if packet_id and not self._acks.arrived(packet_id):
            _log.warning("the broker reused a packet id that is still unacknowledged")
            return
        if not self._wanted(message):
            self.ack(packet_id)
            return
        delivered = Delivered(
            topic=message.topic,
            payload=bytes(message.payload),
            token=AckToken(generation=self._generation, packet_id=packet_id),
            retained=message.retain,
        )
        (self.events if self._up else self._held).append(delivered)

    def _wanted(self, message: MQTTMessage) -> bool:
        """Say whether to hand a delivery over.

        amqtt hands every retained message it holds to every client that connects, and a kept
        session may hold subscriptions of an earlier version of us.
        """
        try:
            topic = message.topic
        except UnicodeDecodeError:
            _log.warning("dropped a delivery whose topic is not UTF-8")
            return False
        if not any(matches(name, topic) for name in self._settings.subscriptions):
            _log.debug("dropped a delivery that was not subscribed to", topic=topic)
            return False
        if len(message.payload) > self._settings.payload_bytes_max:
            _log.warning("dropped an oversized delivery", topic=topic, bytes=len(message.payload))
            return False
        return True

    def _on_publish(
        self, _client: Client, _data: object, mid: int, code: ReasonCode, _props: Properties | None
    ) -> None:
        message_id, topic = self._published.pop(mid)
        if code.is_failure:
            # The owner cannot repair an access rule or a quota; people can, and they see this.
            self._end(f"the broker refused a message on {topic}: {code}")
            return
        self.events.append(Published(message_id=message_id))

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        flags: DisconnectFlags,
        code: ReasonCode,
        _props: Properties | None,
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self._end(f"the broker ended the connection: {code}")
            return
        # paho says "unspecified" wherever the other side simply closed.
        detail = self._errors.text or (
            "closed by the other side" if code.value == _UNSPECIFIED else str(code)
        )
        self._lose(detail)

    def _lose(self, detail: str) -> None:
        """Note that the other side is gone, and what that most likely means."""
        if self.attempt is not Attempt.SILENT:
            self._end(f"connection lost: {detail}")
            return
        # In TLS 1.3 the broker looks at our certificate only after our side is done.
        advice = "; does the broker accept our certificate?" if self._tls is not None else ""
        self._end(f"no answer to CONNECT: {detail}{advice}")


class _BufferedClient(Client):
    """A paho client on a socket that gathers what it reads and writes."""

    @property
    def buffered(self) -> BufferedSocket | None:
        """Its socket while it has one."""
        sock = self.socket()
        return sock if isinstance(sock, BufferedSocket) else None

    def _create_socket(self) -> BufferedSocket:
        # paho asks of its sockets only what its protocol SocketLike names; its own wrapper for
        # websockets comes in by the same door.
        sock = super()._create_socket()
        assert isinstance(sock, socket.socket), "plain or TLS, never a websocket"
        # An acknowledgement and the message after it are two small packets. Nagle's algorithm
        # would hold the second until the broker's delayed TCP acknowledgement: 40 ms a sale.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return BufferedSocket(sock)


class _LastError(logging.Logger):
    """Keeps the last error that paho logged, which says more than its reason code does."""

    def __init__(self) -> None:
        super().__init__("mqtt.paho", logging.ERROR)
        self.text: str | None = None

    def handle(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()


def _leave_to_the_loop(_client: Client, _data: object, _sock: object) -> None:
    """Do nothing: the link's loop asks ``wants_write`` before each wait."""
