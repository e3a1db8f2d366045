"""A member's wallets, and a page for each thing that can be done to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gateway.ledger.kinds import HouseholdRole
from gateway.model.ids import MemberId
from gateway.queries.households import HouseholdPerson, household
from gateway.queries.member_points import points_of
from web_admin.access.current import may
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.context import current_clock, current_house
from web_admin.desk.acting import perform
from web_admin.desk.code_on_phone import AddPhoneCard
from web_admin.desk.member_about import ReplaceCard, SetReferrer, SetSegments
from web_admin.desk.member_case import member_or_404
from web_admin.desk.member_coupons import GiveCoupon, RevokeCoupon
from web_admin.desk.member_household import (
    FoundHousehold,
    InviteToHousehold,
    JoinHousehold,
    LeaveHousehold,
)
from web_admin.desk.member_points import Adjust, Transfer
from web_admin.desk.people import Person, named_people
from web_admin.desk.rules import last_day, money
from web_admin.desk.words import name_of_offer, name_of_tier, name_of_voucher, words_of_role
from web_admin.members.words import badge_of_card, words_of_profile


@dataclass(frozen=True, slots=True, kw_only=True)
class InHousehold:
    """Somebody of a household, as the page shows it; see ``HouseholdPerson``."""

    person: Person
    role: HouseholdRole
    since_ms: int


blueprint: Final = Blueprint("desk", __name__, url_prefix="/members/<member_id>/wallets")


@blueprint.get("")
@requires(Permission.VIEW_MEMBERS)
def wallets(member_id: str) -> ResponseReturnValue:
    """Everything that one member has."""
    case = member_or_404(member_id)
    referrer = case.wallets.standing.referred_by
    known = None
    if case.wallets.household_id is not None:
        known = household(current_house().ledger, case.wallets.household_id)
    people = () if known is None else known.people
    named = named_people([*(one.member_id for one in people), *([referrer] if referrer else [])])
    return render_template(
        "desk/wallets.html",
        case=case,
        member=case.member,
        wallets=case.wallets,
        cards=points_of(current_house().ledger, case.member_id).cards,
        known_household=known,
        people=[_in_household(named, one) for one in people],
        referrer=None if referrer is None else named[referrer],
        now_ms=current_clock().unix_ms(),
        may_change=may(Permission.CHANGE_WALLETS),
        last_day=partial(last_day, branch=case.branch, rules=case.rules),
        money=money,
        name_of_offer=partial(name_of_offer, rules=case.rules),
        name_of_tier=partial(name_of_tier, rules=case.rules),
        name_of_voucher=partial(name_of_voucher, rules=case.rules),
        words_of_role=words_of_role,
        words_of_profile=words_of_profile,
        badge_of_card=badge_of_card,
    )


@blueprint.route("/adjust", methods=["GET", "POST"])
@requires(Permission.CHANGE_WALLETS)
def adjust(member_id: str) -> ResponseReturnValue:
    """Give or take points or credit."""
    return perform(partial(member_or_404, member_id), Adjust())


@blueprint.route("/transfer", methods=["GET", "POST"])
@requires(Permission.CHANGE_WALLETS)
def transfer(member_id: str) -> ResponseReturnValue:
    """Give credit to another member."""
    return perform(partial(member_or_404, member_id), Transfer())


@blueprint.route("/coupon", methods=["GET", "POST"])
@requires(Permission.CHANGE_WALLETS)
def coupon(member_id: str) -> ResponseReturnValue:
    """Give a coupon."""
    return perform(partial(member_or_404, member_id), GiveCoupon())


@blueprint.route("/coupon-back", methods=["GET", "POST"])
@requires(Permission.CHANGE_WALLETS)
def coupon_back(member_id: str) -> ResponseReturnValue:
    """Take a coupon or a benefit back."""
    return perform(partial(member_or_404, member_id), RevokeCoupon())


@blueprint.route("/segments", methods=["GET", "POST"])
@requires(Permission.CHANGE_WALLETS)
def segments(member_id: str) -> ResponseReturnValue:
    """Say which groups the member is in."""
    return perform(partial(member_or_404, member_id), SetSegments())


@blueprint.route("/referrer", methods=["GET", "POST"])
@requires(Permission.CHANGE_WALLETS)
def referrer(member_id: str) -> ResponseReturnValue:
    """Say who brought the member."""
    return perform(partial(member_or_404, member_id), SetReferrer())


@blueprint.route("/card", methods=["GET", "POST"])
@requires(Permission.CHANGE_WALLETS)
def card(member_id: str) -> ResponseReturnValue:
    """Replace a card."""
    return perform(partial(member_or_404, member_id), ReplaceCard())


@blueprint.route("/phone", methods=["GET", "POST"])
@requires(Permission.CHANGE_WALLETS)
def phone(member_id: str) -> ResponseReturnValue:
    """Put a card on the member's telephone."""
    return perform(partial(member_or_404, member_id), AddPhoneCard())


@blueprint.route("/household/found", methods=["GET", "POST"])
@requires(Permission.CHANGE_WALLETS)
def found(member_id: str) -> ResponseReturnValue:
    """Found a household."""
    return perform(partial(member_or_404, member_id), FoundHousehold())


@blueprint.route("/household/invite", methods=["GET", "POST"])
@requires(Permission.CHANGE_WALLETS)
def invite(member_id: str) -> ResponseReturnValue:
    """Invite somebody into the household."""
    return perform(partial(member_or_404, member_id), InviteToHousehold())


@blueprint.route("/household/join", methods=["GET", "POST"])
@requires(Permission.CHANGE_WALLETS)
def join(member_id: str) -> ResponseReturnValue:
    """Accept an invitation."""
    return perform(partial(member_or_404, member_id), JoinHousehold())


@blueprint.route("/household/leave", methods=["GET", "POST"])
@requires(Permission.CHANGE_WALLETS)
def leave(member_id: str) -> ResponseReturnValue:
    """Leave the household."""
    return perform(partial(member_or_404, member_id), LeaveHousehold())


def _in_household(named: Mapping[MemberId, Person], one: HouseholdPerson) -> InHousehold:
    return InHousehold(person=named[one.member_id], role=one.role, since_ms=one.since_ms)
