"""``mohr broker``: what it writes, what it refuses to overwrite, and its demonstration broker."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.broker import app
from gateway.errors import ConfigError, ValueRangeError
from mqtt.link import LinkError

CLI = CliRunner()


def test_config_writes_both_files_and_says_what_is_next(tmp_path: Path) -> None:
    """The production files appear, and the text names every file and place of the next step."""
    out = tmp_path / "new"
    result = CLI.invoke(app, ["config", "--out", str(out), "--terminals", "40"])
    assert result.exit_code == 0
    assert sorted(one.name for one in out.iterdir()) == ["mohr.acl", "mohr.conf"]
    assert "require_certificate true" in (out / "mohr.conf").read_text(encoding="utf-8")
    assert "/etc/mosquitto/conf.d" in result.output
    assert "systemctl restart mosquitto" in result.output


def test_config_overwrites_only_when_told_to(tmp_path: Path) -> None:
    """A file that somebody may have edited is kept, and --force replaces it."""
    arguments = ["config", "--out", str(tmp_path), "--terminals", "40"]
    (tmp_path / "mohr.acl").write_text("mine", encoding="utf-8")
    refused = CLI.invoke(app, arguments)
    assert isinstance(refused.exception, ConfigError)
    assert (tmp_path / "mohr.acl").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "mohr.conf").exists()
    assert CLI.invoke(app, [*arguments, "--force"]).exit_code == 0
    assert "mohr.gateway" in (tmp_path / "mohr.acl").read_text(encoding="utf-8")


def test_config_without_tls_stays_on_loopback(tmp_path: Path) -> None:
    """The insecure variant listens on 127.0.0.1 and has no rules to give a false comfort."""
    arguments = ["config", "--out", str(tmp_path), "--terminals", "1", "--insecure-loopback"]
    assert CLI.invoke(app, arguments).exit_code == 0
    text = (tmp_path / "mohr.conf").read_text(encoding="utf-8")
    assert "listener 1883 127.0.0.1" in text
    assert not (tmp_path / "mohr.acl").exists()


def test_config_refuses_nonsense(tmp_path: Path) -> None:
    """No terminals is a fault with a clear line, and nothing is written."""
    result = CLI.invoke(app, ["config", "--out", str(tmp_path), "--terminals", "0"])
    assert isinstance(result.exception, LinkError)
    assert list(tmp_path.iterdir()) == []


def test_certs_grow_with_the_fleet(tmp_path: Path) -> None:
    """A second run uses the same authority and adds what is asked for."""
    first = ["certs", "--out", str(tmp_path), "--host", "127.0.0.1", "--terminal", "till-1"]
    assert CLI.invoke(app, first).exit_code == 0
    authority = (tmp_path / "ca.crt").read_bytes()
    assert CLI.invoke(app, ["certs", "--out", str(tmp_path), "--terminal", "till-2"]).exit_code == 0
    stems = ("broker", "ca", "gateway", "terminal-till-1", "terminal-till-2")
    expected = sorted(f"{stem}.{kind}" for stem in stems for kind in ("crt", "key"))
    assert sorted(one.name for one in tmp_path.iterdir()) == expected
    assert (tmp_path / "ca.crt").read_bytes() == authority


def test_certs_never_replace_a_key(tmp_path: Path) -> None:
    """Asking twice for one terminal keeps what is there and says so."""
    arguments = ["certs", "--out", str(tmp_path), "--terminal", "till-1"]
    assert CLI.invoke(app, arguments).exit_code == 0
    key = (tmp_path / "terminal-till-1.key").read_bytes()
    again = CLI.invoke(app, arguments)
    assert again.exit_code == 0
    assert "kept" in again.output
    assert (tmp_path / "terminal-till-1.key").read_bytes() == key


@pytest.mark.parametrize("name", ["mohr.gateway", "Till", "a/b", "+"])
def test_certs_refuse_names_that_no_terminal_has(tmp_path: Path, name: str) -> None:
    """Nobody gets the gateway's name, or one that means something in a topic."""
    result = CLI.invoke(app, ["certs", "--out", str(tmp_path / "new"), "--terminal", name])
    assert isinstance(result.exception, ValueRangeError)
    assert not (tmp_path / "new").exists()


def test_run_serves_until_it_is_interrupted() -> None:
    """The demonstration broker listens on its port and ends cleanly at Ctrl-C."""
    program = "from gateway.cli.broker import app; app()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "run", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        assert found is not None, line
        with socket.create_connection(("127.0.0.1", int(found[1])), timeout=10):
            process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert output == "stopping\n"
    assert errors == ""
