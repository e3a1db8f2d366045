"""Several units in ledgers of their own, and lots that wait, lapse and come back in part.

A ledger that 0001 made keeps everything: its members' wallets get an account for what cannot be
spent yet, its lots are numbered so that one journal row may make several, and the ledgers of its
programmes' stored money are opened.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from gateway.ledger.migrations.table_parts import (
    bring_back,
    check,
    make_index,
    make_table,
    number,
    octets,
    reference,
    set_aside,
    words,
)

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# What ``gateway.ledger.accounts`` and ``numbering`` said when this was written.
_EARLY = ("issued", "redeemed", "clawed_back", "suspense", "shortfall")
_LATER = ("expired", "adjusted", "converted", "topped_up", "paid_out")
_PENDING_BASE = 10**12
_SYSTEM_BASE = 2 * 10**12
_LOTS = 4_096


def upgrade() -> None:
    """Rebuild the tables that hold points."""
    if op.get_bind().dialect.name == "sqlite":
        # A table that is rebuilt is missing for a moment; all must fit again at the commit.
        op.execute("PRAGMA defer_foreign_keys = ON")
    _open_ledgers()
    _rebuild_wallets()
    _rebuild_lots()
    _rebuild_holds()
    _rebuild_sales()
    make_index("ix_chain_gap", "chain", "terminal", where="highest_seq > watermark", again=True)
    make_index("uq_journal_command", "journal", "request_id", where="kind = 'command'", unique=True)


# -- ledgers ----------------------------------------------------------------------------------


def _open_ledgers() -> None:
    """Open the system accounts that the programmes' ledgers lack."""
    programmes = sa.table("programme", sa.column("version"), sa.column("rules"))
    found = op.get_bind().execute(sa.select(programmes.c.rules).order_by(programmes.c.version))
    opened: dict[str, tuple[str, ...]] = {}
    for (rules,) in found:
        parts = json.loads(rules)
        opened.setdefault(f"PTS:{parts['name']}", _LATER)
        for unit in ("CR", "GC"):
            opened.setdefault(f"{unit}:{parts['currency']['code']}", (*_EARLY, *_LATER))
    names = [(ledger, name) for ledger, accounts in opened.items() for name in accounts]
    rows = [
        {"account_id": number, "ledger": ledger, "name": name}
        for number, (ledger, name) in enumerate(names, start=_SYSTEM_BASE + 1)
    ]
    accounts = sa.table("account", *(sa.column(one) for one in ("account_id", "ledger", "name")))
    op.bulk_insert(accounts, rows)
    third = f"{_PENDING_BASE} + available_account, ledger, 'member:' || member_id || '\\:pending'"
    op.execute(f"INSERT INTO account SELECT {third} FROM wallet")  # noqa: S608 - numbers of ours


# -- what holds points ------------------------------------------------------------------------


def _rebuild_wallets() -> None:
    """Wallets have a name, a kind and three accounts; statements are theirs."""
    set_aside("wallet")
    bring_back(
        "wallet",
        _create_wallet,
        "member_id, 'points', member_id, ledger, available_account, held_account,"
        f" {_PENDING_BASE} + available_account, available, held, 0",
    )
    set_aside("movement")
    bring_back(
        "movement",
        _create_movement,
        "member_id, journal_index, available_points, held_points, 0, balance_points",
    )


def _create_wallet() -> None:
    make_table(
        "wallet",
        words("wallet_id"),
        words("kind"),
        words("member_id", reference("wallet", "member_id", "member.member_id"), null=True),
        words("ledger"),
        *(
            number(f"{part}_account", reference("wallet", f"{part}_account", "account.account_id"))
            for part in ("available", "held", "pending")
        ),
        number("available"),
        number("held"),
        number("pending"),
        check("wallet", "parts", "held >= 0 AND pending >= 0"),
        key="wallet_id",
        clustered=True,
    )


