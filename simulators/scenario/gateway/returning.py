"""Goods that come back, as a till says it: with the paper of the sale, or without."""

from __future__ import annotations

from dataclasses import replace

from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_sales import RatingRow
from gateway.model.card import CardEvidence
from gateway.model.ids import BranchId, MemberId, SaleKey
from gateway.model.outcome import Reason
from gateway.model.sale import SaleLine
from gateway.model.transaction import Kind, Returned, SaleReference
from simulators.scenario import steps
from simulators.scenario.gateway.names import sale_key_of
from simulators.scenario.gateway.room import Printed, Room
from simulators.scenario.gateway.talk import Talk, tell
from simulators.scenario.gateway.till import Draft
from simulators.scenario.port import Answer, Moment


def refund(room: Room, step: steps.Refund, moment: Moment) -> Talk[Answer]:
    """Take goods or money back."""
    printed = None if step.sale is None else room.printed.get(step.sale)
    returned = _returned(step, printed, moment)
    if isinstance(returned, Reason):
        return Answer(refused=returned)
    original = None if step.sale is None else SaleReference(key=sale_key_of(step.sale))
    card = None if step.card is None else room.people.show(step.card)
    told = yield from tell(room.till(moment), _draft(room, original, returned, card, moment))
    if told.refused is not Reason.NONE:
        return Answer(refused=told.refused)
    branch = room.till(moment).branch
    key = sale_key_of(step.sale or "")
    earner, users = _whose(room, branch, key, told.index)
    return Answer(
        clawed=room.effects.clawed(told.index, earner),
        returned=room.effects.returned(told.index, users),
        amount_minor=room.effects.money_back(told.index, (branch, key)),
    )


def _draft(
    room: Room,
    original: SaleReference | None,
    returned: Returned | None,
    card: CardEvidence | None,
    moment: Moment,
) -> Draft:
    programme = room.rules(moment)
    return Draft(
        kind=Kind.REFUND,
        currency=programme.currency,
        programme_version=programme.version,
        made_at_ms=moment.made_at_ms,
        card=card,
        original=original,
        returned=returned,
    )


def _returned(
    step: steps.Refund, printed: Printed | None, moment: Moment
) -> Returned | Reason | None:
    """The part that comes back, as the till prints it; None for the whole sale."""
    key = sale_key_of(f"return {moment.id}")
    if step.amount_minor is not None:
        return Returned(key=key, amount_minor=step.amount_minor)
    if not step.lines or printed is None:
        return None
    goods = []
    for one in step.lines:
        if one.line > len(printed.sale.lines):
            return Reason.RETURN_TOO_LARGE
        goods.append(_pieces(printed.sale.lines[one.line - 1], one.pieces))
    return Returned(
        key=key, amount_minor=sum(line.amount_minor for line in goods), lines=tuple(goods)
    )


def _pieces(line: SaleLine, pieces: int) -> SaleLine:
    """So many pieces of a line, at what one of them was paid."""
    milli = pieces * 1_000
    share = line.amount_minor * milli // line.quantity_milli if line.quantity_milli else 0
    return replace(line, quantity_milli=milli, amount_minor=share)


def _whose(
    room: Room, branch: BranchId, key: SaleKey, index: int
) -> tuple[MemberId | None, set[MemberId]]:
    """Who had earned on a sale, and who had redeemed."""
    with room.store.batch() as batch:
        row = batch.rows(JournalRow, [index])[0]
        ratings = [
            one for one in batch.every(RatingRow) if (one.branch, one.sale_key) == (branch, key)
        ]
        holds = batch.holds_on([(branch, key)])
    users = {hold.member_id for hold in holds if hold.member_id is not None}
    earner = next((one.member_id for one in ratings if one.member_id is not None), row.member_id)
    return earner, users
