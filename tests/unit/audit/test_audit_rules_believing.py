"""Members' days stand in no journal: what an audit believes of them, and what it does not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

import pytest

from gateway.audit.auditor import audit
from gateway.audit.report import AuditReport
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows_sales import RatingRow
from gateway.ledger.shelf import ChangeSet
from gateway.model.member_facts import MemberDate
from gateway.model.outcome import Status
from gateway.model.rules.condition import Condition, MemberDay
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from simulators.rules_shop import RulesShop, club

NEAR: Final = Condition(member_day=MemberDay(days_before=5, days_after=5))
WEDDING: Final = Condition(member_day=MemberDay(day="wedding"))
RULES: Final = Rules(
    earning=(
        EarningRule(id="cake", kind=EarningKind.FIXED, points=30, when=NEAR),
        EarningRule(id="card", kind=EarningKind.EVENT, event="survey", points=20, when=NEAR),
    ),
    rewards=(
        Reward(
            id="flowers",
            cost_points=1,
            gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=500),
            when=WEDDING,
        ),
    ),
    offers=(
        Offer(id="ten-off", gift=Gift(kind=GiftKind.PERCENT_OFF, percent_bp=1_000), when=NEAR),
    ),
)
#: The shop opens on 15 January 2027, which is 25 Dey 1405.
SOON: Final = MemberDate(month=1, day_of_month=18)
SOON_IN_IRAN: Final = MemberDate(month=10, day_of_month=28, calendar=CalendarKind.JALALI)
TODAY: Final = MemberDate(month=1, day_of_month=15, day="wedding")


def audited(shop: RulesShop) -> AuditReport:
    """Audit the shop's ledger."""
    with shop.store.batch() as batch:
        return audit(batch)


def open_shop(*dates: MemberDate) -> RulesShop:
    """A shop with a member who has points and told days."""
    shop = RulesShop(MemoryLedgerStore(), club(RULES))
    shop.do(shop.till("till-0").sell("ada", "first", 1_000))
    shop.diary.days[shop.member("ada")] = dates
    return shop


@pytest.mark.parametrize("day", [SOON, SOON_IN_IRAN], ids=["gregorian", "jalali"])
def test_an_offer_around_a_birthday_needs_no_proof_of_the_birthday(day: MemberDate) -> None:
    """Some day makes the reservation right, so nothing is wrong with it."""
    shop = open_shop(day)
    till = shop.till()
    answer = shop.ask(till.reserve_offers("ada", "sale"))
    assert (answer.status, answer.amount_minor) == (Status.APPLIED, 1_000)
    shop.do(till.post("ada", "sale", answer))
    report = audited(shop)
    assert (report.findings, report.checked.believed_dates) == ((), 0)


def test_days_of_two_kinds_are_believed_apart() -> None:
    """A reward on a wedding day and an event near a birthday, each with a day of its own."""
    shop = open_shop(TODAY)
    till = shop.till()
    assert shop.ask(till.reserve_reward("ada", "sale", "flowers")).status is Status.APPLIED
    shop.diary.days[shop.member("ada")] = (SOON,)
    assert shop.do(till.event("ada", "survey", "form")).points == 20
    assert audited(shop).findings == ()


def test_a_rating_says_which_days_it_believed() -> None:
    """A sale near the birthday brings cake; the report counts that a day was believed for it."""
    shop = open_shop(SOON)
    assert shop.do(shop.till().sell("ada", "second", 1_000)).points == 40
    report = audited(shop)
    assert report.findings == ()
    assert (report.checked.ratings, report.checked.believed_dates) == (2, 1)


def test_what_a_believed_day_brings_is_still_reckoned() -> None:
    """A day that is written into a rating by hand does not explain points that it never brought."""
    shop = open_shop()
    row = shop.rows(RatingRow)[0]
    facts = json.loads(row.facts)
    facts["dates"] = [{"month": 1, "day_of_month": 15}]
    forged = replace(row, facts=json.dumps(facts, sort_keys=True, separators=(",", ":")))
    with shop.store.batch() as batch:
        batch.save(ChangeSet({}, {RatingRow: [forged]}, {}))
    assert any("points" in finding.what for finding in audited(shop).findings)
