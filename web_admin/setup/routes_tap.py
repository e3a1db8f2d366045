"""The last pages, for the owner who is logged in now: the first tap, or the way to a real box."""

from __future__ import annotations

import time
from typing import Final

from flask import abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.model.ids import TerminalId
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.bench.actions import (
    current_bench,
    picture_of,
    pictures,
    print_from_form,
    tap_from_form,
)
from web_admin.bench.baskets import baskets
from web_admin.bench.money import house_money
from web_admin.bench.taps import customer_of, last_taps
from web_admin.context import current_house
from web_admin.setup.pages import blueprint
from web_admin.setup.steps import Step
from web_admin.setup.words import words_of_step

#: The first customers of a shop; what goes wrong with cards is shown on the developer's page.
_FIRST_CARDS: Final = 3
#: Currencies that a receipt profile comes with (``mohr pos profiles``).
_PROFILES: Final = frozenset({"CNY", "EUR", "IRR", "KRW", "USD"})
#: How long the page waits for the points to arrive before it shows what there is.
_ARRIVAL_S: Final = 3.0
_LOOK_EVERY_S: Final = 0.05


@blueprint.get("/tap")
@requires(Permission.USE_TEST_BENCH)
def tap() -> ResponseReturnValue:
    """Show the first counter, three cards and a till."""
    current_bench()
    found, money = pictures(), house_money()
    return render_template(
        "setup/tap.html",
        steps=[words_of_step(step) for step in Step],
        current=len(Step) - 1,
        picture=found[0] if found else None,
        cards=current_bench().cards()[:_FIRST_CARDS],
        baskets=baskets(money.currency),
        money=money,
        wants_code=_wants_code() is not None,
    )


@blueprint.post("/tap/<terminal>/card")
@requires(Permission.USE_TEST_BENCH)
def tap_card(terminal: str) -> ResponseReturnValue:
    """Show a card."""
    tap_from_form(terminal)
    return redirect(url_for("setup.tap", code=_wants_code()), 303)


@blueprint.post("/tap/<terminal>/receipt")
@requires(Permission.USE_TEST_BENCH)
def tap_receipt(terminal: str) -> ResponseReturnValue:
    """Print a receipt, and wait a moment for the points, so that they are there on the page."""
    picture = picture_of(terminal)
    before = None if picture.customer is None else picture.customer.points
    if print_from_form(terminal, house_money()):
        _wait_for_points(TerminalId(terminal), before)
    return redirect(url_for("setup.tap", code=_wants_code()), 303)


@blueprint.get("/real")
@requires(Permission.MANAGE_TERMINALS)
def real() -> ResponseReturnValue:
    """Say what to do at the box."""
    money = house_money()
    code = money.currency.code
    return render_template(
        "setup/real.html",
        broker=current_house().settings.broker,
        money=money,
        profile=f"generic-escpos-{code.lower()}" if code in _PROFILES else "PROFILE",
        profile_known=code in _PROFILES,
        wants_code=_wants_code() is not None,
    )


@blueprint.get("/gateway.json")
@requires(Permission.MANAGE_TERMINALS)
def identity() -> ResponseReturnValue:
    """The file by which terminals know this gateway; it holds public keys only."""
    path = current_house().data_dir / "gateway.json"
    if not path.is_file():
        abort(404)
    response = make_response(path.read_bytes())
    response.headers["Content-Type"] = "application/json"
    response.headers["Content-Disposition"] = 'attachment; filename="gateway.json"'
    return response


def _wait_for_points(terminal: TerminalId, before: int | None) -> None:
    ledger, token = current_house().ledger, last_taps().last(terminal)
    if token is None:
        return
    until_s = time.monotonic() + _ARRIVAL_S
    while time.monotonic() < until_s:
        customer = customer_of(ledger, token)
        if customer is not None and customer.points != before:
            return
        time.sleep(_LOOK_EVERY_S)


def _wants_code() -> str | None:
    return "1" if request.values.get("code") == "1" else None
