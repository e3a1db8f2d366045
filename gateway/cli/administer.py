"""Has a command executed by whoever may write the ledger: the running gateway, or this process."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from gateway.config import GatewaySettings, load_settings
from gateway.errors import ConfigError
from gateway.office.commands import Command, Reply
from gateway.service.admin_socket import ask
from gateway.service.data_dir import DataDir, DataInUseError

#: How long a gateway may take from locking its files to listening on its socket.
_STARTING_S: Final = 10.0
_RETRY_S: Final = 0.1

DirOption: TypeAlias = Annotated[
    Path,
    typer.Option("--dir", envvar="MOHR_GATEWAY_DIR", help="The gateway's data directory."),
]


def administer(directory: Path, command: Command) -> Reply:
    """Execute a command.

    Args:
        directory: the gateway's data directory.
        command: what to do.

    Returns:
        the reply; always one of success.

    Raises:
        ConfigError: if the gateway refused it.
        MohrError: if it could not be executed here.
    """
    settings = load_settings(directory)
    data_dir = DataDir(directory)
    until_s = time.monotonic() + _STARTING_S
    while True:
        reply = ask(data_dir.socket, command)
        if reply is not None:
            break
        try:
            return _execute_here(data_dir, settings, command)
        except DataInUseError:
            # A gateway that is just starting has its files already and its socket not yet.
            if time.monotonic() > until_s:
                raise
            time.sleep(_RETRY_S)
    if not reply.ok:
        raise ConfigError(reply.text)
    return reply


def _execute_here(data_dir: DataDir, settings: GatewaySettings, command: Command) -> Reply:
    # Imported here: the ledger's libraries are slow to load and not needed to ask a gateway.
    from gateway.ledger.sql_store import SqlLedgerStore  # noqa: PLC0415 - see above
    from gateway.service.administration import execute  # noqa: PLC0415 - see above
    from gateway.service.data_dir import DataLock  # noqa: PLC0415 - see above
    from gateway.system_clock import SystemClock  # noqa: PLC0415 - see above

    with DataLock(data_dir):
        store = SqlLedgerStore(data_dir.ledger_place(settings))
        try:
            return execute(command, store, SystemClock().unix_ms())
        finally:
            store.close()
