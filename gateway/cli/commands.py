"""The sub-commands of ``mohr``, found by entry point and imported only when one is called.

``mohr --help`` must answer at once on a small box, so a listing shows one line from the table below
and touches no sub-command's module. A plug-in of somebody else's shows where it comes from instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from gateway.errors import ConfigError

GROUP: Final = "mohr.commands"

#: One line for each command of our own, in the order a newcomer meets them.
OWN_HELP: Final = {
    "demo": "Run a whole shop on this machine, with simulated hardware.",
    "gateway": "Set up and run the server: seals, ledger, receipts.",
    "terminal": "Set up and run the agent beside the till.",
    "reader": "Find card readers and look at what they read.",
    "pos": "Look at what a till sends and how it is understood.",
    "broker": "Write a broker's configuration, or run the demonstration broker.",
    "program": "Check programme files, compare them, and begin with one of six by trade.",
    "ledger": "Audit the ledger and show its balances.",
    "member": "Look up members, their cards and their points.",
    "card": "Issue, read, verify, block, replace, rekey and wipe cards.",
    "key": "Make, list, back up and restore the master keys of cards.",
    "sim": "Run whole shops from a seed, in which everything goes wrong.",
    "chaos": "Kill and mistreat real processes, and check that nothing is lost.",
    "bench": "Measure how fast Mohr is on this machine.",
}

#: The same for commands that we put into another group of ours, by the group's and their name.
GUEST_HELP: Final = {
    "mohr.commands.terminal add": "Register a terminal at its gateway, so that its seals count.",
    "mohr.commands.gateway account": "Add and mend the accounts of people who use the pages.",
    "mohr.commands.gateway backup": "Take, prove and restore backups.",
    "mohr.commands.gateway doctor": "Look for what is wrong, and say what to do about it.",
}

#: Which extra of ours brings a module that may be missing.
_EXTRAS: Final = {
    "sqlalchemy": "gateway",
    "alembic": "gateway",
    "argon2": "gateway",
    "flask": "gateway",
    "serial": "terminal",
    "sqlite_utils": "terminal",
    "smartcard": "pcsc",
    "nfc": "nfc",
    "pkcs11": "pkcs11",
    "amqtt": "demo",
}


class LazyCommand(TyperCommand):
    """Stands in for a sub-command in listings; becomes the real one when it is called."""

    def __init__(self, entry_point: EntryPoint) -> None:
        """Name the command after its entry point; import nothing."""
        super().__init__(name=entry_point.name, help=_help_of(entry_point))
        self._entry_point = entry_point

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: Any = None,  # noqa: ANN401 - typer keeps its context type private
        **extra: Any,  # noqa: ANN401 - whatever typer hands to a context
    ) -> Any:  # noqa: ANN401 - the same private context type
        """Import the real command and let it read ``args``.

        Raises:
            ConfigError: if the command's module needs something that is not installed.
        """
        return self._load().make_context(info_name, args, parent=parent, **extra)

    def _load(self) -> Any:  # noqa: ANN401 - typer keeps its command type private
        try:
            loaded = self._entry_point.load()
        except ModuleNotFoundError as error:
            raise _missing(self._entry_point, error) from error
        command = typer.main.get_command(loaded) if isinstance(loaded, typer.Typer) else loaded
        if isinstance(command, TyperGroup):
            for guest in sub_commands(f"{GROUP}.{self.name}"):
                command.add_command(guest)
        return command


def sub_commands(group: str = GROUP) -> list[LazyCommand]:
    """Every installed sub-command: our own in the table's order, then plug-ins by name.

    A package may put a command into another package's group without either importing the other:
    ``mohr terminal add`` is the gateway's, by the entry point group ``mohr.commands.terminal``.
    """
    return [LazyCommand(entry_point) for entry_point in _ordered(entry_points(group=group))]


def _ordered(found: Iterable[EntryPoint]) -> list[EntryPoint]:
    rank = {name: index for index, name in enumerate(OWN_HELP)}
    # A checkout beside an installed copy lists an entry point twice; one of each name is enough.
    unique = {entry_point.name: entry_point for entry_point in found}
    return sorted(unique.values(), key=lambda one: (rank.get(one.name, len(rank)), one.name))


def _help_of(entry_point: EntryPoint) -> str:
    package = entry_point.module.partition(".")[0]
    stranger = f"Added by the package {package}."
    if entry_point.group == GROUP:
        return OWN_HELP.get(entry_point.name, stranger)
    return GUEST_HELP.get(f"{entry_point.group} {entry_point.name}", stranger)


def _missing(entry_point: EntryPoint, error: ModuleNotFoundError) -> ConfigError:
    missing = (error.name or "").partition(".")[0]
    extra = _EXTRAS.get(missing)
    advice = f"install mohr[{extra}]" if extra else "install the package that brings it"
    return ConfigError(f"mohr {entry_point.name} needs {error.name or error}: {advice}")
