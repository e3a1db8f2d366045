"""The middle pages: the rules, and the first counter, after which the gateway is made."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from gateway.formatting.digits import read_money
from gateway.formatting.numbers import write_amount
from gateway.model.programme import Programme
from gateway.program.templates import Example, TemplateName, numbers_of, programme_of, work_out
from web_admin.access.guard import public
from web_admin.context import current_door
from web_admin.filters import money, num, percent
from web_admin.reader import current_language
from web_admin.setup.draft import Draft, ProgrammeDraft, ShopDraft
from web_admin.setup.entry import draft_for, url_of
from web_admin.setup.finish import BrokerDraft
from web_admin.setup.forms import CounterForm, NumbersForm, TemplateForm
from web_admin.setup.making import finish_from_nothing
from web_admin.setup.pages import OPEN, blueprint, say, status_of, step_page
from web_admin.setup.steps import Step
from web_admin.setup.words import words_of_money, words_of_template

#: Where the built-in broker listens; the gateway takes another port where this one is taken.
_BROKER_PORT = 1_883


@blueprint.route("/programme", methods=["GET", "POST"])
@public(OPEN)
def programme() -> ResponseReturnValue:
    """Choose the rules."""
    draft = draft_for(Step.PROGRAMME)
    if not isinstance(draft, Draft):
        return draft
    shop = _shop_of(draft)
    chosen = TemplateName.ONE_PERCENT if draft.rules is None else draft.rules.template
    form = TemplateForm(data={"template": chosen.value})
    if form.validate_on_submit():
        template = TemplateName(form.template.data)
        rules = draft.rules
        if rules is None or rules.template is not template:
            # The numbers of a template that was chosen before are kept as they were changed.
            rules = ProgrammeDraft(
                template=template, programme=programme_of(template, shop.currency)
            )
        response = say(Step.PROGRAMME, rules=rules)
        return redirect(url_for("setup.numbers"), 303) if "change" in request.form else response
    return step_page(
        Step.PROGRAMME,
        "setup/programme.html",
        status_of(form.errors),
        form=form,
        templates=[
            (
                name.value,
                words_of_template(name),
                sentences(_rules_of(draft, shop, name), shop),
            )
            for name in TemplateName
        ],
    )


@blueprint.route("/programme/numbers", methods=["GET", "POST"])
@public(OPEN)
def numbers() -> ResponseReturnValue:
    """Change the rules' numbers, and see what they mean."""
    draft = draft_for(Step.PROGRAMME)
    if not isinstance(draft, Draft):
        return draft
    shop, rules = _shop_of(draft), draft.rules
    if rules is None:
        return redirect(url_of(Step.PROGRAMME), 303)
    form = NumbersForm(data=_typed(rules.programme, shop))
    told = rules.programme
    if form.validate_on_submit():
        wanted = form.programme(
            rules.programme, lambda text: read_money(text, shop.currency, shop.money_unit)
        )
        if wanted is not None:
            changed = ProgrammeDraft(template=rules.template, programme=wanted)
            if "look" not in request.form:
                return say(Step.PROGRAMME, rules=changed)
            say(Step.PROGRAMME, rules=changed)
            told = wanted
    return step_page(
        Step.PROGRAMME,
        "setup/numbers.html",
        status_of(form.errors),
        form=form,
        words=words_of_template(rules.template),
        sentences=sentences(told, shop),
        unit=words_of_money(f"{shop.currency.code}:{shop.money_unit.value}"),
    )


@blueprint.route("/counter", methods=["GET", "POST"])
@public(OPEN)
def counter() -> ResponseReturnValue:
    """Choose the first counter, and have the gateway made."""
    draft = draft_for(Step.COUNTER)
    if not isinstance(draft, Draft):
        return draft
    form = CounterForm()
    if form.validate_on_submit():
        simulated = form.simulated
        broker = BrokerDraft(
            host=None if simulated else form.host.data or "127.0.0.1",
            port=_BROKER_PORT if simulated else form.port.data or _BROKER_PORT,
            test_mode=simulated,
        )
        return finish_from_nothing(
            current_door(), draft, broker, form.terminal if simulated else None
        )
    return step_page(Step.COUNTER, "setup/counter.html", status_of(form.errors), form=form)


def sentences(rules: Programme, shop: ShopDraft) -> list[str]:
    """What rules mean for an everyday purchase, worked out by the code that judges sales."""
    told = work_out(rules)
    assert isinstance(told, Example), "rules of doubt are refused before they are kept"
    return [
        _(
            "A purchase of %(sale)s earns %(points)s points.",
            sale=money(told.sale_minor, shop.currency, shop.money_unit),
            points=num(told.points),
        ),
        ngettext(
            "After %(count)s such purchase, %(points)s points are worth %(value)s.",
            "After %(count)s such purchases, %(points)s points are worth %(value)s.",
            told.purchases,
            count=num(told.purchases),
            points=num(told.reward_points),
            value=money(told.reward_minor, shop.currency, shop.money_unit),
        ),
        _("Customers get %(share)s back.", share=percent(told.back_basis_points)),
    ]


def _shop_of(draft: Draft) -> ShopDraft:
    assert draft.shop is not None, "this step opens after the shop's"
    return draft.shop


def _rules_of(draft: Draft, shop: ShopDraft, name: TemplateName) -> Programme:
    if draft.rules is not None and draft.rules.template is name:
        return draft.rules.programme
    return programme_of(name, shop.currency)


def _typed(rules: Programme, shop: ShopDraft) -> dict[str, object]:
    """The numbers as a person would type them."""
    found = numbers_of(rules)
    return {
        "earn_points": found.earn_points,
        "earn_amount": _typed_money(found.earn_per_minor, shop),
        "redeem_points": found.redeem_points,
        "redeem_amount": _typed_money(found.redeem_value_minor, shop),
        "minimum_points": found.redeem_minimum_points,
        "share_percent": found.redeem_share_percent,
    }


def _typed_money(amount_minor: int, shop: ShopDraft) -> str:
    return write_amount(amount_minor, shop.currency, shop.money_unit, current_language())
