"""``mohr pos``: what an integrator sees of a recording."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.errors import ConfigError
from simulators.receipts import render_receipt, seeded_receipts
from terminal_agent.cli_pos import app

RECORDING = Path(__file__).parents[2] / "data" / "pos" / "rcpt_native.bin"


def run(*arguments: str, stdin: bytes | None = None) -> str:
    """Run the command and return what it prints."""
    result = CliRunner().invoke(app, list(arguments), input=stdin, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def rows(*arguments: str, stdin: bytes | None = None) -> list[dict[str, Any]]:
    """Run the command with ``--json`` and return its rows."""
    return [json.loads(line) for line in run(*arguments, "--json", stdin=stdin).splitlines()]


def test_decode_prints_one_json_object_a_line() -> None:
    """A sale's row has every common field, and says that it is awarded."""
    sale = rows("decode", "--profile", "generic-escpos-eur", str(RECORDING))[-1]
    assert (sale["kind"], sale["status"]) == ("sale", "award")
    assert (sale["total_minor"], sale["currency"]) == (1895, "EUR")
    assert sale["receipt_number"] == "2025-004711"
    assert [line["amount_minor"] for line in sale["lines"]] == [680, 420, 795]
    assert sale["tax_minor"] == 303
    assert "fiscal" in sale["evidence"]
    assert {"occurred_at", "tenders"} <= sale.keys()


def test_decode_prints_sentences() -> None:
    """Without a flag a person reads the amount with its currency."""
    output = run("decode", "-p", "generic-escpos-eur", str(RECORDING))
    assert "sale: 18.95 EUR, receipt 2025-004711" in output


def test_decode_reads_standard_input_and_every_kind_of_paper() -> None:
    """A stream of a sale, a reprint, a refund, a doubtful paper and a picture is told in order."""
    one = seeded_receipts(3, 1)[0]
    paper = render_receipt(one)
    doubtful = b"SUMME   5,00\n\x1dV\x00"
    refund = b"*** RETOURE ***\nBrot   -3,00\nSUMME  -3,00\n\x1dV\x00"
    picture = b"\x1dv0\x00\x01\x00\x01\x00\xff\x1dV\x00"
    reprint = paper.replace(b"Beleg-Nr", b"KOPIE\nBeleg-Nr")
    stream = paper + reprint + refund + doubtful + picture
    told = [row["status"] for row in rows("decode", "-", stdin=stream)]
    told = [status for status in told if status != "prompt"]
    assert told == ["award", "not_a_sale", "shown", "needs_review", "not_a_sale"]
    sentences = run("decode", "-", stdin=stream)
    assert "refund: 3.00 EUR, of receipt unknown" in sentences
    assert "needs review: uncorroborated; 5.00 EUR" in sentences
    assert "not a sale: image_only" in sentences


def test_an_empty_recording_is_said_to_be_empty() -> None:
    """Silence is an answer too."""
    assert "nothing printed" in run("decode", "-", stdin=b"")


def test_profiles_are_listed() -> None:
    """Names, dialects and currencies of the shipped profiles, for people and for programs."""
    assert "generic-escpos-irr" in run("profiles")
    entries = json.loads(run("profiles", "--json"))
    assert {"IRR", "EUR", "USD"} <= {entry["currency"] for entry in entries}


def test_a_missing_recording_is_a_config_error(tmp_path: Path) -> None:
    """The root command turns this into one line and exit code 2."""
    with pytest.raises(ConfigError, match="No such file"):
        run("decode", str(tmp_path / "none.bin"))
