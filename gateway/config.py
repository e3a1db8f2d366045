"""The gateway's settings: one TOML file in its data directory, overridable by environment.

``MOHR_GATEWAY_BROKER__HOST=broker`` overrides ``host`` of the table ``[broker]``; an argument of
the command line overrides both. Secrets are files beside it and never settings.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from gateway.errors import ConfigError
from mqtt.settings import MqttVersion

SETTINGS_FILE: Final = "gateway.toml"

#: Parameters of libpq that hold a secret themselves.
_SECRETS: Final = frozenset({"password", "sslpassword"})


class BrokerSettings(BaseModel):
    """Where the broker is and how the gateway shows who it is.

    Attributes:
        embedded: run the demonstration broker (``mohr[demo]``) inside the gateway, on loopback
            at ``port``. For trying Mohr out; a shop has a Mosquitto.
        host: host name or address.
        port: TCP port.
        mqtt: ``5``, ``3.1.1``, or ``auto``, which tries both and takes seconds longer to connect
            to a broker that speaks 3.1.1 only.
        client_id: fixed, so that the broker keeps what it owes the gateway across a restart.
        ca_file: PEM file of the authority that signed the broker's certificate; turns TLS on.
        certificate_file: the gateway's own certificate for mutual TLS.
        key_file: that certificate's key.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    embedded: bool = False
    host: str = "127.0.0.1"
    port: int = Field(default=1883, ge=1, le=65535)
    mqtt: MqttVersion = MqttVersion.AUTO
    client_id: str = Field(default="mohr-gateway", min_length=1, max_length=64)
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None


class LedgerSettings(BaseModel):
    """Where the ledger is kept.

    Attributes:
        url: a PostgreSQL database, such as ``postgresql://mohr@db.example/mohr?sslmode=verify-full``
            (docs/production.md); None for a SQLite file in the data directory. A password is no
            setting: libpq reads it from the file ``~/.pgpass`` or from the one that the parameter
            ``passfile`` names, and only if nobody else may read that.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | None = None

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str | None) -> str | None:
        if url is None:
            return None
        # What is wrong is said without the URL: it may hold the very password that is refused.
        try:
            parts = urlsplit(url)
        except ValueError:
            raise ValueError("is no URL") from None
        if parts.scheme != "postgresql":
            raise ValueError("must begin with postgresql://")
        if parts.password is not None or not _SECRETS.isdisjoint(parse_qs(parts.query)):
            raise ValueError(
                "must not hold a password: write it into ~/.pgpass (mode 0600), or into a file "
                "that the parameter passfile names"
            )
        return url


class CardKeySettings(BaseModel):
    """Where the master keys of cards are kept. What opens them is no setting (docs/keys.md).

    Attributes:
        store: ``file`` for ``card-keys.box`` in the data directory, ``pkcs11`` for a token.
        module: the token's PKCS #11 library, such as ``/usr/lib/softhsm/libsofthsm2.so``.
        token: the token's label.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    store: Literal["file", "pkcs11"] = "file"
    module: Path | None = None
    token: str | None = Field(default=None, min_length=1, max_length=32)

    @model_validator(mode="after")
    def _check_place(self) -> Self:
        if self.store == "pkcs11" and (self.module is None or self.token is None):
            raise ValueError("pkcs11 needs module and token")
        if self.store == "file" and (self.module is not None or self.token is not None):
            raise ValueError("module and token are for store = 'pkcs11'")
        return self


class CardSettings(BaseModel):
    """What is written onto cards.

    Attributes:
        address: what a phone opens that reads a card; the card adds who it is. Nothing of Mohr's
            answers there: it may be a page of the shop's own, or no page at all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str = Field(default="https://mohr.invalid/t", pattern=r"^https://[!-~]{1,64}$")


class CodeSettings(BaseModel):
    """How one-time codes reach the phones of members (docs/phone.md).

    Attributes:
        sender: ``none``; ``folder`` writes them into ``codes`` in the data directory, for trying
            out; ``webhook`` posts them to whoever sends text messages for the shop.
        url: of the webhook. Its secret is no setting.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sender: Literal["none", "folder", "webhook"] = "none"
    url: str | None = Field(default=None, pattern=r"^https?://[!-~]{1,2000}$")

    @model_validator(mode="after")
    def _check_url(self) -> Self:
        if (self.sender == "webhook") != (self.url is not None):
            raise ValueError("url is for sender = 'webhook', which needs it")
        return self


