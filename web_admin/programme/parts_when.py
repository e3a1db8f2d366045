"""The inputs of conditions, of goods, of limits and of lifetimes: what many rules share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from flask_babel import LazyString, lazy_gettext

from gateway.model.rules.caps import Cap, CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.condition import MemberDay
from gateway.model.rules.expiry import Expiry, ExpiryKind
from web_admin.programme import choosing, fields, inputs
from web_admin.programme.asking import Surroundings, ask
from web_admin.programme.choices import CALENDARS, EXPIRIES, MEASURES, OWNERS, PERIODS, TAX
from web_admin.programme.parts import Group, Input, InputError, Rows
from web_admin.programme.say_when import MEMBER_DAYS

_PERIODIC: Final = (
    ExpiryKind.MONTHS,
    ExpiryKind.MONTH_END,
    ExpiryKind.QUARTER_END,
    ExpiryKind.YEAR_END,
)
_COUNTED: Final = (ExpiryKind.DAYS, *_PERIODIC)
_SLIDING: Final = (ExpiryKind.DAYS, ExpiryKind.MONTHS)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedCap:
    """A limit as it is typed: whether it is money depends on what it limits."""

    limit: str
    measure: CapMeasure
    owner: CapOwner
    period: CapPeriod


def when_group(around: Surroundings) -> Group:
    """A condition: when, where, who, and how much."""
    return Group(
        name="when",
        title=lazy_gettext("Conditions"),
        hint=lazy_gettext("Everything that is filled in must hold. Without any it always holds."),
        parts=(_window(around), _who(around), _visits(), _member_day(around), _amounts(around)),
    )


def items_group(name: str, heading: LazyString, around: Surroundings) -> Group:
    """Which goods count."""
    return Group(
        name=name,
        title=heading,
        hint=lazy_gettext("Without any of these all goods count."),
        folded=True,
        parts=(
            _item_set("only", lazy_gettext("Only these"), around),
            _item_set("without", lazy_gettext("And not these"), around),
        ),
    )


def expiry_group(name: str, heading: LazyString, *, own: LazyString | None = None) -> Group:
    """When something lapses.

    Args:
        name: the field.
        heading: the title.
        own: the words for having no rule of its own; None where there must be one.
    """
    kinds: Mapping[str, LazyString] = {one.value: words for one, words in EXPIRIES.items()}
    if own is not None:
        kinds = {"": own, **kinds}
    return Group(
        name=name,
        title=heading,
        kind=Expiry,
        tidy=_tidy_expiry,
        parts=(
            choosing.choice_of_words("kind", ask(lazy_gettext("It lapses")), kinds),
            inputs.number(
                "count",
                ask(
                    lazy_gettext("How many days, months or years"),
                    lazy_gettext("At the end of a month or year, 0 is the one it was given in."),
                    shown_by="kind",
                    shown_for=_COUNTED,
                ),
                most=36_600,
                blank=0,
            ),
            choosing.choice(
                "calendar",
                ask(lazy_gettext("Whose months"), shown_by="kind", shown_for=_PERIODIC),
                CALENDARS,
            ),
            inputs.day(
                "last_day",
                ask(lazy_gettext("Last day"), shown_by="kind", shown_for=(ExpiryKind.DATE,)),
            ),
            choosing.flag(
                "sliding",
                ask(
                    lazy_gettext("Every purchase or redemption starts the time anew"),
                    shown_by="kind",
                    shown_for=_SLIDING,
                ),
            ),
        ),
    )


def caps_rows(name: str, heading: LazyString, around: Surroundings, *, credit: bool) -> Rows:
    """Limits of a rule or an offer.

    Args:
        name: the field.
        heading: the title.
        around: see there.
        credit: whether it gives money instead of points.
    """
    currency = around.programme.currency
    read_amount = fields.money_reader(currency, around.unit)
    write_amount = fields.money_writer(currency, around.unit)

    def in_money(measure: CapMeasure) -> bool:
        return measure is CapMeasure.AMOUNT or (credit and measure is CapMeasure.POINTS)

    def tidy(values: dict[str, Any]) -> dict[str, Any]:
        """Read the limit as what it limits."""
        read = read_amount if in_money(values["measure"]) else fields.read_whole
        try:
            return values | {"limit": read(values["limit"])}
        except ValueError as error:
            raise InputError("limit", str(error)) from error

    def spread(cap: Cap) -> TypedCap:
        write = write_amount if in_money(cap.measure) else fields.write_whole
        return TypedCap(
            limit=write(cap.limit), measure=cap.measure, owner=cap.owner, period=cap.period
        )

    return Rows(
        name=name,
        title=heading,
        hint=lazy_gettext("At most so much. Leave a row empty to have no such limit."),
        key="limit",
        row=Group(
            kind=Cap,
            tidy=tidy,
            spread=spread,
            parts=(
                inputs.text("limit", ask(lazy_gettext("At most"))),
                choosing.choice("measure", ask(lazy_gettext("Of what")), MEASURES),
                choosing.choice("owner", ask(lazy_gettext("For whom")), OWNERS),
                choosing.choice("period", ask(lazy_gettext("In which time")), PERIODS),
            ),
        ),
    )


def _window(around: Surroundings) -> Group:
    occasions = [
        (one.id, one.title_fa or one.title_en or one.id) for one in around.programme.rules.occasions
    ]
    return Group(
        name="window",
        title=lazy_gettext("When"),
        folded=True,
        parts=(
            inputs.day("first_day", ask(lazy_gettext("From this day on"))),
            inputs.day("last_day", ask(lazy_gettext("Until this day, included"))),
            choosing.weekdays(
                "weekdays",
                ask(lazy_gettext("On these days of the week")),
                around.programme.rules.settings.first_weekday,
            ),
            inputs.hours(
                "hours",
                ask(
                    lazy_gettext("Between these hours"),
                    lazy_gettext("Such as 17:00-20:00, several parted by commas."),
                ),
            ),
            *choosing.ticks(
                "occasions",
                ask(lazy_gettext("On these occasions")),
                occasions,
            ),
        ),
    )


def _who(around: Surroundings) -> Group:
    rules = around.programme.rules
    tiers = [(one.id, one.title_fa or one.title_en or one.id) for one in rules.tiers.levels]
    return Group(
        title=lazy_gettext("Where and for whom"),
        folded=True,
        parts=(
            *choosing.ticks(
                "branches",
                ask(lazy_gettext("At these branches"), lazy_gettext("None means: at all.")),
                [(name, name) for name in around.branches],
            ),
            *choosing.ticks("tiers", ask(lazy_gettext("For these tiers")), tiers),
            *choosing.ticks(
                "segments",
                ask(lazy_gettext("For these groups")),
                [(name, name) for name in rules.segments],
            ),
        ),
    )


def _visits() -> Group:
    return Group(
        title=lazy_gettext("Visits"),
        folded=True,
        parts=(
            choosing.flag("first_purchase", ask(lazy_gettext("At a member's first purchase only"))),
            _count("visit_every", lazy_gettext("Once every so many visits")),
            _count("visits_minimum", lazy_gettext("From this visit on")),
            _count("visits_maximum", lazy_gettext("Up to this visit")),
            _count("visits_within_days", lazy_gettext("Count the visits of the last days only")),
            _count("days_since_visit_minimum", lazy_gettext("Stayed away for at least (days)")),
            _count("days_since_visit_maximum", lazy_gettext("Was here within the last (days)")),
        ),
    )


def _count(name: str, label: LazyString) -> Input:
    return inputs.number(name, ask(label), least=0, most=1_000_000)


def _member_day(around: Surroundings) -> Group:
    named = {
        condition.member_day.day
        for _where, condition in around.programme.rules.conditions()
        if condition.member_day is not None
    }
    days: dict[str, LazyString | str] = {"": lazy_gettext("None"), **MEMBER_DAYS}
    days |= {name: name for name in sorted(named) if name not in days}
    return Group(
        name="member_day",
        title=lazy_gettext("A day of the member's own"),
        folded=True,
        kind=MemberDay,
        tidy=lambda values: values if values["day"] else None,
        parts=(
            choosing.choice_of_words("day", ask(lazy_gettext("Which day")), days),
            inputs.number(
                "days_before", ask(lazy_gettext("From so many days before")), most=60, blank=0
            ),
            inputs.number(
                "days_after", ask(lazy_gettext("To so many days after")), most=60, blank=0
            ),
        ),
    )


def _amounts(around: Surroundings) -> Group:
    return Group(
        title=lazy_gettext("How much"),
        folded=True,
        parts=(
            inputs.money("minimum_minor", ask(lazy_gettext("At least this amount")), around),
            inputs.money("maximum_minor", ask(lazy_gettext("At most this amount")), around),
            choosing.choice("amount_basis", ask(lazy_gettext("Amounts are taken")), TAX),
            inputs.number(
                "minimum_pieces",
                ask(lazy_gettext("At least so many pieces")),
                least=1,
                most=1_000_000,
            ),
            replace(
                items_group("items", lazy_gettext("Of which goods"), around),
                hint=lazy_gettext("They must be bought; amounts and pieces look at them alone."),
            ),
        ),
    )


def _item_set(name: str, heading: LazyString, around: Surroundings) -> Group:
    categories = [(one.id, one.id) for one in around.programme.rules.categories]
    return Group(name=name, title=heading, parts=item_inputs(categories))


def item_inputs(categories: list[tuple[str, str]] | None) -> tuple[Input, ...]:
    """The inputs of a set of goods; without categories where they are None."""
    chosen: tuple[Input, ...] = ()
    if categories is not None:
        chosen = choosing.ticks("categories", ask(lazy_gettext("Categories")), categories)
    return (
        *chosen,
        inputs.lines(
            "skus",
            ask(lazy_gettext("Article numbers"), lazy_gettext("One in each line.")),
            machine=True,
        ),
        inputs.lines(
            "label_words",
            ask(
                lazy_gettext("Words in the name on the receipt"),
                lazy_gettext("One in each line; in any case."),
            ),
        ),
    )


def _tidy_expiry(values: dict[str, Any]) -> dict[str, Any] | None:
    """Drop what does not go with the kind; no kind means: none of its own."""
    if not values["kind"]:
        return None
    kind = ExpiryKind(values["kind"])
    kept = {"kind": kind}
    wanted: dict[str, tuple[ExpiryKind, ...]] = {
        "count": _COUNTED,
        "calendar": _PERIODIC,
        "last_day": (ExpiryKind.DATE,),
        "sliding": _SLIDING,
    }
    return kept | {name: values[name] for name, kinds in wanted.items() if kind in kinds}
