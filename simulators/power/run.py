"""Runs many crash images of both stores, from one seed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Final

from gateway.errors import ConfigError
from simulators.power.cuts import choose_cut
from simulators.power.image import MOODS, crash_image
from simulators.power.journal_life import JournalLife
from simulators.power.ledger_life import LedgerLife
from simulators.power.recording import Recording, recorded
from simulators.power.report import PowerFinding, PowerReport
from simulators.power.subject import Subject
from simulators.power.trial import KnownStates, Verdict, try_image

#: Images cut from one recorded life; the next ones come from another.
_IMAGES_PER_LIFE: Final = 25
#: Of the images, how many are cut again while they recover.
_RECUT: Final = 0.25
_MEMORY_DISK: Final = Path("/dev/shm")  # noqa: S108 - our own folder is made in it


class Store(StrEnum):
    """Whose power is cut."""

    JOURNAL = "journal"
    LEDGER = "ledger"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """One image, tried: both verdicts where it was cut twice."""

    store: str
    cut: str
    verdicts: tuple[Verdict, ...]


def run_power(
    images: int, seed: int, what: str = Store.BOTH, *, lying_disk: bool = False
) -> PowerReport:
    """Cut the power, reopen, audit and continue, many times.

    Args:
        images: how many crash images, shared evenly where both stores are tried.
        seed: chooses lives, cuts and what arrived. The keys of the ledger's tills are made anew, so
            that a repetition goes through the same steps there with other bytes.
        what: ``journal``, ``ledger`` or ``both``.
        lying_disk: let the disk acknowledge syncs that it does not do, which loses transactions:
            no software can help, and a run that is still clean has not looked.

    Returns:
        the report.

    Raises:
        RecorderError: if this Python's SQLite cannot be listened to.
        ConfigError: if ``what`` is none of the three.
        MohrError: if the product fails before any power was cut.
    """
    if what not in tuple(Store):
        raise ConfigError(f"the store is {what!r}; it can be {', '.join(Store)}")
    store = Store(what)
    counts = {
        Store.JOURNAL: images if store is Store.JOURNAL else images // 2,
        Store.LEDGER: images if store is Store.LEDGER else images - images // 2,
    }
    tried: list[_Tried] = []
    base = _MEMORY_DISK if _MEMORY_DISK.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="mohr-power-", dir=base) as name:
        for one, count in counts.items():
            if store in (one, Store.BOTH):
                tried.extend(_images(one, count, seed, Path(name), lying_disk=lying_disk))
    return _report(seed, tried)


def _images(
    store: Store, count: int, seed: int, folder: Path, *, lying_disk: bool
) -> Iterator[_Tried]:
    for first in range(0, count, _IMAGES_PER_LIFE):
        dice = Random(f"{seed}/{store}/{first}")
        subject = _subject(store, dice.getrandbits(32))
        home = folder / f"{store}-{first}"
        home.mkdir()
        with recorded(home, subject.database, lying_disk=lying_disk) as life:
            subject.live(life, home)
            recording = life.recording()
        states = KnownStates(recording, folder / "known")
        for _ in range(min(_IMAGES_PER_LIFE, count - first)):
            yield _try(subject, recording, states, dice, folder)


def _subject(store: Store, seed: int) -> Subject:
    return JournalLife(seed) if store is Store.JOURNAL else LedgerLife(seed)


def _try(
    subject: Subject, recording: Recording, states: KnownStates, dice: Random, folder: Path
) -> _Tried:
    verdicts: list[Verdict] = []
    cuts: list[str] = []
    again = dice.random() < _RECUT
    while True:
        cut = choose_cut(recording, dice)
        cuts.append(f"{cut}/{len(recording.log)}")
        files = crash_image(recording.initial, recording.log[:cut], dice.choice(MOODS), dice)
        promised = recording.promised(cut)
        verdict = try_image(
            subject, states, files, promised=promised, cut=cut, folder=folder, dice=dice
        )
        verdicts.append(verdict)
        if not again or verdict.going_on is None or not verdict.clean:
            return _Tried(store=subject.name, cut=", ".join(cuts), verdicts=tuple(verdicts))
        again = False
        recording = verdict.going_on
        states = KnownStates(recording, folder / "known")


def _report(seed: int, tried: list[_Tried]) -> PowerReport:
    findings = [
        PowerFinding(
            image=number,
            store=one.store,
            cut=one.cut,
            lost=one.verdicts[-1].lost,
            damage=one.verdicts[-1].damage,
        )
        for number, one in enumerate(tried)
        if not one.verdicts[-1].clean
    ]
    return PowerReport(
        seed=seed,
        journal=sum(1 for one in tried if one.store == Store.JOURNAL),
        ledger=sum(1 for one in tried if one.store == Store.LEDGER),
        recut=sum(1 for one in tried if len(one.verdicts) > 1),
        promised=sum(one.verdicts[-1].promised for one in tried),
        lost=sum(len(finding.lost) for finding in findings),
        findings=tuple(findings),
    )
