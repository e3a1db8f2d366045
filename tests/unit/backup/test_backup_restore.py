"""Restoring: all of a good backup, or nothing; and the shelf that backups stand on."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from gateway.audit.auditor import audit
from gateway.backup.contents import backup_name
from gateway.backup.errors import BackupError, BackupRefusedError
from gateway.backup.restore import restore
from gateway.backup.shelf import (
    delete_backup,
    find_backup,
    last_good,
    list_backups,
    note_verification,
    retain,
)
from gateway.backup.take import Taken, take
from gateway.backup.verify import Verification, verify
from gateway.cli import backup as backup_cli
from gateway.config import load_settings
from gateway.crypto.file_signer import FileSigner
from gateway.errors import CryptoError, MohrError
from gateway.ledger.queries import LedgerReader
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.service.data_dir import DataDir, read_card_key

NOW_MS = 1_800_000_000_000
PASSPHRASE = "correct horse battery staple"


def invoke(app: typer.Typer, *arguments: str, passphrase: str | None = None) -> Result:
    """Run a command in this process; a fault of ours is raised as it is."""
    environment = {"COLUMNS": "200", backup_cli.PASSPHRASE_VARIABLE: passphrase}
    result = CliRunner().invoke(app, arguments, env=environment)
    if isinstance(result.exception, MohrError):
        raise result.exception
    return result


def test_a_restored_gateway_is_the_one_that_was_backed_up(
    backup: Taken, sell: Callable[[int], None], tmp_path: Path
) -> None:
    """Keys, settings, rules and books come back; what came after the backup is not in it."""
    sell(2)
    new = tmp_path / "new" / "gateway"
    restored = restore(backup.path, new, PASSPHRASE)
    assert restored.keys_missing == ()
    assert {path.name for path in new.iterdir()} == {
        *("gateway.toml", "programme.toml", "gateway.json", "ledger.db"),
        *("gateway.key", "card.key", "phone.key"),
    }
    assert stat.S_IMODE(new.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in new.iterdir()} == {0o600}
    old, now = DataDir(tmp_path / "gateway"), DataDir(new)
    assert read_card_key(now) == read_card_key(old)
    assert now.phone_key.read_bytes() == old.phone_key.read_bytes()
    assert FileSigner.load(now.signing_key).key_id == FileSigner.load(old.signing_key).key_id
    assert load_settings(new) == load_settings(old.path)
    # The writer takes it over as it is: it puts its log beside it again.
    store = SqlLedgerStore(now.ledger)
    store.close()
    with LedgerReader(now.ledger).batch() as batch:
        report = audit(batch)
    assert (report.clean, report.checked.transactions) == (True, 3)


def test_without_keys_it_says_which_are_missing(folder: Path, tmp_path: Path) -> None:
    """A backup without keys is restored all the same, and the missing keys are named."""
    bare = take(folder, tmp_path / "bare", NOW_MS)
    restored = restore(bare.path, tmp_path / "new")
    assert restored.keys_missing == ("gateway.key", "card.key")


def test_nothing_is_overwritten(backup: Taken, tmp_path: Path) -> None:
    """A folder with anything in it is refused, and keeps it."""
    with pytest.raises(BackupRefusedError, match="not empty"):
        restore(backup.path, tmp_path / "gateway", PASSPHRASE)
    assert load_settings(tmp_path / "gateway").name == "مهر"


def test_keys_are_not_lost_by_leaving_the_passphrase_out(backup: Taken, tmp_path: Path) -> None:
    """Without the passphrase, or with another, nothing at all is restored."""
    new = tmp_path / "new"
    with pytest.raises(BackupRefusedError, match="passphrase"):
        restore(backup.path, new)
    with pytest.raises(CryptoError, match="passphrase is wrong"):
        restore(backup.path, new, f"{PASSPHRASE}.")
    assert list(new.iterdir()) == []


def test_a_damaged_backup_restores_nothing(backup: Taken, tmp_path: Path) -> None:
    """However little of it is left, the folder stays empty."""
    original = backup.path.read_bytes()
    for length in range(0, len(original), len(original) // 10):
        backup.path.write_bytes(original[:length])
        with pytest.raises(BackupError):
            restore(backup.path, tmp_path / "new", PASSPHRASE)
        assert list((tmp_path / "new").iterdir()) == []


def test_the_shelf_knows_which_were_proved(backup: Taken) -> None:
    """A verification is kept beside the file, and counts only while the file is the same."""
    folder = backup.path.parent
    assert [one.verified for one in list_backups(folder)] == [None]
    note_verification(backup.path, verify(backup.path), NOW_MS + 5)
    (one,) = list_backups(folder)
    assert one.verified is not None
    assert (one.verified.good, one.verified.at_ms, one.verified.seals) == (True, NOW_MS + 5, 3)
    assert last_good((one,)) == one
    backup.path.write_bytes(backup.path.read_bytes() + b"x")
    note = note_verification(backup.path, verify(backup.path), NOW_MS + 6)
    assert (note.good, note.findings) == (False, 1)
    backup.path.write_bytes(b"something else")
    assert list_backups(folder)[0].verified is None


def test_a_broken_note_vouches_for_nothing(backup: Taken) -> None:
    """Garbage where a note should be counts as no verification."""
    mark = backup.path.with_name(f"{backup.path.name}.verified.json")
    for garbage in (b"", b"{}", b'{"at_ms": -1}', b"\xff"):
        mark.write_bytes(garbage)
        assert [one.verified for one in list_backups(backup.path.parent)] == [None]


def test_only_backups_are_found_by_name(backup: Taken, tmp_path: Path) -> None:
    """No name leads out of the folder, and a link is not followed."""
    folder = backup.path.parent
    link = folder / backup_name(NOW_MS + 60_000)
    link.symlink_to(tmp_path / "gateway" / "card.key")
    for name in ("../gateway/card.key", ".lock", "", link.name, "mohr-backup-x.tar.gz"):
        assert find_backup(folder, name) is None
    found = find_backup(folder, backup.path.name)
    assert found is not None
    assert [one.name for one in list_backups(folder)] == [backup.path.name]
    delete_backup(found)
    assert list_backups(folder) == ()
    assert list_backups(tmp_path / "none") == ()


def test_old_backups_go_but_never_the_last_good_one(backup: Taken) -> None:
    """Of six, the newest three stay, and the one that was proved good although it is old."""
    folder = backup.path.parent
    for day in range(1, 6):
        (folder / backup_name(NOW_MS + day * 86_400_000)).write_bytes(b"not proved")
    note_verification(backup.path, verify(backup.path), NOW_MS)
    newest = list_backups(folder)[0]
    bad = Verification(manifest=None, findings=verify(newest.path).findings)
    note_verification(newest.path, bad, NOW_MS)
    assert len(retain(folder, 3)) == 2
    kept = [one.name for one in list_backups(folder)]
    assert len(kept) == 4
    assert kept[-1] == backup.path.name
    assert retain(folder, 3) == ()
    with pytest.raises(BackupError, match="at least one"):
        retain(folder, 0)


def test_the_commands_from_take_to_restore(folder: Path, tmp_path: Path) -> None:
    """Take, list, verify and restore by command line, with the passphrase from a file."""
    at = ("--dir", str(folder))
    words = tmp_path / "passphrase"
    words.write_text(f"{PASSPHRASE}\n")
    assert invoke(backup_cli.app, "list", *at).output == "no backups\n"
    bare = invoke(backup_cli.app, "take", *at, "--to", str(tmp_path / "bare")).output
    assert "without card.key no card finds its member" in " ".join(bare.split())
    assert "not in it: card.key" in bare
    output = invoke(backup_cli.app, "take", *at, "--passphrase-file", str(words)).output
    assert "not in it" not in output
    file = output.split(" (")[0]
    assert json.loads(invoke(backup_cli.app, "list", "--json", *at).output)[0]["good"] is None
    verified = invoke(backup_cli.app, "verify", file, passphrase=PASSPHRASE)
    assert (verified.exit_code, verified.output) == (0, "3 journal rows, 3 seals\ngood\n")
    assert json.loads(invoke(backup_cli.app, "verify", "--json", file).output)["good"] is True
    assert "good 20" in invoke(backup_cli.app, "list", *at).output
    new = tmp_path / "new"
    arguments = ("restore", file, str(new), "--passphrase-file", str(words))
    assert "journal row 3" in invoke(backup_cli.app, *arguments).output
    assert (new / "gateway.toml").is_file()


def test_a_bad_backup_exits_one(backup: Taken) -> None:
    """A script can tell a bad backup from a good one and from a fault."""
    backup.path.write_bytes(backup.path.read_bytes()[:-30])
    result = invoke(backup_cli.app, "verify", str(backup.path))
    assert result.exit_code == 1
    assert "FINDING unreadable" in result.output
    with pytest.raises(MohrError, match="cannot be verified"):
        invoke(backup_cli.app, "verify", f"{backup.path}.none")
