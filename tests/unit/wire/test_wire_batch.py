"""Batches: several envelopes in one MQTT message."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError
from gateway.wire.batch import (
    BATCH_BYTES_MAX,
    BATCH_ENVELOPES_MAX,
    decode_batch,
    encode_batch,
    envelopes_claimed,
    is_batch,
)


def test_a_batch_keeps_its_envelopes_in_order() -> None:
    """What goes in comes out, in order, repeats included."""
    envelopes = (b"\xd2one", b"\xd2two", b"\xd2one")
    assert decode_batch(encode_batch(envelopes)) == envelopes


def test_a_full_batch_fits() -> None:
    """The most envelopes allowed are written and read."""
    envelopes = tuple(bytes([0xD2, number]) * 200 for number in range(BATCH_ENVELOPES_MAX))
    assert decode_batch(encode_batch(list(envelopes))) == envelopes


@pytest.mark.parametrize("count", [0, BATCH_ENVELOPES_MAX + 1])
def test_none_and_too_many_are_refused(count: int) -> None:
    """A batch holds 1 to 64 envelopes, in both directions."""
    with pytest.raises(WireError, match="1 to 64"):
        encode_batch([b"x"] * count)
    with pytest.raises(WireError, match="1 to 64"):
        decode_batch(cbor2.dumps({0: [1, 0], 1: [b"x"] * count}))


def test_a_batch_is_bounded_in_bytes() -> None:
    """Five of the longest envelopes are too many bytes, for writer and reader."""
    longest = bytes(65_536)
    with pytest.raises(WireError, match=f"more than the {BATCH_BYTES_MAX} allowed"):
        encode_batch([longest] * 5)
    with pytest.raises(WireError, match=f"more than the {BATCH_BYTES_MAX} allowed"):
        decode_batch(cbor2.dumps({0: [1, 0], 1: [longest] * 5}))


@pytest.mark.parametrize("envelope", [b"", bytes(65_537), "text", 5])
def test_what_cannot_be_an_envelope_is_refused(envelope: object) -> None:
    """Empty, overlong and other items are refused with their place."""
    with pytest.raises(WireError, match=r"batch\.envelopes\[1\]"):
        decode_batch(cbor2.dumps({0: [1, 0], 1: [b"x", envelope]}))


def test_a_batch_is_told_from_an_envelope_by_its_first_byte() -> None:
    """A map is a batch; a tag, nothing and noise are not."""
    assert is_batch(encode_batch([b"x"]))
    assert not is_batch(b"\xd2\x84\x58")
    assert not is_batch(b"")
    assert not is_batch(b"\x80")


@given(st.integers(1, BATCH_ENVELOPES_MAX))
def test_a_batch_says_how_many_it_holds_before_it_is_decoded(count: int) -> None:
    """The writer can bound its work by what a batch claims; what it claims is the truth here."""
    assert envelopes_claimed(encode_batch([b"x"] * count)) == count


@given(st.binary(max_size=12))
def test_claims_are_bounded(data: bytes) -> None:
    """Whatever a stranger's bytes claim, it is at least one envelope and at most a full batch."""
    assert 1 <= envelopes_claimed(data) <= BATCH_ENVELOPES_MAX
