"""The doctor's checks, each on facts of the test's making: what is found, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from gateway.config import BrokerSettings, GatewaySettings, LedgerSettings, WebSettings
from gateway.doctor.checks import CHECKS, examine
from gateway.doctor.checks_house import is_loopback
from gateway.doctor.facts import (
    BackupFacts,
    BrokerFacts,
    CardKeyFacts,
    Facts,
    FolderFacts,
    LedgerFacts,
    MachineFacts,
    MosquittoFacts,
    QuarantineFacts,
    TerminalFacts,
)
from gateway.doctor.finding import Code, Finding, Severity
from gateway.doctor.sentences import SENTENCES, sentence_of
from gateway.model.ids import TerminalId
from gateway.office.commands import Stats
from gateway.office.terminal_hint import TerminalHint

NOW_MS = 1_800_000_000_000
HOUR_MS = 3_600_000
GIB = 1024**3
QUARANTINE = QuarantineFacts(
    rows=10, rows_max=10_000, kept_bytes=1_000, bytes_max=64 * 1024**2, dropped=0
)
HINT = TerminalHint(online=True, heard_at_ms=NOW_MS, clock="synchronised", reader="up", pending=0)
TERMINAL = TerminalFacts(terminal=TerminalId("till-1"), missing=0, hint=HINT)
WELL = Facts(
    now_ms=NOW_MS,
    settings=GatewaySettings(),
    machine=MachineFacts(
        sqlite_version=(3, 51, 3),
        free_bytes=50 * GIB,
        total_bytes=100 * GIB,
        fsync_us=900,
        synchronised_at_ms=NOW_MS - 1_000,
    ),
    folder=FolderFacts(
        mode=0o700, key_modes={"gateway.key": 0o600, "card.key": 0o600}, keys_missing=()
    ),
    ledger=LedgerFacts(
        fault=None, revision="0001", known_revision="0001", sampled_rows=200, quarantine=QUARANTINE
    ),
    terminals=(TERMINAL,),
    heard=True,
    stats=Stats(),
    broker=BrokerFacts(reachable=True, mosquitto=None),
    backups=BackupFacts(
        newest_at_ms=NOW_MS - 20 * HOUR_MS,
        newest_findings=0,
        proved_at_ms=NOW_MS - 20 * HOUR_MS,
    ),
    owners_without_code=(),
)


def machine(**changes: Any) -> Facts:  # noqa: ANN401 - any field of theirs
    """The healthy gateway on another machine."""
    return replace(WELL, machine=replace(WELL.machine, **changes))


def ledger(**changes: Any) -> Facts:  # noqa: ANN401 - any field of theirs
    """The healthy gateway with another ledger."""
    return replace(WELL, ledger=replace(WELL.ledger, **changes))


def quarantine(**changes: Any) -> Facts:  # noqa: ANN401 - any field of theirs
    """The healthy gateway with another quarantine."""
    return ledger(quarantine=replace(QUARANTINE, **changes))


def terminal(missing: int = 0, **hinted: Any) -> Facts:  # noqa: ANN401 - any field of a hint
    """The healthy gateway with another terminal."""
    changed = replace(TERMINAL, missing=missing, hint=replace(HINT, **hinted))
    return replace(WELL, terminals=(TERMINAL, changed))


def broker(reachable: bool = True, **settings: Any) -> Facts:  # noqa: ANN401, FBT001, FBT002 - any setting of it
    """The healthy gateway with another broker."""
    told = GatewaySettings(broker=BrokerSettings(**settings))
    return replace(WELL, settings=told, broker=replace(WELL.broker, reachable=reachable))


def limits(inflight: int, queued: int, terminals: int = 1, port: int = 1883) -> Facts:
    """The healthy gateway with other limits of its Mosquitto."""
    kept = {"max_inflight_messages": inflight, "max_queued_messages": queued}
    mosquitto = MosquittoFacts(ports=frozenset({port}), limits=kept)
    known = BrokerFacts(reachable=True, mosquitto=mosquitto)
    return replace(WELL, broker=known, terminals=(TERMINAL,) * terminals)


def web(**settings: Any) -> Facts:  # noqa: ANN401 - any setting of it
    """The healthy gateway with other pages."""
    return replace(WELL, settings=GatewaySettings(web=WebSettings(**settings)))


def backups(**changes: Any) -> Facts:  # noqa: ANN401 - any field of theirs
    """The healthy gateway with other backups."""
    return replace(WELL, backups=replace(WELL.backups, **changes))


def stats(**counts: Any) -> Facts:  # noqa: ANN401 - any count
    """The healthy gateway with other counts."""
    return replace(WELL, stats=Stats(**counts))


SICK: list[tuple[Facts, Code, Severity]] = [
    (machine(sqlite_version=(3, 40, 1)), Code.SQLITE_WAL_BUG, Severity.NOTE),
    (machine(free_bytes=GIB - 1), Code.DISK_LOW, Severity.WARNING),
    (machine(free_bytes=100 * 1024**2), Code.DISK_FULL, Severity.FAULT),
    (machine(fsync_us=50_001), Code.FSYNC_SLOW, Severity.WARNING),
    (machine(synchronised_at_ms=None), Code.CLOCK_UNSYNCHRONISED, Severity.WARNING),
    (
        replace(WELL, folder=replace(WELL.folder, mode=0o750)),
        Code.FOLDER_OPEN,
        Severity.WARNING,
    ),
    (
        replace(WELL, folder=replace(WELL.folder, key_modes={"card.key": 0o644})),
        Code.KEY_OPEN,
        Severity.FAULT,
    ),
    (
        replace(WELL, folder=replace(WELL.folder, keys_missing=("card.key",))),
        Code.KEY_MISSING,
        Severity.FAULT,
    ),
    (
        replace(WELL, card_keys=CardKeyFacts(has_secret=False)),
        Code.CARD_KEYS_SHUT,
        Severity.WARNING,
    ),
    (
        replace(WELL, card_keys=CardKeyFacts(has_secret=True, fault="it does not open")),
        Code.CARD_KEYS_UNREADABLE,
        Severity.FAULT,
    ),
    (
        replace(WELL, card_keys=CardKeyFacts(has_secret=True, retired=(1, 2))),
        Code.CARD_KEYS_RETIRED,
        Severity.NOTE,
    ),
    (
        ledger(fault="not a database", revision=None, quarantine=None),
        Code.LEDGER_UNREADABLE,
        Severity.FAULT,
    ),
    (ledger(revision="0002", quarantine=None), Code.LEDGER_NEWER, Severity.FAULT),
    (ledger(revision="0000", quarantine=None), Code.LEDGER_OLDER, Severity.NOTE),
    (ledger(broken=("member x has 1, lots and debts 2",)), Code.BOOKS_BROKEN, Severity.FAULT),
    (quarantine(rows=5_001), Code.QUARANTINE_FILLING, Severity.WARNING),
    (quarantine(kept_bytes=33 * 1024**2), Code.QUARANTINE_FILLING, Severity.WARNING),
    (quarantine(dropped=1), Code.QUARANTINE_DROPPED, Severity.WARNING),
    (replace(WELL, stats=None), Code.GATEWAY_STOPPED, Severity.NOTE),
    (stats(store_full=True), Code.STORE_FULL, Severity.FAULT),
    (stats(set_aside=3), Code.DELIVERIES_SET_ASIDE, Severity.FAULT),
    (broker(reachable=False), Code.BROKER_UNREACHABLE, Severity.FAULT),
    (broker(host="192.0.2.1"), Code.BROKER_PLAIN, Severity.WARNING),
    (broker(embedded=True), Code.BROKER_EMBEDDED, Severity.WARNING),
    (limits(20, 20_000), Code.BROKER_LIMITS, Severity.WARNING),
    (limits(512, 1_000, terminals=51), Code.BROKER_LIMITS, Severity.WARNING),
    (replace(WELL, terminals=()), Code.NO_TERMINALS, Severity.NOTE),
    (terminal(online=False), Code.TERMINALS_OFFLINE, Severity.WARNING),
    (terminal(missing=2), Code.TERMINALS_BEHIND, Severity.WARNING),
    (terminal(pending=101), Code.TERMINALS_BEHIND, Severity.WARNING),
    (terminal(stopped="journal_full"), Code.TERMINALS_STOPPED, Severity.FAULT),
    (terminal(clock="guessed"), Code.TERMINALS_GUESS_TIME, Severity.WARNING),
    (terminal(reader="down"), Code.TERMINALS_WITHOUT_READER, Severity.WARNING),
    (
        backups(newest_at_ms=None, newest_findings=None, proved_at_ms=None),
        Code.BACKUP_NONE,
        Severity.WARNING,
    ),
    (backups(newest_at_ms=NOW_MS - 49 * HOUR_MS), Code.BACKUP_OLD, Severity.WARNING),
    (backups(newest_findings=2), Code.BACKUP_BAD, Severity.FAULT),
    (backups(proved_at_ms=None), Code.BACKUP_UNPROVED, Severity.WARNING),
    (backups(proved_at_ms=NOW_MS - 200 * HOUR_MS), Code.BACKUP_UNPROVED, Severity.WARNING),
    (
        replace(WELL, owners_without_code=("sara",)),
        Code.OWNER_WITHOUT_SECOND_FACTOR,
        Severity.WARNING,
    ),
    (web(host="0.0.0.0"), Code.WEB_PLAIN, Severity.WARNING),  # noqa: S104 - what it warns of
    (
        web(host="192.0.2.1", public_url="https://loyalty.example"),
        Code.WEB_PLAIN,
        Severity.WARNING,
    ),
    (
        replace(WELL, settings=GatewaySettings(test_mode=True)),
        Code.TEST_MODE,
        Severity.WARNING,
    ),
]
WELL_TOO: list[Callable[[], Facts]] = [
    lambda: WELL,
    lambda: machine(fsync_us=None, free_bytes=GIB),
    lambda: terminal(pending=100),
    lambda: limits(0, 0, terminals=1_000),
    lambda: broker(host="::1"),
    lambda: broker(host="broker.example", ca_file="ca.crt"),
    lambda: web(host="192.0.2.1", public_url="https://loyalty.example", trusted_proxies=1),
    lambda: web(host="0.0.0.0", enabled=False),  # noqa: S104 - nothing is served
    lambda: limits(512, 20_000),
    # Another broker than ours: it may keep what it likes.
    lambda: limits(20, 1_000, port=8883),
    lambda: replace(WELL, owners_without_code=None),
]


@pytest.mark.parametrize("facts", WELL_TOO)
def test_nothing_is_found_where_all_is_well(facts: Callable[[], Facts]) -> None:
    """A healthy gateway of any kind has no findings."""
    assert examine(facts()) == ()


@pytest.mark.parametrize(
    ("facts", "code", "severity"),
    SICK,
    ids=[f"{number}-{one[1]}" for number, one in enumerate(SICK)],
)
def test_each_fault_is_found_alone(facts: Facts, code: Code, severity: Severity) -> None:
    """What is wrong is found with its severity, and nothing else is blamed."""
    assert [(finding.code, finding.severity) for finding in examine(facts)] == [(code, severity)]


def test_every_code_can_be_found() -> None:
    """No code is without a case above."""
    assert {code for _, code, _ in SICK} == set(Code)


def test_every_finding_can_be_said() -> None:
    """Each code has a sentence whose figures are all given, and an advice."""
    assert set(SENTENCES) == set(Code)
    for facts, code, _ in SICK:
        (finding,) = examine(facts)
        said = sentence_of(finding)
        assert "%(" not in said
        assert SENTENCES[code].advice in said
        assert SENTENCES[code].command in said
        for value in finding.values.values():
            if isinstance(value, str):
                assert value in said


def test_the_worst_stands_first() -> None:
    """Faults come before warnings, and warnings before notes."""
    facts = replace(
        machine(sqlite_version=(3, 40, 1), synchronised_at_ms=None), stats=Stats(store_full=True)
    )
    assert [finding.severity for finding in examine(facts)] == list(Severity)


def test_many_terminals_are_counted_and_some_named() -> None:
    """A chain of shops gets one finding, not a thousand."""
    many = tuple(
        replace(TERMINAL, terminal=TerminalId(f"till-{number}"), hint=None)
        for number in range(1_000)
    )
    (finding,) = examine(replace(WELL, terminals=many))
    assert finding.values["count"] == 1_000
    assert finding.values["terminals"] == "till-0, till-1, till-2, till-3, till-4, …"


def test_what_is_not_known_is_not_judged() -> None:
    """Without terminals' words or a readable ledger nobody is called offline."""
    unheard = replace(WELL, heard=False, terminals=(replace(TERMINAL, hint=None),))
    assert examine(unheard) == ()
    assert examine(replace(WELL, terminals=None)) == ()


