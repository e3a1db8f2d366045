"""Configuration for Mosquitto, as text. Pure: writing it anywhere is the command line's business.

Every option here is in Mosquitto 2.0.11, which Debian 12 ships, and still accepted by 2.1. What
differs from Mosquitto's defaults, and why, is said in the files themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from mqtt.link import PAYLOAD_BYTES_MAX, LinkError
from mqtt.settings import GATEWAY_INFLIGHT_MAX, PACKET_OVERHEAD_BYTES, TERMINAL_INFLIGHT_MAX
from mqtt.topics import FROM_TERMINAL, ROOT, TO_TERMINAL

GATEWAY_USER: Final = "mohr.gateway"
"""The gateway's common name. The dot keeps it apart from every terminal's machine name."""

CONFIGURATION_FILE: Final = "mohr.conf"
ACL_FILE: Final = "mohr.acl"

DEFAULT_FOLDER: Final = PurePosixPath("/etc/mosquitto/mohr")

_QUEUED_MIN: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerTls:
    """Mutual TLS files as the broker finds them.

    Attributes:
        ca_file: the authority that issued every client's certificate, PEM.
        certificate_file: the broker's own certificate, PEM.
        key_file: the key that belongs to it, PEM, readable by the broker's user.
        crl_file: certificates that are no longer good, PEM; None where none was revoked.
    """

    ca_file: PurePosixPath
    certificate_file: PurePosixPath
    key_file: PurePosixPath
    crl_file: PurePosixPath | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MosquittoSettings:
    """What the configuration depends on.

    Attributes:
        terminals: how many terminals there will be; sizes the queue towards the gateway.
        port: where to listen.
        bind_address: an address to listen on; None for all of them.
        folder: where the files of this configuration will lie on the broker's machine.
        tls: None for a plain listener without users, which must be on a loopback address.
        persistence_folder: where the broker keeps what it holds across a restart; None where the
            file that includes this one says so already, as Debian's does.
        log_to_stderr: log there, for a broker that is started by hand.

    Raises:
        LinkError: naming the setting that cannot be used.
    """

    terminals: int
    port: int = 8883
    bind_address: str | None = None
    folder: PurePosixPath = DEFAULT_FOLDER
    tls: BrokerTls | None
    persistence_folder: PurePosixPath | None = None
    log_to_stderr: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.terminals <= 1_000_000:
            raise LinkError("terminals must be in [1, 1000000]")
        if not 1 <= self.port <= 65_535:
            raise LinkError("port must be in [1, 65535]")
        if self.tls is None and self.bind_address not in ("127.0.0.1", "::1"):
            raise LinkError("a listener without TLS must be bound to a loopback address")
        texts = [self.bind_address or "", str(self.folder), str(self.persistence_folder)]
        if self.tls is not None:
            texts += [str(self.tls.ca_file), str(self.tls.certificate_file)]
            texts += [str(self.tls.key_file), str(self.tls.crl_file)]
        if any(ord(character) < 0x20 for text in texts for character in text):
            raise LinkError("paths and addresses must not hold control characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class MosquittoFiles:
    """The finished texts.

    Attributes:
        configuration: the content of ``mohr.conf``.
        acl: the content of ``mohr.acl``; None where there are no users to tell apart.
    """

    configuration: str
    acl: str | None


def mosquitto_configuration(settings: MosquittoSettings) -> MosquittoFiles:
    """Write the configuration and the access rules."""
    listener = _plain_listener(settings) if settings.tls is None else _tls_listener(settings)
    lines = [
        "# Mosquitto for Mohr, written by `mohr broker config`.",
        "",
        *listener,
        "",
        *_limits(settings.terminals),
        "",
        *_keeping(settings),
    ]
    acl = None if settings.tls is None else access_rules()
    return MosquittoFiles(configuration="\n".join(lines) + "\n", acl=acl)


def access_rules() -> str:
    """Write the access rules: the gateway by name, and every other user as a terminal.

    ``%u`` is the user name, which is the common name in the client's certificate. The shard level
    is open, because the broker cannot compute it; the gateway drops a topic whose shard is wrong.
    """
    lines = [
        "# Who may do what. A user's name is the common name in its certificate.",
        "",
        f"user {GATEWAY_USER}",
        *(f"topic read {ROOT}/+/+/{leaf}" for leaf in FROM_TERMINAL),
        *(f"topic write {ROOT}/+/+/{leaf}" for leaf in TO_TERMINAL),
        "",
        "# Every terminal: its own topics and nobody else's.",
        *(f"pattern write {ROOT}/+/%u/{leaf}" for leaf in FROM_TERMINAL),
        *(f"pattern read {ROOT}/+/%u/{leaf}" for leaf in TO_TERMINAL),
    ]
    return "\n".join(lines) + "\n"


def queued_messages_max(terminals: int) -> int:
    """Size the queue towards the gateway: above what all terminals may have in flight at once."""
    return max(_QUEUED_MIN, 2 * TERMINAL_INFLIGHT_MAX * terminals)


def _tls_listener(settings: MosquittoSettings) -> list[str]:
    tls = settings.tls
    assert tls is not None
    lines = [
        _listen(settings),
        f"cafile {tls.ca_file}",
        f"certfile {tls.certificate_file}",
        f"keyfile {tls.key_file}",
        "# No certificate of ours, no connection; its common name is the user name.",
        "require_certificate true",
        "use_identity_as_username true",
        "# The user name replaces the client id: nobody can throw another terminal out by taking",
        "# its client id.",
        "use_username_as_clientid true",
    ]
    if tls.crl_file is not None:
        lines.append(f"crlfile {tls.crl_file}")
    return [*lines, "allow_anonymous false", f"acl_file {settings.folder / ACL_FILE}"]


def _plain_listener(settings: MosquittoSettings) -> list[str]:
    return [
        "# NOT FOR A SHOP: no encryption, no users. Only programs of this machine can connect.",
        _listen(settings),
        "allow_anonymous true",
    ]


def _listen(settings: MosquittoSettings) -> str:
    where = f" {settings.bind_address}" if settings.bind_address is not None else ""
    return f"listener {settings.port}{where}"


def _limits(terminals: int) -> list[str]:
    packet_bytes_max = PAYLOAD_BYTES_MAX + PACKET_OVERHEAD_BYTES
    return [
        "# By default a gateway that acknowledges after its disk has been written gets 20 messages",
        "# at a time (unless it speaks MQTT 5 and asks for more), and everything beyond 1000",
        "# waiting ones is dropped without a word.",
        f"max_inflight_messages {GATEWAY_INFLIGHT_MAX}",
        f"max_queued_messages {queued_messages_max(terminals)}",
        "# A larger packet ends the connection. message_size_limit would drop the message and",
        "# still confirm it, so it is left alone.",
        f"max_packet_size {packet_bytes_max}",
        "set_tcp_nodelay true",
    ]


def _keeping(settings: MosquittoSettings) -> list[str]:
    lines = [
        "# Mohr loses nothing when the broker does, so what is kept here only saves sending twice.",
        "persistent_client_expiration 14d",
        "autosave_interval 60",
    ]
    if settings.persistence_folder is not None:
        # Mosquitto insists on the slash: it joins folder and file name without one.
        folder = str(settings.persistence_folder).rstrip("/")
        lines += ["persistence true", f"persistence_location {folder}/"]
    if settings.log_to_stderr:
        lines += ["log_dest stderr", "connection_messages true"]
    return lines
