"""Cards that can be copied earn so much and no more, in the ledger and when goods come back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.audit.auditor import audit
from gateway.ledger.rows_lots import SuspendedRow
from gateway.ledger.rows_sales import RatingRow
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.outcome import Status
from gateway.model.programme import UnknownCardPolicy
from gateway.model.rules.cards import CardPolicy
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.returns import RefundBasis, ReturnPolicy, UnknownOriginal
from gateway.model.rules.rules import Rules
from gateway.rehearsal.replayer import Replayer
from gateway.writer.card_check import ProofVerdict
from gateway.writer.settings import WriterSettings
from simulators.rules_shop import RulesShop, club
from simulators.rules_till import card_named, line

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore
    from tests.unit.writer.conftest import Shop

POLICY = CardPolicy(weak_points_per_sale=60, weak_points_per_day=100)
GOODS = (line("tea", 4_000, sku="t"), line("rice", 6_000, sku="r"))
USED = "cards:weak"


def audited(store: LedgerStore) -> None:
    """The auditor comes to the same."""
    with store.batch() as batch:
        assert audit(batch).findings == ()


def chip(name: str, _at_ms: int) -> CardEvidence:
    """A card that has proved its key to the till."""
    return replace(card_named(name), profile=CardProfile.NTAG424, assurance=Assurance.AUTHENTICATED)


def test_a_sale_and_a_day_bring_so_much(store: LedgerStore) -> None:
    """At every branch, sale by sale, until the day is full; the next day begins anew."""
    shop = RulesShop(store, club(Rules(cards=POLICY)))
    north, south = shop.till(), shop.till("till-2", "south")
    assert shop.do(north.sell("ada", "one", 10_000)).points == 60
    assert shop.do(south.sell("ada", "two", 10_000)).points == 40
    assert shop.do(north.sell("ada", "three", 10_000)).points == 0
    assert shop.do(north.sell("bo", "his", 10_000)).points == 60
    shop.later(days=1)
    assert shop.do(south.sell("ada", "four", 10_000)).points == 60
    assert shop.points("ada").active == 160
    audited(store)


def test_a_genuine_card_of_the_same_member_is_not_limited(store: LedgerStore) -> None:
    """What the card proves counts, and not whose it is."""
    shop = RulesShop(store, club(Rules(cards=POLICY)))
    till = shop.till()
    shop.do(till.sell("ada", "one", 10_000))
    till.shows = chip
    assert shop.do(till.sell("ada", "two", 10_000)).points == 100
    assert shop.used(USED) == 60
    audited(store)


@pytest.mark.parametrize("basis", RefundBasis)
def test_goods_of_a_limited_sale_come_back_exactly(store: LedgerStore, basis: RefundBasis) -> None:
    """Part by part no more goes than was given, and with the last of it the day is free again."""
    rules = Rules(cards=POLICY, returns=ReturnPolicy(basis=basis))
    shop = RulesShop(store, club(rules))
    till = shop.till()
    assert shop.do(till.sell("ada", "s", 10_000, lines=GOODS)).points == 60
    # By line the rest is worth 60 by itself; by money it is worth six tenths of what was given.
    left = {RefundBasis.PER_LINE: 60, RefundBasis.PRO_RATA: 36}[basis]
    assert shop.do(till.take_back("s", "tea back", 4_000, GOODS[:1])).balance_points == left
    audited(store)
    assert shop.do(till.take_back("s", "rice back", 6_000, GOODS[1:])).balance_points == 0
    assert shop.used(USED) == 0
    assert shop.do(till.sell("ada", "again", 7_000)).points == 60
    audited(store)


def test_goods_that_came_back_first_are_taken_off_the_limited_sale(store: LedgerStore) -> None:
    """A return that was told before its sale takes what the limited rest is not worth."""
    shop = RulesShop(store, club(Rules(cards=POLICY)))
    till, other = shop.till(), shop.till("till-2")
    shop.do(other.sell("bo", "first", 1_000))
    sale = till.sell("ada", "s", 10_000, lines=GOODS)
    shop.do(sale, till.take_back("s", "rice back", 6_000, GOODS[1:]))
    assert shop.points("ada").active == 40
    audited(store)


def test_goods_of_no_known_sale_take_no_more_than_the_card_could_earn(store: LedgerStore) -> None:
    """What such goods would earn with this card is what goes."""
    returns = ReturnPolicy(unknown_original=UnknownOriginal.TAKE_BACK)
    shop = RulesShop(store, club(Rules(cards=POLICY, returns=returns)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    assert shop.do(till.take_back_from("ada", "paper", 9_000)).balance_points == 0
    audited(store)


def test_an_event_fills_the_day(store: LedgerStore) -> None:
    """What is no purchase is limited like one, and counts for the same day."""
    survey = EarningRule(id="form", kind=EarningKind.EVENT, points=80, event="survey")
    shop = RulesShop(store, club(Rules(earning=(survey,), cards=POLICY)))
    till = shop.till()
    shop.do(till.enrol("ada"))
    assert shop.do(till.event("ada", "survey", "form 1")).points == 60
    assert shop.do(till.sell("ada", "s", 10_000)).points == 40
    audited(store)


def test_a_newcomers_points_wait_within_the_limits(store: LedgerStore) -> None:
    """Each sale of a card that nobody owns waits with what a day allows, and nothing is counted."""
    policy = CardPolicy(weak_points_per_day=50)
    programme = replace(club(Rules(cards=policy)), unknown_card=UnknownCardPolicy.HOLD)
    shop = RulesShop(store, programme)
    till = shop.till()
    assert shop.do(till.sell("ada", "s", 10_000)).status is Status.HELD
    assert [row.waiting for row in shop.rows(SuspendedRow)] == [50]
    assert shop.used(USED) == 0
    audited(store)


@pytest.mark.parametrize(
    ("verdict", "points"), [(ProofVerdict.GENUINE, 100), (ProofVerdict.NONE, 60)]
)
def test_a_genuine_proof_lifts_the_limit(
    bare_shop: Shop, verdict: ProofVerdict, points: int
) -> None:
    """The gateway checks what the terminal could not; auditor and rehearsal come to the same."""
    shop = bare_shop
    policy = replace(POLICY, weak_below=Assurance.AUTHENTICATED)
    shop.store.add_programme(replace(shop.programme(), rules=Rules(cards=policy)))
    shop.check_card = lambda card: ProofVerdict.NONE if card.proof is None else verdict
    shop.restart()
    box = shop.box("till-1")
    card = replace(chip("ada", 0), assurance=Assurance.SIGNED, counter=7, proof=bytes(24))
    assert shop.result(box.earn(card, 1, 10_000)).points == points
    audited(shop.store)
    with shop.store.batch() as batch:
        (rating,) = batch.every(RatingRow)
        replayer = Replayer(batch, batch.programmes(), WriterSettings())
        assert [replayer.take(row) for row in batch.journal(0, 10)] == [None]
    assert ('"authenticated"' in rating.facts) == (verdict is ProofVerdict.GENUINE)
