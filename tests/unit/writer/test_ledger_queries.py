"""What the command line and the pages read beside the writer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.errors import LedgerError
from gateway.ledger.checks import broken_invariants
from gateway.ledger.kinds import PostingKind
from gateway.ledger.queries import LedgerReader
from gateway.ledger.sql_store import SqlLedgerStore

if TYPE_CHECKING:
    from simulators.given.sealing_box import Box
    from tests.unit.writer.conftest import Shop


@pytest.fixture
def box(sqlite_shop: Shop) -> Box:
    """A terminal that has had a day: Ada earned, redeemed and refunded, Bob earned."""
    shop = sqlite_shop
    made = shop.box("till-1")
    ada, bob = shop.card("ada"), shop.card("bob")
    shop.apply(made.earn(ada, 1, 30_000), made.earn(bob, 2, 5_000))
    answer = shop.ask(made.reserve(ada, 3, 100))
    shop.apply(made.redeem(ada, 3, answer), made.enrol(ada))
    shop.apply(made.refund(3))
    shop.ask(made.reserve(bob, 4, 20))
    shop.apply(made.earn(ada, 5, 100), made.earn(ada, 6, 100))
    return made


@pytest.fixture
def reader(sqlite_shop: Shop) -> LedgerReader:
    """A reader of the shop's file."""
    assert isinstance(sqlite_shop.store, SqlLedgerStore)
    return LedgerReader(sqlite_shop.store.place)


def test_balances_by_member_card_and_page(
    sqlite_shop: Shop, box: Box, reader: LedgerReader
) -> None:
    """A balance is found by card and by member, and all of them page by page."""
    ada = reader.balance_of_card(sqlite_shop.card("ada").token)
    bob = reader.balance_of_card(sqlite_shop.card("bob").token)
    assert ada is not None
    assert bob is not None
    assert (ada.available, ada.held, ada.branch) == (302, 0, "north")
    assert (bob.available, bob.held) == (30, 20)
    assert reader.balance(ada.member_id) == ada
    assert reader.balance_of_card(sqlite_shop.card("eve").token) is None
    first = reader.balances(limit=1)
    second = reader.balances(after=first[0].member_id, limit=1)
    assert {*first, *second} == {ada, bob}
    assert reader.balances(after=second[0].member_id) == ()
    assert box.seq == 7


@pytest.mark.usefixtures("box")
def test_a_statement_adds_up(sqlite_shop: Shop, reader: LedgerReader) -> None:
    """A statement names every posting newest first, and its lines sum to the balance."""
    ada = reader.balance_of_card(sqlite_shop.card("ada").token)
    assert ada is not None
    lines = reader.statement(ada.member_id)
    assert [line.kind for line in lines] == [
        PostingKind.EARN,
        PostingKind.EARN,
        PostingKind.REFUND,
        PostingKind.REDEEM,
        PostingKind.RESERVE,
        PostingKind.EARN,
    ]
    assert sum(line.available_points for line in lines) == ada.available == lines[0].balance_points
    assert sum(line.held_points for line in lines) == ada.held
    assert (
        reader.statement(ada.member_id, before_index=lines[1].journal_index, limit=2) == lines[2:4]
    )
    assert {line.branch for line in lines} == {"north"}


def test_terminal_states(sqlite_shop: Shop, box: Box, reader: LedgerReader) -> None:
    """A terminal's state shows what is settled, what is missing and when it was last heard."""
    missing = box.earn(sqlite_shop.card("ada"), 7, 100)
    sqlite_shop.apply(box.earn(sqlite_shop.card("ada"), 8, 100))
    sqlite_shop.box("till-2")
    assert missing.transaction.id.seq == 8
    first, second = reader.terminals()
    assert (first.terminal, first.watermark, first.highest_seq, first.waiting) == (
        "till-1",
        7,
        9,
        1,
    )
    assert first.last_recorded_at_ms is not None
    assert (second.watermark, second.last_recorded_at_ms) == (0, None)


@pytest.mark.usefixtures("box")
def test_totals_sum_to_zero(reader: LedgerReader) -> None:
    """Every ledger sums to zero, and what members have was issued and not redeemed."""
    totals = {total.account: total.points for total in reader.totals()}
    assert sum(totals.values()) == 0
    assert totals["issued"] == -352
    assert totals["members:available"] == 332
    assert totals["members:held"] == 20
    assert totals["redeemed"] == 0


@pytest.mark.usefixtures("box")
def test_counts_and_pieces(sqlite_shop: Shop, reader: LedgerReader) -> None:
    """Counts are of everything; the journal comes in pieces; a reader may check the books."""
    counts = reader.counts()
    assert (counts.members, counts.cards, counts.terminals) == (2, 2, 1)
    assert (counts.journal, counts.refused, counts.held, counts.waiting) == (9, 1, 0, 0)
    assert (counts.quarantined, counts.quarantine_dropped) == (0, 0)
    assert reader.quarantine() == ()
    first = reader.journal(limit=4)
    rest = reader.journal(after_index=4)
    assert [*first, *rest] == sqlite_shop.journal()
    with reader.batch() as batch:
        assert broken_invariants(batch) == ()


def test_a_reader_cannot_write(reader: LedgerReader) -> None:
    """A reader's connection refuses to write."""

    def write() -> None:
        with reader.batch() as batch:
            batch._connection.exec_driver_sql("DELETE FROM journal")

    with pytest.raises(LedgerError, match="readonly"):
        write()


def test_a_reader_needs_a_ledger(tmp_path: Path) -> None:
    """A missing file is a fault with its name, and is not made."""
    with pytest.raises(LedgerError, match=r"nothing\.db"):
        LedgerReader(tmp_path / "nothing.db").counts()
    assert list(tmp_path.iterdir()) == []
