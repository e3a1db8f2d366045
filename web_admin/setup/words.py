"""The wizard's words for things that have machine names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString, lazy_gettext

from gateway.program.templates import Doubt, TemplateName
from web_admin.setup.steps import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateWords:
    """What a template is called, and for whom it is."""

    title: LazyString
    hint: LazyString


_STEPS: Final = {
    Step.LANGUAGE: lazy_gettext("Language"),
    Step.OWNER: lazy_gettext("Owner"),
    Step.SHOP: lazy_gettext("Shop"),
    Step.PROGRAMME: lazy_gettext("Programme"),
    Step.COUNTER: lazy_gettext("Counter"),
    Step.TAP: lazy_gettext("First tap"),
}

_TEMPLATES: Final = {
    TemplateName.ONE_PERCENT: TemplateWords(
        title=lazy_gettext("One percent back"),
        hint=lazy_gettext("Easy to explain and easy on your margin. Most shops begin here."),
    ),
    TemplateName.FIVE_PERCENT: TemplateWords(
        title=lazy_gettext("Five percent back"),
        hint=lazy_gettext("For cafés and shops whose customers come every week."),
    ),
    TemplateName.GENEROUS: TemplateWords(
        title=lazy_gettext("Generous start"),
        hint=lazy_gettext(
            "A reward after few purchases. Points pay for half of a sale at most, so that every "
            "sale brings money."
        ),
    ),
    TemplateName.BIG_REWARD: TemplateWords(
        title=lazy_gettext("One big reward"),
        hint=lazy_gettext("Customers save for longer, and then get something worth telling."),
    ),
}

_DOUBTS: Final = {
    Doubt.EARNS_NOTHING: lazy_gettext(
        "With these numbers an everyday purchase earns nothing. Give more points, or ask for a "
        "smaller amount."
    ),
    Doubt.GIVES_TOO_MUCH: lazy_gettext(
        "With these numbers customers get back more than they spend. Ask for more points, or "
        "make the reward smaller."
    ),
    Doubt.NEVER_REDEEMS: lazy_gettext(
        "With these numbers points can never be used. Raise the share of a sale that points may "
        "pay for."
    ),
}

CURRENCIES: Final = {
    "IRR:toman": lazy_gettext("Iranian rial, shown in tomans"),
    "IRR:currency": lazy_gettext("Iranian rial, shown in rials"),
    "EUR:currency": lazy_gettext("Euro"),
    "GBP:currency": lazy_gettext("Pound sterling"),
    "JPY:currency": lazy_gettext("Japanese yen"),
    "KWD:currency": lazy_gettext("Kuwaiti dinar"),
    "TRY:currency": lazy_gettext("Turkish lira"),
    "USD:currency": lazy_gettext("US dollar"),
}
"""What a shop may count in, and how it writes that: ``CODE:unit``."""


def words_of_step(step: Step) -> LazyString:
    """A step's name in the row of steps."""
    return _STEPS[step]


def words_of_template(template: TemplateName) -> TemplateWords:
    """A template's name and what it is good for."""
    return _TEMPLATES[template]


def words_of_doubt(doubt: Doubt) -> LazyString:
    """What is wrong with rules, and what to change."""
    return _DOUBTS[doubt]


def words_of_money(choice: str) -> LazyString:
    """The name of a currency and how it is written; ``choice`` is a key of ``CURRENCIES``."""
    return CURRENCIES[choice]