class LimitSettings(BaseModel):
    """Bounds that keep a small machine alive; the defaults suit a Raspberry Pi and a server.

    Attributes:
        in_flight: deliveries the broker is told that it may have with us unacknowledged; one that
            keeps to it keeps the rest, and that is the whole back-pressure.
        backlog_deliveries: deliveries taken all the same from a broker that does not keep to it.
        backlog_bytes: payload bytes of these; the surplus is forgotten and sent again.
        verify_threads: threads that check seals beside the writer. One keeps up with it; with two,
            both wait for the interpreter's lock more than they gain.
        transactions_per_commit: at most this many transactions share one fsync.
        reorder_timeout_ms: how long a gap may last before its terminal is asked to send again.
        future_tolerance_ms: how far a terminal's clock may be ahead and still date its sales.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    in_flight: int = Field(default=512, ge=1, le=65535)
    backlog_deliveries: int = Field(default=32_768, ge=1, le=65535)
    backlog_bytes: int = Field(default=48 * 1024 * 1024, ge=1024 * 1024)
    verify_threads: int = Field(default=1, ge=1, le=64)
    transactions_per_commit: int = Field(default=256, ge=1, le=256)
    reorder_timeout_ms: int = Field(default=2_000, ge=0, le=3_600_000)
    future_tolerance_ms: int = Field(default=120_000, ge=0)


class WebSettings(BaseModel):
    """The pages and the HTTP API.

    Attributes:
        enabled: whether ``mohr gateway run`` serves them.
        host: the address to listen on. Loopback by default: in a shop's network a reverse proxy
            with TLS stands before it (docs/production.md).
        port: the TCP port; 0 takes a free one.
        public_url: how browsers reach it from elsewhere, such as ``https://loyalty.example``.
            Passkeys need a host name and HTTPS here; without them password and code remain.
        trusted_proxies: how many reverse proxies stand before it and may name the visitor.
        threads: threads that answer requests; each live viewer holds one.
        viewers: live viewers at once; further ones are asked to come back.
        idle_minutes: a session that was not used for so long ends...
        session_hours: ...and so does one that is this old.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str | None = Field(default=None, pattern=r"^https?://[^/?#]+$")
    trusted_proxies: int = Field(default=0, ge=0, le=4)
    threads: int = Field(default=56, ge=4, le=512)
    viewers: int = Field(default=44, ge=1, le=500)
    idle_minutes: int = Field(default=30, ge=1, le=1_440)
    session_hours: int = Field(default=12, ge=1, le=720)


class GatewaySettings(BaseSettings):
    """Everything a gateway is told.

    Attributes:
        name: the organisation's name as receipts and pages show it.
        languages: the languages of pages and receipts, the first being the default.
        broker: see ``BrokerSettings``.
        ledger: see ``LedgerSettings``.
        card_keys: see ``CardKeySettings``.
        cards: see ``CardSettings``.
        codes: see ``CodeSettings``.
        limits: see ``LimitSettings``.
        web: see ``WebSettings``.
        test_mode: simulated counters may be used from the pages. Never in a real shop: their
            sales are real to the ledger.
    """

    model_config = SettingsConfigDict(
        env_prefix="MOHR_GATEWAY_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        # A setting that is refused may be a password in the wrong place.
        hide_input_in_errors=True,
    )

    name: str = Field(default="Mohr", min_length=1, max_length=64)
    languages: tuple[Literal["fa", "en"], ...] = Field(default=("fa", "en"), min_length=1)
    broker: BrokerSettings = BrokerSettings()
    ledger: LedgerSettings = LedgerSettings()
    card_keys: CardKeySettings = CardKeySettings()
    cards: CardSettings = CardSettings()
    codes: CodeSettings = CodeSettings()
    limits: LimitSettings = LimitSettings()
    web: WebSettings = WebSettings()
    test_mode: bool = False

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the file; neither ``.env`` nor secret folders are read."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


def load_settings(data_dir: Path) -> GatewaySettings:
    """Read ``gateway.toml`` of a data directory.

    Raises:
        ConfigError: if there is none, or naming each setting that cannot be used.
    """
    path = data_dir / SETTINGS_FILE
    if not path.is_file():
        raise ConfigError(f"{path} is missing: run mohr gateway init --dir {data_dir}")
    try:
        return parse_settings(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def parse_settings(text: str) -> GatewaySettings:
    """Read settings from TOML, and what overrides them from the environment.

    Raises:
        ConfigError: naming each setting that cannot be used.
    """
    try:
        return GatewaySettings(**tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not TOML: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors()
        )
        raise ConfigError(wrong) from error
