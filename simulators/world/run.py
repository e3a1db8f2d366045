"""One world from beginning to end."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from simulators.faults import QUIET
from simulators.world.checker import check_world
from simulators.world.perform import Performer
from simulators.world.process import TICK_MAX_MS
from simulators.world.report import WorldReport
from simulators.world.script import Script, draw_script
from simulators.world.size import NORMAL, WorldSize
from simulators.world.stage import Stage
from simulators.world.story import told
from terminal_agent.session.memory import SessionSettings
from terminal_agent.session.view import Screen

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder in memory, where there is one
#: How long terminals may wait for their configuration before the first customer.
_OPENING_WAIT_MS: Final = 120_000
#: How long a world may take to settle everything once nothing goes wrong any more.
SETTLE_MS: Final = 3 * 3_600_000
_LOOK_MS: Final = 1_000
_SCREENS_WAIT_MS: Final = SessionSettings().sale_wait_ms + 2 * TICK_MAX_MS


def run_world(seed: int, size: WorldSize = NORMAL) -> WorldReport:
    """Draw and run one seed's world, and compare it with what is promised.

    Args:
        seed: makes every choice.
        size: how much happens.
    """
    return run_script(draw_script(seed, size))


def run_script(script: Script) -> WorldReport:
    """Run a script; the same script gives the same run."""
    with _folder() as folder, World(script, folder) as world:
        world.play()
        return world.report()


class World:
    """One run of a script, with its files in ``folder``. Leaving its context closes them.

    Attributes:
        stage: everything there is.
    """

    def __init__(self, script: Script, folder: Path) -> None:
        """Set the stage."""
        self._script = script
        self.stage = Stage(script, folder)

    def play(self) -> None:
        """Open, let everything happen, make peace, settle."""
        self._open()
        self._perform()
        self._make_peace()
        self._settle()

    def report(self) -> WorldReport:
        """Compare the settled world with what is promised."""
        stage, history = self.stage, self.stage.history
        verdict = check_world(stage)
        for finding in verdict.findings:
            history.say("!", finding)
        counts = dict(sorted({**history.counts, **verdict.counts}.items()))
        return WorldReport(
            seed=self._script.seed,
            transactions=verdict.transactions,
            faults=stage.broker.faults_done + history.counts["deaths"] + _troubles(counts),
            lost=verdict.lost,
            doubled=verdict.doubled,
            findings=(*history.findings, *verdict.findings),
            fingerprint=verdict.fingerprint,
            counts=counts,
            story=told(history.lines),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stage.close()

    def _open(self) -> None:
        stage = self.stage
        opened_at_ms = stage.now_ms
        while stage.now_ms - opened_at_ms < _OPENING_WAIT_MS:
            stage.run_until(stage.now_ms + _LOOK_MS)
            if all(one.configured for one in stage.tills.values()):
                return
        stage.history.find("settles", "a terminal never got its configuration")

    def _perform(self) -> None:
        stage, performer = self.stage, Performer(self.stage)
        begun_ms = stage.now_ms
        for event in self._script.events:
            stage.run_until(begun_ms + event.at_ms)
            performer.perform(event)

    def _make_peace(self) -> None:
        """Nothing goes wrong any more: whatever is away comes back."""
        stage = self.stage
        stage.history.say("world", "nothing goes wrong any more")
        stage.forget_timers()
        stage.broker.plan = QUIET
        for process in stage.processes:
            stage.set_right(process)
            process.spare()

    def _settle(self) -> None:
        """Wait until nothing is pending, then until the last unused hold has freed itself."""
        stage = self.stage
        until_ms = stage.now_ms + SETTLE_MS
        while not self._settled():
            if stage.now_ms >= until_ms or any(one.given_up for one in stage.processes):
                self._say_what_is_open()
                break
            stage.run_until(stage.now_ms + _LOOK_MS)
        last_ms = stage.gateway.last_hold_ends_ms()
        if last_ms is not None:
            wait_ms = max(last_ms - stage.gateway.clock.unix_ms(), 0)
            stage.run_until(stage.now_ms + wait_ms)
        # The gateway has its tick, and each screen the longest of its waits.
        stage.run_until(stage.now_ms + _SCREENS_WAIT_MS)
        for till in stage.tills.values():
            if till.view is None or till.view.screen is not Screen.READY:
                shown = None if till.view is None else till.view.screen
                stage.history.find("settles", f"{till.name} shows {shown} at the end")

    def _settled(self) -> bool:
        stage = self.stage
        if not all(one.up for one in stage.processes) or stage.gateway.server.in_hand:
            return False
        return not any(one.open_matters() for one in stage.tills.values())

    def _say_what_is_open(self) -> None:
        stage = self.stage
        for one in stage.processes:
            if not one.up:
                stage.history.find("settles", f"{one.name} does not run")
        for till in stage.tills.values():
            if till.up and till.open_matters():
                stage.history.find("settles", f"{till.name}: {till.counter.journal.counts()}")


def _troubles(counts: dict[str, int]) -> int:
    names = ("stops", "offline", "wipes", "clock_jumps", "disk_full")
    return sum(counts.get(name, 0) for name in names)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder in memory where there is one: nothing here proves anything about a disk's syncs."""
    place = _MEMORY if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="mohr-world-", dir=place) as folder:
        yield Path(folder)
