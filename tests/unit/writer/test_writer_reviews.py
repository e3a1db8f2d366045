"""Papers that were not sure: kept once, settled once as a late sale, or dismissed for good."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.audit.auditor import audit
from gateway.ledger.kinds import CardState, ReviewState
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_reviews import ReviewRow
from gateway.ledger.rows_sales import RatingRow, SaleRow
from gateway.ledger.shelf import ChangeSet
from gateway.model.ids import BranchId
from gateway.model.ledger_command import CommandParts, LedgerCommand
from gateway.model.ledger_command import LedgerCommandKind as Desk
from gateway.model.outcome import Reason, Status
from gateway.model.programme import UnknownCardPolicy
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.rules import Rules
from gateway.model.transaction import ClockQuality
from simulators.rules_shop import Purse, RulesShop, club
from simulators.rules_till import RulesTill, card_named, key_named, line

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore
    from gateway.model.card import CardEvidence
    from gateway.writer.bench import Outcome

HELD = (Status.HELD, Reason.IN_REVIEW)
#: A rule beyond the base, so that a rating is kept.
COFFEE = EarningRule(id="coffee", kind=EarningKind.FIXED, points=50)


@pytest.fixture
def shop(store: LedgerStore) -> RulesShop:
    """A shop with a point for each euro."""
    return RulesShop(store, club())


@pytest.fixture
def till(shop: RulesShop) -> RulesTill:
    """A till of that shop."""
    return shop.till()


def review_of(shop: RulesShop, sale: str) -> ReviewRow:
    """The one paper of a name."""
    papers = [row for row in shop.rows(ReviewRow) if row.nth == 0]
    (found,) = [row for row in papers if row.sale_key == key_named(sale)]
    return found


def settling(
    shop: RulesShop, sale: str, amount: int, *, card: CardEvidence | None = None
) -> LedgerCommand:
    """A command that settles a paper, for a card that somebody names or for the one it has."""
    row = review_of(shop, sale)
    named: CommandParts = {}
    if card is not None:
        named = {"token": card.token.hex(), "card_profile": card.profile.value}
    parts: CommandParts = {
        "review": row.first_index,
        "review_key": row.sale_key.hex(),
        "amount": amount,
        **named,
    }
    return shop.made(Desk.SETTLE_REVIEW, **parts)


def settle(shop: RulesShop, sale: str, amount: int, *, card: CardEvidence | None = None) -> Outcome:
    """Settle a paper under a new id."""
    return shop.carry_out(settling(shop, sale, amount, card=card))


def dismiss(shop: RulesShop, sale: str, reason: str = "no sale") -> Outcome:
    """Dismiss a paper under a new id."""
    row = review_of(shop, sale)
    return shop.command(
        Desk.DISMISS_REVIEW,
        review=row.first_index,
        review_key=row.sale_key.hex(),
        reason=reason,
    )


def audited(shop: RulesShop) -> None:
    """The books are what the sealed envelopes and the commands say."""
    with shop.store.batch() as batch:
        assert audit(batch).findings == ()


def test_a_doubtful_paper_waits_and_is_settled_once(shop: RulesShop, till: RulesTill) -> None:
    """Nothing moves until a person says the total; then the card has its points, and only once."""
    told = shop.do(till.doubt("one", [1_200, 2_100], card="ada"))
    assert (told.status, told.reason, told.points) == (*HELD, 0)
    assert review_of(shop, "one").state is ReviewState.OPEN
    command = settling(shop, "one", 2_100)
    done = shop.carry_out(command)
    assert (done.status, done.points, shop.points("ada")) == (Status.APPLIED, 21, Purse(active=21))
    assert shop.carry_out(command).status is Status.DUPLICATE
    again = settle(shop, "one", 2_100)
    assert (again.status, again.reason) == (Status.REFUSED, Reason.REVIEW_CLOSED)
    late = dismiss(shop, "one", "too late")
    assert late.reason is Reason.REVIEW_CLOSED
    assert shop.points("ada") == Purse(active=21)
    row = review_of(shop, "one")
    assert (row.state, row.closed_index) == (ReviewState.SETTLED, shop.journal()[-1].journal_index)
    audited(shop)


@pytest.mark.parametrize("amount", [1_200, 2_100, 777])
def test_a_settled_sale_is_earned_by_nobody_else(
    shop: RulesShop, till: RulesTill, amount: int
) -> None:
    """Printed again, read right or claimed by its code: it counts once."""
    shop.do(till.doubt("one", [1_200, 2_100], card="ada"))
    settle(shop, "one", amount)
    before = shop.points("ada")
    shop.restart()
    second = shop.till("till-2")
    assert shop.do(till.sell("ada", "one", 1_200)).status is Status.REFUSED
    assert shop.do(second.sell("ada", "one 2100", 2_100)).status is Status.REFUSED
    assert shop.do(second.doubt("one", [1_200], card="ada")).status is Status.REFUSED
    assert shop.points("ada") == before == Purse(active=amount // 100)
    audited(shop)


def test_a_dismissed_paper_never_earns(shop: RulesShop, till: RulesTill) -> None:
    """Neither settled later nor printed again, read right or not."""
    shop.do(till.enrol("ada"), till.doubt("one", [1_200, 2_100], card="ada"))
    done = dismiss(shop, "one", "a kitchen ticket")
    assert done.status is Status.APPLIED
    assert review_of(shop, "one").state is ReviewState.DISMISSED
    settled = settle(shop, "one", 1_200)
    assert settled.reason is Reason.REVIEW_CLOSED
    assert shop.do(till.doubt("one", [1_200], card="ada")).reason is Reason.REVIEW_CLOSED
    assert shop.do(till.sell("ada", "one", 1_200)).reason is Reason.REVIEW_CLOSED
    assert shop.do(till.sell("ada", "one 2100", 2_100)).reason is Reason.REVIEW_CLOSED
    assert shop.points("ada") == Purse()
    audited(shop)


def test_the_same_paper_again_is_the_same_review(shop: RulesShop, till: RulesTill) -> None:
    """Two tills and a reprint leave one row, and its first envelope counts."""
    shop.do(till.doubt("one", [1_200], card="ada"))
    other = shop.till("till-2")
    result = shop.do(other.doubt("one", [9_900], card="bob"), till.doubt("one", [1_200]))
    assert (result.status, result.reason) == HELD
    assert len(shop.rows(ReviewRow)) == 1
    assert review_of(shop, "one").first_index == review_of(shop, "one").card_index
    settle(shop, "one", 1_200)
    assert shop.points("ada") == Purse(active=12)
    audited(shop)


def test_a_paper_that_was_read_in_two_ways_is_decided_once(
    shop: RulesShop, till: RulesTill
) -> None:
    """Two open papers of one sale: what is decided about one is decided about the other."""
    shop.do(till.doubt("one", [1_200, 2_100], card="ada"), till.doubt("one 2100", [2_100]))
    assert review_of(shop, "one 2100").state is ReviewState.OPEN
    settle(shop, "one", 1_200)
    assert review_of(shop, "one 2100").state is ReviewState.SETTLED
    assert settle(shop, "one 2100", 2_100).reason is Reason.REVIEW_CLOSED
    assert shop.points("ada") == Purse(active=12)
    audited(shop)


def test_a_card_that_comes_a_moment_later_is_the_paper_s(shop: RulesShop, till: RulesTill) -> None:
    """The paper told once more with a card gives it that card; a third card comes too late."""
    shop.do(till.doubt("one", [1_200]))
    assert settle(shop, "one", 1_200).reason is Reason.CARD_MISSING
    shop.do(till.doubt("one", [1_200], card="ada"))
    shop.do(till.doubt("one", [1_200], card="bob"))
    settle(shop, "one", 1_200)
    assert shop.points("ada") == Purse(active=12)
    audited(shop)


def test_a_paper_without_a_card_is_settled_for_one_that_is_named(
    shop: RulesShop, till: RulesTill
) -> None:
    """It must be somebody's card; and where one was shown, no other can be named."""
    shop.do(till.enrol("ada"), till.enrol("bob"), till.doubt("one", [1_200]))
    named = {name: card_named(name) for name in ("ada", "bob", "stranger")}

    def settled(sale: str, name: str) -> Reason | Status:
        done = settle(shop, sale, 1_200, card=named[name])
        return done.reason if done.status is Status.REFUSED else done.status

    assert settled("one", "stranger") is Reason.UNKNOWN_CARD
    assert settled("one", "ada") is Status.APPLIED
    shop.do(till.doubt("two", [1_200], card="bob"))
    assert settled("two", "ada") is Reason.REVIEW_CHANGED
    assert settled("two", "bob") is Status.APPLIED
    assert (shop.points("ada"), shop.points("bob")) == (Purse(active=12), Purse(active=12))
    audited(shop)


