"""How the paho connection sets its socket."""

from __future__ import annotations

import socket
import time

import pytest

from mqtt.paho_link import PahoConnection
from mqtt.settings import LinkSettings, MqttVersion


@pytest.mark.enable_socket
def test_small_packets_leave_at_once() -> None:
    """Nagle's algorithm is off: an acknowledgement must not hold the message after it up."""
    with socket.create_server(("127.0.0.1", 0)) as broker:
        connection = PahoConnection(
            LinkSettings(host="127.0.0.1", port=broker.getsockname()[1], client_id="till-1"),
            version=MqttVersion.V5,
            generation=1,
            monotonic_s=time.monotonic,
        )
        connection.open()
        try:
            descriptor = connection.fileno
            assert descriptor is not None
            with socket.socket(fileno=socket.dup(descriptor)) as copy:
                assert copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        finally:
            connection.close()
