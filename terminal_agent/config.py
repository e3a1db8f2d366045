"""The agent's settings: ``terminal.toml`` in its data directory, overridable by environment.

``MOHR_TERMINAL_BROKER__HOST=broker`` overrides ``host`` of table ``[broker]``. Whose terminal it
is stands in the identity (``terminal_agent.identity``) and not here; secrets are files, never
settings; the rules of the programme come sealed from the gateway.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from gateway.errors import ConfigError
from gateway.model.money import Currency
from gateway.readers.settings import ReaderSettings
from mqtt.settings import MqttVersion, TlsSettings
from terminal_agent.claims import CLAIM_DAYS
from terminal_agent.customer_display.brand import DEFAULT_COLOUR, Brand, Theme, read_logo
from terminal_agent.outbox import OutboxSettings
from terminal_agent.scanner_table import ScannerTable
from terminal_agent.session.memory import SessionSettings

SETTINGS_FILE: Final = "terminal.toml"
#: Where the customer's page is, unless it is told otherwise. A second agent on one machine needs
#: another port, or none.
DISPLAY_PORT: Final = 8090

_MEBIBYTE: Final = 1024 * 1024


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BrokerTable(_Table):
    """Where the broker is, and how the terminal shows who it is.

    Attributes:
        host: host name or address; with TLS it must be in the broker's certificate.
        port: TCP port.
        ca_file: PEM of the authority that signed the broker's certificate; turns TLS on.
        certificate_file: the terminal's own certificate; its common name is the terminal's id.
        key_file: that certificate's key.
        mqtt: ``5``, ``3.1.1``, or ``auto``, which tries both and takes seconds longer to connect
            to a broker that speaks 3.1.1 only.
    """

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=1883, ge=1, le=65535)
    mqtt: MqttVersion = MqttVersion.AUTO
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    @model_validator(mode="after")
    def _check_files(self) -> Self:
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file must be given together")
        if self.certificate_file is not None and self.ca_file is None:
            raise ValueError("certificate_file needs ca_file: without it there is no TLS")
        return self


class ReaderTable(_Table):
    """Which reader belongs to this lane.

    Attributes:
        backend: a name among the installed readers (``mohr reader list``), or ``none``.
        name: part of the reader's name; empty takes every reader.
        organisation: 16 hexadecimal digits; NDEF records of other organisations do not count.
        debounce_ms: a card back within this time is the same tap.
        legacy_classic: take the UID of a MIFARE Classic, which anybody can copy.
    """

    backend: str = Field(default="pcsc", min_length=1)
    name: str = Field(default="", max_length=128)
    organisation: str | None = Field(default=None, pattern="^[0-9a-f]{16}$")
    debounce_ms: int = Field(default=1_500, ge=0, le=60_000)
    legacy_classic: bool = False


class PosLineTable(_Table):
    """One more line of the same till: a customer display, or a card terminal.

    Attributes:
        name: what it is called in messages, such as ``display``.
        device: see ``PosTable``.
        profile: see ``PosTable``; it counts in the till's currency.
        baud_rate: of a serial device.
        capture_bytes: see ``PosTable``.
    """

    name: str = Field(pattern="^[a-z0-9-]{1,32}$")
    device: str = Field(min_length=1)
    profile: str = Field(min_length=1)
    baud_rate: int = Field(default=9_600, ge=50, le=4_000_000)
    capture_bytes: int = Field(default=0, ge=0, le=1_073_741_824)


class PosTable(_Table):
    """The wire from the till.

    Attributes:
        device: a serial device such as ``/dev/ttyUSB0``, a line over TCP, a recording
            (``terminal_agent.pos.device``), or ``none``.
        profile: name of the shop profile that knows the till's dialect, or a path to one.
        baud_rate: of a serial device.
        currency: ISO 4217 code of what the till counts in; the profile's own must be the same.
        currency_exponent: decimal digits of its minor unit as the shop uses it.
        offers: ``ask``: the terminal asks by itself what offers take off a sale and tells the
            cashier; ``never``, for tills that cannot take a discount off.
        claim_days: how long a sale that closed without a card can be claimed by its code.
        capture_bytes: how much of the line is kept on disk, card numbers masked; 0 for nothing.
        lines: further lines of the same till, in ``[[pos.lines]]``.
    """

    device: str = Field(default="/dev/ttyUSB0", min_length=1)
    profile: str = Field(default="generic-escpos-irr", min_length=1)
    baud_rate: int = Field(default=9_600, ge=50, le=4_000_000)
    currency: str = Field(default="IRR", pattern="^[A-Z]{3}$")
    currency_exponent: int = Field(default=0, ge=0, le=4)
    offers: Literal["ask", "never"] = "ask"
    claim_days: int = Field(default=CLAIM_DAYS, ge=1, le=366)
    capture_bytes: int = Field(default=0, ge=0, le=1_073_741_824)
    lines: tuple[PosLineTable, ...] = Field(default=(), max_length=8)


class DisplayTable(_Table):
    """How the customer and the cashier are spoken to.

    Attributes:
        language: Persian (right to left, Persian digits, Jalali dates) or English.
        amounts: ``counted`` shows the ledger's currency; ``toman`` shows rials ten to one.
        page_port: where the customer's page is served on this machine; 0 takes a free port,
            ``none`` serves no page.
        brand: the shop's name on that page.
        brand_colour: ``#rrggbb``; shades that can be read are worked out from it.
        logo_file: an SVG, PNG, WebP or JPEG of up to 512 KiB.
        theme: ``light``, ``dark``, or ``auto``: as the machine that shows the page is set.
    """

    language: Literal["fa", "en"] = "fa"
    amounts: Literal["counted", "toman"] = "counted"
    page_port: Annotated[int, Field(ge=0, le=65535)] | Literal["none"] = DISPLAY_PORT
    brand: str = Field(default="", max_length=40)
    brand_colour: str = Field(default=DEFAULT_COLOUR, pattern="^#[0-9a-fA-F]{6}$")
    logo_file: Path | None = None
    theme: Theme = Theme.AUTO


class JournalTable(_Table):
    """How much room the journal may take (``docs/terminal-journal.md``)."""

    reserve_mib: int = Field(default=32, ge=1, le=1_000_000)
    archive_max_mib: int = Field(default=256, ge=1, le=1_000_000)

    @property
    def reserve_bytes(self) -> int:
        """Nothing is accepted while less than this is free."""
        return self.reserve_mib * _MEBIBYTE

    @property
    def archive_bytes_max(self) -> int:
        """Settled envelopes are kept up to this size."""
        return self.archive_max_mib * _MEBIBYTE


class OutboxTable(_Table):
    """How patient sending is (``terminal_agent.outbox``)."""

    resend_after_ms: int = Field(default=10_000, ge=100, le=3_600_000)
    resend_max_ms: int = Field(default=300_000, ge=100, le=86_400_000)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.resend_max_ms < self.resend_after_ms:
            raise ValueError("resend_max_ms must not be below resend_after_ms")
        return self


class WaitTable(_Table):
    """How long the counter waits for what; see ``terminal_agent.session.memory``."""

    card_wait_ms: int = Field(default=120_000, ge=1, le=86_400_000)
    sale_wait_ms: int = Field(default=300_000, ge=1, le=86_400_000)
    late_tap_ms: int = Field(default=15_000, ge=1, le=86_400_000)
    auth_wait_ms: int = Field(default=5_000, ge=1, le=86_400_000)
    show_ms: int = Field(default=6_000, ge=1, le=86_400_000)
    attention_ms: int = Field(default=60_000, ge=1, le=86_400_000)


class AgentSettings(BaseSettings):
    """Everything an agent is told.

    Attributes:
        data_dir: where the identity, the journal and this file are; relative paths in the file
            start there.
        gateway_identity: the gateway's public key, as ``mohr gateway init`` wrote it.
        broker: see ``BrokerTable``.
        reader: see ``ReaderTable``.
        scanner: see ``ScannerTable``.
        pos: see ``PosTable``.
        display: see ``DisplayTable``.
        journal: see ``JournalTable``.
        outbox: see ``OutboxTable``.
        waits: see ``WaitTable``.
    """

    model_config = SettingsConfigDict(
        env_prefix="MOHR_TERMINAL_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data_dir: Path
    gateway_identity: Path = Path("gateway.json")
    broker: BrokerTable = BrokerTable()
    reader: ReaderTable = ReaderTable()
    scanner: ScannerTable = ScannerTable()
    pos: PosTable = PosTable()
    display: DisplayTable = DisplayTable()
    journal: JournalTable = JournalTable()
    outbox: OutboxTable = OutboxTable()
    waits: WaitTable = WaitTable()

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

    def at(self, path: Path) -> Path:
        """A path of the settings as seen from anywhere."""
        return self.data_dir / path

    def journal_path(self, epoch: int) -> Path:
        """Where the journal of an epoch is."""
        return self.data_dir / f"journal-{epoch}.sqlite3"

    @property
    def currency(self) -> Currency:
        """What the till counts in."""
        return Currency(code=self.pos.currency, exponent=self.pos.currency_exponent)

    def tls_settings(self) -> TlsSettings | None:
        """What the link needs for TLS; None for plain TCP."""
        if self.broker.ca_file is None:
            return None
        certificate, key = self.broker.certificate_file, self.broker.key_file
        return TlsSettings(
            ca_file=self.at(self.broker.ca_file),
            certificate_file=None if certificate is None else self.at(certificate),
            key_file=None if key is None else self.at(key),
        )

    def reader_settings(self) -> ReaderSettings:
        """What the reader backend needs."""
        organisation = self.reader.organisation
        return ReaderSettings(
            reader_name=self.reader.name,
            organisation=None if organisation is None else bytes.fromhex(organisation),
            debounce_ms=self.reader.debounce_ms,
            legacy_classic=self.reader.legacy_classic,
            codes=self.scanner.codes(),
        )

    def brand(self) -> Brand:
        """What the shop puts on the customer's page.

        Raises:
            ConfigError: if the logo cannot be used.
        """
        display = self.display
        logo = None if display.logo_file is None else read_logo(self.at(display.logo_file))
        return Brand(
            name=display.brand, colour=display.brand_colour, logo=logo, theme=display.theme
        )

    def outbox_settings(self) -> OutboxSettings:
        """What the outbox needs."""
        return OutboxSettings(
            resend_after_ms=self.outbox.resend_after_ms, resend_max_ms=self.outbox.resend_max_ms
        )

    def session_settings(self) -> SessionSettings:
        """What the session needs."""
        return SessionSettings(**self.waits.model_dump())


def load_settings(data_dir: Path) -> AgentSettings:
    """Read ``terminal.toml`` of a data directory.

    Raises:
        ConfigError: if there is none, or naming each setting that cannot be used.
    """
    path = data_dir / SETTINGS_FILE
    if not path.is_file():
        raise ConfigError(f"{path} is missing: run mohr terminal init --dir {data_dir}")
    try:
        values = TomlConfigSettingsSource(AgentSettings, path)()
    except ValueError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    if "data_dir" in values:
        raise ConfigError(f"{path}: data_dir is where this file is and cannot be set in it")
    try:
        settings = AgentSettings(**{**values, "data_dir": data_dir})
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in item['loc']) or 'settings'}: {item['msg']}"
            for item in error.errors()
        )
        raise ConfigError(f"{path}: {wrong}") from error
    # Not even the environment may say that this file lies elsewhere than where it was read.
    return settings.model_copy(update={"data_dir": data_dir.absolute()})
