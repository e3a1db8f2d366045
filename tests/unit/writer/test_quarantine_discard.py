"""Discarding bytes in quarantine: they are gone, their room is free, and the books still hold."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from gateway.ledger.errors import AdministrationError
from gateway.ledger.rows_intake import QuarantineRow, Tally, TallyRow
from gateway.model.ids import EnvelopeHash
from gateway.model.outcome import Reason
from gateway.office.commands import COMMAND_BYTES_MAX, DiscardQuarantined, decode_command
from gateway.service.administration import execute
from gateway.writer.arrival import QuarantineArrival
from gateway.writer.settings import WriterSettings

if TYPE_CHECKING:
    from tests.unit.writer.conftest import MakeShop, Shop


def _suspect(
    payload: bytes, *, sealed: bool = False, reason: Reason = Reason.MALFORMED
) -> QuarantineArrival:
    return QuarantineArrival(
        payload=payload,
        envelope_hash=_hash(payload),
        claimed_terminal=None,
        reason=reason,
        detail="nonsense",
        sealed=sealed,
    )


def _hash(payload: bytes) -> EnvelopeHash:
    return EnvelopeHash(hashlib.sha256(payload).digest())


def _kept(shop: Shop) -> set[tuple[bytes, Reason]]:
    with shop.store.batch() as batch:
        return {(row.payload, row.reason) for row in batch.every(QuarantineRow)}


def _tallies(shop: Shop) -> dict[Tally, int]:
    with shop.store.batch() as batch:
        return {Tally(row.name): row.value for row in batch.every(TallyRow)}


@pytest.mark.parametrize("sealed", [True, False])
def test_discarding_frees_the_room(shop: Shop, *, sealed: bool) -> None:
    """Rows and bytes of the right allowance go down by what was discarded, and by nothing else."""
    shop.apply(_suspect(b"noise", sealed=sealed), _suspect(b"longer noise", sealed=sealed))
    shop.store.discard_quarantined(_hash(b"noise"), Reason.MALFORMED)
    shop.check()
    assert _kept(shop) == {(b"longer noise", Reason.MALFORMED)}
    counts = _tallies(shop)
    rows = Tally.SEALED_ROWS if sealed else Tally.UNSEALED_ROWS
    size = Tally.SEALED_BYTES if sealed else Tally.UNSEALED_BYTES
    assert (counts[rows], counts[size]) == (1, len(b"longer noise"))


def test_only_the_named_reason_goes(shop: Shop) -> None:
    """The same bytes that lie there for another reason stay."""
    shop.apply(_suspect(b"noise"), _suspect(b"noise", reason=Reason.BAD_SEAL))
    shop.store.discard_quarantined(_hash(b"noise"), Reason.BAD_SEAL)
    assert _kept(shop) == {(b"noise", Reason.MALFORMED)}


def test_what_is_not_there_cannot_be_discarded(shop: Shop) -> None:
    """Discarding twice is refused, and the counts never go below what is there."""
    shop.apply(_suspect(b"noise"))
    shop.store.discard_quarantined(_hash(b"noise"), Reason.MALFORMED)
    with pytest.raises(AdministrationError):
        shop.store.discard_quarantined(_hash(b"noise"), Reason.MALFORMED)
    assert _tallies(shop)[Tally.UNSEALED_ROWS] == 0
    assert _tallies(shop)[Tally.UNSEALED_BYTES] == 0


def test_room_that_was_made_is_used(make_shop: MakeShop) -> None:
    """A full quarantine takes new bytes again once something was discarded; losses stay counted."""
    shop = make_shop(settings=WriterSettings(quarantine_rows_max=1))
    shop.apply(_suspect(b"first"))
    shop.apply(_suspect(b"second"))
    assert _kept(shop) == {(b"first", Reason.MALFORMED)}
    shop.store.discard_quarantined(_hash(b"first"), Reason.MALFORMED)
    shop.apply(_suspect(b"third"))
    assert _kept(shop) == {(b"third", Reason.MALFORMED)}
    assert _tallies(shop)[Tally.UNSEALED_DROPPED] == 1


def test_the_command_crosses_the_socket_and_is_carried_out(shop: Shop) -> None:
    """An administrator's line of JSON discards exactly what it names."""
    shop.apply(_suspect(b"noise"))
    command = DiscardQuarantined(payload_hash=_hash(b"noise").hex(), reason=Reason.MALFORMED)
    line = command.model_dump_json().encode()
    assert len(line) < COMMAND_BYTES_MAX
    assert decode_command(line) == command
    assert execute(command, shop.store, shop.now_ms).ok
    assert _kept(shop) == set()
