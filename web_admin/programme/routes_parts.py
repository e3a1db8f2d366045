"""The forms of the draft: one for each part, and lists of items to add, change, move and remove."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm

from gateway.errors import MohrError
from gateway.model.plain import from_plain
from gateway.model.programme import Programme
from gateway.office.drafts import DraftConflict
from gateway.queries.reading import reading
from gateway.queries.scope import EVERYTHING
from gateway.queries.terminals import branches
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.context import current_house, current_organisation
from web_admin.programme import inputs
from web_admin.programme.asking import Surroundings, ask
from web_admin.programme.blueprint import blueprint, page
from web_admin.programme.drafting import Draft, change_draft
from web_admin.programme.editing import LISTINGS, SINGLES, Listing, moved
from web_admin.programme.faults import faults_of
from web_admin.programme.overview import section_of
from web_admin.programme.part_work import PartWork
from web_admin.programme.parts import Group, Value, form_of
from web_admin.programme.routes_draft import draft_or_404, flash_conflict, revision_sent

_NUMBERS_TRIED: Final = 1_000
_BEFORE_CHARACTERS_MAX: Final = 100_000


@blueprint.route("/draft/parts/<part>", methods=["GET", "POST"])
@requires(Permission.EDIT_PROGRAMME)
def draft_part(part: str) -> ResponseReturnValue:
    """One part of the draft that every programme has."""
    single = SINGLES.get(part) or abort(404)
    draft = draft_or_404()
    around = _around(draft)
    group = single.form(around)
    work = PartWork(
        draft=draft,
        part=part,
        title=str(single.title),
        group=group,
        form=form_of(group, around.programme, request.form),
        before=around.programme,
        put=lambda _programme, made: made,
    )
    return work.save() if request.method == "POST" else work.shown()


@blueprint.route("/draft/lists/<group>", methods=["GET", "POST"])
@requires(Permission.EDIT_PROGRAMME)
def draft_add(group: str) -> ResponseReturnValue:
    """Choose a kind, then say what the new one is."""
    listing = LISTINGS.get(group) or abort(404)
    draft = draft_or_404()
    around = _around(draft)
    kinds = listing.kinds_for(around.programme)
    kind = request.args.get("kind", "")
    if kinds and kind not in [one.key for one in kinds]:
        return page("draft_kind", listing=listing, group=group, kinds=kinds)
    value = listing.make(kind, around.programme)
    part = _with_name(listing, listing.form(value, around))
    form = form_of(part, value, request.form)
    work = PartWork(
        draft=draft,
        part=group,
        title=str(listing.add),
        group=part,
        form=form,
        before=value,
        put=lambda programme, made: listing.with_item(programme, None, made),
    )
    if request.method == "POST":
        _name(listing, form, around.programme)
        return work.save()
    form[listing.named_by].data = None
    return work.shown()


@blueprint.route("/draft/lists/<group>/<item>", methods=["GET", "POST"])
@requires(Permission.EDIT_PROGRAMME)
def draft_item(group: str, item: str) -> ResponseReturnValue:
    """One item of a list. One that somebody has removed meanwhile can be put back by saving it."""
    listing = LISTINGS.get(group) or abort(404)
    draft = draft_or_404()
    around = _around(draft)
    value = listing.find(around.programme, item)
    known = value is not None
    if value is None:
        value = _sent_before(listing, item)
    if value is None:
        flash(_("There is no such thing in the draft any more."), "warning")
        return redirect(url_for("programme.draft"), 303)
    part = listing.form(value, around)
    work = PartWork(
        draft=draft,
        part=f"{group}/{item}",
        title=str(listing.title),
        group=part,
        form=form_of(part, value, request.form),
        before=value,
        put=lambda programme, made: listing.with_item(programme, item if known else None, made),
        name=item,
    )
    return work.save() if request.method == "POST" else work.shown()


@blueprint.post("/draft/lists/<group>/<item>/<move>")
@requires(Permission.EDIT_PROGRAMME)
def draft_act(group: str, item: str, move: str) -> ResponseReturnValue:
    """Remove an item, or let it come earlier or later."""
    listing = LISTINGS.get(group) or abort(404)
    if move not in (("remove", "up", "down") if listing.ranked else ("remove",)):
        abort(404)
    draft = draft_or_404()
    if revision_sent() != draft.kept.revision:
        flash_conflict(draft)
        return redirect(url_for("programme.draft"), 303)

    def change(programme: Programme) -> Programme:
        if move == "remove":
            return listing.without(programme, item)
        return listing.put(programme, moved(listing.items(programme), item, up=move == "up"))

    try:
        saved = change_draft(draft, f"{group}/{item}", change)
    except MohrError as error:
        for fault in faults_of(error):
            flash(fault.text, "danger")
        return redirect(url_for("programme.draft"), 303)
    if isinstance(saved, DraftConflict):
        flash_conflict(draft)
    else:
        flash(_("It is removed.") if move == "remove" else _("It is moved."), "success")
    return redirect(f"{url_for('programme.draft')}#section-{section_of(group)}", 303)


def _around(draft: Draft) -> Surroundings:
    programme = draft.programme
    assert programme is not None, "a draft that cannot be read has no forms"
    with reading(current_house().ledger.place) as connection:
        known = set(branches(connection, EVERYTHING))
    for _where, condition in programme.rules.conditions():
        known |= set(condition.branches)
    known |= {clock.branch for clock in programme.rules.settings.branch_clocks}
    return Surroundings(
        programme=programme,
        unit=current_organisation().money_unit,
        branches=tuple(sorted(known)),
    )


def _with_name(listing: Listing, part: Group) -> Group:
    """A form that asks for the short name as well, which stays as it is from then on."""
    if listing.named_by == "id":
        asked = ask(
            lazy_gettext("Short name"),
            lazy_gettext("Postings and reports name it so. Leave it empty to have one made."),
        )
    else:
        asked = ask(lazy_gettext("Branch"), required=True)
    return replace(part, parts=(inputs.machine_name(listing.named_by, asked), *part.parts))


def _name(listing: Listing, form: FlaskForm, programme: Programme) -> None:
    """Make up a short name where none was typed."""
    field = form[listing.named_by]
    if field.data or field.errors or listing.named_by != "id":
        return
    taken = {listing.name_of(one) for one in listing.items(programme)}
    names = (f"{listing.stem}-{number}" for number in range(1, _NUMBERS_TRIED))
    field.data = next(name for name in names if name not in taken)


def _sent_before(listing: Listing, item: str) -> Value | None:
    """The value that a form was made from, for one that is not there any more."""
    text = request.form.get("before", "")
    if not text or len(text) > _BEFORE_CHARACTERS_MAX:
        return None
    try:
        value = from_plain(listing.kind, json.loads(text))
    except (MohrError, ValueError, RecursionError):
        # A form of ours never says this: then there is nothing to put back.
        return None
    return value if listing.name_of(value) == item else None
