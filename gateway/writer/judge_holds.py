"""What becomes of a reservation: posted, voided, cancelled, or freed because its time is up."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from gateway.ledger.accounts import is_same_gift_card
from gateway.ledger.book import Book
from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import HoldState, JournalKind, PostingKind
from gateway.ledger.posting import Posting
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_lots import HoldRow
from gateway.model.ids import CardToken
from gateway.model.instrument import STORED_MONEY, Instrument
from gateway.model.outcome import Reason, Status
from gateway.model.plain import from_plain
from gateway.model.programme import Programme, RefundPolicy
from gateway.model.rules.earning import Unit
from gateway.model.rules.reward import GiftKind
from gateway.model.rules.rules import Rules
from gateway.model.transaction import Redemption, Transaction
from gateway.program.earn import points_for_sale
from gateway.program.evaluation import Award, Evaluation
from gateway.program.rewards import gift_of_reward
from gateway.writer.arrival import AuthArrival
from gateway.writer.awarding import Rated, award
from gateway.writer.bench import Bench, Case, Outcome, refused
from gateway.writer.hold_terms import (
    count_uses,
    give_uses_back,
    quote_of_hold,
    terms_of,
    terms_text,
)
from gateway.writer.levels import follow_balance
from gateway.writer.rating import place_of
from gateway.writer.sales import note_sale
from gateway.writer.settling import settle, slide
from gateway.writer.succeeding import covered

_NO_RULES: Final = Rules()

HOLD_MOVES: Final[dict[HoldState, frozenset[HoldState]]] = {
    HoldState.PENDING: frozenset(
        {HoldState.POSTED, HoldState.VOIDED, HoldState.CANCELLED, HoldState.EXPIRED}
    ),
    # The points of an expired hold are free, but its terminal may not know: a redeem that it
    # sealed is honoured (ADR 0004), and a void or cancel settles that none will come.
    HoldState.EXPIRED: frozenset({HoldState.POSTED, HoldState.VOIDED, HoldState.CANCELLED}),
    HoldState.POSTED: frozenset(),
    HoldState.VOIDED: frozenset(),
    HoldState.CANCELLED: frozenset(),
}
"""Every way a hold may go. What is not here is refused."""


def judge_redeem(bench: Bench, case: Case, posting: Posting) -> Outcome:
    """Post a reservation exactly once.

    The till gave the discount before the terminal sealed this, so a hold that was truly granted
    is honoured even where it has freed itself meanwhile: what the member has is taken, and the
    rest goes into debt or is borne by the programme, as its refund policy says (ADR 0004).
    """
    transaction, book = case.transaction, bench.book
    sale, redemption = transaction.sale, transaction.redemption
    if sale is None or redemption is None:
        raise InvariantError("a redeem carries a sale and a redemption")
    hold = book.holds.get(redemption.hold_id)
    if hold is None:
        return refused(Reason.HOLD_NOT_FOUND)
    rules = bench.rules_of(hold.programme_version)
    reason = _objection(book, case, hold, rules)
    if reason is Reason.NONE and _multiplies_nothing(bench, case, rules, hold):
        # Whoever waits for points gets them, or keeps those that they cost.
        reason = Reason.REWARD_NOT_AVAILABLE
    if reason is not Reason.NONE:
        return refused(reason)
    posted, shortfall = _post(bench, posting, hold, redemption.points)
    # Asked for before the till had printed, a hold knows the sale by a passing name. What the
    # paper says, and where the sale is now, decides where its refund will look for it.
    posted = replace(
        posted,
        branch=case.branch,
        sale_key=sale.key,
        redeemed_points=redemption.points,
        redeemed_minor=redemption.amount_minor,
    )
    resolve(book, posted, HoldState.POSTED, posting.index)
    note_sale(book, case.branch, sale, posting.index, earned=False)
    _give_what_is_no_money(bench, case, posting, rules, posted)
    if hold.member_id is not None and rules.rules != _NO_RULES:
        place = place_of(bench, rules, case.branch, transaction.time)
        slide(bench, posting, hold.member_id, rules, place)
        follow_balance(bench, hold.member_id, case.branch)
    return Outcome(
        status=Status.APPLIED,
        posting=PostingKind.REDEEM,
        programme_version=rules.version,
        member_id=hold.member_id,
        points=points_moved(book, posting, hold),
        balance_points=points_after(book, hold),
        hold_id=hold.hold_id,
        shortfall_points=shortfall,
    )


def _post(bench: Bench, posting: Posting, hold: HoldRow, points: int) -> tuple[HoldRow, int]:
    """Turn what is held into redeemed, or take it again where the hold had freed itself.

    Returns:
        the hold, and how much of it the wallet did not have.
    """
    book = bench.book
    if hold.state is HoldState.PENDING:
        posting.redeem(hold, points)
        return hold, 0
    hold = replace(hold, terms=terms_text(count_uses(book, terms_of(hold), honoured=True)))
    if hold.wallet_id is None:
        return hold, 0
    settle(book, posting, hold.wallet_id, bench.now_ms)
    wallet = book.wallets.require(hold.wallet_id)
    elsewhere = covered(book, wallet, bench.now_ms)
    spendable = max(wallet.available, 0) + elsewhere
    refund = bench.rules_of(hold.programme_version).refund
    allow_negative = refund is RefundPolicy.ALLOW_NEGATIVE and hold.instrument not in STORED_MONEY
    borne = posting.redeem_late(hold, points, allow_negative=allow_negative, covered=elsewhere)
    taken = replace(hold, shortfall_points=borne, owner_index=posting.index)
    return taken, max(points - spendable, 0)


def _give_what_is_no_money(
    bench: Bench, case: Case, posting: Posting, rules: Programme, hold: HoldRow
) -> None:
    """Give what a reward brings beside money off: points, credit, a benefit."""
    quote = quote_of_hold(rules, hold)
    if quote is None or hold.member_id is None:
        return
    given = gift_of_reward(rules, quote, _earned_on(bench, case))
    if given is None:
        return
    evaluation = (
        Evaluation(awards=(given,)) if isinstance(given, Award) else Evaluation(vouchers=(given,))
    )
    place = place_of(bench, rules, case.branch, case.transaction.time)
    rated = Rated(rules=rules, place=place, evaluation=evaluation)
    award(bench, posting, hold.member_id, rated)


def _multiplies_nothing(bench: Bench, case: Case, rules: Programme, hold: HoldRow) -> bool:
    """Whether a reward is to multiply the points of a sale that has none, or none yet.

    A terminal posts such a reward behind the earn.
    """
    quote = quote_of_hold(rules, hold)
    if quote is None or quote.kind is not GiftKind.MULTIPLIER:
        return False
    return gift_of_reward(rules, quote, _earned_on(bench, case)) is None


def _earned_on(bench: Bench, case: Case) -> int:
    """What the sale had earned by its rules, for a reward that multiplies it."""
    sale = case.transaction.sale
    known = None if sale is None else bench.book.sales.get((case.branch, sale.key))
    if sale is None or known is None or known.earn_index is None:
        return 0
    rating = bench.book.rating_of(known.earn_index)
    if rating is None:
        rules = bench.rules_for(case.transaction.time)
        return 0 if rules is None else points_for_sale(rules, sale)
    return from_plain(Evaluation, json.loads(rating.evaluation)).total(Unit.POINTS)


def judge_void(bench: Bench, case: Case, posting: Posting) -> Outcome:
    """Free a reservation that the sale did not use."""
    hold_id = case.transaction.hold_id
    if hold_id is None:
        raise InvariantError("a void names a hold")
    hold = bench.book.holds.get(hold_id)
    if hold is None or hold.terminal != case.transaction.id.terminal:
        return refused(Reason.HOLD_NOT_FOUND)
    if HoldState.VOIDED not in HOLD_MOVES[hold.state]:
        return refused(Reason.HOLD_ALREADY_RESOLVED)
    moved = free(bench.book, hold, HoldState.VOIDED, posting)
    return Outcome(
        status=Status.APPLIED,
        posting=PostingKind.RELEASE if moved else None,
        programme_version=hold.programme_version,
        member_id=hold.member_id,
        points=points_moved(bench.book, posting, hold),
        balance_points=points_after(bench.book, hold),
        hold_id=hold.hold_id,
    )


def expire(book: Book, hold: HoldRow, now_ms: int) -> None:
    """Free a pending hold whose time is up, and write that into the journal."""
    posting = Posting(book, book.next_index)
    free(book, hold, HoldState.EXPIRED, posting)
    posting.close(PostingKind.RELEASE, programme_version=hold.programme_version, branch=hold.branch)
    book.record(
        JournalRow(
            journal_index=posting.index,
            recorded_at_ms=book.next_recorded_at_ms(now_ms),
            judged_at_ms=now_ms,
            kind=JournalKind.EXPIRY,
            terminal=hold.terminal,
            hold_id=hold.hold_id,
            status=Status.APPLIED,
            reason=Reason.NONE,
            member_id=hold.member_id,
            points=points_moved(book, posting, hold),
            balance_points=points_after(book, hold),
            programme_version=hold.programme_version,
        )
    )


def free(book: Book, hold: HoldRow, state: HoldState, posting: Posting) -> bool:
    """Resolve a hold without a redemption.

    Returns:
        Whether points moved: those of an expired hold are free already.
    """
    moves = hold.state is HoldState.PENDING
    if moves:
        posting.release(hold)
        give_uses_back(book, hold)
    resolve(book, hold, state, posting.index)
    return moves


def resolve(book: Book, hold: HoldRow, state: HoldState, index: int) -> None:
    """Write down a hold's end.

    Raises:
        InvariantError: if a hold in this state cannot come to that end.
    """
    if state not in HOLD_MOVES[hold.state]:
        raise InvariantError(f"a hold that is {hold.state} cannot become {state}")
    book.holds.replace(replace(hold, state=state, resolved_index=index))


def points_moved(book: Book, posting: Posting, hold: HoldRow) -> int:
    """What a posting did to the points of whoever a hold belongs to."""
    if hold.member_id is None:
        return 0
    return posting.moved(book.points_wallet(hold.member_id).wallet_id)


def points_after(book: Book, hold: HoldRow) -> int | None:
    """The spendable points of whoever a hold belongs to; None for a gift card's."""
    return None if hold.member_id is None else book.points_wallet(hold.member_id).available


