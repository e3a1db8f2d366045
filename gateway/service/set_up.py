"""Makes a new gateway's data directory: keys, ledger, rules, identity, settings."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Final

from gateway.config import SETTINGS_FILE, parse_settings
from gateway.config_programme import programme_text
from gateway.crypto.card_token import CARD_KEY_BYTES
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.registration import GatewayIdentity
from gateway.errors import ConfigError
from gateway.ledger.place import LedgerPlace, PostgresPlace
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.programme import Programme
from gateway.service.data_dir import DataDir, DataLock, open_phone_key, write_private

_SETTINGS: Final = """\
# The gateway's settings; docs/gateway.md names all of them.
name = {name}
languages = {languages}
{test_mode}
[broker]
{embedded}host = {host}
port = {port}
{ledger}"""
_TEST_MODE: Final = """\
# Simulated counters may be used from the pages. Take this out before the first real customer.
test_mode = true
"""
_LEDGER: Final = """\

[ledger]
url = {url}
"""
_EMBEDDED: Final = """\
# The demonstration broker inside the gateway. A shop has a Mosquitto: see mohr broker config.
embedded = true
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGateway:
    """What a new gateway is told.

    Attributes:
        name: the organisation's name as people read it.
        identity: the gateway's machine name, which terminals know it by.
        programme: the first version of the rules.
        host: the broker.
        port: its TCP port.
        languages: of pages and receipts, the first being the default.
        embedded: run the demonstration broker inside the gateway.
        test_mode: whether simulated counters may be used.
        ledger_url: an empty PostgreSQL database for the ledger; None for a file.
    """

    name: str
    identity: str
    programme: Programme
    host: str
    port: int
    languages: tuple[str, ...] = ("fa", "en")
    embedded: bool = False
    test_mode: bool = False
    ledger_url: str | None = None


def set_up(data_dir: DataDir, new: NewGateway) -> GatewayIdentity:
    """Make a gateway.

    The settings are written last: a directory without them is one whose making broke off, and
    ``mohr gateway run`` refuses it.

    Args:
        data_dir: a directory that is new or empty.
        new: what it is told.

    Returns:
        the identity that terminals are set up with.

    Raises:
        ConfigError: if the directory is in use or cannot be written.
        MohrError: if a key or the ledger cannot be made.
    """
    # JSON strings are TOML basic strings, except that TOML has no surrogate pairs.
    text = _SETTINGS.format(
        name=json.dumps(new.name, ensure_ascii=False),
        languages=json.dumps(new.languages),
        test_mode=_TEST_MODE if new.test_mode else "",
        embedded=_EMBEDDED if new.embedded else "",
        host=json.dumps(new.host, ensure_ascii=False),
        port=new.port,
        ledger=""
        if new.ledger_url is None
        else _LEDGER.format(url=json.dumps(new.ledger_url, ensure_ascii=False)),
    )
    place = data_dir.ledger_place(parse_settings(text))
    _look_for_ledger(place)
    try:
        data_dir.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = any(data_dir.path.iterdir())
    except OSError as error:
        raise ConfigError(f"{data_dir.path} cannot be used: {error}") from error
    if taken:
        raise ConfigError(f"{data_dir.path} is not empty: a gateway's keys are never overwritten")
    with DataLock(data_dir):
        signer = FileSigner.generate()
        identity = GatewayIdentity(name=new.identity, public_key=signer.public_key)
        signer.save(data_dir.signing_key)
        write_private(data_dir.card_key, secrets.token_bytes(CARD_KEY_BYTES))
        open_phone_key(data_dir)
        store = SqlLedgerStore(place)
        try:
            store.add_programme(new.programme)
        finally:
            store.close()
        write_private(data_dir.programme, programme_text(new.programme).encode())
        write_private(data_dir.identity, identity.to_json().encode())
        write_private(data_dir.path / SETTINGS_FILE, text.encode())
    return identity


def _look_for_ledger(place: LedgerPlace) -> None:
    """Try a database before anything is made: what is wrong with it leaves no half a gateway."""
    if not isinstance(place, PostgresPlace):
        return
    store = SqlLedgerStore(place)
    try:
        taken = bool(store.programmes())
    finally:
        store.close()
    if taken:
        raise ConfigError(f"{place} holds a ledger already: name an empty database")
