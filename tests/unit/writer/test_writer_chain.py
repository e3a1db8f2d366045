"""Exactly once and in order: repeats, gaps, clones and broken chains."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.ledger.rows_intake import InboxRow
from gateway.model.ids import EnvelopeHash, TerminalId
from gateway.model.outcome import Reason, Status
from gateway.model.receipt import RESULTS_MAX
from gateway.writer.decision import AlarmKind
from gateway.writer.settings import WriterSettings

if TYPE_CHECKING:
    from tests.unit.writer.conftest import MakeShop, Shop


def test_a_repeated_envelope_answers_the_stored_result(shop: Shop) -> None:
    """A duplicate changes nothing and is told what became of the first, balance of then."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    first = box.earn(ada, 1, 10_000)
    result = shop.result(first)
    shop.apply(box.earn(ada, 2, 10_000))
    rows = len(shop.journal())
    decision = shop.apply(first, first)
    assert shop.result_in(decision, first) == result
    assert result.status is Status.APPLIED
    assert (decision.duplicates, decision.journalled) == (2, 0)
    assert decision.receipts[0].watermark == 2
    assert len(shop.journal()) == rows


def test_repeats_within_one_batch_count_once(shop: Shop) -> None:
    """The same envelope several times in a batch earns once."""
    box = shop.box("till-1")
    earn = box.earn(shop.card("ada"), 1, 10_000)
    decision = shop.apply(earn, earn, earn)
    assert (decision.duplicates, decision.journalled) == (2, 1)
    assert shop.balance(shop.card("ada")) == (100, 0)


def test_what_came_early_waits_for_the_gap(shop: Shop) -> None:
    """Reordered envelopes are put aside, survive a restart, and go on when the gap fills."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    first, second, third, fourth = (box.earn(ada, number, 10_000) for number in range(1, 5))
    decision = shop.apply(fourth, second)
    assert (decision.waiting, decision.journalled) == (2, 0)
    assert decision.receipts[0].watermark == 0
    shop.restart()
    assert shop.apply(second).duplicates == 1
    decision = shop.apply(first)
    assert decision.receipts[0].watermark == 2
    assert [result.seq for result in decision.receipts[0].results] == [1, 2]
    decision = shop.apply(third)
    assert decision.receipts[0].watermark == 4
    assert shop.balance(ada) == (400, 0)
    with shop.store.batch() as batch:
        assert list(batch.every(InboxRow)) == []


def test_a_whole_backlog_in_reverse_is_one_batch(shop: Shop) -> None:
    """Any order within a batch ends the same, and nothing passes through the stored inbox."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    arrivals = [box.earn(ada, number, 100 * number) for number in range(1, 21)]
    decision = shop.apply(*reversed(arrivals))
    assert decision.receipts[0].watermark == 20
    assert shop.balance(ada) == (210, 0)


def test_a_gap_is_asked_for_after_the_reorder_timeout(shop: Shop) -> None:
    """The terminal is asked to send again from the watermark on, less and less often."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    first, second, third = (box.earn(ada, number, 10_000) for number in range(1, 4))
    assert shop.apply(first, third).resend == ()
    assert shop.tick(1_999).resend == ()
    asked = shop.tick(1).resend
    assert [(one.terminal, one.epoch, one.from_seq) for one in asked] == [("till-1", 1, 2)]
    assert shop.tick(4_999).resend == ()
    assert len(shop.tick(1).resend) == 1
    assert shop.tick(9_999).resend == ()
    assert len(shop.tick(1).resend) == 1
    shop.apply(second)
    assert shop.tick(10**6).resend == ()


def test_a_gap_survives_a_restart(shop: Shop) -> None:
    """A new writer notices the gaps that the one before it left."""
    box = shop.box("till-1")
    box.earn(shop.card("ada"), 1, 10_000)
    shop.apply(box.earn(shop.card("ada"), 2, 10_000))
    shop.restart()
    assert shop.tick().resend == ()
    assert [one.from_seq for one in shop.tick(2_000).resend] == [1]


def test_another_envelope_under_a_settled_id_is_a_clone(shop: Shop) -> None:
    """The second envelope of one id is kept, alarmed and told of, and moves nothing."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    true = box.transaction_of_earn(ada, 1, 10_000)
    false = box.sealed_aside(box.transaction_of_earn(ada, 2, 90_000))
    shop.apply(box.sealed(true))
    decision = shop.apply(false)
    assert shop.rejections(decision) == [Reason.CLONE]
    assert [(alarm.kind, alarm.seq) for alarm in decision.alarms] == [(AlarmKind.CLONE, 1)]
    assert decision.quarantined == 1
    assert shop.watermark(box) == 1
    assert shop.balance(ada) == (100, 0)


def test_the_same_content_sealed_twice_is_a_clone(shop: Shop) -> None:
    """A TPM's seals differ each time: a terminal must store what it sends and not seal anew."""
    box = shop.box("till-1")
    earn = box.earn(shop.card("ada"), 1, 10_000)
    resealed = replace(earn, envelope_hash=EnvelopeHash(bytes(32)))
    assert shop.rejections(shop.apply(earn, resealed)) == [Reason.CLONE]


