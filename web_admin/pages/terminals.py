"""Terminals: the list, one of them, and adding one."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from gateway.errors import ConfigError, CryptoError
from gateway.ledger.errors import AdministrationError
from gateway.model.ids import BranchId, TerminalId
from gateway.office.commands import AddTerminal
from gateway.queries.live import rows_of_terminal
from gateway.queries.quarantine import Suspect, suspects
from gateway.queries.reading import reading
from gateway.queries.scope import EVERYTHING
from gateway.queries.terminals import (
    TerminalView,
    branches,
    newest_programme_version,
    terminal,
    terminals,
)
from web_admin.access.current import current_scope, may
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.changes import recorded_command
from web_admin.context import current_house, current_organisation
from web_admin.fleet.forms import (
    AddTerminalForm,
    Proposal,
    Unusable,
    check_place,
    read_registration,
)
from web_admin.fleet.state import TerminalState, state_of
from web_admin.fleet.words import (
    advice_on,
    badge_of_condition,
    badge_of_state,
    words_of_layer,
)
from web_admin.live.names import short_names
from web_admin.live.words import badge_of_status, words_of_action, words_of_reason

blueprint: Final = Blueprint("terminals", __name__, url_prefix="/terminals")

PAGE_ROWS: Final = 50
_ROWS_OF_ONE: Final = 20
_NAME_CHARACTERS_MAX: Final = 32


@blueprint.get("")
@requires(Permission.VIEW_TERMINALS)
def overview() -> ResponseReturnValue:
    """All terminals, by name."""
    scope, house = current_scope(), current_house()
    after = request.args.get("after", "")[:_NAME_CHARACTERS_MAX]
    prefix = request.args.get("name", "").strip().lower()[:_NAME_CHARACTERS_MAX]
    branch = request.args.get("branch", "")[:_NAME_CHARACTERS_MAX]
    with reading(house.ledger.place) as connection:
        found = terminals(
            connection,
            scope,
            after=after,
            branch=BranchId(branch) if branch else None,
            prefix=prefix,
            limit=PAGE_ROWS + 1,
        )
        places = branches(connection, scope)
        newest = newest_programme_version(connection)
    shown = found[:PAGE_ROWS]
    next_url = None
    if len(found) > PAGE_ROWS:
        next_url = url_for(
            "terminals.overview",
            after=shown[-1].terminal,
            name=prefix or None,
            branch=branch or None,
        )
    return render_template(
        "terminals/overview.html",
        rows=[(view, _state(view, newest)) for view in shown],
        branches=places,
        branch=branch,
        prefix=prefix,
        next_url=next_url,
        first_url=url_for("terminals.overview") if after else None,
        may_add=may(Permission.MANAGE_TERMINALS),
        badge_of_state=badge_of_state,
        badge_of_condition=badge_of_condition,
        words_of_layer=words_of_layer,
        advice_on=advice_on,
    )


@blueprint.get("/add")
@requires(Permission.MANAGE_TERMINALS)
def add() -> ResponseReturnValue:
    """Ask for a terminal's file."""
    return _ask(AddTerminalForm())


@blueprint.post("/add")
@requires(Permission.MANAGE_TERMINALS)
def propose() -> ResponseReturnValue:
    """Show what the file says, to be compared with what the terminal shows."""
    form = AddTerminalForm()
    if not form.validate_on_submit():
        return _ask(form)
    proposal = _proposal(form)
    if isinstance(proposal, Unusable):
        return _ask(form, proposal)
    return render_template(
        "terminals/compare.html", proposal=proposal, text=proposal.registration.to_json()
    )


@blueprint.post("/add/confirmed")
@requires(Permission.MANAGE_TERMINALS)
def register() -> ResponseReturnValue:
    """Add the terminal. Everything is checked again: the browser may send anything."""
    form = AddTerminalForm()
    if not form.validate_on_submit():
        return _ask(form)
    proposal = _proposal(form)
    if isinstance(proposal, Unusable):
        return _ask(form, proposal)
    registration, known = proposal.registration, proposal.known
    try:
        reply = recorded_command(
            "terminal.add",
            registration.terminal,
            {
                "epoch": None if known is None else known.newest.epoch,
                "branch": None if known is None else known.branch,
            },
            AddTerminal(registration=registration.to_json(), branch=proposal.branch),
            {
                "epoch": registration.epoch,
                "branch": proposal.branch,
                "key": registration.key_id.hex(),
            },
        )
    except (ConfigError, AdministrationError, CryptoError) as error:
        return _ask(form, _refused(str(error)))
    if not reply.ok:
        return _ask(form, _refused(reply.text))
    flash(_("The terminal was added. Its settings are on their way to it."), "success")
    return redirect(url_for("terminals.terminal", name=registration.terminal))


def _proposal(form: AddTerminalForm) -> Proposal | Unusable:
    registration = read_registration(form.text())
    if isinstance(registration, Unusable):
        return registration
    with reading(current_house().ledger.place) as connection:
        known = terminal(connection, EVERYTHING, registration.terminal)
    return check_place(registration, form.branch.data or "", current_scope(), known)


def _refused(fault: str) -> Unusable:
    return Unusable(
        field="registration",
        text=lazy_gettext(
            "The gateway does not take this terminal: its number is older than, or its key other"
            " than, the one known. To move it or to renew it, make a new key at the terminal."
        ),
        fault=fault,
    )


def _ask(form: AddTerminalForm, wrong: Unusable | None = None) -> ResponseReturnValue:
    scope = current_scope()
    with reading(current_house().ledger.place) as connection:
        known = branches(connection, scope)
    places = sorted({*known, *(scope.branches or ())})
    if wrong is not None:
        field = form[wrong.field]
        field.errors = [*field.errors, wrong.text]
    refused = wrong is not None or bool(form.errors)
    page = render_template("terminals/add.html", form=form, branches=places, wrong=wrong)
    return page, 422 if refused else 200


@blueprint.get("/<name>", endpoint="terminal")
@requires(Permission.VIEW_TERMINALS)
def terminal_page(name: str) -> ResponseReturnValue:
    """One terminal, layer by layer."""
    scope, house = current_scope(), current_house()
    with reading(house.ledger.place) as connection:
        view = terminal(connection, scope, TerminalId(name))
        if view is None:
            abort(404)
        newest = newest_programme_version(connection)
        rows = rows_of_terminal(connection, view.terminal, view.newest.epoch, limit=_ROWS_OF_ONE)
        in_quarantine: tuple[Suspect, ...] = ()
        if may(Permission.VIEW_QUEUES) and view.quarantined:
            in_quarantine = suspects(connection, scope, terminal=view.terminal, limit=_ROWS_OF_ONE)
    return render_template(
        "terminals/terminal.html",
        view=view,
        state=_state(view, newest),
        newest_programme=newest,
        rows=rows,
        suspects=in_quarantine,
        names=short_names(rows, scope),
        scope=scope,
        links=(may(Permission.VIEW_MEMBERS), False),
        money_unit=current_organisation().money_unit,
        may_add=may(Permission.MANAGE_TERMINALS),
        may_see_queues=may(Permission.VIEW_QUEUES),
        badge_of_state=badge_of_state,
        badge_of_condition=badge_of_condition,
        words_of_layer=words_of_layer,
        advice_on=advice_on,
        badge_of_status=badge_of_status,
        words_of_action=words_of_action,
        words_of_reason=words_of_reason,
    )


def _state(view: TerminalView, newest: int) -> TerminalState:
    hint = current_house().hints().get(view.terminal)
    return state_of(view, hint, programme_version=newest)
