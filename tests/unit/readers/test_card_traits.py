"""What an answer to reset says of a card."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.readers.cards.ndef_type2 import accepts_type2
from gateway.readers.cards.ndef_type4 import accepts_type4
from gateway.readers.cards.traits import CardKind, traits_of
from simulators.card import iso_14443_4_atr, storage_atr


@pytest.mark.parametrize(
    ("atr", "kind", "standard", "name"),
    [
        ("3b8f8001804f0ca0000003060300030000000068", CardKind.STORAGE, 3, 0x0003),
        ("3b8f8001804f0ca000000306030001000000006a", CardKind.STORAGE, 3, 0x0001),
        ("3b8180018080", CardKind.ISO_14443_4, 0, 0),
        ("3b80800101", CardKind.ISO_14443_4, 0, 0),
        ("3b6500002063cb6800", CardKind.OTHER, 0, 0),
        ("3b", CardKind.OTHER, 0, 0),
        ("", CardKind.OTHER, 0, 0),
    ],
)
def test_known_atrs_are_told_apart(atr: str, kind: CardKind, standard: int, name: int) -> None:
    """Memory cards, DESFire-like cards, phones and contact cards are each recognised."""
    traits = traits_of(bytes.fromhex(atr), None)
    assert (traits.kind, traits.standard, traits.name) == (kind, standard, name)


@given(st.binary(max_size=33))
def test_no_atr_is_an_error(atr: bytes) -> None:
    """Whatever a reader calls an ATR gives traits, and OTHER is all but PC/SC's made-up ones."""
    traits = traits_of(atr, b"\x04")
    assert traits.uid == b"\x04"
    contactless = atr[:1] == b"\x3b" and atr[1:2].hex()[:1] == "8" and atr[2:4] == b"\x80\x01"
    assert (traits.kind is CardKind.OTHER) is not contactless


@given(st.integers(0, 255), st.integers(0, 0xFFFF))
def test_the_simulated_storage_atr_says_what_it_was_given(standard: int, name: int) -> None:
    """Standard and name survive the way through an ATR."""
    traits = traits_of(storage_atr(standard=standard, name=name), None)
    assert (traits.kind, traits.standard, traits.name) == (CardKind.STORAGE, standard, name)


def test_each_kind_has_its_ndef_dialogue() -> None:
    """Memory cards are read as Type 2, ISO/IEC 14443-4 cards as Type 4, Classic as neither."""
    ultralight = traits_of(storage_atr(), None)
    classic = traits_of(storage_atr(name=0x0001), None)
    phone = traits_of(iso_14443_4_atr(), None)
    assert [accepts_type2(one) for one in (ultralight, classic, phone)] == [True, False, False]
    assert [accepts_type4(one) for one in (ultralight, classic, phone)] == [False, False, True]
