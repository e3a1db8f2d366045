"""What somebody may see: the same in Python and in SQL."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import Column, MetaData, Table, Text, select
from sqlalchemy.dialects import sqlite

from gateway.model.ids import BranchId
from gateway.queries.scope import EVERYTHING, Scope

ROWS = (BranchId("north"), BranchId("south"), BranchId("x' OR '1'='1"), None)
_TABLE = Table("seen", MetaData(), Column("branch", Text))


@pytest.mark.parametrize(
    "scope",
    [
        EVERYTHING,
        Scope(frozenset()),
        Scope(frozenset({BranchId("north")})),
        Scope(frozenset({BranchId("north"), BranchId("x' OR '1'='1")})),
    ],
)
def test_sql_shows_what_python_says(scope: Scope) -> None:
    """Rows of other branches and of none are left out by the condition as by ``holds``."""
    wanted = select(_TABLE.c.branch).where(scope.condition(_TABLE.c.branch))
    sql = str(
        wanted.compile(
            dialect=sqlite.dialect(),
            compile_kwargs={"literal_binds": True},
        )
    )
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE seen (branch TEXT)")
        connection.executemany("INSERT INTO seen VALUES (?)", [(row,) for row in ROWS])
        shown = [row[0] for row in connection.execute(sql)]
    assert shown == [row for row in ROWS if scope.holds(row)]
    assert scope.everything == (shown == list(ROWS))
