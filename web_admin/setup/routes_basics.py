"""The first pages: the one-time code, the language, the owner, the shop."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue

from gateway.formatting.numbers import Language
from gateway.office.organisation import Organisation
from web_admin.access.guard import public
from web_admin.access.signing_in import over_https
from web_admin.context import current_door, current_house
from web_admin.reader import current_language
from web_admin.setup.desk import Claim
from web_admin.setup.draft import Draft
from web_admin.setup.entry import (
    current_desk,
    draft_for,
    give_secret,
    has_house,
    live_code,
    own_secret,
)
from web_admin.setup.finish import language_of
from web_admin.setup.forms import BrandForm, OwnerForm, ShopForm, usual_money, usual_zone
from web_admin.setup.making import finish_with_house
from web_admin.setup.pages import OPEN, blueprint, next_page, say, status_of, step_page
from web_admin.setup.steps import Step
from web_admin.tongues import LANGUAGE_COOKIE

_CODE_CHARACTERS_MAX: Final = 128


@blueprint.route("", methods=["GET", "POST"])
@public(OPEN)
def enter() -> ResponseReturnValue:
    """Exchange the one-time code for a place at the desk."""
    code = live_code()
    desk, secret = current_desk(), own_secret()
    shown = (request.values.get("code") or "").strip()[:_CODE_CHARACTERS_MAX]
    if not shown:
        draft = desk.draft_of(secret)
        if draft is not None:
            return next_page(draft)
        return make_response(render_template("setup/enter.html", claim=None, code=""))
    take_over = request.method == "POST" and "take_over" in request.form
    claim, new_secret = desk.claim(shown, code, secret, take_over=take_over)
    if new_secret is None:
        status = {Claim.TAKEN: 409, Claim.WRONG: 422, Claim.TOO_OFTEN: 429}[claim]
        page = render_template(
            "setup/enter.html", claim=claim.name, code=shown if claim is Claim.TAKEN else ""
        )
        return make_response(page, status)
    # The code leaves the address bar, and the history with it.
    response = next_page(desk.draft_of(new_secret) or Draft())
    give_secret(response, new_secret)
    return response


@blueprint.route("/language", methods=["GET", "POST"])
@public(OPEN)
def language() -> ResponseReturnValue:
    """Choose the language of the pages."""
    draft = draft_for(Step.LANGUAGE)
    if not isinstance(draft, Draft):
        return draft
    if request.method == "POST" and request.form.get("language") in set(Language):
        chosen = Language(request.form["language"])
        response = say(Step.LANGUAGE, language=chosen)
        response.set_cookie(
            LANGUAGE_COOKIE, chosen.value, httponly=True, samesite="Lax", secure=over_https()
        )
        return response
    return step_page(Step.LANGUAGE, "setup/language.html", chosen=current_language().value)


@blueprint.route("/owner", methods=["GET", "POST"])
@public(OPEN)
def owner() -> ResponseReturnValue:
    """Say who the owner is."""
    draft = draft_for(Step.OWNER)
    if not isinstance(draft, Draft):
        return draft
    form = OwnerForm(obj=draft.owner)
    if form.validate_on_submit():
        return say(Step.OWNER, owner=form.owner())
    return step_page(Step.OWNER, "setup/owner.html", status_of(form.errors), form=form)


@blueprint.route("/shop", methods=["GET", "POST"])
@public(OPEN)
def shop() -> ResponseReturnValue:
    """Describe the shop. Where there is a gateway already, this is the last step."""
    draft = draft_for(Step.SHOP)
    if not isinstance(draft, Draft):
        return draft
    if has_house():
        return _shop_of_house(draft)
    form = _shop_form(draft)
    if form.validate_on_submit():
        wanted = form.shop()
        # Rules in another currency than the shop's would be no rules for it.
        same = draft.rules is not None and draft.rules.programme.currency == wanted.currency
        return say(Step.SHOP, shop=wanted, rules=draft.rules if same else None)
    return step_page(Step.SHOP, "setup/shop.html", status_of(form.errors), form=form)


def _shop_form(draft: Draft) -> ShopForm:
    language_ = language_of(draft)
    if draft.shop is None:
        return ShopForm(
            data={
                "money": usual_money(language_),
                "time_zone": usual_zone(language_),
                "branch": "main",
                "colour": Organisation().colour,
            }
        )
    shop_ = draft.shop
    return ShopForm(
        data={
            "name": shop_.name,
            "branch": shop_.branch,
            "colour": shop_.colour,
            "money": f"{shop_.currency.code}:{shop_.money_unit.value}",
            "time_zone": shop_.time_zone,
        }
    )


def _shop_of_house(draft: Draft) -> ResponseReturnValue:
    """Brand a gateway that was made on the command line, and finish."""
    house = current_house()
    known = house.office.organisation.read()
    form = BrandForm(
        data={
            "name": known.name if known.revision else house.settings.name,
            "colour": known.colour,
            "time_zone": known.time_zone if known.revision else usual_zone(language_of(draft)),
        }
    )
    if form.validate_on_submit():
        wanted = replace(
            known,
            name=form.name.data,
            colour=form.colour.data.lower(),
            language=language_of(draft),
            time_zone=form.time_zone.data,
        )
        return finish_with_house(current_door(), draft, wanted)
    return step_page(Step.SHOP, "setup/shop.html", status_of(form.errors), form=form)
