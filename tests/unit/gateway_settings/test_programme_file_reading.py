"""Rules in a programme file: what is written reads back, what is wrong is told with its line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config_programme import default_programme, parse_programme, programme_text
from gateway.errors import ConfigError, ProgrammeError, ValueRangeError
from gateway.model.rules.condition import Condition, MemberDay
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.expiry import Expiry
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import Hours, Window
from gateway.model.rules.settings import BranchClock, Settings
from gateway.programme_file.problems import ProgrammeFileError
from simulators.programmes import random_programme, random_rules

BASE = programme_text(default_programme("EUR"))


def with_rules(rules: Rules) -> str:
    """The file of a programme with these rules."""
    return programme_text(replace(default_programme("EUR"), rules=rules))


def problems_of(more: str) -> tuple[str, ...]:
    """What is wrong with a file that is right up to these lines, which begin in line 1."""
    with pytest.raises(ProgrammeFileError) as told:
        parse_programme(f"{more}\n{BASE}" if not more.startswith("[") else f"{BASE}{more}")
    return told.value.problems


@given(st.integers(0, 2**64))
@settings(max_examples=150)
def test_every_programme_reads_back_as_it_was_written(seed: int) -> None:
    """Whatever the rules are, writing them to a file and reading it changes nothing."""
    programme = random_programme(Random(seed))
    assert parse_programme(programme_text(programme)) == programme


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text("\"'\\#[]=\n\t\x7f\x85"))
def test_any_title_reads_back(title: str, nasty: str) -> None:
    """Quotes, backslashes, controls and any script stand in a file as they are meant."""
    rule = EarningRule(id="a", kind=EarningKind.FIXED, points=1, title_en=title, title_fa=nasty)
    rules = Rules(earning=(rule,))
    assert parse_programme(with_rules(rules)).rules == rules


def test_a_file_without_rules_is_what_it_always_was() -> None:
    """Rules beyond the base are only in the files of those who have them."""
    assert with_rules(Rules()) == BASE
    assert "[" not in BASE


def test_a_file_is_in_order_and_leaves_out_what_goes_without_saying() -> None:
    """Each part has its comment, single settings stand before tables, names come first."""
    rule = EarningRule(
        id="happy",
        kind=EarningKind.MULTIPLIER,
        multiplier_permille=2_000,
        when=Condition(
            window=Window(
                first_day=date(2027, 3, 21), hours=(Hours(from_minute=1_020, to_minute=1_200),)
            )
        ),
        title_en="Happy hours",
    )
    rules = Rules(
        settings=Settings(cutoff_minute=240),
        earning=(rule,),
        pending_days=14,
    )
    assert with_rules(rules).removeprefix(BASE) == (
        "\n# Points can be spent so many days after the sale.\n"
        "pending_days = 14\n"
        "\n# Names, clocks and calendar.\n"
        "[settings]\n"
        'cutoff = "04:00"\n'
        "\n# Further ways to earn, beside the points per amount above.\n"
        "[[earning]]\n"
        'id = "happy"\n'
        'title_en = "Happy hours"\n'
        'kind = "multiplier"\n'
        "multiplier_permille = 2000\n"
        "when.window.first_day = 2027-03-21\n"
        'when.window.hours = ["17:00-20:00"]\n'
    )


def test_what_is_said_by_saying_nothing_is_said_aloud() -> None:
    """A rule whose points never lapse, and one around the birthday, say so."""
    rule = EarningRule(
        id="a",
        kind=EarningKind.FIXED,
        points=1,
        expiry=Expiry(),
        when=Condition(member_day=MemberDay()),
    )
    rules = Rules(earning=(rule,))
    text = with_rules(rules)
    assert 'expiry.kind = "never"\n' in text
    assert 'when.member_day.day = "birthday"\n' in text
    assert parse_programme(text).rules == rules


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("17:00-20:00", (1_020, 1_200)),
        ("00:00-24:00", (0, 1_440)),
        ("22:30-02:00", (1_350, 120)),
        ("23:59-00:01", (1_439, 1)),
    ],
)
def test_hours_are_clock_times(written: str, hours: tuple[int, int]) -> None:
    """Hours are written as people write them, to midnight and past it."""
    more = '[[offers]]\nid = "a"\ngift = { kind = "points", points = 1 }\nwhen.window.hours = '
    (read,) = parse_programme(f'{BASE}{more}["{written}"]').rules.offers[0].when.window.hours
    assert (read.from_minute, read.to_minute) == hours


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ('"17-20"', "must be hours such as"),
        ('"24:00-02:00"', "must be hours such as"),
        ('"17:00-20:60"', "must be hours such as"),
        ('"17:00-25:00"', "must be hours such as"),
        ('"22:00-00:00"', 'written "24:00"'),
        ("1020", "must be hours such as"),
        ("{ from_minute = 1020, to_minute = 1200 }", "must be hours such as"),
    ],
)
def test_hours_have_one_spelling(value: str, told: str) -> None:
    """Whatever else seems to be hours is refused, and how to write them is told."""
    more = '[[offers]]\nid = "a"\ngift = { kind = "points", points = 1 }\n'
    (problem,) = problems_of(f"{more}when.window.hours = [{value}]")
    assert problem.startswith("line 24: offers[0].when.window.hours[0]: ")
    assert told in problem


def test_times_of_day_have_one_spelling() -> None:
    """The cut-off is a time; the model's own name and number are refused with the right name."""
    clocks = 'branch_clocks = [{ branch = "a", cutoff = "06:30" }]'
    text = f'{BASE}[settings]\ncutoff = "04:00"\n{clocks}'
    assert parse_programme(text).rules.settings == Settings(
        cutoff_minute=240,
        branch_clocks=(BranchClock(branch="a", cutoff_minute=390),),  # type: ignore[arg-type]
    )
    for wrong in ("240", '"24:00"', '"4:00"', '"04:00:00"', "04:00:00"):
        (problem,) = problems_of(f"[settings]\ncutoff = {wrong}")
        assert problem == 'line 22: settings.cutoff: must be a time from "00:00" to "23:59"'
    (problem,) = problems_of("[settings]\ncutoff_minute = 240")
    assert "did you mean 'cutoff'?" in problem


