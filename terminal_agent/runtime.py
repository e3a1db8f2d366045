"""The agent's shell: one queue, one thread, and an orderly end.

Reader, till, link and control socket call from threads of their own; each call becomes one job in
the queue, and one thread does the jobs in order. A fault in a job ends the agent: it is shown,
everything is closed, and the fault leaves ``run`` as it came. The service manager starts anew, and
the journal knows what was accepted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Full, Queue
from typing import Final

import structlog

from gateway.clock import Clock
from gateway.errors import MohrError
from gateway.readers.reader import Reader, ReaderEvent
from mqtt.link import Delivered, Link, LinkEvent
from terminal_agent.agent import Agent
from terminal_agent.control import Answer, AnswerCode, Command
from terminal_agent.control_socket import ControlServer
from terminal_agent.display import Display
from terminal_agent.pos.port import PosPort, PosPortEvent
from terminal_agent.session.view import Screen, View

#: More than a till and a reader can say in minutes. A queue this full means a stuck agent.
QUEUE_MAX: Final = 10_000
TICK_MS: Final = 100
#: However busy it is, time passes for the agent after so many jobs.
JOBS_PER_TICK_MAX: Final = 1_000
#: A cashier's command waits this long for the agent's thread.
_COMMAND_WAIT_S: Final = 5.0

_log = structlog.get_logger(__name__)


class OverloadError(MohrError):
    """Events come faster than the agent handles them, and something would have been lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimePorts:
    """What runs together.

    Attributes:
        agent: the core.
        link: the broker's link, not started.
        reader: the card reader, not started; None where none is set up.
        till_port: the till's wire, not started; None where none is set up.
        display: for the last words of a fault.
        clock: when a tick is due.
        control_path: of the control socket.
    """

    agent: Agent
    link: Link
    reader: Reader | None
    till_port: PosPort | None
    display: Display
    clock: Clock
    control_path: Path


class Runtime:
    """Runs one agent until it is asked to stop or a fault stops it."""

    def __init__(self, ports: RuntimePorts, *, queue_max: int = QUEUE_MAX) -> None:
        """Put the parts together; nothing runs before ``run``.

        Args:
            ports: what runs together.
            queue_max: how many events may wait.
        """
        self._ports = ports
        self._jobs: Queue[Callable[[], None]] = Queue(maxsize=queue_max)
        self._stop_asked = threading.Event()
        self._fault: BaseException | None = None
        self._deliveries_dropped = 0

    def request_stop(self) -> None:
        """Ask for an orderly end; safe in a signal handler and from any thread."""
        self._stop_asked.set()

    def run(self, on_ready: Callable[[], None]) -> None:
        """Run until ``request_stop``, in the calling thread.

        Args:
            on_ready: called once everything has been started.

        Raises:
            ControlError: if another agent uses the data folder's control socket.
            MohrError: the fault that stopped the agent, after everything was closed.
            Exception: any other fault, likewise.
        """
        ports = self._ports
        control = ControlServer(ports.control_path, self._on_control)
        try:
            control.start()
            self._run_agent(on_ready)
        finally:
            control.stop()
            ports.link.stop()

    def _run_agent(self, on_ready: Callable[[], None]) -> None:
        try:
            self._ports.agent.start()
            self._start_devices()
            on_ready()
            self._work()
        except BaseException:
            self._say_last_words()
            raise

    def _start_devices(self) -> None:
        ports = self._ports
        ports.link.start(self._on_link)
        if ports.reader is not None:
            ports.reader.start(self._on_reader)
        if ports.till_port is not None:
            ports.till_port.start(self._on_till)

    def _work(self) -> None:
        try:
            next_tick_ms = self._ports.clock.monotonic_ms()
            while not self._stop_asked.is_set():
                wait_ms = next_tick_ms - self._ports.clock.monotonic_ms()
                if wait_ms > 0:
                    self._do_one(wait_ms / 1000)
                    continue
                # First what waits already: bytes in the queue were no silence of the till's.
                self._do_waiting()
                self._ports.link.check()
                self._ports.agent.tick()
                next_tick_ms = self._ports.clock.monotonic_ms() + TICK_MS
        finally:
            self._stop_devices()
        # What the till said before the end still counts.
        self._do_waiting()
        self._ports.agent.stop()

    def _stop_devices(self) -> None:
        if self._ports.till_port is not None:
            self._ports.till_port.stop()
        if self._ports.reader is not None:
            self._ports.reader.stop()

    def _do_waiting(self) -> None:
        """Do the jobs that wait, so many at most that time still passes for the agent."""
        for _ in range(JOBS_PER_TICK_MAX):
            if not self._do_one(0):
                return

    def _do_one(self, wait_s: float) -> bool:
        """Do the next job; False if none came in time.

        Raises:
            OverloadError: if something had to be dropped that cannot come again.
        """
        if self._fault is not None:
            raise self._fault
        try:
            job = self._jobs.get(timeout=wait_s) if wait_s else self._jobs.get_nowait()
        except Empty:
            return False
        job()
        return True

    def _say_last_words(self) -> None:
        try:
            self._ports.display.show(View(screen=Screen.FAULT))
        except OSError as error:
            # The display may be the fault itself; that it cannot tell must not hide the first one.
            _log.error("the fault cannot be shown", error=str(error))

    # -- called from other threads ----------------------------------------------------------------

    def _on_reader(self, event: ReaderEvent) -> None:
        self._put(lambda: self._ports.agent.on_reader_event(event), "the card reader")

    def _on_till(self, event: PosPortEvent) -> None:
        self._put(lambda: self._ports.agent.on_pos_event(event), "the till")

    def _on_link(self, event: LinkEvent) -> None:
        if isinstance(event, Delivered) and self._jobs.full():
            # It was not acknowledged, and the gateway repeats whatever matters.
            self._deliveries_dropped += 1
            _log.warning("delivery dropped: too busy", dropped=self._deliveries_dropped)
            return
        self._put(lambda: self._ports.agent.on_link_event(event), "the link")

    def _on_control(self, command: Command) -> Answer:
        answer: Future[Answer] = Future()

        def job() -> None:
            if answer.set_running_or_notify_cancel():
                answer.set_result(self._ports.agent.on_control(command))

        self._put(job, "the control socket")
        try:
            return answer.result(timeout=_COMMAND_WAIT_S)
        except FutureTimeoutError:
            # Given up before it began, it will never be carried out; begun, it will be.
            answer.cancel()
            return Answer(code=AnswerCode.BUSY)

    def _put(self, job: Callable[[], None], source: str) -> None:
        try:
            self._jobs.put_nowait(job)
        except Full:
            self._fault = OverloadError(f"{source} says more than the agent can handle")
