"""Households: who comes in, what goes along, who may spend."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.ids import MemberId
from gateway.model.rules.stored_value import HouseholdPolicy, LeavePolicy
from gateway.program.households import (
    Household,
    HouseholdLot,
    HouseholdMember,
    HouseholdRefusal,
    Leaving,
    found,
    invite,
    join,
    leave,
    spend_room,
    split,
)

_ANNA, _BEHZAD, _CYRA, _DAN = (MemberId(name * 32) for name in "abcd")
_POLICY = HouseholdPolicy(members_maximum=3)


def _household(*members: MemberId) -> Household:
    return Household(
        founder=members[0],
        members=tuple(
            HouseholdMember(member_id=member, since_ms=at) for at, member in enumerate(members)
        ),
    )


def _leave(
    policy: LeavePolicy,
    household: Household,
    member: MemberId,
    lots: tuple[HouseholdLot, ...],
    debt_points: int = 0,
) -> Leaving:
    leaving = leave(replace(_POLICY, leave=policy), household, member, lots, debt_points)
    assert isinstance(leaving, Leaving)
    return leaving


def test_a_household_grows_by_invitation() -> None:
    """Found, invite, join: the guest is a member, and the invitation is used."""
    household = found(_POLICY, _ANNA, 0, in_household=False)
    assert isinstance(household, Household)
    household = invite(_POLICY, household, _ANNA, _BEHZAD)
    assert isinstance(household, Household)
    assert invite(_POLICY, household, _ANNA, _BEHZAD) == household
    household = join(_POLICY, household, _BEHZAD, 1, in_household=False)
    assert household == _household(_ANNA, _BEHZAD)


def test_nothing_is_offered_where_nothing_is() -> None:
    """A programme without households founds none and lets nobody in."""
    none = HouseholdPolicy()
    invited = replace(_household(_ANNA), invited=(_BEHZAD,))
    refusal = HouseholdRefusal.NOT_OFFERED
    assert found(none, _ANNA, 0, in_household=False) is refusal
    assert invite(none, invited, _ANNA, _CYRA) is refusal
    assert join(none, invited, _BEHZAD, 1, in_household=False) is refusal


def test_who_may_not_come_in() -> None:
    """The founder invites, the invited join, nobody is in two, and full is full."""
    household = replace(_household(_ANNA, _BEHZAD), invited=(_CYRA, _DAN))
    assert found(_POLICY, _ANNA, 0, in_household=True) is HouseholdRefusal.IN_A_HOUSEHOLD
    assert invite(_POLICY, household, _BEHZAD, _CYRA) is HouseholdRefusal.NOT_FOUNDER
    assert invite(_POLICY, household, _ANNA, _BEHZAD) is HouseholdRefusal.IN_A_HOUSEHOLD
    assert join(_POLICY, household, _CYRA, 2, in_household=True) is HouseholdRefusal.IN_A_HOUSEHOLD
    stranger = MemberId("e" * 32)
    assert join(_POLICY, household, stranger, 2, in_household=False) is HouseholdRefusal.NOT_INVITED
    full = join(_POLICY, household, _CYRA, 2, in_household=False)
    assert isinstance(full, Household)
    assert join(_POLICY, full, _DAN, 3, in_household=False) is HouseholdRefusal.FULL
    assert invite(_POLICY, full, _ANNA, stranger) is HouseholdRefusal.FULL
    assert leave(_POLICY, full, stranger, ()) is HouseholdRefusal.NOT_A_MEMBER


_LOTS = (
    HouseholdLot(lot_id=1, remaining=70, brought_by=_ANNA),
    HouseholdLot(lot_id=2, remaining=30, brought_by=_BEHZAD),
    HouseholdLot(lot_id=3, remaining=0, brought_by=_BEHZAD),
    HouseholdLot(lot_id=4, remaining=1),
)


@pytest.mark.parametrize(
    ("policy", "member", "debt_points", "takes"),
    [
        (LeavePolicy.NOTHING, _BEHZAD, 0, ()),
        # 101 points by three is 33, of each lot in proportion; two stay over.
        (LeavePolicy.EQUAL_SHARE, _BEHZAD, 0, ((1, 23), (2, 10))),
        (LeavePolicy.OWN_SHARE, _BEHZAD, 0, ((2, 30),)),
        (LeavePolicy.OWN_SHARE, _ANNA, 0, ((1, 70),)),
        (LeavePolicy.OWN_SHARE, _CYRA, 0, ()),
        # What the wallet owes is not for the others alone.
        (LeavePolicy.EQUAL_SHARE, _BEHZAD, 98, ((1, 1),)),
        (LeavePolicy.OWN_SHARE, _BEHZAD, 90, ((2, 11),)),
        (LeavePolicy.EQUAL_SHARE, _BEHZAD, 500, ()),
    ],
)
def test_what_goes_along(
    policy: LeavePolicy, member: MemberId, debt_points: int, takes: tuple[tuple[int, int], ...]
) -> None:
    """Nothing, an equal share with the fraction staying, or what is left of one's own."""
    household = _household(_ANNA, _BEHZAD, _CYRA)
    leaving = _leave(policy, household, member, _LOTS, debt_points)
    assert leaving.takes == takes
    assert not leaving.takes_debt
    assert leaving.household is not None
    assert not leaving.household.has(member)


