"""Shared by the tests of issuing: keys, and a desk's conversation with a virtual card."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.signer import Algorithm
from gateway.issuing.desk import DeskOrder, DeskSettings, Issued, IssuingDesk
from gateway.issuing.journal import IssuingJournal
from gateway.issuing.kinds import DeskKit, personaliser_for
from gateway.issuing.press import CodePress
from gateway.issuing.protocol import Issuing, Note, drive_issuing
from gateway.issuing.record import CardRecord
from gateway.model.card import CardProfile
from gateway.readers.cards.keys import StoredCardKeys
from simulators.card import VirtualCard
from simulators.card_session import SimSession
from simulators.clock import VirtualClock
from simulators.memory_keys import MemoryKeyStore

ORGANISATION = b"ORGANISA"
CARD_KEY = b"k" * 32
Result = TypeVar("Result")


@dataclass
class IssuingTable:
    """Keys of two versions, and everything that dialogues wrote down."""

    keys: StoredCardKeys
    notes: list[Note] = field(default_factory=list)
    random_bytes: Callable[[int], bytes] = field(default_factory=lambda: Random(424).randbytes)

    def run(self, card: VirtualCard, dialogue: Issuing[Result]) -> Result:
        """Present a card, and drive a dialogue with it."""
        card.power_on()
        return drive_issuing(dialogue, card.transmit, self.notes.append)


@pytest.fixture
def table() -> IssuingTable:
    """A fresh table with key versions 1 and 2."""
    store = MemoryKeyStore.from_seed(6, versions=2)
    return IssuingTable(keys=StoredCardKeys(organisation=ORGANISATION, store=store))


class DeskBench:
    """A journal, keys of one version, and a ledger that takes whatever it is told."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock(unix_ms=1_900_000_000_000)
        self.journal = IssuingJournal(folder / "issuing.db", self.clock)
        self.store = MemoryKeyStore.from_seed(6)
        self.keys = StoredCardKeys(organisation=ORGANISATION, store=self.store)
        self.issuer = FileSigner.generate(Algorithm.ED25519)
        self.bound: list[CardRecord] = []
        #: What the ledger answers to the next command; None takes it.
        self.refusal: Exception | None = None
        self._dice = Random(424)
        self._ids = count(1)

    def desk(
        self, profile: CardProfile = CardProfile.NTAG424, *, any_maker: bool = True
    ) -> IssuingDesk:
        """A desk for one kind of card, as a process that has just started opens it."""
        kit = DeskKit(
            keys=self.keys,
            organisation=ORGANISATION,
            address="https://mohr.invalid/t",
            random_bytes=self._dice.randbytes,
            issuer=self.issuer,
        )
        settings = DeskSettings(
            card_key=CARD_KEY,
            version=self.store.current_version,
            any_maker=any_maker,
            actor="a test",
        )
        return IssuingDesk(
            self.journal,
            personaliser_for(profile, kit),
            settings,
            clock=self.clock,
            bind=self._bind,
            new_id=self._new_id,
        )

    def press(self) -> CodePress:
        """Prints codes for this desk."""
        return CodePress(
            desk=self.desk(), issuer=self.issuer, organisation=ORGANISATION, new_id=self._new_id
        )

    def issue(
        self,
        card: VirtualCard,
        order: DeskOrder | None = None,
        profile: CardProfile = CardProfile.NTAG424,
    ) -> Issued:
        """Present a card and issue it."""
        with SimSession(card) as session:
            return self.desk(profile).issue(session, order or DeskOrder())

    def _bind(self, card: CardRecord) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.bound.append(card)

    def _new_id(self) -> str:
        return f"{next(self._ids):032x}"


@pytest.fixture
def new_bench(tmp_path: Path) -> Iterator[Callable[[], DeskBench]]:
    """Makes desks with an empty journal each."""
    made: list[DeskBench] = []

    def make() -> DeskBench:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(DeskBench(folder))
        return made[-1]

    yield make
    for one in made:
        one.journal.close()


@pytest.fixture
def bench(new_bench: Callable[[], DeskBench]) -> DeskBench:
    """An empty journal and a new key."""
    return new_bench()
