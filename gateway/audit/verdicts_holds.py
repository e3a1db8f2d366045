"""What must become of reservations: posted whole, in part or late, voided, cancelled, run out."""

from __future__ import annotations

import json
from dataclasses import replace

from gateway.audit.awarding import award, slide
from gateway.audit.bench import BASE, Bench
from gateway.audit.moves_holds import free, post_hold, terms_of
from gateway.audit.sales import note_sale
from gateway.audit.standings import follow_balance
from gateway.audit.verdict import Effect, Verdict, refusal
from gateway.audit.verdicts_currencies import covered
from gateway.ledger.accounts import is_same_gift_card
from gateway.ledger.kinds import HoldState, PostingKind
from gateway.ledger.rows_lots import HoldRow
from gateway.model.ids import CardToken
from gateway.model.instrument import STORED_MONEY, Instrument
from gateway.model.outcome import Reason, Status
from gateway.model.plain import from_plain
from gateway.model.programme import Programme, RefundPolicy
from gateway.model.rules.earning import Unit
from gateway.model.rules.reward import GiftKind
from gateway.model.sale import Sale
from gateway.model.transaction import Redemption, Transaction
from gateway.program.earn import points_for_sale
from gateway.program.evaluation import Award, Evaluation
from gateway.program.rewards import RewardQuote, gift_of_reward

_OPEN = (HoldState.PENDING, HoldState.EXPIRED)
"""The till may have given the discount after a hold freed itself, so that is no end yet."""


def redeemed(bench: Bench, transaction: Transaction, at_ms: int) -> Verdict:
    """A reservation is posted once, by whoever made it, whole or as an exact share of it."""
    sale, redemption = transaction.sale, transaction.redemption
    hold = None if redemption is None else bench.books.holds.get(redemption.hold_id)
    if hold is None or sale is None or redemption is None:
        return refusal(Reason.HOLD_NOT_FOUND)
    rules = bench.rules_of(hold.programme_version)
    if rules is None:
        return refusal(Reason.PROGRAMME_UNKNOWN)
    reason = _objection(bench, transaction, hold, rules)
    if reason is Reason.NONE and _multiplies_nothing(bench, hold, rules, sale, at_ms):
        reason = Reason.REWARD_NOT_AVAILABLE
    if reason is not Reason.NONE:
        return refusal(reason)

    def carry_out() -> Effect:
        named = replace(
            hold,
            sale_key=sale.key,
            branch=bench.branch,
            redeemed_points=redemption.points,
            redeemed_minor=redemption.amount_minor,
        )
        stored_money = hold.instrument in STORED_MONEY
        into_debt = rules.refund is RefundPolicy.ALLOW_NEGATIVE and not stored_money
        elsewhere = 0 if hold.wallet_id is None else covered(bench, hold.wallet_id)
        post_hold(bench.books, named, bench.now_ms, into_debt=into_debt, covered=elsewhere)
        note_sale(bench, sale, at_ms, earned=False)
        _give_reward(bench, hold, rules, sale, at_ms)
        if hold.member_id is not None and rules.rules != BASE:
            slide(bench, hold.member_id, rules, bench.place(rules, at_ms))
            now = bench.rules_at(bench.now_ms)
            follow_balance(bench.books, hold.member_id, bench.branch, now, bench.now_ms)
        return bench.of(hold.member_id)

    applied = bench.applied(PostingKind.REDEEM, rules, carry_out)
    return replace(applied, hold_id=hold.hold_id)


def voided(bench: Bench, transaction: Transaction, _at_ms: int) -> Verdict:
    """A reservation that no sale used is freed."""
    hold = bench.books.holds.get(transaction.hold_id) if transaction.hold_id else None
    if hold is None or hold.terminal != transaction.id.terminal:
        return refusal(Reason.HOLD_NOT_FOUND)
    if hold.state not in _OPEN:
        return refusal(Reason.HOLD_ALREADY_RESOLVED)
    return freed(bench, hold, HoldState.VOIDED)


