"""Members, their parts and their statements, as the real writer left them in the ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from gateway.ledger.accounts import points_wallet_id
from gateway.ledger.kinds import HoldState, JournalKind
from gateway.ledger.rows import JournalRow, MovementRow, PostingRow
from gateway.ledger.rows_lots import DebtRow, HoldRow, LotRow
from gateway.ledger.rows_members import CardRow, MemberRow, WalletRow
from gateway.model.ids import BranchId, MemberId
from gateway.model.transaction import Transaction
from gateway.queries.figures import Figures
from gateway.queries.member_points import points_of
from gateway.queries.members import (
    MemberLine,
    member_of_id,
    members_by_prefix,
    members_of_accounts,
    members_of_ids,
    newest_members,
)
from gateway.queries.scope import EVERYTHING, Scope
from gateway.queries.sealed import content_of
from gateway.queries.sealed_row import SealStatus
from gateway.queries.statement import StatementEntry, statement_of

if TYPE_CHECKING:
    from tests.unit.queries.conftest import Days

NORTH, SOUTH = BranchId("north"), BranchId("south")
ONLY_NORTH, ONLY_SOUTH = Scope(frozenset({NORTH})), Scope(frozenset({SOUTH}))
NOTHING = Scope(frozenset())


@pytest.fixture
def days(days_of: Callable[[int], Days]) -> Days:
    """Two busy days with several members at both branches."""
    made = days_of(7)
    made.play(0, 1, steps=150)
    return made


def rows(days: Days, kind: type[Any]) -> list[Any]:
    """Every row of a kind."""
    with days.ledger.batch() as batch:
        return list(batch.every(kind))


def everybody(days: Days) -> dict[MemberId, BranchId]:
    """Every member's home branch."""
    return {row.member_id: row.branch for row in rows(days, MemberRow)}


def entries_of(days: Days, member_id: MemberId, scope: Scope = EVERYTHING) -> list[StatementEntry]:
    """The whole statement, page by page."""
    found: list[StatementEntry] = []
    while page := statement_of(
        days.ledger,
        member_id,
        scope,
        before_index=found[-1].journal_index if found else None,
        limit=4,
    ):
        found += page
    return found


def test_a_line_is_what_the_rows_say(days: Days) -> None:
    """Balance, branch, enrolment and last visit of every member equal the ledger's own rows."""
    wallets = {row.wallet_id: row for row in rows(days, WalletRow)}
    journal = {row.journal_index: row for row in rows(days, JournalRow)}
    assert len(everybody(days)) > 2
    for member in rows(days, MemberRow):
        visits = [
            journal[row.journal_index].recorded_at_ms
            for row in rows(days, MovementRow)
            if row.wallet_id == member.member_id
            and journal[row.journal_index].kind is not JournalKind.EXPIRY
        ]
        wallet = wallets[points_wallet_id(member.member_id)]
        assert member_of_id(days.ledger, member.member_id, EVERYTHING) == MemberLine(
            member_id=member.member_id,
            branch=member.branch,
            enrolled_at_ms=member.enrolled_at_ms,
            available=wallet.available,
            held=wallet.held,
            last_visit_ms=max(visits, default=None),
            account_id=wallet.available_account,
        )


def test_members_of_other_branches_do_not_exist(days: Days) -> None:
    """By id, in bulk, by prefix and by account, a scope shows its own home branches only."""
    homes = everybody(days)
    assert set(homes.values()) == {NORTH, SOUTH}
    for scope in (EVERYTHING, ONLY_NORTH, ONLY_SOUTH, NOTHING):
        own = {member_id for member_id, branch in homes.items() if scope.holds(branch)}
        ledger = days.ledger
        single = {one for one in homes if member_of_id(ledger, one, scope) is not None}
        assert single == own
        assert {one.member_id for one in members_of_ids(ledger, list(homes), scope)} == own
        assert {one.member_id for one in members_by_prefix(ledger, "0" * 20, scope)} == own
        accounts = [one.account_id for one in newest_members(ledger)]
        assert {one.member_id for one in members_of_accounts(ledger, accounts, scope)} == own


