"""What a batch will have rated: for whom, by which rules, where and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from gateway.ledger.book import Book
from gateway.model.ids import BranchId, CardToken, TerminalId
from gateway.model.money import Currency
from gateway.model.programme import Programme
from gateway.model.transaction import Transaction
from gateway.program.local_time import place_at
from gateway.program.succession import rules_in
from gateway.program.versions import programme_at
from gateway.writer.arrival import AuthArrival
from gateway.writer.bench import believed_ms
from gateway.writer.plan_rules import Act, Context, RulesPlan


class ActsPlan:
    """Names what will be rated, of cards that were loaded.

    Args:
        book: what was loaded.
        rules: who knows members' referrers.
        context: the rules and the moment.
        branch_of: where a terminal stands.
    """

    def __init__(
        self,
        book: Book,
        rules: RulesPlan,
        context: Context,
        branch_of: Callable[[TerminalId], BranchId | None],
    ) -> None:
        self._book = book
        self._rules = rules
        self._context = context
        self._branch_of = branch_of

    def of_transactions(self, judged: Iterable[Transaction]) -> Iterator[Act]:
        """What transactions will have rated."""
        context = self._context
        for transaction in judged:
            branch = self._branch_of(transaction.id.terminal)
            card = transaction.card
            if branch is None or card is None:
                continue
            at_ms = believed_ms(transaction.time, context.now_ms, context.settings)
            yield from self.of_sale(transaction.currency, card.token, branch, at_ms)

    def of_sale(
        self, currency: Currency, token: CardToken, branch: BranchId, at_ms: int
    ) -> Iterator[Act]:
        """What a sale will have rated."""
        programmes = self._context.programmes
        # A till that counts in an older currency is rated by other rules than those in force.
        rated_by = (programme_at(programmes, at_ms), rules_in(programmes, at_ms, currency))
        for rules in {one.version: one for one in rated_by if one is not None}.values():
            yield from self._of(rules, token, branch, at_ms)

    def of_requests(self, requests: Iterable[AuthArrival]) -> Iterator[Act]:
        """What requests will have rated: by the gateway's own clock, at the terminal's branch."""
        now_ms = self._context.now_ms
        rules = programme_at(self._context.programmes, now_ms)
        for arrival in requests:
            branch, card = self._branch_of(arrival.request.terminal), arrival.request.card
            if rules is not None and branch is not None and card is not None:
                yield from self._of(rules, card.token, branch, now_ms)

    def _of(
        self, rules: Programme, token: CardToken, branch: BranchId, at_ms: int
    ) -> Iterator[Act]:
        place = place_at(rules.rules.settings, branch, at_ms)
        owned = self._book.cards.get(token)
        member_id = None if owned is None else owned.member_id
        yield Act(rules, member_id, place)
        for referrer in self._rules.referrers([] if member_id is None else [member_id]):
            yield Act(rules, referrer, place)
