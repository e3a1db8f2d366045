"""``/developer``: every simulated counter with its display, a tray of cards, and a till.

The whole product can be tried from here with no hardware. It is there in test mode only, and
works with the keyboard and without scripts; with them the displays keep themselves up to date.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _

from gateway.errors import MohrError, ValueRangeError
from gateway.model.checks import check_name
from gateway.model.ids import TerminalId
from gateway.office.test_bench import BenchCard
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.access.unattended import unattended
from web_admin.bench.actions import (
    current_bench,
    picture_of,
    pictures,
    print_from_form,
    tap_from_form,
)
from web_admin.bench.baskets import baskets
from web_admin.bench.money import house_money
from web_admin.bench.taps import keep_taps
from web_admin.bench.words import words_of_card, words_of_outcome
from web_admin.changes import recorded
from web_admin.context import current_house
from web_admin.faults import flash_fault

blueprint: Final = Blueprint("developer", __name__, url_prefix="/developer")
blueprint.add_app_template_global(words_of_card, "words_of_card")
blueprint.add_app_template_global(words_of_outcome, "words_of_outcome")


@blueprint.record
def _keep_taps(state: BlueprintSetupState) -> None:
    keep_taps(state.app.extensions)


@blueprint.get("")
@requires(Permission.USE_TEST_BENCH)
def bench() -> ResponseReturnValue:
    """Show every counter."""
    money = house_money()
    found, every = pictures(), current_bench().cards()
    cards = [card for card in every if not card.for_tests]
    test_cards = [card for card in every if card.for_tests]
    return render_template(
        "developer/bench.html",
        pictures=found,
        cards=cards,
        test_cards=test_cards,
        card_notes=_notes(cards),
        test_card_notes=_notes(test_cards),
        baskets=baskets(money.currency),
        money=money,
        next_name=_free_name([one.counter.terminal for one in found]),
        branch=_usual_branch(),
    )


@blueprint.get("/<terminal>/picture")
@requires(Permission.USE_TEST_BENCH)
@unattended
def picture(terminal: str) -> ResponseReturnValue:
    """The part of a counter's card that changes, for the page to fetch again and again."""
    return render_template("developer/picture.html", picture=picture_of(terminal))


@blueprint.post("/<terminal>/tap")
@requires(Permission.USE_TEST_BENCH)
def tap(terminal: str) -> ResponseReturnValue:
    """Show a card to a counter."""
    tap_from_form(terminal)
    return _back_to(terminal)


@blueprint.post("/<terminal>/print")
@requires(Permission.USE_TEST_BENCH)
def print_receipt(terminal: str) -> ResponseReturnValue:
    """Let a counter's till print."""
    print_from_form(terminal, house_money())
    return _back_to(terminal)


@blueprint.post("/add")
@requires(Permission.USE_TEST_BENCH)
def add() -> ResponseReturnValue:
    """Set another counter up."""
    bench_ = current_bench()
    name, branch = request.form.get("name", ""), request.form.get("branch", "")
    try:
        check_name("name", name)
        check_name("branch", branch)
    except ValueRangeError:
        flash(
            _("Names are 1 to 32 small Latin letters, digits and hyphens, such as test-2."),
            "danger",
        )
        return redirect(url_for("developer.bench"))
    try:
        with recorded("test_counter.add", name, {}) as change:
            bench_.add_counter(TerminalId(name), branch)
            change.after = {"branch": branch}
    except MohrError as error:
        flash_fault(_("The counter was not added."), error)
        return redirect(url_for("developer.bench"))
    flash(_("The counter is ready: tap a card."), "success")
    return _back_to(name)


def _notes(cards: Sequence[BenchCard]) -> list[tuple[LazyString | str, LazyString | str]]:
    """Each card's name, and what must come of it."""
    return [(words_of_card(card), words_of_outcome(card)) for card in cards]


def _back_to(terminal: str) -> ResponseReturnValue:
    return redirect(url_for("developer.bench", _anchor=f"counter-{terminal}"))


def _free_name(taken: list[TerminalId]) -> str:
    return next(
        name for name in (f"test-{number}" for number in range(1, 1_000)) if name not in taken
    )


def _usual_branch() -> str:
    """Where most terminals stand; a guess that the person may change."""
    branches = [str(one.branch) for one in current_house().ledger.terminals()]
    return max(set(branches), key=branches.count) if branches else "main"
