"""Ledgers that are unusual but right: terminals that moved, long gaps, nothing at all."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from gateway.audit.auditor import audit
from gateway.config_programme import default_programme
from gateway.crypto.seal import envelope_hash
from gateway.intake.key_ring import KeyRing
from gateway.intake.open_message import open_message
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows_lots import DebtRow, HoldRow
from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.model.outcome import Reason
from gateway.model.programme import RefundPolicy
from gateway.model.transaction import Redemption, SaleReference
from gateway.writer.arrival import QuarantineArrival
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.topics import topic_auth, topic_tx
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

NOW_MS = 1_800_000_000_000


def make_writer(store: MemoryLedgerStore) -> Writer:
    """Make a writer whose member ids count."""
    counter = itertools.count(1)
    return Writer(
        store,
        new_member_id=lambda: MemberId(f"{next(counter):032x}"),
        settings=WriterSettings(),
    )


def send(store: MemoryLedgerStore, writer: Writer, box: SealedTerminal, sealed: bytes) -> None:
    """Let one transaction arrive."""
    keys = KeyRing.of(store.terminal_keys())
    writer.apply(open_message(topic_tx(box.name), sealed, keys), box.now_ms)


def test_an_empty_ledger_is_clean_and_says_it_checked_nothing() -> None:
    """An audit of nothing finds nothing, and its counts show that there was nothing."""
    with MemoryLedgerStore().batch() as batch:
        report = audit(batch)
    assert report.clean
    assert (report.checked.journal_rows, report.checked.seals) == (0, 0)


def test_terminals_that_moved_and_changed_keys_audit_clean() -> None:
    """Refusals before, between and after moves are right at the branch where they happened."""
    store = MemoryLedgerStore()
    store.add_programme(default_programme("EUR"))
    writer = make_writer(store)
    name = TerminalId("till-1")
    for epoch, branch in enumerate(("north", "south", "west"), start=1):
        box = SealedTerminal(name, epoch=epoch, now_ms=NOW_MS)
        store.add_terminal(box.registration, BranchId(branch), NOW_MS)
        # A refund that finds nothing here comes first: no posting tells where it happened.
        send(store, writer, box, box.refund(SaleReference(key=sale_key(1))))
        send(store, writer, box, box.earn(card_evidence(1), sale_key(1), 1_000))
        send(store, writer, box, box.earn(card_evidence(1), sale_key(1), 1_000))
        send(store, writer, box, box.refund(SaleReference(key=sale_key(1))))
        send(store, writer, box, box.refund(SaleReference(key=sale_key(1))))
    with store.batch() as batch:
        report = audit(batch)
    assert report.findings == ()
    assert (report.checked.transactions, report.checked.chains) == (15, 3)


@pytest.mark.parametrize("policy", RefundPolicy)
def test_a_late_redemption_beyond_the_balance_audits_clean(policy: RefundPolicy) -> None:
    """A sealed redemption that came after its points were spent again is accounted for."""
    store = MemoryLedgerStore()
    store.add_programme(replace(default_programme("EUR"), refund=policy, hold_ttl_ms=1_000))
    writer = make_writer(store)
    box = SealedTerminal(TerminalId("till-1"), now_ms=NOW_MS)
    store.add_terminal(box.registration, BranchId("north"), NOW_MS)
    card = card_evidence(1)
    send(store, writer, box, box.earn(card, sale_key(1), 15_000))
    late = []
    for number in (2, 3):
        hold = box.new_id()
        ask = box.reserve(hold, card, sale_key(number), points=100, total_minor=9_000)
        (answer,) = writer.apply(
            open_message(topic_auth(box.name), ask, KeyRing.of(store.terminal_keys())), box.now_ms
        ).answers
        assert (answer.points, answer.amount_minor) == (100, 100)
        late.append((sale_key(number), Redemption(hold_id=hold, points=100, amount_minor=100)))
        box.now_ms += 5_000
        writer.tick(box.now_ms)
    for key, redemption in late:
        send(store, writer, box, box.redeem(card, key, 9_000, redemption))
    send(store, writer, box, box.refund(SaleReference(key=sale_key(3))))
    send(store, writer, box, box.earn(card, sale_key(4), 5_000))
    with store.batch() as batch:
        report = audit(batch)
        borne = [hold.shortfall_points for hold in batch.every(HoldRow)]
        debts = list(batch.every(DebtRow))
    assert report.findings == ()
    allowed = policy is RefundPolicy.ALLOW_NEGATIVE
    assert (sum(borne), len(debts)) == ((0, 1) if allowed else (50, 0))


def test_a_long_journal_is_read_in_pieces() -> None:
    """More journal rows than are read at once are all replayed."""
    store = MemoryLedgerStore()
    store.add_programme(default_programme("EUR"))
    writer = make_writer(store)
    box = SealedTerminal(TerminalId("till-1"), now_ms=NOW_MS)
    store.add_terminal(box.registration, BranchId("north"), NOW_MS)
    keys = KeyRing.of(store.terminal_keys())
    for start in range(0, 1_200, 200):
        arrivals = [
            arrival
            for number in range(start, start + 200)
            for arrival in open_message(
                topic_tx(box.name), box.earn(card_evidence(1), sale_key(number), 100), keys
            )
        ]
        writer.apply(arrivals, NOW_MS)
    with store.batch() as batch:
        report = audit(batch)
    assert report.findings == ()
    assert report.checked.journal_rows == 1_200


def test_quarantined_bytes_that_were_cut_are_no_finding() -> None:
    """What the intake kept only the beginning of is hashed whole, and that is known."""
    store = MemoryLedgerStore()
    writer = make_writer(store)
    flood = bytes(100_000)
    arrivals = open_message(topic_tx("till-1"), flood, KeyRing.of(()))
    assert isinstance(arrivals[0], QuarantineArrival)
    assert arrivals[0].reason is Reason.MALFORMED
    assert arrivals[0].envelope_hash == envelope_hash(flood)
    writer.apply(arrivals, NOW_MS)
    with store.batch() as batch:
        report = audit(batch)
    assert (report.findings, report.checked.quarantined) == ((), 1)
