"""The office's database: durable, private, one writer at a time, and honest about its version."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from sqlalchemy import exc

from gateway.office.database import Database
from gateway.office.errors import OfficeError, OfficeVersionError
from gateway.office.passwords import HashCost
from gateway.office.schema import SCHEMA_VERSION
from gateway.office.store import OfficeStore
from gateway.office.trail import COMMAND_LINE
from simulators.clock import VirtualClock

CHEAP = HashCost(memory_kib=8, passes=1)


def _open(folder: Path) -> OfficeStore:
    return OfficeStore(folder / "office.db", VirtualClock(unix_ms=1_000), cost=CHEAP)


def test_only_the_owner_reads_the_files(tmp_path: Path) -> None:
    """The database and the key are made for their owner alone, and no log is left beside them."""
    _open(tmp_path)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"office.db": 0o600, "web.key": 0o600}


def test_a_store_is_opened_again(tmp_path: Path) -> None:
    """What one store wrote, the next one reads; the key stays the same."""
    first = _open(tmp_path)
    first.trail.begin(account=COMMAND_LINE, action="a.b", subject="x", before={})
    second = _open(tmp_path)
    assert [entry.action for entry in second.trail.entries()] == ["a.b"]
    assert first.key.derive("x") == second.key.derive("x")
    assert first.key.derive("x") != second.key.derive("y")


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    """A file of a newer version is named and left alone."""
    path = tmp_path / "office.db"
    database = Database(path)
    with database.writing() as connection:
        connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    with pytest.raises(OfficeVersionError, match="newer Mohr"):
        Database(path)


def test_readers_cannot_write(tmp_path: Path) -> None:
    """A connection for reading refuses every change."""
    database = Database(tmp_path / "office.db")
    with pytest.raises(OfficeError), database.reading() as connection:
        connection.exec_driver_sql("CREATE TABLE surprise (x INTEGER)")


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    """What a block wrote before it raised is undone."""
    database = Database(tmp_path / "office.db")

    def fail() -> None:
        with database.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE half (x INTEGER)")
            raise RuntimeError("power")

    with pytest.raises(RuntimeError):
        fail()
    with database.reading() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars().all()
    assert "half" not in names


def test_faults_are_the_offices_own(tmp_path: Path) -> None:
    """A fault of the library arrives as one of ours, with its cause."""
    database = Database(tmp_path / "office.db")
    with pytest.raises(OfficeError) as caught, database.reading() as connection:
        connection.exec_driver_sql("SELECT * FROM nowhere")
    assert isinstance(caught.value.__cause__, exc.DBAPIError)


def test_two_processes_and_many_threads_write(tmp_path: Path) -> None:
    """Two stores on one file, as the command line beside a gateway, lose no entry."""
    stores = [_open(tmp_path), _open(tmp_path)]

    def write(number: int) -> None:
        for _ in range(5):
            stores[number % 2].trail.begin(
                account=COMMAND_LINE, action="a.b", subject=str(number), before={}
            )

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = stores[0].trail.entries(limit=100)
    assert len(found) == 30
    assert len({entry.entry_id for entry in found}) == 30


def test_a_lost_key_is_named(tmp_path: Path) -> None:
    """A secret kept under another key does not open, and the fault says why."""
    sealed = _open(tmp_path).key.seal(b"secret", "purpose")
    with pytest.raises(OfficeError, match=r"web\.key"):
        _open(tmp_path).key.open(sealed, "another purpose")
    (tmp_path / "web.key").unlink()
    with pytest.raises(OfficeError, match=r"web\.key"):
        _open(tmp_path).key.open(sealed, "purpose")


def test_a_key_open_to_others_is_refused(tmp_path: Path) -> None:
    """A key that others may have read is not used."""
    _open(tmp_path)
    (tmp_path / "web.key").chmod(0o644)
    with pytest.raises(OfficeError, match="chmod 600"):
        _open(tmp_path)
