"""What the night does to a wallet: activate, auto-redeem, tiers, expire, tiers again. Pure.

The order is fixed, because another order gives other results. Points that are due to begin count
before anything is judged. Points that are due to lapse can still become credit, and still count
for a level that follows the balance, until the night closes their lot; by day they cannot be spent
any more. A night that was missed is made up for by itself, with its own moment, the oldest first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Final

from gateway.model.ids import BranchId, MemberId
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.rules.rules import Rules
from gateway.model.rules.settings import Settings
from gateway.model.rules.tiers import TierBasis
from gateway.program.lines import ById
from gateway.program.local_time import business_day, day_starts_at_ms
from gateway.program.tiers import TierState, tier_after


class NightStep(StrEnum):
    """One of the things that the night does."""

    ACTIVATE = "activate"
    AUTO_REDEEM = "auto_redeem"
    TIERS = "tiers"
    EXPIRE = "expire"


NIGHT_ORDER: Final = (
    NightStep.ACTIVATE,
    NightStep.AUTO_REDEEM,
    NightStep.TIERS,
    NightStep.EXPIRE,
    NightStep.TIERS,
)

#: Settings name no such branch, so it goes by the programme's own clock.
_PROGRAMME: Final = BranchId("programme")


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletLot:
    """A lot as the night finds it.

    Attributes:
        lot_id: the ledger's number, rising with age.
        unit: points or credit.
        remaining: what is not spent, held or taken back.
        available_from_ms: since when it can be spent.
        expires_at_ms: when it lapses; None for never.
        pending: the ledger has not made it spendable yet.
        closed: it was closed when it lapsed.
    """

    lot_id: int
    unit: Unit
    remaining: int
    available_from_ms: int
    expires_at_ms: int | None = None
    pending: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NightMember:
    """Somebody whose wallet it is; a household has several.

    Attributes:
        member_id: who.
        joined_on: the business day of joining.
        tier: what is known of the level; None for nothing yet.
        basis: what the tiers measure, over ``basis_window`` of ``night_business_day``; of no
            meaning where they measure the balance, which the night itself changes.
    """

    member_id: MemberId
    joined_on: date
    tier: TierState | None = None
    basis: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletView:
    """All that the night looks at.

    Attributes:
        lots: those with something left, and those that are not closed and have an expiry.
        debts: what is owed in each unit; a lot that becomes spendable pays it first.
        members: whose wallet it is.
    """

    lots: tuple[WalletLot, ...] = ()
    debts: tuple[tuple[Unit, int], ...] = ()
    members: tuple[NightMember, ...] = ()

    def debt(self, unit: Unit) -> int:
        """What is owed in a unit."""
        return dict(self.debts).get(unit, 0)

    def balance(self, unit: Unit) -> int:
        """What is spendable in a unit, lapsed lots that are not closed included, less debts."""
        return sum(lot.remaining for lot in _spendable(self, unit)) - self.debt(unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activate:
    """A lot becomes spendable.

    Attributes:
        lot_id: which.
        settles: of it, what pays the member's debt at once.
    """

    lot_id: int
    settles: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoRedeem:
    """Points become credit.

    Attributes:
        parts: lots and how many points of each, soonest to lapse first.
        credit_minor: what they become.
    """

    parts: tuple[tuple[int, int], ...]
    credit_minor: int

    @property
    def points(self) -> int:
        """All points that it takes."""
        return sum(points for _, points in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTier:
    """What is known of a member's level changes."""

    member_id: MemberId
    tier: TierState


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire:
    """A lot is closed, once and for all, also where nothing is left in it.

    Attributes:
        lot_id: which.
        units: what lapses.
    """

    lot_id: int
    units: int


NightAction = Activate | AutoRedeem | MoveTier | Expire


def nightly_due_at_ms(settings: Settings, night: date) -> int:
    """Say when the nightly run of a day begins, Unix time in milliseconds.

    A wall time that a change of clocks leaves out begins at the first moment after it; one that
    comes twice begins at the first time, so that every day has one night.
    """
    return day_starts_at_ms(_by_nights(settings), _PROGRAMME, night)


def night_of(settings: Settings, now_ms: int) -> date:
    """Name the last night that is due at a moment."""
    return business_day(_by_nights(settings), _PROGRAMME, now_ms)


def night_business_day(settings: Settings, night: date) -> date:
    """Say which business day it is, by the programme's clock, when a nightly run begins.

    Where the shops' day ends later than the run begins, it is the day before.
    """
    return business_day(settings, _PROGRAMME, nightly_due_at_ms(settings, night))


def tiers_move_by_day(rules: Rules) -> bool:
    """Whether levels are judged after every sale too, and not by night alone.

    Where points turn into credit by themselves, a balance is judged after that only: it would
    otherwise reach by day what it never keeps.
    """
    return rules.tiers.basis is not TierBasis.BALANCE or rules.auto_redeem is None


