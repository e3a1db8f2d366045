"""``mohr sim planted``: show that the checkers can fail."""

from __future__ import annotations

from typing import Annotated

import typer


def planted(
    names: Annotated[
        list[str] | None, typer.Argument(help="Hunt for these only.", show_default=False)
    ] = None,
    *,
    worlds: Annotated[int, typer.Option(min=1, help="Worlds to run for a bug at most.")] = 40,
    chaos: Annotated[
        bool, typer.Option(help="Hunt for what only real processes show, too.")
    ] = True,
    list_them: Annotated[bool, typer.Option("--list", help="Name them and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Plant one mistake after another into the real code, and see that each is found."""
    # Imported here, so that mohr --help stays quick.
    from simulators.planted.bug import Checker  # noqa: PLC0415 - see above
    from simulators.planted.crew import hunt_all, to_json  # noqa: PLC0415 - see above
    from simulators.planted.hunt import Budget  # noqa: PLC0415 - see above
    from simulators.planted.registry import BUGS, find_bug  # noqa: PLC0415 - see above

    chosen = [find_bug(name) for name in names] if names else list(BUGS.values())
    wanted = [bug for bug in chosen if chaos or bug.checker is not Checker.CHAOS]
    if list_them:
        for bug in wanted:
            typer.echo(f"{bug.name} ({bug.part}, by {bug.checker}): {bug.story}")
        return
    # What takes longest is begun first.
    slowest = (Checker.CHAOS, Checker.POWER, Checker.WORLD, Checker.RULES, Checker.REVIEWS)
    wanted.sort(key=lambda bug: slowest.index(bug.checker))
    order = [bug.name for bug in wanted]
    hunted = []
    for one in hunt_all(order, Budget(worlds=worlds)):
        hunted.append(one)
        if not as_json:
            typer.echo(one.line())
    missed = [one.name for one in hunted if one.catch is None]
    if as_json:
        typer.echo(to_json(hunted, order))
    else:
        typer.echo(f"{len(order) - len(missed)} of {len(order)} caught")
    if missed:
        raise typer.Exit(1)
