"""Every check, by name, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from gateway.doctor.checks_house import (
    check_access,
    check_backups,
    check_broker,
    check_broker_limits,
    check_gateway,
    check_terminals,
)
from gateway.doctor.checks_machine import (
    check_card_keys,
    check_clock,
    check_disk,
    check_files,
    check_ledger,
    check_quarantine,
    check_sqlite,
)
from gateway.doctor.facts import Facts
from gateway.doctor.finding import Finding, worst_first


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check.

    Attributes:
        name: as ``--list-checks`` shows it.
        run: says what it finds; nothing where all is well.
    """

    name: str
    run: Callable[[Facts], Iterable[Finding]]

    @property
    def summary(self) -> str:
        """What it looks at, in one English sentence."""
        return (self.run.__doc__ or "").strip().splitlines()[0]


CHECKS: Final = (
    Check(name="sqlite", run=check_sqlite),
    Check(name="disk", run=check_disk),
    Check(name="clock", run=check_clock),
    Check(name="files", run=check_files),
    Check(name="card-keys", run=check_card_keys),
    Check(name="ledger", run=check_ledger),
    Check(name="quarantine", run=check_quarantine),
    Check(name="gateway", run=check_gateway),
    Check(name="broker", run=check_broker),
    Check(name="broker-limits", run=check_broker_limits),
    Check(name="terminals", run=check_terminals),
    Check(name="backups", run=check_backups),
    Check(name="access", run=check_access),
)


def examine(facts: Facts) -> tuple[Finding, ...]:
    """Run every check.

    Args:
        facts: what is known.

    Returns:
        the findings, the worst first.
    """
    return worst_first(finding for check in CHECKS for finding in check.run(facts))
