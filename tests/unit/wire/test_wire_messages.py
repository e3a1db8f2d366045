"""Properties that every message keeps, over values and damage that hypothesis makes up."""

from __future__ import annotations

from typing import Any, Final

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError

NAMES: Final = (
    "auth answer",
    "auth request",
    "batch",
    "configuration",
    "receipt",
    "resend request",
    "transaction",
)
each_codec = pytest.mark.parametrize("name", NAMES)


def test_every_message_is_tested(codecs: dict[str, Any]) -> None:
    """The names below are all there are: a message added to the fixture is tested too."""
    assert codecs.keys() == set(NAMES)


@each_codec
@given(data=st.data())
def test_what_is_written_is_read_back_equal(
    codecs: dict[str, Any], name: str, data: st.DataObject
) -> None:
    """Every message survives encoding and decoding, and encodes to the same bytes again."""
    codec = codecs[name]
    value = data.draw(codec.values)
    encoded = codec.encode(value)
    assert codec.decode(encoded) == value
    assert codec.encode(codec.decode(encoded)) == encoded


@each_codec
@given(data=st.data())
def test_the_written_form_is_the_library_s_canonical_form(
    codecs: dict[str, Any], name: str, data: st.DataObject
) -> None:
    """Writing without sorting gives what the library gives with sorting."""
    codec = codecs[name]
    encoded = codec.encode(data.draw(codec.values))
    assert cbor2.dumps(cbor2.loads(encoded), canonical=True) == encoded


@each_codec
@given(data=st.data(), tail=st.binary(min_size=1, max_size=3))
def test_bytes_after_the_end_are_refused(
    codecs: dict[str, Any], name: str, data: st.DataObject, tail: bytes
) -> None:
    """A message followed by anything at all is refused."""
    codec = codecs[name]
    encoded = codec.encode(data.draw(codec.values))
    with pytest.raises(WireError):
        codec.decode(encoded + tail)


@each_codec
@given(data=st.data())
def test_a_message_cut_short_is_refused(
    codecs: dict[str, Any], name: str, data: st.DataObject
) -> None:
    """Every proper beginning of a message is refused."""
    codec = codecs[name]
    encoded = codec.encode(data.draw(codec.values))
    with pytest.raises(WireError):
        codec.decode(encoded[: data.draw(st.integers(0, len(encoded) - 1))])


@given(data=st.data())
def test_damage_is_refused_or_is_another_canonical_transaction(
    codecs: dict[str, Any], data: st.DataObject
) -> None:
    """Whatever bytes change, a transaction that is accepted has exactly those bytes again."""
    codec = codecs["transaction"]
    encoded = bytearray(codec.encode(data.draw(codec.values)))
    for _ in range(data.draw(st.integers(1, 3))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(encoded)
    try:
        value = codec.decode(damaged)
    except WireError:
        return
    assert codec.encode(value) == damaged


@each_codec
@given(noise=st.binary(max_size=64))
def test_noise_is_refused_without_any_other_fault(
    codecs: dict[str, Any], name: str, noise: bytes
) -> None:
    """Arbitrary bytes raise WireError and nothing else."""
    with pytest.raises(WireError):
        codecs[name].decode(noise)