def test_what_is_not_there_is_not_settled(shop: RulesShop, till: RulesTill) -> None:
    """Another branch's paper, another row's number and a paper nobody knows are refused."""
    shop.do(till.doubt("one", [1_200], card="ada"))
    command = settling(shop, "one", 1_200)
    index = review_of(shop, "one").first_index
    for wrong in (
        replace(command, review=index + 1),
        replace(command, review_key=key_named("other").hex()),
    ):
        assert shop.carry_out(wrong).reason is Reason.REVIEW_CHANGED
    elsewhere = shop.carry_out(replace(command, branch=BranchId("south")))
    assert elsewhere.reason is Reason.REVIEW_CHANGED
    assert review_of(shop, "one").state is ReviewState.OPEN


def test_a_paper_that_was_read_right_meanwhile_is_not_settled(
    shop: RulesShop, till: RulesTill
) -> None:
    """The sale earned by itself first: a settlement finds it recorded; it can be dismissed."""
    shop.do(till.doubt("one", [1_200], card="ada"))
    assert shop.do(till.sell("ada", "one", 1_200)).status is Status.APPLIED
    settled = settle(shop, "one", 1_200)
    assert settled.reason is Reason.SALE_ALREADY_RECORDED
    assert shop.do(till.doubt("one", [1_200])).reason is Reason.SALE_ALREADY_RECORDED
    closed = dismiss(shop, "one", "it earned")
    assert closed.status is Status.APPLIED
    assert shop.points("ada") == Purse(active=12)
    audited(shop)


