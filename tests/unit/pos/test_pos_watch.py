"""``mohr pos watch`` and ``record`` on recordings; on lines they are in the contract tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.errors import ConfigError
from terminal_agent.cli_pos import app
from terminal_agent.pos.recording import load_recording

RECORDING = Path(__file__).parents[2] / "data" / "pos" / "rcpt_native.bin"


def run(*arguments: str) -> str:
    """Run the command and return what it prints."""
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_watch_shows_bytes_events_and_the_sale() -> None:
    """A replay shows hexadecimal and text, the total when it is known, and the sale at the cut."""
    output = run("watch", f"file:{RECORDING}", "--profile", "generic-escpos-eur")
    assert "till > 1B 40" in output
    assert "Vielen Dan" in output
    assert output.index("== total seen: 18.95 EUR") < output.index("== sale: 18.95 EUR")
    assert "718 bytes" in output


def test_watch_shows_no_card_number(tmp_path: Path) -> None:
    """What stands on the screen of an integrator is masked, hexadecimal and text."""
    path = tmp_path / "slip.bin"
    path.write_bytes(b"Karte 4111111111111111\n")
    output = run("watch", f"file:{path}")
    assert "4111111" not in output.replace(" ", "")
    assert "34 31 31 31 31" not in output


def test_what_is_recorded_is_decoded_the_same(tmp_path: Path) -> None:
    """A recording made by ``record`` gives the rows that the bytes themselves give."""
    out = tmp_path / "day.jsonl"
    run("record", f"file:{RECORDING}", str(out))
    assert out.stat().st_mode & 0o777 == 0o600
    assert run("decode", "--json", str(out)) == run("decode", "--json", str(RECORDING))


def test_record_masks_unless_told_that_cards_are_test_cards(tmp_path: Path) -> None:
    """A card number is masked in the file; --test-cards keeps every byte."""
    path = tmp_path / "slip.bin"
    path.write_bytes(b"Karte 4111111111111111\n")
    run("record", f"file:{path}", str(tmp_path / "masked"))
    run("record", f"file:{path}", str(tmp_path / "clear"), "--test-cards")
    assert load_recording(tmp_path / "masked").pieces[0].data == b"Karte ************1111\n"
    assert load_recording(tmp_path / "clear").pieces[0].data == path.read_bytes()


def test_record_overwrites_nothing(tmp_path: Path) -> None:
    """A file that is there already is not touched."""
    out = tmp_path / "day.jsonl"
    out.write_text("precious")
    with pytest.raises(ConfigError, match="exists"):
        run("record", f"file:{RECORDING}", str(out))
    assert out.read_text() == "precious"


def test_watch_refuses_a_device_it_does_not_understand() -> None:
    """A wrong device is told with the right forms."""
    with pytest.raises(ConfigError, match="tcp-listen://"):
        run("watch", "lpt1")
