"""How points, credit and coupons come into the books, and how what was set aside is used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from gateway.model.ids import BranchId
from gateway.model.programme import Programme, RefundPolicy
from gateway.model.rules.earning import Unit
from gateway.program.evaluation import Award, Voucher
from gateway.program.expiry import active_from_ms, expires_at_ms, slid_expires_at_ms
from gateway.program.facts import Place
from gateway.program.local_time import day_starts_at_ms
from simulators.scenario.port import Moment
from simulators.scenario.pure.books import Books, HeldVoucher, Spent
from simulators.scenario.pure.wallets import (
    Lot,
    add,
    amount_of,
    put_back,
    take,
    with_sums,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """From what something comes.

    Attributes:
        source: the sale or the event.
        programme: the version that rated it.
        now_ms: when the books heard of it.
    """

    source: str
    programme: Programme
    now_ms: int


def award(books: Books, whose: tuple[str, str], given: Award, place: Place, why: Why) -> None:
    """Write an award down as a lot of its own.

    Args:
        books: where.
        whose: the wallet, and who earned it.
        given: what.
        place: where and when it was earned.
        why: from what it comes.
    """
    owner, member = whose
    settings = why.programme.rules.settings
    begins = active_from_ms(given.pending_days, place.at_ms, place.branch, settings)
    lot = Lot(
        id=books.number(),
        source=why.source,
        rule=given.source,
        owner=member,
        branch=place.branch,
        left=given.amount,
        active_from_ms=begins,
        expires_at_ms=expires_at_ms(given.expiry, begins, place.branch, settings),
        expiry=given.expiry,
    )
    wallet = with_sums(books.wallet(owner, given.unit), earned=given.amount)
    books.keep(add(wallet, lot, why.now_ms))


def give_voucher(books: Books, member: str, given: Voucher, place: Place, why: Why) -> None:
    """Write coupons or benefits down."""
    ends = None
    if given.valid_days is not None:
        day = place.business_day + timedelta(days=given.valid_days + 1)
        ends = day_starts_at_ms(why.programme.rules.settings, place.branch, day)
    voucher = HeldVoucher(
        id=books.number(),
        source=given.source,
        kind=given.kind,
        name=given.reward or given.source,
        sale=why.source,
        given=given.quantity,
        left=given.quantity,
        expires_at_ms=ends,
    )
    books.change(member, vouchers=(*books.members[member].vouchers, voucher))


def use_voucher(books: Books, member: str, number: int, quantity: int) -> None:
    """Use a voucher up, or give uses back with a quantity below 0."""
    vouchers = tuple(
        replace(voucher, left=voucher.left - quantity) if voucher.id == number else voucher
        for voucher in books.members[member].vouchers
    )
    books.change(member, vouchers=vouchers)


def set_aside(books: Books, spent: Spent, at_ms: int) -> Spent:
    """Take what is wanted out of its lots. The rules were asked before: it is there."""
    wallet, taken = take(books.wallet(spent.owner, spent.unit), spent.amount, at_ms)
    assert amount_of(taken) == spent.amount, "the rules allow no more than there is"
    if spent.amount:
        books.keep(replace(wallet, held=wallet.held + spent.amount))
    books.count_uses(spent.uses)
    if spent.coupon is not None and spent.member is not None and spent.quote is not None:
        use_voucher(books, spent.member, spent.coupon, spent.quote.times)
    return replace(spent, parts=taken)


def let_go(books: Books, spent: Spent, at_ms: int) -> None:
    """Give what was set aside back to its lots, its limits and its coupon."""
    if spent.amount:
        wallet = books.wallet(spent.owner, spent.unit)
        wallet = replace(wallet, held=wallet.held - spent.amount)
        books.keep(put_back(wallet, spent.parts, at_ms))
    books.count_uses(spent.uses, -1)
    give_coupon_back(books, spent)


def give_coupon_back(books: Books, spent: Spent) -> None:
    """Let a coupon be used again, where one paid."""
    if spent.coupon is not None and spent.member is not None and spent.quote is not None:
        use_voucher(books, spent.member, spent.coupon, -spent.quote.times)


def use_up(books: Books, spent: Spent) -> None:
    """Turn what is set aside into what is spent."""
    if spent.amount:
        wallet = books.wallet(spent.owner, spent.unit)
        wallet = replace(wallet, held=wallet.held - spent.amount)
        books.keep(with_sums(wallet, spent=spent.amount))


def use_late(books: Books, spent: Spent, beyond: RefundPolicy, at_ms: int) -> Spent:
    """Use what was set aside and has freed itself since: what is not there any more is owed.

    Returns:
        What was really taken; the rest is the programme's where it lets no balance go below zero.
    """
    wallet, taken = take(books.wallet(spent.owner, spent.unit), spent.amount, at_ms)
    missing = spent.amount - amount_of(taken)
    owed = missing if beyond is RefundPolicy.ALLOW_NEGATIVE else 0
    wallet = replace(wallet, owed=wallet.owed + owed)
    amount = amount_of(taken) + owed
    books.keep(with_sums(wallet, spent=amount))
    books.count_uses(spent.uses)
    return replace(spent, parts=taken, amount=amount)


def slide(books: Books, owner: str, programme: Programme, moment: Moment) -> None:
    """Let lots with a sliding expiry begin their time anew: somebody bought or redeemed."""
    settings = programme.rules.settings
    for unit in Unit:
        wallet = books.wallet(owner, unit)
        if any(lot.expiry.sliding for lot in wallet.lots):
            books.keep(
                replace(
                    wallet,
                    lots=tuple(
                        replace(
                            lot,
                            expires_at_ms=slid_expires_at_ms(
                                lot.expiry,
                                lot.expires_at_ms,
                                moment.made_at_ms,
                                BranchId(lot.branch),
                                settings,
                            ),
                        )
                        for lot in wallet.lots
                    ),
                )
            )


def spendable(books: Books, owner: str, unit: Unit, at_ms: int) -> int:
    """What can be spent now, below zero where something is owed."""
    return books.wallet(owner, unit).balance(at_ms)
