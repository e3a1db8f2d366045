"""What is doubtful about rules that are valid: a lint for programmes. Pure.

A doubt is a code with a severity, the path to what it is about, and the figures to it; command
line and pages have the words. What makes a programme invalid never gets here: the model refuses it.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from gateway.model.programme import Programme
from gateway.program.linting.caps import check_caps
from gateway.program.linting.clocks import check_clocks, check_days
from gateway.program.linting.doubt import Doubt, worst_first
from gateway.program.linting.earning import (
    check_events,
    check_lives,
    check_multipliers,
    check_ranks,
)
from gateway.program.linting.effects import check_effects
from gateway.program.linting.goods import check_goods, check_names
from gateway.program.linting.look import look_at
from gateway.program.linting.offers import check_coupons, check_offer_ranks, check_offers
from gateway.program.linting.reach import (
    check_credit,
    check_returns,
    check_rewards,
    check_tiers,
)
from gateway.program.linting.titles import check_titles
from gateway.program.linting.when import check_conditions
from gateway.program.linting.worth import check_scaled, check_steps, check_worth

_CHECKS: Final = (
    check_clocks,
    check_days,
    check_worth,
    check_steps,
    check_scaled,
    check_conditions,
    check_goods,
    check_multipliers,
    check_ranks,
    check_lives,
    check_events,
    check_caps,
    check_offers,
    check_offer_ranks,
    check_coupons,
    check_rewards,
    check_tiers,
    check_credit,
    check_returns,
    check_effects,
    check_names,
    check_titles,
)


def doubts(programme: Programme, *, today: date | None = None) -> tuple[Doubt, ...]:
    """Find what somebody should look at before a programme counts.

    Args:
        programme: valid rules.
        today: the day on which they are looked at, so that what is over is seen; None where only
            the day counts from which the rules apply.

    Returns:
        the doubts, the worst first.
    """
    look = look_at(programme, today)
    return worst_first(doubt for check in _CHECKS for doubt in check(look))
