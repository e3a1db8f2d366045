"""``python -m simulators.planted NAME -- ARGS…``: the ``mohr`` command with one mistake in it."""

from __future__ import annotations

import sys

from gateway.cli.main import FAULT_EXIT, main
from simulators.planted.bug import PlantedError
from simulators.planted.registry import BUGS, HARMLESS, planted

_USAGE = "usage: python -m simulators.planted NAME -- ARGS..., or --list"


def run(arguments: list[str]) -> None:
    """Plant the bug for the rest of this process, and hand over to ``mohr``."""
    if arguments == ["--list"]:
        for bug in (*BUGS.values(), *HARMLESS.values()):
            expected = bug.checker if bug.name in BUGS else "harmless"
            sys.stdout.write(f"{bug.name}  [{bug.part}, {expected}]  {bug.story}\n")
        return
    if len(arguments) < 2 or arguments[1] != "--":
        sys.stderr.write(f"{_USAGE}\n")
        sys.exit(FAULT_EXIT)
    try:
        with planted(arguments[0]):
            sys.argv = ["mohr", *arguments[2:]]
            main()
    except PlantedError as error:
        sys.stderr.write(f"mohr: {error}\n")
        sys.exit(FAULT_EXIT)


if __name__ == "__main__":
    run(sys.argv[1:])
