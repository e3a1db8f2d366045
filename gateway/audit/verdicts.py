"""Decides every transaction a second time: what it must come to, and how its points then move.

Where the journal does not say which branch or which rules a refusal was judged by, every possible
answer is weighed; the stored one must be among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from gateway.audit.books import Books, Wallet
from gateway.audit.moves import adopt, claw_back, give_back_redeemed, new_lot, post_hold
from gateway.audit.verdict import Effect, Verdict, free, refusal
from gateway.ledger.kinds import (
    CardState,
    HoldState,
    PostingKind,
    SystemAccount,
    WalletKind,
)
from gateway.ledger.numbering import number_of
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_lots import HoldRow, SuspendedRow
from gateway.ledger.rows_members import CardRow, MemberRow
from gateway.ledger.rows_sales import SaleRow
from gateway.model.card import CardEvidence
from gateway.model.ids import BranchId, MemberId, WalletId
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme, RefundPolicy, UnknownCardPolicy
from gateway.model.sale import Sale
from gateway.model.transaction import ClockQuality, EventTime, Kind, SaleReference, Transaction
from gateway.program.earn import points_for_sale
from gateway.program.versions import programme_at


@dataclass(frozen=True, slots=True)
class Bench:
    """What a verdict is made from.

    Attributes:
        books: everything up to the row before.
        programmes: every version of the rules.
        row: the journal row; only its moment, and a new member's pseudonym, are taken from it.
        branch: where it happened.
    """

    books: Books
    programmes: Sequence[Programme]
    row: JournalRow
    branch: BranchId

    def verdicts(self, transaction: Transaction) -> Iterator[Verdict]:
        """Every verdict that the envelope allows here, the likeliest first."""
        if transaction.kind is Kind.REDEEM:
            yield self._redeem(transaction)
        elif transaction.kind is Kind.VOID:
            yield self._void(transaction)
        else:
            for rules in self._rules_for(transaction.time):
                yield self._by_rules(transaction, rules)

    # -- rules ----------------------------------------------------------------------------------

    def _rules_for(self, time: EventTime) -> list[Programme | None]:
        """The rules of the sale's own time, unless its terminal's clock is not to be believed.

        How far ahead of the gateway a clock may be is a setting, and may have been another one
        then: for a clock that was ahead at all, the rules of both moments are possible.
        """
        now = programme_at(self.programmes, self.row.judged_at_ms)
        if time.quality is not ClockQuality.SYNCHRONISED:
            return [now]
        then = programme_at(self.programmes, time.unix_ms)
        return [then] if time.unix_ms <= self.row.judged_at_ms else [then, now]

    def _by_rules(self, transaction: Transaction, rules: Programme | None) -> Verdict:
        if rules is None:
            return refusal(Reason.PROGRAMME_UNKNOWN)
        if transaction.kind is Kind.ENROL:
            return self._enrol(transaction, rules)
        if transaction.currency != rules.currency:
            return refusal(Reason.CURRENCY_MISMATCH)
        if transaction.kind is Kind.EARN:
            return self._earn(transaction, rules)
        return self._refund(transaction, rules)

    # -- members and sales ------------------------------------------------------------------------

    def _enrol(self, transaction: Transaction, rules: Programme) -> Verdict:
        card = transaction.card
        assert card is not None
        if card.token in self.books.cards:
            return refusal(Reason.CARD_ALREADY_ENROLLED)

        def carry_out() -> Effect:
            return self._of(self._new_member(card))

        return self._applied(PostingKind.ENROL, rules, carry_out)

    def _earn(self, transaction: Transaction, rules: Programme) -> Verdict:
        card, sale = transaction.card, transaction.sale
        assert card is not None
        assert sale is not None
        known = self.books.sales.get((self.branch, sale.key))
        if known is not None and (known.earn_index or known.refund_index):
            return refusal(Reason.SALE_ALREADY_RECORDED)
        owned = self.books.cards.get(card.token)
        if owned is not None and owned.state is not CardState.ACTIVE:
            return refusal(Reason.CARD_BLOCKED)
        points = points_for_sale(rules, sale)
        if owned is None and rules.unknown_card is UnknownCardPolicy.HOLD:
            return Verdict(
                status=Status.HELD,
                reason=Reason.UNKNOWN_CARD,
                posting=PostingKind.SUSPEND,
                version=rules.version,
                carry_out=lambda: self._suspend(card, sale, points),
            )

        def carry_out() -> Effect:
            self._note_sale(sale, earned=True)
            member = self._new_member(card) if owned is None else owned.member_id
            wallet = WalletId(member)
            issued = self.books.system(SystemAccount.ISSUED, wallet)
            self.books.transfer(issued, self.books.account(wallet, "available"), points)
            self.books.heap.open(new_lot(self.books, wallet, points, self.row.judged_at_ms))
            return self._of(member)

        return self._applied(PostingKind.EARN, rules, carry_out)

    def _refund(self, transaction: Transaction, rules: Programme) -> Verdict:
        assert transaction.original is not None
        sale = self._find_sale(transaction.original)
        if sale is None:
            return refusal(Reason.SALE_NOT_FOUND)
        if sale.refund_index is not None:
            return refusal(Reason.SALE_ALREADY_REFUNDED)

        def carry_out() -> Effect:
            redeemer = self._undo_redemptions(sale)
            earner = self._take_back(sale, rules)
            self.books.put_sale(
                replace(
                    sale,
                    refund_index=self.row.journal_index,
                    returned_minor=sale.total_minor or 0,
                )
            )
            member = earner or redeemer
            return Effect() if member is None else self._of(member)

        return self._applied(PostingKind.REFUND, rules, carry_out)

    # -- holds ------------------------------------------------------------------------------------

    def _redeem(self, transaction: Transaction) -> Verdict:
        assert transaction.redemption is not None
        hold = self.books.holds.get(transaction.redemption.hold_id)
        if hold is None:
            return refusal(Reason.HOLD_NOT_FOUND)
        rules = next(
            (one for one in self.programmes if one.version == hold.programme_version), None
        )
        if rules is None:
            return refusal(Reason.PROGRAMME_UNKNOWN)
        reason = self._objection(transaction, hold, rules)
        if reason is not Reason.NONE:
            return refusal(reason)

        def carry_out() -> Effect:
            assert transaction.sale is not None
            named = replace(hold, sale_key=transaction.sale.key, branch=self.branch)
            into_debt = rules.refund is RefundPolicy.ALLOW_NEGATIVE
            post_hold(self.books, named, into_debt=into_debt)
            self._note_sale(transaction.sale, earned=False)
            return self._of_hold(hold)

        applied = self._applied(PostingKind.REDEEM, rules, carry_out)
        return replace(applied, hold_id=hold.hold_id)

    def _objection(self, transaction: Transaction, hold: HoldRow, rules: Programme) -> Reason:
        assert transaction.card is not None
        assert transaction.sale is not None
        assert transaction.redemption is not None
        card = self.books.cards.get(transaction.card.token)
        asserted = (
            transaction.id.terminal,
            card.member_id if card is not None else None,
            transaction.redemption.points,
            transaction.redemption.amount_minor,
        )
        granted = (hold.terminal, hold.member_id, hold.points, hold.amount_minor)
        if asserted != granted:
            return Reason.HOLD_MISMATCH
        if transaction.currency != rules.currency:
            return Reason.CURRENCY_MISMATCH
        if hold.state not in (HoldState.PENDING, HoldState.EXPIRED):
            return Reason.HOLD_ALREADY_RESOLVED
        sale = self.books.sales.get((self.branch, transaction.sale.key))
        if sale is not None and sale.refund_index is not None:
            return Reason.SALE_ALREADY_REFUNDED
        return Reason.NONE

    def _void(self, transaction: Transaction) -> Verdict:
        assert transaction.hold_id is not None
        hold = self.books.holds.get(transaction.hold_id)
        if hold is None or hold.terminal != transaction.id.terminal:
            return refusal(Reason.HOLD_NOT_FOUND)
        if hold.state not in (HoldState.PENDING, HoldState.EXPIRED):
            return refusal(Reason.HOLD_ALREADY_RESOLVED)

        def carry_out() -> Effect:
            free(self.books, hold, HoldState.VOIDED)
            return self._of_hold(hold)

        return Verdict(
            status=Status.APPLIED,
            posting=PostingKind.RELEASE if hold.state is HoldState.PENDING else None,
            version=hold.programme_version,
            hold_id=hold.hold_id,
            carry_out=carry_out,
        )

    # -- parts ------------------------------------------------------------------------------------

    def _applied(
        self, posting: PostingKind, rules: Programme, carry_out: Callable[[], Effect]
    ) -> Verdict:
        return Verdict(
            status=Status.APPLIED, posting=posting, version=rules.version, carry_out=carry_out
        )

    def _of(self, member: MemberId) -> Effect:
        wallet = WalletId(member)
        return Effect(member=member, points=self.books.moved(wallet), wallet=wallet)

    def _of_hold(self, hold: HoldRow) -> Effect:
        assert hold.wallet_id is not None
        moved = self.books.moved(hold.wallet_id)
        return Effect(member=hold.member_id, points=moved, wallet=hold.wallet_id)

    def _new_member(self, card: CardEvidence) -> MemberId:
        # The pseudonym is random: the journal alone knows it. That it is new is checked with it.
        member = self.row.member_id or MemberId("")
        self.books.members[member] = MemberRow(
            member_id=member, enrolled_at_ms=self.row.judged_at_ms, branch=self.branch
        )
        self.books.cards[card.token] = CardRow(
            token=card.token,
            profile=card.profile,
            member_id=member,
            state=CardState.ACTIVE,
            added_at_ms=self.row.judged_at_ms,
        )
        wallet = WalletId(member)
        self.books.wallets[wallet] = Wallet(WalletKind.POINTS, member, self.books.ledger)
        for waiting in self.books.waiting_for(card.token):
            adopt(self.books, wallet, waiting, at_ms=self.row.judged_at_ms)
        return member

    def _suspend(self, card: CardEvidence, sale: Sale, points: int) -> Effect:
        self._note_sale(sale, earned=True)
        index = self.row.journal_index
        self.books.suspend(
            SuspendedRow(
                lot_id=number_of(index, 0),
                journal_index=index,
                ledger=self.books.ledger,
                card_token=card.token,
                points=points,
                available_from_ms=self.row.judged_at_ms,
                expires_at_ms=None,
                pending=False,
                source="",
                taken_back=0,
                resolved_index=None,
            )
        )
        return Effect(points=points)

    def _note_sale(self, sale: Sale, *, earned: bool) -> None:
        index = self.row.journal_index
        known = self.books.sales.get((self.branch, sale.key))
        if known is None:
            known = SaleRow(
                branch=self.branch,
                sale_key=sale.key,
                receipt_number=None,
                first_index=index,
                earn_index=None,
                refund_index=None,
                total_minor=sale.total_minor,
                returned_minor=0,
            )
        self.books.put_sale(
            replace(
                known,
                receipt_number=known.receipt_number or sale.receipt_number,
                earn_index=index if earned else known.earn_index,
            )
        )

    def _find_sale(self, original: SaleReference) -> SaleRow | None:
        if original.key is not None:
            named = self.books.sales.get((self.branch, original.key))
            if named is not None:
                return named
        if original.receipt_number is None:
            return None
        same = self.books.sales_on_receipt(self.branch, original.receipt_number)
        # Tills begin again at 1 each day: the newest sale that can still be refunded is meant.
        not_refunded = [sale for sale in same if sale.refund_index is None]
        candidates = not_refunded or same
        return candidates[-1] if candidates else None

    def _undo_redemptions(self, sale: SaleRow) -> MemberId | None:
        posted = self.books.redemptions(sale.key)
        for hold in posted:
            give_back_redeemed(self.books, hold)
        return posted[0].member_id if posted else None

    def _take_back(self, sale: SaleRow, rules: Programme) -> MemberId | None:
        if sale.earn_index is None:
            return None
        for waiting in self.books.waiting_of(sale.earn_index):
            self.books.take_waiting_back(waiting, waiting.points - waiting.taken_back)
        member: MemberId | None = None
        for lot in self.books.heap.made_by(sale.earn_index):
            into_debt = rules.refund is RefundPolicy.ALLOW_NEGATIVE
            claw_back(self.books, lot, into_debt=into_debt)
            member = self.books.wallets[lot.wallet_id].member_id
        return member