def test_two_envelopes_waiting_under_one_id_are_a_clone(shop: Shop) -> None:
    """The second of two early envelopes goes to quarantine; the chain decides on the first."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    first = box.earn(ada, 1, 10_000)
    false = box.sealed_aside(box.transaction_of_earn(ada, 9, 90_000))
    second = box.earn(ada, 2, 10_000)
    assert shop.rejections(shop.apply(second, false)) == [Reason.CLONE]
    assert shop.rejections(shop.apply(false)) == [Reason.CLONE]
    shop.apply(first)
    assert shop.watermark(box) == 2
    assert shop.balance(ada) == (200, 0)


def test_an_envelope_on_another_chain_is_refused_a_place(shop: Shop) -> None:
    """The next number with a foreign past does not advance the watermark; the true one does."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    shop.apply(box.earn(ada, 1, 10_000))
    parts = box.transaction_of_earn(ada, 2, 90_000)
    false = box.sealed_aside(replace(parts, previous_hash=EnvelopeHash(bytes(32))))
    decision = shop.apply(false)
    assert shop.rejections(decision) == [Reason.CHAIN_BROKEN]
    assert [alarm.kind for alarm in decision.alarms] == [AlarmKind.CHAIN_BROKEN]
    assert shop.watermark(box) == 1
    assert shop.result(box.earn(ada, 3, 10_000)).status is Status.APPLIED


def test_a_broken_chain_shows_when_the_gap_fills(shop: Shop) -> None:
    """An early envelope that turns out not to follow is thrown out; its true twin goes on."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    first = box.earn(ada, 1, 10_000)
    parts = box.transaction_of_earn(ada, 2, 90_000)
    false = box.sealed_aside(replace(parts, previous_hash=EnvelopeHash(bytes(32))))
    second, third = box.earn(ada, 3, 10_000), box.earn(ada, 4, 10_000)
    shop.apply(false, third)
    decision = shop.apply(first)
    assert shop.rejections(decision) == [Reason.CHAIN_BROKEN]
    assert shop.watermark(box) == 1
    assert [one.from_seq for one in shop.tick(2_000).resend] == [2]
    shop.apply(second)
    assert shop.watermark(box) == 3
    assert shop.balance(ada) == (300, 0)


def test_a_seal_under_another_terminals_name_is_quarantined(shop: Shop) -> None:
    """A key speaks for its own terminal and epoch; the rejection goes to the key's terminal."""
    box, other = shop.box("till-1"), shop.box("till-2")
    parts = box.transaction_of_earn(shop.card("ada"), 1, 10_000)
    stolen = box.sealed_aside(replace(parts, id=replace(parts.id, terminal=TerminalId("till-2"))))
    later = box.sealed_aside(replace(parts, id=replace(parts.id, epoch=2)))
    decision = shop.apply(stolen, later)
    assert shop.rejections(decision) == [Reason.WRONG_TERMINAL, Reason.EPOCH_UNKNOWN]
    assert {receipt.terminal for receipt in decision.receipts} == {box.terminal}
    assert shop.watermark(other) == 0


def test_a_new_epoch_starts_its_own_chain_and_the_old_backlog_still_comes(shop: Shop) -> None:
    """After a change of keys both chains are settled, each in its own order."""
    old = shop.box("till-1")
    ada = shop.card("ada")
    backlog = old.earn(ada, 1, 10_000)
    new = shop.box("till-1", epoch=2)
    decision = shop.apply(new.earn(ada, 2, 10_000), backlog)
    assert {(one.epoch, one.watermark) for one in decision.receipts} == {(1, 1), (2, 1)}
    assert shop.balance(ada) == (200, 0)


def test_the_inbox_is_bounded(make_shop: MakeShop) -> None:
    """What does not fit is not kept, not lost and asked for: the terminal still has it."""
    shop = make_shop(settings=WriterSettings(inbox_rows_max=2))
    box = shop.box("till-1")
    ada = shop.card("ada")
    arrivals = [box.earn(ada, number, 10_000) for number in range(1, 6)]
    decision = shop.apply(*arrivals[1:])
    assert decision.waiting == 2
    shop.apply(arrivals[0])
    assert shop.watermark(box) == 3
    assert [one.from_seq for one in shop.tick(2_000).resend] == [4]
    shop.apply(*arrivals)
    assert shop.watermark(box) == 5


def test_a_long_backlog_takes_several_receipts(shop: Shop) -> None:
    """Every result is told, none twice, though a receipt names at most so many."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    arrivals = [box.earn(ada, number, 100) for number in range(RESULTS_MAX + 5)]
    shop.writer.apply(arrivals[1:], shop.now_ms)
    decision = shop.apply(arrivals[0])
    seqs = [result.seq for receipt in decision.receipts for result in receipt.results]
    assert seqs == list(range(1, RESULTS_MAX + 6))
    assert len(decision.receipts) == 2
    assert {receipt.watermark for receipt in decision.receipts} == {RESULTS_MAX + 5}


def test_journal_time_rises_though_the_clock_does_not(shop: Shop) -> None:
    """A clock that stands still or goes back does not turn the journal's time back."""
    box = shop.box("till-1")
    ada = shop.card("ada")
    shop.apply(box.earn(ada, 1, 100), box.earn(ada, 2, 100))
    shop.now_ms -= 60_000
    shop.apply(box.earn(ada, 3, 100))
    start_ms = shop.now_ms + 60_000
    rows = shop.journal()
    assert [row.recorded_at_ms for row in rows] == [start_ms, start_ms + 1, start_ms + 2]
    assert rows[-1].judged_at_ms == shop.now_ms


def test_nothing_in_nothing_out(shop: Shop) -> None:
    """An empty batch decides nothing."""
    decision = shop.apply()
    assert (decision.receipts, decision.answers, decision.journalled) == ((), (), 0)
