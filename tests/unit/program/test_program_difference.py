"""Differences between versions: nothing is missed, nothing is told that is not so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config_programme import default_programme, parse_programme, programme_text
from gateway.model.programme import Programme
from gateway.model.rules.caps import Cap, CapOwner, CapPeriod
from gateway.model.rules.reward import GiftKind
from gateway.program.difference import Change, ChangeKind, difference
from gateway.programme_file.changes import written_change
from simulators.programmes import random_programme

BASE = programme_text(default_programme("EUR"))
seeds = st.integers(0, 2**64).map(Random)


def programme(more: str = "", *, base: str = BASE) -> Programme:
    """A programme with these lines behind its base."""
    return parse_programme(f"{base}{more}")


def told(old: Programme, new: Programme) -> list[tuple[ChangeKind, str]]:
    """What changes, without the values."""
    return [(change.kind, change.path) for change in difference(old, new)]


@given(seeds, seeds)
@settings(max_examples=80)
def test_only_equal_programmes_do_not_differ(one: Random, other: Random) -> None:
    """Whatever is different is told, and of equal programmes nothing is."""
    old, new = random_programme(one), random_programme(other)
    assert (difference(old, new) == ()) == (old == new)
    assert difference(old, old) == ()


@given(seeds, seeds)
@settings(max_examples=60)
def test_the_way_back_is_the_same_way(one: Random, other: Random) -> None:
    """Old and new exchanged, what was added is removed and every value changes its side."""
    old, new = random_programme(one), random_programme(other)
    back = {
        ChangeKind.ADDED: ChangeKind.REMOVED,
        ChangeKind.REMOVED: ChangeKind.ADDED,
        ChangeKind.CHANGED: ChangeKind.CHANGED,
    }
    turned = {
        (back[change.kind], change.path, repr(change.new), repr(change.old))
        for change in difference(old, new)
    }
    assert turned == {
        (change.kind, change.path, repr(change.old), repr(change.new))
        for change in difference(new, old)
    }


@given(seeds, seeds)
@settings(max_examples=60)
def test_values_are_those_of_the_programmes(one: Random, other: Random) -> None:
    """What is told as new stands in the new version's file, and every change can be written."""
    old, new = random_programme(one), random_programme(other)
    for change in difference(old, new):
        assert change.old != change.new
        assert (change.old is None) == (change.kind is ChangeKind.ADDED)
        assert (change.new is None) == (change.kind is ChangeKind.REMOVED)
        written = written_change(change)
        assert "_ms" not in written.path or written.path == "hold_ttl_ms"
        assert "_minute" not in written.path


def test_a_number_that_changed_is_told_by_its_path() -> None:
    """A setting of the base stands alone; one of a rule stands under the rule's id."""
    offer = '\n[[offers]]\nid = "happy"\ngift = { kind = "percent_off", percent_bp = 500 }\n'
    new = programme(
        offer.replace("500", "700"), base=BASE.replace("earn_points = 1", "earn_points = 2")
    )
    assert difference(programme(offer), new) == (
        Change(kind=ChangeKind.CHANGED, path="earn_points", old=1, new=2),
        Change(kind=ChangeKind.CHANGED, path="offers.happy.gift.percent_bp", old=500, new=700),
    )


def test_rules_are_matched_by_their_id() -> None:
    """A rule that moved has not changed; only the order is told, and new ones are told as new."""
    first = '\n[[offers]]\nid = "a"\ngift = { kind = "points", points = 1 }\n'
    second = first.replace('"a"', '"b"').replace("points = 1", "points = 2")
    third = first.replace('"a"', '"c"')
    both, turned = programme(first + second), programme(second + first)
    assert difference(both, turned) == (
        Change(kind=ChangeKind.CHANGED, path="offers", old=("a", "b"), new=("b", "a")),
    )
    assert told(both, programme(third + second)) == [
        (ChangeKind.REMOVED, "offers.a"),
        (ChangeKind.ADDED, "offers.c"),
    ]
    (added,) = difference(programme(first), both)
    assert added.new == both.rules.offers[1]


