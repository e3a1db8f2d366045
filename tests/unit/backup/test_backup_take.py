"""Taking a backup: whole or not at all, while the gateway writes, and nothing of it touched."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import stat
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.backup.archive import read_archive_manifest
from gateway.backup.contents import DATABASES, KEY_FILES, PLAIN_FILES, backup_name, made_at_ms
from gateway.backup.errors import BackupBusyError, BackupError, BackupSpaceError
from gateway.backup.take import Taken, take
from gateway.backup.verify import verify
from gateway.config_programme import default_programme
from gateway.errors import KeyStoreError
from gateway.office.office_key import KEY_FILE
from gateway.office.store import OFFICE_FILE
from gateway.service.data_dir import DataDir
from gateway.service.set_up import NewGateway, set_up

NOW_MS = 1_800_000_000_000
PASSPHRASE = "correct horse battery staple"


def names_in(archive: Path) -> list[str]:
    """What tar, who knows nothing of us, finds in it."""
    with tarfile.open(archive, "r:gz") as tar:
        return tar.getnames()


def test_a_backup_holds_what_is_needed_and_only_its_owner_reads_it(backup: Taken) -> None:
    """One file of mode 0600, named after its second, with a manifest of everything in it."""
    assert backup.path.name == "mohr-backup-20270115T080000Z.tar.gz"
    assert stat.S_IMODE(backup.path.stat().st_mode) == 0o600
    assert names_in(backup.path) == [
        *("manifest.json", "ledger.db", "programme.toml", "gateway.json", "gateway.toml"),
        "keys.sealed",
    ]
    manifest = read_archive_manifest(backup.path)
    assert manifest == backup.manifest
    assert manifest.keys == ("gateway.key", "card.key", "phone.key")
    assert manifest.ledger.journal_index == 3
    with tarfile.open(backup.path, "r:gz") as tar:
        for file in manifest.files:
            member = tar.extractfile(file.name)
            assert member is not None
            content = member.read()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (
                file.size_bytes,
                file.sha256,
            )


def test_the_names_agree_with_the_data_directory() -> None:
    """The backup knows the same files as the service that makes them."""
    layout = DataDir(Path())
    ours = {*DATABASES, *PLAIN_FILES, *KEY_FILES}
    theirs = (layout.settings, layout.ledger, layout.identity, layout.programme)
    assert ours.issuperset(path.name for path in theirs)
    assert {layout.signing_key.name, layout.card_key.name, KEY_FILE}.issubset(KEY_FILES)
    assert OFFICE_FILE in ours


def test_keys_are_never_in_it_in_the_clear(folder: Path, backup: Taken, tmp_path: Path) -> None:
    """Neither with a passphrase nor without one does a key's content stand in the archive."""
    bare = take(folder, tmp_path / "bare", NOW_MS)
    assert bare.keys_left_out == ("gateway.key", "card.key", "phone.key")
    assert "keys.sealed" not in names_in(bare.path)
    names = ("gateway.key", "card.key", "phone.key")
    assert set(names).issubset(bare.manifest.left_out)
    secrets = [(folder / name).read_bytes() for name in names]
    for archive in (backup.path, bare.path):
        with tarfile.open(archive, "r:gz") as tar:
            for name in tar.getnames():
                member = tar.extractfile(name)
                assert member is not None
                content = member.read()
                assert not any(secret in content for secret in secrets)


def test_the_live_files_are_not_touched(folder: Path, tmp_path: Path) -> None:
    """Neither the ledger nor its log changes by a byte: nothing is written or checkpointed."""
    live = [folder / name for name in ("ledger.db", "ledger.db-wal")]
    before = [path.read_bytes() for path in live]
    assert len(before[1]) > 0
    take(folder, tmp_path / "backups", NOW_MS)
    assert [path.read_bytes() for path in live] == before


def test_the_writer_goes_on_meanwhile(
    folder: Path, sell: Callable[[int], None], tmp_path: Path
) -> None:
    """Backups taken beside a busy writer are each of one state, and each of them is good."""
    done = threading.Event()
    taken: list[Taken] = []

    def take_some() -> None:
        for second in range(4):
            when = NOW_MS + second * 1_000
            taken.append(take(folder, tmp_path / "backups", when))
        done.set()

    thread = threading.Thread(target=take_some)
    thread.start()
    while not done.is_set():
        sell(1)
    thread.join()
    indexes = [one.manifest.ledger.journal_index for one in taken]
    assert len(indexes) == 4
    assert indexes == sorted(indexes)
    assert [verify(one.path).findings for one in taken] == [()] * 4


