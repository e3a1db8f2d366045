"""The root command: quick to help, lazy to load, and one clear line where something is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import EntryPoint, version

import pytest

from gateway.cli.commands import OWN_HELP, LazyCommand, sub_commands
from gateway.cli.main import main
from gateway.errors import ConfigError

#: Each costs more than the whole of ``mohr --help`` may.
SLOW = ("sqlalchemy", "alembic", "pydantic", "cryptography", "cbor2", "structlog", "paho", "serial")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``mohr`` in a process of its own, as a person does."""
    code = "import sys; from gateway.cli.main import main; sys.argv[0] = 'mohr'; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )


def test_help_names_every_own_command() -> None:
    """A newcomer sees every command with one line on what it is for."""
    shown = run("--help", COLUMNS="120")
    assert shown.returncode == 0
    for name, line in OWN_HELP.items():
        assert name in shown.stdout
        assert line in shown.stdout


def test_help_loads_no_command() -> None:
    """Help imports neither a sub-command nor anything slow, so it answers at once on a small box.

    Modules are counted and not milliseconds, which would depend on what else the machine does.
    """
    code = (
        "import sys\n"
        "from gateway.cli.main import main\n"
        "sys.argv = ['mohr', '--help']\n"
        "try:\n"
        "    main()\n"
        "except SystemExit:\n"
        "    pass\n"
        "print('LOADED', *sorted(sys.modules))\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = shown.stdout.partition("LOADED")[2].split()
    assert "gateway.cli.commands" in loaded
    ours = [command._entry_point.module for command in sub_commands()]
    assert not [name for name in loaded if name in ours or name.partition(".")[0] in SLOW]


def test_version_is_the_distributions() -> None:
    """``--version`` tells what pip installed."""
    assert run("--version").stdout == f"mohr {version('mohr')}\n"


def test_a_fault_is_one_line_and_exit_code_two() -> None:
    """A fault of our own tree is told in a line on standard error, without a traceback."""
    shown = run("gateway", "stats", "--dir", "/nonexistent")
    assert (shown.returncode, shown.stdout) == (2, "")
    assert shown.stderr.startswith("mohr: /nonexistent/gateway.toml is missing")
    assert shown.stderr.count("\n") == 1


def test_debug_shows_the_traceback() -> None:
    """With MOHR_DEBUG=1 the same fault shows where it was raised."""
    shown = run("gateway", "stats", "--dir", "/nonexistent", MOHR_DEBUG="1")
    assert "Traceback" in shown.stderr
    assert "ConfigError" in shown.stderr


def test_an_unknown_command_suggests_the_nearest() -> None:
    """A typing error is answered with the command that was probably meant."""
    shown = run("gatewya")
    assert shown.returncode == 2
    assert "gateway" in shown.stderr


def test_a_plug_in_is_listed_and_loaded_when_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An outside package's command shows where it is from, and runs like one of ours."""
    plug_in = EntryPoint(name="zz", value="gateway.cli.ledger:app", group="mohr.commands")
    command = LazyCommand(plug_in)
    assert command.help == "Added by the package gateway."
    monkeypatch.setattr("gateway.cli.commands.entry_points", lambda **_: [plug_in, plug_in])
    assert [one.name for one in sub_commands()] == ["zz"]
    monkeypatch.setattr(sys, "argv", ["mohr", "zz", "audit", "--help"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "sealed envelopes" in capsys.readouterr().out


def test_a_missing_extra_is_named() -> None:
    """A command whose library is not installed says what to install."""
    command = LazyCommand(EntryPoint(name="pos", value="no_such_package.cli:app", group="g"))
    with pytest.raises(ConfigError, match="needs no_such_package"):
        command.make_context("pos", [])


def test_an_interrupt_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is no fault: the exit code says it and nothing else does."""

    def interrupted(group: str) -> list[EntryPoint]:
        raise KeyboardInterrupt(group)

    monkeypatch.setattr("gateway.cli.main.sub_commands", list)
    monkeypatch.setattr("typer.core.TyperGroup.invoke", lambda *_: interrupted("x"))
    monkeypatch.setattr(sys, "argv", ["mohr", "anything"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
