"""What terminals are told beside the rules, and that each change of it reaches them."""

from __future__ import annotations

import random

import pytest

from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.crypto.cards.shared_keys import unpack_shared_keys
from gateway.crypto.deny_list import is_denied
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.keystore.key_store import KeyStore
from gateway.crypto.public_key import PublicKey
from gateway.errors import KeyStoreError
from gateway.intake.key_ring import KeyRing
from gateway.intake.open_message import open_message
from gateway.ledger.kinds import CardState
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.service.core import GatewayCore
from gateway.service.messages import Publish
from gateway.service.told import CardOffice, tell
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.topics import topic_tx
from simulators.memory_keys import MemoryKeyStore
from simulators.rules_shop import club
from simulators.sealed_terminal import SealedTerminal, card_evidence
from terminal_agent.gateway_messages import OpenedConfiguration, open_configuration

NOW_MS = 1_800_000_000_000
SIGNER = FileSigner.generate()


class House:
    """A gateway with card keys and one terminal."""

    def __init__(self, keys: KeyStore | None) -> None:
        self.store = MemoryLedgerStore()
        self.store.add_programme(club())
        self.box = SealedTerminal(TerminalId("till-1"))
        self.store.add_terminal(self.box.registration, BranchId("main"), NOW_MS)
        chance = random.Random(1)
        self.writer = Writer(
            self.store,
            new_member_id=lambda: MemberId(chance.randbytes(16).hex()),
            settings=WriterSettings(),
        )
        self.core = GatewayCore(
            self.store, self.writer, SIGNER, card_key=bytes(32), cards=CardOffice(keys=keys)
        )

    def told(self) -> OpenedConfiguration:
        """What the terminal gets at its next connection."""
        (publish,) = self.core.link_up(NOW_MS).publishes
        return self.opened(publish)

    def opened(self, publish: Publish) -> OpenedConfiguration:
        """A configuration, as the terminal opens it."""
        gateway = PublicKey.from_cose_key(SIGNER.public_key)
        return open_configuration(publish.payload, gateway, self.box.name, self.box.agreement)

    def enrol(self, number: int) -> None:
        """Make a member of a card."""
        ring = KeyRing.of(self.store.terminal_keys())
        sealed = self.box.enrol(card_evidence(number))
        self.writer.apply(open_message(topic_tx(self.box.name), sealed, ring), NOW_MS)


def test_keys_reach_a_terminal_in_its_own_box() -> None:
    """Of every good version a terminal gets the two keys that it may hold, and no other."""
    keys = MemoryKeyStore.from_seed(5, versions=2)
    house = House(keys)
    before = house.told()
    names = {
        CardKeyName(purpose=purpose, version=version)
        for purpose in (KeyPurpose.SDM_META, KeyPurpose.TERMINAL)
        for version in (1, 2)
    }
    assert dict(before.shared_keys.masters) == {name: keys.share(name) for name in names}
    keys.retire(1)
    after = house.told()
    assert {name.version for name in after.shared_keys.masters} == {2}
    assert after.configuration.version == before.configuration.version + 1


def test_rules_may_keep_the_terminals_from_authenticating() -> None:
    """Then only the key that reads a card's name is told."""
    house = House(None)
    office = CardOffice(keys=MemoryKeyStore.from_seed(5))
    told = tell(house.store, office, authenticate=False, now_ms=NOW_MS)
    assert {name.purpose for name in unpack_shared_keys(told.keys)} == {KeyPurpose.SDM_META}


def test_without_card_keys_a_configuration_is_what_it_was() -> None:
    """A shop without such cards pays nothing for them."""
    told = House(None).told()
    assert told.configuration.shared_keys_box is None
    assert told.configuration.deny_list is None
    assert told.configuration.version == 2


def test_a_blocked_card_is_denied_everywhere_and_comes_back() -> None:
    """Blocking and unblocking each reach the terminal as a newer configuration."""
    house = House(None)
    for number in (1, 2):
        house.enrol(number)
    first, one = house.told(), card_evidence(1).token
    house.store.set_card_state(one, CardState.BLOCKED, NOW_MS)
    second = house.told()
    listed = second.configuration.deny_list
    assert listed is not None
    assert is_denied(listed, one)
    assert not is_denied(listed, card_evidence(2).token)
    house.store.set_card_state(one, CardState.ACTIVE, NOW_MS)
    third = house.told()
    assert third.configuration.deny_list is None
    versions = [told.configuration.version for told in (first, second, third)]
    assert versions == [2, 3, 4]


class _PulledOut(MemoryKeyStore):
    """A token that is not there any more."""

    def versions(self) -> tuple[int, ...]:
        raise KeyStoreError("no token is plugged in")


def test_rules_reach_terminals_while_the_keys_are_away() -> None:
    """A token that was pulled out keeps nobody's rules and blocked cards back."""
    house = House(_PulledOut.from_seed(5))
    assert house.told().configuration.shared_keys_box is None


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_things_are_told_once(seed: int) -> None:
    """A gateway that starts again counts on where it was."""
    keys = MemoryKeyStore.from_seed(seed)
    house = House(keys)
    version = house.told().configuration.version
    again = GatewayCore(
        house.store, house.writer, SIGNER, card_key=bytes(32), cards=CardOffice(keys=keys)
    )
    (publish,) = again.link_up(NOW_MS + 5).publishes
    assert house.opened(publish).configuration.version == version
