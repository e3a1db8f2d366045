"""From the factory to a member's pocket, command by command, and back to the desk."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from gateway.crypto.cards.ev2 import Ev2Session
from gateway.crypto.cards.ev2_messages import CommMode
from gateway.crypto.cards.purpose import KeyPurpose
from gateway.model.card import Assurance
from gateway.readers.cards import ntag424_commands as commands
from gateway.readers.cards.dialogue import CardIdentity
from gateway.readers.cards.ntag424_commands import FilePlace
from gateway.readers.cards.ntag424_layout import PRIVATE_FILE_SETTINGS, sun_file_settings
from gateway.readers.cards.ntag424_wire import KEY_NUMBERS, NDEF_FILE, PRIVATE_FILE
from gateway.readers.cards.sun import sun_template
from gateway.readers.reader import CardSeen, ReaderEvent
from gateway.readers.registry import open_reader
from gateway.readers.settings import ReaderSettings
from simulators.card import CardFault, CardTornError, FaultyCard, VirtualCard
from simulators.cards.ntag424 import Ntag424Card
from simulators.cards.ntag424_state import FACTORY_KEY, Ntag424State
from simulators.clock import VirtualClock
from simulators.given.ntag424_desk import (
    ADDRESS,
    UID,
    card_key,
    held_keys,
    issued,
    open_session,
    profiles_with,
    talk,
    tap,
)
from simulators.reader import SimReader

ORDER = (
    KeyPurpose.SDM_META,
    KeyPurpose.SDM_FILE,
    KeyPurpose.TERMINAL,
    KeyPurpose.WRITE,
)
#: SELECT, two parts of authentication, file 2, the settings of two files, five keys.
ISSUING_COMMANDS = 11


def personalise(card: VirtualCard, *, random_uid: bool = False) -> None:
    """Issue a blank card in one session of its factory key 0; that key is changed last."""
    talk(card, commands.select_ntag424())
    dialogue = commands.authenticate_first(0, FACTORY_KEY, Random(5).randbytes)
    session = talk(card, dialogue)
    session = write_files(card, session)
    for purpose in ORDER:
        new = card_key(purpose)
        dialogue = commands.change_other_key(session, KEY_NUMBERS[purpose], FACTORY_KEY, new, 1)
        session = talk(card, dialogue)
    if random_uid:
        session = talk(card, commands.enable_random_uid(session))
    talk(card, commands.change_own_key(session, card_key(KeyPurpose.ADMIN), 1))


def write_files(card: VirtualCard, session: Ev2Session) -> Ev2Session:
    """File 2 and both files' settings. File 3 takes a key of its own in the factory."""
    template = sun_template(ADDRESS)
    place = FilePlace(file_number=NDEF_FILE, mode=CommMode.PLAIN)
    _, after = talk(card, commands.write_file(session, place, template.content))
    assert after is not None
    settings = sun_file_settings(template)
    session = talk(card, commands.change_file_settings(after, NDEF_FILE, settings))
    return talk(card, commands.change_file_settings(session, PRIVATE_FILE, PRIVATE_FILE_SETTINGS))


@pytest.mark.parametrize("random_uid", [False, True])
def test_issuing_makes_the_card_that_tests_begin_with(*, random_uid: bool) -> None:
    """The shortcut of the tests and the commands of the desk come to the same card."""
    card = Ntag424Card(Ntag424State(uid=UID))
    counted = FaultyCard(card, {})
    counted.power_on()
    personalise(counted, random_uid=random_uid)
    assert counted.command_count == ISSUING_COMMANDS + random_uid
    made = issued(random_uid=random_uid)
    private = made.file(PRIVATE_FILE)
    factory = Ntag424State(uid=UID).file(PRIVATE_FILE).content
    assert card.state == made.with_file(PRIVATE_FILE, replace(private, content=factory))


@pytest.mark.parametrize("fault", [CardFault.TEAR_BEFORE, CardFault.TEAR_AFTER])
@pytest.mark.parametrize("command", range(ISSUING_COMMANDS))
def test_a_tear_while_issuing_leaves_a_card_whose_keys_are_known(
    fault: CardFault, command: int
) -> None:
    """Every key is the factory's or the new one, as its version says; nothing was counted."""
    card = Ntag424Card(Ntag424State(uid=UID))
    torn = FaultyCard(card, {command: fault})
    torn.power_on()
    with pytest.raises(CardTornError):
        personalise(torn)
    for purpose, number in KEY_NUMBERS.items():
        slot = card.state.keys[number]
        assert slot.value == (card_key(purpose) if slot.version else FACTORY_KEY)
        assert slot.failures == 0
    card.power_on()
    talk(card, commands.select_ntag424())
    version, _ = talk(card, commands.get_key_version(None, 0))
    key = card_key(KeyPurpose.ADMIN) if version else FACTORY_KEY
    talk(card, commands.authenticate_first(0, key, Random(6).randbytes))


def test_a_card_can_be_given_the_next_version() -> None:
    """Re-keyed at the counter: the old version's cards and this one are both known."""
    card = Ntag424Card(issued(1))
    session = open_session(card, KeyPurpose.ADMIN)
    for purpose in ORDER:
        old, new = card_key(purpose, 1), card_key(purpose, 2)
        dialogue = commands.change_other_key(session, KEY_NUMBERS[purpose], old, new, 2)
        session = talk(card, dialogue)
    talk(card, commands.change_own_key(session, card_key(KeyPurpose.ADMIN, 2), 2))
    outcome = tap(card, profiles_with(held_keys(2))).outcome
    assert isinstance(outcome, CardIdentity)
    assert outcome.assurance is Assurance.AUTHENTICATED


def test_the_simulated_reader_sees_the_card() -> None:
    """As a tap of the port, where the terminal's keys are given to the reader."""
    events: list[ReaderEvent] = []
    clock = VirtualClock(unix_ms=1_700_000_000_000)
    reader = open_reader("sim", ReaderSettings(), clock, keys=held_keys(1))
    assert isinstance(reader, SimReader)
    reader.start(events.append)
    reader.tap(Ntag424Card(issued(random_uid=True)))
    (seen,) = (event for event in events if isinstance(event, CardSeen))
    assert (seen.tap.identity, seen.tap.counter) == (UID, 1)
    assert seen.tap.assurance is Assurance.AUTHENTICATED
    reader.stop()
