"""Learns about the machine: disk, clock, files, and whether the broker's port answers."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import stat
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

from gateway.backup.contents import KEY_FILES, NEEDED_KEYS
from gateway.clock import Clock
from gateway.doctor.collect_card_keys import CARD_KEYS_FILE
from gateway.doctor.facts import BrokerFacts, FolderFacts, MachineFacts, MosquittoFacts
from gateway.errors import ConfigError

#: Where Debian's Mosquitto looks for its configuration.
MOSQUITTO_FOLDER: Final = Path("/etc/mosquitto")
_MOSQUITTO_DEFAULTS: Final = {"max_inflight_messages": 20, "max_queued_messages": 1_000}
_MOSQUITTO_PORT: Final = 1883
_MOSQUITTO_BYTES_MAX: Final = 256 * 1024
_REACH_TIMEOUT_S: Final = 2.0
_FSYNCS: Final = 3
_FSYNC_BYTES: Final = 4_096


def machine_facts(data_dir: Path, clock: Clock) -> MachineFacts:
    """Learn about the machine.

    Raises:
        ConfigError: if the data directory cannot be looked at.
    """
    try:
        usage = shutil.disk_usage(data_dir)
    except OSError as error:
        raise ConfigError(f"{data_dir} cannot be looked at: {error}") from error
    major, minor, patch = sqlite3.sqlite_version_info
    return MachineFacts(
        sqlite_version=(major, minor, patch),
        free_bytes=usage.free,
        total_bytes=usage.total,
        fsync_us=_fsync_us(data_dir),
        synchronised_at_ms=clock.synchronised_at_ms(),
    )


def folder_facts(data_dir: Path) -> FolderFacts:
    """Learn who may read the data directory and its keys.

    Raises:
        ConfigError: if the data directory cannot be looked at.
    """
    modes: dict[str, int] = {}
    try:
        for name in (*KEY_FILES, CARD_KEYS_FILE):
            if (data_dir / name).exists():
                modes[name] = stat.S_IMODE((data_dir / name).stat().st_mode)
        mode = stat.S_IMODE(data_dir.stat().st_mode)
    except OSError as error:
        raise ConfigError(f"{data_dir} cannot be looked at: {error}") from error
    missing = tuple(name for name in NEEDED_KEYS if name not in modes)
    return FolderFacts(mode=mode, key_modes=modes, keys_missing=missing)


def broker_facts(host: str, port: int, *, mosquitto: Path = MOSQUITTO_FOLDER) -> BrokerFacts:
    """Learn whether the broker's port answers, and what a Mosquitto here was told."""
    try:
        with socket.create_connection((host, port), timeout=_REACH_TIMEOUT_S):
            reachable = True
    except OSError:
        # Whatever the reason, nobody reaches it from here; the finding names the address.
        reachable = False
    return BrokerFacts(reachable=reachable, mosquitto=mosquitto_facts(mosquitto))


def mosquitto_facts(folder: Path) -> MosquittoFacts | None:
    """What Mosquitto's configuration says, the last line counting.

    Returns:
        what it was told; None where there is no configuration, or none that we may read.
    """
    files = [folder / "mosquitto.conf", *sorted(folder.glob("conf.d/*.conf"))]
    files += sorted(folder.glob("mohr/*.conf"))
    texts = [text for text in map(_configuration, files) if text is not None]
    if not texts:
        return None
    limits, ports = dict(_MOSQUITTO_DEFAULTS), set[int]()
    for line in "\n".join(texts).splitlines():
        name, *values = line.split() or [""]
        value = int(values[0]) if values and values[0].isdecimal() else None
        if value is not None and name in limits:
            limits[name] = value
        elif value is not None and name in ("listener", "port"):
            ports.add(value)
    return MosquittoFacts(ports=frozenset(ports or {_MOSQUITTO_PORT}), limits=limits)


def _configuration(file: Path) -> str | None:
    try:
        return file.read_bytes()[:_MOSQUITTO_BYTES_MAX].decode("utf-8", "replace")
    except OSError:
        # Not there, or not for us to read.
        return None


def _fsync_us(data_dir: Path) -> int | None:
    times_us: list[int] = []
    try:
        with tempfile.TemporaryFile(prefix=".mohr-doctor-", dir=data_dir) as file:
            for _ in range(_FSYNCS):
                file.write(bytes(_FSYNC_BYTES))
                file.flush()
                begun = time.perf_counter_ns()
                os.fsync(file.fileno())
                times_us.append((time.perf_counter_ns() - begun) // 1_000)
    except OSError:
        # A full or read-only disk; that it is full is found by its free space.
        return None
    return int(median(times_us))
