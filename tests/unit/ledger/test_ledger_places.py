"""Where a ledger may live, and what is said of a place that will not do."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import LedgerError
from gateway.ledger.place import PostgresPlace, ledger_place
from gateway.ledger.postgres_fitness import SettingsRow, unfit
from gateway.ledger.sql_reading import reading

_FIT = SettingsRow(
    version=15_00_18,
    in_recovery=False,
    encoding="UTF8",
    collation="C.UTF-8",
    fsync="on",
    full_page_writes="on",
)


def test_a_ledger_is_in_its_file_unless_a_database_is_named(tmp_path: Path) -> None:
    """Without a URL it is the file; with one it is the database, as it was written."""
    assert ledger_place(None, tmp_path) == tmp_path
    place = ledger_place("postgresql:///mohr", tmp_path)
    assert place == PostgresPlace("postgresql:///mohr")
    assert str(place) == "postgresql:///mohr"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (_FIT._replace(version=12_00_22), "older than 13"),
        (_FIT._replace(in_recovery=True), "name the primary"),
        (_FIT._replace(encoding="SQL_ASCII"), "createdb --encoding=UTF8 --locale=C"),
        (_FIT._replace(collation="fa_IR.UTF-8"), "ordered by fa_IR.UTF-8"),
        (_FIT._replace(fsync="off"), "power cut"),
        (_FIT._replace(full_page_writes="off"), "power cut"),
    ],
)
def test_an_unfit_database_is_told_why(row: SettingsRow, said: str) -> None:
    """Each thing that a ledger cannot live with is named with what to do about it."""
    assert unfit(_FIT) is None
    reason = unfit(row)
    assert reason is not None
    assert said in reason


def test_a_file_that_is_not_there_is_not_read(tmp_path: Path) -> None:
    """Reading makes no ledger."""
    file = tmp_path / "ledger.db"
    with pytest.raises(LedgerError, match="no ledger"), reading(file):
        pytest.fail("there was something to read")
    assert not file.exists()
