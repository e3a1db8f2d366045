"""Redenominations in the pure books: steps about older money see all of it in its own currency.

Wallets are kept in the currency in force. A step that is told late, a reservation of before, a
return of an older sale: for as long as such a step lasts, every wallet of money is multiplied into
the older currency, and divided again behind it, each wallet rounded once. What is held in the
older currency stands beside the wallets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from gateway.model.money import Currency
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.transaction import Returned
from gateway.program.succession import first_minor, in_older_unit
from simulators.scenario import steps
from simulators.scenario.port import Answer, Moment, Sums
from simulators.scenario.pure.books import Books, sale_key_of
from simulators.scenario.pure.knowledge import current, programme_of
from simulators.scenario.pure.wallets import Lot, Wallet

S = TypeVar("S", bound=steps.Step)


def publish(books: Books, programme: Programme) -> None:
    """Let a new version hold; where its currency is another, all money follows at once."""
    last = books.programmes[-1]
    books.programmes = (*books.programmes, programme)
    factor = _factor(books, last, programme)
    if factor == 1:
        return
    for wallet in _money(books):
        books.held_before[wallet.owner] = books.held_before.get(wallet.owner, 0) + wallet.held
        books.keep(_rounded(replace(wallet, held=0), factor, Sums()))
    for name, gift in books.gifts.items():
        books.gifts[name] = replace(gift, currency=programme.currency)


def in_its_currency(
    books: Books, what: Callable[[Books, S, Moment], Answer], step: S, moment: Moment
) -> Answer:
    """Do a step in the currency of what it is about."""
    now, told = current(books, moment), _rules_of(books, step, moment)
    factor = 1 if told is None else _factor(books, told, now)
    if told is None or factor == 1:
        answer = what(books, step, moment)
    else:
        answer = _in_older(
            books, factor, told.currency, lambda: what(books, _in_unit(books, step, factor), moment)
        )
    _note(books, step, now.version, answer)
    return answer


def free_in_its_currency(books: Books, name: str, at_ms: int, free: Callable[[], None]) -> None:
    """Free a reservation in the currency that it was made in."""
    now = programme_of(books, at_ms)
    made = books.programmes[books.made_by.get(name, len(books.programmes)) - 1]
    factor = 1 if now is None else _factor(books, made, now)
    if factor == 1:
        free()
    else:
        _in_older(books, factor, made.currency, free)


# -- parts ------------------------------------------------------------------------------------


def _rules_of(books: Books, step: steps.Step, moment: Moment) -> Programme | None:
    """The version in whose currency a step must be done."""
    if isinstance(step, steps.Refund) and step.sale in books.sales:
        return books.sales[step.sale or ""].programme
    if isinstance(step, steps.Post | steps.Void) and step.hold in books.made_by:
        return books.programmes[books.made_by[step.hold] - 1]
    return programme_of(books, moment.made_at_ms)


def _in_unit(books: Books, step: S, factor: int) -> S:
    """A return that is told in today's money, in that of its sale."""
    if not isinstance(step, steps.Refund) or step.amount_minor is None:
        return step
    name = step.sale or ""
    record = books.sales[name]
    told = in_older_unit(
        Returned(key=sale_key_of(name), amount_minor=step.amount_minor),
        factor,
        left_minor=record.sale.total_minor - record.back.amount_minor,
        earlier=books.returned.get(name, 0),
    )
    return replace(step, amount_minor=told.amount_minor)


def _note(books: Books, step: steps.Step, version: int, answer: Answer) -> None:
    """Remember what later steps are about."""
    for name in books.holds:
        books.made_by.setdefault(name, version)
    if isinstance(step, steps.Refund) and step.sale is not None and answer.refused is Reason.NONE:
        books.returned[step.sale] = books.returned.get(step.sale, 0) + 1


R = TypeVar("R")


def _in_older(books: Books, factor: int, currency: Currency, do: Callable[[], R]) -> R:
    """Do something while all money is counted in an older currency."""
    held, gifts, sums = {}, dict(books.gifts), {}
    for wallet in _money(books):
        held[wallet.owner], sums[wallet.owner] = wallet.held, wallet.sums
        older = books.held_before.get(wallet.owner, 0)
        books.keep(
            replace(
                wallet,
                lots=tuple(replace(lot, left=lot.left * factor) for lot in wallet.lots),
                held=wallet.held * factor + older,
                owed=wallet.owed * factor,
            )
        )
    for name, gift in gifts.items():
        books.gifts[name] = replace(gift, currency=currency)
    done = do()
    for wallet in _money(books):
        kept = held.get(wallet.owner, 0)
        books.held_before[wallet.owner] = wallet.held - kept * factor
        books.keep(_rounded(replace(wallet, held=kept), factor, sums.get(wallet.owner, Sums())))
    books.gifts.update(gifts)
    return done


def _money(books: Books) -> list[Wallet]:
    return [wallet for wallet in books.wallets.values() if wallet.unit is Unit.CREDIT]


def _rounded(wallet: Wallet, factor: int, sums: Sums) -> Wallet:
    """Divide a wallet: what it has is rounded once, and what it owes once."""
    lots, before, shares = [], 0, {}
    for lot in sorted(wallet.lots, key=_order):
        after = before + lot.left
        shares[lot.id] = round(Fraction(after, factor)) - round(Fraction(before, factor))
        before = after
    lots = [replace(lot, left=shares[lot.id]) for lot in wallet.lots]
    owed = round(Fraction(wallet.owed, factor))
    there = sum(lot.left for lot in lots) + wallet.held - owed
    came = sums.earned + sums.returned + sums.adjusted + sums.moved
    went = sums.spent + sums.expired + sums.clawed
    more = there - (came - went)
    return replace(
        wallet,
        lots=tuple(lots),
        owed=owed,
        sums=replace(sums, adjusted=sums.adjusted + more),
    )


def _order(lot: Lot) -> tuple[bool, bool, int, int]:
    return (lot.pending, lot.expires_at_ms is None, lot.expires_at_ms or 0, lot.id)


def _factor(books: Books, older: Programme, newer: Programme) -> int:
    return first_minor(books.programmes, newer) // first_minor(books.programmes, older)