def test_a_database_elsewhere_is_backed_up_elsewhere() -> None:
    """Of a ledger in PostgreSQL neither our backups nor SQLite's faults are missed or feared."""
    none = BackupFacts(newest_at_ms=None, newest_findings=None, proved_at_ms=None)
    bare = replace(WELL, backups=none)
    old = replace(bare, machine=replace(bare.machine, sqlite_version=(3, 40, 1)))
    told = GatewaySettings(ledger=LedgerSettings(url="postgresql:///mohr"))
    assert {one.code for one in examine(old)} == {Code.BACKUP_NONE, Code.SQLITE_WAL_BUG}
    assert examine(replace(old, settings=told)) == ()


def test_an_embedded_broker_is_missed_only_where_it_should_run() -> None:
    """The built-in broker ends with its gateway, and that is no fault of its own."""
    facts = replace(broker(reachable=False, embedded=True), stats=None)
    codes = [finding.code for finding in examine(facts)]
    assert codes == [Code.BROKER_EMBEDDED, Code.GATEWAY_STOPPED]


def test_every_check_says_what_it_looks_at() -> None:
    """Names are unique, and each check has a one-line summary."""
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert all(check.summary.endswith(".") for check in CHECKS)


def test_only_this_machine_is_loopback() -> None:
    """A name that could lead elsewhere is not taken for loopback."""
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost")] == [True] * 3
    assert [is_loopback(host) for host in ("0.0.0.0", "192.168.1.2", "broker")] == [False] * 3  # noqa: S104 - not bound


def test_findings_are_values() -> None:
    """Two looks at the same facts are equal, and a finding's own values cannot be changed."""
    assert examine(SICK[0][0]) == examine(SICK[0][0])
    assert isinstance(Finding(code=Code.TEST_MODE, severity=Severity.NOTE).values, MappingProxyType)
