"""Enrolments and earns: what a sale brings its member, by the gateway's own reckoning."""

from __future__ import annotations

from dataclasses import replace

from gateway.ledger.accounts import credit_ledger_name
from gateway.ledger.book import Book
from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import CardState, PostingKind, ReviewState
from gateway.ledger.posting import Posting
from gateway.ledger.posting_lots import LotGrant
from gateway.model.ids import MemberId
from gateway.model.member_facts import MemberFacts
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme, UnknownCardPolicy
from gateway.model.rules.earning import Unit
from gateway.model.rules.rules import Rules
from gateway.model.sale import Sale
from gateway.program.earn import points_for_sale
from gateway.program.earning import evaluate, evaluate_referral
from gateway.program.evaluation import Evaluation
from gateway.program.standing import with_sale
from gateway.program.succession import counted_uses, first_minor
from gateway.writer.awarding import (
    Rated,
    award,
    change_standing,
    keeps_standings,
    lot_grants,
    note_rating,
    standing_at,
)
from gateway.writer.bench import Bench, Case, Outcome, Told, applied, refused
from gateway.writer.judge_returns import take_back_early
from gateway.writer.members import open_member
from gateway.writer.rating import member_facts, place_of, with_card
from gateway.writer.sales import note_sale
from gateway.writer.settling import settle, slide

_NO_RULES = Rules()


def judge_enrol(bench: Bench, case: Case, posting: Posting) -> Outcome:
    """Make a member of a card that nobody owns, and give it what waited for its owner."""
    card = case.transaction.card
    if card is None:
        raise InvariantError("an enrolment carries a card")
    rules = bench.rules_for(case.transaction.time)
    if rules is None:
        return refused(Reason.PROGRAMME_UNKNOWN)
    if bench.book.cards.get(card.token) is not None or bench.book.is_gift_card(card.token):
        return refused(Reason.CARD_ALREADY_ENROLLED)
    place = place_of(bench, rules, case.branch, case.transaction.time)
    member_id = open_member(bench, card, posting, rules, place)
    return applied(bench, posting, member_id, PostingKind.ENROL, rules)


def judge_earn(bench: Bench, case: Case, posting: Posting) -> Outcome:
    """Credit what the gateway's own reckoning says a sale earns, once for each sale."""
    transaction, book = case.transaction, bench.book
    card, sale = transaction.card, transaction.sale
    if card is None or sale is None:
        raise InvariantError("an earn carries a card and a sale")
    rules = bench.rules_in(transaction)
    if rules is None:
        return refused(Reason.PROGRAMME_UNKNOWN)
    reason = _objection(book, case, sale, rules)
    if reason is not Reason.NONE:
        return refused(reason)
    owned = book.cards.get(card.token)
    if owned is not None and owned.state is not CardState.ACTIVE:
        return refused(Reason.CARD_BLOCKED)
    note_sale(book, case.branch, sale, posting.index, earned=True)
    waits = owned is None and rules.unknown_card is UnknownCardPolicy.HOLD
    if waits:
        outcome = _suspend(bench, case, posting, rules)
        _take_back_early(bench, case, posting, rules, None)
        return outcome
    if owned is None:
        place = place_of(bench, rules, case.branch, transaction.time)
        member_id = open_member(bench, card, posting, rules, place)
    else:
        member_id = owned.member_id
    _earn(bench, case, posting, rules, member_id)
    _take_back_early(bench, case, posting, rules, member_id)
    return applied(bench, posting, member_id, PostingKind.EARN, rules)


def _objection(book: Book, case: Case, sale: Sale, rules: Programme) -> Reason:
    if case.transaction.currency != rules.currency:
        return Reason.CURRENCY_MISMATCH
    known = book.sales.get((case.branch, sale.key))
    if known is not None and (known.earn_index is not None or known.refund_index is not None):
        return Reason.SALE_ALREADY_RECORDED
    review = book.reviews.get((case.branch, sale.key))
    if review is not None and review.state is not ReviewState.OPEN:
        return Reason.REVIEW_CLOSED
    if case.transaction.card is not None and book.is_gift_card(case.transaction.card.token):
        return Reason.CARD_ALREADY_ENROLLED
    return Reason.NONE


