"""The ``LedgerStore`` port: what SQLite and memory promise alike."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.crypto.chain import genesis_hash
from gateway.errors import LedgerError
from gateway.ledger.accounts import EVERYWHERE
from gateway.ledger.errors import AdministrationError, StoreClosedError
from gateway.ledger.kinds import CardState, HoldState, JournalKind, ReviewState
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows import AccountRow, JournalRow
from gateway.ledger.rows_intake import ChainRow, InboxRow, TallyRow, TerminalKey
from gateway.ledger.rows_intake import Tally as Count
from gateway.ledger.rows_lots import AllocationRow, LotRow
from gateway.ledger.rows_members import CardRow
from gateway.ledger.rows_reviews import ReviewRow
from gateway.ledger.rows_sales import SaleRow
from gateway.ledger.shelf import ChangeSet
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.ledger.store import LedgerStore
from gateway.model.card import CardProfile
from gateway.model.ids import (
    BranchId,
    CardToken,
    EnvelopeHash,
    KeyId,
    SaleKey,
    TerminalId,
    TransactionId,
    WalletId,
)
from gateway.model.outcome import Status
from simulators.given.ledger_rows import (
    ADA,
    NORTH,
    TILL,
    WALLET,
    grouped,
    hold_row,
    journal_row,
    lot_row,
    make_member,
    registration_of,
    rules_of,
    save,
)


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LedgerStore]:
    """Each implementation of the port, empty."""
    made: LedgerStore
    if request.param == "sqlite":
        made = SqlLedgerStore(tmp_path / "ledger.db")
    else:
        made = MemoryLedgerStore()
    yield made
    made.close()


def test_an_empty_store_has_nothing(store: LedgerStore) -> None:
    """A new store starts before the first row of everything."""
    with store.batch() as batch:
        head = batch.head()
        assert (head.journal_index, head.recorded_at_ms, head.account_id) == (0, -1, 0)
        assert batch.ledgers().points is None
        assert batch.programmes() == ()
        assert batch.journal(0, 10) == []
        assert list(batch.every(JournalRow)) == []
    assert store.terminals() == ()
    assert store.terminal_keys() == ()


def test_a_terminal_is_added_with_its_chain(store: LedgerStore) -> None:
    """A terminal brings its key and a chain that starts at the genesis hash; again is no change."""
    registration = registration_of()
    store.add_terminal(registration, NORTH, 7)
    (terminal,) = store.terminals()
    (key,) = store.terminal_keys()
    assert (terminal.terminal, terminal.branch, terminal.epoch) == (TILL, NORTH, 1)
    assert (key.key_id, key.cose_key) == (registration.key_id, registration.public_key)
    with store.batch() as batch:
        (chain,) = batch.rows(ChainRow, [(TILL, 1)])
    assert chain.watermark_hash == genesis_hash(TILL, 1, registration.key_id)
    store.add_terminal(registration, BranchId("south"), 8)
    assert store.terminals() == (replace(terminal, branch=BranchId("south")),)


def test_a_new_epoch_keeps_the_old_chain(store: LedgerStore) -> None:
    """Changing keys adds a chain; going back, other keys and others' keys are refused."""
    first, second = registration_of(1), registration_of(2)
    store.add_terminal(first, NORTH, 1)
    store.add_terminal(second, NORTH, 2)
    assert store.terminals()[0].epoch == 2
    assert {key.epoch for key in store.terminal_keys()} == {1, 2}
    with store.batch() as batch:
        assert len(list(batch.every(ChainRow))) == 2
    for wrong in (
        first,
        registration_of(2),
        replace(second, agreement_key=bytes([1]) * 32),
        replace(second, terminal=TerminalId("till-2")),
    ):
        with pytest.raises(AdministrationError):
            store.add_terminal(wrong, NORTH, 3)


