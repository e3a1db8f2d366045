"""``mohr gateway``: set up, run and administer the server."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.administer import DirOption, administer
from gateway.cli.logs import JsonLogOption
from gateway.cli.tables import show_table
from gateway.config_programme import default_programme, load_programme
from gateway.errors import ConfigError
from gateway.logs import log_to_stderr
from gateway.office.commands import AddProgramme, GetStats, ListTerminals, SetCardBlocked
from gateway.service.data_dir import DataDir

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
    ledger_url: Annotated[
        str | None, typer.Option(help="Keep the ledger in this PostgreSQL database instead.")
    ] = None,
) -> None:
    """Make a new gateway: its keys, an empty ledger, first rules, and gateway.json."""
    from gateway.service.set_up import NewGateway, set_up  # noqa: PLC0415 - loads the ledger

    rules = default_programme(currency) if programme is None else load_programme(programme)
    new = NewGateway(
        name=name,
        identity=identity,
        programme=rules,
        host=host,
        port=port,
        ledger_url=ledger_url,
    )
    made = set_up(DataDir(directory), new)
    typer.echo(f"gateway {made.name} made in {directory}, key {made.key_id.hex()}")
    typer.echo(f"set terminals up with {DataDir(directory).identity}")
    keys = DataDir(directory)
    typer.echo(f"back up {keys.signing_key}, {keys.card_key} and {keys.phone_key}")


@app.command()
def run(
    directory: DirOption,
    *,
    host: Annotated[str | None, typer.Option(help="Use this broker instead.")] = None,
    port: Annotated[int | None, typer.Option(help="Use this TCP port instead.")] = None,
    web_port: Annotated[
        int | None, typer.Option(help="Serve the pages at this port instead; 0 takes a free one.")
    ] = None,
    no_web: Annotated[bool, typer.Option("--no-web", help="Serve no pages.")] = False,
    log_json: JsonLogOption = False,
) -> None:
    """Run the gateway and its pages in the foreground until SIGTERM or Ctrl-C.

    In a blank directory the pages begin with the first-run wizard.
    """
    from gateway.cli.serve import Serving, serve  # noqa: PLC0415 - only running needs the rest

    log_to_stderr(as_json=log_json)
    given = {"host": host, "port": port}
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    serve(
        Serving(
            directory=directory,
            broker={key: value for key, value in given.items() if value is not None},
            web_port=web_port,
            with_web=not no_web,
        ),
        stopping,
    )
    typer.echo("mohr gateway: stopped")


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
