"""Who owes whom: value that was earned at one branch and used at another, and who bears rewards.

A branch that honours points which another branch gave has given goods for them; the branch that
gave them owes it what they stood for. Money off that names a funder is owed by that branch or
partner. What came back by returns is taken off.

Where the currency was redenominated within the stretch, everything is reckoned in the smallest
unit of the first currency and shown in the one in force, each sum rounded once.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from gateway.ledger.place import LedgerPlace
from gateway.ledger.sql_batch import SqlBatch
from gateway.ledger.sql_reading import reading
from gateway.model.ids import BranchId
from gateway.program.succession import first_minor, rounded

_USED = """
SELECT hold.hold_id, hold.branch AS used_at, hold.redeemed_points, hold.redeemed_minor,
  hold.given_back_minor, hold.terms, hold.programme_version, earn.branch AS earned_at,
  sum(allocation.points) AS points
FROM hold
LEFT JOIN allocation ON allocation.owner_index = hold.owner_index
LEFT JOIN lot ON lot.lot_id = allocation.lot_id
LEFT JOIN posting AS earn ON earn.journal_index = lot.earned_index
WHERE hold.state = 'posted' AND hold.resolved_index BETWEEN :first AND :last
GROUP BY hold.hold_id, hold.branch, hold.redeemed_points, hold.redeemed_minor,
  hold.given_back_minor, hold.terms, hold.programme_version, earn.branch
ORDER BY hold.hold_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owing:
    """What one owes another.

    Attributes:
        debtor: the branch that gave the value, or the partner that bears a reward.
        creditor: the branch that took it in payment.
        points: units of value that came from the debtor; 0 for what a funder bears.
        amount_minor: the money they stood for.
    """

    debtor: BranchId
    creditor: BranchId
    points: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """All that branches and partners owe one another for a part of the journal.

    Attributes:
        owings: one for each pair, largest first; what a branch owes itself is left out.
        own_minor: value that was used where it was earned.
    """

    owings: tuple[Owing, ...]
    own_minor: int


def settlement(place: LedgerPlace, first_index: int, last_index: int) -> Settlement:
    """Say who owes whom for the redemptions that these journal rows posted.

    Args:
        place: the ledger.
        first_index: the first row.
        last_index: the last row, included.
    """
    with reading(place) as connection:
        programmes = SqlBatch(connection).programmes()
        units = {one.version: first_minor(programmes, one) for one in programmes}
        uses = _uses(connection, first_index, last_index, units)
        return _settled(uses, units[max(units)] if units else 1)


@dataclass(slots=True)
class _Use:
    """One posted reservation: what it took from which branch's lots."""

    used_at: BranchId
    amount_minor: int
    funded: Counter[BranchId]
    earned: dict[BranchId, int]


def _uses(connection: Connection, first: int, last: int, units: Mapping[int, int]) -> list[_Use]:
    """The reservations, their money in the first currency's smallest unit."""
    found: dict[bytes, _Use] = {}
    for row in connection.execute(text(_USED), {"first": first, "last": last}).mappings():
        use = found.get(bytes(row["hold_id"]))
        if use is None:
            unit = units[row["programme_version"]]
            kept = (row["redeemed_minor"] - row["given_back_minor"]) * unit
            funded = _funded(row["terms"], unit)
            use = _Use(BranchId(row["used_at"]), kept, funded, {})
            found[bytes(row["hold_id"])] = use
        if row["earned_at"] is not None and row["points"] > 0:
            use.earned[BranchId(row["earned_at"])] = int(row["points"])
    return list(found.values())


def _funded(terms: str, unit: int) -> Counter[BranchId]:
    """What funders bear of a reservation's money."""
    funded: Counter[BranchId] = Counter()
    for discount in json.loads(terms).get("discounts", ()) if terms else ():
        if discount.get("funder"):
            funded[BranchId(discount["funder"])] += discount["amount_minor"] * unit
    return funded


def _settled(uses: Iterable[_Use], unit: int) -> Settlement:
    """Add up, and bring the sums into the currency in force."""
    money: defaultdict[tuple[BranchId, BranchId], list[int]] = defaultdict(lambda: [0, 0])
    own_minor = 0
    for use in uses:
        left = use.amount_minor
        for funder, amount in use.funded.items():
            part = min(amount, left)
            left -= part
            money[funder, use.used_at][1] += part
        whole = sum(use.earned.values())
        for branch, points in sorted(use.earned.items()):
            part = left * points // whole
            left, whole = left - part, whole - points
            if branch == use.used_at:
                own_minor += part
            else:
                pair = money[branch, use.used_at]
                pair[0] += points
                pair[1] += part
    owings = [
        Owing(debtor=debtor, creditor=creditor, points=points, amount_minor=rounded(amount, unit))
        for (debtor, creditor), (points, amount) in money.items()
        if debtor != creditor and (points or amount)
    ]
    owings.sort(key=lambda one: (-one.amount_minor, one.debtor, one.creditor))
    return Settlement(owings=tuple(owings), own_minor=rounded(own_minor, unit))
