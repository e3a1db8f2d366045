"""What rewards bring that is no money off: given when they are used, taken back with their sale."""

from __future__ import annotations

from dataclasses import replace

from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.rules.reward import GiftKind
from gateway.program.evaluation import Award, Voucher
from gateway.program.facts import Place
from gateway.program.goods_back import GoodsBack, share
from gateway.program.returns import Rated, owed_after_return
from gateway.program.rewards import gift_of_reward
from simulators.scenario.pure.books import Books, SaleRecord, Spent
from simulators.scenario.pure.posting import Why, award, give_voucher


def gift_of(programme: Programme, spent: Spent, points: int | None) -> Award | Voucher | None:
    """What a reward brings on a sale that earned so many points; None for an open one."""
    if spent.quote is None or (points is None and is_multiplier(spent)):
        return None
    return gift_of_reward(programme, spent.quote, points or 0)


def is_multiplier(spent: Spent) -> bool:
    """Whether it multiplies the points of its sale: it must bring something then."""
    return spent.quote is not None and spent.quote.kind is GiftKind.MULTIPLIER


def points_of(record: SaleRecord | None) -> int | None:
    """What a closed sale earned by its rules; None for one that nobody earned on yet."""
    if record is None or record.card is None:
        return None
    return record.brought[0].rated.evaluation.total(Unit.POINTS)


def give(books: Books, spent: Spent, gift: Award | Voucher | None, place: Place, why: Why) -> Spent:
    """Give a reward's gift to whoever took it."""
    member = spent.member
    if gift is None or member is None:
        return spent
    if isinstance(gift, Voucher):
        give_voucher(books, member, gift, place, why)
    else:
        award(books, (books.owner_of(member), member), gift, place, why)
    return replace(spent, gift=gift, gift_source=why.source)


def gift_left(spent: Spent, gift: Award, rated: Rated | None, back: GoodsBack) -> int:
    """What stays of a gift once goods came back: of a multiplier as the points of the sale do."""
    if not is_multiplier(spent) or rated is None or spent.quote is None:
        gone = share(gift.amount, spent.returned, spent.amount) if spent.amount else 0
        return gift.amount - gone
    if back == GoodsBack():
        return gift.amount
    owed = owed_after_return(rated, back)
    pairs = zip(rated.evaluation.awards, owed.awards, strict=True)
    points = sum(stays for given, stays in pairs if given.unit is Unit.POINTS)
    stays = gift_of_reward(rated.programme, spent.quote, points)
    return min(stays.amount, gift.amount) if isinstance(stays, Award) else 0
