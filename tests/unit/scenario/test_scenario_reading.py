"""Scenario files: what is read, and what is said of a file that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.errors import ConfigError
from gateway.model.sale import SaleLine, Tender, TenderKind
from simulators.scenario import steps, steps_desk
from simulators.scenario.read import load_scenario

if TYPE_CHECKING:
    from tests.unit.scenario.conftest import Told

STEP = '[[steps]]\ndo = "look"\n'


def test_a_sale_is_read_with_all_its_parts(told: Told) -> None:
    """Lines, tenders, rewards and gift cards may be written short, and mean the same values."""
    scenario = told(
        """
[[steps]]
do = "sale"
card = "ada"
lines = [["Tea", "4711", 2, 500], ["Bag", "", 1, 10]]
tenders = { cash = 510 }
rewards = ["r", { reward = "s", times = 2 }]
gift_cards = ["g"]
"""
    )
    step = scenario.scenes[0].step
    assert isinstance(step, steps.Sale)
    assert step.lines == (
        SaleLine(label="Tea", sku="4711", quantity_milli=2_000, amount_minor=500),
        SaleLine(label="Bag", quantity_milli=1_000, amount_minor=10),
    )
    assert step.amount_minor == 510
    assert step.tenders == (Tender(kind=TenderKind.CASH, amount_minor=510),)
    assert step.rewards == (steps.Wanted(reward="r"), steps.Wanted(reward="s", times=2))
    assert step.gift_cards == (steps.GiftPart(gift_card="g"),)


def test_a_file_that_says_little_has_a_shop_and_rules(told: Told) -> None:
    """Branch, tills, clock and rules have defaults, and a member has a card of the same name."""
    scenario = told(f'[[members]]\nname = "ada"\n{STEP}')
    assert [branch.terminals for branch in scenario.branches] == [("till-1", "till-2")]
    assert scenario.members[0].held_cards == ("ada",)
    assert (scenario.programme.version, scenario.programme.earn_points) == (1, 0)


def test_a_new_version_builds_on_the_one_before(told: Told) -> None:
    """What a published version does not say stays; versions count on."""
    scenario = told(
        "[programme]\nearn_points = 2\npending_days = 3\n"
        '[[steps]]\ndo = "publish"\nprogramme.earn_points = 5\n'
        '[[steps]]\ndo = "publish"\nprogramme.pending_days = 0\n'
    )
    versions = [
        scene.step.programme
        for scene in scenario.scenes
        if isinstance(scene.step, steps_desk.Publish)
    ]
    assert [(v.version, v.earn_points, v.rules.pending_days) for v in versions] == [
        (2, 5, 3),
        (3, 5, 0),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "steps: a scenario needs at least one"),
        ("steps = 3", "steps: must be a list"),
        ("steps = [3]", "steps[1]: must be a table"),
        ('[[steps]]\ndo = "sail"', "steps[1].do: there is no step 'sail'; did you mean 'sale'?"),
        ('[[steps]]\ndo = "xyz"', "known are enrol"),
        ('[[steps]]\ndo = "sale"\ncards = "a"', "steps[1].cards: there is no such setting"),
        ('[[steps]]\ndo = "sale"\nlines = [["Tea", 1]]', "steps[1].lines[1]: must be [label"),
        ('[[steps]]\ndo = "sale"\nlines = 1', "steps[1].lines: must be a list"),
        ('[[steps]]\ndo = "sale"\nlines = [1]', "steps[1].lines[0]: must be a table"),
        ('[[steps]]\ndo = "sale"\ntenders = 1', "steps[1].tenders: must be a table"),
        ('[[steps]]\ndo = "sale"\ntotal_minor = 1.5', "steps[1].total_minor: must be a whole"),
        ('[[steps]]\ndo = "redeem"\ncard = "a"', "steps[1]: say one of points, reward and offers"),
        ('[[steps]]\ndo = "refund"\nsale = "a"\ncard = "b"', "steps[1]: say either sale or card"),
        ('[[steps]]\ndo = "refund"\ncard = "b"', "steps[1]: without a receipt, say amount_minor"),
        (
            '[[steps]]\ndo = "refund"\nsale = "a"\namount_minor = 1\nlines = [{ line = 1 }]',
            "steps[1]: say either lines or amount_minor",
        ),
        ('[[steps]]\ndo = "advance"', "steps[1]: say either days or at"),
        ('[[steps]]\ndo = "publish"', "steps[1].programme: must be a table"),
        (
            '[[steps]]\ndo = "publish"\nprogramme.earn_point = 1',
            "steps[1].programme.earn_point: there is no such setting; did you mean 'earn_points'?",
        ),
        ("[programme]\nversion = 3\n" + STEP, "programme.version: the steps say when"),
        ("[programme]\nearn_per_minor = 0\n" + STEP, "programme: programme 'points': earn_per"),
        ('[programme]\ncurrency = "euro"\n' + STEP, "programme: currency code must be"),
        ("programme = 1\n" + STEP, "programme: must be a table"),
        (STEP + "expect = { earnd = 1 }", "steps[1].expect.earnd: nothing of that name"),
        (STEP + 'expect = { earned = "1" }', "steps[1].expect.earned: must be a whole number"),
        (STEP + 'expect = { refused = "no" }', "steps[1].expect.refused: there is no such reason"),
        (STEP + "expect = { members = 1 }", "steps[1].expect.members: must be a table"),
        (STEP + "expect = { members.a.pts = 1 }", "steps[1].expect.members.a.pts: nothing"),
        (STEP + "expect = { tier = 1 }", "steps[1].expect.tier: must be text"),
        (STEP + "expect = { held_out = 1 }", "steps[1].expect.held_out: must be a list"),
        (STEP + "expect = { taken = [[1]] }", "steps[1].expect.taken[0]: must be a day and"),
        ('[[steps]]\ndo = "race"\nlanes = [[]]', "steps[1].lanes: a race needs at least two lanes"),
        (
            '[[steps]]\ndo = "loop"\ntimes = 2\nsteps = [{ do = "race", lanes = [[], []] }]',
            "steps[1].steps[1]: a race does not stand in a loop",
        ),
        (
            '[[steps]]\ndo = "race"\nlanes = [[{ do = "look", expect = { earned = 1 } }], []]',
            "steps[1].lanes[1][1]: who wins is open",
        ),
        ('members = [{ name = "a" }, { name = "a" }]\n' + STEP, "two of the member 'a'"),
        ('members = [{ name = "A" }]\n' + STEP, "members[0]: name must be"),
        ('branches = [{ name = "a", terminals = [] }]\n' + STEP, "needs a terminal"),
        ("branches = []\n" + STEP, "branches: there must be one"),
        ("branch = 1\n" + STEP, "branch: there is no such setting; did you mean 'branches'?"),
    ],
)  # fmt: skip
def test_a_bad_file_is_told_by_path(told: Told, text: str, problem: str, tmp_path: Path) -> None:
    """Each mistake is said with the file and the path to it, and with what would be right."""
    with pytest.raises(ConfigError) as caught:
        told(text)
    assert str(caught.value).startswith(f"{tmp_path / 'scenario.toml'}: ")
    assert problem in str(caught.value)


def test_a_file_needs_a_source_and_toml(tmp_path: Path) -> None:
    """No file, no TOML and no source are three different complaints."""
    file = tmp_path / "scenario.toml"
    with pytest.raises(ConfigError, match="cannot be read"):
        load_scenario(file)
    file.write_text("= 1")
    with pytest.raises(ConfigError, match=r"is not TOML: .*line 1"):
        load_scenario(file)
    file.write_text(f'title = "t"\n{STEP}')
    with pytest.raises(ConfigError, match="source: must be an id"):
        load_scenario(file)
