"""A folder of backups: which there are, which were proved good, and which may go."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.backup.contents import made_at_ms
from gateway.backup.errors import BackupError
from gateway.backup.verify import Verification
from gateway.durable import write_durably

#: How many backups are kept unless somebody says otherwise: two weeks of nights.
KEPT: Final = 14
_MARK_SUFFIX: Final = ".verified.json"
_MARK_BYTES_MAX: Final = 64 * 1024
_FLAWS_MARKED: Final = 20


class Verified(BaseModel):
    """What a verification found, kept beside the backup.

    Attributes:
        at_ms: when it was verified, Unix time.
        size_bytes: of the file then...
        mtime_ns: ...and its time: a file that was changed since is not verified.
        findings: how many there were.
        first: the first of them, in English sentences.
        seals: how many seals the auditor verified.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    at_ms: Annotated[int, Field(ge=0)]
    size_bytes: int
    mtime_ns: int
    findings: Annotated[int, Field(ge=0)]
    first: tuple[str, ...] = ()
    seals: int = 0

    @property
    def good(self) -> bool:
        """Whether nothing was wrong."""
        return self.findings == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """One backup of a folder.

    Attributes:
        path: the file.
        made_at_ms: when it was begun, by its name.
        size_bytes: its length.
        verified: what its last verification found; None where there was none since it changed.
    """

    path: Path
    made_at_ms: int
    size_bytes: int
    verified: Verified | None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name


def list_backups(folder: Path) -> tuple[Backup, ...]:
    """Every backup of a folder, newest first; none where there is no such folder.

    Raises:
        BackupError: if the folder cannot be read.
    """
    try:
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise BackupError(f"the backups in {folder} cannot be listed: {error}") from error
    found = (find_backup(folder, name) for name in sorted(names, reverse=True))
    return tuple(backup for backup in found if backup is not None)


def find_backup(folder: Path, name: str) -> Backup | None:
    """One backup by its name; None for any other name, so that no name leads out of the folder."""
    made = made_at_ms(name)
    path = folder / name
    if made is None or path.is_symlink() or not path.is_file():
        return None
    status = path.stat()
    mark = _read_mark(_mark_of(path))
    same = mark is not None and (mark.size_bytes, mark.mtime_ns) == (
        status.st_size,
        status.st_mtime_ns,
    )
    return Backup(
        path=path, made_at_ms=made, size_bytes=status.st_size, verified=mark if same else None
    )


def note_verification(archive: Path, verification: Verification, now_ms: int) -> Verified:
    """Keep beside a backup what its verification found.

    Raises:
        BackupError: if it cannot be written.
    """
    try:
        status = archive.stat()
        mark = Verified(
            at_ms=now_ms,
            size_bytes=status.st_size,
            mtime_ns=status.st_mtime_ns,
            findings=len(verification.findings),
            first=tuple(
                f"{one.where}: {one.what}"[:500] for one in verification.findings[:_FLAWS_MARKED]
            ),
            seals=verification.seals,
        )
        write_durably(_mark_of(archive), mark.model_dump_json().encode(), replace=True)
    except OSError as error:
        raise BackupError(f"the verification of {archive.name} cannot be noted: {error}") from error
    return mark


def delete_backup(backup: Backup) -> None:
    """Delete a backup and what is noted beside it.

    Raises:
        BackupError: if it cannot be deleted.
    """
    try:
        backup.path.unlink(missing_ok=True)
        _mark_of(backup.path).unlink(missing_ok=True)
    except OSError as error:
        raise BackupError(f"{backup.name} cannot be deleted: {error}") from error


def retain(folder: Path, keep: int = KEPT) -> tuple[str, ...]:
    """Delete all but the newest backups; the newest one that was proved good always stays.

    Args:
        folder: where they are.
        keep: how many stay, at least 1.

    Returns:
        the names of what was deleted.

    Raises:
        BackupError: if ``keep`` is below 1, or one cannot be deleted.
    """
    if keep < 1:
        raise BackupError("at least one backup must be kept")
    backups = list_backups(folder)
    proved = last_good(backups)
    surplus = [backup for backup in backups[keep:] if backup != proved]
    for backup in surplus:
        delete_backup(backup)
    return tuple(backup.name for backup in surplus)


def last_good(backups: tuple[Backup, ...]) -> Backup | None:
    """The newest backup that was proved good."""
    good = (one for one in backups if one.verified is not None and one.verified.good)
    return next(good, None)


def _mark_of(archive: Path) -> Path:
    return archive.with_name(f"{archive.name}{_MARK_SUFFIX}")


def _read_mark(path: Path) -> Verified | None:
    """Read a mark; one that is missing or broken vouches for nothing, so it counts as none."""
    try:
        with path.open("rb") as file:
            return Verified.model_validate_json(file.read(_MARK_BYTES_MAX))
    except (OSError, ValidationError, json.JSONDecodeError):
        return None
