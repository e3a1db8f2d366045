"""Reports over offers and branches: a SQLite file and a PostgreSQL database answer them alike."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from gateway.ledger.place import LedgerPlace, PostgresPlace
from gateway.ledger.queries import LedgerReader
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import BranchId
from gateway.model.outcome import Status
from gateway.model.rules.condition import Condition
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import CreditPolicy
from gateway.queries.branch_totals import branch_report
from gateway.queries.offer_effect import offer_effect
from gateway.queries.offer_rows import Asked
from gateway.queries.scope import EVERYTHING, Scope
from gateway.queries.stretch import rows_between
from simulators.rules_shop import DAY_MS, OPENING_MS, RulesShop, club
from simulators.rules_till import RulesTill

NORTH, SOUTH = BranchId("north"), BranchId("south")
SCOPES = (EVERYTHING, Scope(frozenset({NORTH})), Scope(frozenset({BranchId("west")})))
NAMES = tuple(f"card-{number}" for number in range(10))
POINTS = Offer(
    id="points", gift=Gift(kind=GiftKind.POINTS, points=30), holdout_percent=50, when=Condition()
)
MONEY = Offer(id="money", gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=300), holdout_percent=50)
COUPON = Offer(
    id="coupon",
    gift=Gift(kind=GiftKind.COUPON, reward="five-off"),
    when=Condition(visits_maximum=1),
    holdout_percent=30,
)
FIVE_OFF = Reward(
    id="five-off", cost_points=0, gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=500)
)


def play(place: LedgerPlace) -> None:
    """Let ten members buy in two branches, use what they were given, and bring things back."""
    rules = Rules(
        offers=(POINTS, MONEY, COUPON),
        rewards=(FIVE_OFF,),
        credit=CreditPolicy(top_up_maximum_minor=50_000),
    )
    with closing(SqlLedgerStore(place)) as store:
        shop = RulesShop(store, club(rules))
        north, south = shop.till("n", NORTH), shop.till("s", SOUTH)
        for number, name in enumerate(NAMES):
            shop.do(north.enrol(name))
            buy(shop, (north, south)[number % 2], name, f"s-{name}", 10_000 + 37 * number)
        shop.later(days=1)
        shop.do(north.load("card-1", 5_000))
        for name in NAMES[:4]:
            answer = shop.ask(south.reserve_reward(name, f"c-{name}", "five-off", coupon=True))
            if answer.status is Status.APPLIED:
                shop.do(south.post(name, f"c-{name}", answer, 9_500))
            shop.do(south.sell(name, f"c-{name}", 9_500))
        answer = shop.ask(south.reserve(NAMES[0], "points", 40, total_minor=8_000))
        shop.do(south.post(NAMES[0], "points", answer, 8_000))
        shop.do(north.take_back(f"s-{NAMES[0]}", "paper", 1_000))
        shop.do(north.call_off(f"s-{NAMES[2]}"))


def buy(shop: RulesShop, till: RulesTill, card: str, sale: str, total_minor: int) -> None:
    """Buy with what the offers take off."""
    answer = shop.ask(till.reserve_offers(card, sale))
    off = 0
    if answer.status is Status.APPLIED and answer.amount_minor is not None:
        off = answer.amount_minor
        shop.do(till.post(card, sale, answer, total_minor - off))
    shop.do(till.sell(card, sale, total_minor - off))


def ask(place: LedgerPlace) -> list[object]:
    """Every report, for several scopes and days."""
    ledger = LedgerReader(place)
    later = OPENING_MS + DAY_MS
    return [
        *(
            offer_effect(ledger, Asked(offer=one.id, scope=scope, from_ms=from_ms))
            for one in (POINTS, MONEY, COUPON)
            for scope in SCOPES
            for from_ms in (None, later)
        ),
        *(
            branch_report(ledger, scope, from_ms, None)
            for scope in SCOPES
            for from_ms in (None, later)
        ),
        rows_between(ledger, later, None),
    ]


def test_both_databases_report_alike(tmp_path: Path, postgres_place: PostgresPlace) -> None:
    """The same days give the same report, to the last field and type, and say something."""
    file = tmp_path / "ledger.db"
    for place in (file, postgres_place):
        play(place)
    mine, theirs = ask(file), ask(postgres_place)
    assert mine == theirs
    assert repr(mine) == repr(theirs)
    effect = offer_effect(LedgerReader(file), Asked(offer="money", scope=EVERYTHING))
    assert effect.given.members + effect.held_out.members == len(NAMES)
    assert effect.cost.discount_minor > 0
