"""Quarantine: everything that cannot be taken is kept once, bounded, and told where sealed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from gateway.ledger.rows_intake import QuarantineRow, Tally, TallyRow
from gateway.model.ids import EnvelopeHash, TerminalId
from gateway.model.outcome import Reason
from gateway.writer.arrival import QuarantineArrival
from gateway.writer.decision import AlarmKind
from gateway.writer.settings import WriterSettings

if TYPE_CHECKING:
    from tests.unit.writer.conftest import MakeShop, Shop


def _suspect(
    payload: bytes, *, sealed: bool = False, terminal: str | None = "till-1"
) -> QuarantineArrival:
    return QuarantineArrival(
        payload=payload,
        envelope_hash=EnvelopeHash(hashlib.sha256(payload).digest()),
        claimed_terminal=None if terminal is None else TerminalId(terminal),
        reason=Reason.MALFORMED,
        detail="not a transaction " * 100,
        sealed=sealed,
    )


def _kept(shop: Shop) -> list[QuarantineRow]:
    with shop.store.batch() as batch:
        return list(batch.every(QuarantineRow))


def test_a_sealed_suspect_is_told_to_its_terminal(shop: Shop) -> None:
    """The terminal learns of the rejection by a receipt with its true watermark."""
    box = shop.box("till-1")
    shop.apply(box.enrol(shop.card("ada")))
    decision = shop.apply(_suspect(b"sealed nonsense", sealed=True))
    assert shop.rejections(decision) == [Reason.MALFORMED]
    assert decision.receipts[0].watermark == 1
    assert decision.quarantined == 1


def test_a_stranger_is_kept_and_never_answered(shop: Shop) -> None:
    """Without a good seal there is no receipt, whatever terminal the bytes claim."""
    shop.box("till-1")
    decision = shop.apply(_suspect(b"noise"), _suspect(b"more", terminal=None))
    assert decision.receipts == ()
    assert {row.payload for row in _kept(shop)} == {b"noise", b"more"}


def test_a_sealed_suspect_of_nobody_known_is_only_kept(shop: Shop) -> None:
    """A claimed terminal that was never added gets no receipt."""
    decision = shop.apply(_suspect(b"noise", sealed=True, terminal="ghost"))
    assert decision.receipts == ()
    assert len(_kept(shop)) == 1


def test_the_same_bytes_are_kept_once_and_counted(shop: Shop) -> None:
    """A repeated payload adds to its count, within a batch and across batches."""
    shop.apply(_suspect(b"noise"), _suspect(b"noise"))
    shop.now_ms += 5
    shop.apply(_suspect(b"noise"))
    (row,) = _kept(shop)
    assert row.times == 3
    assert row.last_seen_ms - row.first_seen_ms == 5
    assert len(row.detail) == 500


def test_a_stranger_cannot_fill_the_disk(make_shop: MakeShop) -> None:
    """Beyond the limit unsealed bytes are counted, and a clone's evidence still finds room."""
    settings = WriterSettings(quarantine_rows_max=3, quarantine_bytes_max=1_000)
    shop = make_shop(settings=settings)
    box = shop.box("till-1")
    decision = shop.apply(*(_suspect(b"noise %d" % number) for number in range(10)))
    assert len(_kept(shop)) == 3
    assert [alarm.kind for alarm in decision.alarms] == [AlarmKind.QUARANTINE_FULL] * 7
    shop.apply(_suspect(bytes(2_000)))
    with shop.store.batch() as batch:
        tallies = {row.name: row.value for row in batch.every(TallyRow)}
    assert tallies[Tally.UNSEALED_DROPPED] == 8
    sealed = shop.apply(box.enrol(shop.card("ada")), _suspect(b"sealed", sealed=True))
    assert shop.rejections(sealed) == [Reason.MALFORMED]
    assert len(_kept(shop)) == 4


def test_large_bytes_are_bounded_too(make_shop: MakeShop) -> None:
    """The limit in bytes holds where the limit in rows would not; the terminal is told."""
    shop = make_shop(settings=WriterSettings(quarantine_bytes_max=100))
    shop.box("till-1")
    decision = shop.apply(_suspect(bytes(90), sealed=True), _suspect(bytes(80), sealed=True))
    assert shop.rejections(decision) == [Reason.MALFORMED, Reason.QUARANTINE_FULL]
    assert [len(row.payload) for row in _kept(shop)] == [90]


def test_a_key_that_was_never_added_speaks_for_nobody(shop: Shop) -> None:
    """An arrival whose key the ledger does not hold is kept and not answered."""
    box = shop.box("till-1")
    box.signer = type(box.signer).generate(box.signer.algorithm)
    decision = shop.apply(box.enrol(shop.card("ada")), box.inquire(shop.card("ada")))
    assert decision.receipts == ()
    assert decision.answers == ()
    assert {row.reason for row in _kept(shop)} == {Reason.UNKNOWN_KEY}
