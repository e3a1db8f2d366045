"""Mistakes in what cards are believed: copies, and cards that anybody can copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gateway.ledger.rows_members import CardUseRow
from gateway.model.card import Assurance, CardEvidence
from gateway.model.member_facts import MemberFacts
from gateway.model.programme import Programme
from gateway.model.sale import Sale
from gateway.program.evaluation import Evaluation
from gateway.program.facts import Place
from gateway.writer.bench import Bench
from gateway.writer.card_uses import Copied
from simulators.planted.bug import Checker, Part, plant

# -- copies -----------------------------------------------------------------------------------


@plant(
    "copies-by-arrival",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.card_guard:copied",
    home="gateway.writer.card_uses",
)
def copies_by_arrival(_original: object) -> Callable[..., Copied | None]:
    """A card that counted less than it is known to have counted is a copy, whenever that was."""

    def copied(use: CardUseRow, beside: Sequence[CardUseRow]) -> Copied | None:
        higher = (other for other in beside if other.counter > use.counter)
        other = next(higher, None)
        return None if other is None else Copied(other=other, refuses=True, sure=True)

    return copied


@plant(
    "same-count-believed-elsewhere",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.card_guard:copied",
    home="gateway.writer.card_uses",
)
def same_count_believed_elsewhere(
    original: Callable[..., Copied | None],
) -> Callable[..., Copied | None]:
    """A tap that another terminal has told of already is compared with that terminal's alone."""

    def copied(use: CardUseRow, beside: Sequence[CardUseRow]) -> Copied | None:
        return original(use, [one for one in beside if one.terminal == use.terminal])

    return copied


# -- weak cards -------------------------------------------------------------------------------


@plant(
    "weak-cap-forgotten-on-baskets",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.judge_sales:evaluate",
    home="gateway.program.earning",
)
def weak_cap_forgotten_on_baskets(original: Callable[..., Evaluation]) -> Callable[..., Evaluation]:
    """What a weak card may earn is forgotten where a sale has several lines."""

    def evaluate(programme: Programme, sale: Sale, facts: MemberFacts, place: Place) -> Evaluation:
        seen = replace(facts, card=None) if len(sale.lines) > 1 else facts
        return original(programme, sale, seen, place)

    return evaluate


@plant(
    "every-card-is-genuine",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.rating:worth_of",
    home="gateway.writer.card_guard",
)
def every_card_is_genuine(_original: object) -> Callable[..., Assurance]:
    """A card is taken for one that proves its key before any proof was looked at."""

    def worth_of(bench: Bench, card: CardEvidence, at_ms: int) -> Assurance:  # noqa: ARG001 - as the true one
        return Assurance.AUTHENTICATED

    return worth_of
