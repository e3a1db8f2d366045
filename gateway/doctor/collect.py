"""Collects what the doctor judges by. It only reads, but for a few bytes that time the disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.backup.contents import BACKUPS_FOLDER, LEDGER_FILE
from gateway.backup.shelf import last_good, list_backups
from gateway.clock import Clock
from gateway.config import GatewaySettings
from gateway.doctor.collect_books import ledger_facts, terminal_facts
from gateway.doctor.collect_card_keys import card_key_facts
from gateway.doctor.collect_machine import (
    MOSQUITTO_FOLDER,
    broker_facts,
    folder_facts,
    machine_facts,
    mosquitto_facts,
)
from gateway.doctor.facts import BackupFacts, BrokerFacts, Facts
from gateway.ledger.place import ledger_place
from gateway.model.ids import TerminalId
from gateway.office.commands import Stats
from gateway.office.roles import Role
from gateway.office.store import OfficeStore
from gateway.office.terminal_hint import TerminalHint

Probe = Callable[[str, int], BrokerFacts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A gateway to be looked at.

    Attributes:
        data_dir: its data directory.
        settings: what it was told.
        clock: the time.
        stats: what it counted; None where it does not run.
        hints: what terminals said last; None where that is not known.
        office: its office; None where it has none that may be opened.
        environment: of the process, for what opens the card keys.
        probe: asks whether the broker answers; None leaves that open, for whoever cannot wait.
    """

    data_dir: Path
    settings: GatewaySettings
    clock: Clock
    stats: Stats | None
    hints: Mapping[TerminalId, TerminalHint] | None
    office: OfficeStore | None
    environment: Mapping[str, str] = field(repr=False)
    probe: Probe | None = broker_facts


def collect(patient: Patient) -> Facts:
    """Collect the facts.

    Raises:
        ConfigError: if the data directory cannot be looked at.
        MohrError: if the backups or the office cannot be read.
    """
    settings = patient.settings
    ledger = ledger_place(settings.ledger.url, patient.data_dir / LEDGER_FILE)
    return Facts(
        now_ms=patient.clock.unix_ms(),
        settings=settings,
        machine=machine_facts(patient.data_dir, patient.clock),
        folder=folder_facts(patient.data_dir),
        ledger=ledger_facts(ledger),
        terminals=terminal_facts(ledger, patient.hints),
        heard=patient.hints is not None,
        stats=patient.stats,
        broker=_broker(patient),
        backups=_backup_facts(patient.data_dir / BACKUPS_FOLDER),
        owners_without_code=None if patient.office is None else _bare_owners(patient.office),
        card_keys=card_key_facts(patient.data_dir, settings.card_keys, patient.environment),
    )


def _broker(patient: Patient) -> BrokerFacts:
    broker = patient.settings.broker
    if patient.probe is None:
        # The gateway's own connection is asked instead, which it keeps in any case.
        connected = None if patient.stats is None else patient.stats.connected
        return BrokerFacts(reachable=connected, mosquitto=mosquitto_facts(MOSQUITTO_FOLDER))
    return patient.probe(broker.host, broker.port)


def _backup_facts(folder: Path) -> BackupFacts:
    backups = list_backups(folder)
    newest = backups[0] if backups else None
    proved = last_good(backups)
    verified = newest.verified if newest else None
    return BackupFacts(
        newest_at_ms=newest.made_at_ms if newest else None,
        newest_findings=verified.findings if verified else None,
        proved_at_ms=proved.made_at_ms if proved else None,
    )


def _bare_owners(office: OfficeStore) -> tuple[str, ...]:
    owners = [one for one in office.accounts.all() if one.role is Role.OWNER and not one.disabled]
    return tuple(
        one.login
        for one in owners
        if not one.has_code and not office.passkeys.of_account(one.account_id)
    )
