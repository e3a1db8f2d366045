"""One till: its agent, the door of its reader, and the line that it prints on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.model.ids import TerminalId
from simulators.chaos.station import Ground, Station
from simulators.process_setup import IMPATIENT, Seat, make_terminal
from simulators.socket_reader import tap_through
from simulators.till import PtyTill
from terminal_agent.control import AgentStatus, Answer, AskStatus, Command, ControlError
from terminal_agent.control_socket import SOCKET_NAME, ask_agent

#: A paused agent answers when it goes on; no pause lasts as long.
_ANSWER_S: Final = 3.0

#: Nobody waits for minutes here. A card that comes back at once is a tap.
SETTINGS: Final[Mapping[str, str]] = {
    **IMPATIENT,
    "outbox.resend_after_ms": "300",
    "outbox.resend_max_ms": "1500",
    "waits.auth_wait_ms": "1200",
    "journal.reserve_mib": "1",
    "reader.debounce_ms": "0",
}


class Lane:
    """A till and its agent. Use as a context manager; nothing runs before ``station.start``.

    Args:
        terminal: its name.
        ground: what the agent stands on.

    Attributes:
        terminal: its name.
        station: the agent.
        till: the till's end of the serial line.
    """

    def __init__(self, terminal: TerminalId, ground: Ground) -> None:
        self.terminal = terminal
        self.station = Station(terminal, ground, ("terminal", "run"))
        self.till: PtyTill
        self._line = ground.folder / f"{terminal}-line"
        self._reader = ground.folder / f"{terminal}.reader"
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._line.mkdir()
        with ExitStack() as stack:
            self.till = stack.enter_context(PtyTill(self._line, baud=None))
            stack.enter_context(self.station)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def set_up(self, gateway_dir: Path) -> None:
        """Make the terminal and introduce it to its gateway."""
        seat = Seat(
            terminal=self.terminal,
            directory=self.station.data_dir,
            port=self.station.network.port,
            reader="sim-socket",
            device=self.till.device,
        )
        settings = {**SETTINGS, "reader.name": json.dumps(str(self._reader))}
        make_terminal(seat, gateway_dir, settings)

    def tap(self, uid: bytes) -> None:
        """Show a card and take it away.

        Raises:
            ConfigError: if no agent listens.
        """
        tap_through(self._reader, uid)

    def ask(self, command: Command, timeout_s: float = _ANSWER_S) -> Answer:
        """Give the agent a cashier's command.

        Args:
            command: what to do.
            timeout_s: how long to wait for the answer.

        Raises:
            ControlError: if no agent answers in time.
        """
        return ask_agent(self.station.data_dir / SOCKET_NAME, command, timeout_s)

    def status(self, timeout_s: float = _ANSWER_S) -> AgentStatus | None:
        """How the agent stands; None where none answers, or not in time."""
        try:
            return self.ask(AskStatus(), timeout_s).status
        except ControlError:
            return None
