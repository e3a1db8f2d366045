"""What a programme would have given for the sales that were: the past under other rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from gateway.ledger.batch import LedgerBatch
from gateway.ledger.errors import AdministrationError
from gateway.ledger.moved import MovedTotal
from gateway.ledger.rows import JournalRow
from gateway.model.programme import Programme
from gateway.rehearsal.replayer import Difference, Replayer
from gateway.writer.settings import WriterSettings

_ROWS_AT_ONCE: Final = 1_000
#: Listed by their rows; the counts tell of all.
LISTED_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What came of it.

    Attributes:
        rows: journal rows that were played.
        differing: of them, how many came to something else.
        by_kind: the same by kind of row.
        listed: the first of them.
        was: what moved really, by ledger and kind of account.
        would_be: what moves under the other rules.
    """

    rows: int
    differing: int
    by_kind: tuple[tuple[str, int], ...]
    listed: tuple[Difference, ...]
    was: tuple[MovedTotal, ...]
    would_be: tuple[MovedTotal, ...]


def simulate(batch: LedgerBatch, programme: Programme, settings: WriterSettings) -> Simulation:
    """Play a ledger's whole journal under other rules.

    They hold from the beginning, whatever the programme says of its own beginning. A redemption
    that the till gave for another quote is refused in the rehearsal, and counted; so the figures
    say what the rules cost with customers who do what they did, not what customers would do.

    Args:
        batch: one state of the ledger. Nothing is written to it.
        programme: the rules to try.
        settings: the writer's limits, as the real one has them.

    Raises:
        AdministrationError: if the programme counts in another currency than any of the sales
            that were: what they came to would be another amount in it.
    """
    known = batch.programmes()
    counted = dict.fromkeys(one.currency.code for one in known)
    if any(one.currency != programme.currency for one in known):
        raise AdministrationError(
            f"the ledger counts in {' and '.join(counted)}, the programme in"
            f" {programme.currency.code}: they cannot be compared. To see what other rules do"
            " after a change of currency, write them in the currency of the sales that were"
        )
    name = known[0].name if known else programme.name
    tried = replace(programme, name=name, version=1, effective_from_ms=0, succeeds=None)
    replayer = Replayer(batch, [tried], settings)
    rows, by_kind, listed = 0, Counter[str](), list[Difference]()
    for row in _journal(batch):
        rows += 1
        difference = replayer.take(row)
        if difference is not None:
            by_kind[difference.kind] += 1
            if len(listed) < LISTED_MAX:
                listed.append(difference)
    with replayer.store.batch() as rehearsed:
        would_be = rehearsed.moved(1, rehearsed.head().journal_index)
    return Simulation(
        rows=rows,
        differing=sum(by_kind.values()),
        by_kind=tuple(sorted(by_kind.items())),
        listed=tuple(listed),
        was=tuple(batch.moved(1, batch.head().journal_index)),
        would_be=tuple(would_be),
    )


def _journal(batch: LedgerBatch) -> Iterator[JournalRow]:
    after = 0
    while rows := batch.journal(after, _ROWS_AT_ONCE):
        yield from rows
        after = rows[-1].journal_index
