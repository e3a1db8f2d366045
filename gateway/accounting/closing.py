"""Close a day in the ledger, and read what was closed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from gateway.accounting.account_class import AccountClass
from gateway.accounting.day_close import DayClose, DayClosedError, close_from_text, next_close
from gateway.accounting.trial_balance import AccountTotal
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.errors import AdministrationError
from gateway.ledger.rows_desk import DayCloseRow
from gateway.ledger.shelf import ChangeSet
from gateway.ledger.store import LedgerStore
from gateway.model.ids import BranchId
from gateway.model.programme import Programme
from gateway.program.local_time import business_day
from gateway.program.versions import programme_at

#: No settings name such a branch: days are closed by the programme's own clock.
_PROGRAMME: Final = BranchId("programme")


def closings(batch: LedgerBatch) -> tuple[DayClose, ...]:
    """Every closed day, oldest first."""
    return tuple(close_from_text(row.closing) for row in batch.every(DayCloseRow))


def open_totals(batch: LedgerBatch) -> tuple[AccountTotal, ...]:
    """What moved since the last closed day."""
    closed = closings(batch)
    first = closed[-1].last_index + 1 if closed else 1
    return totals_between(batch, first, batch.head().journal_index)


def totals_between(batch: LedgerBatch, first: int, last: int) -> tuple[AccountTotal, ...]:
    """What journal rows, both included, moved by ledger and class of account."""
    return tuple(
        AccountTotal(
            ledger=one.ledger,
            account_class=AccountClass(one.account),
            debit=one.debit,
            credit=one.credit,
        )
        for one in batch.moved(first, last)
    )


def close_day(store: LedgerStore, day: date | None, now_ms: int) -> DayClose:
    """Close a business day for good.

    Everything that was posted since the last closing goes into it, also what was sold on earlier
    days and told late.

    Args:
        store: the ledger; nothing else may write it meanwhile.
        day: which; None for the last one that is over, by the programme's clock.
        now_ms: Unix time in milliseconds.

    Raises:
        AdministrationError: if there is no programme yet, the day is not over, or it is closed
            already.
    """
    with store.batch() as batch:
        rules = programme_at(batch.programmes(), now_ms)
        if rules is None:
            raise AdministrationError("there is no programme yet, so there is nothing to close")
        day = _ended_day(rules, day, now_ms)
        closed, last = closings(batch), batch.head().journal_index
        first = closed[-1].last_index + 1 if closed else 1
        try:
            made = next_close(
                closed,
                day=day,
                last_index=last,
                closed_at_ms=now_ms,
                totals=totals_between(batch, first, last),
            )
        except DayClosedError as error:
            raise AdministrationError(str(error)) from error
        row = DayCloseRow(business_day=day.isoformat(), closing=made.text())
        batch.save(ChangeSet({DayCloseRow: [row]}, {}, {}))
    return made


def last_ended_day(rules: Programme, now_ms: int) -> date:
    """The last business day that is over, by the programme's clock.

    Args:
        rules: in force.
        now_ms: Unix time in milliseconds.
    """
    return business_day(rules.rules.settings, _PROGRAMME, now_ms) - timedelta(days=1)


def _ended_day(rules: Programme, day: date | None, now_ms: int) -> date:
    ended = last_ended_day(rules, now_ms)
    if day is None:
        return ended
    if day > ended:
        raise AdministrationError(f"{day} is not over yet; only days that are over are closed")
    return day
