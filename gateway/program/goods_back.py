"""The goods of a sale that came back, in one return or in many, and the sale that is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from gateway.model.checks import I63_MAX, check_int
from gateway.model.outcome import Reason
from gateway.model.rules.returns import ReturnPolicy
from gateway.model.sale import Sale, SaleLine, Tender, TenderKind


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBack:
    """What came back of one line.

    Attributes:
        line: the line's index in the sale.
        quantity_milli: thousandths of a piece.
        amount_minor: what the line is lowered by.
    """

    line: int
    quantity_milli: int
    amount_minor: int

    def __post_init__(self) -> None:
        for name in ("line", "quantity_milli", "amount_minor"):
            check_int(name, getattr(self, name), 0, I63_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsBack:
    """What came back of a sale: in one return, or in all of them so far. They add up.

    Attributes:
        amount_minor: the money that went back.
        lines: the lines that were named, each once, by index.
        unplaced_minor: of the money, what went back for goods that nobody named, or that the sale
            does not show.
    """

    amount_minor: int = 0
    lines: tuple[LineBack, ...] = ()
    unplaced_minor: int = 0

    def __post_init__(self) -> None:
        check_int("amount_minor", self.amount_minor, 0, I63_MAX)
        check_int("unplaced_minor", self.unplaced_minor, 0, self.amount_minor)

    def __add__(self, other: GoodsBack) -> GoodsBack:
        return GoodsBack(
            amount_minor=self.amount_minor + other.amount_minor,
            lines=tuple(_summed((*self.lines, *other.lines))),
            unplaced_minor=self.unplaced_minor + other.unplaced_minor,
        )

    def of(self, line: int) -> LineBack:
        """What came back of a line of the sale."""
        nothing = LineBack(line=line, quantity_milli=0, amount_minor=0)
        return next((back for back in self.lines if back.line == line), nothing)


def only_amount(amount_minor: int) -> GoodsBack:
    """A return of which nobody says what came back."""
    return GoodsBack(amount_minor=amount_minor, unplaced_minor=amount_minor)


def whole_sale(sale: Sale) -> GoodsBack:
    """A return of everything: what a sale that is called off comes to."""
    return rest_of(sale, GoodsBack())


def rest_of(sale: Sale, before: GoodsBack) -> GoodsBack:
    """A return of everything that has not come back yet."""
    lines = (_left(line, before.of(at)) for at, line in enumerate(sale.lines))
    return GoodsBack(
        amount_minor=max(sale.total_minor - before.amount_minor, 0),
        lines=tuple(line for line in lines if line.quantity_milli or line.amount_minor),
    )


def is_whole(sale: Sale, back: GoodsBack) -> bool:
    """Whether nothing of a sale is left: all of its money went back, or all of its goods.

    Goods that cost nothing may stay with the customer, unless all did; a fee may stay with the
    shop.
    """
    if sale.total_minor and back.amount_minor >= sale.total_minor:
        return True
    goods = [at for at, line in enumerate(sale.lines) if line.quantity_milli > 0]
    goods = [at for at in goods if sale.lines[at].amount_minor > 0] or goods
    if not goods:
        return sale.total_minor == 0
    return all(back.of(at).quantity_milli >= sale.lines[at].quantity_milli for at in goods)


def find_lines(
    sale: Sale, before: GoodsBack, goods: Sequence[SaleLine], amount_minor: int
) -> GoodsBack | Reason:
    """Find the goods that a till took back among the lines of the sale.

    Article numbers name them where both have one, labels otherwise; of several such lines, those
    of exactly this quantity and amount first. A line that is wholly back is lowered to nothing,
    whatever the till reckoned; what the sale does not show counts by its money alone.

    Args:
        sale: as it was made.
        before: what came back earlier.
        goods: what came back now, where the till tells it.
        amount_minor: the money that went back now.

    Returns:
        This return alone; ``LINE_ALREADY_RETURNED`` if nothing is left of lines that are there,
        ``RETURN_TOO_LARGE`` if less is left than came back.
    """
    if not goods:
        return only_amount(amount_minor)
    placed, unplaced_minor = GoodsBack(), 0
    for item in goods:
        lines = [at for at, line in enumerate(sale.lines) if _is_same(line, item)]
        if not lines:
            unplaced_minor += item.amount_minor
            continue
        found = _placed(sale, before + placed, item, lines)
        if isinstance(found, Reason):
            return found
        placed += found
    return GoodsBack(
        amount_minor=amount_minor,
        lines=placed.lines,
        unplaced_minor=min(unplaced_minor, amount_minor),
    )


def check_return(sale: Sale, before: GoodsBack, now: GoodsBack) -> Reason | None:
    """Say why a return cannot be booked; None if it can.

    Args:
        sale: as it was made.
        before: what came back earlier.
        now: what comes back with this return alone.

    Returns:
        ``SALE_ALREADY_REFUNDED`` if nothing is left, ``LINE_ALREADY_RETURNED`` if nothing is left
        of a line that comes back, ``RETURN_TOO_LARGE`` if more comes back than is left.
    """
    if before != GoodsBack() and is_whole(sale, before):
        return Reason.SALE_ALREADY_REFUNDED
    if before.amount_minor + now.amount_minor > sale.total_minor:
        return Reason.RETURN_TOO_LARGE
    for back in now.lines:
        if back.line >= len(sale.lines):
            return Reason.RETURN_TOO_LARGE
        line, earlier = sale.lines[back.line], before.of(back.line)
        left_milli = line.quantity_milli - earlier.quantity_milli
        left_minor = max(line.amount_minor, 0) - earlier.amount_minor
        if left_milli <= 0 and line.quantity_milli:
            return Reason.LINE_ALREADY_RETURNED
        if back.quantity_milli > left_milli or back.amount_minor > left_minor:
            return Reason.RETURN_TOO_LARGE
    return None


def check_return_day(policy: ReturnPolicy, sold_on: date, returned_on: date) -> Reason | None:
    """Say whether a sale is too old to come back; the day it was made on is not counted."""
    limit = policy.days_maximum
    if limit is not None and (returned_on - sold_on).days > limit:
        return Reason.RETURN_TOO_LATE
    return None


def kept_sale(sale: Sale, back: GoodsBack) -> Sale:
    """What a sale would have been without what came back.

    Lines keep their places; those that are wholly back cost nothing. Money for goods that nobody
    named lowers all of them alike. Tax, discounts and the part paid with points fall with the
    total; what else paid for it does not matter any more.

    Args:
        sale: as it was made.
        back: all that came back so far.
    """
    total_minor = sale.total_minor
    kept_minor = max(total_minor - back.amount_minor, 0)
    tax_minor, discount_minor = sale.tax_minor, sale.discount_minor
    kept = replace(
        sale,
        total_minor=kept_minor,
        lines=tuple(_kept_lines(sale, back, kept_minor)),
        tenders=tuple(_kept_tender(tender, total_minor, kept_minor) for tender in sale.tenders),
        tax_minor=None if tax_minor is None else share(tax_minor, kept_minor, total_minor),
        discount_minor=(
            None if discount_minor is None else share(discount_minor, kept_minor, total_minor)
        ),
    )
    return _with_tax_on_top(sale, kept)


def share(value: int, part: int, whole: int) -> int:
    """So much of a value as ``part`` is of ``whole``, rounded down; all of it of nothing."""
    return value * part // whole if whole else value


def _summed(lines: Sequence[LineBack]) -> Iterator[LineBack]:
    for at in sorted({back.line for back in lines}):
        same = [back for back in lines if back.line == at]
        yield LineBack(
            line=at,
            quantity_milli=sum(back.quantity_milli for back in same),
            amount_minor=sum(back.amount_minor for back in same),
        )


def _is_same(line: SaleLine, item: SaleLine) -> bool:
    """Whether goods that came back may be those of a line that was sold."""
    if not line.quantity_milli or not item.quantity_milli or line.amount_minor < 0:
        return False
    if line.sku is not None and item.sku is not None:
        return line.sku == item.sku
    return line.label.casefold().split() == item.label.casefold().split()


def _placed(
    sale: Sale, so_far: GoodsBack, item: SaleLine, lines: Sequence[int]
) -> GoodsBack | Reason:
    """Put goods that came back on the lines that they may be of."""
    left = {at: _left(sale.lines[at], so_far.of(at)) for at in lines}
    open_milli = sum(rest.quantity_milli for rest in left.values())
    if open_milli < item.quantity_milli:
        return Reason.RETURN_TOO_LARGE if open_milli else Reason.LINE_ALREADY_RETURNED
    exact = (item.quantity_milli, item.amount_minor)
    order = sorted(lines, key=lambda at: (left[at].quantity_milli, left[at].amount_minor) != exact)
    found, quantity_milli = [], item.quantity_milli
    for at in order:
        rest, taken_milli = left[at], min(quantity_milli, left[at].quantity_milli)
        told_minor = item.amount_minor * taken_milli // item.quantity_milli
        is_all = taken_milli == rest.quantity_milli
        amount_minor = rest.amount_minor if is_all else min(told_minor, rest.amount_minor)
        if taken_milli:
            found.append(LineBack(line=at, quantity_milli=taken_milli, amount_minor=amount_minor))
        quantity_milli -= taken_milli
    return GoodsBack(lines=tuple(found))


def _left(line: SaleLine, back: LineBack) -> LineBack:
    """What of a line has not come back yet."""
    return LineBack(
        line=back.line,
        quantity_milli=max(line.quantity_milli - back.quantity_milli, 0),
        amount_minor=max(line.amount_minor - back.amount_minor, 0),
    )


def _kept_lines(sale: Sale, back: GoodsBack, kept_minor: int) -> Iterator[SaleLine]:
    # Without goods that nobody named the two are the same, and nothing is lowered by them.
    before_minor = kept_minor + back.unplaced_minor
    lines_minor = sum(line.amount_minor for line in sale.lines)
    # Lines that tell all of the sale are shares of its total and fall with that, to the point.
    are_shares = lines_minor >= sale.total_minor or _adds_up(sale)
    for at, line in enumerate(sale.lines):
        if line.amount_minor < 0:
            yield line
            continue
        rest = _left(line, back.of(at))
        amount_minor = 0 if line.quantity_milli and not rest.quantity_milli else rest.amount_minor
        yield replace(
            line,
            quantity_milli=share(rest.quantity_milli, kept_minor, before_minor),
            amount_minor=(
                amount_minor if are_shares else share(amount_minor, kept_minor, before_minor)
            ),
        )


def _kept_tender(tender: Tender, total_minor: int, kept_minor: int) -> Tender:
    if tender.kind is not TenderKind.POINTS:
        return tender
    # What goes back in points is rounded down, as in ``returns.given_back``.
    back_minor = share(tender.amount_minor, total_minor - kept_minor, total_minor)
    return replace(tender, amount_minor=tender.amount_minor - back_minor)


def _with_tax_on_top(sale: Sale, kept: Sale) -> Sale:
    """Where the till adds the tax to its lines, let lines and tax still come to the total."""
    if sale.tax_minor is None or not _adds_up(sale):
        return kept
    lines_minor = sum(line.amount_minor for line in kept.lines)
    tax_minor = kept.total_minor + (kept.discount_minor or 0) - lines_minor
    return replace(kept, tax_minor=tax_minor) if 0 <= tax_minor <= sale.tax_minor else kept


def _adds_up(sale: Sale) -> bool:
    """Whether the lines, less the discount and with the tax, are the total."""
    lines_minor = sum(line.amount_minor for line in sale.lines)
    return lines_minor == sale.total_minor + (sale.discount_minor or 0) - (sale.tax_minor or 0)
