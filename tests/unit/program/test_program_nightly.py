"""The night: its hour, its order, and that it does nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import assert_never

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.ids import BranchId, MemberId
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.rules.rules import Rules
from gateway.model.rules.settings import BranchClock, Settings
from gateway.model.rules.stored_value import AutoRedeem as AutoRedeemRule
from gateway.model.rules.stored_value import CreditPolicy
from gateway.model.rules.tiers import Downgrade, TierBasis, TierLevel, TierScheme
from gateway.program.nightly import (
    NIGHT_ORDER,
    Activate,
    AutoRedeem,
    Expire,
    MoveTier,
    NightAction,
    NightMember,
    NightStep,
    WalletLot,
    WalletView,
    night_business_day,
    night_of,
    nightly_due_at_ms,
    plan_night,
    tiers_move_by_day,
)

_NIGHT = date(2026, 11, 23)
_NOW_MS = nightly_due_at_ms(Settings(), _NIGHT)
_DAY_MS = 86_400_000
_MEMBER = MemberId("m" * 32)
_TIERS = TierScheme(
    basis=TierBasis.BALANCE,
    levels=(TierLevel(id="silver", threshold=100), TierLevel(id="gold", threshold=300)),
)
_STEP = AutoRedeemRule(points=100, credit_minor=500)


def _programme(**rules: object) -> Programme:
    return Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=1,
        earn_per_minor=100,
        redeem_points=1,
        redeem_value_minor=1,
        rules=Rules(**rules),  # type: ignore[arg-type]
    )


def _lot(
    lot_id: int,
    remaining: int,
    *,
    expires_at_ms: int | None = None,
    unit: Unit = Unit.POINTS,
    from_ms: int = 0,
) -> WalletLot:
    return WalletLot(
        lot_id=lot_id,
        unit=unit,
        remaining=remaining,
        available_from_ms=from_ms,
        expires_at_ms=expires_at_ms,
        pending=from_ms > 0,
    )


def _wallet(*lots: WalletLot, basis: int = 0, debt: int = 0) -> WalletView:
    member = NightMember(member_id=_MEMBER, joined_on=date(2026, 1, 1), basis=basis)
    return WalletView(lots=lots, debts=((Unit.POINTS, debt),), members=(member,))


def _levels(actions: Sequence[NightAction]) -> list[str | None]:
    return [action.tier.level for action in actions if isinstance(action, MoveTier)]


def _applied(wallet: WalletView, actions: Sequence[NightAction]) -> WalletView:
    """What a ledger makes of a night, told apart from how it was planned."""
    lots = {lot.lot_id: lot for lot in wallet.lots}
    debts, members = dict(wallet.debts), {member.member_id: member for member in wallet.members}
    for action in actions:
        match action:
            case Activate(lot_id=lot_id, settles=settles):
                lot = lots[lot_id]
                lots[lot_id] = replace(lot, pending=False, remaining=lot.remaining - settles)
                debts[lot.unit] = debts.get(lot.unit, 0) - settles
            case AutoRedeem(parts=parts, credit_minor=credit_minor):
                for lot_id, points in parts:
                    lots[lot_id] = replace(lots[lot_id], remaining=lots[lot_id].remaining - points)
                made = max(lots) + 1
                lots[made] = _lot(made, credit_minor, unit=Unit.CREDIT)
            case MoveTier(member_id=member_id, tier=tier):
                members[member_id] = replace(members[member_id], tier=tier)
            case Expire(lot_id=lot_id, units=units):
                assert lots[lot_id].remaining == units
                lots[lot_id] = replace(lots[lot_id], remaining=0, closed=True)
            case _:
                assert_never(action)
    assert all(lot.remaining >= 0 for lot in lots.values())
    assert all(debt >= 0 for debt in debts.values())
    return WalletView(
        lots=tuple(lots.values()), debts=tuple(debts.items()), members=tuple(members.values())
    )


def test_the_order_is_fixed() -> None:
    """Activate, auto-redeem, tiers, expire, and tiers on what is left."""
    assert NIGHT_ORDER == (
        NightStep.ACTIVATE,
        NightStep.AUTO_REDEEM,
        NightStep.TIERS,
        NightStep.EXPIRE,
        NightStep.TIERS,
    )


def test_a_whole_night() -> None:
    """Everything at once: what waits begins, a step becomes credit, a level comes and goes."""
    wallet = _wallet(
        _lot(1, 70, expires_at_ms=_NOW_MS),
        _lot(2, 200),
        _lot(3, 90, from_ms=_NOW_MS, expires_at_ms=_NOW_MS + 1),
        _lot(4, 50, from_ms=_NOW_MS + 1),
    )
    rule = AutoRedeemRule(points=250, credit_minor=1_000)
    programme = _programme(auto_redeem=rule, tiers=_TIERS)
    actions = plan_night(programme, wallet, _NIGHT)
    assert actions[:2] == (
        Activate(lot_id=3),
        AutoRedeem(parts=((1, 70), (3, 90), (2, 90)), credit_minor=1_000),
    )
    # 360 less 250 is Silver; the first lot is closed though nothing is left in it.
    assert _levels(actions) == ["silver"]
    assert actions[-1] == Expire(lot_id=1, units=0)
    assert len(actions) == 4
    assert plan_night(programme, _applied(wallet, actions), _NIGHT) == ()


def test_points_that_begin_tonight_count_before_anything_is_judged() -> None:
    """A balance of 100 that was waiting reaches the level in the night that lets it begin."""
    programme = _programme(tiers=_TIERS)
    wallet = _wallet(_lot(1, 100, from_ms=_NOW_MS))
    assert _levels(plan_night(programme, wallet, _NIGHT)) == ["silver"]
    later = _wallet(_lot(1, 100, from_ms=_NOW_MS + 1))
    assert _levels(plan_night(programme, later, _NIGHT)) == [None]


def test_auto_redeem_keeps_a_balance_level_out_of_reach() -> None:
    """Voucherify: both at 100, and the level is never reached; by points collected it is."""
    programme = _programme(auto_redeem=_STEP, tiers=_TIERS)
    wallet, night = _wallet(_lot(1, 100)), _NIGHT
    for _ in range(5):
        actions = plan_night(programme, wallet, night)
        wallet, night = _applied(wallet, actions), night + timedelta(days=1)
        assert _levels(actions) in ([], [None])
        wallet = replace(wallet, lots=(*wallet.lots, _lot(len(wallet.lots) + 1, 100)))
    collected = replace(_TIERS, basis=TierBasis.POINTS_EARNED)
    by_earned = _programme(auto_redeem=_STEP, tiers=collected)
    actions = plan_night(by_earned, _wallet(_lot(1, 100), basis=100), _NIGHT)
    assert _levels(actions) == ["silver"]
    assert AutoRedeem(parts=((1, 100),), credit_minor=500) in actions


def test_a_balance_beside_auto_redeem_is_judged_by_night_alone() -> None:
    """By day it would be reached for the hours until the points turn into credit."""
    assert not tiers_move_by_day(Rules(auto_redeem=_STEP, tiers=_TIERS))
    assert tiers_move_by_day(Rules(tiers=_TIERS))
    collected = replace(_TIERS, basis=TierBasis.POINTS_EARNED)
    assert tiers_move_by_day(Rules(auto_redeem=_STEP, tiers=collected))


def test_points_that_lapse_tonight_can_still_become_credit() -> None:
    """Auto-redeem comes before expiry, and takes what lapses first."""
    wallet = _wallet(_lot(1, 60), _lot(2, 60, expires_at_ms=_NOW_MS))
    actions = plan_night(_programme(auto_redeem=_STEP), wallet, _NIGHT)
    assert actions == (
        AutoRedeem(parts=((2, 60), (1, 40)), credit_minor=500),
        Expire(lot_id=2, units=0),
    )
    assert actions[0].points == 100


def test_expiry_takes_the_level_that_its_points_held() -> None:
    """The level is judged before the points go and after: it comes and goes in one night."""
    wallet = _wallet(_lot(1, 150, expires_at_ms=_NOW_MS))
    programme = _programme(tiers=_TIERS)
    actions = plan_night(programme, wallet, _NIGHT)
    assert _levels(actions) == ["silver", None]
    assert isinstance(actions[1], Expire)
    assert plan_night(programme, _applied(wallet, actions), _NIGHT) == ()
    kept = _programme(tiers=replace(_TIERS, grace_days=3))
    assert _levels(plan_night(kept, wallet, _NIGHT)) == ["silver"]


def test_one_down_is_one_a_night() -> None:
    """The second judgement of a night takes no second level."""
    programme = _programme(tiers=replace(_TIERS, downgrade=Downgrade.ONE_DOWN))
    wallet = _wallet(_lot(1, 300, expires_at_ms=_NOW_MS))
    actions = plan_night(programme, wallet, _NIGHT)
    assert _levels(actions) == ["gold", "silver"]
    wallet = _applied(wallet, actions)
    assert plan_night(programme, wallet, _NIGHT) == ()
    assert _levels(plan_night(programme, wallet, _NIGHT + timedelta(days=1))) == [None]


@pytest.mark.parametrize(
    ("lots", "expired"),
    [
        # Setono's table of the expiry job.
        ([_lot(1, 150, expires_at_ms=_NOW_MS - _DAY_MS)], [(1, 150)]),
        ([_lot(1, 150, expires_at_ms=_NOW_MS)], [(1, 150)]),
        ([_lot(1, 150, expires_at_ms=_NOW_MS + _DAY_MS)], []),
        ([_lot(1, 100, expires_at_ms=_NOW_MS - 1), _lot(2, 50)], [(1, 100)]),
        ([_lot(1, 0, expires_at_ms=_NOW_MS - 1)], [(1, 0)]),
        ([_lot(1, 100, expires_at_ms=_NOW_MS - 1)], [(1, 100)]),
        ([_lot(1, 500, expires_at_ms=_NOW_MS - 1, unit=Unit.CREDIT)], [(1, 500)]),
        ([replace(_lot(1, 0, expires_at_ms=_NOW_MS - 1), closed=True)], []),
        # A fixed last day can pass while points still wait for theirs.
        ([_lot(1, 10, from_ms=_NOW_MS + 1, expires_at_ms=_NOW_MS)], [(1, 10)]),
    ],
)
def test_lots_are_closed_once(lots: list[WalletLot], expired: list[tuple[int, int]]) -> None:
    """One close for each lot, also an empty one; the moment of expiry is too late."""
    wallet = _wallet(*lots)
    actions = plan_night(_programme(), wallet, _NIGHT)
    assert actions == tuple(Expire(lot_id=lot_id, units=units) for lot_id, units in expired)
    assert plan_night(_programme(), _applied(wallet, actions), _NIGHT) == ()


def test_what_never_lapses_is_there_in_ten_years() -> None:
    """A lot without an expiry is no night's business."""
    wallet = _wallet(_lot(1, 150))
    assert plan_night(_programme(), wallet, _NIGHT + timedelta(days=3_653)) == ()


