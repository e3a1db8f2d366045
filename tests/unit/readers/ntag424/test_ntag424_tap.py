"""A tap of an NTAG 424 DNA: what it is worth, what it costs, and what goes wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.crypto.cards.sdm import decrypt_picc_data, sdm_mac
from gateway.model.card import Assurance, CardProfile
from gateway.readers.cards.dialogue import CardIdentity, CardProblem
from gateway.readers.cards.keys import SharedCardKeys
from gateway.readers.cards.membership import Membership
from gateway.readers.cards.ndef import encode_message
from gateway.readers.cards.ntag424 import PEACE_READINGS, REFUSED_MAX, RefusedCards
from gateway.readers.cards.ntag424_wire import KEY_NUMBERS, NDEF_FILE, NativeStatus
from gateway.readers.cards.selection import CardReading, own_profiles
from gateway.readers.reader import CardTrouble
from simulators.card import FaultyCard, Type4NdefCard, VirtualCard, WrongStatus
from simulators.cards.ntag424 import Ntag424Card
from simulators.cards.ntag424_state import KeySlot, Ntag424State
from simulators.given.ntag424_desk import (
    ADDRESS,
    ISSUER_KEYS,
    ORGANISATION,
    TERMINAL_PURPOSES,
    UID,
    card_key,
    held_keys,
    issued,
    profile_with,
    profiles_with,
    tap,
)

TERMINAL = held_keys(1, 2, purposes=TERMINAL_PURPOSES)
SUN_ONLY = held_keys(1, 2, purposes=[KeyPurpose.SDM_META])
#: GET UID, SELECT, ReadData, and the two parts of AuthenticateEV2First.
TAP_COMMANDS = 5
SUN_COMMANDS = 3
MEMBER = Membership(organisation=ORGANISATION, number=b"0042")


def known(reading: CardReading) -> CardIdentity:
    """The reading names a card."""
    assert isinstance(reading.outcome, CardIdentity), reading.outcome
    return reading.outcome


def trouble_of(reading: CardReading) -> CardProblem:
    """The reading names a trouble."""
    assert isinstance(reading.outcome, CardProblem), reading.outcome
    return reading.outcome


def with_terminal_key(state: Ntag424State, value: bytes) -> Ntag424State:
    """The same card with another key for the counter."""
    number = KEY_NUMBERS[KeyPurpose.TERMINAL]
    return state.with_key(number, KeySlot(value=value, version=1))


def terminal_slot(card: Ntag424Card) -> KeySlot:
    """What the card keeps of the counter's key."""
    return card.state.keys[KEY_NUMBERS[KeyPurpose.TERMINAL]]


@pytest.mark.parametrize("random_uid", [False, True], ids=["real UID", "random UID"])
def test_a_card_of_ours_is_authenticated(*, random_uid: bool) -> None:
    """The real UID, the counter and a proof, also where the card shows a random UID."""
    card = Ntag424Card(issued(random_uid=random_uid))
    reading = tap(card, profiles_with(TERMINAL))
    identity = known(reading)
    assert (identity.profile, identity.identity) == (CardProfile.NTAG424, UID)
    assert (identity.assurance, identity.counter) == (Assurance.AUTHENTICATED, 1)
    assert (reading.uid == UID) is not random_uid


def test_the_proof_is_what_the_gateway_can_check() -> None:
    """Encrypted PICC data and MAC, over the very counter that is told."""
    identity = known(tap(Ntag424Card(issued(2)), profiles_with(TERMINAL)))
    assert identity.proof is not None
    assert identity.counter is not None
    picc_data, mac = identity.proof[:16], identity.proof[16:]
    picc = decrypt_picc_data(card_key(KeyPurpose.SDM_META, 2), picc_data)
    assert (picc.uid, picc.read_counter) == (UID, identity.counter)
    assert mac == sdm_mac(card_key(KeyPurpose.SDM_FILE, 2), UID, identity.counter)


@pytest.mark.parametrize(
    ("keys", "assurance", "commands"),
    [
        (TERMINAL, Assurance.AUTHENTICATED, TAP_COMMANDS),
        (SUN_ONLY, Assurance.SIGNED, SUN_COMMANDS),
    ],
    ids=["both keys", "one key"],
)
def test_a_tap_takes_as_few_commands_as_the_card_allows(
    keys: SharedCardKeys, assurance: Assurance, commands: int
) -> None:
    """Four and the reader's own GET UID; without the terminal's key, two."""
    card = FaultyCard(Ntag424Card(issued()), {})
    assert known(tap(card, profiles_with(keys))).assurance is assurance
    assert card.command_count == commands


