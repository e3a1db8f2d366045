"""The command: ``fetch`` other people's files, or ``check`` those that are here."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from web_admin.vendoring import lock as locks
from web_admin.vendoring.check import findings
from web_admin.vendoring.errors import VendorError
from web_admin.vendoring.fetch import Registry, fetch
from web_admin.vendoring.tarball import npm_integrity, npm_pack
from web_admin.vendoring.wanted import read_wanted

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Carry the command out.

    Args:
        arguments: the words behind it; those of the process if None.

    Returns:
        0 if all is well, 1 if the check found something, 2 if it could not be done.
    """
    parser = argparse.ArgumentParser(prog="python -m web_admin.vendoring", description=__doc__)
    parser.add_argument("action", choices=("fetch", "check"))
    action = parser.parse_args(arguments).action
    try:
        wanted = read_wanted()
        if action == "fetch":
            registry = Registry(tarball=npm_pack, integrity=npm_integrity)
            lock = fetch(wanted, locks.read_lock(), registry, ROOT)
            locks.FILE.write_text(locks.write_lock(lock), encoding="utf-8")
        said = findings(wanted, locks.read_lock(), ROOT)
    except VendorError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for line in said:
        sys.stderr.write(f"{line}\n")
    if not said:
        count = sum(len(package.file) for package in locks.read_lock().package)
        sys.stdout.write(f"{count} files are as the lock says\n")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