def _create_movement() -> None:
    make_table(
        "movement",
        words("wallet_id", reference("movement", "wallet_id", "wallet.wallet_id")),
        number("journal_index", reference("movement", "journal_index", "posting.journal_index")),
        number("available_points"),
        number("held_points"),
        number("pending_points"),
        number("balance_points"),
        key="wallet_id journal_index",
        clustered=True,
    )


def _rebuild_lots() -> None:
    """Lots say who made them and whether they can be spent; so do those in suspense."""
    set_aside("allocation")
    # Before the lots get new numbers: a lot that was adopted is one, one taken back is none.
    op.execute(
        "CREATE TABLE old_taken_back AS SELECT journal_index FROM suspended"
        " WHERE resolved_index IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM lot WHERE lot.lot_id = suspended.journal_index)"
    )
    set_aside("lot")
    bring_back(
        "lot",
        _create_lot,
        f"lot_id * {_LOTS}, member_id, points, remaining, available_from_ms, expires_at_ms,"
        " opened_index, lot_id, '', opened_index, NULL, NULL",
    )
    bring_back(
        "allocation",
        _create_allocation,
        f"journal_index, line, owner_index, lot_id * {_LOTS}, points",
    )
    set_aside("debt")
    bring_back("debt", _create_debt, "owner_index, member_id, points, remaining")
    set_aside("suspended")
    ledger = "(SELECT ledger FROM account WHERE account_id = 1)"
    taken = "journal_index IN (SELECT journal_index FROM old_taken_back)"
    bring_back(
        "suspended",
        _create_suspended,
        f"journal_index * {_LOTS}, journal_index, {ledger}, card_token, points,"
        f" available_from_ms, expires_at_ms, 0, '', CASE WHEN {taken} THEN points ELSE 0 END,"
        " resolved_index",
    )
    op.drop_table("old_taken_back")


def _create_lot() -> None:
    make_table(
        "lot",
        number("lot_id"),
        words("wallet_id", reference("lot", "wallet_id", "wallet.wallet_id")),
        number("points"),
        number("remaining"),
        number("available_from_ms"),
        number("expires_at_ms", null=True),
        number("opened_index", reference("lot", "opened_index", "posting.journal_index")),
        number("earned_index", reference("lot", "earned_index", "journal.journal_index")),
        words("source"),
        number("activated_index", null=True),
        number("closed_index", null=True),
        words("brought_by", null=True),
        check("lot", "remaining", "points > 0 AND remaining BETWEEN 0 AND points"),
        key="lot_id",
    )
    make_index("ix_lot_open", "lot", "wallet_id", where="remaining > 0")
    pending = "activated_index IS NULL AND closed_index IS NULL"
    make_index("ix_lot_pending", "lot", "available_from_ms", where=pending)
    lapsing = "expires_at_ms IS NOT NULL AND closed_index IS NULL"
    make_index("ix_lot_lapsing", "lot", "expires_at_ms", where=lapsing)


def _create_allocation() -> None:
    make_table(
        "allocation",
        number("journal_index", reference("allocation", "journal_index", "posting.journal_index")),
        number("line"),
        number("owner_index"),
        number("lot_id", reference("allocation", "lot_id", "lot.lot_id")),
        number("points"),
        check("allocation", "points", "points <> 0"),
        key="journal_index line",
        clustered=True,
    )
    make_index("ix_allocation_owner", "allocation", "owner_index")


def _create_debt() -> None:
    make_table(
        "debt",
        number("owner_index", reference("debt", "owner_index", "posting.journal_index")),
        words("wallet_id", reference("debt", "wallet_id", "wallet.wallet_id")),
        number("points"),
        number("remaining"),
        check("debt", "remaining", "points > 0 AND remaining BETWEEN 0 AND points"),
        key="owner_index wallet_id",
        clustered=True,
    )
    make_index("ix_debt_open", "debt", "wallet_id", where="remaining > 0")


