"""Rows of the journal with their postings and terminals, and the branch that each belongs to."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Join, func

from gateway.ledger.rows import JournalRow, PostingRow
from gateway.ledger.rows_intake import TerminalRow
from gateway.model.ids import TerminalId
from gateway.queries.reading import columns_of

_JOURNAL: Final = columns_of(JournalRow)
_POSTING: Final = columns_of(PostingRow)
_TERMINAL: Final = columns_of(TerminalRow)


def journal_joined() -> Join:
    """The journal; beside each row its posting and its terminal, where it has them."""
    journal: Any = _JOURNAL["journal_index"].table
    joined: Join = journal.outerjoin(
        _POSTING["journal_index"].table, _POSTING["journal_index"] == _JOURNAL["journal_index"]
    ).outerjoin(_TERMINAL["terminal"].table, _TERMINAL["terminal"] == _JOURNAL["terminal"])
    return joined


def branch_of_row() -> ColumnElement[Any]:
    """The branch that a row of ``journal_joined`` belongs to.

    A terminal that has moved since: what it did before belongs to where it stood then.
    """
    return func.coalesce(_POSTING["branch"], _TERMINAL["branch"])


def is_of_terminal(terminal: TerminalId) -> ColumnElement[bool]:
    """Whether a row of the journal is of a terminal, where the newest rows alone are looked at.

    No bare column: SQLite would read all that the terminal ever sold by that index, and sort.
    """
    wanted: ColumnElement[bool] = _JOURNAL["terminal"].op("||")("") == terminal
    return wanted
