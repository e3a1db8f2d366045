"""A sale that goods of which come back, as it was made and rated."""

from __future__ import annotations

import json
from dataclasses import dataclass

from gateway.ledger.errors import InvariantError
from gateway.ledger.rows_sales import SaleRow
from gateway.model.ids import MemberId
from gateway.model.member_facts import MemberFacts
from gateway.model.plain import from_plain
from gateway.model.programme import Programme
from gateway.model.sale import Sale
from gateway.program.earning import evaluate
from gateway.program.evaluation import Evaluation
from gateway.program.facts import Place
from gateway.program.local_time import place_at
from gateway.program.returns import Rated
from gateway.writer.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """What is known of an earlier sale.

    Attributes:
        sale: as the terminal told it.
        rules: the version that it was recorded under.
        place: where and when.
        rated: what it earned and by what; None where something was only redeemed on it.
        member_id: whose it was when it was recorded.
    """

    sale: Sale
    rules: Programme
    place: Place
    rated: Rated | None
    member_id: MemberId | None


def original_of(bench: Bench, row: SaleRow) -> Original:
    """Take an earlier sale out of the journal.

    A sale under a programme that is only its base kept no rating: its total says it all, and is
    rated again.

    Raises:
        InvariantError: if the journal does not hold the sale.
    """
    index = row.earn_index or row.first_index
    told = bench.told.get(index)
    if told is None or told.transaction.sale is None:
        raise InvariantError(f"journal row {index} was not opened, or tells no sale")
    sale, rules = told.transaction.sale, bench.rules_of(told.programme_version)
    place = place_at(rules.rules.settings, row.branch, told.happened_at_ms)
    if row.earn_index is None:
        return Original(sale=sale, rules=rules, place=place, rated=None, member_id=told.member_id)
    rating = bench.book.rating_of(row.earn_index)
    if rating is None:
        facts = MemberFacts()
        evaluation = evaluate(rules, sale, facts, place)
    else:
        facts = from_plain(MemberFacts, json.loads(rating.facts))
        evaluation = from_plain(Evaluation, json.loads(rating.evaluation))
    rated = Rated(programme=rules, sale=sale, facts=facts, place=place, evaluation=evaluation)
    return Original(sale=sale, rules=rules, place=place, rated=rated, member_id=told.member_id)
