"""What deserves attention at a glance: terminals in trouble, and what a new shop does next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.model.ids import TerminalId
from gateway.office.terminal_hint import TerminalHint
from gateway.queries.terminals import TerminalView
from web_admin.fleet.state import Trouble, state_of

#: Terminals that are looked at, by name; more are for the page of terminals.
TERMINALS_MAX: Final = 300
_ALERTS_MAX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A terminal's worst trouble."""

    terminal: TerminalId
    trouble: Trouble
    grave: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalsAtAGlance:
    """How the terminals stand.

    Attributes:
        known: how many there are; with ``more`` at least so many.
        more: whether there are more than were looked at.
        online: how many say that they are here.
        alerts: the worst, worst first.
        alerts_in_all: how many are in trouble.
    """

    known: int
    more: bool
    online: int
    alerts: tuple[Alert, ...]
    alerts_in_all: int


def at_a_glance(
    views: Sequence[TerminalView],
    hints: Mapping[TerminalId, TerminalHint],
    programme_version: int,
) -> TerminalsAtAGlance:
    """Look at every terminal.

    Args:
        views: the ledger's side, at most ``TERMINALS_MAX`` and one more.
        hints: the terminals' own side.
        programme_version: the newest rules.
    """
    shown = views[:TERMINALS_MAX]
    states = [
        (
            view.terminal,
            state_of(view, hints.get(view.terminal), programme_version=programme_version),
        )
        for view in shown
    ]
    order = list(Trouble)
    troubled = sorted(
        (
            Alert(terminal=terminal, trouble=state.troubles[0], grave=state.grave)
            for terminal, state in states
            if state.troubles
        ),
        key=lambda alert: (not alert.grave, order.index(alert.trouble), alert.terminal),
    )
    return TerminalsAtAGlance(
        known=len(shown),
        more=len(views) > TERMINALS_MAX,
        online=sum(state.online for _, state in states),
        alerts=tuple(troubled[:_ALERTS_MAX]),
        alerts_in_all=len(troubled),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstDays:
    """How far a new shop is: each is done or still to do."""

    has_terminal: bool
    has_sale: bool
    has_named_member: bool

    @property
    def over(self) -> bool:
        """Whether nothing is left to do."""
        return self.has_terminal and self.has_sale and self.has_named_member
