"""How a shop of real processes is set up: the commands of the quick start, and an editor's work."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.model.ids import TerminalId
from simulators.command_process import run_mohr_here
from simulators.mosquitto_process import MosquittoProcess, free_port
from simulators.pcscd import PcscDaemon
from simulators.receipts import ReceiptItem, TillReceipt, render_receipt

TERMINAL: Final = TerminalId("till-1")
BRANCH: Final = "corner"
LANE: Final = "Lane 1"
PROFILE: Final = "generic-escpos-eur"

#: One point for each whole euro; ten points are worth one euro.
PROGRAMME: Final = """\
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

#: A terminal that asks again after a second, so that tests of lost messages do not wait for long.
IMPATIENT: Final[Mapping[str, str]] = {
    "outbox.resend_after_ms": "1000",
    "outbox.resend_max_ms": "4000",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopOptions:
    """What a shop is made of.

    Attributes:
        tls: Mosquitto with mutual TLS and access rules, as in a shop; otherwise plain on loopback,
            which keeps nothing across its own death.
        reader: a real pcscd with a virtual reader; otherwise no reader.
        till: a till on a pseudo-terminal; otherwise none.
        agent: start the agent; otherwise the test does.
        proxied: the agent's network can be cut (``ProcessShop.network``).
        commands: runs a ``mohr`` command of the set-up; the default does not start a process.
        baud: pace of the till's line, None for as fast as it takes it.
        language: of the counter display.
        gateway_dir: the gateway's data directory; None for one in the shop's folder.
        terminal_dir: the terminal's, likewise.
        broker_without: options of Mosquitto that are left out of its configuration.
        settings: of the terminal, by table and name, as TOML values.
        broker_keeps: the broker has a store on its disk, which it has with TLS in any case.
        ledger_url: an empty PostgreSQL database for the ledger; None for a file.
    """

    tls: bool = False
    reader: bool = True
    till: bool = True
    agent: bool = True
    proxied: bool = False
    commands: Callable[..., str] = run_mohr_here
    baud: int | None = None
    language: str = "en"
    gateway_dir: Path | None = None
    terminal_dir: Path | None = None
    broker_without: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=lambda: IMPATIENT)
    broker_keeps: bool = False
    ledger_url: str | None = None


def make_broker(folder: Path, options: ShopOptions, prefix: Sequence[str] = ()) -> MosquittoProcess:
    """Give Mosquitto the configuration that the command writes; it is not started.

    Args:
        folder: where its files go.
        options: of the shop.
        prefix: words before the broker's command.
    """
    port, files = free_port(), folder / "broker"
    arguments = ["--out", str(files), "--folder", str(files), "--terminals", "1"]
    if options.tls:
        names = ("--host", "127.0.0.1", "--terminal", TERMINAL)
        options.commands("broker", "certs", "--out", str(files), *names)
    else:
        arguments += ["--insecure-loopback"]
    if options.tls or options.broker_keeps:
        arguments += ["--persistence", str(files)]
    options.commands("broker", "config", *arguments, "--port", str(port))
    text = (files / "mohr.conf").read_text(encoding="utf-8")
    left_out = tuple(f"{name} " for name in options.broker_without)
    kept = [line for line in text.splitlines() if not left_out or not line.startswith(left_out)]
    text = "\n".join(kept) + "\n"
    return MosquittoProcess(text, port=port, folder=folder / "mosquitto", prefix=prefix)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the parts of one shop are.

    Attributes:
        folder: for everything else.
        gateway_dir: the gateway's data directory.
        terminal_dir: the terminal's data directory.
        gateway_port: where the gateway finds the broker.
        terminal_port: where the terminal finds it.
        device: the till's line, or ``none``.
    """

    folder: Path
    gateway_dir: Path
    terminal_dir: Path
    gateway_port: int
    terminal_port: int
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One terminal as it is set up.

    Attributes:
        terminal: its name.
        directory: its data directory.
        port: where it finds the broker.
        reader: the reader's backend.
        device: the till's line, or ``none``.
        language: of its display.
    """

    terminal: TerminalId
    directory: Path
    port: int
    reader: str
    device: str
    language: str = "en"