def plan_night(programme: Programme, wallet: WalletView, night: date) -> tuple[NightAction, ...]:
    """Say what one night does to a wallet.

    Args:
        programme: the version in force at the night's moment.
        wallet: as the night finds it; what it does is nothing to do again.
        night: which night; see ``nightly_due_at_ms``.

    Returns:
        What is to be done, in this order.
    """
    at_ms, day = _moment_of(ById(programme.rules.settings), night)
    plan = _Plan(programme=programme, at_ms=at_ms, day=day)
    done: list[NightAction] = []
    for step in NIGHT_ORDER:
        actions, wallet = _STEPS[step](plan, wallet)
        done += actions
    return tuple(done)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """The circumstances of one night.

    Attributes:
        programme: its rules.
        at_ms: its moment.
        day: the business day on which levels are judged.
    """

    programme: Programme
    at_ms: int
    day: date


@lru_cache(maxsize=16)
def _moment_of(settings: ById[Settings], night: date) -> tuple[int, date]:
    """Reckon once for all wallets when a night begins, and which business day it is then."""
    return (
        nightly_due_at_ms(settings.value, night),
        night_business_day(settings.value, night),
    )


_Step = tuple[list[NightAction], WalletView]


def _activate(plan: _Plan, wallet: WalletView) -> _Step:
    actions: list[NightAction] = []
    due = [lot for lot in wallet.lots if lot.pending and lot.available_from_ms <= plan.at_ms]
    for lot in sorted(due, key=lambda lot: (lot.available_from_ms, lot.lot_id)):
        settles = min(lot.remaining, wallet.debt(lot.unit))
        actions.append(Activate(lot_id=lot.lot_id, settles=settles))
        debts = {**dict(wallet.debts), lot.unit: wallet.debt(lot.unit) - settles}
        active = replace(lot, pending=False, remaining=lot.remaining - settles)
        wallet = _with_lots(replace(wallet, debts=tuple(debts.items())), {lot.lot_id: active})
    return actions, wallet


def _auto_redeem(plan: _Plan, wallet: WalletView) -> _Step:
    rules = plan.programme.rules
    rule = rules.auto_redeem
    if rule is None:
        return [], wallet
    steps = wallet.balance(Unit.POINTS) // rule.points
    maximum_minor = rules.credit.balance_maximum_minor
    if maximum_minor is not None:
        room_minor = maximum_minor - wallet.balance(Unit.CREDIT)
        steps = min(steps, room_minor // rule.credit_minor)
    if steps <= 0:
        return [], wallet
    parts, left, taken = [], steps * rule.points, {}
    for lot in sorted(_spendable(wallet, Unit.POINTS), key=_spend_order):
        points = min(lot.remaining, left)
        if points:
            parts.append((lot.lot_id, points))
            taken[lot.lot_id] = replace(lot, remaining=lot.remaining - points)
        left -= points
    action = AutoRedeem(parts=tuple(parts), credit_minor=steps * rule.credit_minor)
    return [action], _with_lots(wallet, taken)


def _move_tiers(plan: _Plan, wallet: WalletView) -> _Step:
    scheme = plan.programme.rules.tiers
    if not scheme.levels:
        return [], wallet
    actions: list[NightAction] = []
    members = []
    for member in wallet.members:
        basis = member.basis
        if scheme.basis is TierBasis.BALANCE:
            basis = max(wallet.balance(Unit.POINTS), 0)
        tier = tier_after(scheme, member.tier, basis, plan.day, member.joined_on)
        if tier != member.tier:
            actions.append(MoveTier(member_id=member.member_id, tier=tier))
        members.append(replace(member, tier=tier))
    return actions, replace(wallet, members=tuple(members))


def _expire(plan: _Plan, wallet: WalletView) -> _Step:
    actions: list[NightAction] = []
    closed = {}
    for lot in wallet.lots:
        lapsed = lot.expires_at_ms is not None and lot.expires_at_ms <= plan.at_ms
        if lapsed and not lot.closed:
            actions.append(Expire(lot_id=lot.lot_id, units=lot.remaining))
            closed[lot.lot_id] = replace(lot, remaining=0, closed=True)
    return actions, _with_lots(wallet, closed)


_STEPS: Final[Mapping[NightStep, Callable[[_Plan, WalletView], _Step]]] = {
    NightStep.ACTIVATE: _activate,
    NightStep.AUTO_REDEEM: _auto_redeem,
    NightStep.TIERS: _move_tiers,
    NightStep.EXPIRE: _expire,
}


def _spendable(wallet: WalletView, unit: Unit) -> list[WalletLot]:
    return [lot for lot in wallet.lots if lot.unit is unit and not lot.pending and not lot.closed]


def _spend_order(lot: WalletLot) -> tuple[bool, int, int]:
    """Soonest to lapse first, those for ever last, then the oldest."""
    return (lot.expires_at_ms is None, lot.expires_at_ms or 0, lot.lot_id)


def _with_lots(wallet: WalletView, changed: Mapping[int, WalletLot]) -> WalletView:
    return replace(wallet, lots=tuple(changed.get(lot.lot_id, lot) for lot in wallet.lots))


def _by_nights(settings: Settings) -> Settings:
    """Settings whose days begin with the nightly run, by the programme's own zone."""
    return replace(settings, cutoff_minute=settings.nightly_minute, branch_clocks=())
