"""What can be wrong with the running gateway, its broker, its terminals and its people. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from gateway.doctor.facts import Facts, TerminalFacts
from gateway.doctor.finding import Code, Finding, Severity
from gateway.office.terminal_hint import TerminalHint

HOUR_MS: Final = 3_600_000
BACKUP_OLD_MS: Final = 48 * HOUR_MS
PROOF_OLD_MS: Final = 8 * 24 * HOUR_MS
#: More waiting at a terminal that is here than it sends at once: it is behind.
PENDING_MAX: Final = 100
#: Below it a gateway that acknowledges after its disk is handed too little at once.
INFLIGHT_MIN: Final = 512
QUEUED_PER_TERMINAL: Final = 20
_NAMED_MAX: Final = 5


def check_gateway(facts: Facts) -> Iterator[Finding]:
    """What the running gateway says of itself."""
    stats = facts.stats
    if stats is None:
        yield Finding(code=Code.GATEWAY_STOPPED, severity=Severity.NOTE)
        return
    if stats.store_full:
        yield Finding(code=Code.STORE_FULL, severity=Severity.FAULT)
    if stats.set_aside:
        yield Finding(
            code=Code.DELIVERIES_SET_ASIDE,
            severity=Severity.FAULT,
            values={"count": stats.set_aside},
        )


def check_broker(facts: Facts) -> Iterator[Finding]:
    """Whether the broker answers, and whether strangers could listen on the way to it."""
    broker = facts.settings.broker
    address = f"{broker.host}:{broker.port}"
    if broker.embedded:
        if not facts.settings.test_mode:
            yield Finding(code=Code.BROKER_EMBEDDED, severity=Severity.WARNING)
        # It lives in the gateway: where none runs there is nothing to reach.
        if facts.stats is None:
            return
    if facts.broker.reachable is False:
        yield Finding(
            code=Code.BROKER_UNREACHABLE, severity=Severity.FAULT, values={"address": address}
        )
    if broker.ca_file is None and not is_loopback(broker.host):
        yield Finding(
            code=Code.BROKER_PLAIN, severity=Severity.WARNING, values={"address": address}
        )


def check_broker_limits(facts: Facts) -> Iterator[Finding]:
    """Whether a Mosquitto on this machine was told to keep enough for us."""
    broker, mosquitto = facts.settings.broker, facts.broker.mosquitto
    ours = is_loopback(broker.host) and not broker.embedded
    if mosquitto is None or not ours or broker.port not in mosquitto.ports:
        return
    limits = mosquitto.limits
    wanted = {
        "max_inflight_messages": INFLIGHT_MIN,
        "max_queued_messages": QUEUED_PER_TERMINAL * len(facts.terminals or ()),
    }
    # Zero means that there is no limit.
    short = [f"{name} {limits[name]}" for name in wanted if 0 < limits[name] < wanted[name]]
    if short:
        yield Finding(
            code=Code.BROKER_LIMITS, severity=Severity.WARNING, values={"options": ", ".join(short)}
        )


def check_terminals(facts: Facts) -> Iterator[Finding]:
    """Terminals that are away, behind, stopped, without a reader, or unsure of the time."""
    if facts.terminals is None:
        return
    if not facts.terminals:
        yield Finding(code=Code.NO_TERMINALS, severity=Severity.NOTE)
    behind = [one for one in facts.terminals if one.missing or _hinted(one, _is_behind)]
    yield from _about(Code.TERMINALS_BEHIND, Severity.WARNING, behind)
    if not facts.heard:
        return
    offline = [one for one in facts.terminals if one.hint is None or not one.hint.online]
    yield from _about(Code.TERMINALS_OFFLINE, Severity.WARNING, offline)
    for code, severity, is_so in _HINTED:
        yield from _about(code, severity, [one for one in facts.terminals if _hinted(one, is_so)])


def _is_behind(hint: TerminalHint) -> bool:
    return hint.pending is not None and hint.pending > PENDING_MAX


_HINTED: Final[tuple[tuple[Code, Severity, Callable[[TerminalHint], bool]], ...]] = (
    (Code.TERMINALS_STOPPED, Severity.FAULT, lambda hint: hint.stopped is not None),
    (Code.TERMINALS_GUESS_TIME, Severity.WARNING, lambda hint: hint.clock == "guessed"),
    (Code.TERMINALS_WITHOUT_READER, Severity.WARNING, lambda hint: hint.reader == "down"),
)


def _hinted(terminal: TerminalFacts, is_so: Callable[[TerminalHint], bool]) -> bool:
    """Whether a terminal that is here says so of itself."""
    return terminal.hint is not None and terminal.hint.online and is_so(terminal.hint)


def _about(code: Code, severity: Severity, concerned: Iterable[TerminalFacts]) -> Iterator[Finding]:
    names = [one.terminal for one in concerned]
    if names:
        shown = ", ".join(names[:_NAMED_MAX]) + (", …" if len(names) > _NAMED_MAX else "")
        yield Finding(
            code=code, severity=severity, values={"count": len(names), "terminals": shown}
        )


def check_backups(facts: Facts) -> Iterator[Finding]:
    """Whether there is a fresh backup, and whether one was proved good lately."""
    if facts.settings.ledger.url is not None:
        return  # its database is backed up by other means, which nothing here can see
    backups = facts.backups
    if backups.newest_at_ms is None:
        yield Finding(code=Code.BACKUP_NONE, severity=Severity.WARNING)
        return
    age_ms = facts.now_ms - backups.newest_at_ms
    if age_ms > BACKUP_OLD_MS:
        yield Finding(
            code=Code.BACKUP_OLD, severity=Severity.WARNING, values={"hours": age_ms // HOUR_MS}
        )
    if backups.newest_findings:
        yield Finding(
            code=Code.BACKUP_BAD,
            severity=Severity.FAULT,
            values={"count": backups.newest_findings},
        )
    if backups.proved_at_ms is None or facts.now_ms - backups.proved_at_ms > PROOF_OLD_MS:
        yield Finding(code=Code.BACKUP_UNPROVED, severity=Severity.WARNING)


def check_access(facts: Facts) -> Iterator[Finding]:
    """Whether strangers have it too easy, and whether play is switched off."""
    if facts.owners_without_code:
        yield Finding(
            code=Code.OWNER_WITHOUT_SECOND_FACTOR,
            severity=Severity.WARNING,
            values={
                "count": len(facts.owners_without_code),
                "logins": ", ".join(facts.owners_without_code[:_NAMED_MAX]),
            },
        )
    web = facts.settings.web
    secured = web.public_url is not None and web.public_url.startswith("https://")
    if web.enabled and not is_loopback(web.host) and not (secured and web.trusted_proxies):
        yield Finding(code=Code.WEB_PLAIN, severity=Severity.WARNING, values={"host": web.host})
    if facts.settings.test_mode:
        yield Finding(code=Code.TEST_MODE, severity=Severity.WARNING)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself and nothing beyond it can listen."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # A name; where it leads is known to a resolver, and may change.
        return False
