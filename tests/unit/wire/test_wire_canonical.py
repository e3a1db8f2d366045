"""Only the one canonical form of a message is taken: any departure from it is refused."""

from __future__ import annotations

import struct
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

_NUMBER_HEADS: Final = ((24, 1), (25, 2), (26, 4), (27, 8))


def _head(major: int, number: int, *, longer: bool = False) -> bytes:
    """A CBOR head in its shortest form, or in the next longer one."""
    forms = [bytes([major << 5 | number])] if number < 24 else []
    for additional, size in _NUMBER_HEADS:
        if number < 1 << 8 * size:
            forms.append(bytes([major << 5 | additional]) + number.to_bytes(size, "big"))
    return forms[min(1 if longer else 0, len(forms) - 1)]


class DeviousWriter:
    """Writes plain values as CBOR by itself, and departs from the canonical form once.

    Args:
        deviation: what to do at the chosen place.
        target: which of the places where it can be done; they are counted in ``places``.
    """

    def __init__(self, deviation: str, target: int) -> None:
        self._deviation = deviation
        self._target = target
        self.places = 0

    def write(self, value: object) -> bytes:
        """Write a value and what is in it."""
        if self._here("tagged"):
            return b"\xd9\xd9\xf7" + self.write(value)  # "what follows is CBOR": says nothing
        if type(value) is bool:
            return _head(0, int(value)) if self._here("number") else cbor2.dumps(value)
        if type(value) is int:
            return self._number(value)
        if isinstance(value, bytes | str):
            return self._string(value)
        if isinstance(value, list):
            return self._container(4, len(value), [self.write(part) for part in value])
        assert isinstance(value, dict)
        return self._map(value)

    def _here(self, deviation: str) -> bool:
        if deviation != self._deviation:
            return False
        self.places += 1
        return self.places - 1 == self._target

    def _number(self, value: int) -> bytes:
        if value in (0, 1) and self._here("flag"):
            return cbor2.dumps(bool(value))
        if abs(value) < 2**53 and self._here("float"):
            return b"\xfb" + struct.pack(">d", value)
        if value >= 0 and self._here("bignum"):
            return b"\xc2" + cbor2.dumps(value.to_bytes(8, "big"))
        if self._here("null"):
            return b"\xf6"
        longer = abs(value) < 2**32 and self._here("longer")
        return _head(0, value, longer=longer) if value >= 0 else _head(1, -1 - value, longer=longer)

    def _string(self, value: bytes | str) -> bytes:
        major, raw = (2, value) if isinstance(value, bytes) else (3, value.encode())
        if self._here("retyped"):
            return _head(5 - major, len(raw)) + raw
        if self._here("indefinite"):
            return bytes([major << 5 | 31]) + _head(major, len(raw)) + raw + b"\xff"
        return _head(major, len(raw), longer=self._here("longer")) + raw

    def _container(self, major: int, length: int, parts: list[bytes]) -> bytes:
        if self._here("indefinite"):
            return bytes([major << 5 | 31]) + b"".join(parts) + b"\xff"
        return _head(major, length, longer=self._here("longer")) + b"".join(parts)

    def _map(self, value: dict[int, object]) -> bytes:
        pairs = [(self.write(key), self.write(part)) for key, part in value.items()]
        if len(pairs) > 1 and self._here("swapped"):
            pairs[-1], pairs[-2] = pairs[-2], pairs[-1]
        if self._here("duplicate"):
            pairs.append(pairs[-1])
        if self._here("unknown"):
            pairs.append((_head(0, 127), b"\x00"))
        if self._here("missing") and pairs:
            pairs.pop(0)
        return self._container(5, len(pairs), [key + part for key, part in pairs])


DEVIATIONS: Final = (
    "longer",
    "indefinite",
    "swapped",
    "duplicate",
    "unknown",
    "missing",
    "flag",
    "number",
    "float",
    "bignum",
    "null",
    "retyped",
    "tagged",
)


@each_codec
@given(data=st.data())
def test_the_devious_writer_is_honest_when_asked(
    codecs: dict[str, Any], name: str, data: st.DataObject
) -> None:
    """Without a deviation the tests' own writer agrees with the encoder byte for byte."""
    codec = codecs[name]
    encoded = codec.encode(data.draw(codec.values))
    assert DeviousWriter("none", 0).write(cbor2.loads(encoded)) == encoded


@pytest.mark.parametrize("deviation", DEVIATIONS)
@given(data=st.data())
def test_any_other_form_of_a_message_is_refused(
    codecs: dict[str, Any], deviation: str, data: st.DataObject
) -> None:
    """One departure from the canonical form or the schema, anywhere, is refused as WireError."""
    # Only programmes hold true and false.
    names = ("configuration",) if deviation == "number" else NAMES
    codec = codecs[data.draw(st.sampled_from(names))]
    plain = cbor2.loads(codec.encode(data.draw(codec.values)))
    counter = DeviousWriter(deviation, -1)
    counter.write(plain)
    if counter.places == 0:
        return
    target = data.draw(st.integers(0, counter.places - 1))
    devious = DeviousWriter(deviation, target).write(plain)
    if deviation == "missing" and _is_still_whole(codec, devious):
        return
    with pytest.raises(WireError):
        codec.decode(devious)


def _is_still_whole(codec: Any, data: bytes) -> bool:  # noqa: ANN401 - conftest's Codec
    """Whether what was left out was optional, so that the rest is canonical by itself."""
    try:
        return bool(codec.encode(codec.decode(data)) == data)
    except WireError:
        return False