def hold_row(bench: Bench, arrival: AuthArrival, hold: HoldRow, posting: Posting) -> JournalRow:
    """The journal row of a request that changed a hold."""
    request, book = arrival.request, bench.book
    return JournalRow(
        journal_index=posting.index,
        recorded_at_ms=book.next_recorded_at_ms(bench.now_ms),
        judged_at_ms=bench.now_ms,
        kind=JournalKind.AUTH,
        terminal=request.terminal,
        request_id=request.request_id,
        hold_id=hold.hold_id,
        envelope_hash=arrival.envelope_hash,
        key_id=arrival.key_id,
        status=Status.APPLIED,
        reason=Reason.NONE,
        member_id=hold.member_id,
        points=points_moved(book, posting, hold),
        balance_points=points_after(book, hold),
        programme_version=hold.programme_version,
        envelope=arrival.envelope,
    )


def _objection(book: Book, case: Case, hold: HoldRow, rules: Programme) -> Reason:
    transaction = case.transaction
    if not _same_redemption(book, transaction, hold):
        return Reason.HOLD_MISMATCH
    if transaction.currency != rules.currency:
        return Reason.CURRENCY_MISMATCH
    if HoldState.POSTED not in HOLD_MOVES[hold.state]:
        return Reason.HOLD_ALREADY_RESOLVED
    assert transaction.sale is not None
    sale = book.sales.get((case.branch, transaction.sale.key))
    if sale is not None and sale.refund_index is not None:
        # The whole sale was undone already, by another terminal; the hold frees itself.
        return Reason.SALE_ALREADY_REFUNDED
    return Reason.NONE


def _same_redemption(book: Book, transaction: Transaction, hold: HoldRow) -> bool:
    redemption, card = transaction.redemption, transaction.card
    if card is None or transaction.sale is None or redemption is None:
        return False
    return (
        hold.terminal == transaction.id.terminal
        and _is_whose(book, card.token, hold)
        and _is_part(redemption, hold)
    )


def _is_whose(book: Book, token: CardToken, hold: HoldRow) -> bool:
    """Whether a card is one of the member's, or the gift card itself."""
    if hold.instrument is Instrument.GIFT:
        gift_card = book.gift_cards.get(token)
        return gift_card is not None and is_same_gift_card(gift_card.wallet_id, hold.wallet_id)
    card = book.cards.get(token)
    return card is not None and card.member_id == hold.member_id


def _is_part(redemption: Redemption, hold: HoldRow) -> bool:
    """Whether all of a hold is used, or a part that stands for its share of the money."""
    if (redemption.points, redemption.amount_minor) == (hold.points, hold.amount_minor):
        return True
    divisible = hold.instrument in (Instrument.POINTS, *STORED_MONEY)
    return (
        divisible
        and 0 < redemption.points < hold.points
        and redemption.amount_minor * hold.points == hold.amount_minor * redemption.points
    )
