"""What a sale is said to bring: by all the rules, from the right facts, honest about the rest."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

import pytest

from gateway.model.authorisation import AuthAnswer, AuthKind
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import (
    BranchId,
    CardToken,
    EnvelopeHash,
    HoldId,
    MemberId,
    SaleKey,
    TerminalId,
)
from gateway.model.member_facts import MemberFacts, Used
from gateway.model.money import EUR
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme, UnknownCardPolicy
from gateway.model.receipt import Result
from gateway.model.rules.caps import Cap, CapOwner
from gateway.model.rules.cards import CardPolicy
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind
from gateway.model.rules.rules import Rules as ProgrammeRules
from gateway.model.rules.scope import Hours, Window
from gateway.model.rules.tiers import TierLevel, TierScheme
from gateway.model.sale import Sale, SaleSource
from gateway.program.local_time import place_at
from terminal_agent.session.actions import Accept
from terminal_agent.session.events import (
    AuthAnswered,
    CardTapped,
    Event,
    JournalAccepted,
    ReceiptArrived,
    SaleClosed,
    SaleOffered,
)
from terminal_agent.session.machine import step
from terminal_agent.session.memory import Rules, Session, SessionSettings
from terminal_agent.session.screen import view_of
from terminal_agent.session.view import View

BRANCH = BranchId("north")
#: A noon, so that hours do not decide by chance.
NOON_MS = 1_800_014_400_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

GOLD = Condition(tiers=("gold",))
LEVELS = TierScheme(levels=(TierLevel(id="gold", threshold=1_000),))
DOUBLE_FOR_GOLD = EarningRule(
    id="double", kind=EarningKind.MULTIPLIER, multiplier_permille=2_000, when=GOLD
)


def programme(version: int = 1, rules: ProgrammeRules | None = None) -> Programme:
    """A point for each euro, twice as many for gold members."""
    return Programme(
        name="club",
        version=version,
        effective_from_ms=0,
        currency=EUR,
        earn_points=1,
        earn_per_minor=100,
        redeem_points=100,
        redeem_value_minor=500,
        rules=rules or ProgrammeRules(tiers=LEVELS, earning=(DOUBLE_FOR_GOLD,)),
    )


def card(number: int) -> CardEvidence:
    """A card by number."""
    token = CardToken(bytes([number]) * 32)
    return CardEvidence(profile=CardProfile.UID, token=token, assurance=Assurance.CLAIMED)


def gold(name: str = "ada") -> MemberFacts:
    """What the gateway says of a gold member."""
    return MemberFacts(member_id=MemberId(name), tier="gold")


@dataclass
class Counter:
    """One session under rules and a clock that a test sets."""

    programme: Programme = field(default_factory=programme)
    now_ms: int = NOON_MS
    session: Session = field(default_factory=Session)
    accepted: list[Accept] = field(default_factory=list)
    asked: int = 0

    def rules(self) -> Rules:
        return Rules(
            settings=SessionSettings(),
            currency=EUR,
            programme=self.programme,
            place=place_at(self.programme.rules.settings, BRANCH, self.now_ms),
        )

    @property
    def view(self) -> View:
        return view_of(self.session, self.rules())

    def feed(self, event: Event) -> None:
        self.session, actions = step(self.session, event, self.rules())
        self.accepted += [one for one in actions if isinstance(one, Accept)]

    def tap(self, number: int, *, behind: bool = False) -> None:
        self.show(card(number), behind=behind)

    def show(self, shown: CardEvidence, *, behind: bool = False) -> None:
        self.asked += 1
        inquiry_id = HoldId(bytes([self.asked]) * 16)
        self.feed(CardTapped(now_ms=0, card=shown, inquiry_id=inquiry_id, behind=behind))

    def answer(
        self, facts: MemberFacts | None, *, which: int | None = None, reason: Reason = Reason.NONE
    ) -> None:
        refused = reason is not Reason.NONE
        told = AuthAnswer(
            request_id=HoldId(bytes([which or self.asked]) * 16),
            terminal=TerminalId("t1"),
            kind=AuthKind.INQUIRE,
            status=Status.REFUSED if refused else Status.APPLIED,
            reason=reason,
            answered_at_ms=self.now_ms,
            balance_points=None if refused else 40,
            facts=facts,
        )
        self.feed(AuthAnswered(now_ms=0, answer=told, request_id=HoldId(b"r" * 16)))

    def offer(self, total_minor: int = 2_000) -> None:
        self.feed(
            SaleOffered(
                now_ms=0,
                total_minor=total_minor,
                key=SaleKey(b"o" * 16),
                request_id=HoldId(b"r" * 16),
            )
        )

    def close(self, total_minor: int = 2_000) -> None:
        sale = Sale(
            key=SaleKey(b"s" * 16),
            total_minor=total_minor,
            source=SaleSource.RECEIPT,
            profile="shop",
        )
        self.feed(SaleClosed(now_ms=0, sale=sale))

    def receipt(self, points: int, status: Status = Status.APPLIED) -> None:
        result = Result(
            seq=1,
            envelope_hash=EnvelopeHash(bytes(32)),
            status=status,
            reason=Reason.NONE,
            points=points,
        )
        self.feed(JournalAccepted(now_ms=0, seqs=(1,)))
        self.feed(ReceiptArrived(now_ms=0, results=(result,)))

    def said(self) -> tuple[int | None, bool]:
        return self.view.points, self.view.about


def test_preview_uses_the_facts_that_the_gateway_told() -> None:
    """A gold member is promised twice the points, for sure, once the gateway has said so."""
    counter = Counter()
    counter.tap(1)
    counter.offer()
    assert counter.said() == (20, True)
    counter.answer(gold())
    assert counter.said() == (40, False)


def test_preview_never_uses_another_members_facts() -> None:
    """Another card takes the visit over without what was known of the first."""
    counter = Counter()
    counter.tap(1)
    counter.answer(gold())
    counter.offer()
    counter.tap(2)
    assert counter.said() == (20, True)
    counter.answer(gold("bob"), which=1)
    assert counter.said() == (20, True), "an answer about the first card says nothing of this one"


def test_preview_of_a_second_sale_waits_until_the_first_is_settled() -> None:
    """Facts that may be older than the card's own last sale are not looked at."""
    counter = Counter()
    counter.tap(1, behind=True)
    counter.answer(gold())
    counter.offer()
    assert counter.said() == (20, True)
    assert counter.view.balance_points == 40


