"""Taps of cards whose answers are spoiled: ten thousand such taps of each kind in soaks.

Whatever comes, a dialogue ends with one of its results or with a fault that has a name, and within
a bounded number of commands; nobody becomes somebody else by it, and no purse is miscounted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Final

import pytest

from gateway.crypto.public_key import PublicKey
from gateway.errors import ReaderError
from gateway.model.card import Assurance
from gateway.model.ids import CardToken
from gateway.readers.cards.desfire import CardAccess
from gateway.readers.cards.desfire_creation import TransactionMacKey
from gateway.readers.cards.desfire_layout import PURSE_FILE, CardMembership
from gateway.readers.cards.desfire_value import (
    CardIntent,
    OpenPurse,
    OperationResult,
    commit,
    given_up,
    open_purse,
    reconcile,
    stage,
)
from gateway.readers.cards.dialogue import CardProblem
from gateway.readers.cards.ndef import encode_message
from gateway.readers.cards.selection import Identification, identify, own_profiles
from gateway.readers.drive import drive
from gateway.readers.native import FrameStyle
from simulators.card import Type4NdefCard, UidCard, VirtualCard
from simulators.cards import named_states
from simulators.cards.desfire import VirtualDesfire
from simulators.cards.desfire_issue import IssuedCard, PurseTerms, issued_state
from simulators.cards.desfire_state import DesfireState, Generation, ValueFile
from simulators.cards.ntag424 import Ntag424Card
from simulators.cards.sim_keys import (
    KEY_VERSION,
    ORGANISATION,
    named_uid,
    simulator_issuer,
    simulator_keys,
)
from simulators.cards.ultralight_aes import UltralightAesCard
from simulators.given.spoiled_card import SpoiledCard, spoil_many

ROUNDS: Final = 10_000 if os.environ.get("MOHR_SOAK") else 100
#: A tap took at most 330, led on through 61xx by each profile until that gave up: 66 commands for
#: each of its questions. Whoever sends more than this hangs.
COMMANDS_MAX: Final = 500
NUMBER: Final = 7
UID: Final = named_uid(NUMBER)
ISSUER: Final = PublicKey.from_cose_key(simulator_issuer().public_key)


def _desfire(generation: Generation, *, random_uid: bool = False) -> VirtualCard:
    state = replace(named_states.desfire(NUMBER, generation), random_uid=random_uid)
    return VirtualDesfire(state)


def _ntag424(*, random_uid: bool) -> VirtualCard:
    return Ntag424Card(named_states.ntag424(NUMBER, random_uid=random_uid))


def _type4() -> VirtualCard:
    record = named_states.membership(b"7").to_record()
    return Type4NdefCard(UID, encode_message([record]))


def _ultralight_aes() -> VirtualCard:
    return UltralightAesCard(named_states.ultralight_aes(NUMBER), Random(UID).randbytes)


CARDS: Final[Mapping[str, Callable[[], VirtualCard]]] = {
    "uid": lambda: UidCard(UID),
    "ndef type 2": lambda: named_states.ndef_card(NUMBER),
    "ndef type 2 signed": lambda: named_states.signed_ndef_card(NUMBER),
    "ndef type 4": _type4,
    "ntag21x": lambda: named_states.ntag213_card(NUMBER),
    "ntag424": lambda: _ntag424(random_uid=False),
    "ntag424 random uid": lambda: _ntag424(random_uid=True),
    "desfire ev1": lambda: _desfire(Generation.EV1),
    "desfire ev2": lambda: _desfire(Generation.EV2),
    "desfire ev3 random uid": lambda: _desfire(Generation.EV3, random_uid=True),
    "ultralight aes": _ultralight_aes,
    "ultralight c": lambda: named_states.ultralight_c_card(NUMBER),
    "classic": named_states.classic_card,
}


def _tap(name: str, dice: Random) -> tuple[str, int]:
    card = SpoiledCard(CARDS[name](), dice, COMMANDS_MAX)
    profiles = own_profiles(
        ORGANISATION, keys=simulator_keys(), random_bytes=dice.randbytes, issuers=(ISSUER,)
    )
    card.power_on()
    dialogue = identify(card.atr, profiles, dice.choice(tuple(FrameStyle)))
    return _end_of(name, card, dialogue), card.spoiled_count


def _end_of(name: str, card: SpoiledCard, dialogue: Identification) -> str:
    try:
        outcome = drive(dialogue, card.transmit).outcome
    except ReaderError as error:
        return type(error).__name__
    if isinstance(outcome, CardProblem):
        return outcome.trouble
    assert name != "classic", "a MIFARE Classic is refused, whatever it answers"
    if outcome.assurance is Assurance.AUTHENTICATED:
        assert outcome.identity == UID
    if outcome.assurance is Assurance.SIGNED:
        assert outcome.identity == named_states.membership(b"7").identity
    return outcome.assurance


@pytest.mark.parametrize("name", CARDS)
def test_no_spoiled_answer_breaks_a_tap_or_makes_another_card(name: str) -> None:
    """Each tap ends in time, with a result or a named fault; nobody else becomes authentic."""
    ends = spoil_many(name, ROUNDS, lambda dice: _tap(name, dice))
    assert len(ends) > 1


def _purse_card(generation: Generation) -> DesfireState:
    key = TransactionMacKey(key=bytes(range(16)), version=1)
    card = IssuedCard(
        uid=UID,
        membership=CardMembership(organisation=ORGANISATION, number=bytes(16)),
        version=KEY_VERSION,
        generation=generation,
        purse=PurseTerms(value=100, upper=500, transaction_mac_key=key),
    )
    return issued_state(card, simulator_keys())


PURSES: Final = {generation: _purse_card(generation) for generation in Generation}


def _value_of(card: VirtualCard) -> int:
    assert isinstance(card, VirtualDesfire)
    file = card.state.applications[0].file(PURSE_FILE)
    assert isinstance(file, ValueFile)
    return file.value


def _operate(card: SpoiledCard, opened: OpenPurse, intent: CardIntent) -> OperationResult:
    """One operation as a terminal does it (``terminal_agent.card_purse``), without its journal."""
    try:
        staged = drive(stage(opened, intent), card.transmit)
    except ReaderError as error:
        return given_up(opened, str(error)).result
    if staged is not None:
        return staged.result
    try:
        return drive(commit(opened), card.transmit).result
    except ReaderError:
        return OperationResult.UNKNOWN


def _purse_round(generation: Generation, dice: Random) -> tuple[str, int]:
    inside = VirtualDesfire(PURSES[generation])
    card = SpoiledCard(inside, dice, COMMANDS_MAX)
    access = CardAccess(keys=simulator_keys(), random_bytes=dice.randbytes)
    card.power_on()
    try:
        opened = drive(open_purse(access, UID), card.transmit)
    except ReaderError as error:
        assert _value_of(inside) == 100
        return type(error).__name__, card.spoiled_count
    intent = CardIntent(
        operation_id=b"spoiled!",
        card=CardToken(bytes(32)),
        amount=dice.choice((-120, -5, 7)),
        value_before=opened.purse.value,
        history_before=opened.purse.history,
        intended_at_ms=0,
    )
    result = _operate(card, opened, intent)
    truth = OperationResult.NOT_DONE if _value_of(inside) == 100 else OperationResult.DONE
    assert result in {truth, OperationResult.UNKNOWN}
    card.on = False
    card.power_on()
    found = drive(open_purse(access, UID), card.transmit).purse
    assert reconcile(found, intent).result is truth
    return result, card.spoiled_count


@pytest.mark.parametrize("generation", Generation, ids=lambda one: one.name)
def test_no_spoiled_answer_miscounts_a_purse(generation: Generation) -> None:
    """What is said to be done is done, and the next tap says so of all that stayed unknown."""
    spoil_many(generation.name, ROUNDS, lambda dice: _purse_round(generation, dice))
