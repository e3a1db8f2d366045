"""The moment at which the wizard makes what was said true, and logs the owner in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gateway.errors import MohrError
from gateway.model.ids import TerminalId
from gateway.office.accounts import AccountRefusal
from gateway.office.house import Door, House
from gateway.office.organisation import Organisation
from gateway.office.sessions import Stage
from web_admin.access.signing_in import open_session
from web_admin.access.words import words_of_refusal
from web_admin.faults import flash_fault
from web_admin.setup.draft import Draft
from web_admin.setup.entry import current_desk, take_secret, url_of
from web_admin.setup.finish import (
    BrokerDraft,
    build_house,
    language_of,
    make_owner,
    organisation_of,
    save_brand,
)
from web_admin.setup.steps import Step

_log = structlog.get_logger("mohr.setup")


def finish_from_nothing(
    door: Door, draft: Draft, broker: BrokerDraft, counter: TerminalId | None
) -> Response:
    """Make the gateway, its look, its owner and its first counter, and log the owner in.

    Args:
        door: where the gateway will be.
        draft: complete.
        broker: where the broker is.
        counter: the simulated counter; None for a real terminal later.

    Returns:
        the way to the next page; after a fault, back to this step with what to do.
    """
    assert draft.shop is not None
    with _one_at_a_time() as alone:
        if not alone:
            return _back(Step.COUNTER)
        try:
            house = build_house(door, draft, broker)
            wanted = organisation_of(draft.shop, language_of(draft))
            target = _target(house, draft, simulated=counter is not None)
            response = _finish(house, draft, wanted, target)
        except MohrError as error:
            _log.exception("the set-up broke off")
            flash_fault(_("The gateway could not be made. Put this right, and try again:"), error)
            return _back(Step.COUNTER)
        if counter is not None and house.test_bench is not None and response is not None:
            _add_counter(house, counter, draft.shop.branch)
        return _back(Step.OWNER) if response is None else response


def finish_with_house(door: Door, draft: Draft, wanted: Organisation) -> Response:
    """Give a gateway that runs already its look and its owner, and log the owner in."""
    house = door.house
    assert house is not None
    with _one_at_a_time() as alone:
        if not alone:
            return _back(Step.SHOP)
        try:
            target = _target(house, draft, simulated=True)
            response = _finish(house, draft, wanted, target)
        except MohrError as error:
            _log.exception("the set-up broke off")
            flash_fault(_("This could not be kept. Put this right, and try again:"), error)
            return _back(Step.SHOP)
        return _back(Step.OWNER) if response is None else response


def _finish(house: House, draft: Draft, wanted: Organisation, target: str) -> Response | None:
    """Keep the look, make the owner, log in; None where the owner's account is refused."""
    assert draft.owner is not None
    save_brand(house, wanted)
    made = make_owner(house, draft.owner, language_of(draft))
    if isinstance(made, AccountRefusal):
        flash(words_of_refusal(made), "danger")
        return None
    response = open_session(made, Stage.FULL, target)
    take_secret(response)
    # From here on the code is worth nothing, and what was typed is forgotten.
    current_desk().clear()
    return response


def _target(house: House, draft: Draft, *, simulated: bool) -> str:
    """Where the owner goes first; whether an authenticator is wanted travels along."""
    assert draft.owner is not None
    code = "1" if draft.owner.wants_code else None
    if simulated and house.test_bench is not None:
        return url_for("setup.tap", code=code)
    return url_for("setup.real", code=code)


def _add_counter(house: House, counter: TerminalId, branch: str) -> None:
    """Set the simulated counter up. Without it all else is made, and it can be added later."""
    assert house.test_bench is not None
    try:
        house.test_bench.add_counter(counter, branch)
    except MohrError as error:
        _log.exception("the first simulated counter does not start")
        flash_fault(
            _("Everything is set up but the simulated counter. Add it under test counters."),
            error,
            "warning",
        )


@contextmanager
def _one_at_a_time() -> Iterator[bool]:
    """Make a gateway once, however often the button is pressed."""
    desk = current_desk()
    if not desk.begin_finishing():
        flash(_("It is being set up already. Wait a moment, then load the page anew."), "info")
        yield False
        return
    try:
        yield True
    finally:
        desk.end_finishing()


def _back(step: Step) -> Response:
    return redirect(url_of(step), 303)
