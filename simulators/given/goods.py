"""Sales of named goods, and what can be taken off them."""

from __future__ import annotations

from gateway.model.ids import SaleKey
from gateway.model.rules.reward import Gift, GiftKind
from gateway.model.rules.scope import ItemFilter, ItemSet
from gateway.model.sale import Sale, SaleLine, SaleSource


def line_of(sku: str, amount_minor: int, pieces: int = 1) -> SaleLine:
    """Some pieces of one article, for this much in all."""
    return SaleLine(label=sku, sku=sku, amount_minor=amount_minor, quantity_milli=1_000 * pieces)


def sale_of(*lines: SaleLine, total: int | None = None, tax: int | None = None) -> Sale:
    """A sale of these lines; its total is theirs unless another is told."""
    return Sale(
        key=SaleKey(bytes(16)),
        total_minor=sum(line.amount_minor for line in lines) if total is None else total,
        source=SaleSource.RECEIPT,
        profile="test",
        lines=lines,
        tax_minor=tax,
    )


def goods_of(*skus: str) -> ItemFilter:
    """The goods with these article numbers."""
    return ItemFilter(only=ItemSet(skus=skus))


def percent_off(percent: int, *skus: str, cap_minor: int | None = None) -> Gift:
    """So many percent off, of all goods unless some are named."""
    return Gift(
        kind=GiftKind.PERCENT_OFF,
        percent_bp=100 * percent,
        cap_minor=cap_minor,
        items=goods_of(*skus) if skus else ItemFilter(),
    )


def money_off(amount_minor: int) -> Gift:
    """This much money off."""
    return Gift(kind=GiftKind.MONEY_OFF, amount_minor=amount_minor)
