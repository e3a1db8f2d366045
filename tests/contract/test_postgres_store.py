"""What a ledger in PostgreSQL promises beside the contract: one writer, durable, found again."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from gateway.errors import LedgerError
from gateway.ledger import postgres_engine
from gateway.ledger.errors import (
    StoreFullError,
    StoreInUseError,
    StoreUnavailableError,
    StoreVersionError,
)
from gateway.ledger.place import PostgresPlace
from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows_intake import QuarantineRow, Tally, TallyRow
from gateway.ledger.schema import METADATA
from gateway.ledger.shelf import ChangeSet
from gateway.ledger.sql_reading import reading
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import EnvelopeHash, MemberId
from gateway.model.outcome import Reason
from simulators.ledger_day import LedgerDay
from simulators.postgres_server import PostgresServer
from simulators.small_disk import SmallDisk, SmallDiskError

# Opens a store and holds on to it until it is killed.
_HOLDS = """
import sys, time
from gateway.ledger.place import PostgresPlace
from gateway.ledger.sql_store import SqlLedgerStore
store = SqlLedgerStore(PostgresPlace(sys.argv[1]))
with store.batch():
    print("open", flush=True)
    time.sleep(600)
"""
# Opens a store and kills its own process, without any chance to clean up, before one statement.
_KILLED_MIDWAY = """
import os, signal, sys
from sqlalchemy import Engine, event
from gateway.ledger.place import PostgresPlace
from gateway.ledger.sql_store import SqlLedgerStore

left = int(sys.argv[2])

@event.listens_for(Engine, "before_cursor_execute")
def count(connection, cursor, statement, parameters, context, executemany):
    global left
    if statement.lstrip().upper().startswith(("CREATE", "INSERT", "UPDATE")):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

SqlLedgerStore(PostgresPlace(sys.argv[1]))
"""
_CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'ledger'"
_TABLES = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"


def _tally(value: int) -> ChangeSet:
    return ChangeSet({TallyRow: [TallyRow(name=Tally.SEALED_ROWS, value=value)]}, {}, {})


def _save(store: SqlLedgerStore, value: int) -> None:
    with store.batch() as batch:
        batch.save(_tally(value))


def _values(place: PostgresPlace) -> list[int]:
    with LedgerReader(place).batch() as batch:
        return [row.value for row in batch.every(TallyRow)]


@pytest.fixture
def store(postgres_place: PostgresPlace) -> Iterator[SqlLedgerStore]:
    """An open store on an empty ledger."""
    with closing(SqlLedgerStore(postgres_place)) as made:
        yield made


@pytest.fixture
def small_disk() -> Iterator[SmallDisk]:
    """A small disk where PostgreSQL's own user may come by."""
    with tempfile.TemporaryDirectory(prefix="mohr-disk-") as folder:
        Path(folder).chmod(0o755)
        try:
            with SmallDisk(Path(folder) / "disk", size_mib=64) as disk:
                yield disk
        except SmallDiskError as error:
            pytest.skip(f"no disk can be mounted here: {error}")


# -- one writer -------------------------------------------------------------------------------


