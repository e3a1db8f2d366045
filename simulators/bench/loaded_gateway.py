"""The shipped gateway behind a real Mosquitto, with a past, under a load of many terminals."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from gateway.config_programme import default_programme
from gateway.model.programme import Programme
from gateway.office.commands import GetStats, Stats
from gateway.service.admin_socket import ask
from gateway.service.data_dir import DataDir
from gateway.service.set_up import NewGateway, set_up
from mqtt.mosquitto import MosquittoSettings, mosquitto_configuration
from simulators.bench.big_ledger import BigLedger, make_big_ledger
from simulators.bench.memory import memory_of
from simulators.bench.publisher import LoadError, Sent, write_messages
from simulators.bench.sealed_load import SealedLoad
from simulators.command_process import MohrProcess
from simulators.mosquitto_process import MosquittoProcess, free_port

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_LOAD_TIMEOUT_S = 1_800
_PAGES_AT = re.compile(r"pages at (http://\S+)")

#: Given the pages' address, what to do there for as long as its context is open.
Beside: TypeAlias = Callable[[str], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRun:
    """One load, taken by the running gateway.

    Attributes:
        sent: what the generator saw.
        commits: durable commits in which it was taken.
        gateway_cpu_s: processor time of the gateway.
        broker_cpu_s: processor time of Mosquitto.
        gateway_peak_mib: the gateway's resident memory at its highest.
    """

    sent: Sent
    commits: int
    gateway_cpu_s: float
    broker_cpu_s: float
    gateway_peak_mib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BareRun:
    """The same load, taken by the bare intake.

    Attributes:
        seconds: from its first message to its last commit.
        cpu_s: its processor time.
    """

    seconds: float
    cpu_s: float


class LoadBench:
    """A broker, and a gateway with a past that is started for one load at a time.

    Attributes:
        ledger: the past, whose terminals seal what comes next.
    """

    def __init__(
        self, folder: Path, *, members: int, terminals: int, programme: Programme | None = None
    ) -> None:
        """Make everything; only the broker runs.

        Args:
            folder: empty, on the disk that is to be measured, with a short path.
            members: in the past.
            terminals: in the past.
            programme: its first version; None for points per amount and nothing else.
        """
        self._folder = folder
        self._data_dir = DataDir(folder / "gateway")
        port = free_port()
        settings = MosquittoSettings(
            terminals=terminals, port=port, bind_address="127.0.0.1", tls=None, log_to_stderr=True
        )
        configuration = mosquitto_configuration(settings).configuration
        self._broker = MosquittoProcess(configuration, port=port, folder=folder / "mosquitto")
        new = NewGateway(
            name="Bench",
            identity="gateway",
            programme=programme or default_programme("EUR"),
            host="127.0.0.1",
            port=port,
        )
        set_up(self._data_dir, new)
        self.ledger: BigLedger = make_big_ledger(
            self._data_dir.ledger, members=members, terminals=terminals
        )
        # A load can be given to the ledger only once, but to copies of it as often as one likes.
        self._untouched = folder / "untouched.db"
        shutil.copyfile(self._data_dir.ledger, self._untouched)
        self._broker.start()

    def close(self) -> None:
        """Stop the broker."""
        self._broker.stop()

    @property
    def data_dir(self) -> Path:
        """The gateway's data directory."""
        return self._data_dir.path

    def run_gateway(
        self, load: SealedLoad, *, window: int, beside: Beside | None = None
    ) -> GatewayRun:
        """Start the shipped gateway, publish a load at it, and stop it.

        Args:
            load: what is published.
            window: transactions that may be unanswered at once.
            beside: what goes on meanwhile at the gateway's pages; without it none are served.

        Raises:
            LoadError: if not everything was settled and applied.
        """
        directory = str(self._data_dir.path)
        log = self._folder / "gateway.log"
        pages = ("--no-web",) if beside is None else ("--web-port", "0")
        with (
            MohrProcess(log, "gateway", "run", "--dir", directory, *pages) as gateway,
            ExitStack() as stack,
        ):
            gateway.start()
            if beside is not None:
                stack.enter_context(beside(_pages_address(gateway.said())))
            before = self._stats()
            gateway_cpu_s, broker_cpu_s = _cpu_s(gateway.pid), _cpu_s(self._broker.pid)
            sent = self._publish(load, window)
            if sent.refused:
                raise LoadError(f"{sent.refused} of {sent.settled} sales were refused")
            return GatewayRun(
                sent=sent,
                commits=self._stats().commits - before.commits,
                gateway_cpu_s=_cpu_s(gateway.pid) - gateway_cpu_s,
                broker_cpu_s=_cpu_s(self._broker.pid) - broker_cpu_s,
                gateway_peak_mib=memory_of(gateway.pid or 0).peak_mib,
            )

    def run_bare(self, load: SealedLoad, *, window: int) -> BareRun:
        """Publish a load at the bare intake, on a copy of the first ledger.

        Args:
            load: what is published; the gateway may be given the same.
            window: as for the gateway.

        Raises:
            LoadError: if not everything was taken.
        """
        copy = self._folder / "bare.db"
        shutil.copyfile(self._untouched, copy)
        with copy.open("rb") as file:
            os.fsync(file.fileno())
        arguments = (str(self._broker.port), str(copy), str(load.transactions))
        with subprocess.Popen(  # noqa: S603 - our own module with our own arguments
            [sys.executable, "-m", "simulators.bench.bare_intake", *arguments],
            stdout=subprocess.PIPE,
            text=True,
        ) as bare:
            try:
                assert bare.stdout is not None, "asked for above"
                if bare.stdout.readline().strip() != "ready":
                    raise LoadError("the bare intake did not come up")
                self._publish(load, window)
                told = bare.stdout.readline()
            finally:
                bare.kill()
        for name in ("", "-wal", "-shm"):
            copy.with_name(f"{copy.name}{name}").unlink(missing_ok=True)
        return BareRun(**json.loads(told))

    def _publish(self, load: SealedLoad, window: int) -> Sent:
        """Have a process of its own publish a load, and wait until it is settled."""
        file = self._folder / "load.bin"
        write_messages(file, load.messages)
        arguments = (str(self._broker.port), str(file), str(load.transactions), str(window))
        done = subprocess.run(  # noqa: S603 - our own module with our own arguments
            [sys.executable, "-m", "simulators.bench.publisher", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=_LOAD_TIMEOUT_S,
        )
        if done.returncode != 0:
            why = done.stderr.strip().splitlines()[-1:]
            raise LoadError(f"the load was not taken: {' '.join(why)}")
        return Sent(**json.loads(done.stdout))

    def _stats(self) -> Stats:
        reply = ask(self._data_dir.socket, GetStats())
        if reply is None or reply.stats is None:
            raise LoadError("the gateway gives no counts")
        return reply.stats


@contextmanager
def load_bench(
    *, members: int, terminals: int, programme: Programme | None = None
) -> Iterator[LoadBench]:
    """A ``LoadBench`` in a temporary folder, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="mohr-") as folder:
        bench = LoadBench(Path(folder), members=members, terminals=terminals, programme=programme)
        try:
            yield bench
        finally:
            bench.close()


def _pages_address(said: str) -> str:
    found = _PAGES_AT.search(said)
    if found is None:
        raise LoadError(f"the gateway does not say where its pages are: {said[-500:]}")
    return found.group(1)


def _cpu_s(pid: int | None) -> float:
    """Processor time of a process so far, its own and the system's for it (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
