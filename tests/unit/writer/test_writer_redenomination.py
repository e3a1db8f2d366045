"""Money across a redenomination: brought over at the first touch, and again where more comes late.

Ten thousand rials become one toman of a hundred parts, so that a hundred rials are the smallest
unit of the new currency. After each step the books hold, and the auditor agrees.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.audit.auditor import audit
from gateway.ledger.accounts import credit_wallet_id
from gateway.ledger.kinds import JournalKind, PostingKind, SystemAccount
from gateway.ledger.rows import AccountRow, EntryRow, PostingRow
from gateway.ledger.rows_lots import LotRow
from gateway.ledger.rows_members import GiftCardRow, WalletRow
from gateway.ledger.rows_sales import SaleRow
from gateway.model.instrument import Instrument
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.money import EUR, IRR, Currency
from gateway.model.outcome import Reason, Status
from gateway.model.programme import RefundPolicy, UnknownCardPolicy
from gateway.model.rules.caps import Cap, CapMeasure
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import CreditPolicy, GiftCardPolicy
from gateway.model.rules.succession import Succession
from gateway.model.rules.tiers import TierBasis, TierLevel, TierScheme
from simulators.rules_shop import DAY_MS, HOUR_MS, CommandParts, Purse, RulesShop, club
from simulators.rules_till import RulesTill, card_named, line

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore

CREDIT, GIFT = Instrument.CREDIT, Instrument.GIFT
CONVERT = PostingKind.CONVERT
XTS = Currency(code="XTS", exponent=2)
IRT = Currency(code="IRT", exponent=2)
RATE = Succession(currency=IRR, old_units_per_unit=10_000)

#: A rial of credit for every ten spent, which lapses after 100 days; money of all kinds.
RULES = Rules(
    earning=(
        EarningRule(
            id="back", kind=EarningKind.PER_AMOUNT, unit=Unit.CREDIT, points=1, per_minor=10
        ),
    ),
    credit=CreditPolicy(
        top_up_maximum_minor=10**9,
        share_percent=100,
        transfers=True,
        earned_expiry=Expiry(kind=ExpiryKind.DAYS, count=100),
    ),
    gift_cards=GiftCardPolicy(maximum_minor=10**9, reloadable=True),
)


class Teheran(RulesShop):
    """A shop that counts in rials first, and in tomans from a day on."""

    def __init__(
        self,
        store: LedgerStore,
        refund: RefundPolicy,
        rules: Rules = RULES,
        *,
        holds: bool = False,
    ) -> None:
        """Open in rials; with ``holds``, what an unknown card earns waits for its owner."""
        policy = UnknownCardPolicy.HOLD if holds else UnknownCardPolicy.ENROL
        first = club(rules, refund=refund)
        super().__init__(store, replace(first, currency=IRR, unknown_card=policy))

    def change_over_at_once(self, rules: Rules | None = None) -> None:
        """Let the tomans begin, with other rules where some are given."""
        (first,) = self.store.programmes()
        second = replace(first, version=2, currency=IRT, succeeds=RATE)
        self.publish(second if rules is None else replace(second, rules=rules))

    def change_over(self, rules: Rules | None = None) -> None:
        """The same, an hour ago."""
        self.change_over_at_once(rules)
        self.later(hours=1)

    def old(self, instrument: Instrument) -> Purse:
        """The rials of the one card, a member's or a gift card."""
        return self.rials("card") if instrument is CREDIT else self._of("GC:IRR")

    def new(self, instrument: Instrument) -> Purse:
        """The tomans of the one card, a member's or a gift card."""
        return self.tomans("card") if instrument is CREDIT else self._of("GC:IRT")

    def _of(self, ledger: str) -> Purse:
        (wallet,) = [row for row in self.rows(WalletRow) if row.ledger == ledger]
        return self._purse(wallet.wallet_id)

    def check(self) -> None:
        """The books hold all their invariants, and the auditor says the same."""
        super().check()
        with self.store.batch() as batch:
            report = audit(batch)
        assert report.findings == (), report.findings

    def rials(self, card: str) -> Purse:
        """The member's credit in the old currency."""
        return self._purse(credit_wallet_id(self.member(card), "IRR"))

    def tomans(self, card: str) -> Purse:
        """The member's credit in the new one."""
        return self._purse(credit_wallet_id(self.member(card), "IRT"))

    def balance(self, ledger: str, account: SystemAccount) -> int:
        """A system account's, as its entries add up."""
        (number,) = [
            row.account_id
            for row in self.rows(AccountRow)
            if (row.ledger, row.name) == (ledger, account.value)
        ]
        entries = self.rows(EntryRow)
        return sum(
            one.points * ((one.credit_account == number) - (one.debit_account == number))
            for one in entries
        )

    def brought_over(self) -> list[str]:
        """The wallets that were brought over, in order."""
        rows = [one for one in self.journal() if one.kind is JournalKind.REDENOMINATION]
        return [(row.envelope or b"").decode() for row in rows]


