"""Proves a backup: unpacks it aside, and asks of the copy all that could be asked of the original.

A backup is good when its files are those it was made of, SQLite finds their pages and references
whole, the ledger keeps its invariants, and the independent auditor, who trusts nothing but sealed
envelopes, comes to the same books.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from gateway.audit.auditor import audit
from gateway.backup.archive import unpack
from gateway.backup.contents import DATABASES, KEYS_FILE, LEDGER_FILE, NEEDED_KEYS
from gateway.backup.database_copy import damage
from gateway.backup.errors import BackupError, BackupFormatError
from gateway.backup.manifest import ArchivedFile, Manifest
from gateway.backup.sealed_keys import open_keys
from gateway.backup.take import ledger_state
from gateway.errors import CryptoError, MohrError
from gateway.ledger.checks import broken_invariants
from gateway.ledger.queries import LedgerReader

#: One broken row early makes thousands of later ones differ; the first ones tell.
_LISTED_MAX: Final = 50
_SCRATCH_PREFIX: Final = ".mohr-verify-"


class Flaw(StrEnum):
    """What can be wrong with a backup."""

    UNREADABLE = "unreadable"
    FILE_DIFFERS = "file_differs"
    DATABASE_DAMAGED = "database_damaged"
    STATE_DIFFERS = "state_differs"
    KEYS_CLOSED = "keys_closed"
    INVARIANT_BROKEN = "invariant_broken"
    AUDIT_DIFFERS = "audit_differs"


#: With these the copy is not what was made. The others say that the books themselves were wrong.
DAMAGE: Final = frozenset(
    {Flaw.UNREADABLE, Flaw.FILE_DIFFERS, Flaw.DATABASE_DAMAGED, Flaw.STATE_DIFFERS}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFinding:
    """One thing that is wrong with a backup.

    Attributes:
        flaw: of which kind.
        where: the file or row concerned.
        what: what is wrong with it, in an English sentence.
    """

    flaw: Flaw
    where: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found of a backup.

    Attributes:
        manifest: what it says of itself; None where that could not be read.
        findings: what is wrong, the first ones of each kind; empty for a good backup.
        seals: seals that the auditor verified.
        journal_rows: journal rows that the auditor went through.
    """

    manifest: Manifest | None
    findings: tuple[BackupFinding, ...]
    seals: int = 0
    journal_rows: int = 0

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify(
    archive: Path, *, passphrase: str | None = None, scratch: Path | None = None
) -> Verification:
    """Prove a backup.

    Args:
        archive: the file.
        passphrase: also opens the keys, where given.
        scratch: a folder with room for the unpacked files, which are removed again; by default
            the one that the backup is in.

    Raises:
        BackupError: if the file is not there, or there is no room to unpack it.
    """
    place = archive.parent if scratch is None else scratch
    try:
        _clear_leftovers(place)
        prefix = f"{_SCRATCH_PREFIX}{os.getpid()}-"
        with tempfile.TemporaryDirectory(prefix=prefix, dir=place) as name:
            return _verify_in(Path(name), archive, passphrase)
    except OSError as error:
        raise BackupError(f"{archive} cannot be verified: {error}") from error


def _clear_leftovers(place: Path) -> None:
    """Remove what verifications unpacked that were killed: their process is no more."""
    for leftover in place.glob(f"{_SCRATCH_PREFIX}*"):
        pid = leftover.name.removeprefix(_SCRATCH_PREFIX).partition("-")[0]
        if pid.isdecimal() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(leftover, ignore_errors=True)


def _verify_in(folder: Path, archive: Path, passphrase: str | None) -> Verification:
    try:
        manifest, found = unpack(archive, folder)
    except BackupFormatError as error:
        return Verification(
            manifest=None, findings=(_finding(Flaw.UNREADABLE, archive.name, str(error)),)
        )
    damaged = tuple(check_copies(manifest, found, folder))
    if damaged:
        # Books cannot be judged on damaged pages.
        return Verification(manifest=manifest, findings=damaged)
    findings = [*_check_keys(manifest, folder, passphrase)]
    seals = rows = 0
    try:
        with LedgerReader(folder / LEDGER_FILE).batch() as batch:
            findings += [
                _finding(Flaw.INVARIANT_BROKEN, LEDGER_FILE, broken)
                for broken in broken_invariants(batch)[:_LISTED_MAX]
            ]
            report = audit(batch)
        seals, rows = report.checked.seals, report.checked.journal_rows
        findings += [
            _finding(Flaw.AUDIT_DIFFERS, one.where, one.what)
            for one in report.findings[:_LISTED_MAX]
        ]
    except (MohrError, ValueError) as error:
        # A row that cannot even be read: somebody edited the database before it was backed up.
        findings.append(_finding(Flaw.INVARIANT_BROKEN, LEDGER_FILE, str(error)))
    return Verification(manifest=manifest, findings=tuple(findings), seals=seals, journal_rows=rows)


def check_copies(
    manifest: Manifest, found: tuple[ArchivedFile, ...], folder: Path
) -> Iterator[BackupFinding]:
    """Compare unpacked files with the manifest, and look whether their databases are whole.

    Args:
        manifest: what the backup says of itself.
        found: what was unpacked.
        folder: where to.

    Yields:
        what is wrong; every finding is ``DAMAGE``.
    """
    for announced, real in zip(manifest.files, found, strict=True):
        if announced.sha256 != real.sha256:
            yield _finding(
                Flaw.FILE_DIFFERS, real.name, "its content is not what was backed up (SHA-256)"
            )
        elif real.name in DATABASES:
            for text in damage(folder / real.name):
                yield _finding(Flaw.DATABASE_DAMAGED, real.name, text)
    try:
        state = ledger_state(folder / LEDGER_FILE)
    except MohrError as error:
        yield _finding(Flaw.DATABASE_DAMAGED, LEDGER_FILE, str(error))
        return
    if state != manifest.ledger:
        yield _finding(
            Flaw.STATE_DIFFERS,
            LEDGER_FILE,
            f"it ends at journal row {state.journal_index}, not {manifest.ledger.journal_index}",
        )


def _check_keys(
    manifest: Manifest, folder: Path, passphrase: str | None
) -> Iterator[BackupFinding]:
    if passphrase is None:
        return
    if not manifest.keys:
        yield _finding(Flaw.KEYS_CLOSED, KEYS_FILE, "the backup holds no keys")
        return
    try:
        keys = open_keys((folder / KEYS_FILE).read_bytes(), passphrase)
    except (CryptoError, BackupError) as error:
        yield _finding(Flaw.KEYS_CLOSED, KEYS_FILE, str(error))
        return
    for name in sorted({*manifest.keys, *NEEDED_KEYS} - set(keys)):
        yield _finding(Flaw.KEYS_CLOSED, name, "the key is not in the box")


def _finding(flaw: Flaw, where: str, what: str) -> BackupFinding:
    return BackupFinding(flaw=flaw, where=where, what=what)
