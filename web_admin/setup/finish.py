"""Makes a draft true: the gateway, its look, its owner. Every part may be repeated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.formatting.numbers import Language
from gateway.office.account import Account
from gateway.office.accounts import AccountRefusal, Profile
from gateway.office.house import Door, FirstSteps, House
from gateway.office.organisation import Organisation
from gateway.office.roles import Role
from gateway.office.trail import Actor
from web_admin.changes import recorded
from web_admin.setup.draft import Draft, OwnerDraft, ShopDraft

#: How the trail names whoever holds the one-time code.
SET_UP: Final = Actor(account_id=None, name="set-up")
#: The machine name by which terminals know their gateway.
IDENTITY: Final = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerDraft:
    """Where the broker is.

    Attributes:
        host: its address; None for the one built in.
        port: its TCP port.
        test_mode: whether simulated counters may be used.
    """

    host: str | None
    port: int
    test_mode: bool


def build_house(door: Door, draft: Draft, broker: BrokerDraft) -> House:
    """Have the gateway made and started, if that has not been done.

    Args:
        door: where it will be.
        draft: complete.
        broker: where the broker is.

    Raises:
        MohrError: if it cannot be made or started; the same may be tried again.
    """
    if door.house is not None:
        return door.house
    assert draft.shop is not None
    assert draft.rules is not None
    return door.set_up(
        FirstSteps(
            organisation=draft.shop.name,
            identity=IDENTITY,
            programme=draft.rules.programme,
            language=language_of(draft).value,
            broker_host=broker.host,
            broker_port=broker.port,
            test_mode=broker.test_mode,
            branch=draft.shop.branch,
        )
    )


def save_brand(house: House, wanted: Organisation) -> None:
    """Keep what the organisation looks like.

    Raises:
        OfficeError: if it cannot be written.
    """
    before = house.office.organisation.read()
    with recorded(
        "organisation.set_up", wanted.name, {"name": before.name}, actor=SET_UP
    ) as change:
        house.office.organisation.save(wanted)
        change.after = {
            "name": wanted.name,
            "colour": wanted.colour,
            "time_zone": wanted.time_zone,
            "money_unit": wanted.money_unit.value,
        }


def make_owner(house: House, owner: OwnerDraft, language: Language) -> Account | AccountRefusal:
    """Make the first account.

    An owner of the same login who can be reached with the same password is one of an attempt that
    broke off, and is taken.

    Raises:
        OfficeError: if it cannot be written.
    """
    accounts = house.office.accounts
    if accounts.has_owner():
        known = accounts.check_password(owner.login, owner.password)
        return known if known is not None else AccountRefusal.LOGIN_TAKEN
    with recorded("account.first_owner", owner.login, {}, actor=SET_UP) as change:
        made = accounts.add(
            owner.login,
            Profile(display_name=owner.display_name, role=Role.OWNER),
            owner.password,
            language=language.value,
            must_change_password=False,
        )
        if isinstance(made, AccountRefusal):
            change.refuse(made.value)
        else:
            change.after = {"login": made.login, "role": made.role.value}
    return made


def organisation_of(shop: ShopDraft, language: Language) -> Organisation:
    """The look of a new shop."""
    return Organisation(
        name=shop.name,
        colour=shop.colour,
        language=language,
        time_zone=shop.time_zone,
        money_unit=shop.money_unit,
    )


def language_of(draft: Draft) -> Language:
    """The draft's language; a draft without one is not complete."""
    assert draft.language is not None
    return draft.language
