"""The journal: every judged message, with what its seal is worth."""

from __future__ import annotations

from typing import Final

from apiflask import APIBlueprint

from gateway.model.checks import I63_MAX
from gateway.office.tokens import TokenScope
from gateway.queries.transactions import (
    TransactionFilter,
    TransactionLine,
    transaction,
    transactions,
)
from web_admin.api.answers import CurrencyAnswer, TransactionAnswer, TransactionPage
from web_admin.api.asked import (
    TIME_MS_MAX,
    NoQuestion,
    TransactionsAsked,
    number_cursor,
    number_of,
)
from web_admin.api.guard import SEEN, current_api_house, needs
from web_admin.api.problems import Code, ProblemError

blueprint: Final = APIBlueprint(
    "transactions", __name__, url_prefix="/v1/transactions", tag="Transactions"
)


@blueprint.get("")
@needs(TokenScope.TRANSACTIONS_READ)
@blueprint.input(TransactionsAsked, location="query", arg_name="asked")
@blueprint.output(TransactionPage)
def list_transactions(asked: TransactionsAsked) -> TransactionPage:
    """List the journal, newest first.

    A page looks through a bounded stretch of the journal, so with a filter it may be short, or
    empty, before the last one: go on until next_cursor is null.
    """
    until_ms = asked.recorded_until_ms
    page = transactions(
        current_api_house().ledger,
        TransactionFilter(
            scope=SEEN,
            terminal=asked.terminal or None,
            branch=asked.branch or None,
            from_ms=asked.recorded_from_ms or None,
            until_ms=None if until_ms == TIME_MS_MAX else until_ms,
        ),
        before_index=number_of(asked.cursor),
        limit=asked.limit,
    )
    return TransactionPage(
        items=tuple(_transaction(line) for line in page.lines),
        next_cursor=None if page.next_before is None else number_cursor(page.next_before),
    )


@blueprint.get("/<int:journal_index>")
@needs(TokenScope.TRANSACTIONS_READ)
@blueprint.input(NoQuestion, location="query", arg_name="asked")
@blueprint.output(TransactionAnswer)
def get_transaction(journal_index: int, asked: NoQuestion) -> TransactionAnswer:
    """Get one row of the journal by its number."""
    del asked
    found = None
    if journal_index <= I63_MAX:
        found = transaction(current_api_house().ledger, SEEN, journal_index)
    if found is None:
        raise ProblemError(Code.NOT_FOUND)
    return _transaction(found)


def _transaction(line: TransactionLine) -> TransactionAnswer:
    return TransactionAnswer(
        journal_index=line.journal_index,
        recorded_at_ms=line.recorded_at_ms,
        happened_at_ms=line.happened_at_ms,
        action=line.action,
        posting=line.posting,
        status=line.status,
        reason=line.reason,
        branch=line.branch,
        terminal=line.terminal,
        epoch=line.epoch,
        seq=line.seq,
        member_id=line.member_id,
        points=line.points,
        balance_points=line.balance_points,
        programme_version=line.programme_version,
        amount_minor=line.amount_minor,
        currency=None if line.currency is None else CurrencyAnswer.of(line.currency),
        receipt_number=line.receipt_number,
        seal=line.seal,
    )