@pytest.mark.parametrize("version", [1, 2])
def test_cards_of_an_old_key_version_are_known(version: int) -> None:
    """Until a version is retired, each terminal knows the cards of both."""
    identity = known(tap(Ntag424Card(issued(version)), profiles_with(TERMINAL)))
    assert identity.assurance is Assurance.AUTHENTICATED


def test_a_version_without_terminal_key_is_only_signed() -> None:
    """A key of another version is not tried: the card would count it as wrong."""
    masters = {**held_keys(1, purposes=[KeyPurpose.SDM_META]).masters}
    masters.update(held_keys(2, purposes=TERMINAL_PURPOSES).masters)
    keys = replace(TERMINAL, masters=masters)
    card = Ntag424Card(issued(1))
    assert known(tap(card, profiles_with(keys))).assurance is Assurance.SIGNED
    assert terminal_slot(card).failures == 0


def test_a_card_of_a_version_not_held_is_left_to_others() -> None:
    """A retired batch is read as what it shows to anybody, which is its UID."""
    identity = known(tap(Ntag424Card(issued(1)), profiles_with(held_keys(2))))
    assert (identity.profile, identity.identity) == (CardProfile.UID, UID)


def test_without_keys_nothing_is_different() -> None:
    """Neither no keys nor keys for other purposes make a terminal say one word more."""
    readings = []
    for keys in (None, held_keys(1, purposes=[KeyPurpose.WRITE])):
        card = FaultyCard(Ntag424Card(issued()), {})
        profiles = own_profiles(ORGANISATION, keys=keys, random_bytes=bytes)
        readings.append((tap(card, profiles), card.command_count))
    assert readings[0] == readings[1]
    assert known(readings[0][0]).profile is CardProfile.UID


def test_each_tap_counts_up() -> None:
    """The counter of the next tap is higher, whatever happened in between."""
    card, profiles = Ntag424Card(issued()), profiles_with(TERMINAL)
    counters = [known(tap(card, profiles)).counter for _ in range(3)]
    assert counters == [1, 2, 3]


def test_a_clone_shows_its_old_counter() -> None:
    """A copy of a card is as good as the card; only the count tells, and it is told."""
    card, profiles = Ntag424Card(issued()), profiles_with(TERMINAL)
    tap(card, profiles)
    clone = Ntag424Card(card.state)
    of_card, of_clone = known(tap(card, profiles)), known(tap(clone, profiles))
    assert of_card.identity == of_clone.identity
    assert of_card.counter == of_clone.counter
    rolled_back = Ntag424Card(replace(card.state, read_counter=0))
    assert known(tap(rolled_back, profiles)).counter == 1


def test_a_plain_tag_still_names_its_member() -> None:
    """A Type 4 tag with a membership record is read by the next profile."""
    card = Type4NdefCard(UID, encode_message([MEMBER.to_record()]))
    identity = known(tap(card, profiles_with(TERMINAL)))
    assert (identity.profile, identity.identity) == (CardProfile.NDEF, MEMBER.identity)


def test_an_ntag_424_of_others_still_names_its_member() -> None:
    """One that holds a plain record and no SUN message."""
    message = encode_message([MEMBER.to_record()])
    content = (len(message).to_bytes(2) + message).ljust(256, b"\0")
    blank = Ntag424State(uid=UID)
    file = replace(blank.file(NDEF_FILE), content=content)
    card = Ntag424Card(blank.with_file(NDEF_FILE, file))
    assert known(tap(card, profiles_with(TERMINAL))).profile is CardProfile.NDEF


def test_a_message_that_two_keys_make_sense_of_is_read_again() -> None:
    """Nobody is named by chance: the next message of the card will fit one key only."""
    master = card_key(KeyPurpose.SDM_META)
    names = [CardKeyName(purpose=KeyPurpose.SDM_META, version=version) for version in (1, 2)]
    keys = replace(TERMINAL, masters=dict.fromkeys(names, master))
    problem = trouble_of(tap(Ntag424Card(issued(random_uid=True)), profiles_with(keys)))
    assert problem.trouble is CardTrouble.NO_ANSWER


