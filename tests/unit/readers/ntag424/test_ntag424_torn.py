"""Tearing at every command, and answers that no card gives: always a value, never a crash."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.crypto.cards.ev2 import Ev2Session
from gateway.crypto.cards.ev2_messages import CommMode
from gateway.model.card import Assurance
from gateway.readers.apdu import CommandApdu, ResponseApdu
from gateway.readers.cards import ntag424_commands as commands
from gateway.readers.cards.dialogue import CardIdentity, CardProblem, OtherProfile
from gateway.readers.cards.ntag424_commands import FilePlace
from gateway.readers.cards.ntag424_layout import PRIVATE_FILE_SETTINGS
from gateway.readers.cards.ntag424_wire import NDEF_FILE, PRIVATE_FILE
from gateway.readers.cards.traits import CardKind, CardTraits
from gateway.readers.errors import CardRefusedError
from simulators.card import CardFault, CardTornError, FaultyCard
from simulators.cards.ntag424 import Ntag424Card
from simulators.given.ntag424_desk import (
    TERMINAL_PURPOSES,
    UID,
    held_keys,
    issued,
    profile_with,
    profiles_with,
    tap,
)

KEYS = held_keys(1, 2, purposes=TERMINAL_PURPOSES)
COMMANDS_MAX = 20
KEY = bytes(16)
SESSION = Ev2Session(transaction_identifier=b"TITI", enc_key=bytes(16), mac_key=bytes(16))
PLACE = FilePlace(file_number=NDEF_FILE, length=16, mode=CommMode.FULL)

Result = TypeVar("Result")


@pytest.mark.parametrize("fault", [CardFault.TEAR_BEFORE, CardFault.TEAR_AFTER])
@pytest.mark.parametrize("command", range(5))
def test_a_card_torn_at_any_command_is_whole_at_the_next_tap(
    fault: CardFault, command: int
) -> None:
    """No tear costs the card a failure or a session; its counter only ever rises."""
    card, profiles = Ntag424Card(issued()), profiles_with(KEYS)
    with pytest.raises(CardTornError):
        tap(FaultyCard(card, {command: fault}), profiles)
    before = card.state.read_counter
    assert all(slot.failures == 0 for slot in card.state.keys)
    outcome = tap(card, profiles).outcome
    assert isinstance(outcome, CardIdentity)
    assert (outcome.assurance, outcome.counter) == (Assurance.AUTHENTICATED, before + 1)


def feed(
    dialogue: Generator[CommandApdu, ResponseApdu, Result], answers: list[ResponseApdu]
) -> Result:
    """Answer a dialogue from a list, and the last one for ever; it must come to an end."""
    command = next(dialogue)
    try:
        for number in range(COMMANDS_MAX):
            assert isinstance(command, CommandApdu)
            command = dialogue.send(answers[min(number, len(answers) - 1)])
    except StopIteration as finished:
        value: Result = finished.value
        return value
    pytest.fail("the dialogue does not end")


STATUSES = st.sampled_from([0x9000, 0x9100, 0x91AF, 0x91AE, 0x91AD, 0x9190, 0x6A82, 0x6100]) | (
    st.integers(0, 0xFFFF)
)
ANSWERS = st.builds(
    ResponseApdu,
    data=st.binary(max_size=64) | st.sampled_from([bytes(n) for n in (7, 8, 16, 24, 32, 56, 128)]),
    status=STATUSES,
)
GOOD_SELECT = ResponseApdu(status=0x9000)


def good_reading() -> ResponseApdu:
    """What a card of ours shows."""
    card = Ntag424Card(issued())
    card.power_on()
    card.transmit(bytes.fromhex("00a4040c07d276000085010100"))
    return ResponseApdu.from_bytes(card.transmit(bytes.fromhex("90ad0000070200000080000000")))


SUN = good_reading()
PREFIXES = st.sampled_from([[], [GOOD_SELECT], [GOOD_SELECT, SUN]])


@settings(max_examples=400, deadline=None)
@given(prefix=PREFIXES, answers=st.lists(ANSWERS, min_size=1, max_size=5))
def test_no_answer_breaks_the_tap(prefix: list[ResponseApdu], answers: list[ResponseApdu]) -> None:
    """Whatever is said, at whatever point, ends as one of the three values."""
    traits = CardTraits(kind=CardKind.ISO_14443_4, uid=UID)
    result = feed(profile_with(KEYS).read(traits), [*prefix, *answers])
    assert isinstance(result, CardIdentity | CardProblem | OtherProfile)
    # Nobody guesses RndA: no made-up answer authenticates.
    assert not isinstance(result, CardIdentity)


@settings(max_examples=300, deadline=None)
@given(position=st.integers(0, 129), flips=st.integers(1, 255), cut=st.integers(0, 130))
def test_no_damage_to_the_message_breaks_the_tap(position: int, flips: int, cut: int) -> None:
    """Bits turned over and bytes lost in the file end as a value too."""
    damaged = bytearray(SUN.to_bytes())
    damaged[position] ^= flips
    answers = [GOOD_SELECT, ResponseApdu(data=bytes(damaged[:-2])[:cut], status=0x9100)]
    traits = CardTraits(kind=CardKind.ISO_14443_4, uid=UID)
    result = feed(profile_with(KEYS).read(traits), answers)
    assert isinstance(result, CardProblem | OtherProfile)


def rnd(size: int) -> bytes:
    """Dice that always show one."""
    return b"\x01" * size


ALL_COMMANDS: dict[str, Callable[[], Generator[CommandApdu, ResponseApdu, object]]] = {
    "select": commands.select_ntag424,
    "first": lambda: commands.authenticate_first(3, KEY, rnd),
    "non first": lambda: commands.authenticate_non_first(SESSION, 3, KEY, rnd),
    "version": commands.get_version,
    "version in session": lambda: commands.get_version(SESSION),
    "uid": lambda: commands.get_card_uid(SESSION),
    "read": lambda: commands.read_file(SESSION, PLACE),
    "read plain": lambda: commands.read_file(None, PLACE),
    "write": lambda: commands.write_file(SESSION, PLACE, bytes(16)),
    "settings": lambda: commands.change_file_settings(SESSION, PRIVATE_FILE, PRIVATE_FILE_SETTINGS),
    "get settings": lambda: commands.get_file_settings(None, NDEF_FILE),
    "counters": lambda: commands.get_file_counters(None, NDEF_FILE),
    "other key": lambda: commands.change_other_key(SESSION, 1, KEY, KEY, 1),
    "own key": lambda: commands.change_own_key(SESSION, KEY, 1),
    "key version": lambda: commands.get_key_version(None, 1),
    "random": lambda: commands.enable_random_uid(SESSION),
    "signature": commands.read_signature,
}


@pytest.mark.parametrize("name", ALL_COMMANDS)
@settings(max_examples=100, deadline=None)
@given(answers=st.lists(ANSWERS, min_size=1, max_size=4))
def test_no_answer_breaks_a_command(name: str, answers: list[ResponseApdu]) -> None:
    """Every command ends in a value or in a refusal that has a name."""
    with suppress(CardRefusedError):
        feed(ALL_COMMANDS[name](), answers)


@pytest.mark.parametrize(
    "name", ["uid", "read", "write", "settings", "other key", "random", "version in session"]
)
@pytest.mark.parametrize("size", [0, 7, 8, 16, 24, 32])
def test_an_answer_without_its_mac_is_not_believed(name: str, size: int) -> None:
    """A good status alone proves nothing inside a session."""
    answers = [ResponseApdu(data=bytes(size), status=0x9100)]
    with pytest.raises(CardRefusedError):
        feed(ALL_COMMANDS[name](), answers)
