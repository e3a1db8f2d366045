"""A terminal's journal: everything an agent does to it, at random, between two power cuts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import ClassVar, Final

from gateway.crypto.public_key import PublicKey
from gateway.model.ids import BootId, EnvelopeHash, HoldId, TerminalId
from gateway.model.money import EUR
from gateway.model.outcome import Reason, Status
from gateway.model.receipt import Receipt, Rejection, Result
from gateway.model.sale import Sale, SaleSource
from gateway.model.transaction import Channel, Kind, Redemption
from simulators.clock import VirtualClock
from simulators.power.look import tables
from simulators.power.recording import Life
from simulators.power.seeded_key import seeded_signer
from simulators.power.subject import Subject
from simulators.sealed_terminal import card_evidence, sale_key
from terminal_agent.errors import JournalFullError
from terminal_agent.journal.database import JournalDatabase
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.lock import JournalLock
from terminal_agent.journal.values import Accepted, JournalSettings, OpenHold
from terminal_agent.sealing import BootClock, Circumstances, Content, draft_of

_TERMINAL: Final = TerminalId("till-1")
_NOW_MS: Final = 1_800_000_000_000
#: Small enough that a short life packs, drops and has blocks left.
_ARCHIVE_BYTES_MAX: Final = 12_000
_EARLY_PAGES: Final = 20


class _EarlyJournal(Journal):
    """The journal, but checkpointing every few commits instead of every few hundred.

    How often is a number of SQLite's; what happens then is the same, and a short life sees it.
    """

    def __init__(
        self, database: JournalDatabase, lock: JournalLock, settings: JournalSettings
    ) -> None:
        super().__init__(database, lock, settings)
        database.rows(f"PRAGMA wal_autocheckpoint={_EARLY_PAGES}")


class JournalLife(Subject):
    """See the module. Everything follows from the seed, the key too.

    Not modelled: a till (what is sealed is invented), and a second agent on the same journal.
    """

    name: ClassVar[str] = "journal"
    database: ClassVar[str] = "journal-1.sqlite3"

    def __init__(self, seed: int, *, steps: int = 40) -> None:
        """Prepare a life of so many steps."""
        self._dice = Random(seed)
        self._steps = steps
        self._signer = seeded_signer(self._dice)
        key = PublicKey.from_cose_key(self._signer.public_key)
        self._settings = JournalSettings(
            terminal=_TERMINAL,
            epoch=1,
            public_key=key,
            reserve_bytes=0,
            archive_bytes_max=_ARCHIVE_BYTES_MAX,
        )
        clock = VirtualClock(unix_ms=_NOW_MS)
        self._about = Circumstances(
            time=BootClock(clock, BootId(bytes(16))).now(),
            programme_version=1,
            currency=EUR,
            channel=Channel.SIMULATED,
        )
        self._opener: type[Journal] = self._dice.choice((Journal, _EarlyJournal, _EarlyJournal))
        self._hashes: dict[int, EnvelopeHash] = {}
        self._holds = 0
        self._version = 0

    # -- the first life -------------------------------------------------------------------------

    def live(self, life: Life, folder: Path) -> None:
        """See ``Subject``."""
        steps: tuple[Callable[[Journal, Life], None], ...] = (
            self._sell,
            self._sell_much,
            self._hold,
            self._settle,
            self._reject,
            self._release,
            self._configure,
            self._fill_disk,
        )
        left = self._steps
        while left > 0:
            with self._open(folder) as journal:
                life.promise()
                for _ in range(min(left, self._dice.randint(5, 20))):
                    step = self._dice.choices(steps, (12, 3, 5, 8, 1, 1, 1, 1))[0]
                    step(journal, life)
                    left -= 1
            life.promise()

    def _open(self, folder: Path) -> Journal:
        return self._opener.open(folder / self.database, settings=self._settings)

    def _sell(self, journal: Journal, life: Life) -> None:
        self._accept(journal, life, self._dice.randint(1, 3))

    def _sell_much(self, journal: Journal, life: Life) -> None:
        self._accept(journal, life, self._dice.randint(30, 70))

    def _accept(self, journal: Journal, life: Life, count: int) -> None:
        drafts = [draft_of(self._earn(self._dice), self._about, self._signer)] * count
        self._note(life, journal.accept(drafts, _NOW_MS))

    def _note(self, life: Life, accepted: tuple[Accepted, ...]) -> None:
        self._hashes.update({one.id.seq: one.envelope_hash for one in accepted})
        life.promise({str(one.id.seq): one.envelope_hash for one in accepted})

    def _earn(self, dice: Random) -> Content:
        return Content(kind=Kind.EARN, card=card_evidence(dice.randint(1, 9)), sale=_sale(dice))

    def _hold(self, journal: Journal, life: Life) -> None:
        """Reserve points, and then spend them, give them back, or leave them to the next start."""
        self._holds += 1
        hold = OpenHold(
            hold_id=HoldId(self._holds.to_bytes(16, "big")),
            sale_key=sale_key(self._holds),
            asked_at_ms=_NOW_MS + self._holds,
            expires_at_ms=_NOW_MS + 60_000,
        )
        journal.remember_hold(hold)
        life.promise()
        journal.grant_hold(hold.hold_id, points=10, amount_minor=100, expires_at_ms=_NOW_MS + 9)
        life.promise()
        ending = self._dice.random()
        if ending < 0.5:
            redemption = Redemption(hold_id=hold.hold_id, points=10, amount_minor=100)
            content = replace(self._earn(self._dice), kind=Kind.REDEEM, redemption=redemption)
            self._note(
                life, journal.accept([draft_of(content, self._about, self._signer)], _NOW_MS)
            )
        elif ending < 0.8:
            journal.close_hold(hold.hold_id)
            life.promise()

    def _settle(self, journal: Journal, life: Life) -> None:
        newest, watermark = journal.position().next_seq - 1, journal.watermark()
        if newest > watermark:
            settled = self._dice.randint(watermark + 1, newest)
            results = [
                Result(
                    seq=seq,
                    envelope_hash=self._hashes[seq],
                    status=Status.APPLIED,
                    reason=Reason.NONE,
                    points=seq,
                    balance_points=2 * seq,
                )
                for seq in range(watermark + 1, min(settled, watermark + 5) + 1)
            ]
            offsite = self._dice.choice((0, settled))
            receipt = _receipt(settled, self._hashes[settled], offsite)
            journal.settle(replace(receipt, results=tuple(results)))
            life.promise()

    def _reject(self, journal: Journal, life: Life) -> None:
        newest, watermark = journal.position().next_seq - 1, journal.watermark()
        if watermark and newest > watermark:
            refused = Rejection(envelope_hash=self._hashes[newest], reason=Reason.UNKNOWN_KEY)
            receipt = _receipt(watermark, self._hashes[watermark], 0)
            journal.settle(replace(receipt, rejections=(refused,)))
            life.promise()

    def _release(self, journal: Journal, life: Life) -> None:
        journal.release_rejected()
        life.promise()

    def _configure(self, journal: Journal, life: Life) -> None:
        self._version += 1
        journal.save_configuration(self._version, self._dice.randbytes(3_000))
        life.promise()

    def _fill_disk(self, journal: Journal, life: Life) -> None:
        life.recorder.full = True
        try:
            self._accept(journal, life, self._dice.randint(1, 40))
        except JournalFullError:
            # The cashier is told; nothing was accepted. What fitted into the log was.
            life.promise()
        finally:
            life.recorder.full = False

    # -- after a cut ----------------------------------------------------------------------------

    def go_on(self, life: Life, folder: Path, dice: Random) -> list[str]:
        """See ``Subject``."""
        findings = []
        with self._open(folder) as journal:
            life.promise()
            if journal.stopped is not None:
                findings.append(f"the journal stopped: {journal.stopped}")
            journal.verify()
            for hold in journal.open_holds():
                journal.close_hold(hold.hold_id)
                life.promise()
            drafts = [draft_of(self._earn(dice), self._about, self._signer)] * dice.randint(1, 4)
            accepted = journal.accept(drafts, _NOW_MS)
            life.promise({str(one.id.seq): one.envelope_hash for one in accepted})
            if dice.random() < 0.7:
                newest = accepted[-1]
                journal.settle(_receipt(newest.id.seq, newest.envelope_hash, newest.id.seq))
                life.promise()
            journal.verify()
        life.promise()
        with self._open(folder) as journal:
            journal.verify()
            newest_hash = journal.position().last_hash
        life.promise()
        if newest_hash != accepted[-1].envelope_hash:
            findings.append("the journal does not end where it was left")
        return findings

    def missing(self, connection: sqlite3.Connection, promised: Mapping[str, bytes]) -> list[str]:
        """See ``Subject``."""
        if not {"state", "envelopes"} <= set(tables(connection)):
            return sorted(promised)
        there = {
            str(seq): digest
            for seq, digest in connection.execute("SELECT seq, hash FROM envelopes")
        }
        row = connection.execute("SELECT dropped_seq FROM state").fetchone()
        # What was dropped had been settled, and was safe off the gateway's machine.
        dropped = 0 if row is None else int(row[0])
        return [
            name
            for name, digest in promised.items()
            if int(name) > dropped and there.get(name) != digest
        ]


def _sale(dice: Random) -> Sale:
    number = dice.randint(1, 10**6)
    return Sale(
        key=sale_key(number),
        total_minor=number,
        source=SaleSource.RECEIPT,
        profile="simulated",
        receipt_number=str(number),
    )


def _receipt(watermark: int, digest: EnvelopeHash, offsite: int) -> Receipt:
    return Receipt(
        terminal=_TERMINAL,
        epoch=1,
        watermark=watermark,
        watermark_hash=digest,
        offsite_watermark=offsite,
        issued_at_ms=_NOW_MS,
    )
