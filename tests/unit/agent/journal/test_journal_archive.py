"""The archive: packed after the receipt, dropped only when safe elsewhere, still complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_agent.errors import JournalError
from terminal_agent.journal.archive import BLOCK, pack, unpack

if TYPE_CHECKING:
    from tests.unit.agent.journal.conftest import Bench


@given(st.lists(st.binary(max_size=300), max_size=70))
def test_a_block_gives_back_what_it_took(envelopes: list[bytes]) -> None:
    """Packing and unpacking is the identity, empty items included."""
    assert unpack(pack(envelopes)) == tuple(envelopes)


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=5), st.data())
def test_a_damaged_block_is_found_out(envelopes: list[bytes], data: st.DataObject) -> None:
    """Changing any byte of a block never gives back other envelopes."""
    block = bytearray(pack(envelopes))
    at = data.draw(st.integers(0, len(block) - 1))
    block[at] ^= data.draw(st.integers(1, 255))
    try:
        unpacked = unpack(bytes(block))
    except JournalError:
        return
    assert unpacked == tuple(envelopes)


def test_only_settled_envelopes_are_packed(bench: Bench) -> None:
    """Before a receipt nothing is packed; after it whole blocks are, and all can be read."""
    journal = bench.open()
    bench.fill(journal, 3 * BLOCK)
    before = journal.envelopes(0, 1000)
    assert journal.tidy()
    assert journal.counts().archive_bytes == 0
    journal.settle(bench.receipt(journal, 2 * BLOCK + 5))
    plain = sum(len(item.envelope) for item in before[: 2 * BLOCK])
    assert 0 < journal.counts().archive_bytes < plain
    assert journal.envelopes(0, 1000) == before
    assert journal.envelopes(BLOCK + 3, 2) == before[BLOCK + 3 : BLOCK + 5]
    assert journal.pending(0, 1000) == before[2 * BLOCK + 5 :]
    assert journal.verify() == 3 * BLOCK


def test_beyond_the_limit_nothing_is_dropped_without_an_off_site_copy(bench: Bench) -> None:
    """The archive grows past its limit and says so; every envelope is still there."""
    journal = bench.open(archive_bytes_max=0)
    bench.fill(journal, 2 * BLOCK)
    settlement = journal.settle(bench.receipt(journal, 2 * BLOCK))
    assert settlement.archive_over_limit
    assert journal.verify() == 2 * BLOCK


def test_what_is_safe_elsewhere_is_dropped_down_to_the_limit(bench: Bench) -> None:
    """Only blocks wholly at or below the off-site watermark go, oldest first."""
    journal = bench.open(archive_bytes_max=0)
    bench.fill(journal, 3 * BLOCK)
    receipt = bench.receipt(journal, 3 * BLOCK, offsite=2 * BLOCK - 1)
    assert journal.settle(receipt).archive_over_limit
    assert journal.counts().archive_first_seq == BLOCK + 1
    assert journal.verify() == 2 * BLOCK
    assert [item.seq for item in journal.envelopes(0, 2)] == [BLOCK + 1, BLOCK + 2]
    bench.close(journal)
    assert bench.open(archive_bytes_max=0).accept([bench.earn], 1)[0].id.seq == 3 * BLOCK + 1


def test_a_journal_that_dropped_everything_goes_on_with_its_chain(bench: Bench) -> None:
    """The state row alone knows the last hash then; opening and accepting work."""
    journal = bench.open(archive_bytes_max=0)
    bench.fill(journal, BLOCK)
    journal.settle(bench.receipt(journal, BLOCK, offsite=BLOCK))
    assert journal.counts().archive_first_seq is None
    last = journal.position().last_hash
    bench.drop(journal)
    journal = bench.open()
    assert journal.position().last_hash == last
    journal.accept([bench.earn], 1)
    assert journal.verify() == 1
    old = bench.receipt(journal, BLOCK + 1)
    assert journal.settle(old).settled == 1


def test_a_damaged_archive_block_is_a_clear_fault(bench: Bench) -> None:
    """Reading it raises; what is pending can still be sent."""
    journal = bench.open()
    bench.fill(journal, BLOCK + 1)
    journal.settle(bench.receipt(journal, BLOCK))
    with journal._database.transaction():
        journal._database.execute("UPDATE archive SET packed = substr(packed, 1, 100)")
    with pytest.raises(JournalError, match="damaged"):
        journal.verify()
    assert [item.seq for item in journal.pending(0, 9)] == [BLOCK + 1]
