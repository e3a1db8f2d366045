"""What the doctor finds, as codes: each face has its own words for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final, TypeAlias

#: Figures are written with the reader's digits; texts are names of a machine's, shown as they are.
Value: TypeAlias = int | str


@unique
class Severity(StrEnum):
    """How bad it is.

    Attributes:
        FAULT: something is lost, stopped, or open to strangers, or soon will be.
        WARNING: somebody should do something about it in the next days.
        NOTE: good to know; nothing has to be done.
    """

    FAULT = "fault"
    WARNING = "warning"
    NOTE = "note"


@unique
class Code(StrEnum):
    """Everything that the doctor can find."""

    SQLITE_WAL_BUG = "sqlite-wal-bug"
    DISK_LOW = "disk-low"
    DISK_FULL = "disk-full"
    FSYNC_SLOW = "fsync-slow"
    CLOCK_UNSYNCHRONISED = "clock-unsynchronised"
    FOLDER_OPEN = "folder-open"
    KEY_OPEN = "key-open"
    KEY_MISSING = "key-missing"
    CARD_KEYS_SHUT = "card-keys-shut"
    CARD_KEYS_UNREADABLE = "card-keys-unreadable"
    CARD_KEYS_RETIRED = "card-keys-retired"
    LEDGER_UNREADABLE = "ledger-unreadable"
    LEDGER_NEWER = "ledger-newer"
    LEDGER_OLDER = "ledger-older"
    BOOKS_BROKEN = "books-broken"
    QUARANTINE_FILLING = "quarantine-filling"
    QUARANTINE_DROPPED = "quarantine-dropped"
    GATEWAY_STOPPED = "gateway-stopped"
    STORE_FULL = "store-full"
    DELIVERIES_SET_ASIDE = "deliveries-set-aside"
    BROKER_UNREACHABLE = "broker-unreachable"
    BROKER_PLAIN = "broker-plain"
    BROKER_LIMITS = "broker-limits"
    BROKER_EMBEDDED = "broker-embedded"
    NO_TERMINALS = "no-terminals"
    TERMINALS_OFFLINE = "terminals-offline"
    TERMINALS_BEHIND = "terminals-behind"
    TERMINALS_STOPPED = "terminals-stopped"
    TERMINALS_GUESS_TIME = "terminals-guess-time"
    TERMINALS_WITHOUT_READER = "terminals-without-reader"
    BACKUP_NONE = "backup-none"
    BACKUP_OLD = "backup-old"
    BACKUP_UNPROVED = "backup-unproved"
    BACKUP_BAD = "backup-bad"
    OWNER_WITHOUT_SECOND_FACTOR = "owner-without-second-factor"
    WEB_PLAIN = "web-plain"
    TEST_MODE = "test-mode"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that the doctor found.

    Attributes:
        code: what.
        severity: how bad it is.
        values: the figures and names to it.
    """

    code: Code
    severity: Severity
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))


_ORDER: Final = {severity: rank for rank, severity in enumerate(Severity)}


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Put findings into the order in which a person should read them."""
    return tuple(sorted(findings, key=lambda finding: _ORDER[finding.severity]))
