"""Makes and verifies backups in the background, one at a time, and remembers how the last went."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog

from gateway.backup.contents import BACKUPS_FOLDER
from gateway.backup.shelf import Backup, note_verification, retain
from gateway.backup.take import take
from gateway.backup.verify_apart import verify_apart
from gateway.errors import MohrError
from gateway.office.house import House
from gateway.office.trail import Actor, TrailOutcome, Values

#: How long the application waits for work in hand when it ends.
_STOP_S: Final = 10.0


class Work(StrEnum):
    """What is done in the background."""

    TAKE = "take"
    VERIFY = "verify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of work.

    Attributes:
        work: what.
        name: of the backup; empty before it has one.
        begun_at_ms: when it was begun, Unix time.
        ended_at_ms: when it ended; None while it runs.
        good: whether it went well; None while it runs.
        fault: why it did not, in English; empty otherwise.
    """

    work: Work
    name: str
    begun_at_ms: int
    ended_at_ms: int | None = None
    good: bool | None = None
    fault: str = ""

    @property
    def running(self) -> bool:
        """Whether it is not done yet."""
        return self.ended_at_ms is None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    name: str
    good: bool
    after: Values
    detail: str = ""


def backups_folder(house: House) -> Path:
    """Where the backups of a house are."""
    return house.data_dir / BACKUPS_FOLDER


class BackupDesk:
    """The one place of an application where backups are worked on. Any thread may use it."""

    def __init__(self, done: Callable[[], None]) -> None:
        """Have nothing to do.

        Args:
            done: is called after each piece of work, from the background.
        """
        self._done = done
        self._lock = threading.Lock()
        self._job: Job | None = None
        self._thread: threading.Thread | None = None

    @property
    def job(self) -> Job | None:
        """The work in hand, or the last; None before any."""
        with self._lock:
            return self._job

    def take(self, house: House, actor: Actor, passphrase: str | None) -> bool:
        """Begin to take a backup.

        Returns:
            whether it was begun; not while other work is in hand.

        Raises:
            OfficeError: if the trail cannot be written; then nothing is begun.
        """

        def work() -> _Outcome:
            folder = backups_folder(house)
            taken = take(house.data_dir, folder, house.clock.unix_ms(), passphrase)
            gone = retain(folder)
            after: Values = {
                "file": taken.path.name,
                "journal_index": taken.manifest.ledger.journal_index,
                "keys": ", ".join(taken.manifest.keys),
                "deleted": ", ".join(gone),
            }
            return _Outcome(name=taken.path.name, good=True, after=after)

        return self._begin(house, actor, Work.TAKE, "", work)

    def verify(self, house: House, actor: Actor, backup: Backup) -> bool:
        """Begin to verify a backup, in a process of its own.

        Returns:
            whether it was begun; not while other work is in hand.

        Raises:
            OfficeError: if the trail cannot be written; then nothing is begun.
        """

        def work() -> _Outcome:
            verification = verify_apart(backup.path)
            mark = note_verification(backup.path, verification, house.clock.unix_ms())
            return _Outcome(
                name=backup.name,
                good=mark.good,
                after={"findings": mark.findings, "seals": mark.seals},
                detail="; ".join(mark.first[:3]),
            )

        return self._begin(house, actor, Work.VERIFY, backup.name, work)

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait until nothing is in hand, or so long."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def stop(self) -> None:
        """Give the work in hand a moment to end; half a backup is cleared by the next one."""
        self.wait(_STOP_S)

    def _begin(
        self, house: House, actor: Actor, work: Work, name: str, run: Callable[[], _Outcome]
    ) -> bool:
        with self._lock:
            if self._job is not None and self._job.running:
                return False
            entry = house.office.trail.begin(
                account=actor, action=f"backup.{work}", subject=name or "backup", before={}
            )
            job = Job(work=work, name=name, begun_at_ms=house.clock.unix_ms())
            self._job = job
            # A daemon: the end of the process need not wait for minutes of verification.
            self._thread = threading.Thread(
                target=self._run, args=(house, job, entry, run), name="mohr-backup", daemon=True
            )
            self._thread.start()
        return True

    def _run(self, house: House, job: Job, entry: int, run: Callable[[], _Outcome]) -> None:
        outcome: _Outcome | None = None
        try:
            outcome = run()
            fault = "" if outcome.good else outcome.detail
        except Exception as error:  # noqa: BLE001 - shown on the page, and logged
            if not isinstance(error, MohrError):
                structlog.get_logger("mohr.web").error("a backup failed", exc_info=error)
            fault = str(error) or type(error).__name__
        self._finish(house, entry, outcome, fault)
        with self._lock:
            self._job = replace(
                job,
                name=outcome.name if outcome else job.name,
                ended_at_ms=house.clock.unix_ms(),
                good=outcome is not None and outcome.good,
                fault=fault,
            )
        self._done()

    @staticmethod
    def _finish(house: House, entry: int, outcome: _Outcome | None, fault: str) -> None:
        try:
            house.office.trail.finish(
                entry,
                outcome=TrailOutcome.FAILED if outcome is None else TrailOutcome.DONE,
                after={} if outcome is None else outcome.after,
                detail=fault,
            )
        except MohrError as error:
            # The entry stays open, which says that somebody must look; so does the log.
            structlog.get_logger("mohr.web").error("the trail was not finished", error=str(error))
