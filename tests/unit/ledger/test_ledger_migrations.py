"""The schema's history: it leads to the tables the code works with, all of it or nothing."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from gateway.ledger.errors import StoreVersionError
from gateway.ledger.migrate import HEAD_REVISION
from gateway.ledger.migrations.run import head_of_scripts
from gateway.ledger.schema import METADATA
from gateway.ledger.sql_store import SqlLedgerStore

# Opens a store and kills its own process, without any chance to clean up, before one statement.
_KILLED_MIDWAY = """
import os, signal, sys
from sqlalchemy import Engine, event
from gateway.ledger.sql_store import SqlLedgerStore

left = int(sys.argv[2])

@event.listens_for(Engine, "before_cursor_execute")
def count(connection, cursor, statement, parameters, context, executemany):
    global left
    if statement.lstrip().upper().startswith(("CREATE", "INSERT", "UPDATE")):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

SqlLedgerStore(sys.argv[1])
print("migrated")
"""


def _tables(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: " ".join(sql.split()) for name, sql in rows}


def test_the_newest_script_is_the_one_we_want() -> None:
    """The revision that a start looks for, without loading Alembic, is that of the last script."""
    assert head_of_scripts() == HEAD_REVISION


def test_an_up_to_date_ledger_is_opened_without_alembic(tmp_path: Path) -> None:
    """Only a migration pays for loading what migrates."""
    SqlLedgerStore(tmp_path / "ledger.db").close()
    look = (
        "import sys; from gateway.ledger.sql_store import SqlLedgerStore; "
        "SqlLedgerStore(sys.argv[1]).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", look, tmp_path / "ledger.db"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"


def test_the_history_leads_to_the_schema(tmp_path: Path) -> None:
    """Migrating an empty file makes the very statements that the code's own tables make."""
    SqlLedgerStore(tmp_path / "migrated.db").close()
    engine = create_engine(f"sqlite:///{tmp_path / 'made.db'}")
    METADATA.create_all(engine)
    engine.dispose()
    migrated, made = _tables(tmp_path / "migrated.db"), _tables(tmp_path / "made.db")
    assert migrated.pop("alembic_version")
    assert sorted(migrated) == sorted(made)
    for name, sql in made.items():
        # The order of constraints within a table is not a difference.
        assert sorted(migrated[name].split(", ")) == sorted(sql.split(", ")), name


@pytest.mark.parametrize("statements", [1, 5, 12, 30])
def test_a_process_killed_midway_leaves_nothing_behind(tmp_path: Path, statements: int) -> None:
    """After a kill inside the migration the file is as empty as before, and then migrates."""
    path = tmp_path / "ledger.db"
    command = [sys.executable, "-c", _KILLED_MIDWAY, str(path), str(statements)]
    killed = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert _tables(path) == {}
    SqlLedgerStore(path).close()
    assert "journal" in _tables(path)


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    """A store of this version is opened as it is."""
    path = tmp_path / "ledger.db"
    SqlLedgerStore(path).close()
    before = _tables(path)
    SqlLedgerStore(path).close()
    assert _tables(path) == before
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [
            (HEAD_REVISION,)
        ]


def test_a_newer_ledger_is_not_touched(tmp_path: Path) -> None:
    """A file that a later version of Mohr migrated is refused with a reason."""
    path = tmp_path / "ledger.db"
    SqlLedgerStore(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(StoreVersionError, match="another version"):
        SqlLedgerStore(path)


def test_commits_are_durable_and_references_are_kept(tmp_path: Path) -> None:
    """The writing connection syncs fully, logs ahead, and holds foreign keys."""
    store = SqlLedgerStore(tmp_path / "ledger.db")
    assert store._connection is not None
    with store._connection.begin():
        values = [
            store._connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    store.close()
    assert values == ["wal", 2, 1]