def test_the_last_takes_everything_and_the_debt() -> None:
    """Whoever is left alone takes all that there is, whatever the policy says."""
    for policy in LeavePolicy:
        leaving = _leave(policy, _household(_ANNA), _ANNA, _LOTS)
        assert leaving == Leaving(
            member_id=_ANNA, household=None, takes=((1, 70), (2, 30), (4, 1)), takes_debt=True
        )


def test_a_household_has_a_founder_always() -> None:
    """Where the founder goes, the longest member takes over; invitations stay open."""
    household = replace(_household(_ANNA, _BEHZAD, _CYRA), invited=(_DAN,))
    leaving = _leave(LeavePolicy.NOTHING, household, _ANNA, ())
    assert leaving.household is not None
    assert leaving.household.founder == _BEHZAD
    assert leaving.household.invited == (_DAN,)
    other = _leave(LeavePolicy.NOTHING, household, _CYRA, ())
    assert other.household is not None
    assert other.household.founder == _ANNA


@pytest.mark.parametrize(
    ("policy", "shares"),
    [
        (LeavePolicy.NOTHING, {_CYRA: 0, _BEHZAD: 0, _ANNA: 101}),
        # 101 by three, 68 by two, and what stays.
        (LeavePolicy.EQUAL_SHARE, {_CYRA: 33, _BEHZAD: 34, _ANNA: 34}),
        (LeavePolicy.OWN_SHARE, {_CYRA: 0, _BEHZAD: 30, _ANNA: 71}),
    ],
)
def test_a_household_that_splits(policy: LeavePolicy, shares: dict[MemberId, int]) -> None:
    """The newest goes first and the founder last, with what nobody else got."""
    leavings = split(replace(_POLICY, leave=policy), _household(_ANNA, _BEHZAD, _CYRA), _LOTS)
    assert {
        leaving.member_id: sum(points for _, points in leaving.takes) for leaving in leavings
    } == shares
    assert [leaving.member_id for leaving in leavings] == [_CYRA, _BEHZAD, _ANNA]
    assert leavings[-1].household is None


def test_how_much_one_may_spend_a_day() -> None:
    """Members have the policy's limit, the founder has none, and less than nothing is nothing."""
    household = _household(_ANNA, _BEHZAD)
    limited = replace(_POLICY, spend_limit_points=100)
    assert spend_room(limited, household, _BEHZAD, 0) == 100
    assert spend_room(limited, household, _BEHZAD, 60) == 40
    assert spend_room(limited, household, _BEHZAD, 130) == 0
    assert spend_room(limited, household, _ANNA, 130) is None
    assert spend_room(_POLICY, household, _BEHZAD, 130) is None


@settings(max_examples=60)
@given(
    amounts=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 3)), max_size=6),
    size=st.integers(1, 4),
    policy=st.sampled_from(LeavePolicy),
    debt=st.integers(0, 10**5),
)
def test_a_split_shares_out_every_point_once(
    amounts: list[tuple[int, int]], size: int, policy: LeavePolicy, debt: int
) -> None:
    """No lot gives more than it holds, and together they give all; equal shares are equal."""
    people = (_ANNA, _BEHZAD, _CYRA, _DAN)
    lots = tuple(
        HouseholdLot(lot_id=at, remaining=points, brought_by=people[owner])
        for at, (points, owner) in enumerate(amounts)
    )
    leavings = split(
        HouseholdPolicy(members_maximum=4, leave=policy), _household(*people[:size]), lots, debt
    )
    assert len(leavings) == size
    given_out = [0] * len(lots)
    for leaving in leavings:
        for lot_id, points in leaving.takes:
            given_out[lot_id] += points
    assert given_out == [lot.remaining for lot in lots]
    if policy is LeavePolicy.EQUAL_SHARE and debt == 0:
        shares = [sum(points for _, points in leaving.takes) for leaving in leavings]
        assert max(shares) - min(shares) <= 1
