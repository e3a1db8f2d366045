"""The lots that an evaluation's awards become: what can be spent from when, until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.model.rules.earning import Unit
from gateway.model.rules.expiry import Expiry
from gateway.model.rules.settings import Settings
from gateway.program.evaluation import Award
from gateway.program.expiry import active_from_ms, expires_at_ms
from gateway.program.facts import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedLot:
    """Awards that begin and end together.

    Attributes:
        unit: points or credit.
        amount: how much.
        available_from_ms: when they can be spent, Unix time in milliseconds.
        expires_at_ms: when they lapse; None for never.
        source: the rule's or the offer's id; empty where there are several.
    """

    unit: Unit
    amount: int
    available_from_ms: int
    expires_at_ms: int | None
    source: str


def granted_lots(
    awards: Sequence[Award], place: Place, settings: Settings
) -> tuple[GrantedLot, ...]:
    """Put awards of one unit, rule of expiry, beginning and end together.

    Args:
        awards: what the rules gave.
        place: where and when; both clocks, of waiting and of expiry, start with the sale's own
            time, however late it was told.
        settings: the programme's clocks.

    Returns:
        One lot for each, in the order of the first award of each.
    """
    found: dict[tuple[Unit, Expiry, int, int | None], list[Award]] = {}
    for award in awards:
        begins = active_from_ms(award.pending_days, place.at_ms, place.branch, settings)
        ends = expires_at_ms(award.expiry, begins, place.branch, settings)
        found.setdefault((award.unit, award.expiry, begins, ends), []).append(award)
    return tuple(
        GrantedLot(
            unit=unit,
            amount=sum(award.amount for award in together),
            available_from_ms=begins,
            expires_at_ms=ends,
            source=together[0].source if len(together) == 1 else "",
        )
        for (unit, _, begins, ends), together in found.items()
    )
