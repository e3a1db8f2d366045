"""The draft of the next version: begun, looked at as a whole, written as text, thrown away."""

from __future__ import annotations

from typing import Final

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length

from gateway.config_programme import parse_programme
from gateway.errors import MohrError
from gateway.model.money import Currency
from gateway.model.programme import Programme
from gateway.office.drafts import TEXT_CHARACTERS_MAX, DraftConflict
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.context import current_house, current_organisation
from web_admin.programme.beginnings import beginnings
from web_admin.programme.blueprint import blueprint, changes_between, page, told
from web_admin.programme.doubt_words import told_doubts
from web_admin.programme.drafting import (
    Draft,
    begin_draft,
    discard_draft,
    read_draft,
    save_text,
)
from web_admin.programme.editing import LISTINGS, SINGLES
from web_admin.programme.faults import Fault, faults_of
from web_admin.programme.overview import EDITED_BY, place_of
from web_admin.programme.sentence import plain, said, trusted
from web_admin.programme.versions import Versions, read_versions
from web_admin.programme.words import NOTHING_HERE, badge_of_change, badge_of_severity

_NOT_SAME: Final = lazy_gettext(
    "The name of a programme stays as it is from version to version, and so does its currency "
    "where the rules do not say which one it takes the place of."
)
_CONTENT: Final = {
    "rows": 28,
    "dir": "ltr",
    "spellcheck": "false",
    "translate": "no",
    "autocomplete": "off",
}


class TextForm(FlaskForm):
    """The whole draft as text."""

    revision = HiddenField()
    rules_text = TextAreaField(
        lazy_gettext("The rules as text"),
        description=lazy_gettext(
            "Amounts are in the smallest unit of the currency, days in the Gregorian calendar."
        ),
        validators=[
            InputRequired(lazy_gettext("Please fill this in.")),
            Length(max=TEXT_CHARACTERS_MAX, message=str(lazy_gettext("This is too long."))),
        ],
        render_kw=_CONTENT,
    )


@blueprint.get("/draft")
@requires(Permission.EDIT_PROGRAMME)
def draft() -> ResponseReturnValue:
    """The draft as sentences, each with the way to change it; or what to begin one with."""
    known, found = read_versions(current_house()), read_draft()
    if found is None:
        zone = current_organisation().time_zone
        return page("draft_begin", beginnings=beginnings(known, zone))
    if found.programme is None:
        return redirect(url_for("programme.draft_text"))
    return page(
        "draft",
        draft=found.kept,
        sections=told(found.programme),
        nothing=NOTHING_HERE,
        programme=found.programme,
        edited_by=EDITED_BY,
        place_of=place_of,
        singles=SINGLES,
        listings=LISTINGS,
        doubts=told_doubts(found.programme),
        badge_of_severity=badge_of_severity,
        badge_of_change=badge_of_change,
        changes=changes_between(known.newest, found.programme),
        newest=known.newest,
    )


@blueprint.post("/draft/begin")
@requires(Permission.EDIT_PROGRAMME)
def begin() -> ResponseReturnValue:
    """Begin a draft."""
    known = read_versions(current_house())
    zone = current_organisation().time_zone
    wanted = request.form.get("source", "")
    chosen = next((one for one in beginnings(known, zone) if one.key == wanted), None)
    if chosen is None or known.newest is None:
        flash(_("Choose what the draft begins with."), "warning")
    elif isinstance(
        begin_draft(chosen.make(), base_version=known.newest.version, source=chosen.key),
        DraftConflict,
    ):
        flash(_("Somebody has begun a draft already. Here it is."), "info")
    else:
        flash(_("The draft is begun. Nothing counts before it is published."), "success")
    return redirect(url_for("programme.draft"), 303)


@blueprint.post("/draft/discard")
@requires(Permission.EDIT_PROGRAMME)
def discard() -> ResponseReturnValue:
    """Throw the draft away."""
    if discard_draft(revision_sent()) is None:
        flash(_("The draft is thrown away. The rules in force stay as they are."), "success")
    else:
        flash_conflict(read_draft())
    return redirect(url_for("programme.draft"), 303)


@blueprint.get("/draft/text")
@requires(Permission.EDIT_PROGRAMME)
def draft_text() -> ResponseReturnValue:
    """The whole draft as text, for those who know how programmes are written."""
    found = read_draft()
    if found is None:
        return redirect(url_for("programme.draft"))
    form = TextForm(data={"rules_text": found.kept.content, "revision": found.kept.revision})
    return _text_page(form, found.faults)


@blueprint.post("/draft/text")
@requires(Permission.EDIT_PROGRAMME)
def save_draft_text() -> ResponseReturnValue:
    """Keep the text, if it can be used. What was typed is never lost."""
    form = TextForm()
    if not form.validate():
        return _text_page(form, ()), 422
    content = str(form.rules_text.data).replace("\r\n", "\n")
    known = read_versions(current_house())
    wanted, faults = _read(content, known)
    if wanted is None or known.newest is None:
        return _text_page(form, faults), 422
    if read_draft() is None and revision_sent() == 0:
        saved = begin_draft(wanted, base_version=known.newest.version, source="text")
    else:
        saved = save_text(content, revision_sent(), "text")
    if isinstance(saved, DraftConflict):
        return _conflict(form, wanted), 409
    flash(_("Saved."), "success")
    return redirect(url_for("programme.draft"), 303)


def revision_sent() -> int:
    """The revision that a form was made from; 0 where it says none."""
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else 0


def flash_conflict(current: Draft | None) -> None:
    """Say that somebody else was faster, and that nothing was done."""
    flash(conflict_words(current), "warning")


def conflict_words(current: Draft | None) -> Markup:
    """Say that somebody else was faster."""
    if current is None:
        return trusted(_("The draft was published or thrown away meanwhile."))
    return said(_("%(login)s changed the draft meanwhile."), login=plain(current.kept.account))


def draft_or_404() -> Draft:
    """The draft, with rules that forms can change."""
    found = read_draft()
    if found is None or found.programme is None:
        abort(404)
    return found


def _read(content: str, known: Versions) -> tuple[Programme | None, tuple[Fault, ...]]:
    """The rules that a text says, or why it cannot be used."""
    try:
        wanted = parse_programme(content)
    except MohrError as error:
        return None, faults_of(error)
    newest = known.newest
    same = newest is not None and wanted.name == newest.name and _is_of(wanted, newest.currency)
    return (wanted, ()) if same else (None, (Fault.plain(str(_NOT_SAME)),))


def _is_of(wanted: Programme, currency: Currency) -> bool:
    """Whether rules count in a currency, or in one that takes its place."""
    succeeds = wanted.succeeds
    return wanted.currency == currency or (succeeds is not None and succeeds.currency == currency)


def _conflict(form: TextForm, wanted: Programme) -> str:
    """Show what the other one did beside what was typed, which can still be kept."""
    current = read_draft()
    form.revision.data = str(current.kept.revision) if current else "0"
    theirs = current.programme if current else None
    return _text_page(
        form,
        (),
        conflict=conflict_words(current),
        changes=changes_between(theirs, wanted),
        theirs=current.kept.content if current else None,
    )


def _text_page(form: TextForm, faults: tuple[Fault, ...], **more: object) -> str:
    values = {"conflict": None, "changes": (), "theirs": None, **more}
    return page("draft_text", form=form, faults=faults, badge_of_change=badge_of_change, **values)
