"""Simulated DESFire cards of ours, and the hand that holds them to a dialogue."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

import pytest
from hypothesis import strategies as st

from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.readers.apdu import CommandApdu, ResponseApdu
from gateway.readers.cards.desfire import CardAccess
from gateway.readers.cards.desfire_card import DesfireCard, authenticate, select_application
from gateway.readers.cards.desfire_creation import TransactionMacKey
from gateway.readers.cards.desfire_layout import KEY_NUMBERS, MOHR_AID, CardMembership
from gateway.readers.cards.desfire_wire import DesfireRefusedError, DesfireStatus
from gateway.readers.cards.keys import SharedCardKeys
from gateway.readers.drive import drive
from gateway.readers.errors import CardRemovedError
from simulators.card import CardFault, CardTornError, FaultyCard, WrongStatus
from simulators.cards.desfire import VirtualDesfire
from simulators.cards.desfire_issue import IssuedCard, PurseTerms, issued_state
from simulators.cards.desfire_state import DesfireState, Generation

ORGANISATION = b"ORGANISA"
UID = bytes.fromhex("04a1b2c3d4e5f6")
MEMBERSHIP = CardMembership(organisation=ORGANISATION, number=b"member-number-42")
TRANSACTION_MAC_KEY = TransactionMacKey(key=bytes(range(16)), version=1)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Garble:
    """What somebody between card and reader does to one answer.

    Attributes:
        at: which answer, from 0.
        cut: how many bytes are cut off its end.
        turned: a byte that is laid over it, at ``place``.
        added: what is put after it.
    """

    at: int
    cut: int = 0
    place: int = 0
    turned: int = 0
    added: bytes = b""

    def apply(self, answer: bytes) -> bytes:
        """The answer as it arrives."""
        kept = bytearray(answer[: max(len(answer) - self.cut, 0)])
        if kept:
            kept[self.place % len(kept)] ^= self.turned
        return bytes(kept) + self.added


@dataclass(slots=True)
class Hand:
    """Holds one card to the reader and writes down what is said."""

    card: FaultyCard
    said: list[tuple[str, str]] = field(default_factory=list)
    garble: Garble | None = None

    def transmit(self, command: bytes) -> bytes:
        """One APDU; a torn card is what a reader makes of it."""
        try:
            answer = self.card.transmit(command)
        except CardTornError as error:
            raise CardRemovedError(str(error)) from error
        if self.garble is not None and self.garble.at == len(self.said):
            answer = self.garble.apply(answer)
        self.said.append((command.hex(), answer.hex()))
        return answer

    def drive(self, dialogue: Generator[CommandApdu, ResponseApdu, Result]) -> Result:
        """Run a dialogue to its end."""
        return drive(dialogue, self.transmit)

    def refused(self, dialogue: Generator[CommandApdu, ResponseApdu, object]) -> DesfireStatus:
        """The status with which the card refuses a dialogue."""
        with pytest.raises(DesfireRefusedError) as caught:
            self.drive(dialogue)
        return DesfireStatus(caught.value.status)

    @property
    def inside(self) -> VirtualDesfire:
        """The card itself, past all faults."""
        assert isinstance(self.card.card, VirtualDesfire)
        return self.card.card

    @property
    def instructions(self) -> list[str]:
        """The instruction bytes of all commands so far."""
        return [command[2:4] for command, _ in self.said]


@dataclass(frozen=True, slots=True)
class Bench:
    """Keys of one organisation, and its cards."""

    masters: Mapping[CardKeyName, bytes]
    random: Random

    @staticmethod
    def garbles() -> st.SearchStrategy[Garble]:
        """Anything that can be done to one of the first ten answers."""
        return st.builds(
            Garble,
            at=st.integers(0, 9),
            cut=st.integers(0, 40),
            place=st.integers(0, 70),
            turned=st.integers(0, 255),
            added=st.one_of(st.just(b""), st.binary(max_size=20)),
        )

    @staticmethod
    def name(purpose: KeyPurpose, version: int = 2) -> CardKeyName:
        """A key's name; cards are issued with version 2."""
        return CardKeyName(purpose=purpose, version=version)

    def keys(self, *held: CardKeyName) -> SharedCardKeys:
        """Those masters alone; all where none is named."""
        masters = {name: self.masters[name] for name in held or self.masters}
        return SharedCardKeys(organisation=ORGANISATION, masters=masters)

    def access(self, *held: CardKeyName) -> CardAccess:
        """What a terminal with those keys brings."""
        return CardAccess(keys=self.keys(*held), random_bytes=self.random.randbytes)

    def state(
        self,
        generation: Generation = Generation.EV3,
        *,
        version: int = 2,
        random_uid: bool = False,
        value: int | None = None,
        membership: CardMembership = MEMBERSHIP,
    ) -> DesfireState:
        """An issued card; with a purse where a value is given."""
        purse = None
        if value is not None:
            purse = PurseTerms(value=value, upper=500, transaction_mac_key=TRANSACTION_MAC_KEY)
        card = IssuedCard(
            uid=UID,
            membership=membership,
            version=version,
            generation=generation,
            random_uid=random_uid,
            purse=purse,
        )
        return issued_state(card, self.keys())

    def hold(
        self, state: DesfireState, faults: Mapping[int, CardFault | WrongStatus] | None = None
    ) -> Hand:
        """A card with this state, freshly powered, in a hand."""
        return Hand(FaultyCard(VirtualDesfire(state), faults or {}))

    def log_in(self, hand: Hand, purpose: KeyPurpose) -> DesfireCard:
        """Our application, opened with one of the issued card's keys."""
        card = DesfireCard()
        key = self.keys().key(purpose, 2, UID, MOHR_AID, KEY_NUMBERS[purpose])
        assert key is not None
        hand.drive(select_application(card, MOHR_AID))
        hand.drive(authenticate(card, KEY_NUMBERS[purpose], key, self.random.randbytes(16)))
        return card


@pytest.fixture
def bench() -> Bench:
    """Masters of versions 1 and 2 for all purposes, from a seed."""
    random = Random(20_261_123)
    masters = {
        Bench.name(purpose, version): random.randbytes(16)
        for purpose in KeyPurpose
        for version in (1, 2)
    }
    return Bench(masters=masters, random=random)


@pytest.fixture(params=list(Generation), ids=lambda one: one.name)
def generation(request: pytest.FixtureRequest) -> Generation:
    """Each generation in turn."""
    found: Generation = request.param
    return found
