"""Rules tried on a basket: those in force, the next ones, the draft."""

from __future__ import annotations

from typing import Final

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from gateway.errors import MohrError
from gateway.formatting.dates import moment_at
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.program.needs import needs_of
from gateway.queries.reading import reading
from gateway.queries.scope import EVERYTHING
from gateway.queries.terminals import branches
from web_admin.access.current import may
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.context import current_clock, current_house, current_organisation
from web_admin.programme import choosing, inputs
from web_admin.programme.asking import Surroundings, ask
from web_admin.programme.blueprint import blueprint, current_voice, page
from web_admin.programme.choices import ASSURANCES
from web_admin.programme.drafting import read_draft
from web_admin.programme.faults import faults_of
from web_admin.programme.parts import (
    Group,
    Input,
    Rows,
    Wrong,
    form_of,
    is_open,
    join,
    rows_in,
    value_of,
)
from web_admin.programme.tried_words import kept_back, told_earning, told_offers, total_of
from web_admin.programme.trying import TriedLine, TriedSale, try_rules
from web_admin.programme.versions import read_versions
from web_admin.reader import current_zone

_IN_FORCE: Final = "in-force"
_NEXT: Final = "next"
_DRAFT: Final = "draft"
_WORDS: Final = {
    _IN_FORCE: lazy_gettext("The rules in force"),
    _NEXT: lazy_gettext("The next version"),
    _DRAFT: lazy_gettext("The draft"),
}


@blueprint.route("/try", methods=["GET", "POST"])
@requires(Permission.VIEW_PROGRAMME)
def try_rules_on_basket() -> ResponseReturnValue:
    """Say what a basket would bring, rule by rule."""
    offered = _offered()
    wanted = request.form.get("rules") or request.args.get("rules", "")
    which = wanted if wanted in offered else next(iter(offered))
    programme = offered[which]
    around = _around(programme)
    first = _first(which, around)
    group = _basket(around, tuple(offered))
    form = form_of(group, first, request.form)
    values = {
        "group": group,
        "form": form,
        "faults": (),
        "tried": None,
        "is_open": is_open,
        "join": join,
        "rows_in": rows_in,
    }
    if request.method == "GET":
        return page("try", **values)
    made = value_of(group, form, first) if form.validate() else Wrong()
    if isinstance(made, Wrong):
        return page("try", **(values | {"faults": tuple(made.faults)})), 422
    voice = current_voice(programme)
    try:
        tried = try_rules(programme, made)
    except MohrError as error:
        return page("try", **(values | {"faults": faults_of(error)})), 422
    results = {
        "tried": tried,
        "voice": voice,
        "earning": told_earning(programme, tried, voice),
        "offers": told_offers(programme, tried, voice),
        "points": total_of(Unit.POINTS, tried, voice),
        "kept_back": kept_back(tried, voice),
        "credit": total_of(Unit.CREDIT, tried, voice)
        if tried.evaluation.total(Unit.CREDIT)
        else None,
    }
    return page("try", **(values | results))


def _offered() -> dict[str, Programme]:
    known = read_versions(current_house())
    found = {_IN_FORCE: known.in_force, _NEXT: known.coming}
    if may(Permission.EDIT_PROGRAMME):
        draft = read_draft()
        found[_DRAFT] = None if draft is None else draft.programme
    return {name: programme for name, programme in found.items() if programme is not None}


def _around(programme: Programme) -> Surroundings:
    with reading(current_house().ledger.place) as connection:
        known = branches(connection, EVERYTHING)
    return Surroundings(
        programme=programme, unit=current_organisation().money_unit, branches=known or ("main",)
    )


def _first(which: str, around: Surroundings) -> TriedSale:
    """What the form shows at first: one purchase, now."""
    now = moment_at(current_clock().unix_ms(), current_zone())
    return TriedSale(
        rules=which,
        branch=around.branches[0],
        day=now.date(),
        minute=now.hour * 60 + now.minute,
        lines=(TriedLine(price_minor=around.programme.earn_per_minor * 10, label=""),),
    )


def _basket(around: Surroundings, offered: tuple[str, ...]) -> Group:
    return Group(
        parts=(
            choosing.choice_of_words(
                "rules",
                ask(lazy_gettext("Which rules are tried")),
                {name: _WORDS[name] for name in offered},
            ),
            _lines(around),
            _when(around),
            _who(around),
        )
    )


def _lines(around: Surroundings) -> Rows:
    return Rows(
        name="lines",
        title=lazy_gettext("The basket"),
        hint=lazy_gettext("A row without a price is left out."),
        key="price_minor",
        row=Group(
            kind=TriedLine,
            tidy=lambda values: {name: one for name, one in values.items() if one is not None},
            parts=(
                inputs.receipt_text("label", ask(lazy_gettext("Name on the receipt")), 64),
                inputs.receipt_text("sku", ask(lazy_gettext("Article number")), 32),
                inputs.quantity("quantity_milli", ask(lazy_gettext("Pieces"))),
                inputs.money("price_minor", ask(lazy_gettext("Price of a piece")), around),
            ),
        ),
    )


def _when(around: Surroundings) -> Group:
    names = [(name, name) for name in around.branches]
    return Group(
        title=lazy_gettext("Where and when"),
        parts=(
            choosing.choice_of_names("branch", ask(lazy_gettext("Branch")), names),
            inputs.day("day", ask(lazy_gettext("Day"), required=True)),
            inputs.time_of_day("minute", ask(lazy_gettext("Time of day"), required=True)),
        ),
    )


def _who(around: Surroundings) -> Group:
    rules = around.programme.rules
    tiers = [(one.id, one.title_fa or one.title_en or one.id) for one in rules.tiers.levels]
    parts: list[Input] = [choosing.flag("member", ask(lazy_gettext("A member buys")))]
    if tiers:
        asked = ask(lazy_gettext("The member's tier"))
        parts.append(choosing.choice_of_names("tier", asked, [("", "—"), *tiers]))
    parts += choosing.ticks(
        "segments", ask(lazy_gettext("The member's groups")), [(one, one) for one in rules.segments]
    )
    parts += [
        inputs.number(
            "visits",
            ask(
                lazy_gettext("Visits before this one"),
                lazy_gettext("0 makes it the first purchase. They are taken a week apart."),
            ),
            most=100_000,
            blank=0,
        ),
        inputs.number(
            "days_since_visit", ask(lazy_gettext("Days since the last visit")), least=1, most=3_660
        ),
        choosing.flag("own_day", ask(lazy_gettext("It is the member's birthday"))),
    ]
    if needs_of(around.programme).card:
        parts.append(choosing.choice("card", ask(lazy_gettext("The card at hand")), ASSURANCES))
    return Group(title=lazy_gettext("Who buys"), parts=tuple(parts))
