"""Terminals as the ledger knows them: where they stand, how far they are settled, their keys.

What a terminal says about itself comes from elsewhere and is only a hint; this is what was proved.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select

from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_intake import (
    ChainRow,
    ProgrammeRow,
    QuarantineRow,
    TerminalKey,
    TerminalRow,
)
from gateway.model.ids import BranchId, KeyId, TerminalId
from gateway.model.outcome import Reason
from gateway.queries.reading import columns_of
from gateway.queries.scope import Scope

_TERMINAL: Final = columns_of(TerminalRow)
_CHAIN: Final = columns_of(ChainRow)
_KEY: Final = columns_of(TerminalKey)
_JOURNAL: Final = columns_of(JournalRow)
_QUARANTINE: Final = columns_of(QuarantineRow)
_PROGRAMME: Final = columns_of(ProgrammeRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalChain:
    """One epoch of a terminal.

    Attributes:
        epoch: which.
        key_id: of its sealing key.
        watermark: settled up to here without a gap.
        highest_seq: the highest number seen.
        waiting: envelopes at the gateway that wait for ones before them.
        settled_at_ms: when the transaction at the watermark was recorded.
    """

    epoch: int
    key_id: KeyId | None
    watermark: int
    highest_seq: int
    waiting: int
    settled_at_ms: int | None

    @property
    def missing(self) -> int:
        """How many numbers between the watermark and the highest one never came."""
        return max(0, self.highest_seq - self.watermark - self.waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalView:
    """A terminal with all its epochs, newest first; there is always at least one."""

    terminal: TerminalId
    branch: BranchId
    added_at_ms: int
    chains: tuple[TerminalChain, ...]
    quarantined: int
    clones: int

    @property
    def newest(self) -> TerminalChain:
        """The epoch that the terminal is in."""
        return self.chains[0]

    @property
    def waiting(self) -> int:
        """Envelopes of all epochs that wait at the gateway."""
        return sum(chain.waiting for chain in self.chains)

    @property
    def missing(self) -> int:
        """Numbers of all epochs that never came."""
        return sum(chain.missing for chain in self.chains)

    @property
    def last_recorded_at_ms(self) -> int | None:
        """When something of it was recorded last."""
        known = [chain.settled_at_ms for chain in self.chains if chain.settled_at_ms is not None]
        return max(known, default=None)


def terminals(
    connection: Connection,
    scope: Scope,
    *,
    after: str = "",
    branch: BranchId | None = None,
    prefix: str = "",
    limit: int,
) -> tuple[TerminalView, ...]:
    """Terminals in the order of their names, page by page.

    Args:
        connection: a state of the ledger.
        scope: whose terminals may be seen.
        after: the last name of the page before.
        branch: one branch alone.
        prefix: how the name begins.
        limit: how many at most.
    """
    wanted = _scoped(select(*_TERMINAL.values()), scope)
    wanted = wanted.where(_TERMINAL["terminal"] > after).order_by(_TERMINAL["terminal"])
    if branch is not None:
        wanted = wanted.where(_TERMINAL["branch"] == branch)
    if prefix:
        # Names are ASCII, so this is above every name that begins so.
        wanted = wanted.where(
            _TERMINAL["terminal"] >= prefix, _TERMINAL["terminal"] < f"{prefix}\x7f"
        )
    return _views(connection, wanted.limit(limit))


def terminal(connection: Connection, scope: Scope, name: TerminalId) -> TerminalView | None:
    """One terminal; None where there is none, or none that may be seen."""
    wanted = _scoped(select(*_TERMINAL.values()), scope).where(_TERMINAL["terminal"] == name)
    found = _views(connection, wanted)
    return found[0] if found else None


def terminal_names(connection: Connection, scope: Scope, *, limit: int) -> tuple[TerminalId, ...]:
    """Names to choose from, in order."""
    wanted = _scoped(select(_TERMINAL["terminal"]), scope).order_by(_TERMINAL["terminal"])
    return tuple(TerminalId(name) for name in connection.scalars(wanted.limit(limit)))


def branches(connection: Connection, scope: Scope) -> tuple[BranchId, ...]:
    """The branches where terminals stand, in order."""
    wanted = _scoped(select(_TERMINAL["branch"]), scope).distinct().order_by(_TERMINAL["branch"])
    return tuple(BranchId(name) for name in connection.scalars(wanted))


def newest_programme_version(connection: Connection) -> int:
    """The version of the newest rules; 0 where there are none."""
    return connection.scalar(select(func.max(_PROGRAMME["version"]))) or 0


def _scoped(wanted: Select[Any], scope: Scope) -> Select[Any]:
    if scope.branches is None:
        return wanted
    return wanted.where(_TERMINAL["branch"].in_(sorted(scope.branches)))


def _views(connection: Connection, wanted: Select[Any]) -> tuple[TerminalView, ...]:
    rows = connection.execute(wanted).mappings().all()
    names = [row["terminal"] for row in rows]
    chains = _chains(connection, names)
    quarantined = _quarantined(connection, names)
    return tuple(
        TerminalView(
            terminal=row["terminal"],
            branch=row["branch"],
            added_at_ms=row["added_at_ms"],
            chains=tuple(chains[row["terminal"]]),
            quarantined=quarantined.get(row["terminal"], (0, 0))[0],
            clones=quarantined.get(row["terminal"], (0, 0))[1],
        )
        for row in rows
    )


def _chains(
    connection: Connection, names: Collection[TerminalId]
) -> Mapping[TerminalId, list[TerminalChain]]:
    at_watermark = (
        (_JOURNAL["terminal"] == _CHAIN["terminal"])
        & (_JOURNAL["epoch"] == _CHAIN["epoch"])
        & (_JOURNAL["seq"] == _CHAIN["watermark"])
    )
    settled = select(_JOURNAL["recorded_at_ms"]).where(at_watermark).scalar_subquery()
    own_key = (_KEY["terminal"] == _CHAIN["terminal"]) & (_KEY["epoch"] == _CHAIN["epoch"])
    key = select(_KEY["key_id"]).where(own_key).scalar_subquery()
    wanted = (
        select(*_CHAIN.values(), settled.label("settled_at_ms"), key.label("key_id"))
        .where(_CHAIN["terminal"].in_(names))
        .order_by(_CHAIN["terminal"], _CHAIN["epoch"].desc())
    )
    found: dict[TerminalId, list[TerminalChain]] = {name: [] for name in names}
    for row in connection.execute(wanted).mappings():
        found[row["terminal"]].append(
            TerminalChain(
                epoch=row["epoch"],
                key_id=row["key_id"],
                watermark=row["watermark"],
                highest_seq=row["highest_seq"],
                waiting=row["waiting"],
                settled_at_ms=row["settled_at_ms"],
            )
        )
    return found


def _quarantined(
    connection: Connection, names: Collection[TerminalId]
) -> Mapping[TerminalId, tuple[int, int]]:
    """How much lies in quarantine of each, and how much of that is a clone's."""
    wanted = (
        select(
            _QUARANTINE["claimed_terminal"],
            func.count(),
            func.count().filter(_QUARANTINE["reason"] == Reason.CLONE.value),
        )
        .where(_QUARANTINE["claimed_terminal"].in_(names))
        .group_by(_QUARANTINE["claimed_terminal"])
    )
    return {name: (rows, clones) for name, rows, clones in connection.execute(wanted)}
