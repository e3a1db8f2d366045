"""The whole main job with nothing simulated but the plastic and the paper.

A virtual card behind the real pcscd, a receipt from python-escpos on a pseudo-terminal, a real
Mosquitto with mutual TLS and access rules, gateway and agent as processes of the shipped command.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from escpos.printer import Dummy

from simulators.card import UidCard, VirtualCard
from simulators.mosquitto_process import MosquittoProcess, free_port
from simulators.pcscd import PcscDaemon, missing_parts
from simulators.till import PtyTill
from simulators.vpcd import VpcdSlot
from terminal_agent.control import AgentStatus, AskStatus
from terminal_agent.control_socket import SOCKET_NAME, ask_agent

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(300)]

TERMINAL = "till-1"
LANE = "Lane 1"
PATIENCE_S = 40.0

PROGRAMME = """\
name = "cafe"
version = 1
currency = "EUR"
currency_exponent = 2
earn_points = 1
earn_per_minor = 100
redeem_points = 10
redeem_value_minor = 100
redeem_minimum_points = 10
redeem_share_percent = 50
"""


def mohr(*arguments: str) -> str:
    """Run the shipped command and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli.main", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, f"mohr {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done.stdout


@contextmanager
def running(log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the shipped command until the block ends, then stop it as a service manager would."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli.main", *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait(lambda: b": ready" in log.read_bytes(), f"{arguments} to be ready", log)
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            code = process.wait(timeout=PATIENCE_S)
    assert code == 0, f"{arguments} ended with {code}: {log.read_text()}"


def wait(look: Callable[[], object], what: str, *logs: Path) -> None:
    """Wait until ``look`` is true; the logs tell why it never was."""
    until_s = time.monotonic() + PATIENCE_S
    while not look():
        if time.monotonic() > until_s:
            told = "\n".join(log.read_text(errors="replace") for log in logs)
            pytest.fail(f"waited {PATIENCE_S} s for {what}\n{told}")
        time.sleep(0.05)


def printed(number: str, items: list[tuple[str, int]]) -> bytes:
    """A receipt by an independent maker: python-escpos with an Epson's capabilities."""
    total_minor = sum(amount_minor for _, amount_minor in items)
    printer = Dummy(profile="TM-T88V")
    printer.hw("INIT")
    printer.set(align="center", bold=True)
    printer.text("CAFÉ AM ECK\n")
    printer.set(align="left", bold=False)
    printer.text(f"Beleg-Nr: {number}\n23.11.2026 10:15\n")
    for label, amount_minor in items:
        printer.text(f"1 x {label:<26}{euro(amount_minor):>12}\n")
    printer.set(bold=True, double_height=True)
    printer.text(f"{'SUMME EUR':<30}{euro(total_minor):>12}\n")
    printer.set(bold=False, normal_textsize=True)
    printer.text(f"{'Gegeben BAR €':<30}{euro(total_minor):>12}\n")
    printer.text("Vielen Dank!\n")
    printer.cut()
    return bytes(printer.output)


def euro(amount_minor: int) -> str:
    """An amount as a German till prints it."""
    return f"{amount_minor // 100},{amount_minor % 100:02d}"


@dataclass(frozen=True, slots=True)
class Shop:
    """Everything that runs."""

    folder: Path
    slot: VpcdSlot
    till: PtyTill
    agent_log: Path

    def status(self) -> AgentStatus:
        """How the agent stands."""
        status = ask_agent(self.folder / TERMINAL / SOCKET_NAME, AskStatus()).status
        assert status is not None
        return status

    def wait_status(self, wanted: Callable[[AgentStatus], bool], what: str) -> None:
        """Wait until the agent stands as wanted."""
        wait(lambda: wanted(self.status()), what, self.agent_log, self.folder / "gateway.log")

    def tap(self, card: VirtualCard) -> None:
        """A customer shows a card until the agent has seen it."""
        self.slot.insert(card)
        self.wait_status(lambda status: status.state == "card", "the card to be seen")
        self.slot.remove()

    def cashier(self, *arguments: str) -> None:
        """The cashier uses the command line."""
        mohr("terminal", *arguments, "--dir", str(self.folder / TERMINAL))

    def settled(self, count: int) -> None:
        """Wait until the gateway's receipts have settled ``count`` transactions."""
        self.wait_status(
            lambda status: status.settled == count == status.accepted,
            f"{count} settled transactions",
        )


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop set up by the documented commands, with every process real."""
    missing = missing_parts()
    if missing is not None:
        if os.environ.get("MOHR_ALLOW_SKIPS") == "1":
            pytest.skip(missing)
        pytest.fail(missing)
    with ExitStack() as stack:
        daemon = PcscDaemon(tmp_path / "pcscd", [LANE])
        stack.callback(daemon.close)
        daemon.start()
        broker = start_broker(tmp_path)
        stack.callback(broker.stop)
        till = stack.enter_context(PtyTill(tmp_path, baud=19_200))
        set_up(tmp_path, broker.port, till.device)
        agent_log = tmp_path / "agent.log"
        gateway, terminal = str(tmp_path / "gateway"), str(tmp_path / TERMINAL)
        stack.enter_context(running(tmp_path / "gateway.log", "gateway", "run", "--dir", gateway))
        stack.enter_context(running(agent_log, "terminal", "run", "--dir", terminal))
        slot = daemon.slot(LANE)
        stack.callback(slot.remove)
        made = Shop(tmp_path, slot, till, agent_log)
        made.wait_status(
            lambda status: (
                status.configuration_version > 0
                and status.reader == "ready"
                and status.till == "up"
            ),
            "reader, till and configuration",
        )
        yield made


def start_broker(folder: Path) -> MosquittoProcess:
    """Mosquitto with the configuration that the command writes for a shop."""
    port = free_port()
    files = folder / "broker"
    files.mkdir()
    mohr("broker", "certs", "--out", str(files), "--host", "127.0.0.1", "--terminal", TERMINAL)
    mohr(
        *("broker", "config", "--out", str(files), "--folder", str(files)),
        *("--terminals", "1", "--port", str(port), "--persistence", str(files)),
    )
    configuration = (files / "mohr.conf").read_text(encoding="utf-8")
    broker = MosquittoProcess(configuration, port=port, folder=folder / "mosquitto")
    broker.start()
    return broker


def set_up(folder: Path, port: int, device: str) -> None:
    """Gateway and terminal, by the commands of the quick start."""
    rules = folder / "rules.toml"
    rules.write_text(PROGRAMME, encoding="utf-8")
    gateway, terminal, certs = folder / "gateway", folder / TERMINAL, folder / "broker"
    mohr(
        *("gateway", "init", "--dir", str(gateway), "--programme", str(rules)),
        *("--host", "127.0.0.1", "--port", str(port)),
    )
    mohr(
        *("terminal", "init", "--dir", str(terminal), "--id", TERMINAL),
        *("--gateway", str(gateway / "gateway.json"), "--port", str(port), "--currency", "EUR"),
        *("--till", device, "--profile", "generic-escpos-eur", "--language", "fa"),
    )
    mohr(
        *("terminal", "add", str(terminal / "identity" / "terminal.json")),
        *("--branch", "corner", "--dir", str(gateway)),
    )
    use_certificates(gateway / "gateway.toml", certs, "gateway")
    use_certificates(terminal / "terminal.toml", certs, TERMINAL)
    lane = PcscDaemon.reader_name(LANE)
    settings = (terminal / "terminal.toml").read_text(encoding="utf-8")
    assert "[reader]" in settings
    settings = settings.replace("[reader]", f"[reader]\nname = {json.dumps(lane)}")
    (terminal / "terminal.toml").write_text(settings, encoding="utf-8")


def use_certificates(settings: Path, certs: Path, name: str) -> None:
    """Name the certificates in the [broker] table, as the set-up guide says."""
    text = settings.read_text(encoding="utf-8")
    assert "[broker]" in text
    lines = "\n".join(
        [
            "[broker]",
            f"ca_file = {json.dumps(str(certs / 'ca.crt'))}",
            f"certificate_file = {json.dumps(str(certs / f'{name}.crt'))}",
            f"key_file = {json.dumps(str(certs / f'{name}.key'))}",
        ]
    )
    settings.write_text(text.replace("[broker]", lines), encoding="utf-8")


def ledger(shop: Shop) -> tuple[dict[str, Any], str]:
    """The audit, and the members' list, while the gateway runs."""
    directory = str(shop.folder / "gateway")
    audit: dict[str, Any] = json.loads(mohr("ledger", "audit", "--json", "--dir", directory))
    return audit, mohr("member", "list", "--dir", directory)


def test_a_tap_and_a_receipt_become_a_posting_a_redemption_and_a_refund(shop: Shop) -> None:
    """The whole main job on real input ends in right balances and a clean audit."""
    card = UidCard(bytes.fromhex("04a1b2c3d4e5f6"))

    shop.tap(card)
    shop.till.print(printed("2026-0001", [("Frühstück", 2_480), ("Orangensaft", 420)]))
    shop.settled(1)

    shop.tap(card)
    shop.cashier("total", "7.85")
    shop.cashier("redeem", "10")
    shop.wait_status(lambda status: status.state == "reserved", "the reserved points")
    shop.till.print(printed("2026-0002", [("Käsekuchen", 495), ("Tee", 290)]))
    shop.settled(3)
    audit, members = ledger(shop)
    assert audit["clean"], audit
    # 29 for the first sale, ten spent, six for what the second cost after them.
    assert " 25 " in members, members

    shop.cashier("refund", "2026-0002")
    shop.settled(4)
    audit, members = ledger(shop)
    assert audit["clean"], audit
    assert " 29 " in members, members
    log = shop.agent_log.read_text(errors="replace")
    assert "04a1b2c3d4e5f6" not in log, "a card's number must never reach a log"
