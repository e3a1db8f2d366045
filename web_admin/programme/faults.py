"""What the model and programme files say of rules that cannot be used, in the reader's language.

The model speaks English and names its own settings. Each of its sentences has a pattern here; one
that has none is shown as it is, beside a sentence that says so. A test walks the model's sources.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString, lazy_gettext
from markupsafe import Markup, escape

from gateway.errors import MohrError
from gateway.programme_file.problems import ProgrammeFileError
from web_admin import filters
from web_admin.programme.sentence import code, said, trusted

_LINE: Final = re.compile(r"line (?P<line>\d+): ", re.ASCII)
_TOML_LINE: Final = re.compile(r"\(at line (?P<line>\d+), column \d+\)", re.ASCII)
_PATH: Final = re.compile(r"(?P<path>[\w.\[\]-]+): ", re.ASCII)
_OWNER: Final = re.compile(r"(?:programme|rule|offer|reward) '[^']*': ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        text: what is wrong and what would be right.
        field: the model's name of the setting, where the sentence names one; else empty.
        path: where it stands, as a programme file names it; may be empty.
        line: the line of the file; None where none is known.
    """

    text: Markup
    field: str = ""
    path: str = ""
    line: int | None = None

    @classmethod
    def plain(cls, sentence: str) -> Fault:
        """A fault that a page found itself, in the reader's language."""
        return cls(text=escape(sentence))


def _pattern(expression: str, text: LazyString) -> tuple[re.Pattern[str], LazyString]:
    return re.compile(expression, re.ASCII), text


