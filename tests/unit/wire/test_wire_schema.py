"""The declarative layer by itself: what its parts take, refuse and remember."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pytest

from gateway.errors import ValueRangeError, WireError
from gateway.wire.schema import Array, Bool, Bytes, Code, Field, Int, Mismatch, Record, Text, shown


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Point:
    x: int
    tags: tuple[int, ...] = ()
    note: str | None = None

    def __post_init__(self) -> None:
        if self.x == 13:
            raise ValueRangeError("thirteen is not welcome")


POINT = Record(
    Point,
    Field(1, "x", Int(-5, 20)),
    Field(2, "tags", Array(Int(0, 9), 3), optional=True),
    Field(3, "note", Text(1, 4), optional=True),
)


@pytest.mark.parametrize("value", [True, 1.0, "1", None, b"\x01", 21, -6, 2**70])
def test_an_int_takes_only_whole_numbers_in_range(value: object) -> None:
    """Everything but an int inside the range is refused, true and 1.0 too."""
    with pytest.raises(Mismatch, match="whole number"):
        Int(-5, 20).decode(value)


@pytest.mark.parametrize("value", [b"", b"12345", "1234", bytearray(b"123"), None])
def test_bytes_take_only_byte_strings_of_the_length(value: object) -> None:
    """Text, other lengths and mutable bytes are refused."""
    with pytest.raises(Mismatch, match="byte string"):
        Bytes(1, 4).decode(value)


@pytest.mark.parametrize("value", ["", "12345", b"1234", None, 7])
def test_text_takes_only_strings_of_the_length(value: object) -> None:
    """Byte strings and other lengths are refused."""
    with pytest.raises(Mismatch, match="text"):
        Text(1, 4).decode(value)


def test_text_counts_characters_not_bytes() -> None:
    """Four Persian letters are four characters, though eight bytes."""
    assert Text(1, 4).decode("مهر۴") == "مهر۴"


@pytest.mark.parametrize("value", [0, 1, None, "true"])
def test_a_bool_takes_only_true_and_false(value: object) -> None:
    """Zero and one are numbers."""
    with pytest.raises(Mismatch, match="true or false"):
        Bool().decode(value)


def test_a_code_table_must_number_every_name_once() -> None:
    """A name without a number, or two with one, is found when the table is made."""
    with pytest.raises(ValueError, match="exactly one number"):
        Code(Colour, {Colour.RED: 1})
    with pytest.raises(ValueError, match="exactly one number"):
        Code(Colour, {Colour.RED: 1, Colour.BLUE: 1})


def test_a_code_translates_both_ways_and_takes_no_other_number() -> None:
    """Numbers become names and back; true is not one."""
    code = Code(Colour, {Colour.RED: 1, Colour.BLUE: 4})
    assert code.decode(4) is Colour.BLUE
    assert code.encode(Colour.RED) == 1
    others: list[object] = [2, True, 1.0, "red", None, []]
    for value in others:
        with pytest.raises(Mismatch, match="no known Colour code"):
            code.decode(value)


def test_an_array_names_the_item_at_fault() -> None:
    """The index of a bad item is part of the path."""
    with pytest.raises(Mismatch) as caught:
        POINT.decode({1: 1, 2: [1, 2, 10]})
    assert caught.value.path("point") == "point.tags[2]"


def test_an_empty_array_has_one_form_only() -> None:
    """An empty array is written as an absent field, and refused where it is written out."""
    assert POINT.encode(Point(x=1)) == {1: 1}
    assert POINT.decode({1: 1}) == Point(x=1)
    with pytest.raises(Mismatch, match="1 to 3 items"):
        POINT.decode({1: 1, 2: []})


def test_an_array_is_not_written_longer_than_it_is_read() -> None:
    """The encoder refuses what the decoder would."""
    with pytest.raises(WireError, match="4 items"):
        POINT.encode(Point(x=1, tags=(1, 2, 3, 4)))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([1, 2], "must be a map"),
        ({}, "lacks x"),
        ({2: [1]}, "lacks x"),
        ({1: 1, 9: 1}, "unknown key 9"),
        ({1: 1, "x": 1}, "unknown key 'x'"),
        ({3: "a", 1: 1}, "do not ascend"),
        ({True: 1}, "key"),
        ({1.0: 1}, "key"),
        ({1: 13}, "thirteen"),
    ],
)
def test_a_record_refuses_what_it_does_not_describe(value: object, words: str) -> None:
    """Wrong containers, keys, order and values are each reported in words."""
    with pytest.raises(Mismatch, match=words):
        POINT.decode(value)


@pytest.mark.parametrize("key", [True, 1.0])
def test_a_remembered_set_of_keys_does_not_let_equal_keys_in(key: object) -> None:
    """Once {1: …} has been accepted, true and 1.0, which find the same plan, are still refused."""
    assert POINT.decode({1: 1, 3: "a"}) == Point(x=1, note="a")
    with pytest.raises(Mismatch, match="no whole number"):
        POINT.decode({key: 1, 3: "a"})


def test_only_good_sets_of_keys_are_remembered() -> None:
    """A flood of messages with made-up keys leaves nothing behind."""
    record = Record(Point, Field(1, "x", Int(0, 9)), Field(3, "note", Text(1, 4), optional=True))
    for key in range(4, 500):
        with pytest.raises(Mismatch):
            record.decode({1: 1, key: 1})
    record.decode({1: 1})
    assert len(record._plans) == 1


def test_a_record_s_keys_must_ascend() -> None:
    """A record whose fields are out of order would write maps that are not canonical."""
    with pytest.raises(ValueError, match="ascending"):
        Record(Point, Field(2, "tags", Array(Int(0, 9), 3)), Field(1, "x", Int(0, 9)))


def test_untrusted_values_are_shown_short() -> None:
    """A fault's message stays short whatever stood in the data."""
    assert len(shown("x" * 10_000)) <= 41
