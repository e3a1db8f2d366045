"""Lists of denied cards: what is on them is found, and nothing is told of it."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.deny_list import is_denied, make_deny_list
from gateway.errors import ValueRangeError
from gateway.model.deny_list import DENY_ENTRIES_MAX, DenyList
from gateway.model.ids import CardToken

SALT = bytes(range(16))


def token(number: int) -> CardToken:
    """Some card."""
    return CardToken(hashlib.sha256(number.to_bytes(4)).digest())


@given(denied=st.sets(st.integers(0, 500), max_size=60))
def test_a_list_holds_what_was_put_on_it_and_nothing_else(denied: set[int]) -> None:
    """Each denied card is found, and no other one is."""
    listed = make_deny_list(map(token, denied), SALT, issued_at_ms=1)
    assert listed.count == len(denied)
    assert {number for number in range(501) if is_denied(listed, token(number))} == denied


def test_two_lists_of_one_card_cannot_be_compared() -> None:
    """Another salt gives other hashes, and no list holds a part of a token."""
    one = make_deny_list([token(1)], SALT, issued_at_ms=1)
    other = make_deny_list([token(1)], bytes(16), issued_at_ms=1)
    assert one.entries != other.entries
    assert one.entries not in bytes(token(1))


def test_a_full_list_is_taken_and_one_more_is_not() -> None:
    """What does not fit into a configuration is refused where it is made."""
    make_deny_list(map(token, range(DENY_ENTRIES_MAX)), SALT, issued_at_ms=1)
    with pytest.raises(ValueRangeError):
        make_deny_list(map(token, range(DENY_ENTRIES_MAX + 1)), SALT, issued_at_ms=1)


@pytest.mark.parametrize(
    "entries",
    [bytes(7), bytes(16), b"\x02" * 8 + b"\x01" * 8],
    ids=["cut", "twice", "falling"],
)
def test_a_list_that_is_out_of_shape_is_refused(entries: bytes) -> None:
    """A search among hashes that do not rise would miss some."""
    with pytest.raises(ValueRangeError):
        DenyList(issued_at_ms=1, salt=SALT, entries=entries)
