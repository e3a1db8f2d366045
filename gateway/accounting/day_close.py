"""Closed days: what the books held when a day was closed, for good.

A day is closed once. What is posted afterwards, also what was sold before, belongs to the next
day to be closed and keeps both dates: the one it happened on and the one it was posted on. Each
closing carries the hash of the one before, so that none can be changed or left out unseen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from gateway.accounting.account_class import AccountClass
from gateway.accounting.trial_balance import AccountTotal

FIRST_HASH: Final = bytes(32)
"""What the first closing carries in the place of the hash of the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayClose:
    """One closing.

    Attributes:
        day: the business day that ends with it, Gregorian, by the programme's zone.
        first_index: the first journal row in it.
        last_index: the last one; one less than ``first_index`` on a day without any.
        closed_at_ms: Unix time in milliseconds.
        totals: what moved in it.
        previous_hash: SHA-256 of the closing before.
    """

    day: date
    first_index: int
    last_index: int
    closed_at_ms: int
    totals: tuple[AccountTotal, ...]
    previous_hash: bytes

    @property
    def hash(self) -> bytes:
        """SHA-256 over everything in it."""
        return hashlib.sha256(self.text().encode()).digest()

    def text(self) -> str:
        """The closing as the one JSON text that its hash is made of."""
        return json.dumps(
            {
                "day": self.day.isoformat(),
                "first_index": self.first_index,
                "last_index": self.last_index,
                "closed_at_ms": self.closed_at_ms,
                "totals": [
                    [one.ledger, one.account_class.value, one.debit, one.credit]
                    for one in self.totals
                ],
                "previous_hash": self.previous_hash.hex(),
            },
            sort_keys=True,
            separators=(",", ":"),
        )


class DayClosedError(ValueError):
    """The day is closed already; the text says which."""


def next_close(
    closes: Sequence[DayClose],
    *,
    day: date,
    last_index: int,
    closed_at_ms: int,
    totals: tuple[AccountTotal, ...],
) -> DayClose:
    """Close a day after the ones before.

    Args:
        closes: the closings so far, oldest first.
        day: the day to close.
        last_index: the journal's last row.
        closed_at_ms: Unix time in milliseconds.
        totals: what moved since the last closing.

    Raises:
        DayClosedError: if that day or a later one is closed already.
    """
    last = closes[-1] if closes else None
    if last is not None and day <= last.day:
        raise DayClosedError(f"{last.day} is closed already; closed days are never opened again")
    return DayClose(
        day=day,
        first_index=1 if last is None else last.last_index + 1,
        last_index=last_index,
        closed_at_ms=closed_at_ms,
        totals=totals,
        previous_hash=FIRST_HASH if last is None else last.hash,
    )


def close_from_text(text: str) -> DayClose:
    """Read what ``DayClose.text`` wrote.

    Raises:
        ValueError: if it is something else.
    """
    plain = json.loads(text)
    close = DayClose(
        day=date.fromisoformat(plain["day"]),
        first_index=plain["first_index"],
        last_index=plain["last_index"],
        closed_at_ms=plain["closed_at_ms"],
        totals=tuple(
            AccountTotal(
                ledger=ledger, account_class=AccountClass(kind), debit=debit, credit=credit
            )
            for ledger, kind, debit, credit in plain["totals"]
        ),
        previous_hash=bytes.fromhex(plain["previous_hash"]),
    )
    if close.text() != text:
        raise ValueError("the closing is not in canonical form")
    return close


def broken_links(closes: Sequence[DayClose]) -> tuple[date, ...]:
    """Name the days whose closing does not follow from the one before."""
    broken = []
    before: DayClose | None = None
    for close in closes:
        wanted = FIRST_HASH if before is None else before.hash
        first = 1 if before is None else before.last_index + 1
        if close.previous_hash != wanted or close.first_index != first:
            broken.append(close.day)
        before = close
    return tuple(broken)
