"""Proving a backup: each thing that can be wrong is found and named, and nothing is trusted."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from gateway.backup.archive import describe, write_archive
from gateway.backup.errors import BackupError, BackupSpaceError
from gateway.backup.manifest import Manifest
from gateway.backup.take import Taken, ledger_state
from gateway.backup.verify import DAMAGE, Flaw, verify
from gateway.backup.verify_apart import verify_apart

PASSPHRASE = "correct horse battery staple"
Rebuild = Callable[[Callable[[Path], None]], Path]


@pytest.fixture
def rebuild(backup: Taken, tmp_path: Path) -> Rebuild:
    """Unpacks the backup, lets the test change a file, and packs it with honest hashes."""

    def make(change: Callable[[Path], None]) -> Path:
        folder = tmp_path / "changed"
        folder.mkdir()
        with tarfile.open(backup.path, "r:gz") as tar:
            tar.extractall(folder, filter="data")
        change(folder)
        parts = backup.manifest.model_dump(mode="python")
        parts["ledger"] = ledger_state(folder / "ledger.db").model_dump()
        files = [describe(folder / file.name) for file in backup.manifest.files]
        parts["files"] = tuple(file.model_dump() for file in files)
        target = tmp_path / "mohr-backup-20270115T090000Z.tar.gz"
        write_archive(target, Manifest.model_validate(parts), folder)
        return target

    return make


def flaws(archive: Path, passphrase: str | None = None) -> set[Flaw]:
    """The kinds of what is wrong with a backup."""
    return {finding.flaw for finding in verify(archive, passphrase=passphrase).findings}


def sql(statement: str) -> Callable[[Path], None]:
    """A change to the copied ledger."""

    def change(folder: Path) -> None:
        with closing(sqlite3.connect(folder / "ledger.db")) as connection, connection:
            connection.execute(statement)

    return change


def packed(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """A gzipped tar of whatever the test thinks of."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return raw.getvalue()


def test_a_good_backup_is_good(backup: Taken) -> None:
    """Nothing is found, every seal was looked at, and nothing unpacked stays behind."""
    verification = verify(backup.path, passphrase=PASSPHRASE)
    assert verification.findings == ()
    assert (verification.seals, verification.journal_rows) == (3, 3)
    assert {path.name for path in backup.path.parent.iterdir()} == {".lock", backup.path.name}


def test_a_backup_that_was_packed_again_is_still_good(rebuild: Rebuild) -> None:
    """The helper of these tests makes good backups where it changes nothing."""
    assert flaws(rebuild(lambda _: None)) == set()


def test_any_flipped_byte_is_found(backup: Taken) -> None:
    """Wherever a byte of the file changes, the content is the same or the backup is not good."""
    original = backup.path.read_bytes()
    content = gzip.decompress(original)
    missed = []
    # Bytes 3 to 9 are gzip's own flags, time and system, which say nothing about the content; and
    # within a run of equal bytes it does not matter from which of them the next is copied.
    for at in (*range(3), *range(10, len(original), len(original) // 40), len(original) - 1):
        changed = bytearray(original)
        changed[at] ^= 0x10
        backup.path.write_bytes(changed)
        if not flaws(backup.path) & DAMAGE and gzip.decompress(changed) != content:
            missed.append(at)
    assert missed == []


@pytest.mark.parametrize("part", [0, 1, 600, 0.5, 0.99])
def test_a_backup_that_ends_early_is_found(backup: Taken, part: float) -> None:
    """A copy that broke off is unreadable, however little is missing."""
    original = backup.path.read_bytes()
    backup.path.write_bytes(original[: int(part * len(original)) if part < 1 else int(part)])
    assert flaws(backup.path) == {Flaw.UNREADABLE}


def test_bytes_behind_the_end_are_found(backup: Taken) -> None:
    """Nothing may ride along behind what the manifest names."""
    more = gzip.compress(b"more")
    backup.path.write_bytes(backup.path.read_bytes() + more)
    assert flaws(backup.path) == {Flaw.UNREADABLE}


def test_a_damaged_page_is_found(rebuild: Rebuild) -> None:
    """A ledger whose page is garbage is damaged although its hash is the manifest's."""

    def change(folder: Path) -> None:
        file = folder / "ledger.db"
        content = bytearray(file.read_bytes())
        content[3 * 4096 : 3 * 4096 + 2_000] = os.urandom(2_000)
        file.write_bytes(content)

    assert flaws(rebuild(change)) & {Flaw.DATABASE_DAMAGED}


def test_a_missing_reference_is_found(rebuild: Rebuild) -> None:
    """A row that names another which is not there is damage."""
    assert flaws(rebuild(sql("DELETE FROM terminal"))) == {Flaw.DATABASE_DAMAGED}


def test_points_out_of_nothing_are_found(rebuild: Rebuild) -> None:
    """Books edited before the backup break an invariant, and the auditor differs."""
    wrong = flaws(rebuild(sql("UPDATE wallet SET available = available + 1000")))
    assert wrong == {Flaw.INVARIANT_BROKEN, Flaw.AUDIT_DIFFERS}


def test_a_row_that_cannot_be_read_is_found(rebuild: Rebuild) -> None:
    """A word that no version ever wrote is a finding and no crash."""
    assert flaws(rebuild(sql("UPDATE card SET state = 'stolen'"))) & {
        Flaw.INVARIANT_BROKEN,
        Flaw.AUDIT_DIFFERS,
    }


def test_a_state_that_differs_is_found(backup: Taken, tmp_path: Path) -> None:
    """A manifest that claims a later state than its ledger holds is not believed."""
    folder = tmp_path / "same"
    folder.mkdir()
    with tarfile.open(backup.path, "r:gz") as tar:
        tar.extractall(folder, filter="data")
    parts = backup.manifest.model_dump(mode="python")
    parts["ledger"]["journal_index"] += 1
    target = tmp_path / "claims.tar.gz"
    write_archive(target, Manifest.model_validate(parts), folder)
    assert flaws(target) == {Flaw.STATE_DIFFERS}


def test_the_keys_open_or_are_said_not_to(backup: Taken) -> None:
    """A wrong passphrase is found before the day on which the keys are needed."""
    assert flaws(backup.path, PASSPHRASE) == set()
    assert flaws(backup.path, f"{PASSPHRASE}.") == {Flaw.KEYS_CLOSED}


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "ledger.db", "a/../../evil"])
def test_names_lead_nowhere(tmp_path: Path, name: str) -> None:
    """An archive that does not begin with a manifest is not unpacked at all."""
    file = tmp_path / "evil.tar.gz"
    file.write_bytes(packed([(tarfile.TarInfo(name), b"evil")]))
    assert flaws(file) == {Flaw.UNREADABLE}
    assert [path.name for path in tmp_path.rglob("*")] == ["evil.tar.gz"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, b"x"])
