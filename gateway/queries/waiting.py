"""What waits for somebody at the desk, in numbers, and the newest rules: one statement."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, select, text

from gateway.ledger.rows import PostingRow
from gateway.ledger.rows_intake import ProgrammeRow, QuarantineRow, TerminalRow
from gateway.ledger.rows_lots import SuspendedRow
from gateway.ledger.rows_reviews import ReviewRow
from gateway.queries.quarantine import suspect_key
from gateway.queries.reading import columns_of
from gateway.queries.scope import Scope

#: So many sales without an owner are looked at; where there are more, pages say "at least".
HELD_LOOKED_AT_MAX: Final = 2_000

_QUARANTINE: Final = columns_of(QuarantineRow)
_TERMINAL: Final = columns_of(TerminalRow)
_SUSPENDED: Final = columns_of(SuspendedRow)
_POSTING: Final = columns_of(PostingRow)
_PROGRAMME: Final = columns_of(ProgrammeRow)
_REVIEW: Final = columns_of(ReviewRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits.

    Attributes:
        quarantined: messages that a person should look at.
        held: sales whose points wait for their card's owner.
        held_in_part: whether there were too many to count them all.
        programme_version: the newest rules; 0 where there are none.
        receipts: papers that were not sure, and wait for a decision.
    """

    quarantined: int
    held: int
    held_in_part: bool
    programme_version: int
    receipts: int = 0


def read_waiting(connection: Connection, scope: Scope, *, decided: Collection[str] = ()) -> Waiting:
    """Count what waits at a scope's branches.

    Args:
        connection: one state of the ledger.
        scope: a message in quarantine belongs to its claimed terminal's branch, a held sale to
            the branch where it was made.
        decided: keys of messages that stay in quarantine though somebody has decided.
    """
    looked_at = (
        select(_SUSPENDED["journal_index"])
        .distinct()
        .where(text("resolved_index IS NULL"))  # as the partial index says it
        .limit(HELD_LOOKED_AT_MAX)
        .subquery()
    )
    wanted = select(
        _quarantined(scope, func.count(_QUARANTINE["payload_hash"])).scalar_subquery(),
        select(func.count())
        .where(_POSTING["journal_index"] == looked_at.c.journal_index)
        .where(scope.condition(_POSTING["branch"]))
        .scalar_subquery(),
        select(func.count()).select_from(looked_at).scalar_subquery(),
        select(func.max(_PROGRAMME["version"])).scalar_subquery(),
        select(func.count())
        .where(text("review.state = 'open'"))  # as the partial index says it
        .where(scope.condition(_REVIEW["branch"]))
        .select_from(_REVIEW["branch"].table)
        .scalar_subquery(),
    )
    quarantined, held, seen, version, receipts = connection.execute(wanted).one()
    return Waiting(
        quarantined=quarantined - _decided(connection, scope, decided),
        held=held,
        held_in_part=seen == HELD_LOOKED_AT_MAX,
        programme_version=version or 0,
        receipts=receipts,
    )


def _decided(connection: Connection, scope: Scope, decided: Collection[str]) -> int:
    """How many of these lie in quarantine still: a decision may outlive what it was about."""
    if not decided:
        return 0
    wanted = _quarantined(scope, _QUARANTINE["payload_hash"], _QUARANTINE["reason"])
    return sum(
        suspect_key(digest, reason) in decided for digest, reason in connection.execute(wanted)
    )


def _quarantined(scope: Scope, *columns: ColumnElement[Any]) -> Select[Any]:
    """The writer's settings bound how much lies there, so all of it may be looked at."""
    if scope.everything:
        return select(*columns)
    return (
        select(*columns)
        .where(_TERMINAL["terminal"] == _QUARANTINE["claimed_terminal"])
        .where(scope.condition(_TERMINAL["branch"]))
    )