_FIELD: Final = r"(?P<field>[\w ]+)"
_PATTERNS: Final = (
    _pattern(
        rf"{_FIELD} must be a whole number in \[(?P<low>-?\d+), (?P<high>-?\d+)\]",
        lazy_gettext("Write a whole number from %(low)s to %(high)s."),
    ),
    _pattern(
        rf"{_FIELD} must be text of (?P<low>\d+) to (?P<high>\d+) characters",
        lazy_gettext("Write a text of %(low)s to %(high)s characters."),
    ),
    _pattern(
        rf"{_FIELD} must not hold (?:control characters|lone surrogates)",
        lazy_gettext("Take out the signs that nobody can see."),
    ),
    _pattern(
        rf"{_FIELD} must be 1 to 32 of a-z, 0-9 and inner hyphens",
        lazy_gettext(
            "Use 1 to 32 small Latin letters, digits and hyphens, such as main or north-2."
        ),
    ),
    _pattern(r"must be a whole number", lazy_gettext("Write a whole number, without quotes.")),
    _pattern(r"must be text", lazy_gettext("Write a text in quotes.")),
    _pattern(r"must be true or false", lazy_gettext("Write %(yes)s or %(no)s, without quotes.")),
    _pattern(r"must be a list", lazy_gettext("Write a list in square brackets.")),
    _pattern(r"must be a table", lazy_gettext("Here stands a table of settings.")),
    _pattern(
        r"there is no such setting; did you mean '(?P<near>[^']*)'\?",
        lazy_gettext("There is no such setting. Perhaps %(near)s is meant."),
    ),
    _pattern(
        r"there is no such setting; known are (?P<known>.*)",
        lazy_gettext("There is no such setting. There are: %(known)s"),
    ),
    _pattern(r"is missing", lazy_gettext("This setting is missing.")),
    _pattern(r"must be one of (?P<known>.*)", lazy_gettext("Write one of these: %(known)s")),
    _pattern(
        r"must be a day such as (?P<day>[\d-]+)(?:, without quotes)?",
        lazy_gettext("Write a day of the Gregorian calendar such as %(day)s, without quotes."),
    ),
    _pattern(
        r"\w+ must not be above (?P<field>\w+)",
        lazy_gettext("The least must not be more than the most."),
    ),
    _pattern(
        rf"{_FIELD} belongs to (?:kind )?(?P<kind>\w+), and only to it",
        lazy_gettext("This belongs to rules of the kind %(kind)s, and to no others."),
    ),
    _pattern(
        r"(?P<field>points) must be above 0, and a multiplier has none",
        lazy_gettext("Write at least 1. A multiplier gives no points of its own."),
    ),
    _pattern(
        r"(?P<field>redeem_needs) must not be claimed alone",
        lazy_gettext("A number that somebody says never spends anything."),
    ),
    _pattern(
        r"(?P<field>weak_below) must not be claimed alone",
        lazy_gettext("Nothing is weaker than a number that somebody says."),
    ),
    _pattern(
        r"(?P<field>redeem_needs) must not be less than earn_needs",
        lazy_gettext("Spending must not ask for less than earning."),
    ),
    _pattern(
        r"a multiplier needs other rules beside it",
        lazy_gettext("A multiplier multiplies what other rules give: it must go with others."),
    ),
    _pattern(
        r"an expiry in \w+ needs a (?P<field>count) of at least 1",
        lazy_gettext("Write how many: at least 1."),
    ),
    _pattern(
        r"an expiry of kind \w+ has no (?P<field>count)",
        lazy_gettext("This kind of end counts nothing. Leave the number out."),
    ),
    _pattern(
        r"(?P<field>last_day) belongs to an expiry of kind date, and only to it",
        lazy_gettext("A last day belongs to the kind with a fixed day, and only to it."),
    ),
    _pattern(
        r"only an expiry in days or months can slide",
        lazy_gettext("Only a length in days or months can begin anew with each purchase."),
    ),
    _pattern(
        r"members were promised it, so nobody may be held out",
        lazy_gettext("Members were promised it, so nobody may be held out."),
    ),
    _pattern(
        r"a budget in money needs money off",
        lazy_gettext("A limit in money belongs to offers that take money off."),
    ),
    _pattern(
        r"money off is budgeted by amount",
        lazy_gettext("An offer that takes money off is limited in money or in uses."),
    ),
    _pattern(
        r"a gift of kind (?P<kind>\w+) needs exactly: (?P<known>.*)",
        lazy_gettext("A gift of the kind %(kind)s needs exactly this: %(known)s"),
    ),
    _pattern(
        r"(?P<field>cap_minor) belongs to gifts that take money off",
        lazy_gettext("A most belongs to gifts that take money off."),
    ),
    _pattern(
        r"a gift of kind \w+ says which goods it is: items\.only",
        lazy_gettext("Say which goods it is."),
    ),
    _pattern(
        r"offers give coupons, rewards are for them",
        lazy_gettext("Offers give coupons. A reward is what a coupon is for."),
    ),
    _pattern(
        r"the (?P<field>id) '(?P<name>[^']*)' is the programme's own rule",
        lazy_gettext("The name %(name)s belongs to the points for each amount. Choose another."),
    ),
    _pattern(
        r"(?P<name>.*) stands there twice",
        lazy_gettext("The name %(name)s stands there twice. Each needs a name of its own."),
    ),
    _pattern(
        r"(?:earning rule|reward|offer) '(?P<owner>[^']*)' names the \w+ '(?P<name>[^']*)',"
        r" which the programme does not have",
        lazy_gettext("%(owner)s names %(name)s, and there is no such thing."),
    ),
    _pattern(
        r"first_day must not be after (?P<field>last_day)",
        lazy_gettext("The last day must not be before the first day."),
    ),
    _pattern(
        r"(?P<field>weekdays) must not name a day twice",
        lazy_gettext("Each day of the week stands there once."),
    ),
    _pattern(
        r"category '(?P<name>[^']*)' must not be made of categories",
        lazy_gettext("A category is made of articles and words, not of other categories."),
    ),
    _pattern(
        r"occasion '[^']*' has either a month and a day, or a list of dates",
        lazy_gettext("Say a month and a day, or a list of days, and not both."),
    ),
    _pattern(r"a branch has one clock", lazy_gettext("Each branch stands there once.")),
    _pattern(
        r"(?P<field>(?:top_up_)?maximum_minor) is below (?:top_up_)?minimum_minor",
        lazy_gettext("The most must not be less than the least."),
    ),
    _pattern(
        r"a fixed end needs (?P<field>keep_months) or keep_days",
        lazy_gettext("Say for how many months or days a level is kept."),
    ),
    _pattern(
        r"tier (?P<field>threshold)s must rise from level to level",
        lazy_gettext("Each level needs more than the one below it."),
    ),
    _pattern(
        r"every tier needs an (?P<field>id) of its own",
        lazy_gettext("Each level needs a short name of its own."),
    ),
    _pattern(
        r"an (?P<field>end) by period needs a period of a month, quarter or year",
        lazy_gettext("To end with a period, count by the month, the quarter or the year."),
    ),
    _pattern(
        r'must be a time from "00:00" to "23:59"',
        lazy_gettext("Write a time of day from 00:00 to 23:59."),
    ),
    _pattern(
        r'must be hours such as "17:00-20:00"',
        lazy_gettext("Write hours such as 17:00-20:00."),
    ),
    _pattern(
        r'midnight as an end is written "24:00"',
        lazy_gettext("Midnight as an end is written 24:00."),
    ),
    _pattern(
        r"needs a day, a time and a time zone, for example (?P<example>\S+)",
        lazy_gettext("Write a day, a time and a time zone, such as %(example)s."),
    ),
    _pattern(r"hold_ttl_s says it already", lazy_gettext("The other setting says this already.")),
    _pattern(
        r"currency code must be three capital letters \(ISO 4217\)",
        lazy_gettext("A currency is three capital Latin letters."),
    ),
    _pattern(
        r"it is the currency itself; name the one that the programme counted in before",
        lazy_gettext("Name the currency before, and not this one itself."),
    ),
    _pattern(
        r"(?P<units>\S+) (?P<old>\S+) are no whole number of the smallest unit of (?P<new>\S+); .*",
        lazy_gettext(
            "%(units)s %(old)s are no whole number of the smallest unit of %(new)s. Take fewer "
            "decimals, or another rate."
        ),
    ),
    _pattern(
        r"zone '(?P<name>[^']*)' is not a time zone; .*",
        lazy_gettext("There is no time zone %(name)s."),
    ),
    _pattern(
        r"it is not TOML: (?P<fault>.*)",
        lazy_gettext("The text cannot be read: %(fault)s"),
    ),
)
#: What sentences may name and the model's sentences do not.
_EXAMPLES: Final = {"yes": code("true"), "no": code("false")}
_OTHERWISE: Final = lazy_gettext("These rules cannot be used: %(fault)s")


