"""Credit across a redenomination: brought over at the first touch, and again as more comes late."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.ledger.accounts import credit_wallet_id
from gateway.ledger.kinds import PostingKind, SystemAccount
from gateway.ledger.rows import PostingRow
from gateway.ledger.rows_lots import LotRow
from gateway.model.money import EUR, IRR, Currency
from gateway.model.outcome import Reason
from gateway.model.programme import RefundPolicy
from gateway.model.rules.caps import Cap, CapMeasure
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.succession import Succession
from gateway.model.rules.tiers import TierBasis, TierLevel, TierScheme
from simulators.given.teheran import CREDIT, IRT, RULES, Teheran, till_of
from simulators.rules_shop import DAY_MS, HOUR_MS, Purse
from simulators.rules_till import RulesTill

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore

CONVERT = PostingKind.CONVERT
XTS = Currency(code="XTS", exponent=2)


def test_credit_is_brought_over_at_the_first_touch(shop: Teheran, till: RulesTill) -> None:
    """Whoever asks for the balance finds tomans; the rest below the smallest unit is rounded."""
    shop.do(till.load("ada", 1_234_560))
    shop.change_over()
    till.currency = IRT
    answer = shop.ask(till.inquire("ada"))
    assert answer.standing is not None
    assert answer.standing.credit_minor == 12_346
    assert (shop.rials("ada"), shop.tomans("ada")) == (Purse(), Purse(active=12_346))
    (posting,) = [one for one in shop.rows(PostingRow) if one.kind is CONVERT]
    assert posting.programme_version == 2
    assert shop.balance("CR:IRR", SystemAccount.REDENOMINATED) == 1_234_600
    assert shop.balance("CR:IRT", SystemAccount.REDENOMINATED) == -12_346
    assert shop.balance("CR:IRR", SystemAccount.ROUNDED) == -40


def test_two_lots_share_the_rounded_sum(shop: Teheran, till: RulesTill) -> None:
    """A wallet is rounded once: 150 and 150 rials are three of a hundred, and not two times two."""
    shop.do(till.sell("ada", "one", 1_500))
    shop.later(days=1)
    shop.do(till.sell("ada", "two", 1_500))
    shop.change_over()
    till.currency = IRT
    shop.ask(till.inquire("ada"))
    assert shop.tomans("ada") == Purse(active=3)
    lots = [lot for lot in shop.rows(LotRow) if lot.wallet_id.startswith("credit:IRT:")]
    assert [lot.points for lot in lots] == [2, 1]
    assert {lot.source for lot in lots} == {"back"}
    before, after = (lot.expires_at_ms for lot in lots)
    assert before is not None
    assert after == before + DAY_MS


def test_what_waits_goes_on_waiting(store: LedgerStore) -> None:
    """Credit that cannot be spent yet is brought over as such, and can be spent when it could."""
    shop = Teheran(store, RefundPolicy.ALLOW_NEGATIVE, replace(RULES, pending_days=3))
    till = till_of(shop)
    shop.do(till.sell("ada", "one", 100_000))
    shop.change_over()
    till.currency = IRT
    shop.ask(till.inquire("ada"))
    assert shop.tomans("ada") == Purse(pending=100)
    shop.later(days=3)
    answer = shop.ask(till.reserve("ada", "two", 100, CREDIT))
    assert answer.points == 100


def test_what_was_told_late_follows_in_the_same_commit(shop: Teheran, till: RulesTill) -> None:
    """A load and a sale of before the change are booked in rials, and are tomans at once."""
    shop.do(till.enrol("ada"))
    shop.change_over()
    till.late_ms = 2 * HOUR_MS
    shop.do(till.load("ada", 1_000_000), till.sell("ada", "late", 100_000))
    assert shop.rials("ada") == Purse()
    assert shop.tomans("ada") == Purse(active=10_000 + 100)
    versions = {row.programme_version for row in shop.rows(PostingRow) if row.kind is not CONVERT}
    assert versions == {1}


def test_a_till_that_was_not_changed_over_is_understood(shop: Teheran, till: RulesTill) -> None:
    """A sale of today in rials is rated by the last version in rials."""
    shop.change_over()
    assert shop.do(till.sell("ada", "sale", 100_000)).points == 1_000
    assert shop.tomans("ada") == Purse(active=100)


def test_a_strange_currency_is_refused(shop: Teheran, till: RulesTill) -> None:
    """Money that neither the rules nor those before them count in is no money here."""
    shop.do(till.enrol("ada"))
    shop.change_over()
    till.currency = EUR
    assert shop.do(till.sell("ada", "sale", 100)).reason is Reason.CURRENCY_MISMATCH
    assert shop.do(till.load("ada", 100)).reason is Reason.CURRENCY_MISMATCH
    till.currency, till.late_ms = IRT, 2 * HOUR_MS
    assert shop.do(till.load("ada", 100)).reason is Reason.CURRENCY_MISMATCH


def test_a_debt_in_rials_is_owed_in_tomans(shop: Teheran, till: RulesTill) -> None:
    """Who owes when the change comes owes the same, rounded, and pays it with the next credit."""
    shop.do(till.sell("ada", "sale", 100_000))
    answer = shop.ask(till.reserve("ada", "paid", 10_000, CREDIT))
    shop.do(till.post("ada", "paid", answer), till.call_off("sale"))
    assert shop.rials("ada") == Purse(active=-10_000)
    shop.change_over()
    till.currency = IRT
    shop.ask(till.inquire("ada"))
    assert (shop.rials("ada"), shop.tomans("ada")) == (Purse(), Purse(active=-100))
    shop.do(till.load("ada", 150))
    assert shop.tomans("ada") == Purse(active=50)


def test_what_waited_for_an_owner_follows_the_owner(store: LedgerStore) -> None:
    """Credit in suspense stays in rials until somebody owns the card, and is tomans then."""
    shop = Teheran(store, RefundPolicy.ALLOW_NEGATIVE, holds=True)
    till = till_of(shop)
    shop.do(till.load("ada", 1_000_000), till.sell("ada", "sale", 100_000))
    shop.change_over()
    till.currency = IRT
    assert shop.balance("CR:IRR", SystemAccount.SUSPENSE) == 1_010_000
    shop.do(till.enrol("ada"))
    assert shop.balance("CR:IRR", SystemAccount.SUSPENSE) == 0
    assert (shop.rials("ada"), shop.tomans("ada")) == (Purse(), Purse(active=10_100))


def test_money_that_lapsed_before_lapses_in_its_own_currency(
    shop: Teheran, till: RulesTill
) -> None:
    """Nobody gets tomans for rials that could not be spent any more."""
    shop.do(till.sell("ada", "sale", 100_000))
    shop.later(days=200)
    shop.change_over()
    till.currency = IRT
    shop.ask(till.inquire("ada"))
    assert (shop.rials("ada"), shop.tomans("ada")) == (Purse(), Purse())
    assert shop.balance("CR:IRR", SystemAccount.EXPIRED) == 10_000


def test_two_redenominations_round_once(shop: Teheran, till: RulesTill) -> None:
    """Who was away for both has the first currency divided by both rates, and rounded once."""
    shop.do(till.load("ada", 1_234_567))
    shop.change_over()
    newest = shop.store.programmes()[-1]
    again = Succession(currency=IRT, old_units_per_unit=10)
    shop.publish(replace(newest, version=3, currency=XTS, succeeds=again))
    till.currency = XTS
    answer = shop.ask(till.inquire("ada"))
    assert answer.standing is not None
    assert answer.standing.credit_minor == 1_235
    till.currency, till.late_ms = IRT, 500
    shop.do(till.load("ada", 100))
    assert shop._purse(credit_wallet_id(shop.member("ada"), "XTS")) == Purse(active=1_245)


def test_rules_see_what_was_spent_in_their_own_unit(store: LedgerStore) -> None:
    """A level by money and a limit on money go on across the change, at the rate."""
    rule = EarningRule(
        id="back",
        kind=EarningKind.PER_AMOUNT,
        unit=Unit.CREDIT,
        points=1,
        per_minor=10,
        caps=(Cap(limit=15_000, measure=CapMeasure.POINTS),),
    )
    levels = TierScheme(basis=TierBasis.SPEND, levels=(TierLevel(id="gold", threshold=300_000),))
    shop = Teheran(
        store, RefundPolicy.ALLOW_NEGATIVE, replace(RULES, earning=(rule,), tiers=levels)
    )
    till = till_of(shop)
    shop.do(till.sell("ada", "one", 100_000))
    (first,) = shop.store.programmes()
    capped = replace(rule, caps=(Cap(limit=150, measure=CapMeasure.POINTS),))
    golden = replace(levels, levels=(TierLevel(id="gold", threshold=3_000),))
    shop.change_over(replace(first.rules, earning=(capped,), tiers=golden))
    till.currency = IRT
    shop.do(till.sell("ada", "two", 1_000))
    # Of 150 units a hundred were given in rials, so that fifty are left.
    assert shop.tomans("ada") == Purse(active=100 + 50)
    standing = shop.standing("ada")
    assert standing is not None
    assert (standing.spent_minor, standing.tier) == (200_000, None)
    till.currency, till.late_ms = IRR, 2 * HOUR_MS
    shop.do(till.sell("ada", "three", 100_000))
    standing = shop.standing("ada")
    assert standing is not None
    assert (standing.spent_minor, standing.tier) == (300_000, "gold")
    till.currency, till.late_ms = IRT, 0
    shop.do(till.call_off("two"))
    standing = shop.standing("ada")
    assert standing is not None
    assert standing.spent_minor == 200_000
    assert shop.used("/points/") == 10_000 + 5_000 - 5_000
