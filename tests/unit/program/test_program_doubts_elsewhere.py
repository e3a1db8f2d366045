"""What the lint of programmes finds in other places, on other days, and in any rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.cli.program_sentences import SENTENCES, sentence_of
from gateway.config_programme import EXPONENTS, default_programme
from gateway.model.rules.settings import Settings
from gateway.program.doubts import doubts
from gateway.program.linting.doubt import Doubt, DoubtCode, Severity
from simulators.given.doubted import TODAY, found, gift, offer, programme, rule
from simulators.programmes import random_programme

C = DoubtCode


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
@example(date(9_999, 12, 31), date(9_999, 12, 31))
@example(date(9_000, 12, 31), date(9_999, 12, 31))
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
