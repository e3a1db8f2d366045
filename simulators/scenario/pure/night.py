"""The nightly run: every night that is due, each with its own moment, on every wallet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from gateway.model.ids import BranchId
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.program import nightly as engine
from gateway.program.expiry import expires_at_ms
from simulators.scenario.port import Answer, Moment
from simulators.scenario.pure.books import Books, Member
from simulators.scenario.pure.knowledge import basis_of, current, programme_of
from simulators.scenario.pure.wallets import (
    Lot,
    Wallet,
    activate,
    add,
    close,
    take_from,
    with_sums,
)


def run_nights(books: Books, moment: Moment) -> Answer:
    """Do the night that is due, and before it those that were missed."""
    due = engine.night_of(current(books, moment).rules.settings, moment.at_ms)
    night = due if books.last_night is None else min(books.last_night + timedelta(days=1), due)
    answer = Answer()
    while night <= due:
        for owner in _owners(books):
            answer = _one_night(books, owner, night, answer)
        night += timedelta(days=1)
    books.last_night = due
    return answer


def _owners(books: Books) -> list[str]:
    return sorted({owner for owner, _ in books.wallets} | set(books.members))


def _one_night(books: Books, owner: str, night: date, answer: Answer) -> Answer:
    settings = books.programmes[-1].rules.settings
    at_ms = engine.nightly_due_at_ms(settings, night)
    programme = programme_of(books, at_ms) or books.programmes[0]
    for action in engine.plan_night(programme, _view(books, owner, programme, night), night):
        answer = _apply(books, owner, action, (programme, at_ms), answer)
    return answer


def _view(books: Books, owner: str, programme: Programme, night: date) -> engine.WalletView:
    """What the engine looks at."""
    day = engine.night_business_day(programme.rules.settings, night)
    at_ms = engine.nightly_due_at_ms(programme.rules.settings, night)
    wallets = [books.wallet(owner, unit) for unit in Unit]
    return engine.WalletView(
        lots=tuple(
            engine.WalletLot(
                lot_id=lot.id,
                unit=wallet.unit,
                remaining=lot.left,
                available_from_ms=lot.active_from_ms,
                expires_at_ms=lot.expires_at_ms,
                pending=lot.pending,
                closed=lot.closed,
            )
            for wallet in wallets
            for lot in wallet.lots
            if lot.left or (lot.expires_at_ms is not None and not lot.closed)
        ),
        debts=tuple((wallet.unit, wallet.owed) for wallet in wallets if wallet.owed),
        members=tuple(
            engine.NightMember(
                member_id=member.id,
                joined_on=member.joined_on,
                tier=member.tier,
                basis=basis_of(books, programme, member, day, at_ms),
            )
            for member in _members(books, owner)
        ),
    )


def _members(books: Books, owner: str) -> Iterator[Member]:
    return (member for member in books.members.values() if books.owner_of(member.name) == owner)


def _apply(
    books: Books,
    owner: str,
    action: engine.NightAction,
    when: tuple[Programme, int],
    answer: Answer,
) -> Answer:
    """Write down one thing that the night does."""
    programme, at_ms = when
    if isinstance(action, engine.MoveTier):
        name = next(m.name for m in _members(books, owner) if m.id == action.member_id)
        books.change(name, tier=action.tier)
        return answer
    if isinstance(action, engine.AutoRedeem):
        _auto_redeem(books, owner, action, programme, at_ms)
        return replace(answer, converted_minor=answer.converted_minor + action.credit_minor)
    wallet, lot = _find(books, owner, action.lot_id)
    points = wallet.unit is Unit.POINTS
    if isinstance(action, engine.Activate):
        books.keep(activate(wallet, lot.id, at_ms))
        return replace(answer, activated=answer.activated + lot.left * points)
    books.keep(close(wallet, lot.id))
    closed = (action.units,) if points else ()
    return replace(answer, expired=answer.expired + sum(closed), closed=(*answer.closed, *closed))


def _find(books: Books, owner: str, lot_id: int) -> tuple[Wallet, Lot]:
    wallets = (books.wallet(owner, unit) for unit in Unit)
    return next((w, lot) for w in wallets for lot in w.lots if lot.id == lot_id)


def _auto_redeem(
    books: Books, owner: str, action: engine.AutoRedeem, programme: Programme, at_ms: int
) -> None:
    wallet = books.wallet(owner, Unit.POINTS)
    lots = {lot.id: lot for lot in wallet.lots}
    for lot_id, points in action.parts:
        wallet, _ = take_from(wallet, [lots[lot_id]], points)
    books.keep(with_sums(wallet, spent=action.points))
    expiry, settings = programme.rules.credit.earned_expiry, programme.rules.settings
    branch = next((lots[lot_id].branch for lot_id, _ in action.parts), "")
    lot = Lot(
        id=books.number(),
        source="night",
        rule="auto-redeem",
        owner=owner,
        branch=branch,
        left=action.credit_minor,
        active_from_ms=at_ms,
        expires_at_ms=expires_at_ms(expiry, at_ms, BranchId(branch), settings),
        expiry=expiry,
    )
    credit = with_sums(books.wallet(owner, Unit.CREDIT), earned=action.credit_minor)
    books.keep(add(credit, lot, at_ms))
