"""Files of rules that are right but for some lines, and the doubts in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gateway.config_programme import default_programme, parse_programme, programme_text
from gateway.model.programme import Programme
from gateway.program.doubts import doubts
from gateway.program.linting.doubt import DoubtCode

BASE = programme_text(default_programme("EUR"))
TODAY = date(2027, 6, 15)


def programme(more: str, **base: object) -> Programme:
    """A programme of these rules; single settings of the rules stand first."""
    return replace(parse_programme(f"{BASE}{more}"), **base)  # type: ignore[arg-type]


def offer(more: str, name: str = "o") -> str:
    """An offer that is right but for these lines."""
    return (
        f'\n[[offers]]\nid = "{name}"\ntitle_en = "x"\ntitle_fa = "x"\n'
        f'published = true\ngift = {{ kind = "points", points = 1 }}\n{more}'
    )


def gift(more: str, rest: str = "published = true") -> str:
    """An offer with this gift."""
    return f'\n[[offers]]\nid = "o"\ntitle_en = "x"\ntitle_fa = "x"\ngift = {{ {more} }}\n{rest}\n'


def rule(more: str, name: str = "r", kind: str = "fixed") -> str:
    """An earning rule that is right but for these lines."""
    points = "" if kind == "multiplier" else "points = 5\n"
    return f'\n[[earning]]\nid = "{name}"\nkind = "{kind}"\n{points}{more}\n'


def found(wanted: Programme) -> set[tuple[DoubtCode, str]]:
    """The doubts, each with what it is about."""
    return {(doubt.code, doubt.subject) for doubt in doubts(wanted, today=TODAY)}
