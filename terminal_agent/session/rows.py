"""What a row of the table is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from terminal_agent.session.effects import Effect
from terminal_agent.session.events import Event
from terminal_agent.session.guards import Guard
from terminal_agent.session.states import State
from terminal_agent.session.view import Notice


class Target(Enum):
    """A target that is no state of its own."""

    BACK = "back"


BACK: Final = Target.BACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One transition.

    Attributes:
        to: the state entered; ``BACK`` for the one that fits what is left; None to stay without
            starting its wait anew.
        when: the guard, or None for always.
        do: the effects, in order.
        say: a remark for the screen.
        keep: whether the remark of the row before stays although a state is entered.
    """

    to: State | Target | None = None
    when: Guard | None = None
    do: tuple[Effect, ...] = ()
    say: Notice | None = None
    keep: bool = False


Rows = Mapping[type[Event], tuple[Row, ...]]
