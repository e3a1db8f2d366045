"""Which installed distributions a process of ours loaded, by the interpreter's own account."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from typing import Final

from simulators.bench.watched_agent import WatchedAgent
from simulators.command_process import MOHR

_IMPORT_LINE: Final = re.compile(r"^import time:\s*\d+ \|\s*\d+ \|\s*([\w.]+)\s*$", re.MULTILINE)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


#: What a terminal's libraries load where they find it, and do without: paho looks for a resolver
#: of SRV records, which loads idna; structlog looks for greenlets. A terminal's own environment
#: has none of them; one with the tools of development has all.
COMPANIONS: Final = frozenset({"dnspython", "greenlet", "idna"})


def loaded_by_agent(terminal_dir: Path, log: Path) -> frozenset[str]:
    """Run an agent with ``-X importtime`` until it is ready, and stop it.

    Args:
        terminal_dir: a terminal whose agent is not running.
        log: where the interpreter lists what it imports; a new file.

    Returns:
        the distributions that it imported anything of, by normalised name.
    """
    command = (sys.executable, "-X", "importtime", MOHR)
    with WatchedAgent(terminal_dir, log, command=command) as agent:
        agent.wait_open(link=True)
    packages = _packages(log.read_text(encoding="utf-8", errors="replace"))
    bare = subprocess.run(  # noqa: S603 - the interpreter that runs us, doing nothing
        [*command[:3], "-c", ""], capture_output=True, text=True, check=True
    )
    # What the environment starts every interpreter with is no choice of the agent's.
    packages -= _packages(bare.stderr)
    homes = packages_distributions()
    return frozenset(_normal(home) for package in packages for home in homes.get(package, ()))


def installed_with(distribution: str, extras: Iterable[str]) -> frozenset[str]:
    """What ``pip install DISTRIBUTION[EXTRAS]`` brings, itself included.

    Other conditions than extras (systems, versions of Python) are taken as met, so the set may
    name more than pip would install; never less.

    Args:
        distribution: the one asked for.
        extras: of it; those of what it needs do not count.
    """
    found = {_normal(distribution)}
    waiting = _needs(distribution, frozenset(extras))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting |= _needs(name, frozenset())
    return frozenset(found)


def _packages(listing: str) -> set[str]:
    return {module.partition(".")[0] for module in _IMPORT_LINE.findall(listing)}


def _needs(distribution: str, extras: frozenset[str]) -> set[str]:
    try:
        lines = requires(distribution) or []
    except PackageNotFoundError:
        # Needed on another system only.
        return set()
    return {
        _normal(found.group())
        for line in lines
        if (found := _NAME.match(line)) and _wanted(line, extras)
    }


def _wanted(line: str, extras: frozenset[str]) -> bool:
    asked = re.search(r"extra\s*==\s*['\"]([^'\"]+)['\"]", line)
    return asked is None or asked.group(1) in extras


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
