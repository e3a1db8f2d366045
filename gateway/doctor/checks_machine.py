"""What can be wrong with the machine, the data directory and the ledger in it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.doctor.facts import Facts
from gateway.doctor.finding import Code, Finding, Severity

#: The first SQLite without the WAL-reset bug.
SQLITE_MENDED: Final = (3, 51, 3)
MIB: Final = 1024 * 1024
DISK_FULL_BYTES: Final = 128 * MIB
DISK_LOW_BYTES: Final = 1024 * MIB
#: A good SSD needs a millisecond or two; a card or a laptop's disk ten times that.
FSYNC_SLOW_US: Final = 50_000
_OTHERS: Final = 0o077
_HALF: Final = 2


def check_sqlite(facts: Facts) -> Iterator[Finding]:
    """SQLite's WAL-reset bug: harmless as long as nothing but the gateway writes the ledger."""
    version = facts.machine.sqlite_version
    if version < SQLITE_MENDED and facts.settings.ledger.url is None:
        yield Finding(
            code=Code.SQLITE_WAL_BUG,
            severity=Severity.NOTE,
            values={"version": ".".join(str(part) for part in version)},
        )


def check_disk(facts: Facts) -> Iterator[Finding]:
    """Space on the data directory's disk, and how fast it makes a write durable."""
    machine = facts.machine
    values = {"free_mib": machine.free_bytes // MIB}
    if machine.free_bytes < DISK_FULL_BYTES:
        yield Finding(code=Code.DISK_FULL, severity=Severity.FAULT, values=values)
    elif machine.free_bytes < DISK_LOW_BYTES:
        yield Finding(code=Code.DISK_LOW, severity=Severity.WARNING, values=values)
    if machine.fsync_us is not None and machine.fsync_us > FSYNC_SLOW_US:
        yield Finding(
            code=Code.FSYNC_SLOW,
            severity=Severity.WARNING,
            values={"milliseconds": machine.fsync_us // 1_000},
        )


def check_clock(facts: Facts) -> Iterator[Finding]:
    """Whether anybody keeps the clock right."""
    if facts.machine.synchronised_at_ms is None:
        yield Finding(code=Code.CLOCK_UNSYNCHRONISED, severity=Severity.WARNING)


def check_files(facts: Facts) -> Iterator[Finding]:
    """Who may read the data directory and its keys, and whether the keys are there."""
    folder = facts.folder
    if folder.mode & _OTHERS:
        yield Finding(
            code=Code.FOLDER_OPEN,
            severity=Severity.WARNING,
            values={"mode": f"{folder.mode:04o}"},
        )
    open_keys = [name for name, mode in sorted(folder.key_modes.items()) if mode & _OTHERS]
    if open_keys:
        yield Finding(
            code=Code.KEY_OPEN, severity=Severity.FAULT, values={"files": ", ".join(open_keys)}
        )
    if folder.keys_missing:
        yield Finding(
            code=Code.KEY_MISSING,
            severity=Severity.FAULT,
            values={"files": ", ".join(folder.keys_missing)},
        )


def check_card_keys(facts: Facts) -> Iterator[Finding]:
    """Whether the card keys open without a person, and which of their versions are retired."""
    keys = facts.card_keys
    if keys is None:
        return
    if not keys.has_secret:
        # A command line has not what its service is given: from there it is no more than a hint.
        severity = Severity.WARNING if facts.heard else Severity.NOTE
        yield Finding(code=Code.CARD_KEYS_SHUT, severity=severity)
    if keys.fault is not None:
        yield Finding(
            code=Code.CARD_KEYS_UNREADABLE, severity=Severity.FAULT, values={"fault": keys.fault}
        )
    if keys.retired:
        yield Finding(
            code=Code.CARD_KEYS_RETIRED,
            severity=Severity.NOTE,
            values={
                "count": len(keys.retired),
                "versions": ", ".join(str(one) for one in keys.retired),
            },
        )


def check_ledger(facts: Facts) -> Iterator[Finding]:
    """Whether the ledger opens, is of our version, and a sample of its books holds together."""
    ledger = facts.ledger
    if ledger.fault is not None:
        yield Finding(
            code=Code.LEDGER_UNREADABLE, severity=Severity.FAULT, values={"fault": ledger.fault}
        )
        return
    if ledger.revision is not None and ledger.revision != ledger.known_revision:
        newer = ledger.revision > ledger.known_revision
        yield Finding(
            code=Code.LEDGER_NEWER if newer else Code.LEDGER_OLDER,
            severity=Severity.FAULT if newer else Severity.NOTE,
            values={"revision": ledger.revision, "known": ledger.known_revision},
        )
    if ledger.broken:
        yield Finding(
            code=Code.BOOKS_BROKEN,
            severity=Severity.FAULT,
            values={"count": len(ledger.broken), "first": ledger.broken[0]},
        )


def check_quarantine(facts: Facts) -> Iterator[Finding]:
    """Whether there is still room for what cannot be taken."""
    quarantine = facts.ledger.quarantine
    if quarantine is None:
        return
    if quarantine.dropped:
        yield Finding(
            code=Code.QUARANTINE_DROPPED,
            severity=Severity.WARNING,
            values={"count": quarantine.dropped},
        )
    filling = (
        quarantine.rows * _HALF > quarantine.rows_max
        or quarantine.kept_bytes * _HALF > quarantine.bytes_max
    )
    if filling:
        yield Finding(
            code=Code.QUARANTINE_FILLING,
            severity=Severity.WARNING,
            values={"rows": quarantine.rows, "rows_max": quarantine.rows_max},
        )
