"""One crash image: looked at by SQLite, compared, opened by the product, and gone on with."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from simulators.power.disk_log import Files
from simulators.power.image import whole_image
from simulators.power.look import fingerprint, integrity_faults, lay_out, looking
from simulators.power.recording import Recording, recorded
from simulators.power.sqlite_vfs import RecorderError
from simulators.power.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one image showed.

    Attributes:
        promised: how many transactions had been promised before the cut.
        lost: those that are not there.
        damage: everything else that is wrong, in words.
        going_on: what the store did with the image, recorded; None where it could not.
    """

    promised: int
    lost: tuple[str, ...]
    damage: tuple[str, ...]
    going_on: Recording | None

    @property
    def clean(self) -> bool:
        """Whether nothing was lost and nothing is wrong."""
        return not (self.lost or self.damage)


class KnownStates:
    """The states that a recorded life went through, found by doing its log up to each of them."""

    def __init__(self, recording: Recording, folder: Path) -> None:
        """Take a recording, and a folder of one's own to work in."""
        self._recording = recording
        self._folder = folder
        self._found: dict[int, str] = {}

    def possible(self, cut: int) -> set[str]:
        """Fingerprints of the states that a cut may leave."""
        return {self._at(position) for position in self._recording.possible(cut)}

    def _at(self, position: int) -> str:
        if position not in self._found:
            recording = self._recording
            files = whole_image(recording.initial, recording.log[:position])
            with looking(files, recording.database, self._folder) as connection:
                self._found[position] = fingerprint(connection)
        return self._found[position]


def try_image(  # noqa: PLR0913 - what was recorded, where it was cut, and what is left
    subject: Subject,
    states: KnownStates,
    files: Files,
    *,
    promised: Mapping[str, bytes],
    cut: int,
    folder: Path,
    dice: Random,
) -> Verdict:
    """Open an image and see whether it kept every promise.

    Args:
        subject: whose it is.
        states: of the recording it was cut from.
        files: the image.
        promised: every transaction promised before the cut.
        cut: where in the recording.
        folder: to work in.
        dice: for what is done with it afterwards.

    Raises:
        RecorderError: if SQLite cannot be listened to.
    """
    lost: list[str] = []
    damage: list[str] = []
    try:
        with looking(files, subject.database, folder / "look") as connection:
            damage += integrity_faults(connection)
            lost += subject.missing(connection, promised)
            left = fingerprint(connection)
        if left not in states.possible(cut):
            damage.append("the state is that of no commit, or of one before the last promise")
    except sqlite3.DatabaseError as error:
        damage.append(f"SQLite cannot read it: {error}")
        lost += sorted(promised)
    lay_out(files, folder / "go-on")
    known = {name: digest for name, digest in promised.items() if name not in set(lost)}
    recording = None
    try:
        with recorded(folder / "go-on", subject.database, known=known) as life:
            damage += subject.go_on(life, folder / "go-on", dice)
            recording = life.recording()
    except RecorderError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the product raises over an image is a finding
        damage.append(f"the product refuses it: {type(error).__name__}: {error}")
    return Verdict(
        promised=len(promised), lost=tuple(lost), damage=tuple(damage), going_on=recording
    )
