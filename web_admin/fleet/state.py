"""How a terminal stands, layer by layer, and which trouble a person should see to first. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from gateway.office.terminal_hint import TerminalHint
from gateway.queries.terminals import TerminalView


@unique
class Layer(StrEnum):
    """What must work, from the network to the clock."""

    LINK = "link"
    JOURNAL = "journal"
    READER = "reader"
    TILL = "till"
    CLOCK = "clock"
    RULES = "rules"
    DELIVERY = "delivery"


@unique
class Condition(StrEnum):
    """How a layer stands."""

    GOOD = "good"
    BUSY = "busy"
    ABSENT = "absent"
    WARNING = "warning"
    BAD = "bad"
    UNKNOWN = "unknown"


@unique
class Trouble(StrEnum):
    """What is wrong, worst first: the order in which a person should see to it."""

    CLONE = "clone"
    JOURNAL_FORKED = "journal_forked"
    JOURNAL_FULL = "journal_full"
    STOPPED = "stopped"
    OFFLINE = "offline"
    READER_DOWN = "reader_down"
    TILL_DOWN = "till_down"
    GAP = "gap"
    UNHEARD = "unheard"
    QUARANTINED = "quarantined"
    UNREAD_RECEIPTS = "unread_receipts"
    CLOCK_GUESSED = "clock_guessed"
    RULES_OLD = "rules_old"


#: Of these the terminal cannot do its work, or somebody may be stealing.
GRAVE = frozenset(
    {
        Trouble.CLONE,
        Trouble.JOURNAL_FORKED,
        Trouble.JOURNAL_FULL,
        Trouble.STOPPED,
        Trouble.OFFLINE,
        Trouble.READER_DOWN,
        Trouble.TILL_DOWN,
    }
)

_PARTS = {
    "up": Condition.GOOD,
    "starting": Condition.BUSY,
    "none": Condition.ABSENT,
    "down": Condition.BAD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalState:
    """How a terminal stands.

    Attributes:
        hint: what it said last; None where it was not heard since the gateway started.
        layers: how each layer stands; what an absent terminal said of its devices is not known
            any more.
        troubles: what is wrong, worst first.
    """

    hint: TerminalHint | None
    layers: dict[Layer, Condition]
    troubles: tuple[Trouble, ...]

    @property
    def grave(self) -> bool:
        """Whether it cannot do its work."""
        return any(trouble in GRAVE for trouble in self.troubles)

    @property
    def online(self) -> bool:
        """Whether it says that it is here."""
        return self.hint is not None and self.hint.online


def state_of(
    view: TerminalView, hint: TerminalHint | None, *, programme_version: int
) -> TerminalState:
    """Judge a terminal by what it said and by what the ledger proves.

    Args:
        view: the ledger's side.
        hint: the terminal's own, unsealed side.
        programme_version: the newest rules that there are.
    """
    layers = _layers(view, hint, programme_version)
    troubles = {
        Trouble.CLONE: view.clones > 0,
        Trouble.OFFLINE: layers[Layer.LINK] is Condition.BAD,
        Trouble.UNHEARD: layers[Layer.LINK] is Condition.UNKNOWN,
        Trouble.READER_DOWN: layers[Layer.READER] is Condition.BAD,
        Trouble.TILL_DOWN: layers[Layer.TILL] is Condition.BAD,
        Trouble.GAP: view.missing > 0,
        Trouble.QUARANTINED: view.quarantined > view.clones,
        Trouble.UNREAD_RECEIPTS: hint is not None and bool(hint.unread_receipts),
        Trouble.CLOCK_GUESSED: layers[Layer.CLOCK] is Condition.WARNING,
        Trouble.RULES_OLD: layers[Layer.RULES] is Condition.WARNING,
    }
    stopped = None if hint is None else hint.stopped
    if stopped is not None:
        known = {trouble.value: trouble for trouble in Trouble}
        troubles[known.get(stopped, Trouble.STOPPED)] = True
    return TerminalState(
        hint=hint,
        layers=layers,
        troubles=tuple(trouble for trouble in Trouble if troubles.get(trouble)),
    )


def _layers(
    view: TerminalView, hint: TerminalHint | None, programme_version: int
) -> dict[Layer, Condition]:
    layers = dict.fromkeys(Layer, Condition.UNKNOWN)
    layers[Layer.DELIVERY] = _delivery(view, hint)
    if hint is None:
        return layers
    layers[Layer.LINK] = Condition.GOOD if hint.online else Condition.BAD
    layers[Layer.JOURNAL] = _journal(hint)
    layers[Layer.RULES] = _rules(hint, programme_version)
    if hint.online:
        layers[Layer.READER] = _PARTS.get(hint.reader or "", Condition.UNKNOWN)
        layers[Layer.TILL] = _PARTS.get(hint.till or "", Condition.UNKNOWN)
        layers[Layer.CLOCK] = _clock(hint)
    return layers


def _delivery(view: TerminalView, hint: TerminalHint | None) -> Condition:
    if view.missing or view.waiting:
        return Condition.WARNING
    if hint is None:
        return Condition.UNKNOWN
    if not hint.online and hint.pending:
        return Condition.WARNING
    # Nothing is known to be under way; whether that is so, an absent terminal cannot say.
    return Condition.GOOD if hint.online else Condition.UNKNOWN


def _journal(hint: TerminalHint) -> Condition:
    if hint.stopped is not None:
        return Condition.BAD
    # An agent that says nothing of its version says nothing of its journal either.
    return Condition.GOOD if hint.online and hint.version is not None else Condition.UNKNOWN


def _clock(hint: TerminalHint) -> Condition:
    if hint.clock is None:
        return Condition.UNKNOWN
    return Condition.GOOD if hint.clock == "synchronised" else Condition.WARNING


def _rules(hint: TerminalHint, newest: int) -> Condition:
    if hint.programme_version is None:
        return Condition.UNKNOWN
    return Condition.GOOD if hint.programme_version >= newest else Condition.WARNING