@pytest.fixture
def shop(store: LedgerStore) -> Teheran:
    """A shop whose members may owe."""
    return Teheran(store, RefundPolicy.ALLOW_NEGATIVE)


@pytest.fixture
def till(shop: Teheran) -> RulesTill:
    """A till that counts in rials."""
    return till_of(shop)


def till_of(shop: Teheran) -> RulesTill:
    """A till of a shop, in rials."""
    till = shop.till()
    till.currency = IRR
    return till


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


@pytest.mark.parametrize("how", ["void", "cancel", "expiry"])
@pytest.mark.parametrize("instrument", [CREDIT, GIFT])
def test_what_was_held_follows_when_it_is_free(
    shop: Teheran, till: RulesTill, instrument: Instrument, how: str
) -> None:
    """A reservation stays in rials until it is freed; what comes back is tomans at once."""
    shop.do(till.load("card", 1_000_000, instrument))
    answer = shop.ask(till.reserve("card", "sale", 250_000, instrument, 1_000_000))
    shop.change_over_at_once()
    till.currency = IRT
    shop.ask(till.inquire("card"))
    assert shop.old(instrument) == Purse(held=250_000)
    assert shop.new(instrument) == Purse(active=7_500)
    if how == "void":
        shop.do(till.void(answer.request_id))
    elif how == "cancel":
        shop.ask(till.cancel(answer.request_id))
    else:
        shop.later(hours=1)
        assert shop.tick() == 1
    assert shop.old(instrument) == Purse()
    assert shop.new(instrument) == Purse(active=10_000)


@pytest.mark.parametrize("instrument", [CREDIT, GIFT])
def test_a_hold_of_before_is_posted_in_its_own_currency(
    shop: Teheran, till: RulesTill, instrument: Instrument
) -> None:
    """The till took rials off; that many are redeemed, and what it did not need follows."""
    shop.do(till.load("card", 1_000_000, instrument))
    answer = shop.ask(till.reserve("card", "sale", 250_000, instrument, 1_000_000))
    shop.change_over_at_once()
    posted = till.post("card", "sale", answer, 240_000, units=240_000, amount_minor=240_000)
    assert shop.do(posted).status is Status.APPLIED
    assert shop.old(instrument) == Purse()
    assert shop.new(instrument) == Purse(active=7_600)
    ledger = "CR:IRR" if instrument is CREDIT else "GC:IRR"
    assert shop.balance(ledger, SystemAccount.REDEEMED) == 240_000


@pytest.mark.parametrize("instrument", [CREDIT, GIFT])
@pytest.mark.parametrize("spent", [0, 9_000])
def test_a_hold_that_ran_out_is_honoured_by_the_successor(
    shop: Teheran, till: RulesTill, instrument: Instrument, spent: int
) -> None:
    """The till gave rials off; the tomans pay as far as they go, and the programme the rest."""
    shop.do(till.load("card", 1_000_000, instrument))
    answer = shop.ask(till.reserve("card", "sale", 250_000, instrument, 1_000_000))
    shop.change_over()
    assert shop.tick() == 1
    other = shop.till("till-2")
    other.currency = IRT
    if spent:
        taken = shop.ask(other.reserve("card", "else", spent, instrument, spent))
        shop.do(other.post("card", "else", taken, spent))
    shop.do(till.post("card", "sale", answer, 250_000))
    paid = min(10_000 - spent, 2_500)
    assert shop.new(instrument) == Purse(active=10_000 - spent - paid)
    ledger = "CR:IRR" if instrument is CREDIT else "GC:IRR"
    assert shop.balance(ledger, SystemAccount.SHORTFALL) == paid * 100 - 250_000
    shop.do(till.call_off("sale"))
    assert shop.new(instrument) == Purse(active=10_000 - spent)
    assert shop.balance(ledger, SystemAccount.SHORTFALL) == 0


def test_a_sale_in_rials_comes_back_in_tomans(shop: Teheran, till: RulesTill) -> None:
    """The paper says tomans, rounded; a rest below the smallest unit is all that is left."""
    shop.do(till.load("ada", 1_000_000))
    answer = shop.ask(till.reserve("ada", "sale", 123_456, CREDIT, 123_456))
    shop.do(till.post("ada", "sale", answer, 123_456), till.sell("ada", "sale", 123_456))
    earned = 12_345
    assert shop.rials("ada") == Purse(active=1_000_000 - 123_456 + earned)
    shop.change_over()
    till.currency = IRT
    assert shop.do(till.take_back("sale", "back", 1_235)).status is Status.APPLIED
    (sale,) = shop.rows(SaleRow)
    assert (sale.returned_minor, sale.refund_index is not None) == (123_456, True)
    # 888,889 were 8,889; of the 123,456 that come back 12,345 are taken, and the rest is 1,111.
    assert shop.tomans("ada") == Purse(active=8_889 + 1_111)


