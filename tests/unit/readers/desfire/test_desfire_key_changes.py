"""A DESFire card's keys: who may change them, and how a factory card becomes ours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.crypto.cards.purpose import KeyPurpose
from gateway.readers.cards.desfire_card import (
    PICC_AID,
    DesfireCard,
    authenticate,
    select_application,
)
from gateway.readers.cards.desfire_commands import (
    change_key,
    format_picc,
    get_card_uid,
    get_key_version,
    get_version,
)
from gateway.readers.cards.desfire_factory import take_over
from gateway.readers.cards.desfire_layout import MOHR_AID
from gateway.readers.cards.desfire_session import KeyChange
from gateway.readers.cards.desfire_wire import (
    DesfireRefusedError,
    DesfireStatus,
)
from gateway.readers.errors import AnswerNotGenuineError, CardRemovedError
from simulators.card import CardFault
from simulators.cards.desfire_state import AesKey, DesfireState, Generation

if TYPE_CHECKING:
    from tests.unit.readers.desfire.conftest import Bench

UID = bytes.fromhex("04a1b2c3d4e5f6")


def test_key_versions_and_the_uid_are_told_in_a_session(
    bench: Bench, generation: Generation
) -> None:
    """Both answers carry the session's proof."""
    hand = bench.hold(bench.state(generation, random_uid=True))
    card = bench.log_in(hand, KeyPurpose.TERMINAL)
    assert hand.drive(get_key_version(card, 4)) == 2
    assert hand.drive(get_card_uid(card)) == UID


def test_keys_change_under_the_master_key_alone(bench: Bench, generation: Generation) -> None:
    """Another key's session cannot; a wrong old key is noticed by its checksum."""
    hand = bench.hold(bench.state(generation))
    new_key = bench.random.randbytes(16)
    card = bench.log_in(hand, KeyPurpose.TERMINAL)
    own = KeyChange(number=3, new_key=new_key, new_version=3)
    assert hand.refused(change_key(card, own)) is DesfireStatus.AUTHENTICATION_ERROR
    card = bench.log_in(hand, KeyPurpose.ADMIN)
    wrong = KeyChange(number=3, new_key=new_key, new_version=3, old_key=bytes(16))
    assert hand.refused(change_key(card, wrong)) is DesfireStatus.INTEGRITY_ERROR
    bench.log_in(hand, KeyPurpose.TERMINAL)


def test_keys_never_travel_without_a_session(bench: Bench) -> None:
    """ChangeKey before authentication is not even sent."""
    hand = bench.hold(bench.state())
    card = DesfireCard()
    change = KeyChange(number=0, new_key=bytes(16), new_version=1)
    with pytest.raises(AnswerNotGenuineError):
        hand.drive(change_key(card, change))
    assert hand.said == []


def test_formatting_takes_the_cards_own_key(bench: Bench, generation: Generation) -> None:
    """All applications go, for the card's master key alone."""
    master = bench.random.randbytes(16)
    state = replace(bench.state(generation), master_key=AesKey(key=master))
    hand = bench.hold(state)
    card = DesfireCard()
    hand.drive(select_application(card, PICC_AID))
    assert hand.refused(format_picc(card)) is DesfireStatus.AUTHENTICATION_ERROR
    hand.drive(select_application(card, PICC_AID))
    hand.drive(authenticate(card, 0, master, bench.random.randbytes(16)))
    hand.drive(format_picc(card))
    assert hand.refused(select_application(card, MOHR_AID)) is (DesfireStatus.APPLICATION_NOT_FOUND)


def test_a_factory_card_is_taken_over_once(bench: Bench, generation: Generation) -> None:
    """The DES key of zeros gives way to an AES key; then it opens nothing any more."""
    hand = bench.hold(DesfireState(uid=UID, generation=generation))
    master = bench.random.randbytes(16)
    card = DesfireCard()
    hand.drive(take_over(card, master, 2, bytes(range(8))))
    assert hand.inside.state.master_key == AesKey(key=master, version=2)
    again = take_over(card, bytes(16), 3, bytes(range(8)))
    assert hand.refused(again) is DesfireStatus.AUTHENTICATION_ERROR
    hand.drive(select_application(card, PICC_AID))
    hand.drive(authenticate(card, 0, master, bench.random.randbytes(16)))
    assert hand.drive(get_version(card)).uid == UID


@pytest.mark.parametrize("fault", [CardFault.TEAR_BEFORE, CardFault.TEAR_AFTER])
def test_a_torn_take_over_leaves_the_old_key_or_the_new(bench: Bench, fault: CardFault) -> None:
    """At every command: one of the two keys opens the card, and which one can be tried out."""
    master = bench.random.randbytes(16)
    for at in range(4):
        hand = bench.hold(DesfireState(uid=UID), {at: fault})
        with pytest.raises(CardRemovedError):
            hand.drive(take_over(DesfireCard(), master, 2, bytes(8)))
        hand.card.power_on()
        card = DesfireCard()
        hand.drive(select_application(card, PICC_AID))
        try:
            hand.drive(authenticate(card, 0, master, bytes(16)))
        except DesfireRefusedError:
            hand.drive(take_over(card, master, 2, bytes(8)))
        assert hand.inside.state.master_key == AesKey(key=master, version=2)
