"""What the engine is told beside the rules and the sale: who, where, when, and what was before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gateway.model.ids import BranchId
from gateway.model.member_facts import MemberDate, MemberFacts, Used

__all__ = ["MemberDate", "MemberFacts", "Place", "Used"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and when something happened, by the branch's own clock.

    Attributes:
        branch: where.
        at_ms: Unix time in milliseconds.
        business_day: the day it counts to, Gregorian; see ``Settings.cutoff_minute``.
        minute: minutes after midnight by the wall clock; an hour that a change of clocks repeats
            has the same minutes twice.
    """

    branch: BranchId
    at_ms: int
    business_day: date
    minute: int