def test_parts_of_a_sale_in_rials_add_up_to_it_once(shop: Teheran, till: RulesTill) -> None:
    """Three parts that a till rounds up, one after the other, are the whole sale and no more."""
    goods = [line(f"item {number}", 33_350) for number in range(3)]
    shop.do(till.sell("ada", "sale", 100_050, lines=goods))
    shop.change_over()
    till.currency = IRT
    for number in range(3):
        back = [line(f"item {number}", 334)]
        assert shop.do(till.take_back("sale", f"back {number}", 334, back)).reason is Reason.NONE
    (sale,) = shop.rows(SaleRow)
    assert (sale.returned_minor, sale.refund_index is not None) == (100_050, True)
    # Of the 10,005 rials of credit a hundred units were made; three times 33 were taken back.
    assert shop.balance("CR:IRR", SystemAccount.CLAWED_BACK) == 10_005
    assert shop.tomans("ada") == Purse(active=1)
    assert shop.do(till.take_back("sale", "more", 1)).reason is Reason.SALE_ALREADY_REFUNDED


def test_too_much_stays_too_much(shop: Teheran, till: RulesTill) -> None:
    """More than the rounding of one till can be is refused, whatever the currency."""
    shop.do(till.sell("ada", "sale", 100_000))
    shop.change_over()
    till.currency = IRT
    assert shop.do(till.take_back("sale", "back", 1_001)).reason is Reason.RETURN_TOO_LARGE
    assert shop.do(till.take_back("sale", "back", 1_000)).status is Status.APPLIED


def test_a_late_return_in_rials_works_as_before(shop: Teheran, till: RulesTill) -> None:
    """What came back before the change and is told after it is reckoned in rials."""
    shop.do(till.sell("ada", "sale", 100_000))
    shop.later(hours=1)
    shop.change_over()
    till.late_ms = HOUR_MS + 1
    shop.do(till.take_back("sale", "back", 40_000))
    assert shop.tomans("ada") == Purse(active=60)
    (sale,) = shop.rows(SaleRow)
    assert sale.returned_minor == 40_000


def test_a_sale_in_tomans_does_not_come_back_in_rials(shop: Teheran, till: RulesTill) -> None:
    """Nobody sold in a currency that was to come; such a return is refused."""
    shop.change_over()
    till.currency = IRT
    shop.do(till.sell("ada", "sale", 100_000))
    till.currency = IRR
    assert shop.do(till.take_back("sale", "back", 100)).reason is Reason.CURRENCY_MISMATCH


@pytest.mark.parametrize(
    ("refund", "left"), [(RefundPolicy.ALLOW_NEGATIVE, -10), (RefundPolicy.CLAMP, 0)]
)
def test_what_is_taken_back_is_taken_from_the_successor(
    store: LedgerStore, refund: RefundPolicy, left: int
) -> None:
    """The credit of a sale in rials is tomans by now, and those are taken, into debt or not."""
    shop = Teheran(store, refund)
    till = till_of(shop)
    shop.do(till.sell("ada", "sale", 100_000))
    shop.change_over()
    till.currency = IRT
    answer = shop.ask(till.reserve("ada", "paid", 10, CREDIT))
    shop.do(till.post("ada", "paid", answer))
    shop.do(till.call_off("sale"))
    assert shop.tomans("ada") == Purse(active=left)
    shop.do(till.load("ada", 500))
    assert shop.tomans("ada") == Purse(active=500 + left)


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


def test_a_gift_card_names_its_new_wallet(shop: Teheran, till: RulesTill) -> None:
    """The card pays in tomans, is loaded in tomans, and a late load in rials reaches it too."""
    shop.do(till.load("card", 1_000_050, GIFT))
    shop.change_over()
    (old,) = shop.rows(GiftCardRow)
    till.currency = IRT
    answer = shop.ask(till.reserve("card", "sale", 4_000, GIFT))
    shop.do(till.post("card", "sale", answer), till.load("card", 500, GIFT))
    assert shop.gift("card") == Purse(active=10_000 - 4_000 + 500)
    till.currency, till.late_ms = IRR, 2 * HOUR_MS
    shop.do(till.load("card", 100_000, GIFT))
    assert shop.gift("card") == Purse(active=7_500)
    (new,) = shop.rows(GiftCardRow)
    assert new.wallet_id == f"{old.wallet_id}:IRT"


