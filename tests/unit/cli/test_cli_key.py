"""``mohr key``: made, listed, added to, retired, backed up and restored; and what it refuses."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.key import BACKUP_VARIABLE, app
from gateway.config_programme import default_programme
from gateway.crypto.keystore.opening import (
    CREDENTIAL,
    CREDENTIALS_VARIABLE,
    PASSPHRASE_VARIABLE,
)
from gateway.errors import KeyStoreError, MohrError
from gateway.office.store import OFFICE_FILE, OfficeStore
from gateway.office.trail import COMMAND_LINE, TrailOutcome
from gateway.service.data_dir import DataDir
from gateway.service.set_up import NewGateway, set_up
from gateway.system_clock import SystemClock

WORDS: Final = "correct horse battery"
BACKUP_WORDS: Final = "another horse battery"


@pytest.fixture(scope="module", autouse=True)
def _cheap_boxes() -> Iterator[None]:
    """Boxes of the lowest cost that is opened: these keys are nobody's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.crypto.passphrase_box._COST_LOG2", 14)
        yield


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both passphrases stand in the environment, as in a service."""
    monkeypatch.setenv(PASSPHRASE_VARIABLE, WORDS)
    monkeypatch.setenv(BACKUP_VARIABLE, BACKUP_WORDS)
    monkeypatch.delenv(CREDENTIALS_VARIABLE, raising=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with version 1, to be copied."""
    folder = tmp_path_factory.mktemp("made") / "data"
    runner = CliRunner(env={PASSPHRASE_VARIABLE: WORDS})
    assert runner.invoke(app, ["init", "--dir", str(folder)]).exit_code == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A folder with version 1 of the keys, and no gateway in it."""
    return Path(shutil.copytree(made, tmp_path / "data"))


def run(folder: Path, *arguments: str, typed: str | None = None) -> str:
    """What a command says; a fault of ours is raised as it is."""
    result: Result = CliRunner().invoke(app, [*arguments, "--dir", str(folder)], input=typed)
    if isinstance(result.exception, MohrError):
        raise result.exception
    assert result.exit_code == 0, result.output
    assert WORDS not in result.output
    return result.output


def states(folder: Path) -> list[tuple[int, str]]:
    """Every version and its state."""
    return [(row["version"], row["state"]) for row in json.loads(run(folder, "list", "--json"))]


def check_value(folder: Path, version: int) -> str:
    """A version's check value."""
    rows = {row["version"]: row for row in json.loads(run(folder, "list", "--json"))}
    return str(rows[version]["check_value"])


def test_keys_are_made_once(folder: Path) -> None:
    """A second set is refused, and the first stays as it is."""
    content = DataDir(folder).card_keys.read_bytes()
    with pytest.raises(KeyStoreError, match="never overwritten"):
        run(folder, "init")
    assert DataDir(folder).card_keys.read_bytes() == content
    assert states(folder) == [(1, "current")]


def test_a_version_is_added_retired_and_taken_back(folder: Path) -> None:
    """The list shows what new cards get, what is still good, and what is turned away."""
    said = run(folder, "add")
    assert f"version 2 made, check value {check_value(folder, 2)}" in said
    assert states(folder) == [(1, "in use"), (2, "current")]
    assert "version 1 is retired" in run(folder, "retire", "1")
    assert states(folder) == [(1, "retired"), (2, "current")]
    assert "in use again" in run(folder, "retire", "1", "--undo")
    assert states(folder) == [(1, "in use"), (2, "current")]
    assert check_value(folder, 1) in run(folder, "list")
    with pytest.raises(KeyStoreError, match="mohr key add"):
        run(folder, "retire", "2")


def test_a_backup_comes_back_in_an_empty_folder(folder: Path, tmp_path: Path) -> None:
    """A backup opens with its own passphrase, and holds the same keys and states."""
    run(folder, "add")
    run(folder, "retire", "1")
    backup = tmp_path / "stick.box"
    said = run(folder, "export-backup", str(backup))
    assert "written, and read back" in said
    assert f"version 1, retired, check value {check_value(folder, 1)}" in said
    fresh = tmp_path / "fresh"
    assert "no store here yet" in run(fresh, "restore", str(backup), "--dry-run")
    assert not fresh.exists()
    assert "restored" in run(fresh, "restore", str(backup))
    assert run(fresh, "list", "--json") == run(folder, "list", "--json")
    with pytest.raises(KeyStoreError, match="never overwritten"):
        run(folder, "export-backup", str(backup))


