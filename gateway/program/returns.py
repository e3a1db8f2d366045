"""What is left of a sale whose goods came back, in one return or in many.

Everything is reckoned from the sum of all returns so far, under the version and the facts that the
sale was rated with: what the rest would have earned is what the sale is still worth, and a return
takes whatever was given beyond that. So three returns of a third take what one of the whole does,
to the point, and the order of returns does not matter. Where nothing is left, nothing is, fixed
awards and those for the visit included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.model.programme import Programme, RefundPolicy
from gateway.model.rules.earning import Unit
from gateway.model.rules.returns import RefundBasis, ReturnPolicy
from gateway.model.sale import Sale
from gateway.program.earning import evaluate, evaluate_referral
from gateway.program.evaluation import Award, Evaluation, Use
from gateway.program.facts import MemberFacts, Place
from gateway.program.goods_back import GoodsBack, is_whole, kept_sale, share


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """A sale as it was rated when it was made.

    Attributes:
        programme: the version then.
        sale: as it was made.
        facts: what was known of the member then.
        place: where and when.
        evaluation: what it brought.
        referrer: facts of whoever had brought the member, where the evaluation is theirs.
    """

    programme: Programme
    sale: Sale
    facts: MemberFacts
    place: Place
    evaluation: Evaluation
    referrer: MemberFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What a sale is still worth after returns.

    Attributes:
        awards: of each award of the evaluation, how much stays; never more than it was.
        vouchers: of each voucher, how many uses stay.
        uses: how much of the limits stays used; the rest is given back to them.
        whole: nothing of the sale is left.
    """

    awards: tuple[int, ...]
    vouchers: tuple[int, ...]
    uses: tuple[Use, ...]
    whole: bool


def owed_after_return(rated: Rated, back: GoodsBack) -> Owed:
    """Say what a sale is still worth.

    By lines that is what its own rules say of the sale that is kept, in each unit: what another
    rule gives there, one that a better rule had kept out, makes up for what falls away. By money
    it is the kept share of what was given, rounded down, coupons staying until nothing is left.

    Args:
        rated: the sale as it was rated.
        back: all that came back so far, this return included.
    """
    evaluation, sale = rated.evaluation, rated.sale
    if is_whole(sale, back):
        nothing = (0,) * len(evaluation.awards)
        return Owed(awards=nothing, vouchers=(0,) * len(evaluation.vouchers), uses=(), whole=True)
    if rated.programme.rules.returns.basis is RefundBasis.PRO_RATA:
        return _owed_by_money(rated, back)
    return _owed_by_lines(rated, kept_sale(sale, back))


def clawback(awards: Sequence[Award], owed: Owed, clawed: Sequence[int]) -> tuple[int, ...]:
    """Say how much a return takes back of each award.

    In each unit that is what was given, less what was taken back before, less what stays: earned
    less clawed is then exactly what the sale is worth. It is never below zero: where a sale
    without the goods would have earned more than with them, nobody is given anything.

    Args:
        awards: what the sale brought.
        owed: what stays of it.
        clawed: what earlier returns took back of each award, what the programme bore included.

    Returns:
        Points or credit for each award.
    """
    taken = [0] * len(awards)
    for unit in Unit:
        mine = [at for at, award in enumerate(awards) if award.unit is unit]
        room = sum(awards[at].amount - clawed[at] - owed.awards[at] for at in mine)
        for at in mine:
            surplus = awards[at].amount - clawed[at] - owed.awards[at]
            taken[at] = max(min(surplus, room), 0)
            room -= taken[at]
    return tuple(taken)


def unloaded(loads: Sequence[int], total_minor: int, left_minor: int) -> tuple[int, ...]:
    """Say how much of what gift cards were sold for has to be back once so much of a sale is left.

    No line of a sale says which card it was. So what is left of a sale stands for its cards first,
    and only what it cannot stand for any more goes back, from the card that was loaded last.

    Args:
        loads: what was put onto each card, in minor units.
        total_minor: what the sale came to.
        left_minor: of that, what did not come back; with nothing left, all of every load is due.

    Returns:
        Minor units of each load, in the same order; they only grow as less is left.
    """
    due_minor = min(sum(loads), total_minor) - left_minor if left_minor else sum(loads)
    parts = []
    for load in reversed(loads):
        part = min(load, max(due_minor, 0))
        due_minor -= part
        parts.append(part)
    return tuple(reversed(parts))