def freed(bench: Bench, hold: HoldRow, state: HoldState) -> Verdict:
    """The verdict that a hold comes to nothing."""

    def carry_out() -> Effect:
        free(bench.books, hold, state)
        return bench.of(hold.member_id)

    return Verdict(
        status=Status.APPLIED,
        posting=PostingKind.RELEASE if hold.state is HoldState.PENDING else None,
        version=hold.programme_version,
        hold_id=hold.hold_id,
        carry_out=carry_out,
    )


def _objection(bench: Bench, transaction: Transaction, hold: HoldRow, rules: Programme) -> Reason:
    card, sale, redemption = transaction.card, transaction.sale, transaction.redemption
    if card is None or sale is None or redemption is None:
        return Reason.HOLD_MISMATCH
    theirs = hold.terminal == transaction.id.terminal and _is_whose(bench, card.token, hold)
    if not theirs or not _is_share_of(redemption, hold):
        return Reason.HOLD_MISMATCH
    if transaction.currency != rules.currency:
        return Reason.CURRENCY_MISMATCH
    if hold.state not in _OPEN:
        return Reason.HOLD_ALREADY_RESOLVED
    known = bench.books.sales.get((bench.branch, sale.key))
    if known is not None and known.refund_index is not None:
        return Reason.SALE_ALREADY_REFUNDED
    return Reason.NONE


def _is_whose(bench: Bench, token: CardToken, hold: HoldRow) -> bool:
    """Whether a card is one of the member's who made a hold, or the gift card itself."""
    if hold.instrument is Instrument.GIFT:
        gift_card = bench.books.gift_cards.get(token)
        return gift_card is not None and is_same_gift_card(gift_card.wallet_id, hold.wallet_id)
    card = bench.books.cards.get(token)
    return card is not None and card.member_id == hold.member_id


def _is_share_of(redemption: Redemption, hold: HoldRow) -> bool:
    """Whether a redemption uses a hold, or a part that stands for its exact share of the money."""
    used, minor = redemption.points, redemption.amount_minor
    if (used, minor) == (hold.points, hold.amount_minor):
        return True
    if hold.instrument is not Instrument.POINTS and hold.instrument not in STORED_MONEY:
        return False
    return 0 < used < hold.points and minor * hold.points == used * hold.amount_minor


def reward_of(hold: HoldRow, rules: Programme) -> RewardQuote | None:
    """The reward that a hold takes; None for every other hold."""
    if hold.instrument not in (Instrument.REWARD, Instrument.COUPON):
        return None
    kinds = {one.id: one.gift.kind for one in rules.rules.rewards}
    if hold.source not in kinds:
        return None
    times = max(terms_of(hold).times, 1)
    kind = kinds[hold.source]
    return RewardQuote(reward_id=hold.source, times=times, points=hold.points, kind=kind)


def _multiplies_nothing(
    bench: Bench, hold: HoldRow, rules: Programme, sale: Sale, at_ms: int
) -> bool:
    """A reward that multiplies points can be used on a sale that has some."""
    quote = reward_of(hold, rules)
    if quote is None or quote.kind is not GiftKind.MULTIPLIER:
        return False
    return gift_of_reward(rules, quote, _earned_on(bench, sale, at_ms)) is None


def _give_reward(bench: Bench, hold: HoldRow, rules: Programme, sale: Sale, at_ms: int) -> None:
    """A reward may bring points, credit or a benefit instead of money off."""
    quote = reward_of(hold, rules)
    if quote is None or hold.member_id is None:
        return
    given = gift_of_reward(rules, quote, _earned_on(bench, sale, at_ms))
    if given is None:
        return
    if isinstance(given, Award):
        whole = Evaluation(awards=(given,))
    else:
        whole = Evaluation(vouchers=(given,))
    award(bench, hold.member_id, whole, rules, bench.place(rules, at_ms))


def _earned_on(bench: Bench, sale: Sale, at_ms: int) -> int:
    """What a sale had earned by its rules, for a reward that multiplies it."""
    known = bench.books.sales.get((bench.branch, sale.key))
    if known is None or known.earn_index is None:
        return 0
    rating = bench.stored.rating(known.earn_index)
    if rating is None:
        base = bench.rules_at(at_ms)
        return 0 if base is None else points_for_sale(base, sale)
    return from_plain(Evaluation, json.loads(rating.evaluation)).total(Unit.POINTS)
