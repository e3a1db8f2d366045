"""Questions to a ledger: a SQLite file and a PostgreSQL database answer them alike."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Final

import pytest

from gateway.audit.auditor import audit
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.checks import broken_invariants
from gateway.ledger.kinds import GiftCardState
from gateway.ledger.place import LedgerPlace, PostgresPlace
from gateway.ledger.queries import LedgerReader
from gateway.ledger.row_codec import CODECS
from gateway.ledger.rows_lots import LotRow
from gateway.ledger.rows_members import CardRow, MemberRow, WalletRow
from gateway.ledger.shelf import ChangeSet
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.ledger.store import LedgerStore
from gateway.model.ids import BranchId, TerminalId
from gateway.model.ledger_command import CommandParts, LedgerCommand, LedgerCommandKind
from gateway.model.outcome import Reason, Status
from gateway.model.rules.earning import Unit
from gateway.queries import live, members, quarantine, queues, terminals, waiting
from gateway.queries.books import CorrectionFilter, CorrectionKind, corrections
from gateway.queries.figures import DAYS, Figures
from gateway.queries.gift_cards import (
    GiftCardFilter,
    gift_card,
    gift_card_of_token,
    gift_cards,
)
from gateway.queries.households import household
from gateway.queries.member_points import points_of
from gateway.queries.member_wallets import wallets_of
from gateway.queries.reading import reading
from gateway.queries.scope import EVERYTHING, Scope
from gateway.queries.statement import statement_of
from gateway.queries.transactions import TransactionFilter, transaction, transactions
from simulators.desk import COUPON, generous
from simulators.ledger_day import START_MS, LedgerDay

_DAY_MS: Final = 86_400_000
_NORTH: Final = Scope(frozenset({BranchId("north")}))
_TILL: Final = TerminalId("till-1")
_SCOPES: Final = (EVERYTHING, _NORTH)


def _copy(source: LedgerStore, target: LedgerStore) -> None:
    with source.batch() as reads, target.batch() as writes:
        rows = {row_type: list(reads.every(row_type)) for row_type in CODECS}
        writes.save(ChangeSet(rows, {}, {}))


def _work_at_the_desk(day: LedgerDay) -> None:
    """Points, credit, a household and gift cards from the desk, under rules that allow them."""
    day.now_ms += 1
    newest = day.store.programmes()[-1]
    day.store.add_programme(
        replace(generous(newest), version=newest.version + 1, effective_from_ms=day.now_ms)
    )
    with day.store.batch() as batch:
        one, other = [row.member_id for row in batch.every(MemberRow)][:2]
    kind = LedgerCommandKind
    told: tuple[tuple[LedgerCommandKind, CommandParts], ...] = (
        (kind.ADJUST, {"member_id": one, "unit": Unit.POINTS, "amount": 60}),
        (kind.ADJUST, {"member_id": one, "unit": Unit.CREDIT, "amount": 900}),
        (kind.TRANSFER, {"member_id": one, "other_member_id": other, "amount": 300}),
        (kind.GRANT_VOUCHER, {"member_id": one, "reward": COUPON, "quantity": 2}),
        (kind.FOUND_HOUSEHOLD, {"member_id": one}),
        (kind.INVITE_TO_HOUSEHOLD, {"member_id": one, "other_member_id": other}),
        (kind.ISSUE_GIFT_CARD, {"token": "a" * 64, "amount": 700, "last_four": "1234"}),
        (kind.ISSUE_GIFT_CARD, {"token": "b" * 64, "amount": 700, "last_four": "1234"}),
        (kind.ISSUE_GIFT_CARD, {"token": "c" * 64, "amount": 700, "last_four": "5678"}),
    )
    for number, (what, parts) in enumerate(told):
        command = LedgerCommand(
            id=f"{number:032x}", kind=what, made_by="owner", branch=BranchId("north"), **parts
        )
        outcome = day.writer.command(command, day.now_ms + number)
        assert outcome.status is Status.APPLIED, (what, outcome)


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger file with three random days in it, and bytes in quarantine."""
    file = tmp_path_factory.mktemp("played") / "ledger.db"
    with closing(SqlLedgerStore(file)) as store:
        day = LedgerDay(store, 7)
        for _ in range(3):
            day.play(50)
            day.now_ms += _DAY_MS
        _work_at_the_desk(day)
        topic = f"mohr/v1/{_TILL}/tx"
        day.deliver([(topic, b"no envelope"), (topic, b"another")])
    return file


