"""``mohr gateway``, ``ledger`` and ``member`` from set-up to audit, and over a real broker."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from gateway.cli import gateway as gateway_cli
from gateway.cli import ledger as ledger_cli
from gateway.cli import member as member_cli
from gateway.cli.terminal_add import app as terminal_add
from gateway.config import BrokerSettings, load_settings
from gateway.config_programme import load_programme, programme_text
from gateway.crypto.registration import GatewayIdentity
from gateway.errors import ConfigError, MohrError
from gateway.intake.key_ring import KeyRing
from gateway.intake.open_message import open_message
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import TerminalId
from gateway.service.broker_link import link_settings
from gateway.service.data_dir import DataDir
from gateway.service.member_ids import random_member_id
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.embedded import EmbeddedBroker
from mqtt.link import LinkEvent, LinkUp
from mqtt.paho_link import PahoLink
from mqtt.settings import LinkSettings, MqttVersion
from mqtt.topics import topic_tx
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key


def invoke(app: typer.Typer, *arguments: str) -> Result:
    """Run a command in this process; a fault of ours is raised as it is."""
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    if isinstance(result.exception, MohrError):
        raise result.exception
    return result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A gateway's data directory, as the command makes it."""
    made = tmp_path / "gateway"
    result = invoke(
        gateway_cli.app, "init", "--dir", str(made), "--name", "مهر", "--currency", "EUR"
    )
    assert result.exit_code == 0, result.output
    return made


@pytest.fixture
def box(folder: Path, tmp_path: Path) -> SealedTerminal:
    """A terminal, registered by its file."""
    made = SealedTerminal(TerminalId("till-1"))
    file = tmp_path / "terminal.json"
    file.write_text(made.registration.to_json())
    arguments = (str(file), "--branch", "north", "--dir", str(folder))
    assert "stands in north" in invoke(terminal_add, *arguments).output
    return made


def sell(folder: Path, box: SealedTerminal) -> None:
    """Put one sale into the ledger as the gateway would."""
    store = SqlLedgerStore(DataDir(folder).ledger)
    writer = Writer(store, new_member_id=random_member_id, settings=WriterSettings())
    sealed = box.earn(card_evidence(1), sale_key(1), 1_234)
    keys = KeyRing.of(store.terminal_keys())
    writer.apply(open_message(topic_tx(box.name), sealed, keys), box.now_ms)
    store.close()


def test_init_makes_what_run_and_terminals_need(folder: Path) -> None:
    """Settings, identity and rules of a new gateway read back as they were asked for."""
    assert load_settings(folder).name == "مهر"
    identity = GatewayIdentity.from_json(DataDir(folder).identity.read_text())
    assert identity.name == "gateway"
    assert load_programme(DataDir(folder).programme).currency.code == "EUR"


def test_terminals_are_listed(folder: Path, box: SealedTerminal) -> None:
    """A registered terminal is listed with its branch while no gateway runs."""
    output = invoke(gateway_cli.app, "terminals", "--dir", str(folder)).output
    assert box.name in output
    assert "north" in output


def test_a_registration_that_is_not_there_is_named(folder: Path, tmp_path: Path) -> None:
    """A registration file that cannot be read is refused by its name."""
    with pytest.raises(ConfigError, match="none cannot be read"):
        invoke(terminal_add, str(tmp_path / "none"), "--branch", "b", "--dir", str(folder))


def test_a_sale_shows_everywhere(folder: Path, box: SealedTerminal) -> None:
    """One sale is seen by the member list, the statement, the balances and a clean audit."""
    sell(folder, box)
    at = ("--dir", str(folder))
    (member,) = json.loads(invoke(member_cli.app, "list", "--json", *at).output)
    assert member["available"] == 12
    assert member["member_id"] in invoke(member_cli.app, "list", *at).output
    token = card_evidence(1).token.hex()
    shown = json.loads(invoke(member_cli.app, "show", token, "--json", *at).output)
    assert shown["cards"] == [{"token": token, "profile": "uid", "state": "active"}]
    assert [line["kind"] for line in shown["statement"]] == ["earn"]
    assert "points 12" in invoke(member_cli.app, "show", member["member_id"], *at).output
    totals = json.loads(invoke(ledger_cli.app, "balances", "--json", *at).output)
    assert sum(total["points"] for total in totals) == 0
    assert "members:available" in invoke(ledger_cli.app, "balances", *at).output
    report = json.loads(invoke(ledger_cli.app, "audit", "--json", *at).output)
    assert (report["clean"], report["checked"]["transactions"]) == (True, 1)


def test_an_unclean_audit_says_so_and_exits_one(folder: Path, box: SealedTerminal) -> None:
    """A script can tell a bad ledger from a good one, and a person sees where it is bad."""
    sell(folder, box)
    assert invoke(ledger_cli.app, "audit", "--dir", str(folder)).exit_code == 0
    store = SqlLedgerStore(DataDir(folder).ledger)
    with store.batch():
        store._open_connection().exec_driver_sql("UPDATE wallet SET available = 1000")
    store.close()
    result = invoke(ledger_cli.app, "audit", "--dir", str(folder))
    assert result.exit_code == 1
    assert "FINDING wallet" in result.output


