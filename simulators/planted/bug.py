"""One planted bug: what it replaces, and the block in which it is in force."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from types import FunctionType
from typing import Any

from gateway.errors import MohrError


class PlantedError(MohrError):
    """A bug cannot be planted: what it replaces is gone, or is not what it was written against."""


class Part(StrEnum):
    """Where a mistake sits."""

    AGENT = "agent"
    JOURNAL = "journal"
    LINK = "link"
    GATEWAY = "gateway"
    LEDGER = "ledger"


class Checker(StrEnum):
    """Which of the checkers can see a mistake."""

    WORLD = "world"
    """A whole shop in one process, on a virtual clock."""
    RULES = "rules"
    """A ledger under rules that a seed makes up: its invariants, and its audit."""
    REVIEWS = "reviews"
    """Days of a till that is often not sure: the same, and whether a sale earned twice."""
    POWER = "power"
    """Crash images: for what only a power cut shows."""
    CHAOS = "chaos"
    """Real processes: for what only a kill, a lock file or a real broker shows."""


Function = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedBug:
    """A mistake that a programmer could really make.

    Attributes:
        name: what it is called on the command line.
        story: the mistake in a sentence.
        part: where it sits.
        checker: what finds it.
        where: the attribute that is replaced, ``module:name`` or ``module:Class.name``. A function
            that another module imported is replaced in that module, where it is called.
        home: the module in which the function found there was defined. It differs from ``where``
            for an imported function, and keeps us from replacing something else of that name.
        variant: takes the true function, gives the mistaken one.
    """

    name: str
    story: str
    part: Part
    checker: Checker
    where: str
    home: str
    variant: Callable[[Any], Function]


def plant(
    name: str, *, part: Part, checker: Checker, where: str, home: str | None = None
) -> Callable[[Callable[[Any], Function]], PlantedBug]:
    """Make a planted bug of a function that builds the variant; its docstring is the story.

    Args:
        name: see ``PlantedBug``, like the others.
        part: where it sits.
        checker: what finds it.
        where: what is replaced.
        home: where that was defined; None: in the module that ``where`` names.
    """

    def make(variant: Callable[[Any], Function]) -> PlantedBug:
        return PlantedBug(
            name=name,
            story=" ".join((variant.__doc__ or "").split()),
            part=part,
            checker=checker,
            where=where,
            home=home or where.partition(":")[0],
            variant=variant,
        )

    return make


@dataclass(slots=True)
class Calls:
    """How often a planted bug was run into: one that never was proves nothing."""

    count: int = 0


@contextmanager
def planted_bug(bug: PlantedBug) -> Generator[Calls]:
    """Put a bug into the running product, and take it out again whatever happens.

    Yields:
        how often it has been run into.

    Raises:
        PlantedError: if the function it replaces is gone, was defined elsewhere, or takes other
            arguments than the variant: then the code has changed and the bug must be written anew.
    """
    owner, name = _owner(bug)
    original = owner.__dict__.get(name)
    if not isinstance(original, FunctionType):
        raise PlantedError(f"{bug.name}: there is no function {bug.where}")
    if original.__module__ != bug.home:
        raise PlantedError(f"{bug.name}: {bug.where} is defined in {original.__module__} now")
    variant = bug.variant(original)
    if _parameters(variant) != _parameters(original):
        taken = ", ".join(_parameters(original))
        raise PlantedError(f"{bug.name}: {bug.where} takes ({taken}) now")
    calls = Calls()

    @wraps(variant)
    def counted(*arguments: object, **named: object) -> object:
        calls.count += 1
        return variant(*arguments, **named)

    setattr(owner, name, counted)
    try:
        yield calls
    finally:
        setattr(owner, name, original)


def function_at(bug: PlantedBug) -> Function | None:
    """What stands now where a bug is planted; None where nothing does."""
    owner, name = _owner(bug)
    found: Function | None = owner.__dict__.get(name)
    return found


def _owner(bug: PlantedBug) -> tuple[Any, str]:
    """The module or class whose attribute is replaced, and the attribute's name."""
    module_name, _, path = bug.where.partition(":")
    *classes, name = path.split(".")
    try:
        owner: Any = importlib.import_module(module_name)
        for one in classes:
            owner = owner.__dict__[one]
    except (ImportError, KeyError) as error:
        raise PlantedError(f"{bug.name}: there is no {bug.where}") from error
    return owner, name


def _parameters(function: Function) -> list[str]:
    return list(inspect.signature(function).parameters)
