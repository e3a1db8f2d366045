"""A ledger in which everything happened once that rules know of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.instrument import Instrument
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.member_facts import MemberDate
from gateway.model.outcome import Status
from gateway.model.programme import UnknownCardPolicy
from gateway.model.rules.caps import Cap, CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.condition import Condition, MemberDay
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import CreditPolicy, GiftCardPolicy, HouseholdPolicy
from gateway.model.rules.tiers import TierBasis, TierLevel, TierScheme
from simulators.rules_shop import RulesShop, club
from simulators.rules_till import Basket, card_named, line

BREAD: Final = line("bread", 2_000, 2)
JAM: Final = line("jam", 3_000)
BASKET: Final = Basket(total_minor=5_000, lines=(BREAD, JAM))

RULES: Final = Rules(
    segments=("staff",),
    earning=(
        EarningRule(
            id="welcome",
            kind=EarningKind.FIXED,
            points=50,
            pending_days=3,
            caps=(
                Cap(limit=1, measure=CapMeasure.USES, owner=CapOwner.MEMBER, period=CapPeriod.EVER),
            ),
        ),
        EarningRule(
            id="birthday",
            kind=EarningKind.FIXED,
            points=30,
            when=Condition(member_day=MemberDay(days_before=2, days_after=2)),
        ),
        EarningRule(id="brought", kind=EarningKind.REFERRAL, points=70),
        EarningRule(id="survey", kind=EarningKind.EVENT, event="survey", points=20),
    ),
    expiry=Expiry(kind=ExpiryKind.DAYS, count=20, sliding=True),
    rewards=(
        Reward(id="euro-off", cost_points=10, gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=100)),
    ),
    offers=(
        Offer(id="thanks", gift=Gift(kind=GiftKind.COUPON, reward="euro-off", valid_days=30)),
        Offer(id="ten-off", gift=Gift(kind=GiftKind.PERCENT_OFF, percent_bp=1_000)),
    ),
    tiers=TierScheme(
        basis=TierBasis.SPEND,
        levels=(TierLevel(id="silver", threshold=4_000), TierLevel(id="gold", threshold=9_000)),
    ),
    credit=CreditPolicy(transfers=True, earned_expiry=Expiry(kind=ExpiryKind.DAYS, count=9)),
    gift_cards=GiftCardPolicy(maximum_minor=50_000, reloadable=True),
    households=HouseholdPolicy(members_maximum=3),
)


def make_ledger(path: Path) -> None:
    """Let everything happen once that rules know of."""
    store = SqlLedgerStore(path)
    shop = RulesShop(store, replace(club(RULES), unknown_card=UnknownCardPolicy.HOLD))
    for card in ("ada", "bob", "cyd"):
        shop.do(shop.till(f"till-{card}").enrol(card))
    ada, bob, cyd = (shop.member(card) for card in ("ada", "bob", "cyd"))
    shop.diary.days[ada] = (MemberDate(month=1, day_of_month=15),)
    shop.command(LedgerCommandKind.SET_REFERRER, member_id=bob, other_member_id=ada)
    shop.command(LedgerCommandKind.SET_SEGMENTS, member_id=ada, segments=("staff",))
    till = shop.till()
    shop.do(till.sell("ada", "one", 5_000, lines=(BREAD, JAM), receipt="17"))
    shop.do(till.sell("bob", "two", 5_000, lines=(BREAD, JAM)))
    shop.do(till.sell("ada", "three", 5_000, lines=(BREAD, JAM)))
    shop.do(till.sell("nobody", "four", 5_000))
    shop.do(till.take_back("one", "paper", 3_000, (JAM,)))
    shop.do(till.take_back_from("bob", "other paper", 500))
    shop.do(till.event("ada", "survey", "form 1"))
    shop.do(till.load("ada", 5_000))
    shop.do(till.load("gift", 7_000, Instrument.GIFT))
    reserve_and_post(shop)
    shop.command(LedgerCommandKind.TRANSFER, member_id=ada, other_member_id=bob, amount=700)
    shop.command(
        LedgerCommandKind.ISSUE_GIFT_CARD,
        token=card_named("second gift").token.hex(),
        amount=900,
        last_four="1234",
    )
    shop.command(LedgerCommandKind.GRANT_VOUCHER, member_id=cyd, reward="euro-off", quantity=2)
    shop.command(
        LedgerCommandKind.REVOKE_VOUCHER, member_id=cyd, voucher=shop.vouchers("cyd")[0].voucher_id
    )
    shop.later(days=1)
    shop.command(LedgerCommandKind.FOUND_HOUSEHOLD, member_id=bob)
    shop.command(LedgerCommandKind.INVITE_TO_HOUSEHOLD, member_id=bob, other_member_id=cyd)
    shop.command(LedgerCommandKind.JOIN_HOUSEHOLD, member_id=cyd)
    shop.do(till.sell("cyd", "five", 5_000))
    run_nights(shop)
    shop.later(days=40)
    run_nights(shop)
    shop.do(till.sell("ada", "six", 2_000))
    store.close()


def reserve_and_post(shop: RulesShop) -> None:
    """Use every instrument on a sale of its own, and give some of it back."""
    till = shop.till("till-2")
    asked = (
        till.reserve("ada", "points", 40),
        till.reserve("ada", "credit", 1_000, Instrument.CREDIT),
        till.reserve("gift", "gift", 1_000, Instrument.GIFT),
        till.reserve_reward("ada", "reward", "euro-off", basket=BASKET),
        till.reserve_reward("ada", "coupon", "euro-off", coupon=True, basket=BASKET),
        till.reserve_offers("ada", "offers", BASKET),
    )
    names = ("points", "credit", "gift", "reward", "coupon", "offers")
    for name, request in zip(names, asked, strict=True):
        answer = shop.ask(request)
        assert answer.status is Status.APPLIED, (name, answer)
        card = "gift" if name == "gift" else "ada"
        units = 20 if name == "points" else None
        posted = till.post(
            card, name, answer, units=units, amount_minor=20 if name == "points" else None
        )
        assert shop.do(posted).status is Status.APPLIED, name
    shop.do(till.take_back("points", "paper of points", 5_000))
    late = shop.ask(till.reserve("ada", "late", 10))
    shop.later(hours=1)
    shop.tick()
    shop.do(till.post("ada", "late", late))


def run_nights(shop: RulesShop) -> None:
    """Do whatever nights are due."""
    while shop.writer.night(shop.now_ms, 10).left:
        pass
    shop.check()


@pytest.fixture(scope="session")
def rules_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One untouched ledger file; copy it before you write to it."""
    path = tmp_path_factory.mktemp("rules") / "ledger.db"
    make_ledger(path)
    return path
