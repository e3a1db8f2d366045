"""What can be doubtful about rules that are valid, as codes: each face has its own words for them.

A doubt never stops a programme. Rules may well be meant as they stand; somebody should look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final, TypeAlias

#: Figures are written with the reader's digits; texts are names of the programme's, or ISO dates.
Value: TypeAlias = int | str


@unique
class Severity(StrEnum):
    """How sure it is that something is wrong.

    Attributes:
        ERROR: the rule cannot do what it says.
        WARNING: it is hardly meant so.
        NOTE: good to know; it may well be meant so.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@unique
class DoubtCode(StrEnum):
    """Everything that can be doubtful."""

    AMOUNTS_UNSCALED = "amounts-unscaled"
    CAP_BELOW_ONE_USE = "cap-below-one-use"
    CAP_NEVER_BITES = "cap-never-bites"
    CATEGORY_EMPTY = "category-empty"
    CONTRADICTION = "contradiction"
    COUPON_ELSEWHERE = "coupon-elsewhere"
    COUPON_FOR_FIRST_PURCHASE = "coupon-for-first-purchase"
    COUPON_TOO_LATE = "coupon-too-late"
    CREDIT_CANNOT_BE_SPENT = "credit-cannot-be-spent"
    CUTOFF_AFTER_NOON = "cutoff-after-noon"
    DAY_LOOKS_JALALI = "day-looks-jalali"
    EARNS_NOTHING = "earns-nothing"
    EVENT_WITHOUT_LIMIT = "event-without-limit"
    EXPIRY_PAST = "expiry-past"
    EXPIRY_SHORTER_THAN_PENDING = "expiry-shorter-than-pending"
    GIVES_TOO_MUCH = "gives-too-much"
    HIDES_OTHERS = "hides-others"
    HOLDOUT_TOO_SMALL = "holdout-too-small"
    HOURS_ALL_DAY = "hours-all-day"
    MINIMUM_BETWEEN_STEPS = "minimum-between-steps"
    MULTIPLIER_OF_ONE = "multiplier-of-one"
    MULTIPLIER_WITHOUT_BASE = "multiplier-without-base"
    NAMED_NOWHERE = "named-nowhere"
    NIGHTLY_BEFORE_CUTOFF = "nightly-before-cutoff"
    NO_GOODS = "no-goods"
    OCCASION_DATES_PAST = "occasion-dates-past"
    OCCASION_WITHOUT_DAY = "occasion-without-day"
    OFFER_WITHOUT_LIMIT = "offer-without-limit"
    PAYS_FOR_ALL = "pays-for-all"
    POINTS_WORTH_NOTHING = "points-worth-nothing"
    PROMISED_WITH_BUDGET = "promised-with-budget"
    RETURNS_TAKE_NOTHING = "returns-take-nothing"
    REWARD_OUT_OF_REACH = "reward-out-of-reach"
    REWARD_WITHOUT_WAY = "reward-without-way"
    SAME_ID = "same-id"
    SAME_RANK = "same-rank"
    SETTING_WITHOUT_EFFECT = "setting-without-effect"
    TIER_BRINGS_NOTHING = "tier-brings-nothing"
    TIER_OUT_OF_REACH = "tier-out-of-reach"
    TIER_TURNED_INTO_CREDIT = "tier-turned-into-credit"
    TITLE_IN_ONE_LANGUAGE = "title-in-one-language"
    TITLE_MISSING = "title-missing"
    UNKNOWN_ZONE = "unknown-zone"
    WINDOW_HAS_NO_DAY = "window-has-no-day"
    WINDOW_PAST = "window-past"


_ERRORS: Final = frozenset(
    {
        DoubtCode.CONTRADICTION,
        DoubtCode.COUPON_FOR_FIRST_PURCHASE,
        DoubtCode.COUPON_TOO_LATE,
        DoubtCode.DAY_LOOKS_JALALI,
        DoubtCode.EXPIRY_PAST,
        DoubtCode.MULTIPLIER_WITHOUT_BASE,
        DoubtCode.NO_GOODS,
        DoubtCode.UNKNOWN_ZONE,
        DoubtCode.WINDOW_HAS_NO_DAY,
    }
)
_NOTES: Final = frozenset(
    {
        DoubtCode.CAP_NEVER_BITES,
        DoubtCode.EVENT_WITHOUT_LIMIT,
        DoubtCode.HOLDOUT_TOO_SMALL,
        DoubtCode.MINIMUM_BETWEEN_STEPS,
        DoubtCode.NAMED_NOWHERE,
        DoubtCode.TIER_BRINGS_NOTHING,
        DoubtCode.TITLE_MISSING,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One thing that somebody should look at.

    Attributes:
        code: what.
        subject: the path to what it is about, rules by id: ``offers.happy-hour``; empty for the
            programme as a whole.
        values: the figures and names to it.
    """

    code: DoubtCode
    subject: str = ""
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def severity(self) -> Severity:
        """How sure it is that something is wrong; each code has one."""
        if self.code in _ERRORS:
            return Severity.ERROR
        return Severity.NOTE if self.code in _NOTES else Severity.WARNING


_ORDER: Final = {severity: rank for rank, severity in enumerate(Severity)}


def worst_first(doubts: Iterable[Doubt]) -> tuple[Doubt, ...]:
    """Put doubts into the order in which a person should read them."""
    return tuple(sorted(doubts, key=lambda doubt: _ORDER[doubt.severity]))