def test_the_first_programme_opens_the_ledger(store: LedgerStore) -> None:
    """System accounts are made once; versions follow each other in number, name and time."""
    store.add_programme(rules_of(1, 1_000))
    with store.batch() as batch:
        ledgers = batch.ledgers()
        assert ledgers.points is not None
        assert ledgers.points.name == "PTS:club"
        assert set(ledgers.by_name) == {"PTS:club", "CR:EUR", "GC:EUR"}
        for ledger in ledgers.by_name.values():
            assert set(ledger.accounts) == set(EVERYWHERE)
        assert len(ledgers.home) == 3 * len(EVERYWHERE)
        assert batch.head().account_id == 0
    store.add_programme(rules_of(2, 2_000))
    assert [rules.version for rules in store.programmes()] == [1, 2]
    assert store.programmes()[1] == rules_of(2, 2_000)
    for wrong in (
        rules_of(2, 3_000),
        rules_of(4, 3_000),
        rules_of(3, 3_000, "other"),
        rules_of(3, 2_000),
    ):
        with pytest.raises(AdministrationError):
            store.add_programme(wrong)


def test_rules_never_change_the_past(store: LedgerStore) -> None:
    """A version cannot take effect at or before a row that the journal already holds."""
    store.add_programme(rules_of(1, 0))
    save(store, journal_row(1, recorded_at_ms=5_000))
    with pytest.raises(AdministrationError, match="past"):
        store.add_programme(rules_of(2, 5_000))
    store.add_programme(rules_of(2, 5_001))


def test_a_card_changes_its_state_in_the_journal(store: LedgerStore) -> None:
    """Blocking is journalled once, an unknown card refused."""
    token = CardToken(bytes(32))
    with pytest.raises(AdministrationError):
        store.set_card_state(token, CardState.BLOCKED, 9)
    make_member(store)
    card = CardRow(
        token=token,
        profile=CardProfile.UID,
        member_id=ADA,
        state=CardState.ACTIVE,
        added_at_ms=1,
    )
    save(store, card)
    store.set_card_state(token, CardState.BLOCKED, 9)
    store.set_card_state(token, CardState.BLOCKED, 10)
    with store.batch() as batch:
        assert batch.rows(CardRow, [token]) == [replace(card, state=CardState.BLOCKED)]
    (row,) = store.journal(after_index=1)
    assert (row.kind, row.card_token, row.card_state) == (
        JournalKind.CARD,
        token,
        CardState.BLOCKED,
    )
    assert row.recorded_at_ms == 9


def test_rows_come_back_as_they_were(store: LedgerStore) -> None:
    """Every field survives, types and all; keys without a row are left out."""
    make_member(store)
    rows = [lot_row(1, 40)]
    save(store, *rows)
    with store.batch() as batch:
        assert batch.rows(LotRow, [1, 2]) == rows
        (journal,) = batch.rows(JournalRow, [1])
        assert journal == journal_row(1)
        assert isinstance(journal.status, Status)
        assert type(journal.envelope) is bytes
        assert batch.rows(LotRow, []) == []


def test_a_review_is_kept_open_and_closed(store: LedgerStore) -> None:
    """A paper that was not sure comes back as it was, and its decision with its journal row."""
    row = ReviewRow(
        branch=NORTH,
        sale_key=SaleKey(b"\x07" * 16),
        nth=0,
        first_index=1,
        card_index=None,
        state=ReviewState.OPEN,
        closed_index=None,
    )
    save(store, journal_row(1), row)
    with store.batch() as batch:
        assert batch.rows(ReviewRow, [row.key, (NORTH, SaleKey(b"\x08" * 16))]) == [row]
    closed = replace(row, card_index=1, state=ReviewState.DISMISSED, closed_index=1)
    with store.batch() as batch:
        batch.save(ChangeSet({}, {ReviewRow: [closed]}, {}))
    with store.batch() as batch:
        assert list(batch.every(ReviewRow)) == [closed]


