"""What is doubtful about rules, in the reader's language: what is so, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from flask import url_for
from flask_babel import LazyString, lazy_gettext
from markupsafe import Markup

from gateway.formatting.dates import moment_at
from gateway.formatting.numbers import MoneyUnit
from gateway.model.programme import Programme
from gateway.model.rules.caps import CapPeriod
from gateway.model.rules.earning import Unit
from gateway.model.rules.rules import Rules
from gateway.program.doubts import doubts
from gateway.program.linting.doubt import Doubt, DoubtCode, Severity, Value
from web_admin import filters
from web_admin.context import current_clock, current_organisation
from web_admin.programme.choices import PERIODS
from web_admin.programme.say_tiers import threshold_words
from web_admin.programme.sentence import code, said, trusted
from web_admin.programme.setting_words import words_of_setting
from web_admin.programme.voice import Titled, Voice, clock, title_of, voice_of
from web_admin.reader import current_zone

WORDS: Final[Mapping[DoubtCode, LazyString]] = {
    DoubtCode.AMOUNTS_UNSCALED: lazy_gettext(
        "What an everyday purchase was in the old currency is %(everyday_minor)s now, and earns "
        "nothing. Divide every amount of the rules by %(factor)s."
    ),
    DoubtCode.CAP_BELOW_ONE_USE: lazy_gettext(
        "A limit is smaller than what one use gives, so that nobody gets all of it. Raise the "
        "limit, or count uses."
    ),
    DoubtCode.CAP_NEVER_BITES: lazy_gettext(
        "A limit (%(period)s) is never reached: another limit, or a sale itself, stops before it."
    ),
    DoubtCode.CATEGORY_EMPTY: lazy_gettext(
        "No goods belong to it, so what names it never counts anything. Give it article numbers "
        "or words."
    ),
    DoubtCode.CONTRADICTION: lazy_gettext(
        "“%(first)s” and “%(second)s” exclude each other, so it never holds. Take one of them out."
    ),
    DoubtCode.COUPON_ELSEWHERE: lazy_gettext(
        "The coupon for %(reward)s can be used at none of the branches that give it. Is that meant?"
    ),
    DoubtCode.COUPON_FOR_FIRST_PURCHASE: lazy_gettext(
        "A coupon is used at a later visit, and its reward %(reward)s is for first purchases only."
    ),
    DoubtCode.COUPON_TOO_LATE: lazy_gettext(
        "The reward %(reward)s ends before its coupons are given. Move the days of one of them."
    ),
    DoubtCode.CREDIT_CANNOT_BE_SPENT: lazy_gettext(
        "It gives credit, and credit pays for nothing. Raise the share that credit may pay."
    ),
    DoubtCode.CUTOFF_AFTER_NOON: lazy_gettext(
        "The business day ends at %(cutoff)s of the next day: everything sold before counts to the "
        "day before. Is a time after midnight meant?"
    ),
    DoubtCode.DAY_LOOKS_JALALI: lazy_gettext(
        "The day %(day)s is long past. Was a day of the other calendar meant?"
    ),
    DoubtCode.EARNS_NOTHING: lazy_gettext(
        "Nobody earns anything: there are no points for amounts, no earning rules and no offers."
    ),
    DoubtCode.EVENT_WITHOUT_LIMIT: lazy_gettext(
        "A member may earn it as often as somebody reports it. A limit, such as once for each "
        "member, is usual."
    ),
    DoubtCode.EXPIRY_PAST: lazy_gettext(
        "The last day %(day)s is over: what is given lapses at once. Choose a later day."
    ),
    DoubtCode.EXPIRY_SHORTER_THAN_PENDING: lazy_gettext(
        "Points wait %(pending_days)s days and can then be spent for %(days)s only. Are the two "
        "numbers exchanged?"
    ),
    DoubtCode.GIVES_TOO_MUCH: lazy_gettext("It gives back %(back_basis_points)s of what is paid."),
    DoubtCode.HIDES_OTHERS: lazy_gettext(
        "It always holds and goes alone, so that other rules of its kind never count beside it. "
        "Let it add to others, or say when it holds."
    ),
    DoubtCode.HOLDOUT_TOO_SMALL: lazy_gettext(
        "With %(percent)s held out too few members are left to compare with."
    ),
    DoubtCode.HOURS_ALL_DAY: lazy_gettext(
        "Hours that begin and end at %(minute)s are the whole day."
    ),
    DoubtCode.MINIMUM_BETWEEN_STEPS: lazy_gettext(
        "Points are used in steps, so that the fewest are really %(really)s and not %(minimum)s."
    ),
    DoubtCode.MULTIPLIER_OF_ONE: lazy_gettext("It counts once, which changes nothing."),
    DoubtCode.MULTIPLIER_WITHOUT_BASE: lazy_gettext(
        "There is nothing to multiply: no other rule earns %(unit)s for a sale."
    ),
    DoubtCode.NAMED_NOWHERE: lazy_gettext("No rule names it."),
    DoubtCode.NIGHTLY_BEFORE_CUTOFF: lazy_gettext(
        "The nightly run begins at %(nightly)s, before the business day ends at %(cutoff)s. Let it "
        "begin later."
    ),
    DoubtCode.NO_GOODS: lazy_gettext(
        "Whatever goods count are also left out, so none do. Take them out of one of the two lists."
    ),
    DoubtCode.OCCASION_DATES_PAST: lazy_gettext(
        "Its last day, %(day)s, is over. Enter the coming ones."
    ),
    DoubtCode.OCCASION_WITHOUT_DAY: lazy_gettext(
        "Month %(month)s never has a day %(day_of_month)s; the month's last day is taken."
    ),
    DoubtCode.OFFER_WITHOUT_LIMIT: lazy_gettext(
        "It has neither an end nor a budget. Give it one, or say that members were promised it."
    ),
    DoubtCode.PAYS_FOR_ALL: lazy_gettext(
        "It can leave nothing to pay. Ask for a larger purchase, or set a most."
    ),
    DoubtCode.POINTS_WORTH_NOTHING: lazy_gettext(
        "Points are earned and good for nothing: they pay for no part of a sale, and there are no "
        "rewards."
    ),
    DoubtCode.PROMISED_WITH_BUDGET: lazy_gettext(
        "Members were promised it, and a budget that they share can run out. Give each member a "
        "budget instead."
    ),
    DoubtCode.RETURNS_TAKE_NOTHING: lazy_gettext(
        "Returns take back only points that still wait, and no points wait."
    ),
    DoubtCode.REWARD_OUT_OF_REACH: lazy_gettext(
        "It costs %(cost_points)s, and no customer collects more than %(most_points)s before they "
        "lapse."
    ),
    DoubtCode.REWARD_WITHOUT_WAY: lazy_gettext(
        "It costs no points, and no offer gives a coupon for it, so that nobody can take it."
    ),
    DoubtCode.SAME_ID: lazy_gettext(
        "Reports cannot tell it from %(other)s, which has the same short name."
    ),
    DoubtCode.SAME_RANK: lazy_gettext(
        "It and %(other)s may hold at once, go alone, and have the same priority: whichever is "
        "better for the member counts. Give one a higher priority."
    ),
    DoubtCode.SETTING_WITHOUT_EFFECT: lazy_gettext(
        "“%(setting)s” does nothing here. Take it out, or switch on what it belongs to."
    ),
    DoubtCode.TIER_BRINGS_NOTHING: lazy_gettext("No rule names it, and it has no benefits."),
    DoubtCode.TIER_OUT_OF_REACH: lazy_gettext(
        "It needs %(threshold)s, and the very best customer comes to %(most_of_basis)s."
    ),
    DoubtCode.TIER_TURNED_INTO_CREDIT: lazy_gettext(
        "It needs %(threshold)s at hand, and the night turns every %(points)s into credit. Count "
        "the points earned instead."
    ),
    DoubtCode.TITLE_IN_ONE_LANGUAGE: lazy_gettext("Its name in %(language)s is missing."),
    DoubtCode.TITLE_MISSING: lazy_gettext("It has no name that members could read."),
    DoubtCode.UNKNOWN_ZONE: lazy_gettext("There is no time zone %(zone)s."),
    DoubtCode.WINDOW_HAS_NO_DAY: lazy_gettext(
        "No day has all that it asks for: the days, the weekdays and the occasions exclude each "
        "other."
    ),
    DoubtCode.WINDOW_PAST: lazy_gettext("Its last day, %(day)s, is over."),
}
#: The lists and the parts of a draft, by the paths that doubts are about.
_LISTS: Final = {
    "earning": "earning",
    "rewards": "rewards",
    "offers": "offers",
    "occasions": "occasions",
    "categories": "categories",
    "tiers.levels": "levels",
}
_PARTS: Final = {
    "settings": "settings",
    "expiry": "lasting",
    "auto_redeem": "lasting",
    "credit": "credit",
    "gift_cards": "gift_cards",
    "households": "households",
    "returns": "returns",
    "cards": "cards",
    "tiers": "tiers",
    "segments": "groups",
}
_LANGUAGES: Final = {"en": lazy_gettext("English"), "fa": lazy_gettext("Persian")}
_UNITS: Final = {
    Unit.POINTS.value: lazy_gettext("points"),
    Unit.CREDIT.value: lazy_gettext("credit"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldDoubt:
    """A doubt as a page shows it.

    Attributes:
        severity: how sure it is that something is wrong.
        text: what is so, and what to do.
        title: what it is about; empty for the rules as a whole.
        url: the form of the draft that changes it; empty for the rules as a whole.
    """

    severity: Severity
    text: Markup
    title: Markup
    url: str


def told_doubts(programme: Programme) -> tuple[ToldDoubt, ...]:
    """Everything that is doubtful about rules, the worst first."""
    today = moment_at(current_clock().unix_ms(), current_zone()).date()
    unit = current_organisation().money_unit
    return tuple(told_doubt(one, programme, unit) for one in doubts(programme, today=today))


def url_of(subject: str) -> str:
    """Where the draft changes what a doubt is about."""
    group, _, name = subject.rpartition(".")
    if group in _LISTS:
        return url_for("programme.draft_item", group=_LISTS[group], item=name)
    part = _PARTS.get(subject.split(".", maxsplit=1)[0])
    return "" if part is None else url_for("programme.draft_part", part=part)


def told_doubt(doubt: Doubt, programme: Programme, unit: MoneyUnit) -> ToldDoubt:
    """One doubt in words."""
    voice = voice_of(programme, unit)
    return ToldDoubt(
        severity=doubt.severity,
        text=said(str(WORDS[doubt.code]), **_values(doubt, voice)),
        title=_title(doubt.subject, programme),
        url=url_of(doubt.subject),
    )


def _values(doubt: Doubt, voice: Voice) -> dict[str, object]:
    values: dict[str, object] = {
        name: _shown(name, value, voice) for name, value in doubt.values.items()
    }
    # Some figures have another unit in each sentence, and the month's day is no day of a year.
    known = doubt.values
    if "most" in known:
        values["most_points"] = voice.points(int(known["most"]))
        values["most_of_basis"] = _of_basis(int(known["most"]), voice)
    if isinstance(known.get("day"), int):
        values["day_of_month"] = filters.num(int(known["day"]))
    return values


def _shown(name: str, value: Value, voice: Voice) -> object:
    way = _WAYS.get(name)
    if way is not None:
        return way(value, voice)
    return filters.num(value) if isinstance(value, int) else code(str(value))


def _day(value: Value, _voice: Voice) -> object:
    return (
        filters.num(value) if isinstance(value, int) else filters.date_of(date.fromisoformat(value))
    )


def _setting(value: Value, _voice: Voice) -> object:
    return words_of_setting(str(value))


def _clock(value: Value, _voice: Voice) -> object:
    return clock(int(value))


def _points(value: Value, voice: Voice) -> object:
    return voice.points(int(value))


#: How the values of doubts are said that are no plain figures.
_WAYS: Final[Mapping[str, Callable[[Value, Voice], object]]] = {
    "first": _setting,
    "second": _setting,
    "setting": _setting,
    "cutoff": _clock,
    "nightly": _clock,
    "minute": _clock,
    "cost_points": _points,
    "everyday_minor": lambda value, voice: voice.money(int(value)),
    "points": _points,
    "day": _day,
    "threshold": lambda value, voice: _of_basis(int(value), voice),
    "back_basis_points": lambda value, _voice: filters.percent(int(value)),
    "percent": lambda value, _voice: filters.percent(int(value) * 100),
    "reward": lambda value, voice: voice.reward(str(value)),
    "period": lambda value, _voice: str(PERIODS[CapPeriod(str(value))]),
    "unit": lambda value, _voice: str(_UNITS[str(value)]),
    "language": lambda value, _voice: str(_LANGUAGES[str(value)]),
    "other": lambda value, voice: _named(str(value), voice.rules) or code(str(value)),
}


def _of_basis(threshold: int, voice: Voice) -> Markup:
    return threshold_words(threshold, voice.rules.tiers.basis, voice)


def _title(subject: str, programme: Programme) -> Markup:
    if not subject:
        return trusted("")
    return _named(subject, programme.rules) or trusted(str(words_of_setting(subject)))


def _named(path: str, rules: Rules) -> Markup | None:
    """What a rule, an offer or the like is called, by the path to it."""
    group, _, name = path.rpartition(".")
    known: Mapping[str, tuple[Titled, ...]] = {
        "earning": rules.earning,
        "rewards": rules.rewards,
        "offers": rules.offers,
        "occasions": rules.occasions,
        "tiers.levels": rules.tiers.levels,
    }
    found = next((one for one in known.get(group, ()) if one.id == name), None)
    if found is not None:
        return title_of(found)
    return code(name) if group in ("categories", "segments") else None