def test_what_begins_pays_debts_first() -> None:
    """A debt of 80 and 30 and 100 that begin tonight: 50 of them are left."""
    wallet = _wallet(_lot(1, 100, from_ms=_NOW_MS), _lot(2, 30, from_ms=1), debt=80)
    actions = plan_night(_programme(auto_redeem=_STEP), wallet, _NIGHT)
    assert actions == (Activate(lot_id=2, settles=30), Activate(lot_id=1, settles=50))
    assert _applied(wallet, actions).balance(Unit.POINTS) == 50


@pytest.mark.parametrize(
    ("points", "maximum", "credit", "taken"),
    [
        (99, None, 0, 0),
        (100, None, 0, 100),
        (350, None, 0, 300),
        # Nobody keeps more than the programme lets them: two steps are 1000.
        (350, 1_200, 0, 200),
        (350, 1_200, 800, 0),
        (350, 1_200, 1_500, 0),
        (-50, None, 0, 0),
    ],
)
def test_how_many_steps_become_credit(
    points: int, maximum: int | None, credit: int, taken: int
) -> None:
    """Whole steps of what is spendable, debts off, within what credit may be kept."""
    programme = _programme(auto_redeem=_STEP, credit=CreditPolicy(balance_maximum_minor=maximum))
    wallet = _wallet(
        _lot(1, max(points, 0)), _lot(2, credit, unit=Unit.CREDIT), debt=max(-points, 0)
    )
    actions = plan_night(programme, wallet, _NIGHT)
    assert sum(action.points for action in actions if isinstance(action, AutoRedeem)) == taken