def test_many_keys_are_found_at_once(store: LedgerStore) -> None:
    """More keys than fit one statement are found all the same, single and composite."""
    rows = [journal_row(index) for index in range(1, 1_300)]
    save(store, *rows)
    with store.batch() as batch:
        assert len(batch.rows(JournalRow, range(1, 2_000))) == 1_299
        names = [TransactionId(terminal=TILL, epoch=1, seq=seq) for seq in range(1, 2_000)]
        results = batch.results(names)
    assert sorted(row.journal_index for row in results) == list(range(1, 1_300))
    assert {row.envelope for row in results} == {None}


def test_the_journal_is_read_in_pieces(store: LedgerStore) -> None:
    """Pieces follow each other in order, whole."""
    rows = [journal_row(index) for index in range(1, 8)]
    save(store, *rows)
    assert list(store.journal(limit=3)) == rows[:3]
    assert list(store.journal(after_index=3, limit=3)) == rows[3:6]
    assert list(store.journal(after_index=6)) == rows[6:]


def test_an_exception_undoes_the_batch(store: LedgerStore) -> None:
    """What was saved before a fault within the batch is gone."""

    def fail() -> None:
        with store.batch() as batch:
            batch.save(ChangeSet({JournalRow: [journal_row(1)]}, {}, {}))
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        fail()
    assert list(store.journal()) == []


@pytest.mark.parametrize("kind", ["inserted", "updated", "removed"])
def test_contradictions_are_refused_whole(store: LedgerStore, kind: str) -> None:
    """Inserting what is there, updating or removing what is not, undoes everything beside it."""
    save(store, TallyRow(name=Count.SEALED_ROWS, value=1))
    wrong = TallyRow(name=Count.SEALED_ROWS if kind == "inserted" else Count.SEALED_BYTES, value=2)
    groups = {name: grouped(()) for name in ("inserted", "updated", "removed")}
    groups[kind] = grouped([wrong])
    groups["inserted"][JournalRow] = [journal_row(1)]
    with pytest.raises(LedgerError), store.batch() as batch:
        batch.save(ChangeSet(**groups))
    assert list(store.journal()) == []
    with store.batch() as batch:
        assert [row.value for row in batch.every(TallyRow)] == [1]


def test_rows_are_updated_and_removed(store: LedgerStore) -> None:
    """An update changes the mutable columns; a removed row is gone."""
    store.add_terminal(registration_of(), NORTH, 1)
    with store.batch() as batch:
        (chain,) = batch.every(ChainRow)
    row = InboxRow(
        terminal=TILL,
        epoch=1,
        seq=3,
        envelope_hash=EnvelopeHash(bytes(32)),
        key_id=KeyId(bytes(16)),
        arrived_at_ms=1,
        envelope=b"sealed",
    )
    changed = replace(chain, highest_seq=3, waiting=1)
    save(store, row, updated=(changed,))
    with store.batch() as batch:
        assert batch.open_chains() == [changed]
        assert batch.waiting(TILL, 1) == [row]
        assert batch.rows(InboxRow, [row.key]) == [row]
        done = replace(changed, watermark=3, waiting=0)
        batch.save(ChangeSet({}, {ChainRow: [done]}, {InboxRow: [row]}))
    with store.batch() as batch:
        assert batch.open_chains() == []
        assert batch.waiting(TILL, 1) == []


def test_open_lots_and_their_allocations(store: LedgerStore) -> None:
    """Lots with points left are found by wallet, allocations by what they serve."""
    make_member(store)
    save(store, journal_row(2), journal_row(3))
    some = [
        AllocationRow(journal_index=1, line=line, owner_index=owner, lot_id=1, points=points)
        for line, owner, points in [(0, 1, 60), (1, 9, 10), (2, 1, -10)]
    ]
    save(store, lot_row(1, 40), lot_row(2, 0), lot_row(3, 100), *some)
    with store.batch() as batch:
        assert sorted(lot.lot_id for lot in batch.open_lots([WALLET])) == [1, 3]
        assert batch.open_lots([WalletId("b" * 32)]) == []
        assert sorted(row.line for row in batch.allocations([1])) == [0, 2]


