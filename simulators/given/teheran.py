"""A shop that goes from rials to tomans, with the books checked after each step.

Ten thousand rials become one toman of a hundred parts, so that a hundred rials are the smallest
unit of the new currency. After each step the books hold, and the auditor agrees.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.audit.auditor import audit
from gateway.ledger.accounts import credit_wallet_id
from gateway.ledger.kinds import JournalKind, SystemAccount
from gateway.ledger.rows import AccountRow, EntryRow
from gateway.ledger.rows_members import WalletRow
from gateway.ledger.store import LedgerStore
from gateway.model.instrument import Instrument
from gateway.model.money import IRR, Currency
from gateway.model.programme import RefundPolicy, UnknownCardPolicy
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import CreditPolicy, GiftCardPolicy
from gateway.model.rules.succession import Succession
from simulators.rules_shop import Purse, RulesShop, club
from simulators.rules_till import RulesTill

CREDIT, GIFT = Instrument.CREDIT, Instrument.GIFT
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


def till_of(shop: Teheran) -> RulesTill:
    """A till of a shop, in rials."""
    till = shop.till()
    till.currency = IRR
    return till
