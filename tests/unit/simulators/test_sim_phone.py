"""``mohr sim phone``: the messages of a gateway that sends into a folder."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from gateway.codes.folder import FolderSender
from gateway.codes.words import message_of
from gateway.formatting.numbers import Language
from gateway.service.data_dir import DataDir
from simulators.cli import app
from simulators.clock import VirtualClock


def test_the_newest_messages_are_shown_last(tmp_path: Path) -> None:
    """As many as are asked for, each with its moment, its number and its text."""
    runner = CliRunner()
    command = ["phone", "--dir", str(tmp_path), "--newest", "2"]
    assert "No message yet." in runner.invoke(app, command).output
    sender = FolderSender(DataDir(tmp_path).codes, VirtualClock(unix_ms=1_800_000_000_000))
    for code in ("111111", "222222", "333333"):
        sender.send(
            message_of(code, "989121234567", organisation="Mohr", language=Language.EN, minutes=5)
        )
    shown = runner.invoke(app, command).output
    assert "111111" not in shown
    assert shown.index("222222") < shown.index("333333")
    assert "2027-01-15 08:00:00 UTC  to 0912 123 4567" in shown
