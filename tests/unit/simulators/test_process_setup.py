"""Settings files are changed as a person with an editor would change them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from simulators.process_setup import change_settings

BEFORE = """\
# A comment that stays.
top = 1

[broker]
host = "127.0.0.1"  # where it is
port = 1883

[reader]
name = ""  # part of this lane's reader's name
"""


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"reader.name": '"Lane 1"'}, {"reader": {"name": "Lane 1"}}),
        ({"broker.port": "8883"}, {"broker": {"host": "127.0.0.1", "port": 8883}}),
        (
            {"broker.ca_file": '"ca.crt"', "broker.host": '"b"'},
            {"broker": {"host": "b", "port": 1883, "ca_file": "ca.crt"}},
        ),
        ({"outbox.resend_after_ms": "1000"}, {"outbox": {"resend_after_ms": 1000}}),
    ],
)
def test_settings_are_replaced_added_and_otherwise_left_alone(
    tmp_path: Path, settings: dict[str, str], wanted: dict[str, object]
) -> None:
    """What is named changes, in its own table; everything else reads as before."""
    path = tmp_path / "terminal.toml"
    path.write_text(BEFORE, encoding="utf-8")
    change_settings(path, settings)
    text = path.read_text(encoding="utf-8")
    assert tomllib.loads(text) == tomllib.loads(BEFORE) | wanted
    assert "# A comment that stays." in text
