"""``mohr gateway``: set up, run and administer the server."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.administer import DirOption, administer
from gateway.cli.logs import JsonLogOption, log_to_stderr
from gateway.cli.tables import show_table
from gateway.config import BrokerSettings, load_settings
from gateway.config_programme import default_programme, load_programme
from gateway.errors import ConfigError
from gateway.office.commands import AddProgramme, GetStats, ListTerminals, SetCardBlocked
from gateway.service.data_dir import DataDir

if TYPE_CHECKING:
    from gateway.service.assembly import RunningGateway
    from mqtt.settings import LinkSettings

#: How long the broker keeps what it owes a gateway that is away; terminals send again anyway.
SESSION_EXPIRY_S = 86_400
_POLL_S = 0.5

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Set up and run the server: seals, ledger, receipts.",
)


@app.command()
def init(  # noqa: PLR0913 - each is an option of the command line
    directory: DirOption,
    *,
    name: Annotated[str, typer.Option(help="The organisation's name, in any script.")] = "Mohr",
    identity: Annotated[
        str, typer.Option("--id", help="Machine name by which terminals know this gateway.")
    ] = "gateway",
    currency: Annotated[str, typer.Option(help="ISO 4217 code for the first rules.")] = "IRR",
    programme: Annotated[
        Path | None, typer.Option(help="First rules from a file instead; see programme.toml.")
    ] = None,
    host: Annotated[str, typer.Option(help="The broker.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The broker's TCP port.")] = 1883,
) -> None:
    """Make a new gateway: its keys, an empty ledger, first rules, and gateway.json."""
    from gateway.service.set_up import NewGateway, set_up  # noqa: PLC0415 - loads the ledger

    rules = default_programme(currency) if programme is None else load_programme(programme)
    new = NewGateway(name=name, identity=identity, programme=rules, host=host, port=port)
    made = set_up(DataDir(directory), new)
    typer.echo(f"gateway {made.name} made in {directory}, key {made.key_id.hex()}")
    typer.echo(f"set terminals up with {DataDir(directory).identity}")
    typer.echo(f"back up {DataDir(directory).signing_key} and {DataDir(directory).card_key}")


@app.command()
def run(
    directory: DirOption,
    *,
    host: Annotated[str | None, typer.Option(help="Use this broker instead.")] = None,
    port: Annotated[int | None, typer.Option(help="Use this TCP port instead.")] = None,
    log_json: JsonLogOption = False,
) -> None:
    """Run the gateway in the foreground until SIGTERM or Ctrl-C."""
    from gateway.notifier import LogNotifier  # noqa: PLC0415 - only running needs the rest
    from gateway.service.assembly import RunningGateway  # noqa: PLC0415 - the same
    from gateway.system_clock import SystemClock  # noqa: PLC0415 - the same
    from mqtt.paho_link import PahoLink  # noqa: PLC0415 - the same

    log_to_stderr(as_json=log_json)
    settings = load_settings(directory)
    given = {"host": host, "port": port}
    overridden = {key: value for key, value in given.items() if value is not None}
    broker = settings.broker.model_copy(update=overridden)
    link = PahoLink(link_settings(broker, settings.limits.in_flight))
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with RunningGateway(
        DataDir(directory), settings, link, SystemClock(), LogNotifier()
    ) as running:
        typer.echo(f"mohr gateway: started, connecting to {broker.host}:{broker.port}")
        _wait(running, stopping)
    typer.echo("mohr gateway: stopped")


def _wait(running: RunningGateway, stopping: threading.Event) -> None:
    ready = False
    while not stopping.is_set() and not running.service.wait_ended(0 if not ready else _POLL_S):
        if not ready and running.service.wait_up(_POLL_S):
            ready = True
            typer.echo("mohr gateway: ready")


def link_settings(broker: BrokerSettings, in_flight: int) -> LinkSettings:
    """Say how the gateway connects.

    Raises:
        ConfigError: if a certificate or its key stands without the authority's file.
        LinkError: naming any other setting that cannot work.
    """
    from mqtt.settings import (  # noqa: PLC0415 - only running needs them
        GATEWAY_INFLIGHT_MAX,
        LinkSettings,
        TlsSettings,
    )
    from mqtt.topics import gateway_subscriptions  # noqa: PLC0415 - the same

    tls = None
    if broker.ca_file is not None:
        tls = TlsSettings(
            ca_file=broker.ca_file,
            certificate_file=broker.certificate_file,
            key_file=broker.key_file,
        )
    elif broker.certificate_file is not None or broker.key_file is not None:
        raise ConfigError("broker.ca_file is missing: without it TLS is off")
    return LinkSettings(
        host=broker.host,
        port=broker.port,
        client_id=broker.client_id,
        subscriptions=gateway_subscriptions(),
        clean=False,
        session_expiry_s=SESSION_EXPIRY_S,
        inflight_max=GATEWAY_INFLIGHT_MAX,
        receive_max=in_flight,
        version=broker.mqtt,
        tls=tls,
    )


@app.command()
def programme(
    file: Annotated[Path, typer.Argument(help="A programme file with the next version.")],
    directory: DirOption,
) -> None:
    """Check a programme file and add it as the next version of the rules."""
    # Checked here too, so that what is wrong with the file is said before a gateway is asked.
    load_programme(file)
    reply = administer(directory, AddProgramme(programme=file.read_text(encoding="utf-8")))
    typer.echo(reply.text)


@app.command()
def terminals(directory: DirOption) -> None:
    """Name every terminal, where it stands, and how far it is settled."""
    online = {True: "yes", False: "no", None: ""}
    rows = [
        (line.terminal, line.branch, str(line.epoch), str(line.watermark), online[line.online])
        for line in administer(directory, ListTerminals()).terminals
    ]
    show_table(("terminal", "branch", "epoch", "settled up to", "online"), rows)


@app.command()
def card(
    token: Annotated[str, typer.Argument(help="The card's token; mohr member show names it.")],
    directory: DirOption,
    *,
    blocked: Annotated[bool, typer.Option("--block/--unblock")],
) -> None:
    """Block a card, or let it be used again."""
    try:
        command = SetCardBlocked(token=token, blocked=blocked)
    except ValueError as error:
        raise ConfigError("a card's token is 64 lower-case hexadecimal digits") from error
    typer.echo(administer(directory, command).text)


@app.command()
def stats(directory: DirOption) -> None:
    """Show what the running gateway has counted since it started."""
    counted = administer(directory, GetStats()).stats
    if counted is None:
        raise ConfigError("the gateway gave no counts")
    for name, value in counted.model_dump().items():
        typer.echo(f"{name} {value}")
