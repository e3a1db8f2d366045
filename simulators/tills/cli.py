"""``mohr sim till``, ``card-terminal`` and ``printer``: what stands around a shop's till."""

from __future__ import annotations

import secrets
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from gateway.errors import ConfigError
from simulators.receipts import ReceiptLanguage
from simulators.tills.card_terminal import Outcome
from terminal_agent.pos.device import Address, TcpDevice, parse_device
from terminal_agent.pos.profile import Dialect

_Port = Annotated[int, typer.Option(min=0, max=65_535, help="Where it listens; 0: a free port.")]


def till(  # noqa: PLR0913 - the options of a command
    folder: Annotated[
        Path | None,
        typer.Argument(help="Where the device TILL is made; made if missing. Not with --connect."),
    ] = None,
    *,
    dialect: Annotated[Dialect, typer.Option(help="The language on the line.")] = Dialect.ESCPOS,
    language: Annotated[
        ReceiptLanguage, typer.Option(help="Of the shop; Persian shops count in rials.")
    ] = ReceiptLanguage.GERMAN,
    connect: Annotated[
        str | None, typer.Option(help="HOST:PORT of a printer, proxy, relay or terminal.")
    ] = None,
    every: Annotated[float, typer.Option(min=0, help="Seconds between two sales.")] = 15.0,
    count: Annotated[int, typer.Option(min=1, help="How many sales.")] = 1_000,
    seed: Annotated[int | None, typer.Option(help="Play the same sales again.")] = None,
    baud: Annotated[int, typer.Option(min=300, help="Pace of a serial line.")] = 9_600,
    noise: Annotated[float, typer.Option(help="Share of messages behind random bytes.")] = 0.0,
    lost: Annotated[float, typer.Option(help="Share of bytes that do not arrive.")] = 0.0,
    turned: Annotated[float, typer.Option(help="Share of bytes with one bit turned.")] = 0.0,
    stalled: Annotated[float, typer.Option(help="Share of bytes behind a pause.")] = 0.0,
    stall_ms: Annotated[int, typer.Option(min=0, help="How long such a pause is.")] = 50,
    unplug: Annotated[
        float, typer.Option(help="Share of sales in whose middle the cable is pulled.")
    ] = 0.0,
    wrong_checks: Annotated[
        float, typer.Option(help="Share of sales in which a check is wrong first.")
    ] = 0.0,
) -> None:
    """Play a till in any language, on a pseudo-terminal FOLDER/till or over TCP, until Ctrl-C.

    Raises:
        ConfigError: if that cannot be played, or nobody is there.
    """
    # Imported here, so that mohr --help stays quick.
    from simulators.tills.line_faults import LineFaults  # noqa: PLC0415 - see above
    from simulators.tills.playing import TillOrder, player_of  # noqa: PLC0415 - see above
    from simulators.tills.sayings import profile_name  # noqa: PLC0415 - see above

    order = TillOrder(
        dialect=dialect,
        language=language,
        folder=folder,
        connect=None if connect is None else _address(connect),
        count=count,
        seed=secrets.randbelow(2**32) if seed is None else seed,
        baud=baud,
        faults=LineFaults(
            noise=noise, lost=lost, turned=turned, stalled=stalled, stall_ms=stall_ms
        ),
        unplug=unplug,
        wrong_checks=wrong_checks,
    )
    stopping = _until_told()
    with player_of(order) as player:
        typer.echo(
            f"till: ready, speaking {dialect.value} on {player.place} every {every:g} s; "
            f"profile {profile_name(dialect, language)} reads it"
        )
        sales = player.sales()
        while not stopping.wait(every):
            try:
                told = next(sales, None)
            except OSError as error:
                raise ConfigError(f"{player.place}: {error}; is anybody listening?") from error
            if told is None:
                break
            typer.echo(told)


def card_terminal(
    *,
    dialect: Annotated[Dialect, typer.Option(help="zvt-tcp, sadad or caisse-ap.")],
    outcome: Annotated[Outcome, typer.Option(help="How payments end.")] = Outcome.APPROVED,
    port: _Port = 0,
) -> None:
    """Play a card terminal that tills reach over TCP, until Ctrl-C.

    Raises:
        ConfigError: if it does not speak that over TCP.
    """
    from simulators.tills.paying_till import PAYS_OVER_TCP, terminal_end  # noqa: PLC0415 - as above
    from simulators.tills.tcp_card_terminal import TcpCardTerminal  # noqa: PLC0415 - as above

    if dialect not in PAYS_OVER_TCP:
        known = ", ".join(sorted(one.value for one in PAYS_OVER_TCP))
        raise ConfigError(f"no card terminal over TCP speaks {dialect.value}; these do: {known}")
    stopping = _until_told()
    with TcpCardTerminal(lambda: terminal_end(dialect, outcome), port=port) as terminal:
        typer.echo(f"card terminal: ready, speaking {dialect.value} on 127.0.0.1:{terminal.port}")
        stopping.wait()


def printer(*, port: _Port = 9_100) -> None:
    """Play a receipt printer in the network, until Ctrl-C."""
    from simulators.tills.network_printer import NetworkPrinter  # noqa: PLC0415 - as above

    stopping = _until_told()
    with NetworkPrinter(port=port) as made:
        typer.echo(f"printer: ready on 127.0.0.1:{made.port}")
        stopping.wait()


def _until_told() -> threading.Event:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def _address(text: str) -> Address:
    device = parse_device(f"tcp://{text.removeprefix('tcp://')}")
    assert isinstance(device, TcpDevice)
    return device.address
