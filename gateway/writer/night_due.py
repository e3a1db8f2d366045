"""Which night is to be run next: the oldest one that is due and was not run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from gateway.model.programme import Programme
from gateway.program.nightly import night_of, nightly_due_at_ms
from gateway.program.versions import programme_at

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A night that is due.

    Attributes:
        on: its day.
        at_ms: its own moment, Unix time in milliseconds, however late it is run.
        rules: the version in force at that moment; None where there was none yet, so that there
            is nothing to do.
    """

    on: date
    at_ms: int
    rules: Programme | None


def due_night(programmes: Sequence[Programme], done: date | None, now_ms: int) -> Night | None:
    """Find the night to run next.

    Nights that were missed come one after the other. A ledger that never had a night begins with
    the last one that is due: what is older is due in it too.

    Args:
        programmes: every version of the rules.
        done: the last night that was run; None for none.
        now_ms: Unix time in milliseconds.

    Returns:
        The night; None where none is due.
    """
    current = programme_at(programmes, now_ms)
    if current is None:
        return None
    newest = night_of(current.rules.settings, now_ms)
    # A night of the day after tomorrow was run by a clock that was wrong. Were it believed, there
    # would be no more nights until that day came.
    on = newest if done is None or done > newest + _ONE_DAY else done + _ONE_DAY
    if on > newest:
        return None
    at_ms = nightly_due_at_ms(current.rules.settings, on)
    rules = programme_at(programmes, at_ms)
    if rules is not None:
        at_ms = nightly_due_at_ms(rules.rules.settings, on)
    return Night(on=on, at_ms=at_ms, rules=rules) if at_ms <= now_ms else None