def test_newest_members_come_in_the_order_of_enrolment(days: Days) -> None:
    """Pages by account run through all members, and a scope's own list is the same filtered."""
    pages: list[MemberLine] = []
    while page := newest_members(
        days.ledger, before=pages[-1].account_id if pages else None, limit=2
    ):
        pages += page
    by_time = sorted(rows(days, MemberRow), key=lambda row: row.enrolled_at_ms)
    assert [one.enrolled_at_ms for one in reversed(pages)] == [
        one.enrolled_at_ms for one in by_time
    ]
    assert len(pages) == len(by_time)
    figures = Figures(days.ledger, UTC)
    while not figures.catch_up(days.day.now_ms).complete:
        pass
    accounts = figures.newest_accounts(ONLY_NORTH, before=None, limit=50)
    assert members_of_accounts(days.ledger, accounts, ONLY_NORTH) == tuple(
        one for one in pages if one.branch == NORTH
    )


def test_a_card_or_a_pseudonym_is_found_by_its_beginning(days: Days) -> None:
    """Six digits of a token find the card's owner; fewer, or others, find nobody."""
    card = next(iter(rows(days, CardRow)))
    token = card.token.hex()
    whole = members_by_prefix(days.ledger, token, EVERYTHING)
    assert [one.member_id for one in whole] == [card.member_id]
    assert card.member_id in {
        one.member_id for one in members_by_prefix(days.ledger, token[:63], EVERYTHING)
    }
    assert [
        one.member_id for one in members_by_prefix(days.ledger, card.member_id.upper(), EVERYTHING)
    ] == [card.member_id]
    for nothing in ("", "00000", "zzzzzz", "f" * 64, "0" * 65, "' OR 1=1 --"):
        assert members_by_prefix(days.ledger, nothing, EVERYTHING) == ()


def test_parts_add_up_to_the_balance(days: Days) -> None:
    """Open lots less what is owed are the spendable points, and pending holds are the held ones."""
    for member_id in everybody(days):
        parts = points_of(days.ledger, member_id)
        line = member_of_id(days.ledger, member_id, EVERYTHING)
        assert line is not None
        assert sum(lot.remaining for lot in parts.lots) - parts.owed_points == line.available
        assert sum(hold.points for hold in parts.holds) == line.held
        own_lots = [
            one for one in rows(days, LotRow) if one.wallet_id == member_id and one.remaining
        ]
        assert parts.lots_in_all == len(parts.lots) == len(own_lots)
        owed = [one.remaining for one in rows(days, DebtRow) if one.wallet_id == member_id]
        assert parts.owed_points == sum(owed)
        tokens = {one.token for one in rows(days, CardRow) if one.member_id == member_id}
        assert {card.token for card in parts.cards} == tokens
    holds = [one for one in rows(days, HoldRow) if one.state is HoldState.PENDING]
    assert sum(len(points_of(days.ledger, one).holds) for one in everybody(days)) == len(holds)


def test_a_statement_is_every_movement_with_its_seal_verified(days: Days) -> None:
    """Page by page all movements come, newest first, and what terminals sealed is verified."""
    journal = {row.journal_index: row for row in rows(days, JournalRow)}
    seals = set()
    for member_id in everybody(days):
        found = entries_of(days, member_id)
        own = [row for row in rows(days, MovementRow) if row.wallet_id == member_id]
        assert [(one.journal_index, one.available_points, one.held_points) for one in found] == [
            (row.journal_index, row.available_points, row.held_points) for row in reversed(own)
        ]
        for one in found:
            row = journal[one.journal_index]
            seals.add(one.seal)
            made_by_gateway = row.kind is JournalKind.EXPIRY
            assert one.seal is (SealStatus.GATEWAY if made_by_gateway else SealStatus.VERIFIED)
            content = content_of(row.envelope)
            if isinstance(content, Transaction) and content.redemption is not None:
                assert one.amount_minor == content.redemption.amount_minor
            elif isinstance(content, Transaction) and content.sale is not None:
                assert one.amount_minor == content.sale.total_minor
                assert one.receipt_number == content.sale.receipt_number
    assert seals == {SealStatus.GATEWAY, SealStatus.VERIFIED}


