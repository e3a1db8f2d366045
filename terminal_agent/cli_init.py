"""``mohr terminal init``: the data directory of a new terminal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.crypto.registration import Registration
from gateway.durable import PUBLIC, write_durably
from gateway.errors import ConfigError
from gateway.model.checks import check_name
from gateway.model.ids import TerminalId
from gateway.model.money import EUR, IRR, Currency
from terminal_agent.cli_till import NONE, check_profile
from terminal_agent.config import DISPLAY_PORT, SETTINGS_FILE, load_settings
from terminal_agent.identity import (
    IDENTITY_DIRECTORY,
    REGISTRATION_FILE,
    create_identity,
    load_gateway_identity,
)

GATEWAY_FILE: Final = "gateway.json"

#: Decimal digits of the minor unit as shops use it, where it is not 2 (ISO 4217; rials are
#: counted whole).
_EXPONENTS: Final = {IRR.code: IRR.exponent, "JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "OMR": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTerminal:
    """What the command line says of a new terminal; see ``mohr terminal init --help``."""

    terminal: str
    gateway: Path
    host: str
    port: int
    reader: str
    till: str
    profile: str | None
    currency: str
    language: str
    reader_name: str = ""

    @property
    def profile_name(self) -> str:
        """The profile chosen, or the shipped one that reads most tills of the currency."""
        return self.profile or f"generic-escpos-{self.currency.lower()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeTerminal:
    """A new terminal's registration, and the file that holds it."""

    registration: Registration
    path: Path


def set_up(directory: Path, new: NewTerminal, passphrase: str | None) -> MadeTerminal:
    """Make the keys, pin the gateway and write the settings.

    Args:
        directory: made if missing.
        new: what the terminal is to be.
        passphrase: encrypts the keys at rest, where given.

    Raises:
        ConfigError: if a setting cannot be used, or there are settings already.
        KeyStoreError: if gateway.json is none, or there are keys already.
        ValueRangeError: if the name or the currency is malformed.
    """
    check_name("terminal", new.terminal)
    pinned = load_gateway_identity(new.gateway)
    currency = Currency(code=new.currency, exponent=_EXPONENTS.get(new.currency, EUR.exponent))
    if new.till != NONE:
        check_profile(new.profile_name, currency)
    settings = directory / SETTINGS_FILE
    if settings.exists():
        raise ConfigError(f"{settings} exists; a terminal is set up once: use another directory")
    identity = create_identity(directory, TerminalId(new.terminal), passphrase=passphrase)
    # The settings come last: a set-up that broke off has none, and is not taken for a whole one.
    _write(directory / GATEWAY_FILE, pinned.to_json(), replace=True)
    _write(settings, settings_text(new, currency))
    load_settings(directory)
    return MadeTerminal(
        registration=identity.registration,
        path=directory / IDENTITY_DIRECTORY / REGISTRATION_FILE,
    )


def _write(path: Path, text: str, *, replace: bool = False) -> None:
    try:
        write_durably(path, text.encode(), mode=PUBLIC, replace=replace)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error}") from error


def settings_text(new: NewTerminal, currency: Currency) -> str:
    """The first ``terminal.toml``: what was chosen, and what else can be."""
    return f"""\
# Settings of terminal {new.terminal}. Every one can be overridden from the environment:
# MOHR_TERMINAL_BROKER__HOST=… overrides host of [broker].

gateway_identity = {_quoted(GATEWAY_FILE)}

[broker]
host = {_quoted(new.host)}
port = {new.port}
# For TLS: ca_file, certificate_file and key_file.

[reader]
backend = {_quoted(new.reader)}  # a name from 'mohr reader list', or "none"
name = {_quoted(new.reader_name)}  # part of this lane's reader's name; empty takes every reader

[pos]
device = {_quoted(new.till)}  # such as /dev/serial/by-id/…, file://recording.bin, or "none"
profile = {_quoted(new.profile_name)}  # a shipped name, or a path that ends in .toml
currency = {_quoted(currency.code)}
currency_exponent = {currency.exponent}

[display]
language = {_quoted(new.language)}  # fa or en
amounts = "counted"  # "toman" shows rials ten to one
page_port = {DISPLAY_PORT}  # the customer's page is at this port of 127.0.0.1; "none": no page
brand = ""  # the shop's name on that page
# For that page as well: brand_colour = "#0f766e", logo_file = "logo.svg", theme = "dark"
"""


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string as well (TOML 1.0, section String), once nothing in it
    # is left to TOML's own escapes.
    return json.dumps(text, ensure_ascii=False)