def test_everybody_of_a_household_is_judged() -> None:
    """One wallet, and for each member a level of their own."""
    scheme = replace(_TIERS, basis=TierBasis.SPEND)
    members = tuple(
        NightMember(member_id=MemberId(name * 32), joined_on=_NIGHT, basis=basis)
        for name, basis in (("a", 100), ("b", 300))
    )
    actions = plan_night(_programme(tiers=scheme), WalletView(members=members), _NIGHT)
    assert _levels(actions) == ["silver", "gold"]


@pytest.mark.parametrize(
    ("zone", "minute", "night", "due"),
    [
        ("UTC", 180, date(2026, 11, 23), datetime(2026, 11, 23, 3, tzinfo=UTC)),
        ("UTC", 0, date(2026, 11, 23), datetime(2026, 11, 23, tzinfo=UTC)),
        ("Asia/Tehran", 180, date(2026, 11, 23), datetime(2026, 11, 22, 23, 30, tzinfo=UTC)),
        # Half past two is left out on 8 March 2026, and half past one comes twice on 1 November.
        ("America/New_York", 150, date(2026, 3, 8), datetime(2026, 3, 8, 7, tzinfo=UTC)),
        ("America/New_York", 90, date(2026, 11, 1), datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
    ],
)
def test_every_day_has_one_night(zone: str, minute: int, night: date, due: datetime) -> None:
    """It begins at its minute by the programme's zone, whatever the branches' clocks say."""
    rules = Settings(
        zone=zone,
        nightly_minute=minute,
        branch_clocks=(BranchClock(branch=BranchId("programme"), zone="Asia/Tokyo"),),
    )
    due_ms = int(due.timestamp()) * 1000
    assert nightly_due_at_ms(rules, night) == due_ms
    assert night_of(rules, due_ms) == night
    assert night_of(rules, due_ms - 1) == night - timedelta(days=1)
    assert night_of(rules, nightly_due_at_ms(rules, night + timedelta(days=1)) - 1) == night


def test_the_night_judges_the_business_day_it_begins_in() -> None:
    """A shop that closes at four is still in yesterday at three."""
    assert night_business_day(Settings(), _NIGHT) == _NIGHT
    late = Settings(cutoff_minute=240)
    assert night_business_day(late, _NIGHT) == _NIGHT - timedelta(days=1)


_lots = st.lists(
    st.builds(
        lambda remaining, expires, begins, unit: (remaining, expires, begins, unit),
        st.integers(0, 400),
        st.none() | st.integers(-2, 2),
        st.integers(-2, 2),
        st.sampled_from(Unit),
    ),
    max_size=6,
)


@settings(max_examples=80)
@given(
    parts=_lots,
    debt=st.integers(0, 200),
    step=st.none() | st.integers(1, 150),
    downgrade=st.sampled_from(Downgrade),
    basis=st.sampled_from([TierBasis.BALANCE, TierBasis.SPEND]),
)
def test_a_night_is_done_when_it_is_done(
    parts: list[tuple[int, int | None, int, Unit]],
    debt: int,
    step: int | None,
    downgrade: Downgrade,
    basis: TierBasis,
) -> None:
    """Once carried out, the same night has nothing to do; no point is lost or made."""
    lots = tuple(
        WalletLot(
            lot_id=at,
            unit=unit,
            remaining=remaining,
            available_from_ms=_NOW_MS + begins,
            expires_at_ms=None if expires is None else _NOW_MS + expires,
            pending=begins > -2,
        )
        for at, (remaining, expires, begins, unit) in enumerate(parts, 1)
    )
    wallet = replace(_wallet(*lots, basis=150), debts=((Unit.POINTS, debt),))
    programme = _programme(
        auto_redeem=None if step is None else AutoRedeemRule(points=step, credit_minor=7),
        tiers=replace(_TIERS, basis=basis, downgrade=downgrade),
    )
    actions = plan_night(programme, wallet, _NIGHT)
    after = _applied(wallet, actions)
    assert plan_night(programme, after, _NIGHT) == ()
    points = sum(lot.remaining for lot in lots if lot.unit is Unit.POINTS) - debt
    for action in actions:
        if isinstance(action, AutoRedeem):
            points -= action.points
        elif isinstance(action, Expire) and lots[action.lot_id - 1].unit is Unit.POINTS:
            points -= action.units
    kept = sum(lot.remaining for lot in after.lots if lot.unit is Unit.POINTS)
    assert kept - after.debt(Unit.POINTS) == points
