"""The one-thread model: whole numbers per card, moved by the rules as their documents say them.

It knows no lots, no entries, no brokers and no batches. It takes what the terminals accepted and
asked, in the order in which the gateway says it judged it, and says what each must have come to.
With the product it shares the wire's values, the definition of what a sale earns, and nothing of
the code that decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from gateway.ledger.kinds import CardState, HoldState
from gateway.model.authorisation import AuthAnswer, AuthKind, AuthRequest
from gateway.model.ids import BranchId, CardToken, HoldId, SaleKey, TerminalId
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme, RefundPolicy, UnknownCardPolicy
from gateway.model.transaction import (
    ClockQuality,
    EventTime,
    Kind,
    SaleReference,
    Transaction,
)
from gateway.program.earn import points_for_sale
from simulators.shop.book_values import Account, Ending, Hold, SaleEntry, refused


class Books:
    """Everybody's points, and why.

    Args:
        rules: versions of the programme, each with the journal index after which it was known.
        branches: where each terminal stands.
        tolerance_ms: how far ahead of the gateway's a terminal's clock is still believed.

    Attributes:
        accounts: by card; a simulated member has one.
        holds: by id.
        sales: by branch and key, in the order in which they were first heard of.
        waiting: points of cards that nobody owns.
        system: points that came from, or went to, each system account.
        index: the journal row now judged.
    """

    def __init__(
        self,
        rules: Sequence[tuple[int, Programme]],
        branches: Mapping[TerminalId, BranchId],
        tolerance_ms: int,
    ) -> None:
        self.accounts: dict[CardToken, Account] = {}
        self.holds: dict[HoldId, Hold] = {}
        self.sales: dict[tuple[BranchId, SaleKey], SaleEntry] = {}
        self.waiting: dict[CardToken, list[SaleEntry]] = {}
        self.system: Counter[str] = Counter()
        self.index = 0
        self._rules = rules
        self._branches = branches
        self._tolerance_ms = tolerance_ms

    # -- what is judged -------------------------------------------------------------------------

    def transaction(self, one: Transaction, judged_at_ms: int) -> Ending:
        """Say what a transaction must have come to, and let it."""
        rules = self._rules_for(one.time, judged_at_ms)
        branch = self._branches[one.id.terminal]
        match one.kind:
            case Kind.ENROL:
                return self._enrol(one, rules)
            case Kind.EARN:
                return self._earn(one, branch, rules)
            case Kind.REDEEM:
                return self._redeem(one, branch)
            case Kind.VOID:
                return self._void(one)
            case Kind.REFUND:
                return self._refund(one, branch, rules)
            case Kind.TOP_UP | Kind.EVENT | Kind.REVIEW:
                raise ValueError("these books are of points alone; no world here sends that")

    def request(self, one: AuthRequest, answer: AuthAnswer | None, judged_at_ms: int) -> Ending:
        """Say what a request that moved points must have come to.

        Args:
            one: the request.
            answer: what was seen of its answer, if it ever left the gateway.
            judged_at_ms: by the gateway's clock.
        """
        if judged_at_ms > one.deadline_ms:
            return refused(Reason.REQUEST_EXPIRED)
        if one.kind is AuthKind.RESERVE:
            return self._reserve(one, answer, judged_at_ms)
        assert one.hold_id is not None
        return self._free(one.hold_id, one.terminal, HoldState.CANCELLED)

    def expiry(self, hold_id: HoldId, judged_at_ms: int) -> Ending:
        """Say what the end of a hold's time must have come to."""
        hold = self.holds.get(hold_id)
        if hold is None or hold.state is not HoldState.PENDING:
            return refused(Reason.HOLD_ALREADY_RESOLVED)
        if judged_at_ms < hold.expires_at_ms:
            return refused(Reason.NONE)
        return self._free(hold_id, hold.terminal, HoldState.EXPIRED)

    def card(self, token: CardToken, state: CardState) -> bool:
        """An administrator set a card's state; False if nobody owns it."""
        account = self.accounts.get(token)
        if account is not None:
            account.state = state
        return account is not None

    # -- sales ----------------------------------------------------------------------------------

    def _enrol(self, one: Transaction, rules: Programme) -> Ending:
        assert one.card is not None
        if one.card.token in self.accounts:
            return refused(Reason.CARD_ALREADY_ENROLLED)
        account, adopted = self._open(one.card.token)
        return self._applied(account, adopted, rules)

    def _earn(self, one: Transaction, branch: BranchId, rules: Programme) -> Ending:
        assert one.card is not None
        assert one.sale is not None
        token, key = one.card.token, (branch, one.sale.key)
        sale = self.sales.get(key)
        if sale is not None and (sale.earned or sale.refunded):
            return refused(Reason.SALE_ALREADY_RECORDED)
        account = self.accounts.get(token)
        if account is not None and account.state is not CardState.ACTIVE:
            return refused(Reason.CARD_BLOCKED)
        points = points_for_sale(rules, one.sale)
        sale = self._note_sale(key, one.sale.receipt_number)
        sale.earned, sale.earner, sale.points = True, token, points
        self.system["issued"] -= points
        if account is None and rules.unknown_card is UnknownCardPolicy.HOLD:
            sale.waits = True
            self.waiting.setdefault(token, []).append(sale)
            self.system["suspense"] += points
            return Ending(
                status=Status.HELD,
                reason=Reason.UNKNOWN_CARD,
                points=points,
                version=rules.version,
            )
        adopted = 0
        if account is None:
            account, adopted = self._open(token)
        account.available += points
        return self._applied(account, points + adopted, rules)

    def _refund(self, one: Transaction, branch: BranchId, rules: Programme) -> Ending:
        assert one.original is not None
        sale = self._find_sale(one.original, branch)
        if sale is None:
            return refused(Reason.SALE_NOT_FOUND)
        if sale.refunded:
            return refused(Reason.SALE_ALREADY_REFUNDED)
        sale.refunded = True
        moved: Counter[CardToken] = Counter()
        payers = [self.holds[hold_id] for hold_id in sale.redeemed]
        for hold in payers:
            back = hold.points - hold.borne
            self.accounts[hold.token].available += back
            moved[hold.token] += back
            self.system["redeemed"] -= hold.points
            self.system["shortfall"] += hold.borne
        earner = self._take_back(sale, moved, rules)
        about = earner if earner is not None else (payers[0].token if payers else None)
        if about is None:
            return Ending(status=Status.APPLIED, version=rules.version)
        return self._applied(self.accounts[about], moved[about], rules)

    def _take_back(
        self, sale: SaleEntry, moved: Counter[CardToken], rules: Programme
    ) -> CardToken | None:
        """Take back what a sale earned; say whose it was, where points were somebody's."""
        if not sale.earned or sale.earner is None:
            return None
        if sale.waits:
            sale.waits = False
            self.waiting[sale.earner].remove(sale)
            self.system["suspense"] -= sale.points
            self.system["clawed_back"] += sale.points
            return None
        if sale.points == 0:
            return None
        taken = self._take(self.accounts[sale.earner], sale.points, rules)
        moved[sale.earner] -= taken
        self.system["clawed_back"] += taken
        return sale.earner

    # -- holds ----------------------------------------------------------------------------------

    def _reserve(self, one: AuthRequest, answer: AuthAnswer | None, judged_at_ms: int) -> Ending:
        assert one.card is not None
        assert one.points is not None
        assert one.sale_total_minor is not None
        rules = self._rules_at(judged_at_ms)
        account = self.accounts.get(one.card.token)
        if account is None:
            return refused(Reason.UNKNOWN_CARD)
        if account.state is not CardState.ACTIVE:
            return refused(Reason.CARD_BLOCKED)
        # As many whole steps as the question, the balance and the sale's share all allow.
        share_minor = one.sale_total_minor * rules.redeem_share_percent // 100
        steps = min(
            one.points // rules.redeem_points,
            account.available // rules.redeem_points,
            share_minor // rules.redeem_value_minor,
        )
        points = steps * rules.redeem_points
        if points < max(rules.redeem_minimum_points, 1):
            return refused(Reason.INSUFFICIENT_POINTS)
        expires_at_ms = judged_at_ms + rules.hold_ttl_ms
        hold = Hold(
            terminal=one.terminal,
            token=one.card.token,
            points=points,
            amount_minor=steps * rules.redeem_value_minor,
            expires_at_ms=expires_at_ms,
            version=rules.version,
        )
        if answer is not None:
            told = (answer.status, answer.points, answer.amount_minor, answer.expires_at_ms)
            if told != (Status.APPLIED, points, hold.amount_minor, expires_at_ms):
                return refused(Reason.HOLD_MISMATCH)
        self.holds[one.request_id] = hold
        account.available -= points
        account.held += points
        return self._applied(account, 0, rules)

    def _redeem(self, one: Transaction, branch: BranchId) -> Ending:
        assert one.card is not None
        assert one.sale is not None
        assert one.redemption is not None
        hold = self.holds.get(one.redemption.hold_id)
        if hold is None:
            return refused(Reason.HOLD_NOT_FOUND)
        asked = (one.id.terminal, one.card.token, one.redemption.points)
        if asked != (hold.terminal, hold.token, hold.points):
            return refused(Reason.HOLD_MISMATCH)
        if one.redemption.amount_minor != hold.amount_minor:
            return refused(Reason.HOLD_MISMATCH)
        if hold.state not in (HoldState.PENDING, HoldState.EXPIRED):
            return refused(Reason.HOLD_ALREADY_RESOLVED)
        key = (branch, one.sale.key)
        sale = self.sales.get(key)
        if sale is not None and sale.refunded:
            return refused(Reason.SALE_ALREADY_REFUNDED)
        rules = self._rules_of(hold.version)
        account = self.accounts[hold.token]
        if hold.state is HoldState.PENDING:
            account.held -= hold.points
            moved = -hold.points
        else:
            # ADR 4: the till gave the discount, so what is there is taken, however late.
            taken = self._take(account, hold.points, rules)
            hold.borne = hold.points - taken
            moved = -taken
        hold.state = HoldState.POSTED
        self.system["redeemed"] += hold.points
        self.system["shortfall"] -= hold.borne
        self._note_sale(key, one.sale.receipt_number).redeemed.append(one.redemption.hold_id)
        return self._applied(account, moved, rules)

    def _void(self, one: Transaction) -> Ending:
        assert one.hold_id is not None
        return self._free(one.hold_id, one.id.terminal, HoldState.VOIDED)

    def _free(self, hold_id: HoldId, terminal: TerminalId, state: HoldState) -> Ending:
        hold = self.holds.get(hold_id)
        if hold is None or hold.terminal != terminal:
            return refused(Reason.HOLD_NOT_FOUND)
        if hold.state not in (HoldState.PENDING, HoldState.EXPIRED):
            return refused(Reason.HOLD_ALREADY_RESOLVED)
        account = self.accounts[hold.token]
        if hold.state is HoldState.PENDING:
            account.held -= hold.points
            account.available += hold.points
        hold.state = state
        return self._applied(account, 0, self._rules_of(hold.version))

    # -- parts ----------------------------------------------------------------------------------

    def _applied(self, account: Account, points: int, rules: Programme) -> Ending:
        return Ending(
            status=Status.APPLIED,
            points=points,
            balance=account.available,
            version=rules.version,
        )

    def _open(self, token: CardToken) -> tuple[Account, int]:
        """Make a member; what waited for the card is theirs."""
        account = self.accounts[token] = Account()
        adopted = 0
        for sale in self.waiting.pop(token, []):
            sale.waits = False
            adopted += sale.points
        account.available = adopted
        self.system["suspense"] -= adopted
        return account, adopted

    def _take(self, account: Account, points: int, rules: Programme) -> int:
        if rules.refund is RefundPolicy.CLAMP:
            points = min(points, max(account.available, 0))
        account.available -= points
        return points

    def _note_sale(self, key: tuple[BranchId, SaleKey], number: str | None) -> SaleEntry:
        sale = self.sales.setdefault(key, SaleEntry(receipt_number=number))
        sale.receipt_number = sale.receipt_number or number
        return sale

    def _find_sale(self, original: SaleReference, branch: BranchId) -> SaleEntry | None:
        if original.key is not None and (branch, original.key) in self.sales:
            return self.sales[branch, original.key]
        if original.receipt_number is None:
            return None
        same = [
            sale
            for (where, _), sale in self.sales.items()
            if where == branch and sale.receipt_number == original.receipt_number
        ]
        fresh = [sale for sale in same if not sale.refunded]
        found = fresh or same
        return found[-1] if found else None

    def _rules_for(self, time: EventTime, judged_at_ms: int) -> Programme:
        """A late transaction is rated by its own time, if its clock can be believed."""
        believed = (
            time.quality is ClockQuality.SYNCHRONISED
            and time.unix_ms <= judged_at_ms + self._tolerance_ms
        )
        return self._rules_at(time.unix_ms if believed else judged_at_ms)

    def _rules_at(self, at_ms: int) -> Programme:
        known = [rules for index, rules in self._rules if index < self.index]
        return max(
            (rules for rules in known if rules.effective_from_ms <= at_ms),
            key=lambda rules: rules.version,
        )

    def _rules_of(self, version: int) -> Programme:
        return next(rules for _, rules in self._rules if rules.version == version)
