"""The recorder: it hears all that SQLite does to the files of a folder, and changes none of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from simulators.power.cuts import choose_cut
from simulators.power.disk_log import Created, DirectorySynced, Synced, Truncated, Written
from simulators.power.image import whole_image
from simulators.power.recorder import Recorder
from simulators.power.recording import Promise, Recording, recorded
from simulators.power.sqlite_vfs import Library, RecorderError


@pytest.fixture(scope="module", autouse=True)
def _sqlite_can_be_heard() -> None:
    """Skip where Python brings a SQLite of its own whose door is shut."""
    try:
        Library().default()
    except RecorderError as error:
        pytest.skip(str(error))


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    """A recorder that listens to the test's own folder."""
    with Recorder(tmp_path) as listening:
        yield listening


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _durable(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")
    }


def test_the_log_makes_the_same_files(recorder: Recorder, tmp_path: Path) -> None:
    """Done again from the log alone, database and write-ahead log are equal to the byte."""
    with closing(_connect(tmp_path / "one.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
        for number in range(300):
            connection.execute("INSERT INTO t VALUES (?)", (b"x" * number,))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("DELETE FROM t WHERE length(x) > 100")
        assert whole_image({}, recorder.log) == _durable(tmp_path)
    assert whole_image({}, recorder.log) == _durable(tmp_path)
    assert any(isinstance(one, Truncated) for one in recorder.log)


def test_each_commit_ends_with_a_sync(recorder: Recorder, tmp_path: Path) -> None:
    """A commit writes to the log and syncs it; the name of a new log is synced before."""
    with closing(_connect(tmp_path / "one.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
        before = len(recorder.log)
        connection.execute("INSERT INTO t VALUES (1)")
        new = recorder.log[before:]
    logs = [one for one in recorder.log if isinstance(one, Created) and one.name == "one.db-wal"]
    assert isinstance(new[-1], Synced)
    assert {one.file for one in new if isinstance(one, Written | Synced)} == {logs[0].file}
    made = recorder.log.index(logs[0])
    assert any(isinstance(one, DirectorySynced) for one in recorder.log[made:before])


def test_a_full_disk_refuses_growth_only(recorder: Recorder, tmp_path: Path) -> None:
    """While the disk is full SQLite is told so; what was committed before stays readable."""
    with closing(_connect(tmp_path / "one.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
        recorder.full = True
        with pytest.raises(sqlite3.OperationalError, match="full"):
            connection.execute("INSERT INTO t VALUES (1)")
        recorder.full = False
        connection.execute("INSERT INTO t VALUES (2)")
        assert connection.execute("SELECT x FROM t").fetchall() == [(2,)]


def test_other_folders_are_left_alone(
    recorder: Recorder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A database elsewhere works as always and is not noted."""
    with closing(_connect(tmp_path_factory.mktemp("elsewhere") / "two.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
    assert recorder.log == []


def test_one_recorder_at_a_time(recorder: Recorder, tmp_path: Path) -> None:
    """A second recorder is refused, and the first goes on hearing."""
    with pytest.raises(RecorderError, match="one recorder"), Recorder(tmp_path):
        pytest.fail("a second recorder was let in")
    with closing(_connect(tmp_path / "one.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
    assert recorder.log


def test_afterwards_nothing_is_heard(tmp_path: Path) -> None:
    """When the recorder is closed, SQLite is as it was before."""
    with recorded(tmp_path, "one.db") as life, closing(_connect(tmp_path / "one.db")):
        pass
    heard = len(life.recorder.log)
    assert heard
    with closing(_connect(tmp_path / "one.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
    assert len(life.recorder.log) == heard


def test_a_write_past_the_recorder_is_noticed(tmp_path: Path) -> None:
    """Bytes that reach the folder unheard would make false images: that is a fault."""

    def meddle() -> None:
        with recorded(tmp_path, "one.db"):
            _connect(tmp_path / "one.db").close()
            (tmp_path / "one.db").write_bytes(b"unheard")

    with pytest.raises(RecorderError, match="not what was heard"):
        meddle()


def test_a_promise_bounds_what_may_be_left() -> None:
    """A cut leaves no state before the last promise, and none beyond the commit under way."""
    log = (Created(0, "a"), Written(0, 0, b"1"), Synced(0), Written(0, 1, b"2"), Synced(0))
    recording = Recording(
        database="a",
        initial={},
        log=(*log, Written(0, 2, b"3"), Synced(0)),
        promises=(Promise(position=3, transactions={"1": b"x"}),),
    )
    assert recording.possible(1) == (0, 3)
    assert recording.possible(3) == (3, 5)
    assert recording.possible(4) == (3, 5)
    assert recording.possible(6) == (3, 5, 7)
    assert recording.promised(2) == {}
    assert recording.promised(3) == {"1": b"x"}
    assert recording.database_writes() == (1, 3, 5)


def test_cuts_fall_within_the_log() -> None:
    """Cuts are chosen from all of the log, its very beginning and its end included."""
    recording = Recording(
        database="a",
        initial={},
        log=tuple(Written(0, at, b"x") for at in range(10)),
        promises=(Promise(position=10, transactions={}),),
    )
    chosen = {choose_cut(recording, Random(seed)) for seed in range(300)}
    assert chosen == set(range(11))
