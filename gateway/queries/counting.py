"""The SQL behind the figures: sums over stretches of the journal, found and read by its key.

Each stretch is read once in the life of a process. ``recorded_at_ms`` rises strictly with the
journal's index, so the first row of a day is found by halving, for all days in one statement.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

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
        account: the newest account; 0 before the first programme made the system's own.
        issued: the account that points are issued from; None before the first programme.
        redeemed: the account of redeemed points, likewise.
    """

    journal: int
    account: int
    issued: int | None
    redeemed: int | None


_HEAD: Final = text(
    """
    SELECT (SELECT max(journal_index) FROM journal),
        (SELECT max(account_id) FROM account),
        (SELECT account_id FROM account WHERE account_id < :least AND name = :issued),
        (SELECT account_id FROM account WHERE account_id < :least AND name = :redeemed)
    """
)
_CUTS: Final = text(
    """
    WITH RECURSIVE
        start (day, at_ms) AS MATERIALIZED (
            SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]')
            FROM json_each(:starts)
        ),
        cut (day, at_ms, low, high) AS (
            SELECT day, at_ms, 0, :head + 1 FROM start
            UNION ALL
            SELECT day, at_ms,
                iif(row.recorded_at_ms < at_ms, row.journal_index, low),
                iif(row.recorded_at_ms < at_ms, high, row.journal_index)
            FROM cut CROSS JOIN journal AS row ON row.journal_index = (cut.low + cut.high) / 2
            WHERE cut.high - cut.low > 1
        )
    SELECT day, high FROM cut WHERE high - low = 1
    """
)
# ``line`` counts a posting's entries from 0; a posting without any is a row with NULL.
_HAPPENED: Final = text(
    """
    WITH piece (day, low, high) AS MATERIALIZED (
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),
            json_extract(value, '$[2]')
        FROM json_each(:pieces)
    )
    SELECT piece.day, row.branch,
        sum(row.kind IN ('earn', 'suspend') AND ifnull(entry.line, 0) = 0),
        sum(iif(entry.debit_account = :issued, entry.points, 0)),
        sum(iif(entry.credit_account = :redeemed, entry.points, 0)
            - iif(entry.debit_account = :redeemed, entry.points, 0))
    FROM piece
    CROSS JOIN posting AS row ON row.journal_index BETWEEN piece.low AND piece.high
    LEFT JOIN entry ON entry.journal_index = row.journal_index
    GROUP BY piece.day, row.branch
    """
)
# Who earned or redeemed stands in the entries; who only enrolled, or earned nothing, does not.
_PRESENT: Final = text(
    """
    WITH piece (day, low, high) AS MATERIALIZED (
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),
            json_extract(value, '$[2]')
        FROM json_each(:pieces)
    )
    SELECT piece.day, row.branch,
        (iif(row.kind = 'redeem', entry.debit_account, entry.credit_account) - :least) / 2
    FROM piece
    CROSS JOIN posting AS row ON row.journal_index BETWEEN piece.low AND piece.high
    CROSS JOIN entry ON entry.journal_index = row.journal_index
    WHERE row.kind IN ('earn', 'redeem', 'enrol')
        AND iif(row.kind = 'redeem', entry.debit_account, entry.credit_account) >= :least
    UNION
    SELECT piece.day, row.branch, (wallet.available_account - :least) / 2
    FROM piece
    CROSS JOIN posting AS row ON row.journal_index BETWEEN piece.low AND piece.high
    CROSS JOIN journal ON journal.journal_index = row.journal_index
    CROSS JOIN wallet ON wallet.member_id = journal.member_id
    WHERE row.kind IN ('earn', 'enrol')
        AND NOT EXISTS (SELECT 1 FROM entry WHERE entry.journal_index = row.journal_index)
    """
)
_REFUSED: Final = text(
    """
    WITH piece (day, low, high) AS MATERIALIZED (
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),
            json_extract(value, '$[2]')
        FROM json_each(:pieces)
    )
    SELECT piece.day, row.terminal, count(*)
    FROM piece
    CROSS JOIN journal AS row ON row.journal_index BETWEEN piece.low AND piece.high
    WHERE row.status = 'refused' AND row.terminal IS NOT NULL
    GROUP BY piece.day, row.terminal
    """
)
_MOVED: Final = text(
    """
    SELECT account, sum(points) FROM (
        SELECT credit_account AS account, points FROM entry
        WHERE journal_index BETWEEN :first AND :last AND credit_account >= :least
        UNION ALL
        SELECT debit_account, -points FROM entry
        WHERE journal_index BETWEEN :first AND :last AND debit_account >= :least
    ) GROUP BY account
    """
)
_ENROLLED: Final = text(
    """
    SELECT account.account_id, member.branch, member.enrolled_at_ms, wallet.available
    FROM account
    CROSS JOIN member ON member.member_id = substr(account.name, 8, 32)
    CROSS JOIN wallet ON wallet.member_id = member.member_id
    WHERE account.account_id BETWEEN :first AND :last
        AND wallet.available_account = account.account_id
    ORDER BY account.account_id
    """
)


def read_ends(connection: Connection) -> Ends:
    """How far the ledger goes, and the system's accounts that figures are made of."""
    wanted = {
        "least": FIRST_ACCOUNT,
        "issued": SystemAccount.ISSUED.value,
        "redeemed": SystemAccount.REDEEMED.value,
    }
    journal, account, issued, redeemed = connection.execute(_HEAD, wanted).one()
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
    return {row.day: row.high for row in connection.execute(_CUTS, wanted)}


def read_happened(connection: Connection, pieces: Sequence[Piece], ends: Ends) -> list[Happened]:
    """Sums by day and branch over these stretches.

    Args:
        connection: one state of the ledger.
        pieces: the stretches.
        ends: names the accounts of issued and of redeemed points.
    """
    wanted = {"pieces": _plain(pieces), "issued": ends.issued, "redeemed": ends.redeemed}
    return [Happened(*row) for row in connection.execute(_HAPPENED, wanted)]


def read_present(
    connection: Connection, pieces: Sequence[Piece]
) -> list[tuple[int, BranchId, int]]:
    """Day, branch and number of every member who was there in these stretches."""
    wanted = {"pieces": _plain(pieces), "least": FIRST_ACCOUNT}
    found = connection.execute(_PRESENT, wanted)
    return [(day, branch, number) for day, branch, number in found]


def read_refused(
    connection: Connection, pieces: Sequence[Piece]
) -> list[tuple[int, TerminalId, int]]:
    """Day, terminal and number of the messages refused in these stretches."""
    found = connection.execute(_REFUSED, {"pieces": _plain(pieces)})
    return [(day, terminal, times) for day, terminal, times in found]


def read_moved(connection: Connection, first: int, last: int) -> list[tuple[int, int]]:
    """What came to (or left) each member's accounts in a stretch of the journal."""
    stretch = {"first": first, "last": last, "least": FIRST_ACCOUNT}
    return [(account, points) for account, points in connection.execute(_MOVED, stretch)]


def read_enrolled(connection: Connection, first: int, last: int) -> list[Enrolment]:
    """The members whose accounts lie in a stretch, in the order of enrolment."""
    stretch = {"first": first, "last": last}
    return [Enrolment(*row) for row in connection.execute(_ENROLLED, stretch)]


def _plain(pieces: Sequence[Piece]) -> str:
    return json.dumps([[piece.day, piece.first, piece.last] for piece in pieces])
