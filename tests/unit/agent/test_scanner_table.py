"""``[scanner]`` of ``terminal.toml``: every setting arrives, and what is wrong is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.crypto.signer import Algorithm
from gateway.errors import ConfigError
from gateway.model.code_window import CodeWindow
from gateway.readers.codes.scan_line import ScanSettings, Terminator
from gateway.readers.codes.settings import CodeSettings
from gateway.readers.codes.stripe import StripeFormat
from terminal_agent.config import SETTINGS_FILE, AgentSettings, load_settings

KEY = FileSigner.generate(Algorithm.ED25519).public_key
WHOLE = f"""
[reader]
backend = "serial-scan"
name = "/dev/serial/by-id/scanner"

[scanner]
terminator = "none"
gap_ms = 80
prefix = "\\u0002"
suffix = "\\u0003"
baud_rate = 115200
issuers = ["{KEY.hex()}"]
code_window_s = 40
code_skew_s = 5
stripe_prefix = "9799"
stripe_rest_min = 8
stripe_rest_max = 12
stripe_track = 2
stripe_luhn = true
stripe_lrc = true
"""


def load(directory: Path, text: str) -> AgentSettings:
    """Settings from a text."""
    (directory / SETTINGS_FILE).write_text(text, encoding="utf-8")
    return load_settings(directory)


def test_every_setting_of_a_scanner_arrives(tmp_path: Path) -> None:
    """At the part it is for, in its own type."""
    assert load(tmp_path, WHOLE).reader_settings().codes == CodeSettings(
        scan=ScanSettings(terminator=Terminator.NONE, gap_ms=80, prefix=b"\x02", suffix=b"\x03"),
        issuers=(PublicKey.from_cose_key(KEY),),
        window=CodeWindow(window_s=40, skew_s=5),
        stripe=StripeFormat(prefix="9799", rest_min=8, rest_max=12, track=2, luhn=True, lrc=True),
        baud_rate=115_200,
    )


def test_a_terminal_without_a_scanner_needs_no_table(tmp_path: Path) -> None:
    """And its settings are the usual ones."""
    assert load(tmp_path, "").reader_settings().codes == CodeSettings()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('terminator = "crlf"', "terminator"),
        ("gap_ms = 0", "gap_ms"),
        ('issuers = ["00"]', "public key"),
        ('issuers = ["xyz"]', "hexadecimal"),
        ("code_window_s = 10", "window_s"),
        ('stripe_prefix = "603799"', "bank cards"),
        ('stripe_prefix = "9799"\nstripe_track = 9', "track"),
        ("beep = true", "beep"),
    ],
)
def test_what_is_wrong_is_told_when_the_file_is_read(tmp_path: Path, line: str, why: str) -> None:
    """Not at the first customer."""
    with pytest.raises(ConfigError, match=why):
        load(tmp_path, f"[scanner]\n{line}\n")
