"""The SQL behind the figures: sums over stretches of the journal, found and read by its key.

Each stretch is read once in the life of a process. ``recorded_at_ms`` rises strictly with the
journal's index, so the first row of a day is found by halving, for all days in one statement.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, TextClause, text

from gateway.ledger.accounts import PENDING_BASE, SYSTEM_BASE
from gateway.ledger.kinds import SystemAccount
from gateway.model.ids import BranchId, TerminalId
from gateway.queries.daily import Happened
from gateway.queries.enrolled import FIRST_ACCOUNT, Enrolment


@dataclass(frozen=True, slots=True)
class Piece:
    """Journal rows of one day, both ends included."""

    day: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Ends:
    """How far a ledger goes.

    Attributes:
        journal: the newest journal row; 0 before the first.
        account: the newest member's second account; the last of the system's own before there is
            any, and 0 before the first programme made those.
        issued: the account that points are issued from; None before the first programme.
        redeemed: the account of redeemed points, likewise.
    """

    journal: int
    account: int
    issued: int | None
    redeemed: int | None


class _Question:
    """A question in the words of either database.

    Args:
        sql: with ``{join}`` where the order of the tables is also the order to read them in, and
            ``{starts}`` or ``{pieces}`` for a list of whole numbers that comes as JSON.
    """

    def __init__(self, sql: str) -> None:
        self._texts = {name: text(sql.format(**words)) for name, words in _WORDS.items()}

    def on(self, connection: Connection) -> TextClause:
        """The question as this connection's database understands it."""
        return self._texts[connection.dialect.name]


_WORDS: Final = {
    "sqlite": {
        "join": "CROSS JOIN",  # SQLite's own promise to leave the order alone
        "starts": """
            SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]')
            FROM json_each(:starts)
        """,
        "pieces": """
            SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),
                json_extract(value, '$[2]')
            FROM json_each(:pieces)
        """,
    },
    "postgresql": {
        "join": "JOIN",
        "starts": """
            SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT)
            FROM json_array_elements(CAST(:starts AS JSON))
        """,
        "pieces": """
            SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT),
                CAST(value ->> 2 AS BIGINT)
            FROM json_array_elements(CAST(:pieces AS JSON))
        """,
    },
}
_HEAD: Final = _Question(
    """
    SELECT (SELECT max(journal_index) FROM journal),
        (SELECT max(account_id) FROM account WHERE account_id < :pending),
        (SELECT account_id FROM account WHERE account_id < :least AND name = :issued),
        (SELECT account_id FROM account WHERE account_id < :least AND name = :redeemed)
    """
)
_CUTS: Final = _Question(
    """
    WITH RECURSIVE
        start (day, at_ms) AS MATERIALIZED ({starts}),
        cut (day, at_ms, low, high) AS (
            SELECT day, at_ms, CAST(0 AS BIGINT), CAST(:head AS BIGINT) + 1 FROM start
            UNION ALL
            SELECT day, at_ms,
                CASE WHEN row.recorded_at_ms < at_ms THEN row.journal_index ELSE low END,
                CASE WHEN row.recorded_at_ms < at_ms THEN high ELSE row.journal_index END
            FROM cut {join} journal AS row ON row.journal_index = (cut.low + cut.high) / 2
            WHERE cut.high - cut.low > 1
        )
    SELECT day, high FROM cut WHERE high - low = 1
    """
)
# ``line`` counts a posting's entries from 0; a posting without any is a row with NULL.
_HAPPENED: Final = _Question(
    """
    WITH piece (day, low, high) AS MATERIALIZED ({pieces})
    SELECT piece.day, row.branch,
        sum(CASE WHEN row.kind IN ('earn', 'suspend') AND coalesce(entry.line, 0) = 0
            THEN 1 ELSE 0 END),
        sum(CASE WHEN entry.debit_account = :issued THEN entry.points ELSE 0 END),
        sum(CASE WHEN entry.credit_account = :redeemed THEN entry.points ELSE 0 END
            - CASE WHEN entry.debit_account = :redeemed THEN entry.points ELSE 0 END)
    FROM piece
    {join} posting AS row ON row.journal_index BETWEEN piece.low AND piece.high
    LEFT JOIN entry ON entry.journal_index = row.journal_index
    GROUP BY piece.day, row.branch
    """
)
# Who earned or redeemed points stands in the entries. Who only enrolled, earned nothing, or earned
# into and spent from something else than points of their own, stands in the journal alone.
_PRESENT: Final = _Question(
    """
    WITH piece (day, low, high) AS MATERIALIZED ({pieces})
    SELECT piece.day, row.branch,
        (CASE WHEN row.kind = 'redeem' THEN entry.debit_account ELSE entry.credit_account END
            % :pending - :least) / 2
    FROM piece
    {join} posting AS row ON row.journal_index BETWEEN piece.low AND piece.high
    {join} entry ON entry.journal_index = row.journal_index
    WHERE row.kind IN ('earn', 'redeem', 'enrol')
        AND CASE WHEN row.kind = 'redeem' THEN entry.debit_account ELSE entry.credit_account END
            BETWEEN :least AND :system
    UNION
    SELECT piece.day, row.branch, (wallet.available_account - :least) / 2
    FROM piece
    {join} posting AS row ON row.journal_index BETWEEN piece.low AND piece.high
    {join} journal ON journal.journal_index = row.journal_index
    {join} wallet ON wallet.wallet_id = journal.member_id
    WHERE row.kind IN ('earn', 'redeem', 'enrol')
        AND NOT EXISTS (
            SELECT 1 FROM entry WHERE entry.journal_index = row.journal_index
            AND CASE WHEN row.kind = 'redeem' THEN entry.debit_account ELSE entry.credit_account END
                BETWEEN :least AND :system
        )
    """
)
_REFUSED: Final = _Question(
    """
    WITH piece (day, low, high) AS MATERIALIZED ({pieces})
    SELECT piece.day, row.terminal, count(*)
    FROM piece
    {join} journal AS row ON row.journal_index BETWEEN piece.low AND piece.high
    WHERE row.status = 'refused' AND row.terminal IS NOT NULL
    GROUP BY piece.day, row.terminal
    """
)
_MOVED: Final = _Question(
    """
    SELECT account, sum(points) FROM (
        SELECT credit_account AS account, points FROM entry
        WHERE journal_index BETWEEN :first AND :last
            AND credit_account >= :least AND credit_account < :pending
        UNION ALL
        SELECT debit_account, -points FROM entry
        WHERE journal_index BETWEEN :first AND :last
            AND debit_account >= :least AND debit_account < :pending
    ) AS side GROUP BY account
    """
)
_ENROLLED: Final = _Question(
    """
    SELECT account.account_id, member.branch, member.enrolled_at_ms, wallet.available
    FROM account
    {join} member ON member.member_id = substr(account.name, 8, 32)
    {join} wallet ON wallet.wallet_id = member.member_id
    WHERE account.account_id BETWEEN :first AND :last
        AND wallet.available_account = account.account_id
    ORDER BY account.account_id
    """
)