def set_up(places: Places, options: ShopOptions) -> None:
    """Make the gateway and the terminal, and introduce them to each other."""
    rules = places.folder / "rules.toml"
    rules.write_text(PROGRAMME, encoding="utf-8")
    make_gateway(
        places.gateway_dir,
        rules,
        places.gateway_port,
        options.commands,
        ledger_url=options.ledger_url,
    )
    seat = Seat(
        terminal=TERMINAL,
        directory=places.terminal_dir,
        port=places.terminal_port,
        reader="pcsc" if options.reader else "none",
        device=places.device,
        language=options.language,
    )
    settings = dict(options.settings)
    if options.reader:
        settings["reader.name"] = json.dumps(PcscDaemon.reader_name(LANE))
    if options.tls:
        files = places.folder / "broker"
        settings |= _certificates(files, f"terminal-{TERMINAL}")
        change_settings(places.gateway_dir / "gateway.toml", _certificates(files, "gateway"))
    make_terminal(seat, places.gateway_dir, settings, options.commands)


def make_gateway(
    directory: Path,
    rules: Path,
    port: int,
    commands: Callable[..., str] = run_mohr_here,
    *,
    pages: bool = False,
    ledger_url: str | None = None,
) -> None:
    """Make a gateway.

    Args:
        directory: its data directory.
        rules: the file with its programme.
        port: where it finds the broker.
        commands: runs ``mohr``.
        pages: whether it serves its pages, at a free port.
        ledger_url: the database for its ledger; None for a file.
    """
    commands(
        *("gateway", "init", "--dir", str(directory), "--programme", str(rules)),
        *("--port", str(port)),
        *(() if ledger_url is None else ("--ledger-url", ledger_url)),
    )
    web = {"web.port": "0"} if pages else {"web.enabled": "false"}
    change_settings(directory / "gateway.toml", web)


def make_terminal(
    seat: Seat,
    gateway_dir: Path,
    settings: Mapping[str, str],
    commands: Callable[..., str] = run_mohr_here,
) -> None:
    """Make a terminal and introduce it to its gateway.

    Args:
        seat: what it is.
        gateway_dir: the gateway's data directory.
        settings: changes of its settings, by table and name, as TOML values.
        commands: runs ``mohr``.
    """
    commands(
        *("terminal", "init", "--dir", str(seat.directory), "--id", seat.terminal),
        *("--gateway", str(gateway_dir / "gateway.json")),
        *("--port", str(seat.port), "--reader", seat.reader, "--till", seat.device),
        *("--profile", PROFILE, "--currency", "EUR", "--language", seat.language),
    )
    introduce(seat.directory / "identity" / "terminal.json", gateway_dir, commands)
    change_settings(seat.directory / "terminal.toml", settings)


def introduce(
    registration: Path, gateway_dir: Path, commands: Callable[..., str] = run_mohr_here
) -> None:
    """Register a terminal at the gateway, which may be running."""
    commands("terminal", "add", str(registration), "--branch", BRANCH, "--dir", str(gateway_dir))


def _certificates(files: Path, name: str) -> dict[str, str]:
    return {
        "broker.ca_file": json.dumps(str(files / "ca.crt")),
        "broker.certificate_file": json.dumps(str(files / f"{name}.crt")),
        "broker.key_file": json.dumps(str(files / f"{name}.key")),
    }


def change_settings(path: Path, settings: Mapping[str, str]) -> None:
    """Change a TOML file as a person with an editor would.

    Args:
        path: the file; its tables stand in brackets on lines of their own.
        settings: TOML values by ``table.name``; tables that are missing are added.
    """
    text = path.read_text(encoding="utf-8")
    for place, value in settings.items():
        table, name = place.split(".")
        header = f"[{table}]\n"
        if header not in text:
            text += f"\n{header}"
        before, after = text.split(header, 1)
        own, bracket, rest = after.partition("\n[")
        # A name may stand in a table once only, so what init wrote is replaced.
        own = re.sub(rf"^{re.escape(name)} = .*\n?", "", own, flags=re.MULTILINE)
        text = f"{before}{header}{name} = {value}\n{own}{bracket}{rest}"
    path.write_text(text, encoding="utf-8")


def receipt(number: str, total_minor: int, *, printed_at: str = "23.11.2026 10:15") -> bytes:
    """A till's receipt over one item, paid by card."""
    return render_receipt(
        TillReceipt(
            shop="CAFÉ AM ECK",
            items=(ReceiptItem(label="Frühstück", amount_minor=total_minor),),
            receipt_number=number,
            printed_at=printed_at,
        )
    )