def test_a_kind_that_changed_is_told_with_what_belongs_to_it() -> None:
    """Another kind of gift is one change of kind, and each part that comes or goes with it."""
    old = programme('\n[[offers]]\nid = "a"\ngift = { kind = "points", points = 1 }\n')
    new = programme('\n[[offers]]\nid = "a"\ngift = { kind = "money_off", amount_minor = 9 }\n')
    assert difference(old, new) == (
        Change(
            kind=ChangeKind.CHANGED,
            path="offers.a.gift.kind",
            old=GiftKind.POINTS,
            new=GiftKind.MONEY_OFF,
        ),
        Change(kind=ChangeKind.ADDED, path="offers.a.gift.amount_minor", old=None, new=9),
        Change(kind=ChangeKind.REMOVED, path="offers.a.gift.points", old=1, new=None),
    )


def test_lists_without_names_are_told_part_by_part() -> None:
    """Article numbers and hours that come or go are told one by one, under their list."""
    shop = '\n[[categories]]\nid = "food"\nitems.skus = ["1", "2"]\n'
    assert difference(programme(shop), programme(shop.replace('"1"', '"3"'))) == (
        Change(kind=ChangeKind.REMOVED, path="categories.food.items.skus", old="1", new=None),
        Change(kind=ChangeKind.ADDED, path="categories.food.items.skus", old=None, new="3"),
    )


def test_limits_are_matched_by_what_they_limit() -> None:
    """A limit that was raised has changed; the same limit twice can only be told as a whole."""
    rule = '\n[[earning]]\nid = "a"\nkind = "fixed"\npoints = 1\ncaps = [{ limit = 1 }]\n'
    old = programme(rule)
    (change,) = difference(old, programme(rule.replace("limit = 1", "limit = 2")))
    assert (change.path, change.old, change.new) == (
        "earning.a.caps.member-uses-ever.limit",
        1,
        2,
    )
    twice = replace(old.rules.earning[0], caps=(Cap(limit=1), Cap(limit=3)))
    (change,) = difference(old, replace(old, rules=replace(old.rules, earning=(twice,))))
    assert (change.kind, change.path) == (ChangeKind.CHANGED, "earning.a.caps")
    assert change.new == (Cap(limit=1), Cap(limit=3))
    other = Cap(limit=1, owner=CapOwner.BRANCH, period=CapPeriod.DAY)
    three = replace(old.rules.earning[0], caps=(Cap(limit=1), other))
    (change,) = difference(old, replace(old, rules=replace(old.rules, earning=(three,))))
    assert (change.kind, change.path) == (ChangeKind.ADDED, "earning.a.caps.branch-uses-day")


def test_changes_are_written_as_a_file_spells_them() -> None:
    """Times of day, moments, days and hours are told as the owner wrote them."""
    old = programme("[settings]\nzone = 'UTC'\n")
    new = programme(
        '[settings]\ncutoff = "04:00"\nbranch_clocks = [{ branch = "a", cutoff = "06:00" }]\n'
        '[expiry]\nkind = "date"\nlast_day = 2027-03-21\n',
        base=f"{BASE}effective_from = 2027-01-01T00:00:00Z\n",
    )
    written = [written_change(change) for change in difference(old, new)]
    assert [(one.path, one.old, one.new) for one in written] == [
        ("effective_from", None, "2027-01-01T00:00:00+00:00"),
        ("settings.cutoff", "00:00", "04:00"),
        ("settings.branch_clocks.a", None, {"branch": "a", "cutoff": "06:00"}),
        ("expiry.kind", "never", "date"),
        ("expiry.last_day", None, date(2027, 3, 21)),
    ]
    toman = replace(old, currency=replace(old.currency, code="IRR", exponent=0))
    assert [written_change(change).path for change in difference(old, toman)] == [
        "currency",
        "currency_exponent",
    ]
