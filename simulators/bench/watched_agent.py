"""The shipped agent, whose screen is its standard output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simulators.bench.watched_process import WatchedProcess
from simulators.command_process import MOHR
from terminal_agent.control import AgentStatus, AskStatus, ControlError
from terminal_agent.control_socket import SOCKET_NAME, ask_agent


class WatchedAgent(WatchedProcess):
    """One run of ``mohr terminal run``."""

    def __init__(
        self, terminal_dir: Path, log: Path, *, command: Sequence[str | Path] = (MOHR,)
    ) -> None:
        """Start it.

        Args:
            terminal_dir: the agent's data directory.
            log: where its standard error goes.
            command: what runs ``mohr``.
        """
        super().__init__(("terminal", "run", "--dir", str(terminal_dir)), log, command=command)
        self._socket = terminal_dir / SOCKET_NAME

    def wait_open(self, *, link: bool) -> int:
        """Wait until it could serve a customer: journal, reader, till and rules are there.

        Args:
            link: wait for the broker too.

        Returns:
            when it said so, by ``time.perf_counter_ns``.

        Raises:
            CommandError: if it ends before, or never does.
        """
        at_ns, _ = self.wait_for(lambda: self._if_open(link=link), "the agent to be ready")
        return at_ns

    def _if_open(self, *, link: bool) -> AgentStatus | None:
        try:
            status = ask_agent(self._socket, AskStatus()).status
        except ControlError:
            # Not listening yet.
            return None
        assert status is not None
        devices = status.reader in ("ready", "none") and status.till in ("up", "none")
        broker = not link or status.link == "up"
        return status if devices and broker and status.configuration_version > 0 else None