def test_a_second_store_is_refused(
    store: SqlLedgerStore, postgres_place: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one gateway has the database another is told so; when it has left, another may come."""
    monkeypatch.setattr(postgres_engine, "LOCK_PATIENCE_S", 0.0)
    with pytest.raises(StoreInUseError, match="another gateway"):
        SqlLedgerStore(postgres_place)
    _save(store, 1)
    store.close()
    SqlLedgerStore(postgres_place).close()


def test_a_killed_gateway_leaves_no_lock(postgres_place: PostgresPlace) -> None:
    """A process killed in the middle of a batch makes way for the next one by itself."""
    command = [sys.executable, "-c", _HOLDS, postgres_place.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        process.kill()
    with closing(SqlLedgerStore(postgres_place)) as store:
        _save(store, 1)
    assert _values(postgres_place) == [1]


def test_a_batch_waits_in_vain_behind_another_sessions_lock(
    store: SqlLedgerStore, postgres_place: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pooler that gives a batch another session than the lock's gets no batch through."""
    monkeypatch.setattr(postgres_engine, "_take_lock", lambda *_: None)
    monkeypatch.setattr(postgres_engine, "_WRITER_SESSION", ("SET lock_timeout = '50ms'",))
    with pytest.raises(StoreUnavailableError, match="lock timeout"):
        SqlLedgerStore(postgres_place)
    _save(store, 1)


def test_who_lost_the_lock_writes_no_more(
    postgres_server: PostgresServer,
    store: SqlLedgerStore,
    postgres_place: PostgresPlace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A gateway that was cut off finds another one in its place, and stays out."""
    postgres_server.execute(_CUT)
    with closing(SqlLedgerStore(postgres_place)) as other:
        monkeypatch.setattr(postgres_engine, "LOCK_PATIENCE_S", 0.0)
        with pytest.raises(StoreUnavailableError):
            _save(store, 1)
        with pytest.raises(StoreInUseError):
            _save(store, 1)
        _save(other, 2)
    assert _values(postgres_place) == [2]


# -- durable, and only where it can be --------------------------------------------------------


def test_every_commit_is_on_the_disk(
    postgres_server: PostgresServer, postgres_place: PostgresPlace
) -> None:
    """A database whose commits are told not to wait for the disk has ours wait all the same."""
    postgres_server.execute("ALTER DATABASE ledger SET synchronous_commit = off")
    wanted = ("synchronous_commit", "transaction_isolation", "lock_timeout", "statement_timeout")
    with closing(SqlLedgerStore(postgres_place)) as store, store.batch() as batch:
        connection: Connection = batch._connection  # type: ignore[attr-defined]
        told = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in wanted]
    assert told == ["on", "repeatable read", "10s", "1min"]


def test_a_database_of_another_order_is_refused(postgres_server: PostgresServer) -> None:
    """Where text is not UTF-8 the message says how to make a database."""
    postgres_server.execute(
        "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    with pytest.raises(LedgerError, match="createdb --encoding=UTF8"):
        SqlLedgerStore(postgres_server.place("latin"))
    postgres_server.drop_database("latin")


def test_a_reader_writes_nothing(store: SqlLedgerStore, postgres_place: PostgresPlace) -> None:
    """A connection for reading refuses to write, and sees what was committed and no more."""
    with reading(postgres_place) as connection, store.batch() as batch:
        batch.save(_tally(1))
        assert connection.exec_driver_sql("SELECT count(*) FROM tally").scalar() == 0
    assert _values(postgres_place) == [1]
    with pytest.raises(LedgerError, match="read-only"), reading(postgres_place) as connection:
        connection.exec_driver_sql("DELETE FROM tally")


def test_a_text_that_cannot_be_is_not_found(postgres_place: PostgresPlace) -> None:
    """A question with a NUL, out of somebody's address line, finds nothing and is no fault."""
    reader = LedgerReader(postgres_place)
    assert reader.balance(MemberId("a\0b")) is None
    assert reader.balances(after="\0") == ()


def test_a_table_is_walked_in_pieces(store: SqlLedgerStore) -> None:
    """A walk over a table that is broken off leaves the batch as usable as before."""
    tallies = [TallyRow(name=name, value=1) for name in Tally]
    with store.batch() as batch:
        batch.save(ChangeSet({TallyRow: tallies}, {}, {}))
        walk = batch.every(TallyRow)
        assert next(walk).value == 1
        del walk
        assert len(list(batch.every(TallyRow))) == len(Tally)


def test_flags_come_back_as_flags(store: SqlLedgerStore) -> None:
    """A row with a flag survives, type and all."""
    row = QuarantineRow(
        payload_hash=EnvelopeHash(bytes(32)),
        reason=Reason.CLONE,
        claimed_terminal=None,
        detail="",
        sealed=True,
        first_seen_ms=1,
        last_seen_ms=2,
        times=1,
        payload=b"\x00\xff",
    )
    with store.batch() as batch:
        batch.save(ChangeSet({QuarantineRow: [row]}, {}, {}))
        (found,) = batch.every(QuarantineRow)
    assert found == row
    assert found.sealed is True


# -- lost, and found again --------------------------------------------------------------------


def test_a_lost_connection_is_made_anew(
    postgres_server: PostgresServer, store: SqlLedgerStore, postgres_place: PostgresPlace
) -> None:
    """The batch that loses its connection is not applied, and may be tried again at once."""

    def lose() -> None:
        with store.batch() as batch:
            batch.save(_tally(1))
            postgres_server.execute(_CUT)

    with pytest.raises(StoreUnavailableError, match="does not answer"):
        lose()
    assert _values(postgres_place) == []
    _save(store, 2)
    assert _values(postgres_place) == [2]


def test_a_server_that_crashed_is_waited_for() -> None:
    """While it is away every batch says so; once it is back, what was committed is there."""
    with PostgresServer() as server:
        place = server.make_database("mine")
        with closing(SqlLedgerStore(place)) as store:
            _save(store, 1)
            server.kill()
            for _ in range(2):
                with pytest.raises(StoreUnavailableError):
                    _save(store, 2)
                with pytest.raises(StoreUnavailableError):
                    _values(place)
            server.start()
            assert _values(place) == [1]
            with store.batch() as batch:
                (row,) = batch.every(TallyRow)
                assert row.value == 1
        postgres_engine.reading_engine(place).dispose()


def test_a_full_disk_applies_nothing_and_passes(small_disk: SmallDisk) -> None:
    """Without space a batch is undone whole and says why; with space the same batch is applied."""
    rows = [
        QuarantineRow(
            payload_hash=EnvelopeHash(number.to_bytes(32)),
            reason=Reason.MALFORMED,
            claimed_terminal=None,
            detail="x" * 500,
            sealed=False,
            first_seen_ms=1,
            last_seen_ms=1,
            times=1,
            payload=number.to_bytes(1_500),
        )
        for number in range(1_000)
    ]
    changes = ChangeSet({QuarantineRow: rows}, {}, {})
    # A server of its own: one whose disk was taken away works no more.
    with PostgresServer() as server:
        server.own(small_disk.folder)
        server.execute(f"CREATE TABLESPACE small LOCATION '{small_disk.folder}'")
        server.execute("CREATE DATABASE tight TEMPLATE template0 TABLESPACE small")
        place = server.place("tight")
        with closing(SqlLedgerStore(place)) as store:
            small_disk.fill()
            with pytest.raises(StoreFullError, match="no space"), store.batch() as batch:
                batch.save(changes)
            assert LedgerReader(place).counts().quarantined == 0
            small_disk.free()
            with store.batch() as batch:
                batch.save(changes)
            assert LedgerReader(place).counts().quarantined == len(rows)
        postgres_engine.reading_engine(place).dispose()


# -- its schema -------------------------------------------------------------------------------


def test_a_process_killed_midway_leaves_nothing_behind(postgres_server: PostgresServer) -> None:
    """After a kill inside the migration the database is as empty as before, and then migrates."""
    place = postgres_server.make_database("halfway")
    for statements in ("2", "30"):
        command = [sys.executable, "-c", _KILLED_MIDWAY, place.url, statements]
        killed = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert postgres_server.execute(_TABLES, database="halfway") == "0"
    SqlLedgerStore(place).close()
    assert int(postgres_server.execute(_TABLES, database="halfway")) > 20
    postgres_server.drop_database("halfway")


def test_the_history_leads_to_the_schema(
    postgres_server: PostgresServer, postgres_place: PostgresPlace
) -> None:
    """Migrating an empty database makes the very tables that the code works with."""
    del postgres_place
    engine = postgres_engine.writing_engine(postgres_server.make_database("made"))
    with engine.begin() as connection:
        METADATA.create_all(connection)
        connection.exec_driver_sql(
            "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)"
        )
        connection.exec_driver_sql(
            "ALTER TABLE ONLY alembic_version"
            " ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)"
        )
    migrated, made = (
        # The order of columns and constraints within a table is not a difference.
        sorted(line.strip().rstrip(",") for line in postgres_server.schema(name))
        for name in ("ledger", "made")
    )
    postgres_server.drop_database("made")
    assert len(made) > 200
    assert migrated == made


def test_a_newer_ledger_is_not_touched(
    postgres_server: PostgresServer, postgres_place: PostgresPlace
) -> None:
    """A database that a later version of Mohr migrated is refused with a reason."""
    postgres_server.execute("UPDATE alembic_version SET version_num = '9999'", database="ledger")
    with pytest.raises(StoreVersionError, match="another version"):
        SqlLedgerStore(postgres_place)


def test_no_read_of_the_writer_needs_a_whole_table(store: SqlLedgerStore) -> None:
    """With whole tables made dear, PostgreSQL finds a key or an index for every SELECT."""
    seen: dict[str, Any] = {}

    def note(_c: Any, _cur: Any, sql: str, parameters: Any, _ctx: Any, _many: bool) -> None:  # noqa: ANN401, FBT001 - SQLAlchemy's own shape
        if sql.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.setdefault(sql, parameters)

    day = LedgerDay(store, 7)
    event.listen(store._engine, "before_cursor_execute", note)
    day.writer.apply([], day.now_ms)
    for _ in range(3):
        day.deliver([day.something() for _ in range(20)])
        day.now_ms += 30_000
        day.writer.tick(day.now_ms)
    event.remove(store._engine, "before_cursor_execute", note)
    assert len(seen) > 15
    scans: set[str] = set()
    with store.batch() as batch:
        connection: Connection = batch._connection  # type: ignore[attr-defined]
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for sql, parameters in seen.items():
            plan = connection.exec_driver_sql(f"EXPLAIN (COSTS OFF) {sql}", parameters).scalars()
            scans |= {line.split()[-1] for line in plan if "Seq Scan" in line}
    assert scans <= {"programme", "tally"}
