"""A bare front end plays the PC/SC reader: what dialogues see of it is what pcscd shows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.readers.apdu import ResponseApdu, get_uid, read_storage
from gateway.readers.cards.ntag21x import SmallCardKind
from gateway.readers.cards.selection import CardReading, identify, own_profiles
from gateway.readers.cards.traits import NAME_CLASSIC_4K
from gateway.readers.drive import drive
from gateway.readers.front_end import CardFront, PseudoReader, Said, answer_to_reset
from simulators.card import Type2NdefCard, Type4NdefCard, UidCard, VirtualCard, iso_14443_4_atr
from simulators.cards.classic import ClassicCard
from simulators.cards.ntag21x import Ntag21xCard, blank_ntag21x
from simulators.cards.ultralight_c import UltralightCCard, blank_ultralight_c
from simulators.front_end import select_card, send_frame, shown_front
from simulators.given.small_cards import random_from

UID = bytes.fromhex("04a1b2c3d4e5f6")


class Chip:
    """A front end with a virtual card, without a line between."""

    def __init__(self, card: VirtualCard) -> None:
        self.card = card

    def select(self) -> CardFront:
        """Select it."""
        return select_card(self.card)

    def apdu(self, command: bytes) -> bytes:
        """Carry an APDU."""
        return self.card.transmit(command)

    def frame(self, frame: bytes) -> Said:
        """Carry a frame."""
        return send_frame(self.card, frame)


@pytest.mark.parametrize(
    "card",
    [
        UidCard(UID),
        Type2NdefCard(UID, b""),
        Type4NdefCard(UID, b""),
        ClassicCard(bytes.fromhex("9e112233")),
        ClassicCard(UID, name=NAME_CLASSIC_4K),
        Ntag21xCard(blank_ntag21x(SmallCardKind.NTAG213, UID)),
        UltralightCCard(blank_ultralight_c(UID), random_from("card")),
        UidCard(UID, atr=iso_14443_4_atr(bytes.fromhex("c1052f2f01bcd6"))),
    ],
)
def test_a_card_reads_the_same_behind_a_chip_and_behind_pcscd(card: VirtualCard) -> None:
    """Same answer to reset, same identity or refusal, from the same dialogues."""
    front = shown_front(card)
    assert answer_to_reset(front) == card.atr
    profiles = own_profiles()
    pseudo = PseudoReader(Chip(card), front)
    direct: CardReading = drive(identify(card.atr, profiles), card.transmit)
    through: CardReading = drive(identify(answer_to_reset(front), profiles), pseudo.transmit)
    assert through.uid == direct.uid
    assert type(through.outcome) is type(direct.outcome)
    assert getattr(through.outcome, "identity", None) == getattr(direct.outcome, "identity", None)


def test_the_uid_comes_from_the_card_and_not_from_memory() -> None:
    """A card that was exchanged unseen shows at the next question for its UID."""
    chip = Chip(UidCard(UID))
    pseudo = PseudoReader(chip, shown_front(chip.card))
    chip.card = UidCard(bytes.fromhex("9e112233"))
    assert pseudo.transmit(get_uid().to_bytes()) == bytes.fromhex("9e1122339000")


def test_an_apdu_to_a_memory_card_is_refused_by_the_reader() -> None:
    """The card would take it for a frame of its own."""
    pseudo = PseudoReader(Chip(Type2NdefCard(UID, b"")), shown_front(Type2NdefCard(UID, b"")))
    assert pseudo.transmit(bytes.fromhex("00a4040000")) == bytes.fromhex("6d00")
    assert pseudo.transmit(read_storage(4, 16).to_bytes()).endswith(b"\x90\x00")


@settings(max_examples=60)
@given(command=st.binary(max_size=30), iso_dep=st.booleans())
def test_any_command_gets_a_status_word(command: bytes, *, iso_dep: bool) -> None:
    """No pseudo-APDU, however malformed, ends otherwise."""
    card = Type4NdefCard(UID, b"") if iso_dep else Type2NdefCard(UID, b"")
    answer = PseudoReader(Chip(card), shown_front(card)).transmit(command)
    assert ResponseApdu.from_bytes(answer).to_bytes() == answer
