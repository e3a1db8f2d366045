"""The draft becomes the next version: shown once more, given its moment, confirmed, recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import BooleanField, HiddenField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from gateway.config_programme import programme_text
from gateway.errors import MohrError
from gateway.formatting.dates import moment_at
from gateway.model.programme import Programme
from gateway.office.commands import AddProgramme, Reply
from gateway.office.trail import Values
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.changes import recorded_command
from web_admin.context import current_clock, current_house, current_office
from web_admin.filters import moment
from web_admin.programme import fields
from web_admin.programme.blueprint import blueprint, changes_between, page
from web_admin.programme.doubt_words import told_doubts
from web_admin.programme.drafting import Draft
from web_admin.programme.fields import TypedField
from web_admin.programme.routes_draft import conflict_words, draft_or_404, revision_sent
from web_admin.programme.sentence import trusted
from web_admin.programme.versions import Versions, read_versions
from web_admin.programme.voice import clock
from web_admin.programme.words import badge_of_change, badge_of_severity
from web_admin.reader import current_zone

_NOW: Final = "now"
_LATER: Final = "later"
#: The gateway refuses a version from a moment that has passed, and sales go on meanwhile.
SOON_MS: Final = 5_000
_MINUTE_MS: Final = 60_000


class PublishForm(FlaskForm):
    """When the new rules take effect, and whether that is meant."""

    revision = HiddenField()
    newest = HiddenField()
    when = RadioField(
        lazy_gettext("From when do the new rules count?"),
        choices=[
            SelectChoice(_NOW, lazy_gettext("From now on")),
            SelectChoice(_LATER, lazy_gettext("From a day and a time")),
        ],
        default=_NOW,
    )
    day = TypedField(
        lazy_gettext("Day"),
        read=fields.read_day,
        write=fields.write_day,
        description=lazy_gettext("In either calendar."),
        render_kw={"dir": "ltr", "translate": "no", "autocomplete": "off", "data-jalali": ""},
    )
    time = TypedField(
        lazy_gettext("Time of day"),
        read=fields.read_time,
        write=clock,
        description=lazy_gettext("By the shop's clock; left empty it is midnight."),
        render_kw={"dir": "ltr", "translate": "no", "autocomplete": "off", "maxlength": 8},
    )
    sure = BooleanField(
        lazy_gettext("I have read what changes"),
        validators=[InputRequired(lazy_gettext("Confirm that you have read what changes."))],
    )

    def moment_ms(self, now_ms: int) -> int | None:
        """The moment that was chosen; None puts beside the field what is wrong with it."""
        if self.when.data == _NOW:
            return now_ms + SOON_MS
        # Neither field is text: they hold what was read.
        day: object = self.day.data
        minute: object = self.time.data
        if not isinstance(day, date):
            self.day.errors = [_("Write a day: year, month and day, in either calendar.")]
            return None
        hour, rest = divmod(minute if isinstance(minute, int) else 0, 60)
        wall = datetime(day.year, day.month, day.day, hour, rest, tzinfo=current_zone())
        at_ms = round(wall.timestamp() * 1_000)
        if at_ms <= now_ms:
            self.day.errors = [_("This moment has passed. Choose a later one, or from now on.")]
            return None
        return at_ms


@blueprint.get("/draft/publish")
@requires(Permission.EDIT_PROGRAMME)
def draft_publish() -> ResponseReturnValue:
    """Show what publishing changes, and ask when and whether."""
    draft = draft_or_404()
    return _publish_page(PublishForm(data=_tomorrow()), draft)


@blueprint.post("/draft/publish")
@requires(Permission.EDIT_PROGRAMME)
def publish() -> ResponseReturnValue:
    """Have the gateway take the draft as the next version."""
    draft, form = draft_or_404(), PublishForm()
    assert draft.programme is not None, "a draft that cannot be read is not published"
    known = read_versions(current_house())
    if revision_sent() != draft.kept.revision or not _same_newest(known):
        return _publish_page(form, draft, conflict=_changed(draft, known)), 409
    if not form.validate():
        return _publish_page(form, draft), 422
    now_ms = current_clock().unix_ms()
    at_ms = form.moment_ms(now_ms)
    if at_ms is None:
        return _publish_page(form, draft), 422
    newest = known.newest
    if newest is not None and at_ms <= newest.effective_from_ms:
        form.day.errors = [
            _(
                "Version %(number)s takes effect on %(moment)s; this one must do so later.",
                number=fields.write_whole(newest.version),
                moment=moment(newest.effective_from_ms),
            )
        ]
        form.when.data = _LATER
        return _publish_page(form, draft), 422
    return _publish(draft, form, _version(draft.programme, known, at_ms))


def _publish(draft: Draft, form: PublishForm, wanted: Programme) -> ResponseReturnValue:
    before: Values = {"version": wanted.version - 1}
    after: Values = {
        "version": wanted.version,
        "effective_from_ms": wanted.effective_from_ms,
        "revision": draft.kept.revision,
    }
    try:
        reply: Reply = recorded_command(
            "programme.publish",
            f"version {wanted.version}",
            before,
            AddProgramme(programme=programme_text(wanted)),
            after,
        )
    except MohrError as error:
        return _publish_page(form, draft, refused=str(error)), 422
    if not reply.ok:
        return _publish_page(form, draft, refused=reply.text), 422
    # The rules count from here on, whatever becomes of the draft.
    current_office().drafts.discard(revision=draft.kept.revision)
    flash(
        _(
            "Version %(number)s is published. It takes effect on %(moment)s.",
            number=fields.write_whole(wanted.version),
            moment=moment(wanted.effective_from_ms),
        ),
        "success",
    )
    return redirect(url_for("programme.version", version=wanted.version), 303)


def _version(draft: Programme, known: Versions, at_ms: int) -> Programme:
    number = 1 if known.newest is None else known.newest.version + 1
    return replace(draft, version=number, effective_from_ms=at_ms)


def _same_newest(known: Versions) -> bool:
    sent = request.form.get("newest", "")
    return known.newest is None or sent == str(known.newest.version)


def _changed(draft: Draft, known: Versions) -> Markup:
    if not _same_newest(known):
        return trusted(_("Another version was published meanwhile. Look again at what changes."))
    return conflict_words(draft)


def _tomorrow() -> dict[str, object]:
    at_ms = current_clock().unix_ms() + 24 * 60 * _MINUTE_MS
    return {"when": _NOW, "day": moment_at(at_ms, current_zone()).date(), "time": 0}


def _publish_page(
    form: PublishForm, draft: Draft, *, conflict: Markup | None = None, refused: str = ""
) -> str:
    known = read_versions(current_house())
    assert draft.programme is not None, "a draft that cannot be read is not published"
    newest = known.newest
    form.revision.data = str(draft.kept.revision)
    form.newest.data = "" if newest is None else str(newest.version)
    if conflict:
        form.sure.data = False
    return page(
        "draft_publish",
        form=form,
        draft=draft.kept,
        newest=newest,
        begun_from=draft.kept.base_version,
        changes=changes_between(newest, draft.programme),
        doubts=told_doubts(draft.programme),
        badge_of_change=badge_of_change,
        badge_of_severity=badge_of_severity,
        conflict=conflict,
        refused=refused,
    )