@pytest.mark.parametrize("quality", list(ClockQuality))
def test_a_settled_paper_is_rated_by_the_rules_of_its_own_time(
    store: LedgerStore, quality: ClockQuality
) -> None:
    """It was printed under a programme with three points: two days later it still brings those."""
    shop = RulesShop(store, club(earn_points=3))
    till = shop.till()
    till.quality = quality
    shop.do(till.doubt("one", [1_200], card="ada"))
    shop.publish(replace(club(earn_points=1), version=2))
    shop.later(days=2)
    done = settle(shop, "one", 1_200)
    assert done.points == 36
    assert shop.journal()[-1].programme_version == 1
    audited(shop)


def test_its_goods_count_with_the_total_that_was_read_alone(store: LedgerStore) -> None:
    """Lines belong to the total they add up to; with another total they are not believed."""
    shop = RulesShop(store, club(Rules(earning=(COFFEE,))))
    till = shop.till()
    goods = (line("Coffee", 1_200, sku="c"),)
    shop.do(till.doubt("one", [1_200, 2_100], card="ada", lines=goods))
    shop.do(till.doubt("two", [1_200, 2_100], card="ada", lines=goods))
    settle(shop, "one", 1_200)
    settle(shop, "two", 2_100)
    ratings = shop.rows(RatingRow)
    assert [one.sale_key for one in ratings] == [key_named("one"), key_named("two 2100")]
    assert shop.points("ada") == Purse(active=12 + 50 + 21 + 50)
    audited(shop)


def test_goods_of_a_settled_paper_come_back(shop: RulesShop, till: RulesTill) -> None:
    """A refund finds the sale by its number, in part and then whole, and takes the points back."""
    shop.do(till.doubt("one", [1_200, 2_100], card="ada", receipt="R-1"))
    settle(shop, "one", 2_100)
    shop.restart()
    part = till.take_back("one 2100", "back", 1_000)
    assert shop.do(part).status is Status.APPLIED
    assert shop.points("ada") == Purse(active=11)
    assert shop.do(till.call_off_receipt("R-1")).status is Status.APPLIED
    assert shop.points("ada") == Purse()
    audited(shop)


def test_a_card_that_nobody_owns_waits_with_its_points(store: LedgerStore) -> None:
    """Where cards are enrolled by hand, the settled points wait for the owner like any others."""
    rules = replace(club(), unknown_card=UnknownCardPolicy.HOLD)
    shop = RulesShop(store, rules)
    till = shop.till()
    shop.do(till.doubt("one", [1_200], card="ada"))
    done = settle(shop, "one", 1_200)
    assert (done.status, done.reason, done.points) == (Status.HELD, Reason.UNKNOWN_CARD, 12)
    assert review_of(shop, "one").state is ReviewState.SETTLED
    shop.do(till.enrol("ada"))
    assert shop.points("ada") == Purse(active=12)
    audited(shop)


def test_a_blocked_card_gets_nothing_and_the_paper_stays_open(
    shop: RulesShop, till: RulesTill
) -> None:
    """A refused settlement changes nothing: it can be tried again once the card is free."""
    shop.do(till.enrol("ada"), till.doubt("one", [1_200], card="ada"))
    token = card_named("ada").token
    shop.store.set_card_state(token, CardState.BLOCKED, shop.now_ms)
    done = settle(shop, "one", 1_200)
    assert done.reason is Reason.CARD_BLOCKED
    assert review_of(shop, "one").state is ReviewState.OPEN
    assert shop.rows(SaleRow) == []
    shop.store.set_card_state(token, CardState.ACTIVE, shop.now_ms)
    assert settle(shop, "one", 1_200).status is Status.APPLIED
    audited(shop)


def test_an_audit_finds_a_review_that_was_tampered_with(shop: RulesShop, till: RulesTill) -> None:
    """A paper opened again behind the books' back, one that is gone and one too many are found."""
    shop.do(till.doubt("one", [1_200], card="ada"), till.doubt("two", [500]))
    settle(shop, "one", 1_200)
    journal = shop.rows(JournalRow)
    assert [row.reason for row in journal if row.status is Status.HELD] == [Reason.IN_REVIEW] * 2
    first = review_of(shop, "one")
    for damaged in (
        replace(first, state=ReviewState.OPEN, closed_index=None),
        replace(first, card_index=None),
    ):
        with shop.store.batch() as batch:
            batch.save(ChangeSet(inserted={}, updated={ReviewRow: [damaged]}, removed={}))
        with shop.store.batch() as batch:
            assert audit(batch).findings
        with shop.store.batch() as batch:
            batch.save(ChangeSet(inserted={}, updated={ReviewRow: [first]}, removed={}))
        audited(shop)
    with shop.store.batch() as batch:
        batch.save(ChangeSet(inserted={}, updated={}, removed={ReviewRow: [first]}))
    with shop.store.batch() as batch:
        assert audit(batch).findings
