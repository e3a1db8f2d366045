"""One process of the shop, with everything around it that can go wrong."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from simulators.chaos.faked_clock import FakedClock, sweep_shared_memory
from simulators.command_process import DIE_WITH_US, MOHR, CommandError, MohrProcess
from simulators.small_disk import SmallDisk
from simulators.tcp_proxy import CLEAR, TcpProxy

_LOG_SHOWN_CHARACTERS: Final = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a station stands on.

    Attributes:
        folder: for its log.
        broker_port: where its network leads.
        disk_mib: size of the small disk that its data lie on; None for the machine's own.
        clock_library: see ``faked_clock.find_library``; None leaves its clock alone.
        program: the words before its arguments.
    """

    folder: Path
    broker_port: int
    disk_mib: int | None = None
    clock_library: Path | None = None
    program: tuple[str, ...] = (str(MOHR),)


class Station:
    """A gateway or an agent. Use as a context manager; leaving it leaves nothing behind.

    Args:
        name: what it is called in findings, and its folder.
        ground: what it stands on.
        arguments: of ``mohr``; the data directory follows.

    Attributes:
        data_dir: the process's data directory.
        network: what lies between it and the broker.
        disk: what its data lie on; None where that cannot be filled.
        clock: its wall clock; None where that cannot be set.
        paused: whether it was stopped where it stands.
    """

    def __init__(self, name: str, ground: Ground, arguments: Sequence[str]) -> None:
        self.name = name
        self.data_dir = ground.folder / name
        self._ground = ground
        self._stack = ExitStack()
        program = (*DIE_WITH_US, *ground.program)
        log = ground.folder / f"{name}.log"
        self._process = MohrProcess(log, *arguments, "--dir", str(self.data_dir), program=program)
        self.disk: SmallDisk | None = None
        self.clock: FakedClock | None = None
        self.network = TcpProxy(ground.broker_port)
        self.paused = False

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self.network.close)
            if self._ground.disk_mib is not None:
                self.disk = stack.enter_context(SmallDisk(self.data_dir, self._ground.disk_mib))
            if self._ground.clock_library is not None:
                setting = self._ground.folder / f"{self.name}.clock"
                self.clock = FakedClock(self._ground.clock_library, setting)
            stack.callback(self.kill)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    # -- the process ----------------------------------------------------------------------------

    @property
    def pid(self) -> int | None:
        """The process's number, or None where none was started."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self._process.running

    @property
    def ended_with(self) -> int | None:
        """The exit code of one that ended by itself; None otherwise."""
        return self._process.ended_with

    def said(self) -> str:
        """What it has said in this life."""
        return self._process.said()

    def last_words(self) -> str:
        """The end of what it has said in this life."""
        return self.said()[-_LOG_SHOWN_CHARACTERS:]

    def start(self, *, wait_ready: bool = False) -> None:
        """Start it, unless it runs.

        Args:
            wait_ready: return once it has said that it is ready.

        Raises:
            CommandError: if it never is.
        """
        if self.running:
            return
        self._forget()
        environment = None if self.clock is None else self.clock.environment
        self._process.start(wait_ready=wait_ready, environment=environment)

    def kill(self) -> None:
        """End it as a power cut does; nothing where it does not run."""
        pid, self.paused = self.pid, False
        self._process.kill()
        if pid is not None:
            sweep_shared_memory(pid)

    def stop(self) -> str | None:
        """Stop it as a service manager does.

        Returns:
            what was wrong with its end, if anything.
        """
        pid = self.pid
        try:
            self._process.stop()
        except CommandError as error:
            return f"{self.name} did not stop in order: {error}"
        finally:
            if pid is not None:
                sweep_shared_memory(pid)
        return None

    def pause(self) -> None:
        """Stop it where it stands; nothing where it does not run."""
        self.paused = self.running
        self._process.pause()

    def resume(self) -> None:
        """Let it go on."""
        self._process.resume()
        self.paused = False

    def mend(self) -> None:
        """Make everything around it well; a dead process stays dead."""
        self.resume()
        self.network.stop_swallowing()
        self.network.refuse(refusing=False)
        self.network.set_weather(CLEAR)
        if self.disk is not None:
            self.disk.free()
        if self.clock is not None:
            self.clock.set_wrong_by(0)

    def _forget(self) -> None:
        """Take leave of a process that ended by itself."""
        if self._process.pid is not None:
            self.kill()