@pytest.fixture
def both(played: Path, postgres_place: PostgresPlace) -> tuple[LedgerPlace, LedgerPlace]:
    """The same ledger in a file and in a database."""
    source, target = SqlLedgerStore(played), SqlLedgerStore(postgres_place)
    with closing(source), closing(target):
        _copy(source, target)
    return played, postgres_place


def _ask_batch(batch: LedgerBatch) -> list[object]:
    wallets = [row.wallet_id for row in batch.every(WalletRow)]
    holders = [row.member_id for row in batch.every(MemberRow)]
    tokens = [row.token for row in batch.every(CardRow)]
    later_ms = START_MS + 9 * _DAY_MS
    return [
        *(list(batch.every(row_type)) for row_type in CODECS),
        batch.head(),
        batch.ledgers(),
        batch.journal(3, 5),
        batch.page(MemberRow, holders[0], 3),
        sorted(batch.made_by(LotRow, range(1, 40)), key=lambda row: row.lot_id),
        sorted(batch.open_lots(wallets), key=lambda row: row.lot_id),
        sorted(batch.visits_since(holders, "2027-01-16"), key=repr),
        batch.open_suspended(tokens),
        batch.due_holds(later_ms, 5),
        batch.due_pending_lots(later_ms, 5),
        batch.due_lapsing_lots(later_ms, 5),
        broken_invariants(batch),
        audit(batch),
    ]


def _ask_reader(ledger: LedgerReader) -> list[object]:
    everybody = ledger.balances()
    return [
        everybody,
        ledger.balances(after=everybody[0].member_id, limit=1),
        [ledger.statement(one.member_id, before_index=90) for one in everybody],
        ledger.terminals(),
        ledger.totals(),
        ledger.counts(),
        ledger.journal(after_index=10, limit=7),
        ledger.quarantine(),
    ]


def _ask_members(ledger: LedgerReader) -> list[object]:
    ids = [one.member_id for one in ledger.balances()]
    newest = members.newest_members(ledger)
    return [
        newest,
        [points_of(ledger, one) for one in ids],
        [members.members_by_prefix(ledger, one[-8:], EVERYTHING, limit=5) for one in ids],
        members.members_by_prefix(ledger, "0" * 8, EVERYTHING, limit=5),
        members.members_of_accounts(ledger, [one.account_id for one in newest], _NORTH),
        *(members.members_of_ids(ledger, ids, scope) for scope in _SCOPES),
        *([statement_of(ledger, one, scope) for one in ids] for scope in _SCOPES),
    ]


def _ask_journal(ledger: LedgerReader) -> list[object]:
    narrow = TransactionFilter(
        scope=EVERYTHING,
        terminal=_TILL,
        from_ms=START_MS + _DAY_MS,
        until_ms=START_MS + 2 * _DAY_MS + 200_000,
    )
    first = queues.review_stretch
    with reading(ledger.place) as connection:
        asked: list[object] = [
            live.newest_rows(connection, live.LiveFilter(scope=_NORTH, terminal=_TILL), limit=9),
            live.rows_after(connection, 20, limit=9),
            live.rows_of_terminal(connection, _TILL, 1, limit=9),
            *(first(connection, queues.ReviewFilter(scope=scope), limit=9) for scope in _SCOPES),
            first(
                connection,
                queues.ReviewFilter(scope=EVERYTHING, kind=queues.ReviewKind.HELD),
                limit=9,
            ),
        ]
    pages = [transactions(ledger, TransactionFilter(scope=scope), limit=40) for scope in _SCOPES]
    return [*asked, *pages, transactions(ledger, narrow), transaction(ledger, EVERYTHING, 5)]


