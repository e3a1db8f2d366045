"""``mohr program``: checks, compares and prints programme files, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.program import app
from gateway.config_programme import default_programme, load_programme, programme_text
from gateway.errors import ConfigError
from gateway.programme_file.trade import Trade, TradeCurrency

BASE = programme_text(default_programme("EUR"))
ENDLESS = (
    '\n[[offers]]\nid = "five"\ntitle_en = "Five"\ntitle_fa = "پنج"\n'
    'gift = { kind = "points", points = 5 }\n'
)


def invoke(*arguments: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})


@pytest.fixture
def plain(tmp_path: Path) -> str:
    """A file of which nothing is doubtful."""
    file = tmp_path / "plain.toml"
    file.write_text(BASE, encoding="utf-8")
    return str(file)


@pytest.fixture
def doubtful(tmp_path: Path) -> str:
    """A file with an offer that never ends."""
    file = tmp_path / "doubtful.toml"
    file.write_text(BASE + ENDLESS, encoding="utf-8")
    return str(file)


def test_a_clean_file_is_said_to_be_clean(plain: str) -> None:
    """Without doubts the exit code is 0, strict or not."""
    for arguments in ((plain,), (plain, "--strict")):
        result = invoke("check", *arguments)
        assert (result.exit_code, result.stdout) == (
            0,
            "points version 1: nothing is doubtful\n",
        )


def test_a_warning_is_told_and_counts_where_it_is_asked_for(doubtful: str) -> None:
    """A warning is a line of severity, code, subject and sentence; --strict makes it count."""
    result = invoke("check", doubtful)
    assert result.exit_code == 0
    first, verdict = result.stdout.splitlines()
    assert first.startswith("WARNING offer-without-limit offers.five: It has neither an end nor")
    assert verdict == "points version 1: 1 warning"
    assert invoke("check", doubtful, "--strict").exit_code == 1


def test_a_note_never_counts(plain: str) -> None:
    """What may well be meant so is told, and no check fails for it."""
    Path(plain).write_text(f'segments = ["vip"]\n{BASE}', encoding="utf-8")
    result = invoke("check", plain, "--strict")
    assert result.exit_code == 0
    assert result.stdout.startswith("NOTE named-nowhere segments.vip: ")


def test_a_rule_that_cannot_work_is_a_fault(plain: str) -> None:
    """An error is exit code 2, also without --strict."""
    Path(plain).write_text(f'{BASE}[settings]\nzone = "Asia/Teheran"\n', encoding="utf-8")
    result = invoke("check", plain)
    assert result.exit_code == 2
    assert "ERROR unknown-zone settings: There is no time zone Asia/Teheran." in result.stdout


def test_what_is_over_is_seen_today(plain: str) -> None:
    """The command knows what day it is: an offer of last century is over."""
    Path(plain).write_text(f"{BASE}{ENDLESS}when.window.last_day = 1999-12-31\n", encoding="utf-8")
    assert "WARNING window-past offers.five" in invoke("check", plain).stdout


def test_problems_are_told_line_by_line(plain: str) -> None:
    """A file that cannot be used gives a line for each problem on standard error, and 2."""
    Path(plain).write_text(f"{BASE}earn_pints = 3\nsettings = 1\n", encoding="utf-8")
    result = invoke("check", plain)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "mohr: line 21: earn_pints: there is no such setting; did you mean 'earn_points'?",
        "mohr: line 22: settings: must be a table",
    ]


def test_a_program_reads_one_object(plain: str, doubtful: str, tmp_path: Path) -> None:
    """With --json every result is one object, also where the file cannot be used."""
    told = json.loads(invoke("check", doubtful, "--json").stdout)
    (doubt,) = told.pop("doubts")
    assert told == {
        "valid": True,
        "programme": {"name": "points", "version": 1},
        "problems": [],
    }
    assert (doubt["code"], doubt["severity"], doubt["subject"], doubt["values"]) == (
        "offer-without-limit",
        "warning",
        "offers.five",
        {},
    )
    assert doubt["text"].startswith("It has neither")
    Path(plain).write_text("a = 1", encoding="utf-8")
    result = invoke("check", plain, "--json")
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    assert told["valid"] is False
    assert "line 1: a: there is no such setting" in told["problems"][0]
    result = invoke("check", str(tmp_path / "none.toml"), "--json")
    assert result.exit_code == 2
    assert "cannot be read" in json.loads(result.stdout)["problems"][0]


def test_a_difference_is_told_setting_by_setting(plain: str, tmp_path: Path) -> None:
    """What changed, what is new with all its settings, and what is gone."""
    other = tmp_path / "other.toml"
    text = BASE.replace("earn_points = 1", "earn_points = 2")
    other.write_text(f'segments = ["vip"]\n{text}{ENDLESS}', encoding="utf-8")
    assert invoke("diff", plain, str(other)).stdout.splitlines() == [
        "~ earn_points: 1 → 2",
        '+ segments: "vip"',
        "+ offers.five",
        '    id = "five"',
        '    title_en = "Five"',
        '    title_fa = "پنج"',
        '    gift.kind = "points"',
        "    gift.points = 5",
    ]
    back = invoke("diff", str(other), plain).stdout
    assert "~ earn_points: 2 → 1" in back
    assert '- segments: "vip"' in back
    assert invoke("diff", plain, plain).stdout == "nothing changes\n"


def test_a_program_reads_differences_too(plain: str, tmp_path: Path) -> None:
    """With --json the changes are one object's list, days as text and nothing as null."""
    other = tmp_path / "other.toml"
    expiry = '[expiry]\nkind = "date"\nlast_day = 2027-03-21\n'
    begin = "effective_from = 2027-01-01T00:00:00Z\n"
    shop = '[[occasions]]\nid = "eid"\ndates = [2027-03-10]\n'
    other.write_text(f"{BASE}{begin}{expiry}{shop}", encoding="utf-8")
    changes = json.loads(invoke("diff", plain, str(other), "--json").stdout)["changes"]
    assert changes == [
        {
            "kind": "changed",
            "path": "effective_from",
            "old": None,
            "new": "2027-01-01T00:00:00+00:00",
        },
        {
            "kind": "added",
            "path": "occasions.eid",
            "old": None,
            "new": {"id": "eid", "dates": ["2027-03-10"]},
        },
        {"kind": "changed", "path": "expiry.kind", "old": "never", "new": "date"},
        {"kind": "added", "path": "expiry.last_day", "old": None, "new": "2027-03-21"},
    ]
    told = invoke("diff", plain, str(other)).stdout
    assert '~ effective_from: nothing → "2027-01-01T00:00:00+00:00"' in told
    assert "+ expiry.last_day: 2027-03-21" in told


def test_a_file_that_cannot_be_used_has_no_difference(plain: str, tmp_path: Path) -> None:
    """Comparing needs two programmes."""
    result = invoke("diff", plain, str(tmp_path / "none.toml"))
    assert isinstance(result.exception, ConfigError)


@pytest.mark.parametrize("currency", TradeCurrency)
@pytest.mark.parametrize("trade", Trade)
def test_a_template_is_printed_as_a_file_to_begin_with(
    trade: Trade, currency: TradeCurrency, tmp_path: Path
) -> None:
    """What is printed is a programme of that currency, comments and all, without a doubt."""
    shown = invoke("show", "--template", trade, "--currency", currency)
    assert shown.exit_code == 0
    file = tmp_path / "programme.toml"
    file.write_text(shown.stdout, encoding="utf-8")
    assert load_programme(file).currency.code == currency
    assert shown.stdout.startswith("# ")
    assert invoke("check", str(file), "--strict").exit_code == 0


def test_an_unknown_template_names_those_there_are() -> None:
    """A wrong name is answered with the right ones."""
    result = invoke("show", "--template", "bakery", "--currency", "EUR")
    assert result.exit_code == 2
    assert "cafe-stamp-card" in result.stderr