@pytest.mark.parametrize("value", ['"2027-03-21"', "20270321", "2027-03-21T00:00:00Z"])
def test_days_have_one_spelling(value: str) -> None:
    """A day is TOML's own date, neither text nor a number nor a moment."""
    (problem,) = problems_of(f'[expiry]\nkind = "date"\nlast_day = {value}')
    assert problem == ("line 23: expiry.last_day: must be a day such as 2027-03-21, without quotes")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("earn_point = 1", "line 1: earn_point: there is no such setting; did you mean 'earn_poi"),
        ("zzz = 1", "line 1: zzz: there is no such setting; known are name, version"),
        ("rules = {}", "line 1: rules: there is no such setting"),
        ("pending_days = -1", "line 1: pending_days must be a whole number in [0, 366]"),
        ("pending_days = 1.0", "line 1: pending_days: must be a whole number"),
        ("pending_days = true", "line 1: pending_days: must be a whole number"),
        ('segments = "vip"', "line 1: segments: must be a list"),
        ("hold_ttl_ms = 1500", "line 1: hold_ttl_ms: hold_ttl_s says it already"),
        ("offers = 3", "line 1: offers: must be a list"),
        ("settings = 3", "line 1: settings: must be a table"),
        ('segments = ["VIP"]', "segment must be 1 to 32 of a-z"),
        ('[[offers]]\nid = "a"', "line 21: offers[0].gift: is missing"),
        (
            '[[offers]]\nid = "a"\ngift.kind = "present"',
            "line 23: offers[0].gift.kind: must be one of money_off, percent_off",
        ),
        (
            '[[offers]]\nid = "a"\ngift.kind = "points"',
            "line 23: offers[0].gift: a gift of kind points needs exactly: points",
        ),
        (
            '[[offers]]\nid = "a"\ngift = { kind = "points", points = 1 }\nwhen.tier = ["a"]',
            "line 24: offers[0].when.tier: there is no such setting; did you mean 'tiers'?",
        ),
        (
            '[[offers]]\nid = "a"\ngift = { kind = "points", points = 1 }\nwhen.tiers = ["gold"]',
            "line 21: offer 'a' names the tier 'gold', which the programme does not have",
        ),
        (
            '[[earning]]\nid = "base"\nkind = "fixed"\npoints = 1',
            "the id 'base' is the programme's own rule",
        ),
        (
            '[[earning]]\nid = "a"\nkind = "fixed"\npoints = 1\ncaps = [{ limit = 1, perod = "" }]',
            "line 25: earning[0].caps[0].perod: there is no such setting; did you mean 'period'?",
        ),
        (
            "[tiers]\nlevels = [{ id = 'a', threshold = 2 }, { id = 'a', threshold = 3 }]",
            "line 21: tiers: every tier needs an id of its own",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_path_and_line(more: str, told: str) -> None:
    """Nothing is ignored: a mistake names the setting, its line, and what would be right."""
    (problem,) = problems_of(more)
    assert problem.startswith(told)


def test_all_mistakes_are_told_at_once() -> None:
    """Whoever mends a file need not find its mistakes one by one."""
    more = (
        '[[earning]]\nid = "a"\nkind = "fixd"\n'
        '[[earning]]\nid = "b"\nkind = "fixed"\npoints = 1\nprioritty = 3\n'
        '[expiry]\nkind = "days"\n'
    )
    broken = f"{BASE}{more}".replace("version = 1\n", 'version = "1"\n')
    with pytest.raises(ProgrammeFileError) as told:
        parse_programme(broken.replace("earn_points = 1\n", ""))
    *lined, missing = told.value.problems
    assert [problem.split(": ")[1] for problem in lined] == [
        "version",
        "earning[0].kind",
        "earning[1].prioritty",
        "expiry",
    ]
    assert missing == "earn_points: is missing"
    assert isinstance(told.value, ConfigError)


@pytest.mark.parametrize(
    ("old", "new", "fault", "told"),
    [
        ("redeem_points = 100", "redeem_points = 0", ProgrammeError, "line 11: programme"),
        ("hold_ttl_s = 300", "hold_ttl_s = 0", ProgrammeError, "line 20: programme"),
        ("currency_exponent = 2", "currency_exponent = 9", ValueRangeError, "line 6: currency"),
        ('name = "points"', 'name = "Points"', ProgrammeError, "line 3: programme 'Points'"),
    ],
)
def test_a_number_out_of_range_is_told_with_its_line(
    old: str, new: str, fault: type[Exception], told: str
) -> None:
    """The base's ranges are the model's, and a file's reader still hears where to look."""
    assert old in BASE
    with pytest.raises(fault) as error:
        parse_programme(BASE.replace(old, new))
    assert str(error.value).startswith(told)


@pytest.mark.parametrize("text", ["a = ", "a = " + "9" * 5_000, "a = " + "[" * 5_000])
def test_what_is_no_toml_is_refused(text: str) -> None:
    """Neither endless numbers nor endless brackets are more than a mistake in a file."""
    with pytest.raises(ProgrammeFileError, match="not TOML"):
        parse_programme(text)


def test_a_reservation_may_last_part_of_a_second() -> None:
    """What whole seconds cannot say is written in milliseconds, and in nothing else."""
    programme = replace(default_programme("EUR"), hold_ttl_ms=1_500)
    text = programme_text(programme)
    assert "hold_ttl_ms = 1500\n" in text
    assert "hold_ttl_s" not in text
    assert parse_programme(text) == programme


def test_a_moment_that_no_file_can_say_is_a_clear_fault() -> None:
    """Rules that begin after the year 9999 are not written as something else."""
    with pytest.raises(ConfigError, match="9999"):
        programme_text(replace(default_programme("EUR"), effective_from_ms=2**62))


def test_random_programmes_come_from_their_seed() -> None:
    """Equal seeds give equal rules, and seeds give every part of them."""
    made = [random_rules(Random(seed)) for seed in range(60)]
    assert made == [random_rules(Random(seed)) for seed in range(60)]
    for name in Rules.__dataclass_fields__:
        assert any(getattr(rules, name) != getattr(Rules(), name) for rules in made), name
