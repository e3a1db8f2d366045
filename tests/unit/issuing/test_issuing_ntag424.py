"""An NTAG 424 DNA is issued, given new keys and wiped, and torn away wherever that is possible."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import pytest

from gateway.issuing.errors import WrongCardError
from gateway.issuing.ntag424 import Ntag424Desk, key_ring, read_sun, see_ntag424
from gateway.issuing.ntag424_target import Ntag424Target, factory_target, issued_target
from gateway.issuing.protocol import Intent, IntentKind, Issuing, Note, drive_issuing
from gateway.readers.cards.desfire_layout import CardMembership
from gateway.readers.cards.keys import StoredCardKeys
from simulators.card import CardFault, CardTornError, FaultyCard, VirtualCard
from simulators.cards.ntag424 import Ntag424Card
from simulators.cards.ntag424_state import (
    FACTORY_KEY,
    KeySlot,
    Ntag424State,
    issued_state,
)

UID = bytes.fromhex("04a1b2c3d4e5f6")
ADDRESS = "https://mohr.invalid/t"
MEMBERSHIP = CardMembership(organisation=b"ORGANISA", number=b"1001".ljust(16, b"\0"))


class Table(Protocol):
    """What ``conftest`` gives."""

    keys: StoredCardKeys
    notes: list[Note]
    random_bytes: Callable[[int], bytes]

    def run(self, card: VirtualCard, dialogue: Issuing[object]) -> object:
        """Present a card, and drive a dialogue with it."""


def _make(table: Table, card: VirtualCard, target: Ntag424Target, old: int = 0) -> object:
    desk = Ntag424Desk(key_ring(table.keys, UID), table.random_bytes, old)
    return table.run(card, desk.make(target))


def _target(version: int = 1, *, random_uid: bool = False) -> Ntag424Target:
    return issued_target(ADDRESS, MEMBERSHIP, version, random_uid=random_uid)


def _issued(table: Table, version: int = 1) -> Ntag424State:
    return issued_state(UID, table.keys, version, ADDRESS, membership=MEMBERSHIP.to_bytes())


def _same_card(one: Ntag424State, other: Ntag424State) -> bool:
    return (one.keys, one.files) == (other.keys, other.files)


def test_a_new_card_becomes_one_of_ours(table: Table) -> None:
    """Issuing leaves exactly the card that the simulator makes in one step, and reads it once."""
    card = Ntag424Card(Ntag424State(uid=UID))
    assert _make(table, card, _target()) == 1
    assert _same_card(card.state, _issued(table))
    changes = [one for one in table.notes if isinstance(one, Intent)]
    assert [one.key_number for one in changes] == [1, 2, 3, 4, 0]
    assert {one.kind for one in changes} == {IntentKind.CHANGE_KEY}


def test_every_change_of_a_key_is_noted_before_it_goes_out(table: Table) -> None:
    """Where the note cannot be written the key stays as it was."""
    card = Ntag424Card(Ntag424State(uid=UID))

    def full(note: Note) -> None:
        if isinstance(note, Intent):
            raise OSError("no space left")

    desk = Ntag424Desk(key_ring(table.keys, UID), table.random_bytes)
    with pytest.raises(OSError, match="no space"):
        drive_issuing(desk.make(_target()), card.transmit, full)
    assert card.state.keys == (KeySlot(),) * 5


def test_an_issued_card_is_left_as_it_is(table: Table) -> None:
    """Issuing once more changes nothing and notes no intent."""
    card = Ntag424Card(_issued(table))
    _make(table, card, _target())
    assert _same_card(card.state, _issued(table))
    assert not [one for one in table.notes if isinstance(one, Intent)]


def _commands_of(table: Table, start: Ntag424State, target: Ntag424Target, old: int) -> int:
    counted = FaultyCard(Ntag424Card(start), {})
    _make(table, counted, target, old)
    return counted.command_count


@pytest.mark.parametrize("fault", [CardFault.TEAR_BEFORE, CardFault.TEAR_AFTER])
@pytest.mark.parametrize("job", ["issue", "rekey", "wipe"])
def test_a_card_torn_away_anywhere_is_finished_at_the_next_try(
    table: Table, job: str, fault: CardFault
) -> None:
    """At every command boundary, before and after execution; no key counts a single failure."""
    start = {
        "issue": Ntag424State(uid=UID),
        "rekey": _issued(table, 1),
        "wipe": _issued(table, 1),
    }[job]
    target = {"issue": _target(1), "rekey": _target(2), "wipe": factory_target()}[job]
    old = 0 if job == "issue" else 1
    wanted = Ntag424Card(start)
    _make(table, wanted, target, old)
    count = _commands_of(table, start, target, old)
    assert count > 20
    for at in range(count):
        card = Ntag424Card(start)
        with pytest.raises(CardTornError):
            _make(table, FaultyCard(card, {at: fault}), target, old)
        _make(table, card, target, old)
        assert _same_card(card.state, wanted.state), (job, at)
        assert [slot.failures for slot in card.state.keys] == [0] * 5, (job, at)


def test_a_card_torn_twice_is_finished_too(table: Table) -> None:
    """Every pair of tears, the second while finishing what the first left."""
    count = _commands_of(table, Ntag424State(uid=UID), _target(), 0)
    for first in range(0, count, 3):
        for second in range(0, count, 3):
            card = Ntag424Card(Ntag424State(uid=UID))
            for at in (first, second):
                # What is left to be done may take fewer commands than that.
                with suppress(CardTornError):
                    _make(table, FaultyCard(card, {at: CardFault.TEAR_AFTER}), _target())
            _make(table, card, _target())
            assert _same_card(card.state, _issued(table))
            assert sum(slot.failures for slot in card.state.keys) == 0


def test_a_card_that_lies_about_its_key_version_is_tried_twice_at_most(table: Table) -> None:
    """A master key of others costs two failures and no more, and nothing is changed."""
    strange = KeySlot(value=b"somebody's keys!", version=1)
    state = Ntag424State(uid=UID).with_key(0, strange)
    card = Ntag424Card(state)
    with pytest.raises(WrongCardError, match="not ours"):
        _make(table, card, _target())
    assert card.state.keys[0].failures == 2
    assert card.state.files == state.files


def test_a_key_whose_version_byte_is_old_is_found_by_trying_the_old_one(table: Table) -> None:
    """The version says new and the key is the old one: one failure, then the card is finished."""
    state = Ntag424State(uid=UID).with_key(0, KeySlot(value=FACTORY_KEY, version=1))
    card = Ntag424Card(state)
    _make(table, card, _target())
    assert _same_card(card.state, _issued(table))


def test_keys_of_a_version_that_is_not_held_are_left_alone(table: Table) -> None:
    """A key version that this store never had belongs to somebody else."""
    state = Ntag424State(uid=UID).with_key(2, KeySlot(value=b"another's key 2!", version=9))
    card = Ntag424Card(state)
    with pytest.raises(WrongCardError, match="key 2 is of version 9"):
        _make(table, card, _target())
    assert card.state == state


def test_a_rekeyed_card_keeps_its_counter(table: Table) -> None:
    """New keys do not let the read counter begin anew, which the gateway would take for a clone."""
    card = Ntag424Card(_issued(table, 1))
    for _ in range(7):
        table.run(card, read_sun(table.keys))
    assert _make(table, card, _target(2), old=1) == 8
    assert {slot.version for slot in card.state.keys} == {2}


def test_a_wiped_card_can_be_issued_again(table: Table) -> None:
    """Wiping leaves the factory's keys and settings and nothing of the member."""
    card = Ntag424Card(_issued(table))
    assert _make(table, card, factory_target(), old=1) is None
    assert card.state.keys == (KeySlot(),) * 5
    assert _same_card(card.state, Ntag424State(uid=UID))
    assert MEMBERSHIP.number not in card.state.file(3).content
    _make(table, card, _target())
    assert _same_card(card.state, _issued(table))


