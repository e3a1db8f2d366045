"""What was redeemed on a sale goes back with its goods: in proportion to the money, to the unit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from gateway.ledger.accounts import unit_of_ledger
from gateway.ledger.posting import Posting
from gateway.ledger.posting_lots import Lapse
from gateway.ledger.rows_lots import HoldRow
from gateway.model.ids import MemberId
from gateway.model.instrument import Instrument
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.rules.reward import GiftKind
from gateway.program.evaluation import Award
from gateway.program.expiry import regained_expires_at_ms
from gateway.program.goods_back import GoodsBack, share
from gateway.program.returns import given_back, owed_after_return
from gateway.program.rewards import gift_of_reward
from gateway.writer.bench import Bench
from gateway.writer.clawing import claw
from gateway.writer.hold_terms import give_uses_back, quote_of_hold
from gateway.writer.taking_back import SaleReturn, units_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """How much of a sale's money went back.

    Attributes:
        total_minor: what the sale came to.
        before_minor: what earlier returns gave back.
        after_minor: the same with this return.
        whole: nothing of the sale is left.
    """

    total_minor: int
    before_minor: int
    after_minor: int
    whole: bool


def give_back(
    bench: Bench, posting: Posting, rules: Programme, back: SaleReturn, paid: Paid
) -> MemberId | None:
    """Give points, stored money and uses of limits back into where they came from.

    What goes back in all is the returned share of what was redeemed, rounded down until nothing
    of the sale is left; so all returns together give back exactly what was redeemed. What a reward
    had brought beside money off is taken back in the same measure.

    Args:
        bench: rows, rules and moment.
        posting: the return's.
        rules: the rules in force.
        back: what comes back of which sale.
        paid: how much of its money went back.

    Returns:
        Who had redeemed; of several the first.
    """
    redeemer: MemberId | None = None
    sale = back.sale
    for hold in bench.book.posted_holds(sale.branch, sale.sale_key):
        points = _part(hold.redeemed_points, hold.given_back_points, paid)
        minor = _part(hold.redeemed_minor, hold.given_back_minor, paid)
        lapse = _lapse(bench, bench.rules_of(hold.programme_version), hold)
        posting.undo_redeem(hold, points, lapse=lapse)
        after = replace(
            hold,
            given_back_points=hold.given_back_points + points,
            given_back_minor=hold.given_back_minor + minor,
        )
        bench.book.holds.replace(after)
        if paid.whole:
            give_uses_back(bench.book, hold)
        if hold.instrument in (Instrument.REWARD, Instrument.COUPON):
            _take_gift_back(bench, posting, rules, back, (hold, after))
        redeemer = redeemer or hold.member_id
    return redeemer


def _part(redeemed: int, given_before: int, paid: Paid) -> int:
    if paid.whole:
        return redeemed - given_before
    return given_back(redeemed, paid.total_minor, paid.before_minor, paid.after_minor)


def _lapse(bench: Bench, rules: Programme, hold: HoldRow) -> Lapse | None:
    """How long points can be spent that have lapsed since they were redeemed."""
    grace_days = rules.rules.returns.grace_days
    if not grace_days:
        return None
    until_ms = regained_expires_at_ms(
        bench.now_ms, grace_days, bench.now_ms, hold.branch, rules.rules.settings
    )
    return None if until_ms is None else Lapse(at_ms=bench.now_ms, until_ms=until_ms)


def _take_gift_back(
    bench: Bench,
    posting: Posting,
    rules: Programme,
    back: SaleReturn,
    changed: tuple[HoldRow, HoldRow],
) -> None:
    """Take back points, credit or a benefit that a reward had brought, as its price comes back.

    What multiplies the points of the sale follows them instead.
    """
    before, after = changed
    made_by = before.resolved_index
    if before.member_id is None or made_by is None:
        return
    lots = bench.book.lots_made_by(made_by)
    given: Counter[Unit] = Counter()
    for lot in lots:
        given[unit_of_ledger(bench.book.wallets.require(lot.wallet_id).ledger)] += lot.points
    multiplied = multiplied_points(bench, back, before)
    if multiplied is None:
        amounts = {
            unit: _undone(amount, after, whole=back.whole) - _undone(amount, before, whole=False)
            for unit, amount in given.items()
        }
    else:
        stayed, stays = (min(part, given[Unit.POINTS]) for part in multiplied)
        amounts = {Unit.POINTS: max(stayed - stays, 0)}
    claw(bench, posting, rules, before.member_id, amounts, lots)
    for voucher in bench.book.vouchers_made_by(made_by) if back.whole else ():
        if voucher.revoked_index is None:
            bench.book.revoke_voucher(voucher.voucher_id, posting.index)


def multiplied_points(bench: Bench, back: SaleReturn, hold: HoldRow) -> tuple[int, int] | None:
    """What a multiplier of the sale's points is worth before and after goods come back.

    Returns:
        None for every other reward.
    """
    rules, rated = bench.rules_of(hold.programme_version), back.original.rated
    quote = quote_of_hold(rules, hold)
    if quote is None or quote.kind is not GiftKind.MULTIPLIER or rated is None:
        return None
    worth = []
    for goods in (back.before, back.after):
        points = rated.evaluation.total(Unit.POINTS)
        if goods != GoodsBack():
            owed = owed_after_return(rated, goods)
            points = units_of(rated.evaluation.awards, owed.awards)[Unit.POINTS]
        gift = gift_of_reward(rules, quote, points)
        worth.append(gift.amount if isinstance(gift, Award) else 0)
    return worth[0], worth[1]


def _undone(amount: int, hold: HoldRow, *, whole: bool) -> int:
    """How much of what a reward brought is undone; a coupon's only with all of its sale."""
    if whole or not hold.redeemed_points:
        return amount if whole else 0
    return share(amount, hold.given_back_points, hold.redeemed_points)
