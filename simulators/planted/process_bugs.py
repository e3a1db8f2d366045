"""Mistakes that only real processes and a real broker show."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.service.data_dir import DataDir, DataInUseError, DataLock
from mqtt.paho_link import PahoConnection
from mqtt.reconnect import Attempt
from simulators.planted.bug import Checker, Part, plant
from terminal_agent.errors import JournalBusyError
from terminal_agent.journal.lock import JournalLock


def _lock_by_content(path: Path) -> int | None:
    """Take a lock by writing into its file, which nobody empties for a process that was killed.

    Returns:
        the open file; None where somebody's number stands in it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if os.read(descriptor, 1):
        os.close(descriptor)
        return None
    os.write(descriptor, str(os.getpid()).encode())
    atexit.register(os.truncate, path, 0)
    return descriptor


@plant(
    "gateway-lock-outlives-it",
    part=Part.GATEWAY,
    checker=Checker.CHAOS,
    where="gateway.service.data_dir:DataLock.__init__",
)
def gateway_lock_outlives_it(_original: object) -> Callable[[DataLock, DataDir], None]:
    """The lock is a process number in a file, and a gateway that was killed leaves it there."""

    def __init__(self: DataLock, data_dir: DataDir) -> None:  # noqa: N807 - it replaces one
        descriptor = _lock_by_content(data_dir.lock)
        if descriptor is None:
            raise DataInUseError(f"another mohr process is using {data_dir.path}")
        self._descriptor = descriptor

    return __init__


@plant(
    "journal-lock-outlives-it",
    part=Part.JOURNAL,
    checker=Checker.CHAOS,
    where="terminal_agent.journal.lock:JournalLock.__init__",
)
def journal_lock_outlives_it(_original: object) -> Callable[[JournalLock, Path], None]:
    """The lock is a process number in a file, and an agent that was killed leaves it there."""

    def __init__(self: JournalLock, journal: Path) -> None:  # noqa: N807 - it replaces one
        descriptor = _lock_by_content(journal.with_name(journal.name + ".lock"))
        if descriptor is None:
            raise JournalBusyError(f"another agent holds {journal}; stop it first")
        self._fd = descriptor

    return __init__


@plant(
    "subscribes-once",
    part=Part.LINK,
    checker=Checker.CHAOS,
    where="mqtt.paho_link:PahoConnection._on_connect",
)
def subscribes_once(original: Callable[..., None]) -> Callable[..., None]:
    """Only the first connection subscribes: the broker's session is trusted to stay."""

    def _on_connect(
        self: PahoConnection,
        _client: object,
        _data: object,
        _flags: object,
        code: Any,  # noqa: ANN401 - paho has one home, and it is not here
        props: object,
    ) -> None:
        if self._generation == 1 or code.is_failure:
            original(self, _client, _data, _flags, code, props)
            return
        self.attempt = Attempt.ACCEPTED
        self._come_up()

    return _on_connect
