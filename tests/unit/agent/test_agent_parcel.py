"""A message never holds more than the wire allows, and loses nothing in between."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.crypto.seal import ENVELOPE_BYTES_MAX
from gateway.model.ids import EnvelopeHash
from gateway.wire.batch import BATCH_BYTES_MAX, BATCH_ENVELOPES_MAX, decode_batch, is_batch
from terminal_agent.journal.values import Pending
from terminal_agent.parcel import make_parcel


def _pending(sizes: list[int]) -> list[Pending]:
    return [
        Pending(
            seq=number,
            envelope=b"\xd2" + bytes(size - 1),
            envelope_hash=EnvelopeHash(bytes(32)),
        )
        for number, size in enumerate(sizes, start=1)
    ]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, ENVELOPE_BYTES_MAX), min_size=1, max_size=80))
def test_parcels_carry_everything_in_order_within_the_limits(sizes: list[int]) -> None:
    """Whatever the sizes, parcel after parcel fits and together they are the whole."""
    rest = _pending(sizes)
    carried: list[bytes] = []
    while rest:
        parcel = make_parcel(rest)
        assert len(parcel.payload) <= BATCH_BYTES_MAX
        batch = decode_batch(parcel.payload) if is_batch(parcel.payload) else (parcel.payload,)
        assert 1 <= len(batch) <= BATCH_ENVELOPES_MAX
        assert parcel.last_seq == rest[0].seq + len(batch) - 1
        carried += batch
        rest = rest[len(batch) :]
    assert carried == [item.envelope for item in _pending(sizes)]


def test_a_single_envelope_goes_as_it_is() -> None:
    """One sale is one envelope on the wire, not a batch of one."""
    (item,) = _pending([400])
    assert make_parcel([item]).payload == item.envelope


def test_four_of_the_largest_envelopes_do_not_share_a_message() -> None:
    """Four times 64 KiB fills the limit without the batch's own frame, so three go."""
    assert make_parcel(_pending([ENVELOPE_BYTES_MAX] * 4)).last_seq == 3