def test_a_restore_adds_and_replaces_nothing(folder: Path, tmp_path: Path) -> None:
    """What a backup has more comes in; the backup of another store changes nothing."""
    old = Path(shutil.copytree(folder, tmp_path / "old"))
    run(folder, "add")
    backup = tmp_path / "stick.box"
    run(folder, "export-backup", str(backup))
    assert "lacks version 2" in run(old, "restore", str(backup), "--dry-run")
    assert states(old) == [(1, "current")]
    run(old, "restore", str(backup))
    assert check_value(old, 2) == check_value(folder, 2)
    assert "has all of it" in run(old, "restore", str(backup), "--dry-run")
    other = tmp_path / "other"
    run(other, "init")
    for dry in ([], ["--dry-run"]):
        with pytest.raises(KeyStoreError, match="another store; nothing was changed"):
            run(other, "restore", str(backup), *dry)
    assert states(other) == [(1, "current")]


def test_a_passphrase_comes_from_a_file_or_a_credential(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service has a credential, a script a file; a wrong one is refused with what to do."""
    monkeypatch.delenv(PASSPHRASE_VARIABLE)
    monkeypatch.delenv(BACKUP_VARIABLE)
    with pytest.raises(KeyStoreError, match=f"set {PASSPHRASE_VARIABLE}, .*{CREDENTIAL}"):
        run(folder, "list")
    file = tmp_path / CREDENTIAL
    file.write_text(f"{WORDS}\n")
    assert "current" in run(folder, "list", "--passphrase-file", str(file))
    monkeypatch.setenv(CREDENTIALS_VARIABLE, str(tmp_path))
    assert states(folder) == [(1, "current")]
    with pytest.raises(KeyStoreError, match=f"set {BACKUP_VARIABLE}"):
        run(folder, "export-backup", str(tmp_path / "stick.box"))
    file.write_text("wrong horse battery\n")
    with pytest.raises(KeyStoreError, match=r"does not open: .*docs/keys\.md"):
        run(folder, "list")


def test_a_person_is_asked_twice_for_a_new_passphrase(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a keyboard nothing is shown while typing, and a new passphrase is typed twice."""
    monkeypatch.delenv(PASSPHRASE_VARIABLE)
    monkeypatch.setattr("gateway.cli.key._is_typed", _yes)
    assert "version 1 made" in run(tmp_path / "data", "init", typed=f"{WORDS}\n{WORDS}\n")
    assert "current" in run(tmp_path / "data", "list", typed=f"{WORDS}\n")


def _yes() -> bool:
    return True


def test_a_folder_without_keys_asks_for_no_passphrase(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing is said first; a folder that cannot be made is named."""
    monkeypatch.delenv(PASSPHRASE_VARIABLE)
    commands: tuple[Callable[[], str], ...] = (
        lambda: run(tmp_path, "list"),
        lambda: run(tmp_path, "add"),
        lambda: run(tmp_path, "retire", "1"),
        lambda: run(tmp_path, "export-backup", "x"),
    )
    for command in commands:
        with pytest.raises(KeyStoreError, match="run mohr key init"):
            command()
    (tmp_path / "file").touch()
    with pytest.raises(MohrError, match="cannot be made"):
        run(tmp_path / "file" / "data", "init")


def test_what_is_done_to_a_gateways_keys_stands_in_its_trail(tmp_path: Path) -> None:
    """Each change is an entry with what became of it; a refusal is one too."""
    folder = tmp_path / "gateway"
    new = NewGateway(
        name="Shop", identity="shop", programme=default_programme("IRR"), host="h", port=1
    )
    set_up(DataDir(folder), new)
    run(folder, "init")
    run(folder, "add")
    run(folder, "retire", "1")
    run(folder, "retire", "1", "--undo")
    with pytest.raises(KeyStoreError):
        run(folder, "retire", "2")
    run(folder, "export-backup", str(tmp_path / "stick.box"))
    run(folder, "restore", str(tmp_path / "stick.box"))
    entries = OfficeStore(folder / OFFICE_FILE, SystemClock()).trail.entries()
    rows = [(one.action, one.subject, one.outcome) for one in reversed(entries)]
    assert rows == [
        ("key.init", "1", TrailOutcome.DONE),
        ("key.add", "", TrailOutcome.DONE),
        ("key.retire", "1", TrailOutcome.DONE),
        ("key.reinstate", "1", TrailOutcome.DONE),
        ("key.retire", "2", TrailOutcome.FAILED),
        ("key.export-backup", "stick.box", TrailOutcome.DONE),
        ("key.restore", "stick.box", TrailOutcome.DONE),
    ]
    assert {one.actor for one in entries} == {COMMAND_LINE}
    assert {one.action: one.after for one in entries}["key.add"] == {"version": 2}
