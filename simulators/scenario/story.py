"""A scenario as a value: the rules, who and where, what happens and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.checks import check_name
from gateway.model.member_facts import MemberDate
from gateway.model.programme import Programme
from simulators.scenario.claims import Claim
from simulators.scenario.steps import Step

DEFAULT_START: Final = datetime(2026, 3, 2, 10, 0)  # noqa: DTZ001 - the branch's wall clock
"""A Monday morning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A shop and its tills."""

    name: str
    terminals: tuple[str, ...]

    def __post_init__(self) -> None:
        check_name("name", self.name)
        for terminal in self.terminals:
            check_name("terminals", terminal)
        if not self.terminals:
            raise ValueRangeError(f"branch {self.name!r} needs a terminal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member from the beginning.

    Attributes:
        name: what steps call the member.
        cards: what steps call the cards; one with the member's name where none is given.
        joined_on: the day of enrolment; the day the scenario starts where it is left out.
        dates: days of the member's own.
        segments: groups that the shop put the member in.
    """

    name: str
    cards: tuple[str, ...] = ()
    joined_on: date | None = None
    dates: tuple[MemberDate, ...] = ()
    segments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_name("name", self.name)
        for card in self.cards:
            check_name("cards", card)

    @property
    def held_cards(self) -> tuple[str, ...]:
        """The member's cards."""
        return self.cards or (self.name,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A step, what must come of it, and where it stands in the file.

    Attributes:
        kind: the step's name in files.
        where: its path in the file.
        step: what happens.
        claims: what must come of it.
        lanes: the steps within: a race's lanes, or one lane of what is repeated.
    """

    kind: str
    where: str
    step: Step
    claims: tuple[Claim, ...] = ()
    lanes: tuple[tuple[Scene, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One file.

    Attributes:
        file: where it was read.
        source: ids of the collected scenarios that it stands for.
        title: what it shows, in a line.
        notes: what else a reader should know.
        differs: why Mohr's result is knowingly another than the source's; empty where it is not.
        start: the clock at the beginning, by the first branch's wall.
        programme: the first version of the rules.
        branches: where.
        members: who.
        scenes: what happens.
    """

    file: Path
    source: tuple[str, ...]
    title: str
    notes: str
    differs: str
    start: datetime
    programme: Programme
    branches: tuple[Branch, ...]
    members: tuple[Person, ...]
    scenes: tuple[Scene, ...]
