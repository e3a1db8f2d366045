"""What is doubtful about a programme, in English, for the command line: what is so, what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from gateway.program.linting.doubt import Doubt, DoubtCode, Value
from gateway.programme_file.clock_text import clock_text

SENTENCES: Final[Mapping[DoubtCode, str]] = {
    DoubtCode.AMOUNTS_UNSCALED: "What an everyday purchase was in the old currency is"
    " %(everyday_minor)s of the smallest unit now, and earns nothing. Divide every amount of the"
    " rules by %(factor)s.",
    DoubtCode.CAP_BELOW_ONE_USE: "The limit of %(limit)s is below the %(needs)s that one use gives,"
    " so that nobody gets all of it. Raise the limit, or count uses.",
    DoubtCode.CAP_NEVER_BITES: "The limit of %(limit)s for each %(period)s is never reached:"
    " another limit, or a sale itself, stops before it.",
    DoubtCode.CATEGORY_EMPTY: "No goods belong to it, so what names it never counts anything."
    " Give it article numbers or words of labels.",
    DoubtCode.CONTRADICTION: "%(first)s and %(second)s exclude each other, so it never holds."
    " Take one of them out.",
    DoubtCode.COUPON_ELSEWHERE: "The coupon for %(reward)s can be used at none of the branches that"
    " give it. Is that meant?",
    DoubtCode.COUPON_FOR_FIRST_PURCHASE: "The coupon is used at a later visit, and its reward"
    " %(reward)s is for first purchases only. Take first_purchase out of the reward.",
    DoubtCode.COUPON_TOO_LATE: "The reward %(reward)s ends before its coupons are given."
    " Move the days of one of them.",
    DoubtCode.CREDIT_CANNOT_BE_SPENT: "It gives stored credit, and credit.share_percent 0 lets"
    " nobody spend it. Raise the share.",
    DoubtCode.CUTOFF_AFTER_NOON: "The business day ends at %(cutoff)s of the next day: everything"
    " sold before counts to the day before. Is a time after midnight meant?",
    DoubtCode.DAY_LOOKS_JALALI: "The day %(day)s is Gregorian and long past. Write days in the"
    " Gregorian calendar.",
    DoubtCode.EARNS_NOTHING: "Nobody earns anything: there are no points per amount, no earning"
    " rules and no offers.",
    DoubtCode.EVENT_WITHOUT_LIMIT: "A member may earn it as often as somebody reports it."
    " A cap, such as one use for each member, is usual.",
    DoubtCode.EXPIRY_PAST: "The last day %(day)s is over: what is given lapses at once."
    " Choose a later day.",
    DoubtCode.EXPIRY_SHORTER_THAN_PENDING: "Points wait %(pending_days)s days and can then be spent"
    " for %(days)s only. Are the two numbers exchanged?",
    DoubtCode.GIVES_TOO_MUCH: "It gives back %(back_basis_points)s percent of what is paid.",
    DoubtCode.HIDES_OTHERS: "It always holds and does not stack, so that other rules of its unit"
    " never count beside it. Make it stackable, or say when it holds.",
    DoubtCode.HOLDOUT_TOO_SMALL: "With %(percent)s percent held out too few members are left to"
    " compare with; no effect can be told from luck.",
    DoubtCode.HOURS_ALL_DAY: "Hours that begin and end at %(minute)s are the whole day.",
    DoubtCode.MINIMUM_BETWEEN_STEPS: "redeem_minimum_points is %(minimum)s, but points are redeemed"
    " in steps, so that the least is really %(really)s.",
    DoubtCode.MULTIPLIER_OF_ONE: "A multiplier of 1000 thousandths changes nothing.",
    DoubtCode.MULTIPLIER_WITHOUT_BASE: "There is nothing to multiply: no other rule earns"
    " %(unit)s for a sale.",
    DoubtCode.NAMED_NOWHERE: "No rule names it.",
    DoubtCode.NIGHTLY_BEFORE_CUTOFF: "The nightly run begins at %(nightly)s, before the business"
    " day ends at %(cutoff)s. Let it begin later.",
    DoubtCode.NO_GOODS: "Whatever goods count are also left out, so none do."
    " Take them out of one of the two lists.",
    DoubtCode.OCCASION_DATES_PAST: "Its last date, %(day)s, is over. Enter the coming ones.",
    DoubtCode.OCCASION_WITHOUT_DAY: "Month %(month)s never has a day %(day)s; the month's last day"
    " is taken.",
    DoubtCode.OFFER_WITHOUT_LIMIT: "It has neither an end nor a budget. Give it a last_day or"
    " budgets, or mark it as published where members were promised it for good.",
    DoubtCode.PAYS_FOR_ALL: "It can leave nothing to pay. Ask for a larger minimum_minor, or set"
    " a cap.",
    DoubtCode.POINTS_WORTH_NOTHING: "Points are earned and good for nothing: they pay no part of a"
    " sale, and there are no rewards.",
    DoubtCode.PROMISED_WITH_BUDGET: "Members were promised it, and a budget that they share can run"
    " out. Give each member a budget instead.",
    DoubtCode.RETURNS_TAKE_NOTHING: "Returns take back only points that still wait, and no points"
    " wait. Set pending_days, or only_pending to false.",
    DoubtCode.REWARD_OUT_OF_REACH: "It costs %(cost_points)s points, and no customer collects more"
    " than %(most)s before they lapse.",
    DoubtCode.REWARD_WITHOUT_WAY: "It costs no points, and no offer gives a coupon for it, so that"
    " nobody can take it.",
    DoubtCode.SAME_ID: "Reports cannot tell it from %(other)s, which has the same id.",
    DoubtCode.SAME_RANK: "It and %(other)s may hold at once, go alone, and have the same priority:"
    " whichever is better for the member counts. Give one a higher priority.",
    DoubtCode.SETTING_WITHOUT_EFFECT: "%(setting)s does nothing here. Take it out, or switch on"
    " what it belongs to.",
    DoubtCode.TIER_BRINGS_NOTHING: "No rule names it, and it has no benefits.",
    DoubtCode.TIER_OUT_OF_REACH: "Its threshold is %(threshold)s, and the very best customer comes"
    " to %(most)s.",
    DoubtCode.TIER_TURNED_INTO_CREDIT: "Its threshold is a balance of %(threshold)s, and the night"
    " turns every %(points)s points into credit. Measure points_earned instead.",
    DoubtCode.TITLE_IN_ONE_LANGUAGE: "Its name in %(language)s is missing.",
    DoubtCode.TITLE_MISSING: "It has no name that members could read.",
    DoubtCode.UNKNOWN_ZONE: "There is no time zone %(zone)s. Write one such as Asia/Tehran.",
    DoubtCode.WINDOW_HAS_NO_DAY: "No day has all that its window asks for: the days, the weekdays"
    " and the occasions exclude each other.",
    DoubtCode.WINDOW_PAST: "Its last day, %(day)s, is over.",
}

_LANGUAGES: Final = {"en": "English", "fa": "Persian"}


def sentence_of(doubt: Doubt) -> str:
    """A doubt as an English sentence or two, its figures in it."""
    values = {name: _SHOWN.get(name, str)(value) for name, value in doubt.values.items()}
    return SENTENCES[doubt.code] % values


def _clock(value: Value) -> str:
    return clock_text(int(value))


def _percent(value: Value) -> str:
    return f"{int(value) // 100}.{int(value) % 100:02}"


_SHOWN: Final[Mapping[str, Callable[[Value], str]]] = {
    "cutoff": _clock,
    "nightly": _clock,
    "minute": _clock,
    "back_basis_points": _percent,
    "language": lambda value: _LANGUAGES[str(value)],
}
