"""The command: ``check`` that every message is in every language."""

from __future__ import annotations

import argparse
import sys

from gateway.errors import ConfigError
from web_admin.catalogues.check import findings


def main(arguments: list[str] | None = None) -> int:
    """Carry the command out.

    Args:
        arguments: the words behind it; those of the process if None.

    Returns:
        0 if all is well, 1 if something was found, 2 if it could not be looked at.
    """
    parser = argparse.ArgumentParser(prog="python -m web_admin.catalogues", description=__doc__)
    parser.add_argument("action", choices=("check",))
    parser.add_argument("--only", default="", help="show only lines that hold this text")
    chosen = parser.parse_args(arguments)
    try:
        said = findings()
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for line in said:
        if chosen.only in line:
            sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{len(said)} findings\n")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
