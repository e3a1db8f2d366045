"""Tills that seal what happens in the furnished shop, and the writer that judges it at once."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from gateway.intake.key_ring import KeyRing
from gateway.intake.open_message import open_message
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.model.money import IRR
from gateway.model.programme import Programme, UnknownCardPolicy
from gateway.writer.decision import Decision
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from simulators.power.seeded_key import seeded_signer
from simulators.sealed_terminal import SealedTerminal

PROGRAMME: Final = Programme(
    name="cafe-narenj",
    version=1,
    effective_from_ms=0,
    currency=IRR,
    earn_points=1,
    earn_per_minor=100_000,
    redeem_points=10,
    redeem_value_minor=100_000,
    redeem_minimum_points=10,
    redeem_share_percent=50,
    # A card that nobody owns yet makes a row for people to look at.
    unknown_card=UnknownCardPolicy.HOLD,
)
TAJRISH: Final = BranchId("tajrish")
ISFAHAN: Final = BranchId("isfahan")
#: Every terminal and where it stands. The fourth has a gap, the fifth has never sold anything.
PLACES: Final = {
    TerminalId("tajrish-1"): TAJRISH,
    TerminalId("tajrish-2"): TAJRISH,
    TerminalId("isfahan-1"): ISFAHAN,
    TerminalId("isfahan-2"): ISFAHAN,
    TerminalId("isfahan-new"): ISFAHAN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Sealed bytes and where they are published."""

    topic: str
    payload: bytes


class Counters:
    """The shop's tills and the one writer behind them, on one thread.

    Attributes:
        store: the ledger.
        boxes: the tills by name.
        dice: every random choice of the past.
    """

    def __init__(self, store: SqlLedgerStore, dice: random.Random, added_at_ms: int) -> None:
        """Register the tills in a ledger whose programme is there already."""
        self.store = store
        self.dice = dice
        self.boxes = {
            name: SealedTerminal(
                name,
                signer=seeded_signer(dice),
                currency=IRR,
                randomness=random.Random(dice.random()),
            )
            for name in PLACES
        }
        for name, box in self.boxes.items():
            store.add_terminal(box.registration, PLACES[name], added_at_ms)
        self.keys = KeyRing.of(store.terminal_keys())
        self._writer = Writer(
            store,
            new_member_id=lambda: MemberId(dice.randbytes(16).hex()),
            settings=WriterSettings(),
        )

    def box(self, name: TerminalId, now_ms: int) -> SealedTerminal:
        """A till whose clock shows ``now_ms``."""
        box = self.boxes[name]
        box.now_ms = now_ms
        return box

    def deliver(self, message: Message, now_ms: int) -> Decision:
        """Let the writer judge a message."""
        arrivals = open_message(message.topic, message.payload, self.keys)
        return self._writer.apply(arrivals, now_ms)
