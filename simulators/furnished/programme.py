"""The furnished shop's next rules, with something of everything, and a draft of those after them.

The first version, under which the past was earned, stays as it is: the second takes effect a week
later, so that no figure of the past depends on it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gateway.config_programme import parse_programme, programme_text
from gateway.errors import MohrError
from gateway.model.programme import Programme
from gateway.office.commands import AddProgramme
from gateway.office.drafts import DraftConflict
from gateway.office.house import House
from simulators.furnished.names import HOSTILE

_WEEK_MS: Final = 7 * 86_400_000
#: Amounts are rials. Names are in both languages, in one, and in none.
_RULES: Final = """
pending_days = 2
segments = ["staff", "students"]

[settings]
points_name_fa = "نارنج"
points_name_en = "oranges"
zone = "Asia/Tehran"
cutoff = "04:00"
nightly = "05:00"
first_weekday = "saturday"
assumed_tax_bp = 900
branch_clocks = [{ branch = "isfahan", cutoff = "03:00" }]

[[categories]]
id = "drinks"
items.label_words = ["چای", "coffee"]
[[categories]]
id = "cakes"
items.skus = ["1001", "1002", "1003", "1004", "1005", "1006", "1007", "1008"]

[[occasions]]
id = "yalda"
month = 9
day = 30
calendar = "jalali"
title_fa = "شب یلدا"
title_en = "Yalda night"
[[occasions]]
id = "feast"
dates = [2027-03-10, 2028-02-27]
title_fa = "عید فطر"

[[earning]]
id = "fridays"
kind = "multiplier"
multiplier_permille = 2000
when.window.weekdays = ["friday"]
title_fa = "جمعه‌های دوبرابر"
title_en = "Double Fridays"
[[earning]]
id = "stamp"
kind = "item"
points = 1
items.only.categories = ["drinks"]
items.without.skus = ["77"]
caps = [{ limit = 3, measure = "points", period = "day" }]
[[earning]]
id = "evenings"
kind = "per_amount"
points = 3
per_minor = 50000
basis = "before_tax"
rounding = "nearest"
priority = 5
stackable = false
pending_days = 0
when.window.hours = ["17:00-20:00", "22:00-02:00"]
when.window.first_day = 2027-03-21
when.branches = ["tajrish", "isfahan"]
when.tiers = ["gold"]
when.minimum_minor = 1000000
[[earning]]
id = "cash-back"
kind = "per_amount"
unit = "credit"
points = 5000
per_minor = 100000
when.segments = ["students"]
caps = [{ limit = 500000, measure = "points", period = "month" }]
[earning.expiry]
kind = "months"
count = 6
calendar = "jalali"
sliding = true
[[earning]]
id = "survey"
kind = "event"
event = "survey"
points = 20
caps = [{ limit = 1, period = "month" }]
[[earning]]
id = "friend"
kind = "referral"
points = 50
[[earning]]
id = "regulars"
kind = "visit"
points = 2
when.visits_minimum = 5
when.visits_within_days = 30

[expiry]
kind = "year_end"
count = 1
calendar = "jalali"

[auto_redeem]
points = 1000
credit_minor = 10000000

[[rewards]]
id = "coffee"
cost_points = 50
title_fa = "یک قهوه"
title_en = "A coffee"
gift.kind = "free_item"
gift.items.only.categories = ["drinks"]
gift.cap_minor = 900000
[[rewards]]
id = "next-time"
cost_points = 0
gift.kind = "percent_off"
gift.percent_bp = 1500
gift.cap_minor = 500000
funder = "tajrish"

[[offers]]
id = "birthday"
gift.kind = "free_item"
gift.items.only.categories = ["cakes"]
when.member_day.days_before = 3
when.member_day.days_after = 3
budgets = [{ limit = 1, period = "year" }]
published = true
title_fa = "کیک تولد"
title_en = "Birthday cake"
[[offers]]
id = "come-back"
gift.kind = "coupon"
gift.reward = "next-time"
gift.valid_days = 30
when.days_since_visit_minimum = 60
holdout_percent = 10
priority = -2
stacking = "never"
campaign = "winter"
[[offers]]
id = "tenth"
gift.kind = "money_off"
gift.amount_minor = 200000
when.visit_every = 10
when.minimum_minor = 1000000
when.window.last_day = 2026-11-20
budgets = [{ limit = 50000000, measure = "amount", owner = "all", period = "month" }]

[stacking]
choice = "highest"
most = 2

[tiers]
basis = "spend"
period = "rolling"
end = "fixed"
keep_months = 12
grace_days = 30
downgrade = "one_down"
[[tiers.levels]]
id = "silver"
threshold = 0
title_fa = "نقره‌ای"
title_en = "Silver"
[[tiers.levels]]
id = "gold"
threshold = 50000000
keeps_for_ever = true
title_fa = "طلایی"
title_en = "Gold"
benefits = [
  { id = "window", title_en = "A seat at the window", title_fa = "میز کنار پنجره" },
  { id = "queue", title_en = "No queue", title_fa = "بدون صف" },
]

[credit]
top_up_minimum_minor = 100000
top_up_maximum_minor = 50000000
balance_maximum_minor = 100000000
transfers = true

[gift_cards]
minimum_minor = 500000
maximum_minor = 50000000
expiry = { kind = "months", count = 12 }

[households]
members_maximum = 5
spend_limit_points = 500

[returns]
grace_days = 7
days_maximum = 30
"""


def rich_programme(first: Programme) -> Programme:
    """The second version of rules: the base of the first, and something of everything."""
    base = programme_text(replace(first, version=first.version + 1, effective_from_ms=0))
    return parse_programme(base + _RULES)


def furnish_programme(house: House, first: Programme) -> None:
    """Publish the next rules, and begin a draft of those after them.

    Raises:
        MohrError: if something is not taken.
    """
    now_ms = house.clock.unix_ms()
    rich = replace(rich_programme(first), effective_from_ms=now_ms + _WEEK_MS)
    reply = house.execute(AddProgramme(programme=programme_text(rich)))
    if not reply.ok:
        raise MohrError(f"the next rules were not taken: {reply.text}")
    begun = house.office.drafts.begin(
        programme_text(_drafted(rich)), base_version=rich.version, account="owen", at_ms=now_ms
    )
    if isinstance(begun, DraftConflict):
        raise MohrError("the office has a draft already")


def _drafted(rich: Programme) -> Programme:
    """The draft changes a little, adds an offer of a hostile name, and leaves one out."""
    rules = rich.rules
    birthday, come_back, tenth = rules.offers
    offers = (
        replace(birthday, published=False, priority=3),
        replace(tenth, title_en=HOSTILE[0][:80], title_fa=HOSTILE[3][:80]),
    )
    assert come_back.gift.reward, "the coupon is for a reward"
    return replace(
        rich,
        version=rich.version + 1,
        effective_from_ms=0,
        earn_points=2,
        rules=replace(rules, offers=offers, pending_days=0),
    )