def _create_suspended() -> None:
    make_table(
        "suspended",
        number("lot_id"),
        number("journal_index", reference("suspended", "journal_index", "journal.journal_index")),
        words("ledger"),
        octets("card_token"),
        number("points"),
        number("available_from_ms"),
        number("expires_at_ms", null=True),
        number("pending"),
        words("source"),
        number("taken_back"),
        number("resolved_index", null=True),
        key="lot_id",
    )
    make_index("ix_suspended_open", "suspended", "card_token", where="resolved_index IS NULL")


# -- holds and sales --------------------------------------------------------------------------


def _rebuild_holds() -> None:
    """Holds may hold other things than points, and be used and given back in parts."""
    set_aside("hold")
    # A sale was refunded whole: all that was redeemed on it came back.
    back = (
        "state = 'posted' AND EXISTS (SELECT 1 FROM sale WHERE sale.branch = old_hold.branch"
        " AND sale.sale_key = old_hold.sale_key AND sale.refund_index IS NOT NULL)"
    )
    bring_back(
        "hold",
        _create_hold,
        "hold_id, member_id, member_id, 'points', '', '', terminal, branch, sale_key, points,"
        " amount_minor, programme_version, expires_at_ms, state, owner_index,"
        " CASE state WHEN 'posted' THEN points ELSE 0 END,"
        " CASE state WHEN 'posted' THEN amount_minor ELSE 0 END, shortfall_points,"
        f" CASE WHEN {back} THEN points ELSE 0 END,"
        f" CASE WHEN {back} THEN amount_minor ELSE 0 END, resolved_index",
    )
    set_aside("auth_request")
    bring_back("auth_request", _create_auth_request, "old_auth_request.*, ''")


def _create_hold() -> None:
    make_table(
        "hold",
        octets("hold_id"),
        words("member_id", reference("hold", "member_id", "member.member_id"), null=True),
        words("wallet_id", reference("hold", "wallet_id", "wallet.wallet_id"), null=True),
        words("instrument"),
        words("source"),
        words("terms"),
        words("terminal"),
        words("branch"),
        octets("sale_key"),
        number("points"),
        number("amount_minor"),
        number("programme_version"),
        number("expires_at_ms"),
        words("state"),
        number("owner_index"),
        number("redeemed_points"),
        number("redeemed_minor"),
        number("shortfall_points"),
        number("given_back_points"),
        number("given_back_minor"),
        number("resolved_index", null=True),
        check("hold", "points", "points >= 0 AND redeemed_points BETWEEN 0 AND points"),
        check("hold", "shortfall", "shortfall_points BETWEEN 0 AND redeemed_points"),
        check("hold", "given_back", "given_back_points BETWEEN 0 AND redeemed_points"),
        key="hold_id",
    )
    make_index("ix_hold_due", "hold", "expires_at_ms", where="state = 'pending'")
    live = "state IN ('pending', 'posted')"
    make_index("ix_hold_sale", "hold", "branch sale_key", where=live)


def _create_auth_request() -> None:
    make_table(
        "auth_request",
        octets("request_id"),
        words("terminal"),
        words("kind"),
        octets("content_hash"),
        words("status"),
        words("reason"),
        number("answered_at_ms"),
        number("balance_points", null=True),
        number("points", null=True),
        number("amount_minor", null=True),
        number("expires_at_ms", null=True),
        words("standing"),
        key="request_id",
        clustered=True,
    )


def _rebuild_sales() -> None:
    """Sales know what they came to and what came back; of old ones nobody wrote it down."""
    set_aside("sale")
    bring_back("sale", _create_sale, "old_sale.*, NULL, 0, ''")


def _create_sale() -> None:
    make_table(
        "sale",
        words("branch"),
        octets("sale_key"),
        words("receipt_number", null=True),
        number("first_index"),
        number("earn_index", null=True),
        number("refund_index", null=True),
        number("total_minor", null=True),
        number("returned_minor"),
        words("loads"),
        key="branch sale_key",
        clustered=True,
    )
    columns = "branch receipt_number first_index"
    make_index("ix_sale_receipt", "sale", columns, where="receipt_number IS NOT NULL")