def test_preview_of_a_newcomers_second_sale_promises_no_first_purchase() -> None:
    """A card that nobody owned when its first sale was on its way is not new any more."""
    welcome = EarningRule(
        id="welcome", kind=EarningKind.FIXED, points=50, when=Condition(first_purchase=True)
    )
    counter = Counter(programme(rules=ProgrammeRules(earning=(welcome,))))
    counter.tap(1)
    counter.answer(None, reason=Reason.UNKNOWN_CARD)
    counter.offer()
    assert counter.said() == (70, False)
    counter.tap(2, behind=True)
    counter.answer(None, reason=Reason.UNKNOWN_CARD)
    assert counter.said() == (20, True)


def test_preview_of_another_day_is_not_sure() -> None:
    """What was told before midnight is not what a sale after it is rated with."""
    counter = Counter()
    counter.tap(1)
    counter.answer(gold())
    counter.offer()
    counter.now_ms += DAY_MS
    assert counter.said() == (20, True)


def test_preview_under_other_rules_is_not_sure() -> None:
    """A version that comes into force after the answer asks for other facts."""
    counter = Counter()
    counter.tap(1)
    counter.answer(gold())
    counter.offer()
    counter.programme = programme(2)
    assert counter.said() == (20, True)


def test_preview_under_the_base_alone_is_sure_without_any_answer() -> None:
    """Where the rules look at nobody, everybody gets the same, known or not."""
    counter = Counter(programme(rules=ProgrammeRules()))
    counter.offer()
    assert counter.said() == (20, False)
    counter.tap(1)
    assert counter.said() == (20, False)


def test_preview_of_a_blocked_card_promises_nothing() -> None:
    """A card that can earn nothing is shown no points to come."""
    counter = Counter()
    counter.tap(1)
    counter.answer(None, reason=Reason.CARD_BLOCKED)
    counter.offer()
    assert counter.view.points is None


@pytest.mark.parametrize("policy", UnknownCardPolicy)
def test_preview_of_a_card_that_nobody_owns(policy: UnknownCardPolicy) -> None:
    """Whoever becomes a member with this sale has the level that everybody begins with."""
    levels = TierScheme(levels=(TierLevel(id="gold", threshold=0),))
    rules = ProgrammeRules(tiers=levels, earning=(DOUBLE_FOR_GOLD,))
    counter = Counter(replace(programme(rules=rules), unknown_card=policy))
    counter.tap(1)
    counter.answer(None, reason=Reason.UNKNOWN_CARD)
    counter.offer()
    expected = 40 if policy is UnknownCardPolicy.ENROL else 20
    assert counter.said() == (expected, False)