def test_programmes_follow_each_other(folder: Path, tmp_path: Path) -> None:
    """The next version is taken from a file, and a version out of turn is refused."""
    text = DataDir(folder).programme.read_text().replace("version = 1", "version = 2")
    file = tmp_path / "next.toml"
    file.write_text(f"{text}effective_from = 2050-01-01T00:00:00Z\n")
    arguments = ("programme", str(file), "--dir", str(folder))
    assert "version 2 added" in invoke(gateway_cli.app, *arguments).output
    with pytest.raises(MohrError, match="next programme version is 3"):
        invoke(gateway_cli.app, *arguments)


def test_init_from_a_programme_file(folder: Path, tmp_path: Path) -> None:
    """A gateway can begin with a shop's own rules."""
    file = tmp_path / "rules.toml"
    rules = load_programme(DataDir(folder).programme)
    file.write_text(programme_text(rules))
    other = tmp_path / "other"
    invoke(gateway_cli.app, "init", "--dir", str(other), "--programme", str(file))
    assert load_programme(DataDir(other).programme) == rules


def test_cards_are_blocked_by_token(folder: Path, box: SealedTerminal) -> None:
    """A card of a member is blocked and unblocked; a malformed token is refused with a reason."""
    sell(folder, box)
    token = card_evidence(1).token.hex()
    for flag, word in (("--block", "blocked"), ("--unblock", "active")):
        output = invoke(gateway_cli.app, "card", token, flag, "--dir", str(folder)).output
        assert word in output
        assert token not in output
    with pytest.raises(ConfigError, match="64"):
        invoke(gateway_cli.app, "card", "xyz", "--block", "--dir", str(folder))


def test_unknown_members_are_said_to_be_unknown(folder: Path) -> None:
    """Neither a wrong pseudonym nor a malformed token raises anything but a clear fault."""
    for who in ("nobody", "0" * 64, "x" * 64):
        with pytest.raises(ConfigError):
            invoke(member_cli.app, "show", who, "--dir", str(folder))


def test_certificates_without_an_authority_are_refused() -> None:
    """Half a TLS configuration never silently becomes a plain connection."""
    with pytest.raises(ConfigError, match="ca_file"):
        link_settings(BrokerSettings(certificate_file=Path("c.pem")), 10)
    tls = link_settings(BrokerSettings(ca_file=Path("ca.pem")), 10).tls
    assert tls is not None
    assert tls.ca_file == Path("ca.pem")


@pytest.mark.enable_socket
def test_a_gateway_runs_over_a_broker_and_stops_on_a_signal(
    folder: Path, box: SealedTerminal
) -> None:
    """A real process takes a sale from a real broker, answers commands, and ends cleanly."""
    broker = EmbeddedBroker()
    broker.start()
    text = DataDir(folder).settings.read_text().replace("port = 1883", f"port = {broker.port}")
    DataDir(folder).settings.write_text(f'{text}mqtt = "3.1.1"\n')
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from gateway.cli.main import main; sys.argv[0] = 'mohr'; main()",
            *("gateway", "run", "--dir", str(folder), "--web-port", "0", "--log-json"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    link = PahoLink(
        LinkSettings(
            host=broker.host, port=broker.port, client_id="till-1", version=MqttVersion.V311
        )
    )
    try:
        assert process.stdout is not None
        while "ready" not in (line := process.stdout.readline()):
            assert line, "the gateway ended before it was ready"
        up = threading.Event()

        def on_event(event: LinkEvent) -> None:
            if isinstance(event, LinkUp):
                up.set()

        link.start(on_event)
        assert up.wait(20)
        sealed = box.earn(card_evidence(1), sale_key(1), 1_234)
        assert link.publish(topic_tx("till-1"), sealed) is not None
        wait = threading.Event()
        while "journalled 1" not in invoke(gateway_cli.app, "stats", "--dir", str(folder)).output:
            wait.wait(0.05)
        audited = invoke(ledger_cli.app, "audit", "--dir", str(folder)).output
        assert audited.endswith("clean\n")
        wrong = (str(folder / "gateway.json"), "--branch", "b", "--dir", str(folder))
        with pytest.raises(ConfigError, match="terminal file"):
            invoke(terminal_add, *wrong)
        process.send_signal(signal.SIGTERM)
        rest, log = process.communicate(timeout=20)
        assert (process.returncode, rest) == (0, "mohr gateway: stopped\n")
        events = [json.loads(line)["event"] for line in log.splitlines()]
        assert "connected to the broker" in events
        for secret in (DataDir(folder).card_key.read_bytes().hex(), card_evidence(1).token.hex()):
            assert secret not in log
    finally:
        process.kill()
        process.communicate()
        link.stop()
        broker.stop()
