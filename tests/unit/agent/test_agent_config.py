"""``terminal.toml``: strict, overridable by environment, and clear about what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.model.money import EUR, IRR
from terminal_agent.config import SETTINGS_FILE, AgentSettings, load_settings
from terminal_agent.outbox import OutboxSettings
from terminal_agent.session.memory import SessionSettings

WHOLE = """
gateway_identity = "gateway.json"

[broker]
host = "broker.shop"
port = 8883
ca_file = "tls/ca.pem"
certificate_file = "/etc/mohr/lane.pem"
key_file = "/etc/mohr/lane.key"

[reader]
backend = "sim"
name = "ACR122U 00 01"
organisation = "0011223344556677"
legacy_classic = true

[pos]
device = "/dev/ttyUSB1"
profile = "corner-shop"
baud_rate = 19200
currency = "EUR"
currency_exponent = 2
offers = "never"

[display]
language = "en"

[journal]
archive_max_mib = 64

[outbox]
resend_after_ms = 5000

[waits]
auth_wait_ms = 3000
"""


def _load(directory: Path, text: str) -> AgentSettings:
    (directory / SETTINGS_FILE).write_text(text, encoding="utf-8")
    return load_settings(directory)


def test_a_whole_file_becomes_the_settings_of_each_part(tmp_path: Path) -> None:
    """Every table arrives at the part it is for, relative paths from the data directory."""
    settings = _load(tmp_path, WHOLE)
    tls = settings.tls_settings()
    assert tls is not None
    assert tls.ca_file == tmp_path / "tls" / "ca.pem"
    assert tls.key_file == Path("/etc/mohr/lane.key")
    assert settings.currency == EUR
    assert settings.reader_settings().organisation == bytes.fromhex("0011223344556677")
    assert settings.reader_settings().reader_name == "ACR122U 00 01"
    assert settings.reader_settings().legacy_classic
    assert settings.journal.archive_bytes_max == 64 * 1024 * 1024
    assert settings.outbox_settings() == OutboxSettings(resend_after_ms=5_000)
    assert settings.session_settings() == SessionSettings(auth_wait_ms=3_000)
    assert settings.at(settings.gateway_identity) == tmp_path / "gateway.json"
    assert settings.journal_path(2) == tmp_path / "journal-2.sqlite3"


def test_an_empty_file_gives_the_defaults_of_each_part(tmp_path: Path) -> None:
    """The tables' defaults are the parts' own defaults, so the two cannot drift apart."""
    settings = _load(tmp_path, "")
    assert settings.session_settings() == SessionSettings()
    assert settings.outbox_settings() == OutboxSettings()
    assert settings.currency == IRR
    assert settings.tls_settings() is None
    assert settings.display.language == "fa"


def test_the_environment_overrides_single_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One field of a table changes, the rest stays; the passphrase's variable is no setting."""
    monkeypatch.setenv("MOHR_TERMINAL_BROKER__HOST", "other.shop")
    monkeypatch.setenv("MOHR_TERMINAL_DATA_DIR", "/elsewhere")
    monkeypatch.setenv("MOHR_TERMINAL_PASSPHRASE", "secret")
    settings = _load(tmp_path, WHOLE)
    assert (settings.broker.host, settings.broker.port) == ("other.shop", 8883)
    assert settings.data_dir == tmp_path


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[broker]\nhots = 'x'", "broker.hots"),
        ("[broker]\nport = 0", "broker.port"),
        ("[broker]\nport = 'many'", "broker.port"),
        ("[broker]\nca_file='a'\nkey_file = 'x'", "given together"),
        ("[broker]\ncertificate_file='a'\nkey_file = 'x'", "needs ca_file"),
        ("[display]\nlanguage = 'de'", "display.language"),
        ("[reader]\norganisation = 'XY'", "reader.organisation"),
        ("[pos]\ncurrency = 'euro'", "pos.currency"),
        ("[journal]\nreserve_mib = 0", "journal.reserve_mib"),
        ("[outbox]\nresend_max_ms = 200", "resend_max_ms"),
        ("[surprise]\na = 1", "surprise"),
        ("data_dir = '/tmp'", "data_dir"),
        ("[broker", "not TOML"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, text: str, named: str) -> None:
    """Unknown names, wrong types, ranges and combinations say which setting and which file."""
    with pytest.raises(ConfigError, match=named) as caught:
        _load(tmp_path, text)
    assert str(tmp_path / SETTINGS_FILE) in str(caught.value)


def test_a_missing_file_says_what_to_run(tmp_path: Path) -> None:
    """The message names the command that makes it."""
    with pytest.raises(ConfigError, match="mohr terminal init"):
        load_settings(tmp_path)
