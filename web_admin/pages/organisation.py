"""``/organisation``: what customers and staff see of who runs the programme, and its changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _
from flask_wtf.file import FileField
from wtforms import BooleanField, RadioField
from wtforms.fields.choices import SelectChoice

from gateway.formatting.numbers import Language, MoneyUnit
from gateway.office.logo import LOGO_BYTES_MAX, Logo, LogoProblem, judge_logo
from gateway.office.organisation import Organisation
from gateway.office.trail import Values
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.changes import recorded
from web_admin.context import current_office
from web_admin.setup.forms import BrandForm
from web_admin.tongues import OWN_NAMES

blueprint: Final = Blueprint("organisation", __name__, url_prefix="/organisation")

_PROBLEMS: Final = {
    LogoProblem.TOO_LONG: lazy_gettext("The file is larger than 200 kB. Make it smaller."),
    LogoProblem.NOT_A_PICTURE: lazy_gettext("Only PNG and JPEG pictures can be the logo."),
    LogoProblem.TOO_LARGE: lazy_gettext("The picture is wider or higher than 4096 pixels."),
}


def words_of_problem(problem: LogoProblem) -> LazyString:
    """Why a file is no logo, and what to do."""
    return _PROBLEMS[problem]


class OrganisationForm(BrandForm):
    """Everything that can be changed about the organisation."""

    language = RadioField(
        lazy_gettext("Language of new visitors"),
        choices=[SelectChoice(code.value, name) for code, name in OWN_NAMES.items()],
    )
    money_unit = RadioField(
        lazy_gettext("Rials are shown"),
        choices=[
            SelectChoice(MoneyUnit.TOMAN.value, lazy_gettext("in tomans")),
            SelectChoice(MoneyUnit.CURRENCY.value, lazy_gettext("in rials")),
        ],
        description=lazy_gettext("Counts for shops that sell in rials."),
    )
    logo = FileField(
        lazy_gettext("Logo"),
        description=lazy_gettext("A PNG or JPEG of at most 200 kB."),
        render_kw={"accept": "image/png,image/jpeg"},
    )
    remove_logo = BooleanField(lazy_gettext("Remove the logo"))


@blueprint.route("", methods=["GET", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def edit() -> ResponseReturnValue:
    """Show the organisation, and change it."""
    before = current_office().organisation.read()
    form = OrganisationForm(
        data={
            "name": before.name,
            "colour": before.colour,
            "time_zone": before.time_zone,
            "language": before.language.value,
            "money_unit": before.money_unit.value,
        }
    )
    if form.validate_on_submit():
        logo = _sent_logo(form)
        if not isinstance(logo, LogoProblem):
            _save(form, before, logo)
            flash(_("Saved."), "success")
            return redirect(url_for("organisation.edit"), 303)
        form.logo.errors = [str(words_of_problem(logo))]
    page = render_template("organisation/edit.html", form=form, known=before)
    return page, 422 if form.errors else 200


def _sent_logo(form: OrganisationForm) -> Logo | LogoProblem | None:
    """The picture that was sent; None where none was."""
    if not form.logo.data:
        return None
    # One byte more than is allowed tells a file that is too long.
    content = form.logo.data.read(LOGO_BYTES_MAX + 1)
    return judge_logo(content) if content else None


def _save(form: OrganisationForm, before: Organisation, logo: Logo | None) -> None:
    wanted = replace(
        before,
        name=form.name.data,
        colour=form.colour.data.lower(),
        language=Language(form.language.data),
        time_zone=form.time_zone.data,
        money_unit=MoneyUnit(form.money_unit.data),
    )
    organisations = current_office().organisation
    with recorded("organisation.change", "organisation", _told(before)) as change:
        organisations.save(wanted)
        if logo is not None:
            organisations.set_logo(logo)
        elif form.remove_logo.data:
            organisations.set_logo(None)
        change.after = _told(organisations.read())


def _told(organisation: Organisation) -> Values:
    return {
        "name": organisation.name,
        "colour": organisation.colour,
        "language": organisation.language.value,
        "time_zone": organisation.time_zone,
        "money_unit": organisation.money_unit.value,
        "has_logo": organisation.has_logo,
    }
