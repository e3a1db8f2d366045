"""The lint of programmes: each doubt is found where it is due, and not one step before."""

from __future__ import annotations

import pytest

from gateway.program.linting.doubt import DoubtCode
from simulators.given.doubted import found, gift, offer, programme, rule


def redenomination(old_units_per_unit: int) -> str:
    """The end of a file whose currency took the place of another one."""
    return (
        '\n[redenomination]\nfrom = "XTS"\nfrom_exponent = 2\n'
        f"old_units_per_unit = {old_units_per_unit}\n"
    )


def reward(more: str, name: str = "mug") -> str:
    """A reward that is right but for these lines."""
    return (
        f'\n[[rewards]]\nid = "{name}"\ntitle_en = "x"\ntitle_fa = "x"\n'
        f'gift = {{ kind = "benefit" }}\n{more}\n'
    )


FOOD = '\n[[categories]]\nid = "food"\nitems.label_words = ["bread"]\n'
EID = '\n[[occasions]]\nid = "eid"\ndates = [2027-09-08]\n'
AUTO = "[auto_redeem]\npoints = 100\ncredit_minor = 1\n"
COUPON = 'kind = "coupon", reward = "mug"'
C = DoubtCode
#: Rules with a doubt, what the doubt is about, and rules next to them without it.
CASES: dict[DoubtCode, tuple[str, str, str]] = {
    C.CAP_BELOW_ONE_USE: (
        rule('caps = [{ limit = 4, measure = "points" }]'),
        "earning.r",
        rule('caps = [{ limit = 5, measure = "points" }]'),
    ),
    C.CAP_NEVER_BITES: (
        rule('caps = [{ limit = 5, period = "day" }, { limit = 5, period = "month" }]'),
        "earning.r",
        rule('caps = [{ limit = 4, period = "day" }, { limit = 5, period = "month" }]'),
    ),
    C.CATEGORY_EMPTY: (
        '\n[[categories]]\nid = "food"\nitems = {}\n' + rule('items.only.categories = ["food"]'),
        "categories.food",
        FOOD + rule('items.only.categories = ["food"]'),
    ),
    C.CONTRADICTION: (
        offer("when.first_purchase = true\nwhen.visits_minimum = 2"),
        "offers.o",
        offer("when.first_purchase = true\nwhen.visits_minimum = 1"),
    ),
    C.COUPON_ELSEWHERE: (
        gift(COUPON, 'when.branches = ["a"]') + reward('cost_points = 0\nwhen.branches = ["b"]'),
        "offers.o",
        gift(COUPON, 'when.branches = ["a"]') + reward('cost_points = 0\nwhen.branches = ["a"]'),
    ),
    C.COUPON_FOR_FIRST_PURCHASE: (
        gift(COUPON) + reward("cost_points = 0\nwhen.first_purchase = true"),
        "offers.o",
        gift(COUPON) + reward("cost_points = 0"),
    ),
    C.COUPON_TOO_LATE: (
        gift(COUPON, "when.window.first_day = 2027-08-02")
        + reward("cost_points = 0\nwhen.window.last_day = 2027-08-01"),
        "offers.o",
        gift(COUPON, "when.window.first_day = 2027-08-02")
        + reward("cost_points = 0\nwhen.window.last_day = 2027-08-02"),
    ),
    C.CREDIT_CANNOT_BE_SPENT: (
        rule('unit = "credit"') + "[credit]\nshare_percent = 0",
        "earning.r",
        rule('unit = "credit"') + "[credit]\nshare_percent = 1",
    ),
    C.CUTOFF_AFTER_NOON: (
        '[settings]\ncutoff = "12:01"\nnightly = "12:30"',
        "settings",
        '[settings]\ncutoff = "12:00"\nnightly = "12:30"',
    ),
    C.DAY_LOOKS_JALALI: (
        offer("when.window.last_day = 1406-05-01"),
        "offers.o",
        offer("when.window.last_day = 2027-07-23"),
    ),
    C.EVENT_WITHOUT_LIMIT: (
        rule('event = "survey"', kind="event"),
        "earning.r",
        rule('event = "survey"\ncaps = [{ limit = 1 }]', kind="event"),
    ),
    C.EXPIRY_PAST: (
        '[expiry]\nkind = "date"\nlast_day = 2027-06-14',
        "expiry",
        '[expiry]\nkind = "date"\nlast_day = 2027-06-15',
    ),
    C.EXPIRY_SHORTER_THAN_PENDING: (
        rule('pending_days = 11\nexpiry = { kind = "days", count = 10 }'),
        "earning.r",
        rule('pending_days = 10\nexpiry = { kind = "days", count = 10 }'),
    ),
    # A point is worth a cent: 100 points for each euro are all of it.
    C.GIVES_TOO_MUCH: (
        rule("per_minor = 5\nwhen.branches = ['a']", kind="per_amount"),
        "earning.r",
        rule("per_minor = 6\nwhen.branches = ['a']", kind="per_amount"),
    ),
    C.HIDES_OTHERS: (
        rule("stackable = false"),
        "earning.r",
        rule("stackable = false\nwhen.branches = ['a']"),
    ),
    C.HOLDOUT_TOO_SMALL: (
        gift('kind = "points", points = 1', "holdout_percent = 4\nbudgets = [{ limit = 9 }]"),
        "offers.o",
        gift('kind = "points", points = 1', "holdout_percent = 5\nbudgets = [{ limit = 9 }]"),
    ),
    C.HOURS_ALL_DAY: (
        offer('when.window.hours = ["08:00-08:00"]'),
        "offers.o",
        offer('when.window.hours = ["08:00-08:01"]'),
    ),
    C.MULTIPLIER_OF_ONE: (
        rule("multiplier_permille = 1000", kind="multiplier"),
        "earning.r",
        rule("multiplier_permille = 1001", kind="multiplier"),
    ),
    C.MULTIPLIER_WITHOUT_BASE: (
        rule('multiplier_permille = 2000\nunit = "credit"', kind="multiplier"),
        "earning.r",
        rule('multiplier_permille = 2000\nunit = "credit"', kind="multiplier")
        + rule('unit = "credit"', "s"),
    ),
    C.NAMED_NOWHERE: (
        'segments = ["vip"]',
        "segments.vip",
        'segments = ["vip"]' + offer('when.segments = ["vip"]'),
    ),
    C.NIGHTLY_BEFORE_CUTOFF: (
        '[settings]\ncutoff = "03:01"',
        "settings",
        '[settings]\ncutoff = "03:00"',
    ),
    C.NO_GOODS: (
        FOOD + rule('items.only.categories = ["food"]\nitems.without.categories = ["food"]'),
        "earning.r",
        FOOD + rule('items.only.categories = ["food"]\nitems.without.skus = ["food"]'),
    ),
    C.OCCASION_DATES_PAST: (
        '\n[[occasions]]\nid = "eid"\ndates = [2027-06-14, 2026-06-20]\n',
        "occasions.eid",
        '\n[[occasions]]\nid = "eid"\ndates = [2027-06-15, 2026-06-20]\n',
    ),
    C.OCCASION_WITHOUT_DAY: (
        '\n[[occasions]]\nid = "eid"\nmonth = 2\nday = 30\n',
        "occasions.eid",
        '\n[[occasions]]\nid = "eid"\nmonth = 2\nday = 30\ncalendar = "jalali"\n',
    ),
    C.OFFER_WITHOUT_LIMIT: (
        gift('kind = "points", points = 1', ""),
        "offers.o",
        gift('kind = "points", points = 1', "when.window.last_day = 2027-12-31"),
    ),
    C.PAYS_FOR_ALL: (
        gift('kind = "money_off", amount_minor = 500') + "when.minimum_minor = 500",
        "offers.o",
        gift('kind = "money_off", amount_minor = 500') + "when.minimum_minor = 501",
    ),
    C.PROMISED_WITH_BUDGET: (
        offer('budgets = [{ limit = 9, owner = "all" }]'),
        "offers.o",
        offer('budgets = [{ limit = 9, owner = "member" }]'),
    ),
    C.RETURNS_TAKE_NOTHING: (
        "[returns]\nonly_pending = true",
        "returns",
        "pending_days = 1\n[returns]\nonly_pending = true",
    ),
    # 250 euros a day, a point each, for a day and the next.
    C.REWARD_OUT_OF_REACH: (
        reward("cost_points = 501") + '[expiry]\nkind = "days"\ncount = 1',
        "rewards.mug",
        reward("cost_points = 500") + '[expiry]\nkind = "days"\ncount = 1',
    ),
    C.REWARD_WITHOUT_WAY: (
        reward("cost_points = 0"),
        "rewards.mug",
        reward("cost_points = 0") + gift(COUPON),
    ),
    C.SAME_ID: (
        rule("") + reward("cost_points = 1", "r"),
        "rewards.r",
        rule("") + reward("cost_points = 1", "s"),
    ),
    C.SAME_RANK: (
        rule('stackable = false\nwhen.branches = ["a"]')
        + rule('stackable = false\nwhen.branches = ["a", "b"]', "s"),
        "earning.s",
        rule('stackable = false\nwhen.branches = ["a"]')
        + rule('stackable = false\nwhen.branches = ["b"]', "s"),
    ),
    C.SETTING_WITHOUT_EFFECT: (
        offer("when.visits_within_days = 7"),
        "offers.o",
        offer("when.visits_within_days = 7\nwhen.visits_minimum = 2"),
    ),
    C.TIER_BRINGS_NOTHING: (
        '[[tiers.levels]]\nid = "a"\nthreshold = 0\n[[tiers.levels]]\nid = "b"\nthreshold = 9',
        "tiers.levels.b",
        '[[tiers.levels]]\nid = "a"\nthreshold = 0\n[[tiers.levels]]\nid = "b"\nthreshold = 9'
        + offer('when.tiers = ["b"]'),
    ),
    C.TIER_OUT_OF_REACH: (
        '[tiers]\nbasis = "visits"\nperiod = "month"\nlevels = [{ id = "a", threshold = 94 }]',
        "tiers.levels.a",
        '[tiers]\nbasis = "visits"\nperiod = "month"\nlevels = [{ id = "a", threshold = 93 }]',
    ),
    C.TIER_TURNED_INTO_CREDIT: (
        AUTO + '[tiers]\nbasis = "balance"\nlevels = [{ id = "a", threshold = 100 }]',
        "tiers.levels.a",
        AUTO + '[tiers]\nbasis = "balance"\nlevels = [{ id = "a", threshold = 99 }]',
    ),
    C.TITLE_IN_ONE_LANGUAGE: (
        rule('title_en = "Five"'),
        "earning.r",
        rule('title_en = "Five"\ntitle_fa = "پنج"'),
    ),
    C.TITLE_MISSING: (
        '\n[[rewards]]\nid = "mug"\ngift = { kind = "benefit" }\ncost_points = 1\n',
        "rewards.mug",
        reward("cost_points = 1"),
    ),
    C.UNKNOWN_ZONE: (
        '[settings]\nzone = "Asia/Teheran"',
        "settings",
        '[settings]\nzone = "Asia/Tehran"',
    ),
    C.WINDOW_HAS_NO_DAY: (
        EID + offer('when.window = { occasions = ["eid"], weekdays = ["tuesday"] }'),
        "offers.o",
        EID + offer('when.window = { occasions = ["eid"], weekdays = ["wednesday"] }'),
    ),
    C.AMOUNTS_UNSCALED: (
        redenomination(1_000),
        "earn_per_minor",
        redenomination(1),
    ),
    C.WINDOW_PAST: (
        offer("when.window.last_day = 2027-06-14"),
        "offers.o",
        offer("when.window.last_day = 2027-06-15"),
    ),
}


