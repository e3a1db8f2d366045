"""The rows of a sale, written with nothing but the SQLite driver: no rules, no checks, no order.

A bound and not a ledger: it believes whatever it is told, remembers no repetition, opens no debt,
and would earn on the same sale as often as it came. It writes what the gateway writes for a sale
of a known member (eight rows), with the same durability, into a copy of the gateway's own tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from gateway.crypto.seal import Envelope
from gateway.ledger.accounts import FIRST_MEMBER_ACCOUNT
from gateway.ledger.kinds import SystemAccount
from gateway.ledger.numbering import number_of
from gateway.model.ids import CardToken, KeyId
from gateway.model.transaction import Transaction

Rows: TypeAlias = list[tuple[Any, ...]]

_JOURNAL: Final = (
    "INSERT INTO journal (journal_index, recorded_at_ms, judged_at_ms, kind, terminal, epoch, seq,"
    " envelope_hash, key_id, status, reason, member_id, points, balance_points, programme_version,"
    " envelope) VALUES (?, ?, ?, 'transaction', ?, ?, ?, ?, ?, 'applied', 'none', ?, ?, ?, 1, ?)"
)
_POSTING: Final = "INSERT INTO posting VALUES (?, ?, 'earn', 1, ?)"
_ENTRY: Final = "INSERT INTO entry VALUES (?, 0, ?, ?, ?)"
_MOVEMENT: Final = "INSERT INTO movement VALUES (?, ?, ?, 0, 0, ?)"
_LOT: Final = "INSERT INTO lot VALUES (?, ?, ?, ?, ?, NULL, ?, ?, '', ?, NULL, NULL)"
_SALE: Final = "INSERT INTO sale VALUES (?, ?, ?, ?, ?, NULL, ?, 0, '')"
_WALLET: Final = "UPDATE wallet SET available = ? WHERE wallet_id = ?"
_CHAIN: Final = (
    "UPDATE chain SET watermark = ?, watermark_hash = ?, highest_seq = ?"
    " WHERE terminal = ? AND epoch = ?"
)


class BareLedger:
    """A copy of a ledger, and in memory just what is needed to fill in the rows.

    Args:
        path: the copy.
    """

    def __init__(self, path: Path) -> None:
        self._rows = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
            self._rows.execute(f"PRAGMA {pragma}").fetchall()
        self._ledger, self._issued = self._one(
            f"SELECT ledger, account_id FROM account WHERE name = '{SystemAccount.ISSUED}'"  # noqa: S608 - ours
            f" AND account_id < {FIRST_MEMBER_ACCOUNT}"
        )
        (self._index,) = self._one("SELECT max(journal_index) FROM journal")
        (self._recorded_ms,) = self._one("SELECT max(recorded_at_ms) FROM journal")
        self._members = {
            CardToken(token): [member_id, account, available]
            for token, member_id, account, available in self._rows.execute(
                "SELECT token, card.member_id, available_account, available"
                " FROM card JOIN wallet ON wallet.wallet_id = card.member_id"
            )
        }
        self._branches = dict(self._rows.execute("SELECT terminal, branch FROM terminal"))
        self.keys: list[bytes] = [
            key for (key,) in self._rows.execute("SELECT cose_key FROM terminal_key")
        ]

    def write(self, taken: Sequence[tuple[Envelope, bytes, Transaction]]) -> None:
        """Write the rows of sales, in one durable commit.

        Args:
            taken: parsed envelope, its bytes, and what it says; earns of known members only.
        """
        tables: dict[str, Rows] = {
            sql: [] for sql in (_JOURNAL, _POSTING, _ENTRY, _MOVEMENT, _LOT, _SALE, _WALLET, _CHAIN)
        }
        for envelope, data, transaction in taken:
            self._add(tables, envelope, data, transaction)
        self._rows.execute("BEGIN IMMEDIATE")
        for sql, rows in tables.items():
            self._rows.executemany(sql, rows)
        self._rows.execute("COMMIT")

    def _add(
        self, tables: dict[str, Rows], envelope: Envelope, data: bytes, transaction: Transaction
    ) -> None:
        assert transaction.card is not None, "the load is made of sales with a card"
        assert transaction.sale is not None, "the load is made of sales"
        name, sale = transaction.id, transaction.sale
        self._index, self._recorded_ms = self._index + 1, self._recorded_ms + 1
        index, now_ms = self._index, self._recorded_ms
        member = self._members[transaction.card.token]
        member_id, account, _ = member
        points = sale.total_minor // 100
        member[2] += points
        branch, key_id = self._branches[name.terminal], KeyId(envelope.key_id)
        judged = (now_ms, now_ms, name.terminal, name.epoch, name.seq, envelope.hash, key_id)
        tables[_JOURNAL].append((index, *judged, member_id, points, member[2], data))
        tables[_POSTING].append((index, self._ledger, branch))
        tables[_ENTRY].append((index, self._issued, account, points))
        tables[_MOVEMENT].append((member_id, index, points, member[2]))
        lot = (number_of(index, 0), member_id, points, points, now_ms)
        tables[_LOT].append((*lot, index, index, index))
        total = sale.total_minor
        tables[_SALE].append((branch, sale.key, sale.receipt_number, index, index, total))
        tables[_WALLET].append((member[2], member_id))
        tables[_CHAIN].append((name.seq, envelope.hash, name.seq, name.terminal, name.epoch))

    def _one(self, sql: str) -> tuple[Any, ...]:
        found: tuple[Any, ...] = self._rows.execute(sql).fetchone()
        return found