def read_ends(connection: Connection) -> Ends:
    """How far the ledger goes, and the system's accounts that figures are made of."""
    wanted = {
        "least": FIRST_ACCOUNT,
        "pending": PENDING_BASE,
        "issued": SystemAccount.ISSUED.value,
        "redeemed": SystemAccount.REDEEMED.value,
    }
    journal, account, issued, redeemed = connection.execute(_HEAD.on(connection), wanted).one()
    return Ends(journal or 0, account or 0, issued, redeemed)


def read_cuts(
    connection: Connection, starts: Sequence[tuple[int, int]], head: int
) -> dict[int, int]:
    """The first journal row of each day.

    Args:
        connection: one state of the ledger.
        starts: a day's ordinal, and the Unix time in milliseconds at which it begins.
        head: the newest journal row.

    Returns:
        by day; for a day that has no row yet, the number that its first row will have.
    """
    wanted = {"starts": json.dumps([list(start) for start in starts]), "head": head}
    return {row.day: row.high for row in connection.execute(_CUTS.on(connection), wanted)}


def read_happened(connection: Connection, pieces: Sequence[Piece], ends: Ends) -> list[Happened]:
    """Sums by day and branch over these stretches.

    Args:
        connection: one state of the ledger.
        pieces: the stretches.
        ends: names the accounts of issued and of redeemed points.
    """
    wanted = {"pieces": _plain(pieces), "issued": ends.issued, "redeemed": ends.redeemed}
    return [Happened(*row) for row in connection.execute(_HAPPENED.on(connection), wanted)]


def read_present(
    connection: Connection, pieces: Sequence[Piece]
) -> list[tuple[int, BranchId, int]]:
    """Day, branch and number of every member who was there in these stretches."""
    wanted = {
        "pieces": _plain(pieces),
        "least": FIRST_ACCOUNT,
        "pending": PENDING_BASE,
        "system": SYSTEM_BASE,
    }
    found = connection.execute(_PRESENT.on(connection), wanted)
    return [(day, branch, number) for day, branch, number in found]


def read_refused(
    connection: Connection, pieces: Sequence[Piece]
) -> list[tuple[int, TerminalId, int]]:
    """Day, terminal and number of the messages refused in these stretches."""
    found = connection.execute(_REFUSED.on(connection), {"pieces": _plain(pieces)})
    return [(day, terminal, times) for day, terminal, times in found]


def read_moved(connection: Connection, first: int, last: int) -> list[tuple[int, int]]:
    """What came to (or left) each member's first two accounts in a stretch of the journal."""
    stretch = {"first": first, "last": last, "least": FIRST_ACCOUNT, "pending": PENDING_BASE}
    found = connection.execute(_MOVED.on(connection), stretch)
    return [(account, points) for account, points in found]


def read_enrolled(connection: Connection, first: int, last: int) -> list[Enrolment]:
    """The members whose accounts lie in a stretch, in the order of enrolment."""
    stretch = {"first": first, "last": last}
    return [Enrolment(*row) for row in connection.execute(_ENROLLED.on(connection), stretch)]


def _plain(pieces: Sequence[Piece]) -> str:
    return json.dumps([[piece.day, piece.first, piece.last] for piece in pieces])