def given_back(
    redeemed: int,
    sale_total_minor: int,
    returned_before_minor: int,
    returned_after_minor: int,
    *,
    whole: bool = False,
) -> int:
    """Say how much of what was redeemed on a sale a return gives back.

    It is the share of the money, rounded down on the sum of all returns so far, so that parts add
    up to what one return of all of them gives.

    Args:
        redeemed: points, stored credit or gift card money used on the sale.
        sale_total_minor: what the sale came to.
        returned_before_minor: the money that earlier returns gave back.
        returned_after_minor: the same with this one.
        whole: nothing is left of the sale with this return: everything goes back.
    """
    before = after = 0
    if sale_total_minor:
        before = share(redeemed, returned_before_minor, sale_total_minor)
        after = share(redeemed, returned_after_minor, sale_total_minor)
    return (redeemed if whole else after) - before


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenUnits:
    """What is open in some lots: not spent, not held, not lapsed.

    Attributes:
        pending: what cannot be spent yet.
        active: what can.
    """

    pending: int = 0
    active: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clawback:
    """Where a clawback comes from; all parts add up to what is to be taken.

    Attributes:
        own: out of the lots that the sale itself made.
        other: out of the member's other lots.
        debt: what the member owes from now on: the next credit pays it first.
        borne: what the programme loses.
    """

    own: OpenUnits
    other: OpenUnits
    debt: int = 0
    borne: int = 0

    @property
    def pending(self) -> int:
        """All that comes out of what cannot be spent yet."""
        return self.own.pending + self.other.pending

    @property
    def active(self) -> int:
        """All that comes out of what can be spent."""
        return self.own.active + self.other.active


def split_clawback(
    amount: int, own: OpenUnits, other: OpenUnits, policy: ReturnPolicy, refund: RefundPolicy
) -> Clawback:
    """Say where a clawback comes from.

    The sale's own lots come first, and in each what cannot be spent yet before what can. Where
    the policy takes only what waits, the programme bears the rest, whatever ``refund`` says.

    Args:
        amount: points or credit to take back.
        own: what is open in the lots that the sale made.
        other: what is open in the member's other lots.
        policy: what may be touched.
        refund: what happens where that is not enough.
    """
    if policy.only_pending:
        own, other = replace(own, active=0), replace(other, active=0)
    parts, left = [], amount
    for available in (own.pending, own.active, other.pending, other.active):
        parts.append(min(left, available))
        left -= parts[-1]
    goes_below = refund is RefundPolicy.ALLOW_NEGATIVE and not policy.only_pending
    return Clawback(
        own=OpenUnits(pending=parts[0], active=parts[1]),
        other=OpenUnits(pending=parts[2], active=parts[3]),
        debt=left if goes_below else 0,
        borne=0 if goes_below else left,
    )


def _owed_by_money(rated: Rated, back: GoodsBack) -> Owed:
    evaluation, total_minor = rated.evaluation, rated.sale.total_minor
    kept_minor = total_minor - back.amount_minor
    least = [share(award.amount, kept_minor, total_minor) for award in evaluation.awards]
    totals = {unit: share(evaluation.total(unit), kept_minor, total_minor) for unit in Unit}
    return Owed(
        awards=_filled_up(evaluation.awards, least, totals),
        vouchers=tuple(voucher.quantity for voucher in evaluation.vouchers),
        uses=evaluation.uses,
        whole=False,
    )


def _owed_by_lines(rated: Rated, left: Sale) -> Owed:
    evaluation, kept = rated.evaluation, _evaluated(rated, left)
    units, coupons, used = Counter[object](), Counter[object](), Counter[object]()
    for award in kept.awards:
        units[award.source, award.unit] += award.amount
    for voucher in kept.vouchers:
        coupons[voucher.source, voucher.reward] += voucher.quantity
    for use in kept.uses:
        used[use.key] += use.amount
    least = [_drawn(units, (award.source, award.unit), award.amount) for award in evaluation.awards]
    uses = [replace(use, amount=_drawn(used, use.key, use.amount)) for use in evaluation.uses]
    return Owed(
        awards=_filled_up(evaluation.awards, least, {unit: kept.total(unit) for unit in Unit}),
        vouchers=tuple(
            _drawn(coupons, (voucher.source, voucher.reward), voucher.quantity)
            for voucher in evaluation.vouchers
        ),
        uses=tuple(use for use in uses if use.amount),
        whole=False,
    )


def _evaluated(rated: Rated, sale: Sale) -> Evaluation:
    if rated.referrer is not None:
        return evaluate_referral(rated.programme, sale, rated.facts, rated.place, rated.referrer)
    return evaluate(rated.programme, sale, rated.facts, rated.place)


def _drawn(pool: Counter[object], key: object, most: int) -> int:
    """Take up to so much out of a pool."""
    drawn = min(pool[key], most)
    pool[key] -= drawn
    return drawn


def _filled_up(
    awards: Sequence[Award], least: Sequence[int], totals: Mapping[Unit, int]
) -> tuple[int, ...]:
    """Raise what stays of the awards, the first first, until each unit's total stays."""
    stays = list(least)
    for unit, total in totals.items():
        mine = [at for at, award in enumerate(awards) if award.unit is unit]
        room = total - sum(stays[at] for at in mine)
        for at in mine:
            more = max(min(room, awards[at].amount - stays[at]), 0)
            stays[at] += more
            room -= more
    return tuple(stays)
