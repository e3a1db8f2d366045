"""Counts the questions that a process asks of its databases, without touching who asks them.

Every SQLite connection that is opened after the counting has begun is told to name each statement
that it begins (``sqlite3.Connection.set_trace_callback``). For a process of its own only.
"""

from __future__ import annotations

import sqlite3
import sqlite3.dbapi2
import threading
from collections.abc import Callable
from typing import Any, Final

#: What frames a question and is none; a comment is how SQLite names a trigger's own work.
_NOT_COUNTED: Final = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA", "--")


def is_question(statement: str) -> bool:
    """Whether a statement reads or changes rows."""
    return not statement.lstrip().upper().startswith(_NOT_COUNTED)


class StatementCount:
    """Counts statements from now on, for as long as the process lives.

    Args:
        counts: whether a thread's statements count, by its name.
    """

    def __init__(self, counts: Callable[[str], bool]) -> None:
        self._counts = counts
        self._lock = threading.Lock()
        self._statements: list[str] = []
        connect = sqlite3.connect

        def connect_and_listen(*arguments: Any, **settings: Any) -> sqlite3.Connection:  # noqa: ANN401 - passed on
            connection: sqlite3.Connection = connect(*arguments, **settings)
            connection.set_trace_callback(self._began)
            return connection

        # SQLAlchemy looks it up in the second place at each connection.
        sqlite3.connect = connect_and_listen  # type: ignore[assignment] # same arguments
        sqlite3.dbapi2.connect = connect_and_listen  # type: ignore[assignment] # the same

    def take(self) -> list[str]:
        """The statements since the last time."""
        with self._lock:
            taken, self._statements = self._statements, []
        return taken

    def _began(self, statement: str) -> None:
        if is_question(statement) and self._counts(threading.current_thread().name):
            with self._lock:
                self._statements.append(statement)
