"""Frozen values as plain tables: only what differs is written, and reading is strict and clear."""

from __future__ import annotations

import json
from datetime import date

import pytest

from gateway.errors import ValueRangeError
from gateway.model.ids import BranchId
from gateway.model.plain import from_plain, to_canonical_json, to_plain
from gateway.model.rules.caps import Cap, CapPeriod
from gateway.model.rules.condition import Condition, MemberDay
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import Category, ItemFilter, ItemSet, Weekday, Window
from gateway.model.rules.settings import Occasion, Settings
from gateway.model.rules.tiers import TierLevel, TierScheme

RULES = Rules(
    settings=Settings(zone="Asia/Tehran", points_name_fa="ستاره"),
    categories=(Category(id="coffee", items=ItemSet(label_words=("قهوه",))),),
    occasions=(
        Occasion(id="nowruz", month=1, day=1),
        Occasion(id="fair", dates=(date(2027, 3, 1),)),
    ),
    earning=(
        EarningRule(
            id="friday",
            kind=EarningKind.MULTIPLIER,
            multiplier_permille=1_500,
            when=Condition(
                window=Window(weekdays=(Weekday.FRIDAY,), first_day=date(2027, 3, 21)),
                branches=(BranchId("main"),),
                tiers=("gold",),
            ),
            caps=(Cap(limit=2, period=CapPeriod.WEEK),),
        ),
    ),
    expiry=Expiry(kind=ExpiryKind.MONTHS, count=12),
    rewards=(
        Reward(
            id="coffee",
            cost_points=100,
            gift=Gift(
                kind=GiftKind.FREE_ITEM,
                items=ItemFilter(only=ItemSet(categories=("coffee",))),
            ),
        ),
    ),
    offers=(
        Offer(
            id="birthday",
            gift=Gift(kind=GiftKind.COUPON, reward="coffee", valid_days=30),
            when=Condition(member_day=MemberDay(days_after=7)),
            holdout_percent=10,
        ),
    ),
    tiers=TierScheme(levels=(TierLevel(id="gold", threshold=1_000),)),
)


def test_rules_with_everything_come_back_equal() -> None:
    """Every kind of part survives being written as JSON and read again."""
    text = to_canonical_json(RULES)
    assert from_plain(Rules, json.loads(text)) == RULES


def test_nothing_that_is_default_is_written() -> None:
    """Empty rules are an empty table, so that new settings change no stored text."""
    assert to_plain(Rules()) == {}
    assert to_plain(RULES.expiry) == {"kind": "months", "count": 12}


def test_a_day_may_stand_as_a_day_or_as_text() -> None:
    """TOML knows days, JSON does not; both are read."""
    written = from_plain(Window, {"first_day": "2027-03-21"})
    assert written == from_plain(Window, {"first_day": date(2027, 3, 21)})


@pytest.mark.parametrize(
    ("plain", "problem"),
    [
        ({"earnings": []}, "earnings: there is no such setting; did you mean 'earning'?"),
        ({"xyzzy": 1}, "xyzzy: there is no such setting; known are settings"),
        ({"earning": {}}, "earning: must be a list"),
        ({"earning": [{"kind": "visit", "points": 1}]}, "earning[0].id: is missing"),
        (
            {"earning": [{"id": "a", "kind": "visits"}]},
            "kind: must be one of per_amount",
        ),
        ({"earning": [{"id": "a", "kind": "visit", "points": 1.0}]}, "points: must be a whole"),
        ({"earning": [{"id": "a", "kind": "visit", "points": True}]}, "points: must be a whole"),
        ({"earning": [{"id": "a", "kind": "visit"}]}, "earning[0]: rule 'a': points must be above"),
        ({"settings": {"zone": None}}, "settings.zone: must be text"),
        ({"expiry": {"kind": "date", "last_day": "soon"}}, "last_day: must be a day such as"),
        ({"expiry": []}, "expiry: must be a table"),
        ({"offers": [{"id": "a", "gift": {"kind": "coupon", "reward": "x"}}]}, "names the reward"),
        ({"segments": ["a", "a"]}, "segments: a stands there twice"),
    ],
)
def test_a_fault_names_its_path_and_what_would_be_right(
    plain: dict[str, object], problem: str
) -> None:
    """Whoever wrote the file learns where the mistake is and what to write instead."""
    with pytest.raises(ValueRangeError) as refused:
        from_plain(Rules, plain)
    assert problem in str(refused.value)
