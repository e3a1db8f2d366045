"""Settings and programme files: what is wrong is named, what is right reads back."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import load_settings, parse_settings
from gateway.config_programme import (
    EXPONENTS,
    default_programme,
    load_programme,
    parse_programme,
    programme_text,
)
from gateway.errors import ConfigError, ProgrammeError, ValueRangeError
from gateway.model.money import Currency
from gateway.model.programme import Programme, RefundPolicy, UnknownCardPolicy
from gateway.notifier import LogNotifier, Notice, NoticeKind
from simulators.notifier import RecordingNotifier


def test_an_empty_file_is_a_usable_gateway() -> None:
    """Every setting has a default that works on one machine."""
    settings = parse_settings("")
    assert (settings.broker.host, settings.broker.port) == ("127.0.0.1", 1883)
    assert settings.languages == ("fa", "en")


def test_the_environment_overrides_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's environment wins over the file, table by table and field by field."""
    monkeypatch.setenv("MOHR_GATEWAY_BROKER__HOST", "broker.example")
    settings = parse_settings('name = "x"\n[broker]\nhost = "file.example"\nport = 8883\n')
    assert (settings.broker.host, settings.broker.port) == ("broker.example", 8883)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("name = ", "TOML"),
        ("nmae = 'x'", "nmae"),
        ("[broker]\nport = 70000", "broker.port"),
        ("[broker]\nhots = 'x'", "broker.hots"),
        ("languages = []", "languages"),
        ("languages = ['de']", "languages"),
        ("[limits]\ntransactions_per_commit = 1000", "limits.transactions_per_commit"),
        ("[ledger]\nurl = 'mysql://db/mohr'", "ledger.url: .*postgresql://"),
        ("[ledger]\nurl = 'postgresql://[db/mohr'", "ledger.url: .*is no URL"),
        ("[card_keys]\nstore = 'pkcs11'\ntoken = 't'", "card_keys: .*needs module and token"),
        ("[card_keys]\nmodule = '/m.so'", "card_keys: .*are for store = 'pkcs11'"),
        ("[card_keys]\npin = '1234'", "card_keys.pin"),
        ("[codes]\nsender = 'webhook'", "codes: .*needs it"),
        ("[codes]\nurl = 'https://sms.example/'", "codes: .*is for sender = 'webhook'"),
        ("[codes]\nsender = 'sms'", "codes.sender"),
        ("[codes]\nsecret = 'whsec_x'", "codes.secret"),
    ],
)
def test_wrong_settings_are_named(text: str, named: str) -> None:
    """A mistake is refused with the name of the setting, never ignored."""
    with pytest.raises(ConfigError, match=named):
        parse_settings(text)


@pytest.mark.parametrize(
    "url", ["mohr:hush@db/mohr", "db/mohr?password=hush", "/m?sslpassword=hush"]
)
def test_a_password_is_no_setting(url: str) -> None:
    """A password in the ledger's URL is refused, and is in no message, nor in what caused it."""
    with pytest.raises(ConfigError, match=r"ledger.url: .*~/\.pgpass") as refused:
        parse_settings(f"[ledger]\nurl = 'postgresql://{url}'")
    assert "hush" not in "".join(traceback.format_exception(refused.value))


def test_missing_and_unreadable_files_say_what_to_do(tmp_path: Path) -> None:
    """Without settings the message names the command that makes them."""
    with pytest.raises(ConfigError, match="mohr gateway init"):
        load_settings(tmp_path)
    (tmp_path / "gateway.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(tmp_path)
    (tmp_path / "gateway.toml").write_text("nmae = 'x'")
    with pytest.raises(ConfigError, match=r"gateway.toml: nmae"):
        load_settings(tmp_path)


programmes = st.builds(
    Programme,
    name=st.from_regex(r"[a-z][a-z0-9]{0,20}", fullmatch=True),
    version=st.integers(1, 2**31 - 1),
    # A programme file tells time to the microsecond, up to the last year a date can name.
    effective_from_ms=st.integers(0, 250_000_000_000_000),
    currency=st.builds(
        Currency,
        code=st.from_regex(r"[A-Z]{3}", fullmatch=True),
        exponent=st.integers(0, 4),
    ),
    earn_points=st.integers(0, 10**9),
    earn_per_minor=st.integers(1, 2**63 - 1),
    redeem_points=st.integers(1, 10**9),
    redeem_value_minor=st.integers(1, 10**12),
    redeem_minimum_points=st.integers(1, 2**63 - 1),
    redeem_share_percent=st.integers(0, 100),
    redeemed_amount_earns=st.booleans(),
    unknown_card=st.sampled_from(UnknownCardPolicy),
    refund=st.sampled_from(RefundPolicy),
    hold_ttl_ms=st.integers(1, 604_800).map(lambda seconds: seconds * 1_000),
)


@given(programmes)
def test_programmes_read_back_as_they_were_written(programme: Programme) -> None:
    """Writing rules to a file and reading them changes nothing."""
    assert parse_programme(programme_text(programme)) == programme


@pytest.mark.parametrize("code", EXPONENTS)
def test_default_programmes_work(code: str) -> None:
    """Each currency that a gateway can be made for has rules that evaluate."""
    programme = default_programme(code)
    assert programme.currency == Currency(code=code, exponent=EXPONENTS[code])
    assert parse_programme(programme_text(programme)) == programme


def test_unknown_currencies_need_a_file() -> None:
    """We do not guess how many digits a currency's minor unit has."""
    with pytest.raises(ConfigError, match="XTS"):
        default_programme("XTS")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("version = 1", "", ConfigError),
        ("version = 1", "version = 1.5", ConfigError),
        ("version = 1", "version = true", ConfigError),
        ("version = 1", "version = 1\nbonus = 3", ConfigError),
        ("version = 1", "version =", ConfigError),
        ("version = 1", "version = 1\neffective_from = 2027-01-01T00:00:00", ConfigError),
        ('unknown_card = "enrol"', 'unknown_card = "guess"', ConfigError),
        ("earn_per_minor = 100", "earn_per_minor = 0", ProgrammeError),
        ('currency = "EUR"', 'currency = "euro"', ValueRangeError),
    ],
)
def test_wrong_rules_are_refused(old: str, new: str, fault: type[Exception]) -> None:
    """Rules that are incomplete, of the wrong type or impossible never reach the ledger."""
    text = programme_text(default_programme("EUR"))
    assert old in text
    with pytest.raises(fault):
        parse_programme(text.replace(old, new))


def test_times_have_zones() -> None:
    """The moment new rules begin is the same for every shop, whatever the file's zone."""
    text = programme_text(replace(default_programme("IRR"), version=2))
    tehran = parse_programme(f"{text}effective_from = 2027-03-21T00:00:00+03:30\n")
    utc = parse_programme(f"{text}effective_from = 2027-03-20T20:30:00Z\n")
    assert tehran == utc


def test_unreadable_programme_files(tmp_path: Path) -> None:
    """A file that is missing or no text is a clear fault."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load_programme(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_programme(tmp_path / "bad.toml")


def test_notifiers_take_notices(capsys: pytest.CaptureFixture[str]) -> None:
    """The log's notifier writes what a person must know; the simulated one remembers or fails."""
    notice = Notice(kind=NoticeKind.ALARM, text="Look at till-1.", at_ms=5, code="clone")
    LogNotifier().notify(notice)
    shown = capsys.readouterr()
    assert "Look at till-1." in shown.out + shown.err
    recording = RecordingNotifier()
    recording.notify(notice)
    assert recording.notices == (notice,)
    recording.broken = True
    with pytest.raises(OSError, match="simulated"):
        recording.notify(notice)
