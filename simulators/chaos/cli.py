"""``mohr chaos``: real processes, mistreated from a seed, and their books compared afterwards."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from simulators.command_process import MOHR

app = typer.Typer(
    add_completion=False,
    help="Kill and mistreat real processes, and check that nothing is lost.",
    invoke_without_command=True,
)


class PlantedIn(StrEnum):
    """Whose processes a planted bug is started in."""

    AGENT = "agent"
    GATEWAY = "gateway"


@app.callback()
def chaos(  # noqa: PLR0913 - each is an option of the command line
    *,
    rounds: Annotated[int, typer.Option(min=1, help="How many; about three seconds each.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Draws the faults and the customers.")] = 0,
    from_round: Annotated[
        int, typer.Option(min=1, help="Begin with this round, in a new shop.")
    ] = 1,
    terminals: Annotated[int, typer.Option(min=1, max=20, help="Tills of the shop.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    keep: Annotated[
        Path | None, typer.Option(help="Leave what the processes wrote in this folder.")
    ] = None,
    planted: Annotated[str | None, typer.Option(hidden=True)] = None,
    planted_in: Annotated[PlantedIn, typer.Option(hidden=True)] = PlantedIn.AGENT,
) -> None:
    """Run Mosquitto, a gateway and tills, strike them at random moments, and check all books."""
    # Imported here, so that mohr --help stays quick.
    from simulators.chaos.machine import prepare_machine  # noqa: PLC0415 - see above
    from simulators.chaos.report import RoundReport  # noqa: PLC0415 - see above
    from simulators.chaos.run import ChaosOptions, run_chaos  # noqa: PLC0415 - see above
    from simulators.chaos.shop import ShopKit  # noqa: PLC0415 - see above

    machine = prepare_machine()
    for name, missing in machine.unavailable.items():
        typer.echo(f"mohr chaos: {name} is not available: {missing}", err=True)

    def tell(played: RoundReport) -> None:
        if not as_json or not played.clean:
            typer.echo(played.line(), err=as_json)

    report = run_chaos(
        ChaosOptions(
            seed=seed,
            rounds=rounds,
            first_round=from_round,
            kit=ShopKit(
                tills=terminals,
                clock_library=machine.clock_library,
                small_disks=machine.small_disks,
                agent_program=_program(planted, wanted=planted_in is PlantedIn.AGENT),
                gateway_program=_program(planted, wanted=planted_in is PlantedIn.GATEWAY),
            ),
            unavailable=machine.unavailable,
            keep=keep,
        ),
        tell,
    )
    if as_json:
        typer.echo(report.to_json())
    failed = [one.number for one in report.rounds if not one.clean]
    if failed:
        typer.echo(
            f"again with: mohr chaos --seed {seed} --from-round {failed[0]} --rounds 1", err=True
        )
        raise typer.Exit(1)


def _program(planted: str | None, *, wanted: bool) -> tuple[str, ...]:
    if planted is None or not wanted:
        return (str(MOHR),)
    return (sys.executable, "-m", "simulators.planted", planted, "--")
