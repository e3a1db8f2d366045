"""Settling: cumulative, idempotent, and deaf to anything but the gateway's own receipts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.model.ids import EnvelopeHash, TerminalId
from gateway.model.outcome import Reason, Status
from gateway.model.receipt import Rejection
from terminal_agent.errors import ForeignReceiptError, JournalForkError

if TYPE_CHECKING:
    from tests.unit.agent.journal.conftest import Bench

OTHER = EnvelopeHash(b"\x55" * 32)


def test_a_receipt_settles_everything_up_to_its_watermark(bench: Bench) -> None:
    """One receipt settles three at once, and only what is above it is still pending."""
    journal = bench.open()
    bench.fill(journal, 5)
    settlement = journal.settle(bench.receipt(journal, 3, results=(bench.applied(journal, 3),)))
    assert (settlement.settled, settlement.watermark) == (3, 3)
    assert [result.seq for result in settlement.results] == [3]
    assert [item.seq for item in journal.pending(0, 10)] == [4, 5]
    counts = journal.counts()
    assert (counts.accepted, counts.settled, counts.pending) == (5, 3, 2)


def test_a_repeated_receipt_changes_and_says_nothing_new(bench: Bench) -> None:
    """The same receipt twice: the second settles none and repeats no result."""
    journal = bench.open()
    bench.fill(journal, 2)
    receipt = bench.receipt(journal, 2, results=(bench.applied(journal, 1),))
    journal.settle(receipt)
    again = journal.settle(receipt)
    assert (again.settled, again.results, again.rejections) == (0, (), ())


def test_an_old_receipt_is_harmless(bench: Bench) -> None:
    """A lower watermark after a higher one takes nothing back."""
    journal = bench.open()
    bench.fill(journal, 4)
    old = bench.receipt(journal, 1, offsite=1)
    journal.settle(bench.receipt(journal, 4, offsite=3))
    settlement = journal.settle(old)
    assert (settlement.watermark, settlement.settled) == (1, 0)
    state = journal._state()
    assert (state.watermark, state.offsite_watermark) == (4, 3)
    assert journal.pending(0, 10) == ()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.lists(st.integers(0, 6), max_size=12))
def test_receipts_in_any_order_and_number_end_at_the_highest(
    bench: Bench, order: list[int]
) -> None:
    """Whatever the broker repeats and reorders, the watermark is the highest one seen."""
    bench.path.unlink(missing_ok=True)
    journal = bench.open()
    bench.fill(journal, 6)
    settled = [journal.settle(bench.receipt(journal, mark)).settled for mark in order]
    assert journal.watermark() == max(order, default=0) == sum(settled)
    assert [item.seq for item in journal.pending(0, 9)] == list(range(journal.watermark() + 1, 7))
    bench.close(journal)


def test_a_later_result_replaces_held_and_a_duplicate_replaces_nothing(bench: Bench) -> None:
    """Held points may be applied later; "duplicate" only means that it was sent twice."""
    journal = bench.open()
    bench.fill(journal, 1)
    applied = bench.applied(journal, 1)
    held = replace(applied, status=Status.HELD, reason=Reason.UNKNOWN_CARD)
    duplicate = replace(applied, status=Status.DUPLICATE)
    said = [
        journal.settle(bench.receipt(journal, 1, results=(result,))).results
        for result in (held, duplicate, applied, duplicate, applied)
    ]
    assert said == [(held,), (), (applied,), (), ()]


def test_a_receipt_for_another_terminal_or_epoch_is_refused(bench: Bench) -> None:
    """It raises and settles nothing."""
    journal = bench.open()
    bench.fill(journal, 2)
    receipt = bench.receipt(journal, 2)
    for foreign in (replace(receipt, terminal=TerminalId("lane-2")), replace(receipt, epoch=2)):
        with pytest.raises(ForeignReceiptError, match="lane-1"):
            journal.settle(foreign)
    assert journal.watermark() == 0
    assert journal.stopped is None


@pytest.mark.parametrize("sign", ["watermark", "beyond", "genesis", "result", "future", "clone"])
def test_a_fork_stops_accepting_for_good(bench: Bench, sign: str) -> None:
    """Each way in which the gateway's chain differs stops the journal, restarts included."""
    journal = bench.open()
    bench.fill(journal, 3)
    receipt = {
        "watermark": replace(bench.receipt(journal, 2), watermark_hash=OTHER),
        "beyond": replace(bench.receipt(journal, 3), watermark=4),
        "genesis": replace(bench.receipt(journal, 0), watermark_hash=OTHER),
        "result": bench.receipt(
            journal, 1, results=(replace(bench.applied(journal, 3), envelope_hash=OTHER),)
        ),
        "future": bench.receipt(journal, 1, results=(replace(bench.applied(journal, 3), seq=9),)),
        "clone": bench.receipt(
            journal,
            1,
            rejections=(Rejection(envelope_hash=bench.hash_of(journal, 3), reason=Reason.CLONE),),
        ),
    }[sign]
    with pytest.raises(JournalForkError):
        journal.settle(receipt)
    bench.drop(journal)
    again = bench.open()
    assert again.stopped is not None
    assert again.watermark() == 0
    with pytest.raises(JournalForkError):
        again.accept([bench.earn], 1)
    assert again.counts().accepted == 3
    assert again.verify() == 3


def test_a_journal_restored_from_an_old_image_is_found_out(bench: Bench) -> None:
    """The old copy accepts other sales under used numbers; the first receipt tells."""
    journal = bench.open()
    bench.fill(journal, 2)
    bench.close(journal)
    image = bench.path.read_bytes()
    journal = bench.open()
    bench.fill(journal, 3)
    receipt = bench.receipt(journal, 5)
    bench.close(journal)
    bench.path.write_bytes(image)
    restored = bench.open()
    with pytest.raises(JournalForkError, match="old copy"):
        restored.settle(receipt)


def test_a_rejected_envelope_is_kept_and_not_sent_until_it_is_released(bench: Bench) -> None:
    """Rejection takes it out of what is pending; a person's release puts it back."""
    journal = bench.open()
    bench.fill(journal, 3)
    rejection = Rejection(envelope_hash=bench.hash_of(journal, 2), reason=Reason.KEY_NOT_VALID)
    stranger = Rejection(envelope_hash=OTHER, reason=Reason.MALFORMED)
    receipt = bench.receipt(journal, 1, rejections=(rejection, stranger))
    assert journal.settle(receipt).rejections == (rejection,)
    assert journal.settle(receipt).rejections == ()
    assert [item.seq for item in journal.pending(0, 9)] == [3]
    assert (journal.counts().pending, journal.counts().rejected) == (1, 1)
    assert journal.verify() == 3
    assert journal.release_rejected() == 1
    assert [item.seq for item in journal.pending(0, 9)] == [2, 3]


def test_a_watermark_beyond_a_rejected_envelope_settles_it(bench: Bench) -> None:
    """What a person lets in at the gateway after all is settled like the rest."""
    journal = bench.open()
    bench.fill(journal, 3)
    rejection = Rejection(envelope_hash=bench.hash_of(journal, 2), reason=Reason.BAD_SEAL)
    journal.settle(bench.receipt(journal, 1, rejections=(rejection,)))
    journal.settle(bench.receipt(journal, 3))
    assert journal.settle(bench.receipt(journal, 3, rejections=(rejection,))).rejections == ()
    counts = journal.counts()
    assert (counts.settled, counts.pending, counts.rejected) == (3, 0, 0)
