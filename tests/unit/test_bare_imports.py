"""What a terminal does not install, it must not import."""

from __future__ import annotations

import subprocess
import sys

import pytest

SERVER_ONLY = {"sqlalchemy", "alembic", "flask", "amqtt", "escpos", "pytest", "hypothesis"}


def loaded_by(module: str) -> set[str]:
    """Names of the top-level packages that importing ``module`` loads, in a fresh interpreter."""
    code = f"import sys, {module}; print(' '.join({{m.partition('.')[0] for m in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module",
    ["gateway.readers.reader", "gateway.wire.transaction", "gateway.program.earn", "mqtt.link"],
)
def test_shared_parts_load_no_database_and_no_driver(module: str) -> None:
    """What both ends share needs neither a server's libraries nor any device's."""
    drivers = {"smartcard", "serial", "paho", "sqlite3", "sqlite_utils"}
    assert not loaded_by(module) & (SERVER_ONLY | drivers)


def test_an_agent_runs_without_the_servers_libraries() -> None:
    """``mohr terminal run`` with every till part loads nothing of the gateway's extras."""
    loaded = loaded_by("terminal_agent.cli_run, terminal_agent.cli_till")
    assert not loaded & SERVER_ONLY
    assert "sqlite_utils" in loaded, "the journal is loaded, so this looked at the right module"


def test_the_wire_format_needs_no_cryptography() -> None:
    """Decoding is for whoever has the bytes; keys are another room's."""
    assert "cryptography" not in loaded_by("gateway.wire.transaction")
