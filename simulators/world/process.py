"""A program in a world: it works, dies at any of its calls, and is started again from its files."""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gateway.errors import MohrError
from gateway.ledger.errors import StoreFullError
from simulators.clock import VirtualClock
from simulators.world.files import Eye, left_as_they_are
from simulators.world.fuse import Fuse, ProcessDied
from simulators.world.history import History
from terminal_agent.errors import JournalFullError

#: A real agent's tick, while something goes on.
TICK_MIN_MS: Final = 100
#: Nobody waits for anything: time may pass in larger steps.
TICK_MAX_MS: Final = 5_000
#: A service manager starts a program again after this long...
RESTART_MS: Final = 2_000
#: ...and gives up on one that falls over again and again.
_CRASHES_MAX: Final = 5
_NEVER_MS: Final = 2**62


class Process(ABC):
    """One program, its clock, its database and its fuse.

    Attributes:
        name: as the broker knows it.
        clock: its machine's.
        fuse: kills it.
        eye: sees what is durable in its database.
        up: whether it runs.
        start_at_ms: when it is started next, where it does not run.
        due_ms: when it is to work next, where it runs.
    """

    def __init__(self, name: str, clock: VirtualClock, history: History, database: Path) -> None:
        self.name = name
        self.clock = clock
        self.history = history
        self.fuse = Fuse()
        self.eye = Eye(database)
        self.up = False
        self.start_at_ms = 0
        self.due_ms = 0
        self.full = False
        self._crashes = 0
        self._down_ms = RESTART_MS
        self._boot_calls: int | None = None
        self._spare_pages: int | None = None
        self._active_at_ms = 0
        self._database = database

    # -- what the world asks of it ------------------------------------------------------------

    def work_when_due(self) -> None:
        """Start it, or let it work, if its time has come."""
        now_ms = self.history.now_ms
        if not self.up:
            if now_ms >= self.next_ms:
                self.start()
        elif self._has_news():
            self.enter(self._take_news)
        elif now_ms >= self.due_ms:
            quiet_ms = now_ms - self._active_at_ms
            self.due_ms = now_ms + min(max(quiet_ms // 4, TICK_MIN_MS), TICK_MAX_MS)
            self.enter(self._tick, wakes=False)

    @property
    def next_ms(self) -> int:
        """When ``work_when_due`` has something to do, if the network brings nothing before."""
        if self.up:
            return self.due_ms
        return _NEVER_MS if self.given_up else self.start_at_ms

    @property
    def given_up(self) -> bool:
        """Whether it crashed so often that nobody starts it any more."""
        return self._crashes >= _CRASHES_MAX

    def enter(self, job: Callable[[], None], *, wakes: bool = True) -> bool:
        """Do something in the process, and bury it if that is its end.

        Returns:
            whether it was done to the end.
        """
        if not self.up:
            return False
        if wakes:
            self._active_at_ms = self.history.now_ms
            self.due_ms = self.history.now_ms + TICK_MIN_MS
        try:
            job()
        except ProcessDied as death:
            self._bury(str(death))
            return False
        except Exception as error:  # noqa: BLE001 - any fault that ends a program is a finding
            self.history.find("crash", f"{self.name}: {_fault(error)}")
            self._crashes += 1
            self._bury("it crashed")
            return False
        return True

    def start(self) -> None:
        """Start the program, which may fail or be its end at once."""
        self.fuse.put_out()
        if self._boot_calls is not None:
            self.fuse.light(self._boot_calls, after=self._boot_calls % 2 == 0)
            self._boot_calls = None
        self._down_ms = RESTART_MS
        self.up = True
        self.history.counts["starts"] += 1
        self.enter(self._start_it)

    def kill_at(self, calls: int, *, after: bool, down_ms: int, boot_calls: int | None) -> None:
        """Let it die at one of its next calls, or of its next start's if it is down."""
        self._down_ms = down_ms
        if self.up:
            self.fuse.light(calls, after=after)
            self._boot_calls = boot_calls
        else:
            self._boot_calls = calls

    def kill_now(self, why: str, down_ms: int) -> None:
        """Let it die between two calls."""
        if self.up:
            self._down_ms = down_ms
            self._bury(why)

    def stop(self, down_ms: int) -> None:
        """Stop it in order, if it lives to the end of that."""
        self._down_ms = down_ms
        if self.enter(self._close_eye_and_stop):
            self.up = False
            self.start_at_ms = self.history.now_ms + down_ms
            self.history.say(self.name, "is stopped in order")

    def fill_disk(self, spare_pages: int) -> None:
        """Let its database grow by so many pages from now on and no more."""
        self.full = True
        self._spare_pages = spare_pages
        self.enter(lambda: self._bound_pages(spare_pages))

    def free_disk(self) -> None:
        """Give it room again."""
        self.full = False
        self.enter(lambda: self._bound_pages(None))

    def spare(self) -> None:
        """From now on nothing happens to it any more; if it is down it starts at once."""
        if self.fuse.lit:
            self.fuse.put_out()
        self._boot_calls = None
        self.start_at_ms = min(self.start_at_ms, self.history.now_ms)
        self._active_at_ms = self.history.now_ms
        self.due_ms = self.history.now_ms

    def close(self) -> None:
        """Give its files back."""
        self.eye.close()
        self._end()

    # -- what each program does its own way -----------------------------------------------------

    @abstractmethod
    def _start_program(self) -> None: ...

    @abstractmethod
    def _has_news(self) -> bool: ...

    @abstractmethod
    def _take_news(self) -> None: ...

    @abstractmethod
    def _tick(self) -> None: ...

    @abstractmethod
    def _stop(self) -> None: ...

    @abstractmethod
    def _kill(self) -> None: ...

    @abstractmethod
    def _end(self) -> None: ...

    @abstractmethod
    def _bound_pages(self, spare_pages: int | None) -> None: ...

    # -- parts ----------------------------------------------------------------------------------

    def _start_it(self) -> None:
        try:
            self._start_program()
            if self.full:
                self._bound_pages(self._spare_pages)
        except (JournalFullError, StoreFullError) as error:
            if not self.full:
                raise
            raise ProcessDied(f"it found no room to start: {type(error).__name__}") from error

    def _close_eye_and_stop(self) -> None:
        self.eye.close()
        self._stop()

    def _bury(self, why: str) -> None:
        self.history.say(self.name, f"dies: {why}")
        self.history.counts["deaths"] += 1
        self.eye.close()
        with left_as_they_are(self._database):
            self._kill()
        self.up = False
        self.fuse.put_out()
        self.start_at_ms = self.history.now_ms + max(self._down_ms, 1)


def _fault(error: Exception) -> str:
    """An exception with the place it came from, without this machine's paths."""
    frames = traceback.extract_tb(error.__traceback__)
    place = next((one for one in reversed(frames) if "simulators" not in one.filename), frames[-1])
    name = Path(place.filename).name
    kind = type(error).__name__ if isinstance(error, MohrError) else f"{type(error).__name__}!"
    return f"{kind} {error} ({name}:{place.name})"
