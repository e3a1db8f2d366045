"""The lint of programmes: each doubt is found where it is due, and not one step before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.cli.program_sentences import SENTENCES, sentence_of
from gateway.config_programme import (
    EXPONENTS,
    default_programme,
    parse_programme,
    programme_text,
)
from gateway.model.programme import Programme
from gateway.model.rules.settings import Settings
from gateway.program.doubts import doubts
from gateway.program.linting.doubt import Doubt, DoubtCode, Severity
from simulators.programmes import random_programme

BASE = programme_text(default_programme("EUR"))
TODAY = date(2027, 6, 15)


def programme(more: str, **base: object) -> Programme:
    """A programme of these rules; single settings of the rules stand first."""
    return replace(parse_programme(f"{BASE}{more}"), **base)  # type: ignore[arg-type]


def offer(more: str, name: str = "o") -> str:
    """An offer that is right but for these lines."""
    return (
        f'\n[[offers]]\nid = "{name}"\ntitle_en = "x"\ntitle_fa = "x"\n'
        f'published = true\ngift = {{ kind = "points", points = 1 }}\n{more}'
    )


def gift(more: str, rest: str = "published = true") -> str:
    """An offer with this gift."""
    return f'\n[[offers]]\nid = "o"\ntitle_en = "x"\ntitle_fa = "x"\ngift = {{ {more} }}\n{rest}\n'


def rule(more: str, name: str = "r", kind: str = "fixed") -> str:
    """An earning rule that is right but for these lines."""
    points = "" if kind == "multiplier" else "points = 5\n"
    return f'\n[[earning]]\nid = "{name}"\nkind = "{kind}"\n{points}{more}\n'


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


def found(wanted: Programme) -> set[tuple[DoubtCode, str]]:
    """The doubts, each with what it is about."""
    return {(doubt.code, doubt.subject) for doubt in doubts(wanted, today=TODAY)}


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


@pytest.mark.parametrize(
    ("more", "code", "subject"),
    [
        # Everything that goes wrong for a rule goes wrong for offers and branches as well.
        (gift('kind = "credit", amount_minor = 5')
         + "budgets = [{ limit = 4, measure = 'points' }]", C.CAP_BELOW_ONE_USE, "offers.o"),
        (gift('kind = "money_off", amount_minor = 5')
         + "budgets = [{ limit = 4, measure = 'amount' }]", C.CAP_BELOW_ONE_USE, "offers.o"),
        (gift('kind = "points", points = 5') + "budgets = [{ limit = 1, period = 'sale' }]",
         C.CAP_NEVER_BITES, "offers.o"),
        (gift('kind = "percent_off", percent_bp = 10000'), C.PAYS_FOR_ALL, "offers.o"),
        (offer("stacking = 'never'") + offer("stacking = 'never'", "p"), C.SAME_RANK, "offers.p"),
        ('[settings]\nbranch_clocks = [{ branch = "a", zone = "Mars/Dome" }]',
         C.UNKNOWN_ZONE, "settings.branch_clocks.a"),
        ('[settings]\nbranch_clocks = [{ branch = "a", cutoff = "04:00" }]',
         C.NIGHTLY_BEFORE_CUTOFF, "settings"),
        ("[credit]\nshare_percent = 0\ntop_up_maximum_minor = 5",
         C.CREDIT_CANNOT_BE_SPENT, "credit"),
        ("[credit]\nshare_percent = 0\n[auto_redeem]\npoints = 100\ncredit_minor = 1",
         C.CREDIT_CANNOT_BE_SPENT, "auto_redeem"),
        (offer("when.days_since_visit_minimum = 30\nwhen.visits_within_days = 30\n"
               "when.visits_minimum = 2"), C.CONTRADICTION, "offers.o"),
        (offer("when.visit_every = 10\nwhen.visits_minimum = 11\nwhen.visits_maximum = 19"),
         C.CONTRADICTION, "offers.o"),
        (offer("when.window = { first_day = 2027-07-05, last_day = 2027-07-09, "
               "weekdays = ['sunday'] }"), C.WINDOW_HAS_NO_DAY, "offers.o"),
        (rule("per_minor = 500", kind="per_amount")
         + gift('kind = "multiplier", multiplier_permille = 100000'), C.GIVES_TOO_MUCH, "offers.o"),
        (rule("per_minor = 1\nunit = 'credit'\nwhen.branches = ['a']", kind="per_amount"),
         C.GIVES_TOO_MUCH, "earning.r"),
        (rule("per_minor = 5", kind="per_amount"), C.GIVES_TOO_MUCH, ""),
        ("pending_days = 5\n[expiry]\nkind = 'date'\nlast_day = 2027-06-19",
         C.EXPIRY_PAST, "expiry"),
        (rule("unit = 'credit'\npending_days = 8")
         + "[credit]\nearned_expiry = { kind = 'days', count = 7 }",
         C.EXPIRY_SHORTER_THAN_PENDING, "credit.earned_expiry"),
        ("[gift_cards]\nreloadable = true", C.SETTING_WITHOUT_EFFECT, "gift_cards"),
        ("[households]\nleave = 'nothing'", C.SETTING_WITHOUT_EFFECT, "households"),
        ("[tiers]\ncounts_this_sale = true", C.SETTING_WITHOUT_EFFECT, "tiers"),
        ("[tiers]\nkeep_months = 3\nlevels = [{ id = 'a', threshold = 0 }]",
         C.SETTING_WITHOUT_EFFECT, "tiers"),
        ("[credit]\ntop_up_minimum_minor = 3", C.SETTING_WITHOUT_EFFECT, "credit"),
        ("[expiry]\ncalendar = 'jalali'", C.SETTING_WITHOUT_EFFECT, "expiry"),
        (rule("per_pieces = 2"), C.SETTING_WITHOUT_EFFECT, "earning.r"),
        (rule("basis = 'before_tax'"), C.SETTING_WITHOUT_EFFECT, "earning.r"),
        (offer("when.amount_basis = 'before_tax'"), C.SETTING_WITHOUT_EFFECT, "offers.o"),
        (gift("kind = 'points', points = 1, valid_days = 3"), C.SETTING_WITHOUT_EFFECT, "offers.o"),
        (gift("kind = 'points', points = 1, quantity = 3"), C.SETTING_WITHOUT_EFFECT, "offers.o"),
        (gift("kind = 'points', points = 1, cheapest = true"),
         C.SETTING_WITHOUT_EFFECT, "offers.o"),
        (gift("kind = 'points', points = 1, items.only.skus = ['1']"),
         C.SETTING_WITHOUT_EFFECT, "offers.o"),
    ],
)  # fmt: skip
def test_a_doubt_has_more_than_one_face(more: str, code: DoubtCode, subject: str) -> None:
    """The same doubt is found in every part of the rules that can give reason for it."""
    assert (code, subject) in found(programme(more))


@pytest.mark.parametrize(
    "more",
    [
        # Hours that do not meet, sums that do not meet, days that do not meet.
        rule('stackable = false\nwhen.window.hours = ["22:00-02:00"]')
        + rule('stackable = false\nwhen.window.hours = ["02:00-22:00"]', "s"),
        rule("stackable = false\nwhen.maximum_minor = 99")
        + rule("stackable = false\nwhen.minimum_minor = 100", "s"),
        rule("stackable = false\nwhen.window.last_day = 2027-07-01")
        + rule("stackable = false\nwhen.window.first_day = 2027-07-02", "s"),
        rule("stackable = false\nwhen.branches = ['a']\npriority = 1")
        + rule("stackable = false\nwhen.branches = ['a']", "s"),
    ],
)
def test_rules_that_never_meet_have_no_rank(more: str) -> None:
    """Two rules that go alone need an order only where both may hold."""
    assert C.SAME_RANK not in {code for code, _ in found(programme(more))}


def test_a_version_that_begins_later_is_looked_at_from_then_on() -> None:
    """What is over before the rules apply is past, whatever day it is today."""
    window = offer("when.window.last_day = 2027-12-31")
    begins_ms = 1_830_384_000_000  # 2028-01-02T08:00:00Z
    for today in (None, date(2027, 1, 1)):
        later = programme(window, effective_from_ms=begins_ms)
        assert [one.code for one in doubts(later, today=today)] == [C.WINDOW_PAST]
        assert doubts(programme(window), today=today) == ()
    # Somewhere on Earth it is still the day before.
    assert doubts(programme(window, effective_from_ms=begins_ms - 86_400_000)) == ()
    assert doubts(programme("", effective_from_ms=2**62)) == ()


def test_the_worst_is_told_first() -> None:
    """What cannot work stands above what is hardly meant so, and that above notes."""
    wrong = rule('event = "survey"\ntitle_en = "x"', kind="event") + '[settings]\nzone = "x"'
    told = [doubt.severity for doubt in doubts(programme(wrong))]
    assert told == [Severity.ERROR, Severity.WARNING, Severity.NOTE]


@pytest.mark.parametrize("code", EXPONENTS)
def test_default_programmes_are_beyond_doubt(code: str) -> None:
    """What a new gateway begins with gives no reason to look again."""
    assert doubts(default_programme(code), today=TODAY) == ()


@given(st.integers(0, 2**64), st.sampled_from([None, TODAY, date(2029, 1, 1)]))
@settings(max_examples=100)
def test_any_programme_can_be_looked_at(seed: int, today: date | None) -> None:
    """Nothing that is valid makes a check fail, and each doubt has its English sentence."""
    for doubt in doubts(random_programme(Random(seed)), today=today):
        assert "%" not in sentence_of(doubt)
        assert doubt.subject == "" or doubt.subject.partition(".")[0] in PARTS


PARTS = {
    "settings", "categories", "occasions", "segments", "earning", "expiry", "auto_redeem",
    "rewards", "offers", "tiers", "credit", "gift_cards", "households", "returns",
}  # fmt: skip


@given(st.dates(), st.dates())
@settings(max_examples=40)
def test_any_day_can_be_looked_at(first: date, last: date) -> None:
    """Neither the calendar's beginning nor its end makes a check fail."""
    days = f"first_day = {min(first, last)}, last_day = {max(first, last)}"
    window = f'when.window = {{ {days}, occasions = ["a"] }}'
    yearly = '\n[[occasions]]\nid = "a"\ncalendar = "jalali"\nmonth = 12\nday = 30\n'
    doubts(programme(yearly + offer(window)), today=last)


def test_every_doubt_has_a_sentence() -> None:
    """The command line can say every doubt, and its figures are the ones that doubts have."""
    assert set(SENTENCES) == set(DoubtCode)
    doubt = Doubt(code=C.NIGHTLY_BEFORE_CUTOFF, values={"nightly": 180, "cutoff": 245})
    assert "begins at 03:00" in sentence_of(doubt)
    assert "ends at 04:05" in sentence_of(doubt)
    back = Doubt(code=C.GIVES_TOO_MUCH, values={"back_basis_points": 12_305})
    assert "123.05 percent" in sentence_of(back)


def test_a_zone_is_known_or_not_on_any_machine() -> None:
    """A folder of zones, a path and an empty part are no zones either."""
    for zone in ("Asia", "../etc/passwd", "Europe//Berlin", "\u200fAsia/Tehran"):
        wanted = replace(
            default_programme("EUR"),
            rules=replace(default_programme("EUR").rules, settings=Settings(zone=zone)),
        )
        assert (C.UNKNOWN_ZONE, "settings") in found(wanted)