def test_a_statement_keeps_to_the_branches_of_its_reader(days: Days) -> None:
    """Movements at other branches are left out by SQL."""
    postings = {row.journal_index: row.branch for row in rows(days, PostingRow)}
    for member_id in everybody(days):
        every = entries_of(days, member_id)
        for scope in (ONLY_NORTH, ONLY_SOUTH, NOTHING):
            own = [one for one in every if scope.holds(postings[one.journal_index])]
            assert entries_of(days, member_id, scope) == own


def spoil(days: Days, sql: str) -> StatementEntry:
    """Change the newest earn of some member behind the gateway's back; return its line."""
    with closing(sqlite3.connect(str(days.ledger.place))) as connection, connection:
        index, member_id = connection.execute(
            "SELECT journal_index, member_id FROM journal JOIN posting USING (journal_index)"
            " WHERE posting.kind = 'earn' ORDER BY journal_index DESC LIMIT 1"
        ).fetchone()
        connection.execute(sql, {"index": index})
    found = statement_of(days.ledger, member_id, EVERYTHING, before_index=index + 1, limit=1)
    assert found[0].journal_index == index
    return found[0]


_TAMPERING = {
    "a byte": "UPDATE journal SET envelope = CAST(substr(envelope, 1, 200) || 'x' AS BLOB)",
    "no envelope": "UPDATE journal SET envelope = NULL",
    "the one before": """
        UPDATE journal SET (envelope, envelope_hash) = (
            SELECT envelope, envelope_hash FROM journal AS other
            WHERE other.terminal = journal.terminal AND other.seq = journal.seq - 1
        )""",
    "another key": "UPDATE journal SET key_id = x'00112233445566778899aabbccddeeff'",
    "another hash": "UPDATE journal SET envelope_hash = x'00'",
    "another kind": "UPDATE journal SET kind = 'auth'",
    "no keys": "DELETE FROM terminal_key WHERE :index > 0 OR 1",
    "an old key": "UPDATE terminal_key SET valid_to_seq = 0 WHERE :index > 0 OR 1",
}


@pytest.mark.parametrize("how", _TAMPERING)
def test_whatever_was_tampered_with_shows_as_a_broken_seal(days: Days, how: str) -> None:
    """Another envelope, none, another number, key or hash: broken, with a reason, no figures."""
    sql = _TAMPERING[how]
    line = spoil(days, sql if "WHERE :index" in sql else f"{sql} WHERE journal_index = :index")
    assert line.seal is SealStatus.BROKEN
    assert line.seal_fault
    assert line.amount_minor is None
    assert line.receipt_number is None


def test_no_question_reads_a_table_whole(days: Days) -> None:
    """SQLite's own plan of every statement about members begins at a key or an index."""
    seen: dict[str, Any] = {}

    def note(_c: Any, _cur: Any, sql: str, parameters: Any, _ctx: Any, _many: bool) -> None:  # noqa: ANN401, FBT001 - SQLAlchemy's own shape
        if not sql.startswith("BEGIN"):
            seen[sql] = parameters

    homes = list(everybody(days))
    event.listen(Engine, "before_cursor_execute", note)
    try:
        for scope in (EVERYTHING, ONLY_NORTH):
            member_of_id(days.ledger, homes[0], scope)
            members_of_ids(days.ledger, homes, scope)
            members_by_prefix(days.ledger, "00000000", scope)
            members_by_prefix(days.ledger, "0" * 40, scope)
            lines = newest_members(days.ledger)
            newest_members(days.ledger, before=lines[0].account_id)
            members_of_accounts(days.ledger, [one.account_id for one in lines], scope)
            points_of(days.ledger, homes[0])
            statement_of(days.ledger, homes[0], scope)
            statement_of(days.ledger, homes[0], scope, before_index=99)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(seen) > 15
    with days.ledger.batch() as batch:
        for sql, parameters in seen.items():
            plan = batch._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)
            scans = [step[3] for step in plan if step[3].startswith("SCAN ")]
            small = ("SCAN anon_", "SCAN (subquery", "SCAN CONSTANT ROW")
            assert [scan for scan in scans if not scan.startswith(small)] == [], sql
