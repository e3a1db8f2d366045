"""A gateway's ledger: random days of two tills, from the first migration on, and power cuts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from copy import copy
from pathlib import Path
from random import Random
from typing import ClassVar, Final

from gateway.audit.auditor import audit
from gateway.intake.key_ring import KeyRing
from gateway.intake.open_message import open_message
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.errors import StoreFullError
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import BranchId, MemberId
from gateway.model.programme import Programme
from gateway.writer.arrival import Arrival
from gateway.writer.decision import Decision
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.topics import topic_tx
from simulators.ledger_day import START_MS, LedgerDay
from simulators.power.look import tables
from simulators.power.recording import Life
from simulators.power.subject import Subject
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

_EARLY_PAGES: Final = 16
_AGAIN_AT_ONCE: Final = 16


class _Store(SqlLedgerStore):
    """The store, noting what it promised; it checkpoints early, so that a short day sees it."""

    def __init__(self, path: Path, life: Life, pages: int | None) -> None:
        super().__init__(path)
        self._life = life
        if pages is not None and self._connection is not None:
            with self._connection.begin():
                self._connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint={pages}")
        life.promise()

    @contextmanager
    def batch(self) -> Iterator[LedgerBatch]:
        with super().batch() as batch:
            yield batch
        self._life.promise()


class _Writer(Writer):
    """The writer, noting what its receipts say is settled."""

    def __init__(self, store: _Store, life: Life, dice: Random) -> None:
        super().__init__(
            store,
            new_member_id=lambda: MemberId(dice.randbytes(16).hex()),
            settings=WriterSettings(),
        )
        self._life = life

    def apply(self, arrivals: Sequence[Arrival], now_ms: int) -> Decision:
        decision = super().apply(arrivals, now_ms)
        settled = {
            f"{receipt.terminal}/{receipt.epoch}/{result.seq}": result.envelope_hash
            for receipt in decision.receipts
            for result in receipt.results
        }
        self._life.promise(settled)
        return decision


class _Day(LedgerDay):
    """A random day whose messages are kept, so that they can be sent again."""

    def __init__(self, store: _Store, seed: int, life: Life) -> None:
        super().__init__(store, seed)
        self.sent: list[tuple[str, bytes]] = []
        self.life = life

    def deliver(self, messages: list[tuple[str, bytes]]) -> None:
        if self.random.random() < 0.1:
            # What nobody sealed goes to quarantine, in the same commit as the rest.
            messages = [*messages, (topic_tx(self.boxes[0].name), self.random.randbytes(40))]
        self.sent.extend(messages)
        if self.random.random() < 0.05:
            self.life.recorder.full = True
            try:
                super().deliver(messages)
            except StoreFullError:
                # Nothing was applied: the same messages come again below, on a disk with room.
                self.life.promise()
            finally:
                self.life.recorder.full = False
        super().deliver(messages)


class LedgerLife(Subject):
    """See the module. Keys are made anew each time; everything else follows from the seed.

    Not modelled: readers beside the one connection that writes, and PostgreSQL.
    """

    name: ClassVar[str] = "ledger"
    database: ClassVar[str] = "ledger.db"

    def __init__(self, seed: int, *, steps: int = 40) -> None:
        """Prepare a life of so many steps."""
        self._seed = seed
        self._steps = steps
        self._dice = Random(seed)
        self._pages = self._dice.choice((None, _EARLY_PAGES, _EARLY_PAGES, _EARLY_PAGES))
        self._programmes: tuple[Programme, ...] = ()
        self._boxes: list[SealedTerminal] = []
        self._sent: list[tuple[str, bytes]] = []
        self._now_ms = START_MS

    def live(self, life: Life, folder: Path) -> None:
        """See ``Subject``."""
        store = self._open(life, folder)
        try:
            day = _Day(store, self._seed, life)
            self._boxes, self._programmes = day.boxes, store.programmes()
            left = self._steps
            while left > 0:
                day.store, day.writer = store, _Writer(store, life, self._dice)
                steps = min(left, self._dice.randint(8, 20))
                day.play(steps)
                left -= steps
                store.close()
                life.promise()
                store = self._open(life, folder)
        finally:
            store.close()
        life.promise()
        self._sent, self._now_ms = day.sent, day.now_ms

    def _open(self, life: Life, folder: Path) -> _Store:
        return _Store(folder / self.database, life, self._pages)

    def go_on(self, life: Life, folder: Path, dice: Random) -> list[str]:
        """See ``Subject``: every terminal sends all it has again, as after a restart, and more."""
        with closing(self._open(life, folder)) as store:
            findings = _audited(store, "reopened")
            self._set_up(store)
            keys = KeyRing.of(store.terminal_keys())
            writer = _Writer(store, life, dice)
            messages = [*self._sent, *self._new_messages(dice)]
            for start in range(0, len(messages), _AGAIN_AT_ONCE):
                arrivals = [
                    arrival
                    for topic, payload in messages[start : start + _AGAIN_AT_ONCE]
                    for arrival in open_message(topic, payload, keys)
                ]
                writer.apply(arrivals, self._now_ms + 1_000 + start)
            findings += _audited(store, "continued")
        life.promise()
        return findings

    def _set_up(self, store: _Store) -> None:
        """Do again what an administrator saw fail when the power went."""
        for programme in self._programmes[len(store.programmes()) :]:
            store.add_programme(programme)
        known = {row.terminal for row in store.terminals()}
        for box, branch in zip(self._boxes, ("north", "south"), strict=True):
            if box.name not in known:
                store.add_terminal(box.registration, BranchId(branch), START_MS)

    def _new_messages(self, dice: Random) -> list[tuple[str, bytes]]:
        # Copies: each image goes on from the same day.
        boxes = [copy(box) for box in self._boxes]
        return [
            (topic_tx(box.name), box.earn(card_evidence(dice.randint(1, 9)), sale_key(99), 5_000))
            for box in boxes
            for _ in range(2)
        ]

    def missing(self, connection: sqlite3.Connection, promised: Mapping[str, bytes]) -> list[str]:
        """See ``Subject``."""
        if "journal" not in tables(connection):
            return sorted(promised)
        there = dict(
            connection.execute(
                "SELECT terminal || '/' || epoch || '/' || seq, envelope_hash FROM journal"
                " WHERE seq IS NOT NULL"
            ).fetchall()
        )
        return [name for name, digest in promised.items() if there.get(name) != digest]


def _audited(store: _Store, when: str) -> list[str]:
    with store.batch() as batch:
        report = audit(batch)
    return [f"{when}: {one.where}: {one.what}" for one in report.findings[:5]]
