"""The rows behind an offer's effect: rated sales in order, and what reservations took off them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from sqlalchemy import Connection, case, func, null, select, text

from gateway.ledger.kinds import HoldState
from gateway.ledger.rows_lots import HoldRow
from gateway.ledger.rows_members import VoucherRow
from gateway.ledger.rows_sales import RatingRow, SaleRow
from gateway.ledger.schema import LIVE_HOLD
from gateway.ledger.sql_batch import SqlBatch
from gateway.model.instrument import Instrument
from gateway.queries.reading import columns_of
from gateway.queries.scope import Scope

_RATING: Final = columns_of(RatingRow)
_SALE: Final = columns_of(SaleRow)
_HOLD: Final = columns_of(HoldRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which offer, and when.

    Attributes:
        offer: its id.
        scope: at which branches; what a member bought elsewhere is not looked at.
        from_ms: sales recorded at this time or later, Unix time in milliseconds; None for all.
        until_ms: and before this time.
    """

    offer: str
    scope: Scope
    from_ms: int | None = None
    until_ms: int | None = None


@dataclass(slots=True)
class MoneyOff:
    """What an offer, or coupons that it had given, took off one sale.

    Attributes:
        by_offer: whether the offer itself did.
        amount: minor units, less what returns gave back.
    """

    by_offer: bool = False
    amount: Fraction = Fraction(0)


def rated_sales(asked: Asked, stretch: tuple[int, int]) -> Any:  # noqa: ANN401 - SQLAlchemy's select
    """The rated sales of members, with what was kept; the evaluation where it names the offer."""
    named = _RATING["evaluation"].like(f'%"{asked.offer}"%')
    refunded = _SALE["refund_index"].is_not(None)
    kept = func.coalesce(_SALE["total_minor"], 0) - _SALE["returned_minor"]
    return (
        select(
            _RATING["journal_index"],
            _RATING["member_id"],
            _RATING["branch"],
            _RATING["business_day"],
            _RATING["programme_version"],
            func.coalesce(_SALE["total_minor"], 0).label("total_minor"),
            case((refunded, 0), else_=kept).label("kept_minor"),
            case((named, _RATING["evaluation"]), else_=null()).label("evaluation"),
        )
        .where(*_within(asked, stretch), *_its_sale(_SALE))
        .order_by(_RATING["journal_index"])
    )


def _within(asked: Asked, stretch: tuple[int, int]) -> tuple[Any, ...]:
    first, end = stretch
    return (
        _RATING["journal_index"] >= first,
        _RATING["journal_index"] < end,
        _RATING["member_id"].is_not(None),
        asked.scope.condition(_RATING["branch"]),
    )


def _its_sale(columns: Mapping[str, Any]) -> tuple[Any, ...]:
    same_branch = columns["branch"] == _RATING["branch"]
    return same_branch, columns["sale_key"] == _RATING["sale_key"]


def money_off(
    connection: Connection, batch: SqlBatch, asked: Asked, stretch: tuple[int, int]
) -> dict[int, MoneyOff]:
    """What the offer and its coupons took off each sale, by the sale's journal row."""
    wanted = (
        select(
            _RATING["journal_index"],
            _HOLD["instrument"],
            _HOLD["terms"],
            (_HOLD["redeemed_minor"] - _HOLD["given_back_minor"]).label("kept_minor"),
        )
        .where(
            *_within(asked, stretch),
            *_its_sale(_HOLD),
            # The first as the partial index says it, so that the database sees that it serves.
            text(LIVE_HOLD),
            _HOLD["state"] == HoldState.POSTED.value,
            _HOLD["member_id"] == _RATING["member_id"],
            _HOLD["instrument"].in_((Instrument.OFFER.value, Instrument.COUPON.value)),
        )
        .order_by(_RATING["journal_index"])
    )
    holds = [(row, json.loads(row["terms"])) for row in connection.execute(wanted).mappings()]
    used = {one["voucher_id"] for _, terms in holds for one in terms.get("coupons", ())}
    ours = {one.voucher_id for one in batch.rows(VoucherRow, used) if one.source == asked.offer}
    found: dict[int, MoneyOff] = {}
    for row, terms in holds:
        note = found.setdefault(row["journal_index"], MoneyOff())
        if row["instrument"] == Instrument.COUPON:
            if any(one["voucher_id"] in ours for one in terms.get("coupons", ())):
                note.amount += row["kept_minor"]
            continue
        share = _share(terms.get("discounts", ()), asked.offer)
        note.by_offer = note.by_offer or share > 0
        note.amount += share * row["kept_minor"]
    return found


def _share(discounts: Iterable[Mapping[str, Any]], offer: str) -> Fraction:
    """Which share of a reservation's money one offer took off."""
    amounts = [(one["source"], one["amount_minor"]) for one in discounts]
    ours = sum(amount for source, amount in amounts if source == offer)
    return Fraction(ours, sum(amount for _, amount in amounts) or 1)