def test_a_message_copied_onto_another_card_is_a_copy() -> None:
    """A card with a UID of its own that shows the message of another one."""
    profile = profile_with(TERMINAL)
    original = Ntag424Card(issued())
    original.power_on()
    original.transmit(bytes.fromhex("00a4040c07d276000085010100"))
    content = original.transmit(bytes.fromhex("90ad0000070200000000000000"))[:-2]
    blank = Ntag424State(uid=bytes.fromhex("04000000000001"))
    copy = blank.with_file(NDEF_FILE, replace(blank.file(NDEF_FILE), content=content))
    problem = trouble_of(tap(Ntag424Card(copy), [profile]))
    assert problem.trouble is CardTrouble.BAD_RECORD
    assert "a copy" in problem.detail


def test_a_wrong_key_is_refused_and_not_tried_again() -> None:
    """The card counts one failure, however long it lies on the reader."""
    card = Ntag424Card(with_terminal_key(issued(), bytes(16)))
    profiles = profiles_with(TERMINAL)
    first = trouble_of(tap(card, profiles))
    assert first.trouble is CardTrouble.BAD_RECORD
    assert "91AE" in first.detail
    for _ in range(PEACE_READINGS - 1):
        assert "not tried again" in trouble_of(tap(card, profiles)).detail
    assert terminal_slot(card).failures == 1
    assert "91AE" in trouble_of(tap(card, profiles)).detail
    assert terminal_slot(card).failures == 2


def test_another_card_is_not_held_responsible() -> None:
    """While one card is left in peace, the next customer's is authenticated."""
    profiles = profiles_with(TERMINAL)
    trouble_of(tap(Ntag424Card(with_terminal_key(issued(), bytes(16))), profiles))
    other = Ntag424Card(issued(uid=bytes.fromhex("04111111111111")))
    assert known(tap(other, profiles)).assurance is Assurance.AUTHENTICATED


def test_a_card_that_was_put_right_is_tried_again() -> None:
    """Issued anew, with settings that count from 0 or with the next key version."""
    profiles = profiles_with(TERMINAL)
    broken = replace(with_terminal_key(issued(), bytes(16)), read_counter=40)
    trouble_of(tap(Ntag424Card(broken), profiles))
    for mended in (issued(1), issued(2)):
        identity = known(tap(Ntag424Card(mended), profiles))
        assert identity.assurance is Assurance.AUTHENTICATED


def test_a_bounded_number_of_refused_cards_is_remembered() -> None:
    """The oldest is forgotten; a terminal may run for years."""
    refused = RefusedCards()
    for number in range(REFUSED_MAX + 1):
        refused.add(number.to_bytes(7), 1, 5)
    assert not refused.holds(bytes(7), 1, 5)
    assert refused.holds((1).to_bytes(7), 1, 5)
    assert not refused.holds((1).to_bytes(7), 1, 4)


@pytest.mark.parametrize(
    "status", [NativeStatus.AUTHENTICATION_DELAY, NativeStatus.PERMISSION_DENIED]
)
def test_a_card_that_defends_its_key_is_refused(status: NativeStatus) -> None:
    """Delayed or locked: the tap is not taken for less than it should be."""
    card = FaultyCard(Ntag424Card(issued()), {3: WrongStatus(status=0x9100 | status)})
    problem = trouble_of(tap(card, profiles_with(TERMINAL)))
    assert f"91{status:02X}" in problem.detail


class Forged(VirtualCard):
    """A recording of a real card that answers authentication with what it once heard."""

    def __init__(self, card: Ntag424Card) -> None:
        self.atr = card.atr
        self.card = card
        self.answers: dict[bytes, bytes] = {}
        self.replays = False

    def power_on(self) -> None:
        self.card.power_on()

    def transmit(self, command: bytes) -> bytes:
        kind = command[:2]
        if not self.replays:
            self.answers[kind] = self.card.transmit(command)
        return self.answers[kind]


def test_a_recorded_card_cannot_authenticate() -> None:
    """Whoever heard a whole tap has the message, and no answer to fresh random numbers."""
    forged, profiles = Forged(Ntag424Card(issued())), profiles_with(TERMINAL)
    known(tap(forged, profiles))
    forged.replays = True
    problem = trouble_of(tap(forged, profiles))
    assert problem.trouble is CardTrouble.BAD_RECORD


def test_keys_are_not_shown() -> None:
    """Neither the terminal's masters nor a card's keys are in a representation."""
    shown = repr(TERMINAL) + repr(issued())
    secrets = [*TERMINAL.masters.values(), *(card_key(purpose) for purpose in KEY_NUMBERS)]
    assert not any(repr(secret) in shown or secret.hex() in shown for secret in secrets)
    assert ADDRESS.removeprefix("https://") in repr(issued())
    assert repr(ORGANISATION) in repr(ISSUER_KEYS)
