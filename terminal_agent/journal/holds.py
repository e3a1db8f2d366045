"""Reservations under way, written down before they are asked for.

An agent that dies between asking for a reservation and using it leaves the customer's points held.
What is written here first is found again at the next start, and given back.
"""

from __future__ import annotations

from gateway.model.ids import HoldId, SaleKey
from gateway.model.transaction import Kind, Transaction
from terminal_agent.errors import JournalError
from terminal_agent.journal.database import JournalDatabase
from terminal_agent.journal.values import OpenHold


def remember_hold(database: JournalDatabase, hold: OpenHold) -> None:
    """Write a reservation down; see ``Journal.remember_hold``."""
    with database.transaction():
        added = database.execute(
            "INSERT OR IGNORE INTO holds VALUES (?, ?, ?, ?, ?, ?)",
            (
                hold.hold_id,
                hold.sale_key,
                hold.asked_at_ms,
                hold.expires_at_ms,
                hold.points,
                hold.amount_minor,
            ),
        )
        if not added:
            raise JournalError(f"reservation {hold.hold_id.hex()} was asked for before")


def grant_hold(
    database: JournalDatabase,
    hold_id: HoldId,
    *,
    points: int,
    amount_minor: int,
    expires_at_ms: int,
) -> bool:
    """Write down what was granted; see ``Journal.grant_hold``."""
    with database.transaction():
        changed = database.execute(
            "UPDATE holds SET points = ?, amount_minor = ?, expires_at_ms = ? WHERE hold_id = ?",
            (points, amount_minor, expires_at_ms, hold_id),
        )
    return changed == 1


def close_hold(database: JournalDatabase, hold_id: HoldId) -> bool:
    """Forget a reservation; see ``Journal.close_hold``."""
    with database.transaction():
        return database.execute("DELETE FROM holds WHERE hold_id = ?", (hold_id,)) == 1


def open_holds(database: JournalDatabase) -> tuple[OpenHold, ...]:
    """The reservations neither used nor given back, oldest first."""
    rows = database.rows(
        "SELECT hold_id, sale_key, asked_at_ms, expires_at_ms, points, amount_minor"
        " FROM holds ORDER BY asked_at_ms, hold_id"
    )
    return tuple(
        OpenHold(
            hold_id=HoldId(row[0]),
            sale_key=SaleKey(row[1]),
            asked_at_ms=row[2],
            expires_at_ms=row[3],
            points=row[4],
            amount_minor=row[5],
        )
        for row in rows
    )


def use_hold(database: JournalDatabase, transaction: Transaction) -> None:
    """Take the hold that a transaction posts or voids out of the open ones, in its commit.

    Raises:
        JournalError: if a redemption posts a hold that is not open: it was posted before, given
            back, or never asked for. Posting a hold twice is the fault this exists to stop.
    """
    if transaction.kind is Kind.REDEEM:
        assert transaction.redemption is not None
        hold_id = transaction.redemption.hold_id
        if database.execute("DELETE FROM holds WHERE hold_id = ?", (hold_id,)) != 1:
            raise JournalError(f"reservation {hold_id.hex()} is not open and cannot be used")
    elif transaction.kind is Kind.VOID:
        # Voiding what is not open is harmless: the gateway decides, and frees a hold once.
        database.execute("DELETE FROM holds WHERE hold_id = ?", (transaction.hold_id,))
