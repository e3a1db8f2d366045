"""The parser below the schemas: what it never lets through, and what it never spends."""

from __future__ import annotations

import tracemalloc

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError
from gateway.wire import cbor
from gateway.wire.transaction import decode_transaction


@pytest.mark.parametrize(
    "declared",
    [
        "9bffffffffffffffff",
        "9b00000000ffffffff01",
        "9a7fffffff",
        "bbffffffffffffffff",
        "ba7fffffff00",
        "5b7fffffffffffffff",
        "5affffffff00",
        "7b00ffffffffffffff",
    ],
)
def test_a_huge_declared_length_allocates_nothing(declared: str) -> None:
    """An array, map or string that claims gigabytes is refused at the cost of its few bytes."""
    data = bytes.fromhex("a1" + "00" + declared)
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            decode_transaction(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


def test_a_message_full_of_arrays_costs_no_more_than_its_size_allows() -> None:
    """The worst a bounded message can do is bounded: nesting is, and so is the whole."""
    with pytest.raises(WireError, match="depth"):
        cbor.load(b"\x81" * 60_000 + b"\x00", 65_000)


@pytest.mark.parametrize("number", [*range(300), 1004, 43_000, 55_799, 2**16, 2**32, 2**64 - 1])
def test_no_tag_is_ever_interpreted(number: int) -> None:
    """Every tag is refused, those that the library knows how to build objects of as well."""
    for content in (b"\x00", b"\x41\x01", b"\x61\x31", b"\x82\x01\x02"):
        head = cbor2.dumps(cbor2.CBORTag(number, 0))[:-1]
        with pytest.raises(WireError, match="tag"):
            cbor.load(head + content, 100)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_parse_or_raise_wire_error(data: bytes) -> None:
    """No input makes the parser raise anything but WireError, or gives back a foreign type."""
    try:
        value = cbor.load(data, 200)
    except WireError:
        return
    assert value is None or type(value).__name__ in {
        "int",
        "bytes",
        "str",
        "bool",
        "float",
        "list",
        "dict",
        "CBORSimpleValue",
        "UndefinedType",
    }


def test_what_cbor_cannot_express_is_a_wire_error() -> None:
    """Writing an object that is no plain value is reported, not guessed."""
    with pytest.raises(WireError, match="cannot be written"):
        cbor.dump({0: object()})


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("9f01ff", "indefinite"),
        ("bf0101ff", "indefinite"),
        ("5f4101ff", "indefinite"),
        ("7f6161ff", "indefinite"),
        ("a201010102", "Duplicate"),
        ("a20101180102", "Duplicate"),
    ],
)
def test_what_deterministic_cbor_never_holds_is_refused_by_the_parser(
    data: str, words: str
) -> None:
    """Indefinite lengths and duplicate keys do not reach the schemas at all."""
    with pytest.raises(WireError, match=words):
        cbor.load(bytes.fromhex(data), 100)
