"""What the doctor knows before it judges. Values only; ``collect`` fills them in.

A fact that could not be learned is None, and the check that needs it says nothing: whatever made
it unknowable is found by a check of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.config import GatewaySettings
from gateway.model.ids import TerminalId
from gateway.office.commands import Stats
from gateway.office.terminal_hint import TerminalHint


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """The machine and its clock.

    Attributes:
        sqlite_version: of the library in use, as numbers.
        free_bytes: on the data directory's disk.
        total_bytes: of that disk.
        fsync_us: what making a small write durable took there, the median of a few; None where it
            could not be tried.
        synchronised_at_ms: when the clock was last known to be right; None where nobody vouches
            for it.
    """

    sqlite_version: tuple[int, int, int]
    free_bytes: int
    total_bytes: int
    fsync_us: int | None
    synchronised_at_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderFacts:
    """The data directory.

    Attributes:
        mode: its permission bits.
        key_modes: permission bits of each key that is there, by name.
        keys_missing: needed keys that are not there.
    """

    mode: int
    key_modes: Mapping[str, int]
    keys_missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineFacts:
    """How full quarantine is.

    Attributes:
        rows: the fuller of its two halves (sealed and unsealed bytes).
        rows_max: what a half takes.
        kept_bytes: the heavier half.
        bytes_max: what a half takes.
        dropped: what came when there was no room.
    """

    rows: int
    rows_max: int
    kept_bytes: int
    bytes_max: int
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFacts:
    """The ledger.

    Attributes:
        fault: why it cannot be read; None where it can.
        revision: of its schema; None where that is not known.
        known_revision: what this version of Mohr works with.
        broken: sentences about a sample of its rows whose invariants do not hold.
        sampled_rows: how many journal rows were looked at.
        quarantine: how full quarantine is; None where the ledger cannot be read.
    """

    fault: str | None
    revision: str | None
    known_revision: str
    broken: tuple[str, ...] = ()
    sampled_rows: int = 0
    quarantine: QuarantineFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalFacts:
    """One terminal, as the ledger and its own last words have it.

    Attributes:
        terminal: its name.
        missing: numbers between its last settled one and the highest that came.
        hint: the last thing it said; None where it said nothing since the gateway started.
    """

    terminal: TerminalId
    missing: int
    hint: TerminalHint | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MosquittoFacts:
    """What a Mosquitto on this machine was told.

    Attributes:
        ports: where it listens.
        limits: what it keeps, by option, its defaults included.
    """

    ports: frozenset[int]
    limits: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerFacts:
    """The broker.

    Attributes:
        reachable: whether its port answers, or else whether the gateway is connected to it;
            None where neither was asked.
        mosquitto: a Mosquitto on this machine, which may be another than our broker; None where
            there is none, or its configuration cannot be read.
    """

    reachable: bool | None
    mosquitto: MosquittoFacts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFacts:
    """The backups in the data directory.

    Attributes:
        newest_at_ms: when the newest was made; None without any.
        newest_findings: what its verification found; None where it was not verified.
        proved_at_ms: when the newest one that was proved good was made; None without one.
    """

    newest_at_ms: int | None
    newest_findings: int | None
    proved_at_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardKeyFacts:
    """The master keys of cards, in their file.

    Attributes:
        has_secret: whether something opens them here without a person.
        fault: why they do not open by it; None where they do, or nothing is there to try.
        retired: the versions whose cards are turned away, oldest first; empty where not known.
    """

    has_secret: bool
    fault: str | None = None
    retired: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything together.

    Attributes:
        now_ms: Unix time.
        settings: what the gateway was told.
        machine: see there, as with the others.
        folder: the data directory.
        ledger: the ledger.
        terminals: every terminal; None where the ledger cannot be read.
        heard: whether terminals' own words are known: not from the command line.
        stats: what the running gateway counted; None where none runs.
        broker: the broker.
        backups: the backups.
        owners_without_code: owners who log in with a password alone; None where not known.
        card_keys: the card keys; None where there are none, or they are in a token.
    """

    now_ms: int
    settings: GatewaySettings
    machine: MachineFacts
    folder: FolderFacts
    ledger: LedgerFacts
    terminals: tuple[TerminalFacts, ...] | None
    heard: bool
    stats: Stats | None
    broker: BrokerFacts
    backups: BackupFacts
    owners_without_code: tuple[str, ...] | None
    card_keys: CardKeyFacts | None = None
