"""The inputs of what a programme has once: its base, lifetimes, tiers, credit, settings."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from gateway.model.rules.stored_value import AutoRedeem
from gateway.model.rules.tiers import TierEnd, TierPeriod
from web_admin.programme import choosing, fields, inputs
from web_admin.programme.asking import Surroundings, ask
from web_admin.programme.choices import (
    CALENDARS,
    CHOICES,
    DISCOUNTS,
    DOWNGRADES,
    LEAVING,
    REFUND_BASES,
    REFUNDS,
    TIER_BASES,
    TIER_ENDS,
    TIER_PERIODS,
    TIER_STARTS,
    UNKNOWN_CARDS,
    UNKNOWN_ORIGINALS,
)
from web_admin.programme.parts import Group, Input, InputError, Rows
from web_admin.programme.parts_when import expiry_group
from web_admin.programme.voice import WEEKDAYS
from web_admin.setup.forms import zone_choices


def base_part(around: Surroundings) -> Group:
    """Points for each amount."""
    return Group(
        parts=(
            inputs.number(
                "earn_points",
                ask(
                    lazy_gettext("Points given"),
                    lazy_gettext("0 where amounts alone earn nothing."),
                ),
                most=10**9,
                blank=0,
            ),
            inputs.money(
                "earn_per_minor",
                ask(lazy_gettext("for each whole amount of"), required=True),
                around,
                least=1,
            ),
            choosing.flag(
                "redeemed_amount_earns",
                ask(lazy_gettext("What is paid with points earns points, too")),
            ),
            choosing.choice("unknown_card", ask(lazy_gettext("A new card")), UNKNOWN_CARDS),
        )
    )


def spending_part(around: Surroundings) -> Group:
    """Points as money."""
    return Group(
        parts=(
            inputs.number(
                "redeem_points",
                ask(lazy_gettext("So many points"), required=True),
                least=1,
                most=10**9,
            ),
            inputs.money(
                "redeem_value_minor",
                ask(lazy_gettext("are worth"), required=True),
                around,
                least=1,
            ),
            inputs.number(
                "redeem_minimum_points",
                ask(lazy_gettext("Fewest points that can be used at once"), required=True),
                least=1,
            ),
            inputs.number(
                "redeem_share_percent",
                ask(
                    lazy_gettext("Share of a sale that points may pay, in percent"),
                    lazy_gettext("0 where points are for rewards alone."),
                    required=True,
                ),
                most=100,
            ),
        )
    )


def lasting_part(around: Surroundings) -> Group:
    """From when and until when points can be spent, and what becomes of them by night."""
    return _rules(
        inputs.number(
            "pending_days",
            ask(lazy_gettext("Can be spent after so many days")),
            most=366,
            blank=0,
        ),
        expiry_group("expiry", lazy_gettext("When points lapse")),
        Group(
            name="auto_redeem",
            title=lazy_gettext("Points that become credit by night"),
            hint=lazy_gettext("Leave both empty to have no such thing."),
            kind=AutoRedeem,
            tidy=_tidy_auto_redeem,
            folded=True,
            parts=(
                inputs.number("points", ask(lazy_gettext("So many points")), least=1),
                inputs.money("credit_minor", ask(lazy_gettext("become")), around, least=1),
            ),
        ),
    )


def stacking_part(_around: Surroundings) -> Group:
    """How several offers go together."""
    return rules_part(
        "stacking",
        choosing.choice("choice", ask(lazy_gettext("Of several discounts apply")), CHOICES),
        choosing.choice("basis", ask(lazy_gettext("Each is reckoned")), DISCOUNTS),
        inputs.number(
            "most",
            ask(
                lazy_gettext("At most so many on one sale"),
                lazy_gettext("Empty for no limit."),
            ),
            least=1,
            most=1_000,
        ),
        choosing.flag(
            "one_per_line", ask(lazy_gettext("A line of goods is lowered by one offer only"))
        ),
    )


def tiers_part(_around: Surroundings) -> Group:
    """How members move between the levels."""
    return rules_part(
        "tiers",
        choosing.choice("basis", ask(lazy_gettext("What counts")), TIER_BASES),
        choosing.choice("period", ask(lazy_gettext("In which time")), TIER_PERIODS),
        inputs.number(
            "window_months",
            ask(
                lazy_gettext("Months that are looked at"),
                shown_by="period",
                shown_for=(TierPeriod.ROLLING,),
            ),
            least=1,
            most=120,
            blank=12,
        ),
        choosing.choice("calendar", ask(lazy_gettext("Whose months")), CALENDARS),
        choosing.choice("start", ask(lazy_gettext("A level begins")), TIER_STARTS),
        choosing.choice("end", ask(lazy_gettext("A level is kept")), TIER_ENDS),
        *_tier_ends(),
        inputs.number("grace_months", ask(lazy_gettext("Months longer")), most=36, blank=0),
        inputs.number("grace_days", ask(lazy_gettext("Days longer")), most=366, blank=0),
        choosing.flag(
            "round_up_to_month", ask(lazy_gettext("The end moves to the end of its month"))
        ),
        choosing.choice("downgrade", ask(lazy_gettext("Then members go down")), DOWNGRADES),
        choosing.flag(
            "counts_this_sale",
            ask(lazy_gettext("A purchase that reaches a level counts as made in it")),
        ),
    )


def credit_part(around: Surroundings) -> Group:
    """Money that members keep with the shop."""
    return rules_part(
        "credit",
        inputs.money(
            "top_up_maximum_minor",
            ask(
                lazy_gettext("Most that may be paid in at once"),
                lazy_gettext("0 where paying in is not offered."),
            ),
            around,
            blank=0,
        ),
        inputs.money(
            "top_up_minimum_minor",
            ask(lazy_gettext("Least that may be paid in at once")),
            around,
            least=1,
            blank=1,
        ),
        inputs.money(
            "balance_maximum_minor",
            ask(lazy_gettext("Nobody keeps more than"), lazy_gettext("Empty for no limit.")),
            around,
            least=1,
        ),
        inputs.number(
            "share_percent",
            ask(lazy_gettext("Share of a sale that credit may pay, in percent"), required=True),
            most=100,
        ),
        choosing.flag("transfers", ask(lazy_gettext("Members may give credit to one another"))),
        expiry_group("earned_expiry", lazy_gettext("When credit that was given lapses")),
        expiry_group("paid_expiry", lazy_gettext("When credit that was paid in lapses")),
    )


def gift_cards_part(around: Surroundings) -> Group:
    """Cards that hold money."""
    return rules_part(
        "gift_cards",
        inputs.money(
            "maximum_minor",
            ask(
                lazy_gettext("Most that a gift card is sold for"),
                lazy_gettext("0 where none are sold."),
            ),
            around,
            blank=0,
        ),
        inputs.money(
            "minimum_minor",
            ask(lazy_gettext("Least that a gift card is sold for")),
            around,
            least=1,
            blank=1,
        ),
        choosing.flag("reloadable", ask(lazy_gettext("Money can be added to it later"))),
        inputs.number(
            "most_per_sale",
            ask(lazy_gettext("Cards that one sale may be paid with"), required=True),
            least=1,
            most=16,
        ),
        expiry_group("expiry", lazy_gettext("When its money lapses")),
    )


def households_part(_around: Surroundings) -> Group:
    """Common wallets."""
    return rules_part(
        "households",
        inputs.number(
            "members_maximum",
            ask(
                lazy_gettext("Most members of a household"),
                lazy_gettext("0 where households are not offered."),
            ),
            most=50,
            blank=0,
        ),
        choosing.choice("leave", ask(lazy_gettext("Whoever leaves takes along")), LEAVING),
        inputs.number(
            "spend_limit_points",
            ask(
                lazy_gettext("Points that one of them may use a day"),
                lazy_gettext("Empty for no limit. The founder has none."),
            ),
            least=1,
        ),
    )


def returns_part(_around: Surroundings) -> Group:
    """What a return of goods does."""
    policy = rules_part(
        "returns",
        choosing.choice("basis", ask(lazy_gettext("Points are taken back")), REFUND_BASES),
        choosing.choice(
            "unknown_original",
            ask(lazy_gettext("A return without a known purchase")),
            UNKNOWN_ORIGINALS,
        ),
        choosing.flag("only_pending", ask(lazy_gettext("Take back only what cannot be spent yet"))),
        inputs.number(
            "grace_days",
            ask(
                lazy_gettext("Days to spend points given back"),
                lazy_gettext("For points that have lapsed meanwhile."),
            ),
            most=366,
            blank=0,
        ),
        inputs.number(
            "days_maximum",
            ask(
                lazy_gettext("A purchase can be returned for so many days"),
                lazy_gettext("Empty for ever."),
            ),
            least=1,
            most=3_660,
        ),
    )
    spent = choosing.choice("refund", ask(lazy_gettext("Points that are spent already")), REFUNDS)
    return Group(parts=(spent, *policy.parts))


def settings_part(_around: Surroundings) -> Group:
    """Names and clocks, and how long a reservation stays."""
    zones = [(str(one.value), str(one.value)) for one in zone_choices()]
    settings = rules_part(
        "settings",
        inputs.title(
            "points_name_fa",
            ask(
                lazy_gettext("What points are called in Persian"),
                lazy_gettext("Empty for the usual word."),
            ),
            24,
        ),
        inputs.title("points_name_en", ask(lazy_gettext("What points are called in English")), 24),
        choosing.choice_of_names("zone", ask(lazy_gettext("Time zone")), zones),
        choosing.choice("first_weekday", ask(lazy_gettext("Weeks begin on")), WEEKDAYS),
        inputs.time_of_day(
            "cutoff_minute",
            ask(
                lazy_gettext("A business day ends at"),
                lazy_gettext(
                    "04:00 counts what is sold at three in the morning to the day before."
                ),
                required=True,
            ),
        ),
        inputs.time_of_day(
            "nightly_minute", ask(lazy_gettext("The nightly run begins at"), required=True)
        ),
        inputs.percent(
            "assumed_tax_bp",
            ask(
                lazy_gettext("Tax in the prices, in percent"),
                lazy_gettext("Counts where the till does not tell it."),
            ),
            blank=0,
        ),
    )
    stays = inputs.seconds(
        "hold_ttl_ms", ask(lazy_gettext("A reservation stays for so many seconds"), required=True)
    )
    return Group(parts=(*settings.parts, stays))


def groups_part(_around: Surroundings) -> Group:
    """The groups of members that the shop keeps."""
    asked = ask(
        lazy_gettext("Groups of members"),
        lazy_gettext("One short name in each line. Rules can be for a group."),
    )
    return _rules(inputs.lines("segments", asked, fields.read_name, machine=True))


def _rules(*parts: Input | Group | Rows) -> Group:
    """Inputs of the rules beyond the base."""
    return Group(parts=(Group(name="rules", parts=parts),))


def rules_part(name: str, *parts: Input | Group | Rows) -> Group:
    """Inputs of one value of the rules."""
    return _rules(Group(name=name, parts=parts))


def _tidy_auto_redeem(values: dict[str, Any]) -> dict[str, Any] | None:
    """Neither or both; the model says what is wrong with one alone."""
    if values["points"] is None and values["credit_minor"] is None:
        return None
    for name, value in values.items():
        if value is None:
            raise InputError(name, _("Please fill this in."))
    return values


def _tier_ends() -> tuple[Input, ...]:
    """What a fixed end, or one on a day of the year, needs beside."""
    fixed, absolute = (TierEnd.FIXED,), (TierEnd.ABSOLUTE,)
    months = ask(lazy_gettext("Kept for months"), shown_by="end", shown_for=fixed)
    days = ask(lazy_gettext("Kept for days"), shown_by="end", shown_for=fixed)
    month = ask(lazy_gettext("Until a day of the month number"), shown_by="end", shown_for=absolute)
    day = ask(lazy_gettext("Until the day of that month"), shown_by="end", shown_for=absolute)
    return (
        inputs.number("keep_months", months, most=120, blank=0),
        inputs.number("keep_days", days, most=3_660, blank=0),
        inputs.number("keep_until_month", month, least=1, most=12, blank=1),
        inputs.number("keep_until_day", day, least=1, most=31, blank=1),
    )