def test_preview_of_a_card_that_nobody_owns_is_not_sure_of_what_others_share() -> None:
    """A limit that all members share may be used up, and only the gateway knows."""
    shared = EarningRule(
        id="first-100", kind=EarningKind.FIXED, points=50, caps=(Cap(limit=1, owner=CapOwner.ALL),)
    )
    counter = Counter(programme(rules=ProgrammeRules(earning=(shared,))))
    counter.tap(1)
    counter.answer(None, reason=Reason.UNKNOWN_CARD)
    counter.offer()
    assert counter.said() == (70, True)


def test_preview_with_lots_needs_to_know_the_member() -> None:
    """Where a lot is drawn by who the member is, nobody is promised anything before."""
    gift = Offer(id="spring", gift=Gift(kind=GiftKind.POINTS, points=5), holdout_percent=50)
    counter = Counter(programme(rules=ProgrammeRules(offers=(gift,))))
    counter.tap(1)
    counter.offer()
    assert counter.said() == (25, True)
    counter.answer(MemberFacts(member_id=MemberId("ada")))
    assert not counter.view.about


GENUINE = replace(card(1), assurance=Assurance.AUTHENTICATED)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        pytest.param(card(1), (15, False), id="claimed"),
        pytest.param(
            replace(card(1), assurance=Assurance.AUTHENTICATED), (20, False), id="genuine"
        ),
        pytest.param(replace(card(1), counter=3, proof=bytes(24)), (15, True), id="unchecked"),
    ],
)
def test_preview_knows_what_a_weak_card_may_earn(
    shown: CardEvidence, said: tuple[int, bool]
) -> None:
    """What the terminal saw of the card decides, unless its proof is for the gateway to check."""
    policy = CardPolicy(weak_points_per_sale=15)
    counter = Counter(programme(rules=ProgrammeRules(cards=policy)))
    counter.show(shown)
    counter.offer()
    assert counter.said() == said


def test_preview_counts_what_weak_cards_earned_today() -> None:
    """The answer tells what the day has left; until it comes the terminal is not sure."""
    policy = CardPolicy(weak_points_per_day=30)
    counter = Counter(programme(rules=ProgrammeRules(cards=policy)))
    counter.tap(1)
    counter.offer()
    assert counter.said() == (20, True)
    day = place_at(counter.programme.rules.settings, BRANCH, NOON_MS).business_day
    used = Used(key=f"cards:weak/points/member:ada/{day.isoformat()}", amount=18)
    counter.answer(MemberFacts(member_id=MemberId("ada"), used=(used,)))
    assert counter.said() == (12, False)


def test_preview_tells_credit_too() -> None:
    """Cash back is a promise like points."""
    back = EarningRule(
        id="back", kind=EarningKind.PER_AMOUNT, unit=Unit.CREDIT, points=3, per_minor=100
    )
    counter = Counter(programme(rules=ProgrammeRules(earning=(back,))))
    counter.offer()
    assert (counter.view.points, counter.view.coming_minor) == (20, 60)


def test_preview_promises_nothing_that_lapses_at_once() -> None:
    """Points whose last day has passed already are given and gone in one commit."""
    gone = Expiry(kind=ExpiryKind.DATE, last_day=date(2020, 1, 1))
    counter = Counter(programme(rules=ProgrammeRules(expiry=gone)))
    counter.offer()
    assert counter.view.points == 0


def test_preview_follows_the_clock_until_the_sale_is_sealed() -> None:
    """A happy hour that ends while the receipt is awaited takes nothing back from the screen."""
    hour = Window(hours=(Hours(from_minute=0, to_minute=13 * 60),))
    happy = EarningRule(id="happy", kind=EarningKind.FIXED, points=5, when=Condition(window=hour))
    counter = Counter(programme(rules=ProgrammeRules(earning=(happy,))))
    counter.tap(1)
    counter.offer()
    assert counter.view.points == 25
    counter.now_ms += HOUR_MS
    assert counter.view.points == 20
    counter.now_ms -= HOUR_MS
    counter.close()
    counter.feed(JournalAccepted(now_ms=0, seqs=(1,)))
    counter.now_ms += HOUR_MS
    assert counter.view.points == 25


def test_preview_that_came_out_otherwise_is_told() -> None:
    """Where the gateway says something else than was surely announced, the screen says both."""
    counter = Counter()
    counter.tap(1)
    counter.answer(gold())
    counter.close()
    counter.receipt(points=33)
    assert (counter.view.points, counter.view.promised_points) == (33, 40)


@pytest.mark.parametrize(("answered", "points"), [(True, 40), (False, 33)])
def test_preview_that_was_kept_is_no_remark(answered: bool, points: int) -> None:  # noqa: FBT001 - parametrised
    """Neither what was promised and given, nor what was only about, is remarked upon."""
    counter = Counter()
    counter.tap(1)
    if answered:
        counter.answer(gold())
    counter.close()
    counter.receipt(points=points)
    assert counter.view.promised_points is None