def test_a_gift_card_of_after_the_change_takes_late_rials(shop: Teheran, till: RulesTill) -> None:
    """A card that was sold in tomans first gets a wallet for the rials that a till tells late."""
    shop.change_over()
    other = shop.till("till-2")
    other.currency = IRT
    shop.do(other.load("card", 500, GIFT))
    till.late_ms = 2 * HOUR_MS
    shop.do(till.load("card", 100_000, GIFT))
    assert shop.gift("card") == Purse(active=1_500)
    (card,) = shop.rows(GiftCardRow)
    assert card.wallet_id.count(":") == 1


def test_the_first_load_of_a_gift_card_may_be_late(shop: Teheran, till: RulesTill) -> None:
    """A card that nobody knew is issued in rials and is one of tomans when the commit ends."""
    shop.change_over()
    till.late_ms = 2 * HOUR_MS
    shop.do(till.load("card", 100_000, GIFT))
    assert shop.gift("card") == Purse(active=1_000)


def test_an_empty_gift_card_is_loaded_in_the_new_currency(shop: Teheran, till: RulesTill) -> None:
    """A card with nothing on it has nothing to bring over, and takes tomans all the same."""
    shop.do(till.load("card", 100_000, GIFT))
    answer = shop.ask(till.reserve("card", "sale", 100_000, GIFT, 100_000))
    shop.do(till.post("card", "sale", answer, 100_000))
    shop.change_over()
    till.currency = IRT
    shop.do(till.load("card", 700, GIFT))
    assert shop.gift("card") == Purse(active=700)
    token = card_named("card").token.hex()
    parts: CommandParts = {"token": token, "amount": 300, "last_four": "1234"}
    assert shop.command(LedgerCommandKind.ISSUE_GIFT_CARD, **parts).status is Status.APPLIED
    assert shop.gift("card") == Purse(active=1_000)


def test_the_desk_brings_over_whom_it_names(shop: Teheran, till: RulesTill) -> None:
    """Who gives and who gets credit has tomans before the rules of credit are asked."""
    shop.do(till.load("ada", 1_000_000), till.load("bob", 500_000))
    shop.change_over()
    ada, bob = shop.member("ada"), shop.member("bob")
    shop.command(LedgerCommandKind.ADJUST, member_id=ada, unit=Unit.CREDIT, amount=-4_000)
    moved = shop.command(
        LedgerCommandKind.TRANSFER, member_id=ada, other_member_id=bob, amount=6_000
    )
    assert moved.status is Status.APPLIED
    assert (shop.tomans("ada"), shop.tomans("bob")) == (Purse(), Purse(active=11_000))


def test_a_refused_command_brings_nothing_over(shop: Teheran, till: RulesTill) -> None:
    """What is refused is not written, and neither is what was brought over for it."""
    shop.do(till.load("ada", 1_000_000))
    shop.change_over()
    ada = shop.member("ada")
    more = shop.command(LedgerCommandKind.ADJUST, member_id=ada, unit=Unit.CREDIT, amount=-10_001)
    assert more.reason is Reason.INSUFFICIENT_CREDIT
    assert shop.rials("ada") == Purse(active=1_000_000)


def test_the_night_brings_over_whom_nobody_touched(shop: Teheran, till: RulesTill) -> None:
    """Before anything else a night lets follow what is left, in slices that change nothing."""
    for number in range(5):
        shop.do(till.load(f"member {number}", 100_000), till.load(f"card {number}", 200_000, GIFT))
    shop.change_over()
    shop.later(days=1)
    while shop.writer.night(shop.now_ms, 2).left:
        shop.check()
    shop.check()
    assert len(shop.brought_over()) == 10
    left = [row for row in shop.rows(WalletRow) if row.ledger.endswith(":IRR")]
    assert [(row.available, row.pending) for row in left] == [(0, 0)] * 10
    new = [row for row in shop.rows(WalletRow) if row.ledger.endswith(":IRT")]
    assert sorted(row.available for row in new) == [1_000] * 5 + [2_000] * 5
    assert shop.writer.night(shop.now_ms, 2).journalled == 0


def test_a_night_that_loses_power_after_each_part_gets_to_its_end(
    shop: Teheran, till: RulesTill
) -> None:
    """What a night did is durable, and what is left of it does not begin from the first anew."""
    for number in range(3):
        shop.do(till.load(f"card {number}", 200_000, GIFT))
    shop.change_over()
    shop.later(days=1)
    for _ in range(20):
        shop.restart()
        if not shop.writer.night(shop.now_ms, 1).left:
            break
    assert len(shop.brought_over()) == 3
    assert not shop.writer.night(shop.now_ms, 1).left


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
