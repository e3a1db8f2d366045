"""The texts for Mosquitto: complete, safe by default, and nothing that 2.0.11 does not know."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from mqtt.link import LinkError
from mqtt.mosquitto import (
    BrokerTls,
    MosquittoSettings,
    access_rules,
    mosquitto_configuration,
    queued_messages_max,
)

TLS = BrokerTls(
    ca_file=PurePosixPath("/m/ca.crt"),
    certificate_file=PurePosixPath("/m/broker.crt"),
    key_file=PurePosixPath("/m/broker.key"),
    crl_file=PurePosixPath("/m/revoked.crl"),
)

#: Read in the manual page of Debian 12's mosquitto 2.0.11.
KNOWN_TO_2_0_11 = {
    "acl_file",
    "allow_anonymous",
    "autosave_interval",
    "cafile",
    "certfile",
    "connection_messages",
    "crlfile",
    "keyfile",
    "listener",
    "log_dest",
    "max_inflight_messages",
    "max_packet_size",
    "max_queued_messages",
    "persistence",
    "persistence_location",
    "persistent_client_expiration",
    "require_certificate",
    "set_tcp_nodelay",
    "use_identity_as_username",
    "use_username_as_clientid",
}


def options(text: str) -> dict[str, str]:
    """Read a configuration; an option that is there twice fails, as it does in Mosquitto."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition(" ")
            assert name not in found, f"{name} is there twice"
            found[name] = value
    return found


def test_production_asks_for_certificates_and_rules() -> None:
    """Mutual TLS, the certificate's name as user and client id, and the rules by file."""
    settings = MosquittoSettings(terminals=3, folder=PurePosixPath("/m"), tls=TLS)
    found = options(mosquitto_configuration(settings).configuration)
    assert found["listener"] == "8883"
    assert found["require_certificate"] == "true"
    assert found["use_identity_as_username"] == "true"
    assert found["use_username_as_clientid"] == "true"
    assert found["allow_anonymous"] == "false"
    assert found["acl_file"] == "/m/mohr.acl"
    assert found["cafile"] == "/m/ca.crt"
    assert found["crlfile"] == "/m/revoked.crl"


@pytest.mark.parametrize("terminals", [1, 100, 5_000, 100_000])
def test_limits_leave_room_for_every_terminal(terminals: int) -> None:
    """The window is at least 512, and the queue above what all terminals can have in flight."""
    settings = MosquittoSettings(terminals=terminals, tls=TLS)
    found = options(mosquitto_configuration(settings).configuration)
    assert int(found["max_inflight_messages"]) >= 512
    assert int(found["max_queued_messages"]) > 20 * terminals
    assert int(found["max_queued_messages"]) == queued_messages_max(terminals)
    assert int(found["max_packet_size"]) > 256 * 1024


@pytest.mark.parametrize("persistence", [None, PurePosixPath("/var/lib/m")])
@pytest.mark.parametrize("tls", [None, TLS])
def test_every_option_is_known_to_mosquitto_2_0_11(
    tls: BrokerTls | None, persistence: PurePosixPath | None
) -> None:
    """No text holds an option that Debian 12's broker would stop at."""
    settings = MosquittoSettings(
        terminals=3,
        bind_address="127.0.0.1",
        tls=tls,
        persistence_folder=persistence,
        log_to_stderr=True,
    )
    found = options(mosquitto_configuration(settings).configuration)
    assert set(found) <= KNOWN_TO_2_0_11
    assert found["listener"] == "8883 127.0.0.1"
    assert found.get("persistence_location") == (None if persistence is None else "/var/lib/m/")


def test_what_debian_sets_itself_is_left_out() -> None:
    """Used beside Debian's own file, nothing is said twice: Mosquitto would not start."""
    found = options(mosquitto_configuration(MosquittoSettings(terminals=3, tls=TLS)).configuration)
    assert not {"pid_file", "persistence", "persistence_location", "log_dest"} & set(found)


def test_rules_give_each_side_its_own_direction() -> None:
    """The gateway reads what terminals say and writes what they hear; a terminal the reverse."""
    rules = [line for line in access_rules().splitlines() if line and not line.startswith("#")]
    assert rules == [
        "user mohr.gateway",
        "topic read mohr/v1/+/+/tx",
        "topic read mohr/v1/+/+/auth",
        "topic read mohr/v1/+/+/state",
        "topic write mohr/v1/+/+/rx",
        "topic write mohr/v1/+/+/cfg",
        "pattern write mohr/v1/+/%u/tx",
        "pattern write mohr/v1/+/%u/auth",
        "pattern write mohr/v1/+/%u/state",
        "pattern read mohr/v1/+/%u/rx",
        "pattern read mohr/v1/+/%u/cfg",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"terminals": 0},
        {"port": 70_000},
        {"tls": None},
        {"tls": None, "bind_address": "0.0.0.0"},  # noqa: S104 - must be refused
        {"folder": PurePosixPath("/m\nallow_anonymous true")},
        {"bind_address": "::1\nuser root"},
    ],
)
def test_settings_that_would_open_a_hole_are_refused(wrong: dict[str, Any]) -> None:
    """No open listener beyond loopback, and no line smuggled in through a path."""
    right: dict[str, Any] = {"terminals": 3, "tls": TLS}
    MosquittoSettings(**right)
    with pytest.raises(LinkError):
        MosquittoSettings(**{**right, **wrong})
