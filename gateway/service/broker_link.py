"""How a gateway connects to its broker: the settings file's words turned into the link's."""

from __future__ import annotations

from typing import Final

from gateway.config import BrokerSettings
from gateway.errors import ConfigError
from mqtt.settings import GATEWAY_INFLIGHT_MAX, LinkSettings, MqttVersion, TlsSettings
from mqtt.topics import gateway_subscriptions

#: How long the broker keeps what it owes a gateway that is away; terminals send again anyway.
SESSION_EXPIRY_S: Final = 86_400


def link_settings(broker: BrokerSettings, in_flight: int) -> LinkSettings:
    """Say how the gateway connects.

    Args:
        broker: what the settings file says.
        in_flight: deliveries that the broker may leave with us unacknowledged.

    Raises:
        ConfigError: if a certificate or its key stands without the authority's file.
        LinkError: naming any other setting that cannot work.
    """
    tls = None
    if broker.ca_file is not None:
        tls = TlsSettings(
            ca_file=broker.ca_file,
            certificate_file=broker.certificate_file,
            key_file=broker.key_file,
        )
    elif broker.certificate_file is not None or broker.key_file is not None:
        raise ConfigError("broker.ca_file is missing: without it TLS is off")
    return LinkSettings(
        host=broker.host,
        port=broker.port,
        client_id=broker.client_id,
        subscriptions=gateway_subscriptions(),
        clean=False,
        session_expiry_s=SESSION_EXPIRY_S,
        inflight_max=GATEWAY_INFLIGHT_MAX,
        receive_max=in_flight,
        # The embedded broker speaks nothing newer, and asking it first would cost seconds.
        version=MqttVersion.V311 if broker.embedded else broker.mqtt,
        tls=tls,
    )