def faults_of(error: MohrError) -> tuple[Fault, ...]:
    """Everything that an error says is wrong."""
    problems = error.problems if isinstance(error, ProgrammeFileError) else (str(error),)
    return tuple(fault_of(problem) for problem in problems)


def fault_of(problem: str) -> Fault:
    """One sentence of the model's, or of a programme file's reader, in the reader's language."""
    line, rest = _taken(_LINE, problem)
    path, rest = _taken(_PATH, rest)
    _owner, rest = _taken(_OWNER, rest)
    line = line or _TOML_LINE.search(rest)
    told = _told(rest)
    return Fault(
        text=told.text,
        field=told.field,
        path=".".join(part for part in (path["path"] if path else "", told.field) if part),
        line=int(line["line"]) if line else None,
    )


def is_known(problem: str) -> bool:
    """Whether a sentence has words of its own in both languages."""
    for expression in (_LINE, _PATH, _OWNER):
        problem = _taken(expression, problem)[1]
    return any(expression.fullmatch(problem) for expression, _text in _PATTERNS)


def _taken(expression: re.Pattern[str], text: str) -> tuple[re.Match[str] | None, str]:
    found = expression.match(text)
    return (found, text[found.end() :]) if found else (None, text)


def _told(message: str) -> Fault:
    for expression, text in _PATTERNS:
        found = expression.fullmatch(message)
        if found:
            values = {name: _shown(name, value) for name, value in found.groupdict().items()}
            field = found.groupdict().get("field") or ""
            return Fault(text=said(str(text), **_EXAMPLES, **values), field=field)
    return Fault(text=said(str(_OTHERWISE), fault=code(message)))


def _shown(name: str, value: str | None) -> Markup:
    if name in ("low", "high"):
        return trusted(filters.num(int(value or 0)))
    return code(value or "")
