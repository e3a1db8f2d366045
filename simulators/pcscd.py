"""A real pcscd with virtual readers, for tests and demonstrations on a machine without hardware.

Facts it is built on, measured on Debian 12: two vpcd entries that share one library answer with
each other's cards, so each reader gets its own copy; each entry opens two ports (two slots);
pcscd reads its configuration only when it starts, so a reader is unplugged by restarting; only
one pcscd can run on a machine, so a file lock makes sessions wait for each other.
"""

from __future__ import annotations

import fcntl
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from gateway.errors import MohrError
from simulators.vpcd import VpcdSlot

PCSCD: Final = "/usr/sbin/pcscd"
VPCD_LIBRARY: Final = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
COMMAND_SOCKET: Final = Path("/run/pcscd/pcscd.comm")
INSTALL_HINT: Final = "apt-get install --no-install-recommends pcscd vsmartcard-vpcd"
READERS_MAX: Final = 8
START_TIMEOUT_S: Final = 15.0
LOCK_TIMEOUT_S: Final = 300.0

_LISTEN: Final = "0A"


class PcscdError(MohrError):
    """The daemon or its virtual readers cannot be had on this machine; says what to install."""


def missing_parts() -> str | None:
    """What of pcscd and vpcd is not installed, as a sentence; None where all is there."""
    missing = [path for path in (PCSCD, VPCD_LIBRARY) if not Path(path).exists()]
    if not missing:
        return None
    return f"{' and '.join(missing)} not found: {INSTALL_HINT}"


class PcscDaemon:
    """One pcscd and its virtual readers.

    Args:
        folder: an empty folder for configuration, driver copies and the log.
        readers: names of the readers; each shows up as ``NAME 00 00`` and an empty ``NAME 00 01``.

    Raises:
        PcscdError: from ``start``, if something is not installed or another pcscd is running.
    """

    def __init__(self, folder: Path, readers: Sequence[str]) -> None:
        if len(readers) > READERS_MAX:
            raise PcscdError(f"pcscd holds {READERS_MAX} virtual readers of two slots each")
        self._folder = folder
        self._ports = dict(zip(readers, _free_port_pairs(len(readers)), strict=True))
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None
        self._plugged: tuple[str, ...] = ()

    @staticmethod
    def reader_name(reader: str) -> str:
        """The name under which PC/SC lists the first slot of a reader."""
        return f"{reader} 00 00"

    def slot(self, reader: str) -> VpcdSlot:
        """Where to put cards for ``reader``; each call makes an independent hand."""
        return VpcdSlot(self._ports[reader])

    def start(self, plugged: Sequence[str] | None = None) -> None:
        """Start the daemon and wait until its readers listen.

        Args:
            plugged: the readers to plug in; None for all.
        """
        hint = missing_parts()
        if hint is not None:
            raise PcscdError(hint)
        self._take_lock()
        if _answers(COMMAND_SOCKET):
            raise PcscdError("another pcscd is running on this machine; only one can")
        self._plugged = tuple(self._ports) if plugged is None else tuple(plugged)
        configuration = self._write_configuration()
        log = (self._folder / "pcscd.log").open("ab")
        with log:
            self._process = subprocess.Popen(  # noqa: S603 - a fixed path and our own folder
                [PCSCD, "--foreground", "--info", "--config", str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait_until_up()

    def stop(self) -> None:
        """Stop the daemon in good order; the lock stays."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            # A card that hangs keeps pcscd from ending.
            process.kill()
            process.wait(timeout=10)

    def kill(self) -> None:
        """Kill the daemon the hard way; its socket and pid file stay behind."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(timeout=10)

    def close(self) -> None:
        """Stop, and let the next session have a pcscd."""
        self.stop()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        lock = (Path(tempfile.gettempdir()) / "mohr-pcscd.lock").open("wb")
        deadline = time.monotonic() + LOCK_TIMEOUT_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    lock.close()
                    raise PcscdError("another session has kept pcscd for too long") from error
                time.sleep(0.2)
            else:
                self._lock = lock
                return

    def _write_configuration(self) -> Path:
        configuration = self._folder / "reader.conf.d"
        shutil.rmtree(configuration, ignore_errors=True)
        configuration.mkdir(parents=True)
        for index, reader in enumerate(self._plugged):
            library = self._folder / f"libifdvpcd{index}.so"
            if not library.exists():
                shutil.copyfile(Path(VPCD_LIBRARY).resolve(), library)
            port = f"0x{self._ports[reader]:04X}"
            text = (
                f'FRIENDLYNAME "{reader}"\nDEVICENAME /dev/null:{port}\n'
                f"LIBPATH {library}\nCHANNELID {port}\n"
            )
            (configuration / f"reader{index}").write_text(text)
        return configuration

    def _wait_until_up(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        wanted = {
            port + slot for name in self._plugged for port in [self._ports[name]] for slot in (0, 1)
        }
        while not (wanted <= _listening_ports() and _answers(COMMAND_SOCKET)):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                text = (self._folder / "pcscd.log").read_text(errors="replace")[-2000:]
                raise PcscdError(f"pcscd did not come up: {text}")
            time.sleep(0.02)


def _free_port_pairs(count: int) -> list[int]:
    """First ports of ``count`` free neighbouring pairs, none of them overlapping."""
    pairs: list[int] = []
    while len(pairs) < count:
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            with socket.socket() as second:
                try:
                    second.bind(("127.0.0.1", port + 1))
                except (OSError, OverflowError):
                    continue
        if all(abs(port - other) > 1 for other in pairs):
            pairs.append(port)
    return pairs


def _listening_ports() -> set[int]:
    """Ports somebody listens on, by the kernel's table: connecting would insert a card."""
    ports: set[int] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not Path(table).exists():
            continue
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTEN:
                ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True