def test_a_card_with_random_uid_is_found_again_by_its_message(table: Table) -> None:
    """Random UIDs come last, are noted, and do not keep the card from new keys."""
    card = Ntag424Card(Ntag424State(uid=UID))
    _make(table, card, _target(random_uid=True))
    assert card.state.random_uid
    assert [one.kind for one in table.notes if isinstance(one, Intent)][-1] is IntentKind.RANDOM_UID
    seen = table.run(card, see_ntag424(table.keys))
    assert seen is not None
    _make(table, card, _target(2, random_uid=True), old=1)
    assert card.state.random_uid
    assert {slot.version for slot in card.state.keys} == {2}


@pytest.mark.parametrize("fault", [CardFault.TEAR_BEFORE, CardFault.TEAR_AFTER])
def test_a_card_torn_while_it_hides_its_uid_is_finished(table: Table, fault: CardFault) -> None:
    """Also where the answer to the step that cannot be undone was lost."""
    target = _target(random_uid=True)
    plain = _commands_of(table, Ntag424State(uid=UID), _target(), 0)
    count = _commands_of(table, Ntag424State(uid=UID), target, 0)
    for at in range(plain, count):
        card = Ntag424Card(Ntag424State(uid=UID))
        with pytest.raises(CardTornError):
            _make(table, FaultyCard(card, {at: fault}), target)
        _make(table, card, target)
        assert card.state.random_uid


def test_the_makers_signature_is_looked_at(table: Table) -> None:
    """A published signature is good for its UID; a simulated chip has none."""
    uid = bytes.fromhex("0463474AA26A80")
    signature = bytes.fromhex(
        "27E9A50E6CA4BA9037C02F7D20A80D0284D0C1D83C67F5A5AC1D8A4EF86C95"
        "08417E4E9C6F85AA7920F0ABDED984CAF20467D66EA54BBF08"
    )
    good = table.run(
        Ntag424Card(Ntag424State(uid=uid, signature=signature)), see_ntag424(table.keys)
    )
    none = table.run(Ntag424Card(Ntag424State(uid=UID)), see_ntag424(table.keys))
    assert [getattr(one, "original", None) for one in (good, none)] == [True, False]