def _ask_counter(ledger: LedgerReader) -> list[object]:
    with reading(ledger.place) as connection:
        found = quarantine.suspects(connection, EVERYTHING, limit=9)
        one = found[0]
        return [
            found,
            quarantine.suspects(connection, _NORTH, after=quarantine.place_of(one), limit=9),
            quarantine.suspects(connection, EVERYTHING, reason=Reason.MALFORMED, limit=1),
            quarantine.suspect(connection, EVERYTHING, one.payload_hash, one.reason),
            quarantine.quarantine_room(connection),
            *(terminals.terminals(connection, scope, limit=9) for scope in _SCOPES),
            terminals.terminals(connection, EVERYTHING, after="till-1", prefix="till", limit=9),
            terminals.branches(connection, EVERYTHING),
            *(waiting.read_waiting(connection, scope) for scope in _SCOPES),
        ]


def _ask_desk(ledger: LedgerReader) -> list[object]:
    now_ms = START_MS + 9 * _DAY_MS
    ids = [one.member_id for one in ledger.balances()]
    wallets = [wallets_of(ledger, one, now_ms) for one in ids]
    homes = {one.household_id for one in wallets if one is not None and one.household_id}
    cards = gift_cards(ledger, GiftCardFilter(scope=EVERYTHING), now_ms, limit=2)
    assert len(cards) == 2
    narrow = CorrectionFilter(
        scope=_NORTH, from_ms=START_MS, until_ms=now_ms, branch=BranchId("north")
    )
    return [
        wallets,
        [household(ledger, one) for one in homes],
        cards,
        gift_cards(ledger, GiftCardFilter(scope=_NORTH), now_ms, after=cards[-1].place),
        gift_cards(
            ledger,
            GiftCardFilter(scope=_NORTH, state=GiftCardState.ACTIVE, last_four="1234"),
            now_ms,
        ),
        gift_card(ledger, EVERYTHING, cards[0].name, now_ms),
        gift_card_of_token(ledger, EVERYTHING, cards[0].token, now_ms),
        *(corrections(ledger, CorrectionFilter(scope=scope), limit=60) for scope in _SCOPES),
        *(
            corrections(ledger, CorrectionFilter(scope=EVERYTHING, kind=kind), limit=9)
            for kind in CorrectionKind
        ),
        corrections(ledger, narrow, before_index=120),
    ]


def _ask_figures(ledger: LedgerReader) -> list[object]:
    figures = Figures(ledger, UTC)
    progress = figures.catch_up(START_MS + 3 * _DAY_MS)
    today = date.fromordinal(figures.day_of(START_MS + 3 * _DAY_MS))
    days = [today - timedelta(days=back) for back in (0, 1, 2, 3, DAYS - 1)]
    return [
        progress,
        *(figures.sums(scope, day, today) for scope in _SCOPES for day in days),
        *(figures.new_members(scope, days[-1], today) for scope in _SCOPES),
        *(figures.liability(scope) for scope in _SCOPES),
        figures.refused(None),
        figures.branches(EVERYTHING),
    ]


@pytest.mark.parametrize("ask", [_ask_reader, _ask_members, _ask_journal, _ask_counter, _ask_desk])
def test_both_databases_answer_alike(
    both: tuple[LedgerPlace, LedgerPlace], ask: Callable[[LedgerReader], list[object]]
) -> None:
    """The same rows give the same answer, to the last field and type."""
    file, database = (ask(LedgerReader(place)) for place in both)
    for mine, theirs in zip(file, database, strict=True):
        assert mine == theirs
        assert repr(mine) == repr(theirs)


def test_both_databases_count_alike(both: tuple[LedgerPlace, LedgerPlace]) -> None:
    """The figures of the pages are the same, and whole numbers."""
    file, database = (_ask_figures(LedgerReader(place)) for place in both)
    assert file == database
    assert repr(file) == repr(database)


def test_an_audit_reads_both_databases_alike(both: tuple[LedgerPlace, LedgerPlace]) -> None:
    """Every row of every table comes back as it was, and the auditor finds the books in order."""
    found = []
    for place in both:
        with LedgerReader(place).batch() as batch:
            found.append(_ask_batch(batch))
    assert found[0] == found[1]
    assert repr(found[0]) == repr(found[1])


def test_the_size_of_a_ledger_is_known(both: tuple[LedgerPlace, LedgerPlace]) -> None:
    """A file and a database both say how much room they take."""
    assert all(LedgerReader(place).size_bytes() > 10_000 for place in both)
