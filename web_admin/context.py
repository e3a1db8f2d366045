"""What every view may ask for: the door, the house behind it, the office, the clock."""

from __future__ import annotations

from typing import Final, cast

from flask import abort, current_app, g

from gateway.clock import Clock
from gateway.office.house import Door, House
from gateway.office.organisation import Organisation
from gateway.office.store import OfficeStore

_DOOR: Final = "mohr-door"
_ORGANISATION: Final = "mohr_organisation_read"


def keep_door(extensions: dict[str, object], door: Door) -> None:
    """Give an application its door; ``extensions`` is the application's own room for such."""
    extensions[_DOOR] = door


def door_of(extensions: dict[str, object]) -> Door:
    """The door that an application was given."""
    return cast("Door", extensions[_DOOR])


def current_door() -> Door:
    """The door of the application that serves this request."""
    return door_of(current_app.extensions)


def house_or_none() -> House | None:
    """The running gateway, or None before it is set up."""
    return current_door().house


def current_house() -> House:
    """The running gateway; a request that needs one before there is one is told to set it up."""
    house = current_door().house
    if house is None:
        abort(503)
    return house


def current_office() -> OfficeStore:
    """The office of the running gateway."""
    return current_house().office


def organisation_or_none() -> Organisation | None:
    """What the shop says of itself, read once for each request; None before there is a shop."""
    return None if house_or_none() is None else current_organisation()


def current_organisation() -> Organisation:
    """The same, where there must be a shop."""
    if _ORGANISATION not in g:
        setattr(g, _ORGANISATION, current_office().organisation.read())
    return cast("Organisation", getattr(g, _ORGANISATION))


def current_clock() -> Clock:
    """The time."""
    return current_door().clock
