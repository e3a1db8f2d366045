"""A till of a world: the agent as a process, and a witness who reads its screen and its wire."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import envelope_hash, parse_envelope
from gateway.model.ids import EnvelopeHash, TerminalId, TransactionId
from gateway.wire.batch import decode_batch, is_batch
from gateway.wire.transaction import decode_transaction
from mqtt.topics import Leaf, parse_topic
from simulators.broker import SimBroker
from simulators.clock import VirtualClock
from simulators.shop.counter import CounterKit, ShopCounter
from simulators.world.files import make_empty
from simulators.world.history import History
from simulators.world.ports import FusedDisplay, FusedJournal, FusedLink, FusedSigner
from simulators.world.process import Process
from terminal_agent.journal.values import JournalSettings
from terminal_agent.outbox import OutboxSettings
from terminal_agent.session.view import Screen, View

#: Screens on which the terminal promises that something is recorded for good.
_PROMISES: Final = frozenset({Screen.ACCEPTED, Screen.ENROLLED, Screen.REFUND_ACCEPTED})
#: Screens worth a line in the story.
_TOLD: Final = _PROMISES | {
    Screen.RESERVED,
    Screen.APPLIED,
    Screen.HELD,
    Screen.NOT_APPLIED,
    Screen.REFUSED,
    Screen.FAULT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all terminals of a world share."""

    folder: Path
    broker: SimBroker
    gateway: PublicKey
    history: History
    seed: int
    outbox: OutboxSettings
    page_bytes: int


class WorldTerminal(Process):
    """One till."""

    def __init__(self, name: str, clock: VirtualClock, around: Surroundings) -> None:
        folder = around.folder / name
        super().__init__(name, clock, around.history, folder / "journal.db")
        self.counter = ShopCounter(
            folder,
            TerminalId(name),
            around.broker,
            around.gateway,
            random.Random(f"{around.seed}/{name}"),
            clock,
            kit=CounterKit(
                open_journal=self._open_journal,
                display=lambda: FusedDisplay(self.fuse, self._seen),
                link=lambda link: FusedLink(link, self.fuse, self._sent),
                signer=lambda signer: FusedSigner(signer, self.fuse),
                outbox=around.outbox,
            ),
        )
        make_empty(self.counter.journal_file, around.page_bytes)
        self.view: View | None = None
        self._journal: FusedJournal | None = None
        self._told_seq = 0
        self._watermark = 0
        self._parsed: set[bytes] = set()

    @property
    def configured(self) -> bool:
        """Whether it runs, and the gateway has told it the rules."""
        return self.up and bool(self.counter.agent.status().configuration_version)

    def open_matters(self) -> int:
        """Transactions without a receipt and reservations without an end, of a running agent."""
        counts = self.counter.journal.counts()
        return counts.pending + counts.open_holds

    # -- a process --------------------------------------------------------------------------

    def _start_program(self) -> None:
        self.counter.start()

    def _has_news(self) -> bool:
        return self.counter.has_news

    def _take_news(self) -> None:
        self.counter.take_messages()

    def _tick(self) -> None:
        self.counter.tick()

    def _stop(self) -> None:
        self.counter.stop()

    def _kill(self) -> None:
        self.counter.kill()

    def _end(self) -> None:
        self.counter.close()

    def _bound_pages(self, spare_pages: int | None) -> None:
        if self._journal is not None:
            self._journal.bound_pages(spare_pages)

    def _open_journal(self, path: Path, settings: JournalSettings) -> FusedJournal:
        self.fuse.touch("before it opens its journal")
        self._journal = journal = FusedJournal.open(path, settings=settings)
        journal.fuse = self.fuse
        journal.settled = self._settled_up_to
        journal.found_full = lambda: self.history.count("sales_without_room")
        return journal

    # -- the witness --------------------------------------------------------------------------

    def _seen(self, view: View) -> None:
        before, self.view = self.view, view
        if view.screen in _TOLD and (before is None or before.screen is not view.screen):
            self.history.say(self.name, f"shows {_words(view)}")
        # The link's coming and going is painted over what is shown, and promises nothing.
        repainted = before is not None and replace(before, offline=view.offline) == view
        if view.screen in _PROMISES and not repainted:
            # The screen comes back after an aside; only its first time promises something new.
            again = before is not None and before.screen is not Screen.ACCEPTING
            self._read_promise(view, again=again and view.screen is Screen.ACCEPTED)

    def _read_promise(self, view: View, *, again: bool) -> None:
        """Whatever the screen promises must be committed by now."""
        rows = self.eye.rows(
            "SELECT seq, hash, kind FROM envelopes WHERE seq > ? ORDER BY seq", (self._told_seq,)
        )
        for seq, its_hash, _ in rows:
            name = TransactionId(
                terminal=self.counter.terminal, epoch=self.counter.identity.epoch, seq=seq
            )
            self.history.note_told(name, EnvelopeHash(its_hash))
            self._told_seq = seq
        if not rows and not again:
            self.history.find("promise", f"{self.name} shows {view.screen} and kept nothing")
        self.history.counts["promises"] += len(rows)

    def _settled_up_to(self, watermark: int, receipt_watermark: int) -> None:
        """What is settled stays settled, whatever receipts come late."""
        if watermark < self._watermark:
            text = f"{self.name} had settled up to {self._watermark}, and now up to {watermark}"
            self.history.find("watermark", text)
        self.history.counts["stale_receipts"] += watermark > receipt_watermark
        self._watermark = watermark

    def _sent(self, topic: str, payload: bytes) -> None:
        place = parse_topic(topic)
        if place is None or place.leaf is not Leaf.TX:
            return
        self.history.counts["batches"] += is_batch(payload)
        for envelope in decode_batch(payload) if is_batch(payload) else (payload,):
            its_hash = envelope_hash(envelope)
            if its_hash not in self._parsed:
                self._parsed.add(its_hash)
                transaction = decode_transaction(parse_envelope(envelope).payload)
                self.history.note_sealed(transaction.id, its_hash)


def _words(view: View) -> str:
    parts = [view.screen.replace("_", " ")]
    if view.refusal is not None:
        parts.append(f"({view.refusal})")
    if view.reason is not None:
        parts.append(f"({view.reason})")
    if view.points is not None:
        parts.append(f"{view.points} points")
    if view.redeem_points is not None:
        parts.append(f"paying with {view.redeem_points}")
    return " ".join(parts)
