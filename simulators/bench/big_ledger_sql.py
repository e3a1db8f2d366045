"""The statements that write a long past; ``big_ledger`` says what it is.

Journal index of member ``m`` in round ``r``: ``r * members + m + 1``. Tables are filled in the
order of their keys, so that each page is written once. Blobs are the text of a number, because
SQLite before 3.41 cannot make one of hexadecimal digits.
"""

from __future__ import annotations

from typing import Final

#: What every later statement needs of a member: its terminal ``t``, its place ``j`` there, the
#: points ``q`` of each of its earns, and its name.
NUMBERS: Final = (
    """
    CREATE TEMP TABLE one (
        m INTEGER PRIMARY KEY, t INTEGER, j INTEGER, q INTEGER, member_id TEXT
    )
    """,
    """
    INSERT INTO one
    WITH RECURSIVE counted (m) AS (
        SELECT 0 UNION ALL SELECT m + 1 FROM counted WHERE m + 1 < :members
    )
    SELECT m, m % :terminals, m / :terminals, 10 + m % 40,
        printf('%08x%024x', m * :member_step, m)
    FROM counted
    """,
    """
    CREATE TEMP TABLE round (
        r INTEGER PRIMARY KEY, kind TEXT, x INTEGER, sale INTEGER, balance INTEGER,
        available INTEGER, held INTEGER
    )
    """,
    # Per round: kind, number x of the transaction, the sale, and in units of q the balance
    # afterwards and what moved.
    """
    INSERT INTO round VALUES
        (0, 'enrol', 0, NULL, 0, 0, 0),
        (1, 'earn', 1, 0, 1, 1, 0), (2, 'earn', 2, 1, 2, 1, 0), (3, 'earn', 3, 2, 3, 1, 0),
        (4, 'earn', 4, 3, 4, 1, 0), (5, 'earn', 5, 4, 5, 1, 0), (6, 'earn', 6, 5, 6, 1, 0),
        (7, 'earn', 7, 6, 7, 1, 0),
        (8, 'reserve', NULL, NULL, 3, -4, 4),
        (9, 'redeem', 8, 7, 3, 0, -4),
        (10, 'earn', 9, 7, 4, 1, 0)
    """,
)

_JOURNAL: Final = """
    INSERT INTO journal (journal_index, recorded_at_ms, judged_at_ms, kind, terminal, epoch, seq,
        request_id, hold_id, envelope_hash, key_id, status, reason, member_id, points,
        balance_points, programme_version, envelope)
    SELECT r * :members + m + 1, :began_ms + (r * :members + m) * :apart_ms,
        :began_ms + (r * :members + m) * :apart_ms,
        iif(round.kind = 'reserve', 'auth', 'transaction'), box.name,
        iif(round.kind = 'reserve', NULL, 1), x * :share + j + 1,
        iif(round.kind = 'reserve',
            CAST(substr(member_id, 1, 8) || printf('%08x', m) AS BLOB), NULL),
        iif(round.kind IN ('reserve', 'redeem'),
            CAST(substr(member_id, 1, 8) || printf('%08x', m) AS BLOB), NULL),
        CAST(printf('%032x', r * :members + m + 1) AS BLOB), box.key_id, 'applied', 'none',
        member_id, q * (available + held), q * balance, 1, CAST('past' AS BLOB)
    FROM round CROSS JOIN one CROSS JOIN box ON box.t = one.t
    """