def test_due_holds_and_those_of_a_sale(store: LedgerStore) -> None:
    """Pending holds fall due in order and up to a limit; a sale's live ones are found by it."""
    make_member(store)
    holds = [
        hold_row(1, HoldState.PENDING, 30),
        hold_row(2, HoldState.PENDING, 10),
        hold_row(3, HoldState.PENDING, 20),
        hold_row(4, HoldState.VOIDED, 5),
        hold_row(5, HoldState.POSTED, 5),
    ]
    save(store, *holds)
    with store.batch() as batch:
        assert [hold.expires_at_ms for hold in batch.due_holds(20, 10)] == [10, 20]
        assert [hold.expires_at_ms for hold in batch.due_holds(100, 1)] == [10]
        found = batch.holds_on([(NORTH, SaleKey(bytes(16)))])
        assert sorted(found, key=lambda hold: hold.key) == [*holds[:3], holds[4]]
        assert batch.holds_on([(BranchId("south"), SaleKey(bytes(16)))]) == []


def test_sales_by_receipt_number(store: LedgerStore) -> None:
    """The newest open sales come first; where all were refunded, the newest of those."""

    def sale(number: int, refund_index: int | None, receipt: str = "17") -> SaleRow:
        return SaleRow(
            branch=NORTH,
            sale_key=SaleKey(number.to_bytes(16, "big")),
            receipt_number=receipt,
            first_index=number,
            earn_index=number,
            refund_index=refund_index,
            total_minor=None,
            returned_minor=0,
        )

    sales = [sale(1, None), sale(2, None), sale(3, 9), sale(4, 9, "18"), sale(5, 9, "18")]
    save(store, *sales)
    with store.batch() as batch:
        assert batch.sales_by_receipt(NORTH, "17", 5) == [sales[1], sales[0]]
        assert batch.sales_by_receipt(NORTH, "17", 1) == [sales[1]]
        assert batch.sales_by_receipt(NORTH, "18", 5) == [sales[4]]
        assert batch.sales_by_receipt(BranchId("south"), "17", 5) == []


def test_batches_of_several_threads_take_turns(store: LedgerStore) -> None:
    """Threads that read and write never overtake each other between the two."""
    save(store, TallyRow(name=Count.SEALED_ROWS, value=0))

    def count() -> None:
        for _ in range(10):
            with store.batch() as batch:
                (row,) = batch.rows(TallyRow, [Count.SEALED_ROWS])
                batch.save(ChangeSet({}, {TallyRow: [replace(row, value=row.value + 1)]}, {}))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.batch() as batch:
        assert batch.rows(TallyRow, [Count.SEALED_ROWS])[0].value == 40


def test_every_comes_in_key_order(store: LedgerStore) -> None:
    """All rows of a kind come sorted by key."""
    store.add_programme(rules_of(1, 0))
    with store.batch() as batch:
        numbers = [row.account_id for row in batch.every(AccountRow)]
    assert numbers == sorted(numbers)
    for name in ("till-9", "till-3"):
        store.add_terminal(registration_of(terminal=TerminalId(name)), NORTH, 1)
    assert [row.terminal for row in store.terminals()] == ["till-3", "till-9"]
    with store.batch() as batch:
        keys = [row.key_id for row in batch.every(TerminalKey)]
    assert keys == sorted(keys)


def test_a_closed_store_gives_no_batch(store: LedgerStore) -> None:
    """After closing, which may be done twice, a batch is refused."""
    store.close()
    store.close()
    with pytest.raises(StoreClosedError), store.batch():
        pytest.fail("a closed store gave a batch")
