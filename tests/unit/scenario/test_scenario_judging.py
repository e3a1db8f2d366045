"""The runner's judgement: wrong expectations, broken books and impossible steps are found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gateway.errors import ConfigError
from gateway.model.rules.earning import Unit
from gateway.program.earning import evaluate
from gateway.program.evaluation import Evaluation
from simulators.scenario.identities import broken_identities
from simulators.scenario.port import Part, State, Sums, WalletView
from simulators.scenario.pure.books import Books

if TYPE_CHECKING:
    from tests.unit.scenario.conftest import Played

SALE = """
[programme]
earn_points = 1
[[members]]
name = "ada"
[[steps]]
do = "sale"
card = "ada"
sale = "s"
total_minor = 1_000
"""


@pytest.mark.parametrize(
    ("expect", "path", "actual"),
    [
        ("earned = 11", "earned", "10"),
        ("awards = { base = 9 }", "awards", '{"base":10}'),
        ('refused = "card_blocked"', "refused", '"none"'),
        ('tier = "gold"', "tier", '"none"'),
        ("closed = [0]", "closed", "[]"),
        ("members.ada.points = 9", "members.ada.points", "10"),
        ('members.ada.lots = [["never", 9]]', "members.ada.lots", '[["never",10]]'),
        ("members.bob.points = 0", "members.bob.points", "null"),
        ("gift_cards.paper = 0", "gift_cards.paper", "null"),
    ],
)
def test_a_wrong_expectation_is_found(played: Played, expect: str, path: str, actual: str) -> None:
    """Each kind of expectation is compared, also one of somebody who is not there."""
    report = played(f"{SALE}expect = {{ {expect} }}")
    failed = [check for check in report.steps[0].checks if not check.holds]
    assert [(check.path, check.actual) for check in failed] == [(path, actual)]


def test_a_refusal_that_nobody_expects_is_found(played: Played) -> None:
    """A step of which nothing is said must not be refused."""
    report = played('[[steps]]\ndo = "refund"\nsale = "never"')
    check = report.steps[0].checks[0]
    assert (check.path, check.expected, check.actual) == ("refused", '"none"', '"sale_not_found"')


def test_an_engine_that_errs_is_found(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule engine that gives a point too much makes the scenario fail."""
    real = evaluate

    def generous(*args: Any) -> Evaluation:  # noqa: ANN401 - handed on as they are
        found = real(*args)
        awards = tuple(replace(one, amount=one.amount + 1) for one in found.awards)
        return replace(found, awards=awards)

    monkeypatch.setattr("simulators.scenario.pure.visits.evaluate", generous)
    assert not played(f"{SALE}expect = {{ earned = 10 }}").passed


def test_books_that_lose_a_point_are_found(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    """The identities are looked at after every step, without being asked for."""
    real = Books.keep

    def leaky(self: Books, wallet: object) -> None:
        real(self, replace(wallet, owed=1))  # type: ignore[type-var, arg-type]

    monkeypatch.setattr(Books, "keep", leaky)
    broken = played(SALE).steps[0].broken
    assert any("came and" in one for one in broken)
    assert any("are owed while" in one for one in broken)


def test_each_identity_can_be_broken() -> None:
    """Sums, signs, moves between wallets and the ledger's two sides are each looked at."""
    good = WalletView(
        owner="ada", unit=Unit.POINTS, sums=Sums(earned=10, spent=4, moved=0),
        active=5, lapsed=0, held=1, pending=0, negative=0,
    )  # fmt: skip
    state = State(members=(), gift_cards=(), wallets=(good,))
    assert broken_identities(state) == ()
    bad = [
        replace(good, active=6),
        replace(good, held=-1, active=7),
        replace(good, sums=Sums(earned=4, moved=2)),
    ]
    for wallet in bad:
        assert len(broken_identities(replace(state, wallets=(wallet,)))) == 1
    torn = replace(state, unbalanced=(Part(name="points", amount=3),))
    assert broken_identities(torn) == ("the ledger points is out of balance by 3",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[steps]]\ndo = "look"\nat = 2020-01-01T00:00:00', "steps[1].at: has passed"),
        (
            '[[steps]]\ndo = "look"\nmade_at = 2030-01-01T00:00:00',
            "steps[1].made_at: lies after the moment of its arrival",
        ),
        ('[[steps]]\ndo = "look"\nterminal = "till-9"', "there is no terminal 'till-9'"),
        ('[[steps]]\ndo = "adjust"\nmember = "eve"\namount = 1', "nobody knows 'eve'"),
    ],
)
def test_a_step_that_cannot_happen_is_a_mistake(played: Played, text: str, problem: str) -> None:
    """A time that has passed, a till that is nowhere and an unknown member stop the run."""
    with pytest.raises(ConfigError) as caught:
        played(text)
    assert problem in str(caught.value)


def test_a_loop_stops_at_its_first_difference(played: Played) -> None:
    """Of a hundred rounds the one that went wrong first is told, and no other."""
    report = played(
        SALE + '[[steps]]\ndo = "loop"\ntimes = 100\nsteps = [{ do = "sale", card = "ada", '
        "total_minor = 1_000, expect = { members.ada.points = 20 } }]"
    )
    told = [step.where for step in report.steps if not step.passed]
    assert told == ["steps[2].steps[1] round 2"]
    assert [step.where for step in report.steps] == ["steps[1]", *told, "steps[2]"]


def test_a_repeated_message_is_one_message(played: Played) -> None:
    """What is sent again gets its first answer, and changes nothing."""
    report = played(
        f'{SALE}[[steps]]\ndo = "repeat"\ntimes = 4\n'
        'step = { do = "sale", card = "ada", total_minor = 500 }\n'
        "expect = { earned = 5, members.ada.points = 15 }"
    )
    assert report.passed


def test_days_pass_by_the_wall(played: Played) -> None:
    """A day over the change of clocks ends at the same time by the wall."""
    report = played(
        'start = 2026-03-28T12:00:00\nprogramme.settings.zone = "Europe/Berlin"\n'
        '[[steps]]\ndo = "look"\n[[steps]]\ndo = "advance"\ndays = 1\n'
        '[[steps]]\ndo = "look"\nat = 2026-03-29T12:00:05'
    )
    assert [step.at[11:19] for step in report.steps] == ["11:00:01", "10:00:01", "10:00:05"]


def test_a_scenario_is_played_afresh(played: Played) -> None:
    """A scenario that is played twice comes out the same: nothing is left behind."""
    assert played(SALE) == played(SALE)