@pytest.mark.parametrize("code", CASES)
def test_each_doubt_is_found_where_it_is_due(code: DoubtCode) -> None:
    """The doubt is about the part that it should be about; one step away there is none."""
    wrong, subject, right = CASES[code]
    assert (code, subject) in found(programme(wrong))
    assert code not in {name for name, _ in found(programme(right))}


@pytest.mark.parametrize(
    ("base", "code"),
    [
        ({"earn_points": 0}, C.EARNS_NOTHING),
        ({"redeem_share_percent": 0}, C.POINTS_WORTH_NOTHING),
        ({"redeem_value_minor": 10_001}, C.GIVES_TOO_MUCH),
        ({"redeem_minimum_points": 150}, C.MINIMUM_BETWEEN_STEPS),
    ],
)
def test_the_base_is_looked_at_too(base: dict[str, int], code: DoubtCode) -> None:
    """A programme of points per amount alone can be doubtful, and usually is not."""
    assert found(programme("", **base)) == {(code, "")}
    assert found(programme("")) == set()


def test_every_doubt_is_tried_here() -> None:
    """A new doubt needs a case of its own."""
    base = {C.EARNS_NOTHING, C.POINTS_WORTH_NOTHING, C.MINIMUM_BETWEEN_STEPS}
    assert set(CASES) | base == set(DoubtCode)
