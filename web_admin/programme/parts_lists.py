"""The inputs of tier levels, occasions, categories of goods, and clocks of branches."""

from __future__ import annotations

from flask_babel import lazy_gettext

from gateway.model.rules.scope import Category
from gateway.model.rules.settings import BranchClock, Occasion
from gateway.model.rules.tiers import TierBasis, TierBenefit, TierLevel
from web_admin.programme import choosing, inputs
from web_admin.programme.asking import Surroundings, ask
from web_admin.programme.choices import CALENDARS
from web_admin.programme.parts import Group, Rows
from web_admin.programme.parts_rules import titles
from web_admin.programme.parts_when import item_inputs
from web_admin.setup.forms import zone_choices


def level_part(_level: TierLevel, around: Surroundings) -> Group:
    """The inputs of one level."""
    asked = ask(
        lazy_gettext("Reached with"),
        lazy_gettext("So much of what counts; 0 for every member."),
    )
    if around.programme.rules.tiers.basis is TierBasis.SPEND:
        threshold = inputs.money("threshold", asked, around, blank=0)
    else:
        threshold = inputs.number("threshold", asked, blank=0)
    return Group(
        parts=(
            titles(),
            threshold,
            choosing.flag(
                "keeps_for_ever", ask(lazy_gettext("Whoever reached it keeps it for ever"))
            ),
            _benefits(),
        )
    )


def occasion_part(_occasion: Occasion, _around: Surroundings) -> Group:
    """The inputs of one occasion."""
    return Group(
        parts=(
            titles(),
            Group(
                title=lazy_gettext("Every year on a day"),
                parts=(
                    inputs.number("month", ask(lazy_gettext("Month, 1 to 12")), least=1, most=12),
                    inputs.number("day", ask(lazy_gettext("Day, 1 to 31")), least=1, most=31),
                    choosing.choice("calendar", ask(lazy_gettext("Whose months")), CALENDARS),
                ),
            ),
            Group(
                title=lazy_gettext("Or on these days"),
                parts=(
                    inputs.days(
                        "dates",
                        ask(
                            lazy_gettext("Days"),
                            lazy_gettext(
                                "For a feast that moves: one day in each line, in either calendar."
                            ),
                        ),
                    ),
                ),
            ),
        )
    )


def category_part(_category: Category, _around: Surroundings) -> Group:
    """The inputs of one group of goods."""
    return Group(parts=(Group(name="items", parts=item_inputs(None)),))


def clock_part(_clock: BranchClock, _around: Surroundings) -> Group:
    """The inputs of a branch whose clock is not the programme's."""
    zones = [(str(one.value), str(one.value)) for one in zone_choices()]
    return Group(
        parts=(
            choosing.choice_of_names(
                "zone",
                ask(lazy_gettext("Time zone")),
                [("", "—"), *zones],
            ),
            inputs.time_of_day(
                "cutoff_minute",
                ask(
                    lazy_gettext("A business day ends at"),
                    lazy_gettext("Empty: as the programme says."),
                ),
            ),
        )
    )


def _benefits() -> Rows:
    return Rows(
        name="benefits",
        title=lazy_gettext("What it brings"),
        hint=lazy_gettext("Benefits that are no money. The cashier sees them."),
        key="id",
        row=Group(
            kind=TierBenefit,
            parts=(
                inputs.machine_name("id", ask(lazy_gettext("Short name"))),
                inputs.title("title_fa", ask(lazy_gettext("Name in Persian"))),
                inputs.title("title_en", ask(lazy_gettext("Name in English"))),
            ),
        ),
    )