def test_only_plain_files_are_taken(backup: Taken, tmp_path: Path, kind: bytes) -> None:
    """Behind a real manifest, a link, a folder or an extended header in place of a file is none."""
    manifest = backup.manifest.to_json()
    member = tarfile.TarInfo("ledger.db")
    member.type, member.linkname = kind, "/etc/passwd"
    file = tmp_path / "links.tar.gz"
    file.write_bytes(packed([(tarfile.TarInfo("manifest.json"), manifest), (member, b"")]))
    assert flaws(file) == {Flaw.UNREADABLE}


def test_an_archive_unpacks_no_more_than_it_announces(backup: Taken, tmp_path: Path) -> None:
    """A bomb is refused by its lengths, and a huge manifest before it is read."""
    bomb = bytes(50_000_000)
    manifest = backup.manifest.to_json()
    members = [(tarfile.TarInfo("manifest.json"), manifest), (tarfile.TarInfo("ledger.db"), bomb)]
    file = tmp_path / "bomb.tar.gz"
    file.write_bytes(packed(members))
    assert flaws(file) == {Flaw.UNREADABLE}
    file.write_bytes(packed([(tarfile.TarInfo("manifest.json"), bomb)]))
    assert flaws(file) == {Flaw.UNREADABLE}


def test_what_does_not_fit_is_not_unpacked(backup: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup larger than the free space is refused before a byte of it is written."""
    usage = shutil.disk_usage(backup.path.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000))
    with pytest.raises(BackupSpaceError, match="1000"):
        verify(backup.path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format":2}', "\ud800"])
def test_a_manifest_that_makes_no_sense_is_unreadable(tmp_path: Path, text: str) -> None:
    """Whatever stands in the manifest's place, the answer is a finding."""
    file = tmp_path / "odd.tar.gz"
    content = text.encode("utf-8", "surrogatepass")
    file.write_bytes(packed([(tarfile.TarInfo("manifest.json"), content)]))
    assert flaws(file) == {Flaw.UNREADABLE}


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    """No file is no verification, good or bad."""
    with pytest.raises(BackupError, match="cannot be verified"):
        verify(tmp_path / "none.tar.gz")


def test_another_process_comes_to_the_same(backup: Taken, tmp_path: Path) -> None:
    """Verifying apart from the gateway says what verifying here does, and hands faults on."""
    assert verify_apart(backup.path) == verify(backup.path)
    with pytest.raises(BackupError, match="cannot be verified"):
        verify_apart(tmp_path / "none.tar.gz")


@pytest.mark.parametrize("prefix", [(), ("env", "--ignore-signal=INT")])
def test_a_verification_ends_with_who_started_it(backup: Taken, prefix: tuple[str, ...]) -> None:
    """When the parent is gone, so is the child, also one that a shell had made deaf to Ctrl-C."""
    fifo = backup.path.parent / "mohr-backup-20270115T100000Z.tar.gz"
    os.mkfifo(fifo)
    child = subprocess.Popen(
        [*prefix, sys.executable, "-m", "gateway.backup.verify_apart", str(fifo)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    # It opens the pipe in place of a backup, so it is busy; then its parent's end closes.
    with fifo.open("wb"):
        child.communicate()
    assert child.returncode != 0
    assert [path.name for path in backup.path.parent.glob(".mohr-verify-*")] == []


def test_what_a_killed_verification_left_is_cleared(backup: Taken) -> None:
    """Unpacked files of a process that is no more are removed, those of a living one are not."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = [backup.path.parent / f".mohr-verify-{pid}-x" for pid in (dead.pid, os.getpid())]
    for folder in left:
        folder.mkdir()
    verify(backup.path)
    assert [folder.exists() for folder in left] == [False, True]