def test_too_little_space_is_said_before_anything_is_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that a backup would fill is left alone, because the ledger lives there."""
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    with pytest.raises(BackupSpaceError, match="delete old backups"):
        take(folder, tmp_path / "backups", NOW_MS)
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [".lock"]


@pytest.mark.parametrize("limit_bytes", [4_096, 150_000])
def test_a_failing_write_leaves_nothing_half(
    folder: Path, sell: Callable[[int], None], tmp_path: Path, limit_bytes: int
) -> None:
    """Where files can grow no more, in the copy or in the archive, no part of a backup stays."""
    sell(30)
    (folder / "programme.toml").write_bytes(os.urandom(500_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        with pytest.raises(BackupSpaceError, match="no space"):
            take(folder, tmp_path / "backups", NOW_MS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [".lock"]


def test_what_a_killed_backup_left_is_cleared(folder: Path, tmp_path: Path) -> None:
    """The next backup removes the unfinished one beside it, and keeps finished ones."""
    first = take(folder, tmp_path / "backups", NOW_MS)
    left = tmp_path / "backups" / ".mohr-backup-1.part"
    left.mkdir()
    (left / "ledger.db").write_bytes(b"half")
    second = take(folder, tmp_path / "backups", NOW_MS + 1_000)
    assert {path.name for path in (tmp_path / "backups").iterdir()} == {
        ".lock",
        first.path.name,
        second.path.name,
    }


def test_one_at_a_time_and_no_name_twice(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second backup of the same second is refused, and so is one beside another."""
    backups = tmp_path / "backups"
    kept = take(folder, backups, NOW_MS).path.read_bytes()
    with pytest.raises(BackupError, match="try again in a second"):
        take(folder, backups, NOW_MS)
    assert (backups / backup_name(NOW_MS)).read_bytes() == kept

    def take_again(*_: object) -> None:
        with pytest.raises(BackupBusyError):
            take(folder, backups, NOW_MS + 2_000)

    monkeypatch.setattr("gateway.backup.take._check_space", take_again)
    take(folder, backups, NOW_MS + 1_000)


def test_only_a_gateways_folder_is_backed_up(tmp_path: Path) -> None:
    """A wrong folder is named, and nothing is made."""
    with pytest.raises(BackupError, match=r"gateway\.toml is missing"):
        take(tmp_path, tmp_path / "backups", NOW_MS)
    assert list(tmp_path.iterdir()) == []


def test_a_weak_passphrase_is_refused_before_any_work(folder: Path, tmp_path: Path) -> None:
    """Keys are not locked with something that can be guessed."""
    with pytest.raises(KeyStoreError, match="12 to"):
        take(folder, tmp_path / "backups", NOW_MS, "secret")
    assert not (tmp_path / "backups").exists()


def test_names_tell_when() -> None:
    """A name reads back as its second; whatever is not exactly such a name is none."""
    assert made_at_ms(backup_name(NOW_MS + 999)) == NOW_MS
    for other in (
        "../mohr-backup-20270115T080000Z.tar.gz",
        "mohr-backup-20271315T080000Z.tar.gz",
        "mohr-backup-20270115T080000Z.tar.gz.verified.json",
        "mohr-backup-۲۰۲۷0115T080000Z.tar.gz",
        "",
    ):
        assert made_at_ms(other) is None


def test_a_shop_that_has_sold_nothing_yet_is_backed_up(tmp_path: Path) -> None:
    """The first backup is often taken before the first sale: an empty ledger is a good one."""
    new = NewGateway(
        name="New", identity="new", programme=default_programme("IRR"), host="127.0.0.1", port=1
    )
    set_up(DataDir(tmp_path / "shop"), new)
    taken = take(tmp_path / "shop", tmp_path / "backups", NOW_MS)
    report = verify(taken.path)
    assert report.findings == ()
    assert report.manifest is not None
    assert report.manifest.ledger.journal_index == 0