def _earn(
    bench: Bench, case: Case, posting: Posting, rules: Programme, member_id: MemberId
) -> None:
    """Rate a member's sale and carry out what the rules give."""
    sale = case.transaction.sale
    if sale is None:
        raise InvariantError("an earn carries a sale")
    if rules.rules == _NO_RULES:
        # The base alone: nothing was before that counts, and nothing of it has to be kept.
        grant = LotGrant(amount=points_for_sale(rules, sale), available_from_ms=bench.now_ms)
        posting.earn(bench.book.points_wallet(member_id).wallet_id, (grant,))
        return
    place = place_of(bench, rules, case.branch, case.transaction.time)
    facts = member_facts(bench, rules, member_id, place)
    facts = with_card(bench, rules, facts, case.transaction)
    rated = Rated(rules=rules, place=place, evaluation=evaluate(rules, sale, facts, place))
    settle(bench.book, posting, bench.book.points_wallet(member_id).wallet_id, bench.now_ms)
    award(bench, posting, member_id, rated)
    slide(bench, posting, member_id, rules, place)
    note_rating(bench, posting, sale.key, rated, facts)
    _reward_referrer(bench, posting, rated, sale, facts)
    if keeps_standings(rules):
        points = rated.evaluation.total(Unit.POINTS)
        changed = with_sale(
            *standing_at(bench, member_id, place),
            amount_minor=sale.total_minor * first_minor(bench.programmes, rules),
            points=points,
        )
        change_standing(bench, rules, member_id, changed, bought=True)


def _take_back_early(
    bench: Bench, case: Case, posting: Posting, rules: Programme, member_id: MemberId | None
) -> None:
    """Take back at once what goods had earned that are back already."""
    transaction = case.transaction
    if transaction.sale is None:
        raise InvariantError("an earn carries a sale")
    row = bench.book.sales.require((case.branch, transaction.sale.key))
    if not row.returned_minor:
        return
    bench.told[posting.index] = Told(
        transaction=transaction,
        programme_version=rules.version,
        happened_at_ms=bench.happened_at_ms(transaction.time),
        member_id=member_id,
    )
    take_back_early(bench, posting, rules, row)


def _reward_referrer(
    bench: Bench, posting: Posting, rated: Rated, sale: Sale, facts: MemberFacts
) -> None:
    """Give whoever brought a member what the rules give for the first purchase, once."""
    member_id = facts.member_id
    row = None if member_id is None or not facts.referred else bench.book.standings.get(member_id)
    if row is None or row.referred_by is None:
        return
    referrer = member_facts(bench, rated.rules, row.referred_by, rated.place)
    given = evaluate_referral(rated.rules, sale, facts, rated.place, referrer)
    if given == Evaluation():
        return
    award(
        bench,
        posting,
        row.referred_by,
        Rated(rules=rated.rules, place=rated.place, evaluation=given),
    )
    bench.book.standings.replace(replace(row, referral_index=posting.index))


def _suspend(bench: Bench, case: Case, posting: Posting, rules: Programme) -> Outcome:
    """Let what a sale earns wait for the card's owner."""
    card, sale = case.transaction.card, case.transaction.sale
    if card is None or sale is None:
        raise InvariantError("an earn carries a card and a sale")
    book, place = bench.book, place_of(bench, rules, case.branch, case.transaction.time)
    if rules.rules == _NO_RULES:
        points = points_for_sale(rules, sale)
        grants = {Unit.POINTS: [LotGrant(amount=points, available_from_ms=bench.now_ms)]}
    else:
        facts = member_facts(bench, rules, None, place)
        facts = with_card(bench, rules, facts, case.transaction)
        rated = Rated(rules=rules, place=place, evaluation=evaluate(rules, sale, facts, place))
        grants = lot_grants(rated, bench.now_ms)
        # A sale that earned nothing waits all the same: it is the owner's purchase.
        grants.setdefault(Unit.POINTS, [LotGrant(amount=0, available_from_ms=bench.now_ms)])
        note_rating(bench, posting, sale.key, rated, facts)
        for use in counted_uses(bench.programmes, rules, rated.evaluation.uses):
            book.use(use.key, use.amount)
    ledgers = {
        Unit.POINTS: book.points_ledger,
        Unit.CREDIT: credit_ledger_name(rules.currency.code),
    }
    for unit, waiting in grants.items():
        posting.suspend(card.token, waiting, ledgers[unit])
    return Outcome(
        status=Status.HELD,
        reason=Reason.UNKNOWN_CARD,
        posting=PostingKind.SUSPEND,
        programme_version=rules.version,
        points=sum(grant.amount for grant in grants.get(Unit.POINTS, ())),
    )