FILL: Final = (
    _JOURNAL,
    # Five system accounts come first; the third account of a member is numbered apart.
    """
    INSERT INTO account
    SELECT 5 + 2 * m + part.n, (SELECT ledger FROM account LIMIT 1),
        'member:' || member_id || part.name
    FROM one CROSS JOIN (SELECT 1 AS n, ':available' AS name UNION ALL SELECT 2, ':held') AS part
    """,
    """
    INSERT INTO account
    SELECT :pending + 5 + 2 * m + 1, (SELECT ledger FROM account LIMIT 1),
        'member:' || member_id || ':pending'
    FROM one
    """,
    """
    INSERT INTO member SELECT member_id, :began_ms + m * :apart_ms, box.name
    FROM one CROSS JOIN box ON box.t = one.t
    """,
    """
    INSERT INTO wallet
    SELECT member_id, 'points', member_id, (SELECT ledger FROM account LIMIT 1),
        5 + 2 * m + 1, 5 + 2 * m + 2, :pending + 5 + 2 * m + 1, 4 * q, 0, 0
    FROM one
    """,
    """
    INSERT INTO card
    SELECT CAST(member_id AS BLOB), 'uid', member_id, 'active', :began_ms + m * :apart_ms FROM one
    """,
    """
    INSERT INTO posting
    SELECT r * :members + m + 1, (SELECT ledger FROM account LIMIT 1), round.kind, 1, box.name
    FROM round CROSS JOIN one CROSS JOIN box ON box.t = one.t
    """,
    """
    INSERT INTO entry
    SELECT r * :members + m + 1, 0,
        CASE round.kind
            WHEN 'earn' THEN (SELECT account_id FROM account WHERE name = 'issued'
                AND account_id <= 5)
            WHEN 'reserve' THEN available_account ELSE held_account END,
        CASE round.kind
            WHEN 'earn' THEN available_account
            WHEN 'reserve' THEN held_account
            ELSE (SELECT account_id FROM account WHERE name = 'redeemed' AND account_id <= 5) END,
        iif(round.kind = 'earn', q, 4 * q)
    FROM round CROSS JOIN one CROSS JOIN wallet ON wallet.wallet_id = one.member_id
    WHERE round.kind <> 'enrol'
    """,
    """
    INSERT INTO movement
    SELECT member_id, r * :members + m + 1, q * available, q * held, 0, q * balance
    FROM one CROSS JOIN round WHERE round.kind <> 'enrol'
    """,
    # The reservation took the four oldest lots whole.
    """
    INSERT INTO lot
    SELECT (r * :members + m + 1) * :lots, member_id, q, iif(r <= 4, 0, q),
        :began_ms + (r * :members + m) * :apart_ms, NULL, r * :members + m + 1,
        r * :members + m + 1, '', r * :members + m + 1, NULL, NULL
    FROM round CROSS JOIN one WHERE round.kind = 'earn'
    """,
    """
    INSERT INTO allocation
    SELECT 8 * :members + m + 1, round.r - 1, 8 * :members + m + 1,
        (round.r * :members + m + 1) * :lots, q
    FROM one CROSS JOIN round WHERE round.r BETWEEN 1 AND 4
    """,
    """
    INSERT INTO hold
    SELECT CAST(substr(member_id, 1, 8) || printf('%08x', m) AS BLOB), member_id, member_id,
        'points', '', '', box.name, box.name,
        CAST(printf('%08x%08x', (j * 8 + 7) * :sale_step, j * 8 + 7) AS BLOB),
        4 * q, 4 * q, 1, :began_ms + (8 * :members + m) * :apart_ms + 300000, 'posted',
        8 * :members + m + 1, 4 * q, 4 * q, 0, 0, 0, 9 * :members + m + 1
    FROM one CROSS JOIN box ON box.t = one.t
    """,
    """
    INSERT INTO auth_request
    SELECT CAST(substr(member_id, 1, 8) || printf('%08x', m) AS BLOB), box.name, 'reserve',
        CAST(member_id AS BLOB), 'applied', 'none',
        :began_ms + (8 * :members + m) * :apart_ms, 3 * q, 4 * q, 4 * q,
        :began_ms + (8 * :members + m) * :apart_ms + 300000, ''
    FROM one CROSS JOIN box ON box.t = one.t
    """,
    # By branch and key: one terminal after the other, its members in their order.
    """
    INSERT INTO sale
    SELECT box.name, CAST(printf('%08x%08x', (j * 8 + sale) * :sale_step, j * 8 + sale) AS BLOB),
        NULL, iif(sale = 7, 9, r) * :members + first_m + t + 1,
        r * :members + first_m + t + 1, NULL, 100 * (10 + (first_m + t) % 40), 0, ''
    FROM box CROSS JOIN (
        WITH RECURSIVE counted (j) AS (
            SELECT 0 UNION ALL SELECT j + 1 FROM counted WHERE j + 1 < :share
        )
        SELECT j, j * :terminals AS first_m FROM counted
    ) CROSS JOIN round
    WHERE round.kind = 'earn'
    """,
    """
    UPDATE chain SET
        watermark = 10 * :share,
        highest_seq = 10 * :share,
        watermark_hash = (
            SELECT CAST(printf('%032x', 11 * :members - :terminals + box.t + 1) AS BLOB)
            FROM box WHERE box.name = chain.terminal
        )
    """,
)
